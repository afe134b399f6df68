//! What must hold of everything that is stored: for `backsoon check`, for tests and for the simulator. Each
//! function answers the violations it finds in words, at most [`MOST`] of each kind; none means all is well.
//! They read whole tables: not for the way of a message.

use domain::auto_reply::absence::{Claim, ClaimKind};
use domain::auto_reply::{Decision, Layer, Outcome, decide};
use domain::id::{MessageId, OrganizationId};
use uuid::Uuid;

use crate::decisions::{self, Record};
use crate::engine::Tx;
use crate::error::StoreError;
use crate::organizations;
use crate::sql::{Sql, statements};

/// The most violations of one kind that are told.
pub const MOST: usize = 100;

/// How many decisions are evaluated again at a time.
const DECISIONS_AT_ONCE: u32 = 500;

/// Rows that `$condition` finds wrong, by the id that names them.
macro_rules! wrong {
    ($id:literal, $from:literal, $condition:expr) => {
        concat!(
            "SELECT ",
            $id,
            " AS id FROM ",
            $from,
            " WHERE t.organization_id = $1 AND ",
            $condition,
            " ORDER BY 1 LIMIT 100"
        )
    };
}

/// Whether the customer of the case `t` is opted out.
macro_rules! opted_out {
    () => {
        "EXISTS (SELECT 1 FROM customers AS u WHERE u.organization_id = t.organization_id AND u.id = t.customer_id
            AND u.opted_out_at IS NOT NULL)"
    };
}

/// Whether the case `t` has a customer's message, no keyword, after the last human one that may have arrived.
macro_rules! unanswered {
    () => {
        "EXISTS (SELECT 1 FROM messages AS m WHERE m.organization_id = t.organization_id AND m.case_id = t.id
            AND m.author_kind = 'customer' AND m.keyword IS NULL AND m.sequence > coalesce((
                SELECT max(h.sequence) FROM messages AS h
                WHERE h.organization_id = t.organization_id AND h.case_id = t.id AND h.author_kind = 'operator'
                    AND h.delivery_status NOT IN ('failed', 'cancelled')), 0))"
    };
}

statements! { "check":
    MESSAGES_UNDECIDED = wrong!("t.id", "messages AS t", "t.author_kind = 'customer' AND NOT EXISTS (
        SELECT 1 FROM decisions AS d WHERE d.organization_id = t.organization_id AND d.message_id = t.id)
        AND NOT EXISTS (SELECT 1 FROM retention AS r
            WHERE r.organization_id = t.organization_id AND t.id < r.decisions_before)");
    DECISIONS_OF_NOTHING = wrong!("t.id", "decisions AS t", "NOT EXISTS (
        SELECT 1 FROM messages AS m WHERE m.organization_id = t.organization_id AND m.id = t.message_id
            AND m.case_id = t.case_id AND m.author_kind = 'customer')");
    CASES_WATCHED_IDLY = wrong!("t.id", "cases AS t", "t.watched AND NOT EXISTS (
        SELECT 1 FROM messages AS m JOIN decisions AS d ON d.organization_id = m.organization_id AND d.message_id = m.id
        WHERE m.organization_id = t.organization_id AND m.case_id = t.id AND d.outcome = 'watching')");
    CASES_NOT_COUNTED = wrong!("t.id", "cases AS t", "t.number > (
        SELECT o.last_case_number FROM organizations AS o WHERE o.id = t.organization_id)");
    DECISIONS_WATCHING_IDLY = wrong!("t.id", "decisions AS t", "t.outcome = 'watching' AND NOT EXISTS (
        SELECT 1 FROM cases AS c WHERE c.organization_id = t.organization_id AND c.id = t.case_id AND c.watched)");
    DECISIONS_WATCHING_ANSWERED = wrong!("t.id", "decisions AS t", "t.outcome = 'watching' AND EXISTS (
        SELECT 1 FROM messages AS m JOIN messages AS o ON o.organization_id = m.organization_id AND o.case_id = m.case_id
        WHERE m.organization_id = t.organization_id AND m.id = t.message_id
            AND o.author_kind <> 'customer' AND o.sequence > m.sequence)");
    DECISIONS_SENT_WITHOUT_REPLY = wrong!("t.id", "decisions AS t", "t.outcome = 'sent' AND NOT EXISTS (
        SELECT 1 FROM messages AS m WHERE m.organization_id = t.organization_id AND m.id = t.reply_message_id
            AND m.case_id = t.case_id AND m.author_kind = 'auto_reply' AND m.delivery_status <> 'cancelled')");
    REPLIES_NOT_DECIDED = wrong!("t.id", "messages AS t", "t.author_kind = 'auto_reply'
        AND t.delivery_status <> 'cancelled' AND NOT EXISTS (
        SELECT 1 FROM decisions AS d WHERE d.organization_id = t.organization_id AND d.reply_message_id = t.id
            AND d.outcome = 'sent')
        AND NOT EXISTS (SELECT 1 FROM retention AS r
            WHERE r.organization_id = t.organization_id AND t.decision_id < r.decisions_before)");
    REPLIES_UNCLAIMED = wrong!("t.id", "messages AS t", "t.author_kind = 'auto_reply'
        AND t.delivery_status <> 'cancelled' AND NOT EXISTS (
        SELECT 1 FROM reply_claims AS k WHERE k.organization_id = t.organization_id AND k.case_id = t.case_id
            AND k.reply_message_id = t.id)");
    CLAIMS_OF_NOTHING = wrong!("t.reply_message_id", "reply_claims AS t", "NOT EXISTS (
        SELECT 1 FROM messages AS m WHERE m.organization_id = t.organization_id AND m.id = t.reply_message_id
            AND m.case_id = t.case_id AND m.delivery_status <> 'cancelled')
        AND NOT EXISTS (SELECT 1 FROM retention AS r
            WHERE r.organization_id = t.organization_id AND t.reply_message_id < r.messages_before
                AND NOT EXISTS (SELECT 1 FROM messages AS m
                    WHERE m.organization_id = t.organization_id AND m.id = t.reply_message_id))");
    MESSAGES_NOT_ENQUEUED = wrong!("t.id", "messages AS t", "t.delivery_status IN ('queued', 'attempting') AND NOT EXISTS (
        SELECT 1 FROM outbox AS o WHERE o.organization_id = t.organization_id AND o.message_id = t.id)");
    OUTBOX_OF_NOTHING = wrong!("t.message_id", "outbox AS t", "NOT EXISTS (
        SELECT 1 FROM messages AS m WHERE m.organization_id = t.organization_id AND m.id = t.message_id
            AND (m.delivery_status IN ('queued', 'attempting')
                OR (m.delivery_status = 'unconfirmed' AND t.phase = 'unknown')))");
    CASES_WAITING_IDLY = wrong!("t.id", "cases AS t", concat!("t.waiting_since IS NOT NULL AND (", opted_out!(), "
        OR (t.status = 'open' AND NOT ", unanswered!(), " AND NOT EXISTS (SELECT 1 FROM retention AS r
            WHERE r.organization_id = t.organization_id AND t.last_customer_message_id < r.messages_before)))"));
    CASES_NOT_WAITING = wrong!("t.id", "cases AS t", concat!("t.waiting_since IS NULL AND t.status = 'open'
        AND NOT ", opted_out!(), " AND ", unanswered!()));
    CASES_FAILED_IDLY = wrong!("t.id", "cases AS t", "t.failed_message_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM messages AS m WHERE m.organization_id = t.organization_id AND m.id = t.failed_message_id
            AND m.case_id = t.id AND m.sequence = t.last_human_sequence AND m.author_kind = 'operator'
            AND m.delivery_status = t.failed_message_status AND m.delivery_status IN ('failed', 'unconfirmed'))
        AND NOT EXISTS (SELECT 1 FROM retention AS r
            WHERE r.organization_id = t.organization_id AND t.failed_message_id < r.messages_before)");
    CLAIMS_OF_REPLY = "SELECT reply_message_id, operator_id, kind, since FROM reply_claims
        WHERE organization_id = $1 AND reply_message_id = $2";
}

/// Everything, of every organization.
pub async fn all(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    let mut found = Vec::new();
    for organization in organizations::list(tx).await? {
        let org = organization.id;
        let mut of_organization = cases_are_counted(tx, org).await?;
        of_organization.extend(one_decision_per_customer_message(tx, org).await?);
        of_organization.extend(watches_and_watched_cases_agree(tx, org).await?);
        of_organization.extend(cases_wait_and_fail_as_their_messages_say(tx, org).await?);
        of_organization.extend(replies_and_sent_decisions_agree(tx, org).await?);
        of_organization.extend(replies_are_claimed_once(tx, org).await?);
        of_organization.extend(outbox_and_messages_agree(tx, org).await?);
        of_organization.extend(decisions_evaluate_again(tx, org).await?);
        found.extend(of_organization.into_iter().map(|text| format!("organization {org}: {text}")));
    }
    Ok(found)
}

/// No case has a number that is still to be given. (That two have the same is a unique key.)
pub async fn cases_are_counted(tx: &mut Tx, org: OrganizationId) -> Result<Vec<String>, StoreError> {
    violations(tx, org, &CASES_NOT_COUNTED, "case", "has a number that was not counted").await
}

/// Section 7: each customer message has exactly one decision, unless it is so old that its record may have been
/// deleted, and nothing else has any. (That it has not two is a unique key.)
pub async fn one_decision_per_customer_message(
    tx: &mut Tx,
    org: OrganizationId,
) -> Result<Vec<String>, StoreError> {
    let mut found = violations(tx, org, &MESSAGES_UNDECIDED, "message", "has no decision").await?;
    found.extend(
        violations(
            tx,
            org,
            &DECISIONS_OF_NOTHING,
            "decision",
            "is not about a customer's message on its case",
        )
        .await?,
    );
    Ok(found)
}

/// Section 2, "Waiting": an open case waits exactly while its customer, who is not opted out, wrote after the last
/// human message that may have arrived; and one is marked as failed only if its newest human message did, or is
/// unconfirmed. (An operator may have dismissed that.)
pub async fn cases_wait_and_fail_as_their_messages_say(
    tx: &mut Tx,
    org: OrganizationId,
) -> Result<Vec<String>, StoreError> {
    let mut found =
        violations(tx, org, &CASES_WAITING_IDLY, "case", "waits, but its customer does not").await?;
    found.extend(
        violations(tx, org, &CASES_NOT_WAITING, "case", "does not wait, but its customer does").await?,
    );
    let marked = "is marked as failed, but its newest human message is not";
    found.extend(violations(tx, org, &CASES_FAILED_IDLY, "case", marked).await?);
    Ok(found)
}

/// R5: a case is marked as watched exactly while one of its decisions watches, and none does once something was
/// sent to the customer after its message.
pub async fn watches_and_watched_cases_agree(
    tx: &mut Tx,
    org: OrganizationId,
) -> Result<Vec<String>, StoreError> {
    let mut found =
        violations(tx, org, &CASES_WATCHED_IDLY, "case", "is watched, but none of its decisions is").await?;
    found.extend(
        violations(tx, org, &DECISIONS_WATCHING_IDLY, "decision", "watches, but its case is not watched")
            .await?,
    );
    found.extend(
        violations(
            tx,
            org,
            &DECISIONS_WATCHING_ANSWERED,
            "decision",
            "watches, but its customer was written to",
        )
        .await?,
    );
    Ok(found)
}

/// Section 7: a sent decision has its reply, and a reply that was not cancelled has its sent decision.
pub async fn replies_and_sent_decisions_agree(
    tx: &mut Tx,
    org: OrganizationId,
) -> Result<Vec<String>, StoreError> {
    let mut found =
        violations(tx, org, &DECISIONS_SENT_WITHOUT_REPLY, "decision", "says sent, but has no reply").await?;
    found.extend(
        violations(tx, org, &REPLIES_NOT_DECIDED, "automatic reply", "has no decision that says sent")
            .await?,
    );
    Ok(found)
}

/// R7: every inactivity reply that was not cancelled holds its claim, and a cancelled one holds none. That a
/// claim has one reply is a unique key. A claim outlives the reply that is deleted for its age.
pub async fn replies_are_claimed_once(tx: &mut Tx, org: OrganizationId) -> Result<Vec<String>, StoreError> {
    let mut found = violations(tx, org, &REPLIES_UNCLAIMED, "automatic reply", "has claimed nothing").await?;
    found.extend(
        violations(tx, org, &CLAIMS_OF_NOTHING, "reply", "holds a claim, but is cancelled or missing")
            .await?,
    );
    Ok(found)
}

/// A message is on its way exactly while the outbox has it.
pub async fn outbox_and_messages_agree(tx: &mut Tx, org: OrganizationId) -> Result<Vec<String>, StoreError> {
    let mut found =
        violations(tx, org, &MESSAGES_NOT_ENQUEUED, "message", "is to be sent, but is not in the outbox")
            .await?;
    found.extend(
        violations(tx, org, &OUTBOX_OF_NOTHING, "message", "is in the outbox, but is not to be sent").await?,
    );
    Ok(found)
}

/// Section 7: every record's facts give its decision again, and a reply's claim is the absence of its facts.
pub async fn decisions_evaluate_again(tx: &mut Tx, org: OrganizationId) -> Result<Vec<String>, StoreError> {
    let mut found = Vec::new();
    let mut after = Uuid::nil();
    loop {
        let records = decisions::all(tx, org, after, DECISIONS_AT_ONCE).await?;
        let Some(last) = records.last() else { return Ok(found) };
        after = last.id.0;
        for record in &records {
            let again = decide(&record.facts);
            found.extend(differs(record, again));
            if let (Outcome::Sent, Some(layer), Some(reply)) =
                (again.outcome, again.layer, record.reply_message_id)
            {
                found.extend(claims_something_else(tx, org, record, layer, reply).await?);
            }
            if found.len() >= MOST {
                return Ok(found);
            }
        }
    }
}

fn differs(record: &Record, again: Decision) -> Option<String> {
    let same = (again.outcome, again.reason, again.rule.to_string())
        == (record.outcome, record.reason, record.rule.clone());
    (!same).then(|| {
        format!(
            "decision {} says {} {} {}, but its facts give {} {} {}",
            record.id,
            record.outcome.code(),
            record.reason.code(),
            record.rule,
            again.outcome.code(),
            again.reason.code(),
            again.rule
        )
    })
}

async fn claims_something_else(
    tx: &mut Tx,
    org: OrganizationId,
    record: &Record,
    layer: Layer,
    reply: MessageId,
) -> Result<Option<String>, StoreError> {
    let claimed = tx.query(&CLAIMS_OF_REPLY, &[org.into(), reply.into()]).await?.list(|row| {
        row.id::<MessageId>("reply_message_id")?;
        Ok(Claim {
            operator_id: row.id("operator_id")?,
            kind: row.code("kind", ClaimKind::from_code)?,
            since: row.instant("since")?,
        })
    })?;
    let right = matches!(claimed[..], [claim] if Some(claim) == record.facts.claim(layer));
    Ok((!right).then(|| format!("decision {} has a reply that does not hold exactly its claim", record.id)))
}

async fn violations(
    tx: &mut Tx,
    org: OrganizationId,
    sql: &'static Sql,
    what: &str,
    violation: &str,
) -> Result<Vec<String>, StoreError> {
    let ids = tx.query(sql, &[org.into()]).await?.list(|row| row.id::<Uuid>("id"))?;
    Ok(ids.into_iter().map(|id| format!("{what} {id} {violation}")).collect())
}
