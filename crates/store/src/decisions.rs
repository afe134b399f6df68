//! Decision records (section 7 of the rule book): exactly one for each customer message, rewritten in place.

use domain::auto_reply::{Facts, Outcome, Reason};
use domain::id::{CaseId, DecisionId, MessageId, OrganizationId};
use domain::time::Instant;
use uuid::Uuid;

use crate::engine::row::Row;
use crate::engine::value::json_text;
use crate::engine::{Tx, Update};
use crate::error::StoreError;
use crate::sql::statements;

/// A decision with the facts that it was made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its id.
    pub id: DecisionId,
    /// The customer's message.
    pub message_id: MessageId,
    /// The case.
    pub case_id: CaseId,
    /// What.
    pub outcome: Outcome,
    /// Why.
    pub reason: Reason,
    /// By which rule, such as `R4`.
    pub rule: String,
    /// The facts; the same function gives the same decision from them.
    pub facts: Facts,
    /// The reply, if one was committed.
    pub reply_message_id: Option<MessageId>,
    /// When it was decided, or last rewritten.
    pub decided_at: Instant,
}

/// Which decisions to list; what is none does not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DecisionFilter {
    /// Only these.
    pub outcome: Option<Outcome>,
    /// Only these.
    pub reason: Option<Reason>,
    /// Decided at this instant or later.
    pub from: Option<Instant>,
    /// Decided before this instant.
    pub to: Option<Instant>,
    /// The last one of the part before.
    pub after: Option<(Instant, DecisionId)>,
    /// How many at most.
    pub limit: u32,
}

macro_rules! select {
    ($rest:expr) => {
        concat!(
            "SELECT id, message_id, case_id, outcome, reason, rule, facts, reply_message_id, decided_at FROM decisions ",
            $rest
        )
    };
}

/// Those of the messages `m` of the case `$2`: the way to a case's decisions, because messages are indexed by it.
macro_rules! of_messages {
    ($rest:expr) => {
        concat!(
            "SELECT d.id, d.message_id, d.case_id, d.outcome, d.reason, d.rule, d.facts, d.reply_message_id, d.decided_at
            FROM messages AS m JOIN decisions AS d ON d.organization_id = m.organization_id AND d.message_id = m.id
            WHERE m.organization_id = $1 AND m.case_id = $2 ",
            $rest
        )
    };
}

statements! { "decisions":
    INSERT = "INSERT INTO decisions (organization_id, id, message_id, case_id, outcome, reason, rule, facts,
            reply_message_id, decided_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    GET = select!("WHERE organization_id = $1 AND id = $2");
    OF_MESSAGE = select!("WHERE organization_id = $1 AND message_id = $2");
    /// A message to the customer ends every watch on its case, so only those after the last one can be watched.
    WATCHING_OF_CASE = of_messages!("AND m.sequence > coalesce((SELECT o.sequence FROM messages AS o
            WHERE o.organization_id = $1 AND o.case_id = $2 AND o.author_kind <> 'customer'
            ORDER BY o.sequence DESC LIMIT 1), 0)
        AND d.case_id = $2 AND d.outcome = 'watching' ORDER BY m.sequence");
    UPDATE = "UPDATE decisions SET outcome = $3, reason = $4, rule = $5, facts = $6, reply_message_id = $7, decided_at = $8
        WHERE organization_id = $1 AND id = $2";
    /// After the message of the decision `$3`; from the beginning if that one is gone.
    OF_CASE = of_messages!("AND m.sequence > coalesce((SELECT sequence FROM messages WHERE organization_id = $1 AND case_id = $2
            AND id = (SELECT message_id FROM decisions WHERE organization_id = $1 AND id = $3)), 0)
        ORDER BY m.sequence LIMIT $4");
    /// Before the message of the decision `$3`; from the newest on if that one is gone.
    NEWEST_OF_CASE = of_messages!("AND m.sequence < coalesce((SELECT sequence FROM messages WHERE organization_id = $1
            AND case_id = $2
            AND id = (SELECT message_id FROM decisions WHERE organization_id = $1 AND id = $3)), 9223372036854775807)
        ORDER BY m.sequence DESC LIMIT $4");
    OF_SEQUENCES = of_messages!("AND m.sequence >= $3 AND m.sequence <= $4 ORDER BY m.sequence DESC");
    LIST = select!("WHERE organization_id = $1 AND (decided_at, id) < ($2, $3) AND decided_at >= $4
        AND (outcome = $5 OR $5 IS NULL) AND (reason = $6 OR $6 IS NULL)
        ORDER BY decided_at DESC, id DESC LIMIT $7");
    BY_REPLY = select!("WHERE organization_id = $1 AND reply_message_id = $2 ORDER BY id");
    DELETE_OF_CASE = "DELETE FROM decisions WHERE organization_id = $1 AND case_id = $2
        AND message_id IN (SELECT id FROM messages WHERE organization_id = $1 AND case_id = $2)";
    /// Every decision of an organization, for the check of stored data.
    ALL = select!("WHERE organization_id = $1 AND id > $2 ORDER BY id LIMIT $3");
}

static REWRITING: Update = Update { whole: &UPDATE, in_place: None, insert: &INSERT, keys: 2 };

/// Adds one. A message that has one already is a [`StoreError::Constraint`] on `decisions`, `message_id`.
pub async fn insert(tx: &mut Tx, org: OrganizationId, record: &Record) -> Result<(), StoreError> {
    let facts = json_text(&record.facts)?;
    let params = [
        org.into(),
        record.id.into(),
        record.message_id.into(),
        record.case_id.into(),
        record.outcome.code().into(),
        record.reason.code().into(),
        (&record.rule).into(),
        (&facts).into(),
        record.reply_message_id.into(),
        record.decided_at.into(),
    ];
    tx.execute_one_ahead(&INSERT, &params, record.id).await
}

/// The decision about this customer message.
pub async fn get_of_message(
    tx: &mut Tx,
    org: OrganizationId,
    message: MessageId,
) -> Result<Option<Record>, StoreError> {
    tx.query(&OF_MESSAGE, &[org.into(), message.into()]).await?.first(read)
}

/// The decisions of a case that are still watching, oldest first.
pub async fn watching_of_case(
    tx: &mut Tx,
    org: OrganizationId,
    case: CaseId,
) -> Result<Vec<Record>, StoreError> {
    tx.query(&WATCHING_OF_CASE, &[org.into(), case.into()]).await?.list(read)
}

/// Rewrites one: everything but its id, message and case.
pub async fn update(tx: &mut Tx, org: OrganizationId, record: &Record) -> Result<(), StoreError> {
    let facts = json_text(&record.facts)?;
    let params = [
        org.into(),
        record.id.into(),
        record.outcome.code().into(),
        record.reason.code().into(),
        (&record.rule).into(),
        (&facts).into(),
        record.reply_message_id.into(),
        record.decided_at.into(),
    ];
    tx.update_ahead(&REWRITING, &params, record.id).await
}

/// A case's decisions, oldest first.
pub async fn of_case(
    tx: &mut Tx,
    org: OrganizationId,
    case: CaseId,
    after: Option<DecisionId>,
    limit: u32,
) -> Result<Vec<Record>, StoreError> {
    let after = after.map_or(Uuid::nil(), |id| id.0);
    tx.query(&OF_CASE, &[org.into(), case.into(), after.into(), limit.into()]).await?.list(read)
}

/// A case's decisions, the newest message's first, before the message of this one.
pub async fn newest_of_case(
    tx: &mut Tx,
    org: OrganizationId,
    case: CaseId,
    before: Option<DecisionId>,
    limit: u32,
) -> Result<Vec<Record>, StoreError> {
    let before = before.map_or(Uuid::nil(), |id| id.0);
    tx.query(&NEWEST_OF_CASE, &[org.into(), case.into(), before.into(), limit.into()]).await?.list(read)
}

/// The decisions about a case's messages from one sequence to another, both included, the newest message's first.
pub async fn of_sequences(
    tx: &mut Tx,
    org: OrganizationId,
    case: CaseId,
    (first, last): (i64, i64),
) -> Result<Vec<Record>, StoreError> {
    tx.query(&OF_SEQUENCES, &[org.into(), case.into(), first.into(), last.into()]).await?.list(read)
}

/// The decision with this id.
pub async fn get(tx: &mut Tx, org: OrganizationId, id: DecisionId) -> Result<Option<Record>, StoreError> {
    tx.query(&GET, &[org.into(), id.into()]).await?.first(read)
}

/// The organization's decisions, newest first.
pub async fn list(
    tx: &mut Tx,
    org: OrganizationId,
    filter: &DecisionFilter,
) -> Result<Vec<Record>, StoreError> {
    // Both upper ends at once: no decision at `to` itself, and none at or before the last part's end.
    let to = filter.to.map_or((Instant::from_ms(i64::MAX), Uuid::max()), |to| (to, Uuid::nil()));
    let (before, before_id) = filter.after.map_or(to, |(at, id)| to.min((at, id.0)));
    let params = [
        org.into(),
        before.into(),
        before_id.into(),
        filter.from.unwrap_or(Instant::from_ms(i64::MIN)).into(),
        filter.outcome.map(Outcome::code).into(),
        filter.reason.map(Reason::code).into(),
        filter.limit.into(),
    ];
    tx.query(&LIST, &params).await?.list(read)
}

/// The decisions that this reply answers: all messages watched on a case end with one reply.
pub async fn by_reply(tx: &mut Tx, org: OrganizationId, reply: MessageId) -> Result<Vec<Record>, StoreError> {
    tx.query(&BY_REPLY, &[org.into(), reply.into()]).await?.list(read)
}

/// Removes the decisions of a case.
pub async fn delete_of_case(tx: &mut Tx, org: OrganizationId, case: CaseId) -> Result<(), StoreError> {
    tx.execute(&DELETE_OF_CASE, &[org.into(), case.into()]).await?;
    Ok(())
}

/// Every decision of an organization by id.
pub(crate) async fn all(
    tx: &mut Tx,
    org: OrganizationId,
    after: Uuid,
    limit: u32,
) -> Result<Vec<Record>, StoreError> {
    tx.query(&ALL, &[org.into(), after.into(), limit.into()]).await?.list(read)
}

fn read(row: &mut Row<'_>) -> Result<Record, StoreError> {
    Ok(Record {
        id: row.id("id")?,
        message_id: row.id("message_id")?,
        case_id: row.id("case_id")?,
        outcome: row.code("outcome", Outcome::from_code)?,
        reason: row.code("reason", Reason::from_code)?,
        rule: row.text("rule")?,
        facts: row.json("facts")?,
        reply_message_id: row.id_or_none("reply_message_id")?,
        decided_at: row.instant("decided_at")?,
    })
}
