/** The server's shapes under the names that the pages use, taken from the generated schema. */
import type { paths } from "./schema";

type Content<R> = R extends { content: { "application/json": infer T } } ? T : never;
type Answer<
  P extends keyof paths,
  M extends keyof paths[P],
  S extends number = 200,
> = paths[P][M] extends { responses: infer R }
  ? S extends keyof R
    ? Content<R[S]>
    : never
  : never;
type Sent<P extends keyof paths, M extends keyof paths[P]> = paths[P][M] extends {
  requestBody: infer R;
}
  ? Content<R>
  : never;

export type Session = Answer<"/api/v1/session", "get">;
export type DemoPerson = Answer<"/api/v1/dev/people", "get">["items"][number];
export type Role = Session["user"]["roles"][number];
export type Presence = Answer<"/api/v1/me/presence", "get">;
export type CasePage = Answer<"/api/v1/cases", "get">;
export type Case = CasePage["items"][number];
export type CaseCounts = Answer<"/api/v1/cases/counts", "get">;
export type CasePatch = Sent<"/api/v1/cases/{id}", "patch">;
export type NewCase = Sent<"/api/v1/cases", "post">;
export type MessageMeant = Sent<"/api/v1/cases/{id}/messages/{message_id}/meant", "post">;
export type MessagePage = Answer<"/api/v1/cases/{id}/messages", "get">;
export type Message = MessagePage["items"][number];
/** What of a case was deleted for its age. */
export type Deleted = MessagePage["deleted"];
export type Decision = Answer<"/api/v1/cases/{id}/decisions", "get">["items"][number];
export type Preview = Answer<"/api/v1/auto-reply/preview", "post">;
export type Operator = Answer<"/api/v1/operators", "get">["items"][number];
export type InactivityReply = Answer<"/api/v1/organization/inactivity-reply", "get">;
export type InactivityReplyInput = Sent<"/api/v1/organization/inactivity-reply", "put">;
export type Retention = Answer<"/api/v1/organization/retention", "get">;
export type RetentionInput = Sent<"/api/v1/organization/retention", "put">;
export type Organization = Answer<"/api/v1/organization", "get">;
export type LookUp = Answer<"/api/v1/customers/lookup", "get">;
export type Customer = Answer<"/api/v1/customers", "get">["items"][number];
export type MyAutoReply = Answer<"/api/v1/me/auto-reply", "get">;
export type MyAutoReplyInput = Sent<"/api/v1/me/auto-reply", "put">;
/** A layer of Auto Replies; "inactivity" is the organization's. */
export type Layer = NonNullable<MyAutoReply["in_force"]>;
/** A layer that operators set up themselves. */
export type PersonalLayer = MyAutoReply["switched_off"][number]["kind"];
export type OwnOfficeHours = NonNullable<MyAutoReply["office_hours"]>;
export type DefaultHours = NonNullable<
  Answer<"/api/v1/organization/office-hours", "get">["office_hours"]
>;
export type OpenWeek = DefaultHours["week"];
export type OpenWindow = OpenWeek["monday"][number];
export type HoursException = DefaultHours["exceptions"][number];
export type Coverage = Answer<"/api/v1/coverage", "get">["items"][number];
export type Stretch = Coverage["stretches"][number];
export type User = Answer<"/api/v1/users", "get">["items"][number];
export type NewUser = Sent<"/api/v1/users", "post">;
export type UserPatch = Sent<"/api/v1/users/{id}", "patch">;
export type Token = Answer<"/api/v1/tokens", "get">["items"][number];
export type Channel = Answer<"/api/v1/channels", "get">["items"][number];
export type AccountCheck = Answer<"/api/v1/channels/{id}/check", "post">;
export type TestText = Answer<"/api/v1/channels/{id}/test/{message_id}", "get">;
export type ChannelPatch = Sent<"/api/v1/channels/{id}", "patch">;
export type NewChannel = Sent<"/api/v1/channels", "post">;
export type AuditEntry = Answer<"/api/v1/audit", "get">["items"][number];
