/** Settings > Organization > Inactivity Message Reply (R20-R23). */
import { useQuery } from "@tanstack/react-query";
import { ask, client } from "../api/client";
import { asProblem } from "../api/problem";
import { keys } from "../api/queries";
import { Page } from "../ui/Page";
import { PageLoader, Problem } from "../ui/State";
import { InactivityReplyForm } from "./InactivityReplyForm";
import { UnassignedNote } from "./UnassignedNote";
import { WhatWouldACustomerGet } from "./WhatWouldACustomerGet";

export function InactivityReplyPage() {
  const { data, error, refetch } = useQuery({
    queryKey: keys.inactivityReply,
    queryFn: ({ signal }) => ask(client.GET("/api/v1/organization/inactivity-reply", { signal })),
    staleTime: 0,
  });
  return (
    <Page
      wide
      trail={["Settings", "Organization", "Inactivity Message Reply"]}
      lead="When a customer texts an operator who has been inactive for a while, this reply tells them that their message has arrived and that a person will follow up."
    >
      {data ? (
        <>
          <UnassignedNote />
          <InactivityReplyForm saved={data} />
          <WhatWouldACustomerGet />
        </>
      ) : error ? (
        <Problem inner problem={asProblem(error)} retry={() => void refetch()} />
      ) : (
        <PageLoader />
      )}
    </Page>
  );
}
