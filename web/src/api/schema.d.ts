/** Provisional: replaced by the file generated from openapi.json. */
type Json<T> = { content: { "application/json": T } };
type Ok<T> = { 200: Json<T> & { headers: Record<string, unknown> } };
type Created<T> = { 201: Json<T> & { headers: Record<string, unknown> } };
type Empty = { 204: { headers: Record<string, unknown>; content?: never } };
type Body<T> = { requestBody: Json<T> };
type NoParams = { parameters: { query?: never; header?: never; path?: never; cookie?: never } };
type Op<R, B = unknown, P = NoParams> = { responses: R } & B & P;
type WithPath<P> = { parameters: { path: P; query?: never; header?: never; cookie?: never } };
type WithQuery<Q> = { parameters: { query?: Q; path?: never; header?: never; cookie?: never } };
type PageOf<T> = { items: T[]; next_cursor: string | null };
type Paging = { cursor?: string; limit?: number };

interface Person {
  id: string;
  name: string;
}
interface InactivityReply {
  enabled: boolean;
  threshold_minutes: number;
  message: string;
  while_waiting: boolean;
  quiet_minutes: number;
}
interface InactivityReplyState extends InactivityReply {
  version: number;
  updated_at: string;
  updated_by: Person | null;
  example_message: string;
}
interface MeAutoReply {
  inactivity: { enabled: boolean; message: string; threshold_minutes: number | null };
  away: Record<string, unknown> | null;
  office_hours: Record<string, unknown> | null;
}
interface Case {
  id: string;
  number: number;
  subject: string;
  status: "open" | "closed";
  customer: { id: string; name: string; phone: string; opted_out: boolean };
  assigned_operator: Person | null;
  waiting_since: string | null;
  unanswered_since: string | null;
  created_at: string;
  last_message: {
    body: string;
    direction: "inbound" | "outbound";
    created_at: string;
    author_kind: "customer" | "operator" | "auto_reply" | "system";
  } | null;
  watch: { reason: string; due_at: string | null } | null;
  loop_guarded: boolean;
  channel: { id: string; number: string };
  last_customer_message_at: string | null;
}
interface Message {
  id: string;
  direction: "inbound" | "outbound";
  author: {
    kind: "customer" | "operator" | "auto_reply" | "system";
    id: string | null;
    name: string;
  };
  body: string;
  delivery: {
    status: "queued" | "attempting" | "sent" | "delivered" | "failed" | "cancelled" | "unconfirmed";
    error: string | null;
  } | null;
  auto_reply: {
    kind: "inactivity" | "personal_inactivity" | "away" | "office_hours";
    decision_id: string;
  } | null;
  created_at: string;
  attachments: { url: string; content_type: string }[];
  backfilled: boolean;
  keyword: "opt_out" | "opt_in" | "help" | null;
}
interface Decision {
  id: string;
  message_id: string;
  outcome: "sent" | "not_sent" | "watching" | "cancelled";
  reason: string;
  rule: string;
  sentence: string;
  facts: Record<string, unknown>;
  due_at: string | null;
  reply_message_id: string | null;
  decided_at: string;
}
interface User {
  id: string;
  name: string;
  email: string;
  roles: ("system_admin" | "operator")[];
  active: boolean;
  last_active_at: string | null;
}
interface Channel {
  id: string;
  kind: string;
  number: string;
  account_sid: string;
  active: boolean;
  webhook_url: string;
  paused_reason: string | null;
  created_at: string;
}
interface AuditEntry {
  id: string;
  at: string;
  actor: Person | null;
  action: string;
  subject: string;
  before: unknown;
  after: unknown;
}
interface SessionState {
  user: { id: string; name: string; email: string; roles: ("system_admin" | "operator")[] };
  organization: { id: string; name: string; time_zone: string };
  clock: { now: string; manual: boolean; can_advance: boolean };
  version: string;
}

export interface paths {
  "/api/v1/session": {
    get: Op<Ok<SessionState>>;
    post: Op<Ok<SessionState>, Body<{ email: string; password: string }>>;
    delete: Op<Empty>;
  };
  "/api/v1/me/presence": {
    get: Op<
      Ok<{
        last_active_at: string | null;
        last_activity_kind: string | null;
        active: boolean;
        threshold_minutes: number;
        inactive_at: string;
      }>
    >;
  };
  "/api/v1/me/activity": { post: Op<Empty, Body<{ kind: "input" | "im_here" }>> };
  "/api/v1/me/auto-reply": {
    get: Op<Ok<MeAutoReply>>;
    put: Op<Ok<MeAutoReply>, Body<MeAutoReply>>;
  };
  "/api/v1/organization/inactivity-reply": {
    get: Op<Ok<InactivityReplyState>>;
    put: Op<
      Ok<InactivityReplyState>,
      Body<InactivityReply>,
      {
        parameters: {
          header?: { "If-Match"?: string };
          path?: never;
          query?: never;
          cookie?: never;
        };
      }
    >;
  };
  "/api/v1/cases": {
    get: Op<
      Ok<PageOf<Case>>,
      unknown,
      WithQuery<
        { status?: "open" | "closed"; assigned_to?: string; waiting?: boolean; q?: string } & Paging
      >
    >;
    post: Op<
      Created<Case>,
      Body<{
        customer: { phone: string; name: string };
        subject: string;
        assigned_operator_id: string | null;
        channel_id?: string | null;
      }>
    >;
  };
  "/api/v1/cases/{id}": {
    get: Op<Ok<Case>, unknown, WithPath<{ id: string }>>;
    patch: Op<
      Ok<Case>,
      Body<{
        assigned_operator_id?: string | null;
        status?: "open" | "closed";
        subject?: string;
      }>,
      WithPath<{ id: string }>
    >;
  };
  "/api/v1/cases/{id}/seen": { post: Op<Empty, unknown, WithPath<{ id: string }>> };
  "/api/v1/cases/{id}/messages": {
    get: Op<
      Ok<PageOf<Message>>,
      unknown,
      { parameters: { path: { id: string }; query?: Paging; header?: never; cookie?: never } }
    >;
    post: Op<
      Created<Message>,
      Body<{ body: string }>,
      {
        parameters: {
          path: { id: string };
          header?: { "Idempotency-Key"?: string };
          query?: never;
          cookie?: never;
        };
      }
    >;
  };
  "/api/v1/cases/{id}/decisions": {
    get: Op<
      Ok<PageOf<Decision>>,
      unknown,
      { parameters: { path: { id: string }; query?: Paging; header?: never; cookie?: never } }
    >;
  };
  "/api/v1/auto-reply/preview": {
    post: Op<
      Ok<Omit<Decision, "id" | "message_id"> & { text: string | null }>,
      Body<{ operator_id?: string | null; case_id?: string | null; at?: string | null }>
    >;
  };
  "/api/v1/operators": { get: Op<Ok<{ items: (Person & { active: boolean })[] }>> };
  "/api/v1/users": {
    get: Op<Ok<PageOf<User>>, unknown, WithQuery<Paging>>;
    post: Op<
      Created<User>,
      Body<{
        name: string;
        email: string;
        roles: ("system_admin" | "operator")[];
        password: string;
      }>
    >;
  };
  "/api/v1/users/{id}": {
    patch: Op<
      Ok<User>,
      Body<{
        name?: string;
        email?: string;
        roles?: ("system_admin" | "operator")[];
        active?: boolean;
        password?: string;
      }>,
      WithPath<{ id: string }>
    >;
  };
  "/api/v1/channels": {
    get: Op<Ok<PageOf<Channel>>, unknown, WithQuery<Paging>>;
    post: Op<Created<Channel>, Body<{ account_sid: string; auth_token: string; number: string }>>;
  };
  "/api/v1/channels/{id}": {
    patch: Op<
      Ok<Channel>,
      Body<{ active?: boolean; auth_token?: string }>,
      WithPath<{ id: string }>
    >;
  };
  "/api/v1/audit": { get: Op<Ok<PageOf<AuditEntry>>, unknown, WithQuery<Paging>> };
  "/api/v1/dev/clock": { post: Op<Ok<{ now: string }>, Body<{ advance_seconds: number }>> };
}
