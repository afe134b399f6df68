/** An open case: who it is, the conversation, and the place to answer. */
import { Skeleton } from "@mantine/core";
import { useConversation } from "../api/conversation";
import { asProblem } from "../api/problem";
import { useCase, useSession } from "../api/queries";
import type { Case, Message } from "../api/types";
import { useTabTitle } from "../ui/PageTitle";
import { Problem } from "../ui/State";
import { CaseHeader } from "./CaseHeader";
import classes from "./CaseView.module.css";
import { Composer } from "./Composer";
import { useSeen } from "./seen";
import { Thread } from "./Thread";

const NO_MESSAGES: Message[] = [];

interface ViewProps {
  id: string;
  /** The list is not beside it, so there must be a way back. */
  alone: boolean;
}

function Loaded({ item, alone }: { item: Case; alone: boolean }) {
  const session = useSession();
  const conversation = useConversation(item.id);
  useSeen(item, conversation.data?.messages, session.user.id);
  useTabTitle(item.customer.name || item.customer.phone_display);
  return (
    <>
      <CaseHeader item={item} alone={alone} myId={session.user.id} />
      {conversation.data ? (
        <Thread item={item} conversation={conversation.data} myId={session.user.id} />
      ) : conversation.isError ? (
        <div className={classes.thread}>
          <Problem
            inner
            problem={asProblem(conversation.error)}
            retry={() => void conversation.refetch()}
          />
        </div>
      ) : (
        <ThreadSkeleton />
      )}
      <Composer item={item} messages={conversation.data?.messages ?? NO_MESSAGES} />
    </>
  );
}

function ThreadSkeleton() {
  return (
    <div className={classes.thread} role="status" aria-label="Loading the conversation">
      <Skeleton height={44} width="48%" radius="lg" mb="lg" />
      <Skeleton height={64} width="56%" radius="lg" mb="lg" ml="auto" />
      <Skeleton height={44} width="38%" radius="lg" />
    </div>
  );
}

export function CaseView({ id, alone }: ViewProps) {
  const { data: item, error, refetch } = useCase(id);
  // Asked for together with the case, not after it.
  useConversation(id);
  // An erased case is gone, also where it was open.
  const gone = error && asProblem(error).status === 404;
  useTabTitle(item && !gone ? null : "Case");
  if (item && !gone) {
    return (
      <section id="case" tabIndex={-1} className={classes.view} aria-label="Case">
        <Loaded item={item} alone={alone} />
      </section>
    );
  }
  if (error) {
    return (
      <section id="case" tabIndex={-1} className={classes.view} aria-label="Case">
        <Problem
          problem={asProblem(error)}
          retry={() => void refetch()}
          back={{ label: "Back to the inbox", to: "/" }}
        />
      </section>
    );
  }
  return (
    <section id="case" tabIndex={-1} className={classes.view} aria-label="Case">
      <div className={classes.header}>
        <Skeleton height={20} width={180} mb={10} />
        <Skeleton height={14} width={260} />
      </div>
      <ThreadSkeleton />
    </section>
  );
}
