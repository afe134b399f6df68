/** Settings > Organization > Data retention: how long messages, decisions and events are kept. */
import { useQuery } from "@tanstack/react-query";
import { ask, client } from "../api/client";
import { asProblem } from "../api/problem";
import { keys } from "../api/queries";
import { Page } from "../ui/Page";
import { PageLoader, Problem } from "../ui/State";
import { RetentionForm } from "./RetentionForm";

export function RetentionPage() {
  const { data, error, refetch } = useQuery({
    queryKey: keys.retention,
    queryFn: ({ signal }) => ask(client.GET("/api/v1/organization/retention", { signal })),
    staleTime: 0,
  });
  return (
    <Page
      trail={["Settings", "Organization", "Data retention"]}
      lead="How long conversations are kept. What is older is deleted for good, a little every hour. To erase one person at once, go to Customers."
    >
      {data ? (
        <RetentionForm saved={data} />
      ) : error ? (
        <Problem inner problem={asProblem(error)} retry={() => void refetch()} />
      ) : (
        <PageLoader />
      )}
    </Page>
  );
}
