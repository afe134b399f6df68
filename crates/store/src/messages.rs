//! Messages on cases, in both directions, and what became of those to the customer.

use std::borrow::Cow;

use domain::auto_reply::Layer;
use domain::delivery::DeliveryStatus;
use domain::id::{CaseId, CustomerId, MessageId, OrganizationId};
use domain::keyword::Keyword;
use domain::message::{Author, Delivery, Message};
use domain::time::Instant;
use uuid::Uuid;

use crate::Value;
use crate::engine::Tx;
use crate::engine::row::Row;
use crate::engine::value::json_text;
use crate::error::StoreError;
use crate::sql::statements;

/// A message to a customer, as the loop guard counts it (R9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recent {
    /// An automatic reply; otherwise a human wrote it.
    pub automatic: bool,
    /// When it was committed.
    pub at: Instant,
}

/// An automatic reply on a case, as the echo test reads it (R9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AutoReply {
    /// Its place on the case.
    pub sequence: i64,
    /// Its text.
    pub body: String,
    /// When it was committed.
    pub at: Instant,
}

/// How many rows one statement of [`last_of_cases`] or [`of_case_by_id`] asks for.
const AT_ONCE: usize = 16;

macro_rules! select {
    ($rest:expr) => {
        concat!(
            "SELECT m.id, m.case_id, m.sequence, m.author_kind, m.author_id, w.name AS author_name, m.layer,
                m.decision_id, m.body, m.attachments, m.keyword, m.provider_id, m.delivery_status, m.delivery_error,
                m.backfilled, m.sent_at, m.created_at
            FROM messages AS m LEFT JOIN users AS w ON w.organization_id = m.organization_id AND w.id = m.author_id ",
            $rest
        )
    };
}

statements! { "messages":
    INSERT = "INSERT INTO messages (organization_id, id, case_id, customer_id, sequence, author_kind, author_id, layer,
            decision_id, body, attachments, keyword, provider_id, delivery_status, delivery_error, backfilled, sent_at,
            created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
    GET = select!("WHERE m.organization_id = $1 AND m.id = $2 /*lock m*/");
    BY_PROVIDER_ID = select!("WHERE m.organization_id = $1 AND m.provider_id = $2");
    PAGE_OF_CASE = select!("WHERE m.organization_id = $1 AND m.case_id = $2 AND m.sequence > $3
        ORDER BY m.sequence LIMIT $4");
    NEWEST_OF_CASE = select!("WHERE m.organization_id = $1 AND m.case_id = $2 AND m.sequence < $3
        ORDER BY m.sequence DESC LIMIT $4");
    /// Free places hold the nil id, which no message has.
    BY_IDS = select!("WHERE m.organization_id = $1
        AND m.id IN ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)");
    LAST_OF_CASES = "SELECT m.id, m.case_id, m.sequence, m.author_kind, m.author_id, w.name AS author_name, m.layer,
            m.decision_id, m.body, m.attachments, m.keyword, m.provider_id, m.delivery_status, m.delivery_error,
            m.backfilled, m.sent_at, m.created_at
        FROM cases AS c
        JOIN messages AS m ON m.organization_id = c.organization_id AND m.case_id = c.id AND m.sequence = c.last_sequence
        LEFT JOIN users AS w ON w.organization_id = m.organization_id AND w.id = m.author_id
        WHERE c.organization_id = $1
            AND c.id IN ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
    BODIES_BEFORE = "SELECT id, body FROM messages WHERE organization_id = $1 AND case_id = $2 AND sequence < $3
        ORDER BY sequence DESC LIMIT $4";
    RECENT_TO_CUSTOMER = "SELECT id, author_kind = 'auto_reply' AS automatic, created_at FROM messages
        WHERE organization_id = $1 AND author_kind <> 'customer' AND delivery_status <> 'cancelled'
            AND customer_id = (SELECT id FROM customers WHERE organization_id = $1 AND address = $2)
        ORDER BY id DESC LIMIT $3";
    LAST_AUTO_REPLIES = "SELECT id, sequence, body, created_at FROM messages
        WHERE organization_id = $1 AND case_id = $2 AND author_kind = 'auto_reply' AND delivery_status <> 'cancelled'
        ORDER BY sequence DESC LIMIT $3";
    LAST_TO_CUSTOMER = "SELECT sequence FROM messages
        WHERE organization_id = $1 AND case_id = $2 AND author_kind <> 'customer' AND delivery_status <> 'cancelled'
        ORDER BY sequence DESC LIMIT 1";
    LAST_HUMAN_ANSWER = "SELECT sequence FROM messages
        WHERE organization_id = $1 AND case_id = $2 AND author_kind <> 'customer' AND author_kind = 'operator'
            AND delivery_status NOT IN ('failed', 'cancelled')
        ORDER BY sequence DESC LIMIT 1";
    OLDEST_CUSTOMER_AFTER = "SELECT coalesce(sent_at, created_at) AS waiting_since FROM messages
        WHERE organization_id = $1 AND case_id = $2 AND sequence > $3 AND author_kind = 'customer' AND keyword IS NULL
        ORDER BY sequence LIMIT 1";
    SET_DELIVERY = "UPDATE messages SET delivery_status = $3, delivery_error = $4 WHERE organization_id = $1 AND id = $2";
    HAND_OVER = "UPDATE messages SET delivery_status = $3, delivery_error = NULL, handed_over_at = $4
        WHERE organization_id = $1 AND id = $2";
    HANDED_OVER_AT = "SELECT id, handed_over_at FROM messages WHERE organization_id = $1 AND id = $2";
    SET_PROVIDER_ID = "UPDATE messages SET provider_id = $3 WHERE organization_id = $1 AND id = $2";
    INBOUND_PROVIDER_IDS = "SELECT id, provider_id FROM messages
        WHERE organization_id = $1 AND case_id = $2 AND author_kind = 'customer'
            AND provider_id IS NOT NULL AND created_at >= $3
        ORDER BY sequence";
    DELETE_OF_CASE = "DELETE FROM messages WHERE organization_id = $1 AND case_id = $2";
}

/// Adds one. A carrier's id that is stored already is a [`StoreError::Constraint`] on `messages`, `provider_id`.
pub async fn insert(
    tx: &mut Tx,
    org: OrganizationId,
    customer: CustomerId,
    message: &Message,
) -> Result<(), StoreError> {
    let (author_id, layer, decision_id) = match &message.author {
        Author::Customer => (None, None, None),
        Author::Operator { id, .. } => (Some(*id), None, None),
        Author::AutoReply { layer, decision_id } => (None, Some(layer.code()), Some(*decision_id)),
    };
    let attachments = if message.attachments.is_empty() {
        Cow::Borrowed("[]")
    } else {
        Cow::Owned(json_text(&message.attachments)?)
    };
    let delivery = message.delivery.as_ref();
    let params = [
        org.into(),
        message.id.into(),
        message.case_id.into(),
        customer.into(),
        message.sequence.into(),
        message.author.code().into(),
        author_id.into(),
        layer.into(),
        decision_id.into(),
        (&message.body).into(),
        (&*attachments).into(),
        message.keyword.map(Keyword::code).into(),
        message.provider_id.as_ref().into(),
        delivery.map(|delivery| delivery.status.code()).into(),
        delivery.and_then(|delivery| delivery.error.as_ref()).into(),
        message.backfilled.into(),
        message.sent_at.into(),
        message.created_at.into(),
    ];
    tx.execute_one_ahead(&INSERT, &params, message.id).await
}

/// The message with this id. Writing operations have it to themselves from here on.
pub async fn get(tx: &mut Tx, org: OrganizationId, id: MessageId) -> Result<Option<Message>, StoreError> {
    tx.query(&GET, &[org.into(), id.into()]).await?.first(read)
}

/// The message with this carrier's id.
pub async fn by_provider_id(
    tx: &mut Tx,
    org: OrganizationId,
    provider_id: &str,
) -> Result<Option<Message>, StoreError> {
    tx.query(&BY_PROVIDER_ID, &[org.into(), provider_id.into()]).await?.first(read)
}

/// Asks ahead for [`by_provider_id`].
pub async fn ask_by_provider_id(
    tx: &mut Tx,
    org: OrganizationId,
    provider_id: &str,
) -> Result<(), StoreError> {
    tx.ask(&BY_PROVIDER_ID, &[org.into(), provider_id.into()]).await
}

/// A case's messages with a greater sequence, oldest first.
pub async fn page_of_case(
    tx: &mut Tx,
    org: OrganizationId,
    case: CaseId,
    after_sequence: i64,
    limit: u32,
) -> Result<Vec<Message>, StoreError> {
    let params = [org.into(), case.into(), after_sequence.into(), limit.into()];
    tx.query(&PAGE_OF_CASE, &params).await?.list(read)
}

/// A case's messages with a smaller sequence, newest first.
pub async fn newest_of_case(
    tx: &mut Tx,
    org: OrganizationId,
    case: CaseId,
    before_sequence: i64,
    limit: u32,
) -> Result<Vec<Message>, StoreError> {
    let params = [org.into(), case.into(), before_sequence.into(), limit.into()];
    tx.query(&NEWEST_OF_CASE, &params).await?.list(read)
}

/// Those of these messages that are on the case, newest first.
pub async fn of_case_by_id(
    tx: &mut Tx,
    org: OrganizationId,
    case: CaseId,
    ids: &[MessageId],
) -> Result<Vec<Message>, StoreError> {
    let mut messages = Vec::with_capacity(ids.len());
    for some in ids.chunks(AT_ONCE) {
        let mut params = [Value::Uuid(Uuid::nil()); 1 + AT_ONCE];
        params[0] = org.into();
        for (param, id) in params[1..].iter_mut().zip(some) {
            *param = (*id).into();
        }
        messages.extend(tx.query(&BY_IDS, &params).await?.list(read)?);
    }
    messages.retain(|message| message.case_id == case);
    messages.sort_by_key(|message| std::cmp::Reverse(message.sequence));
    Ok(messages)
}

/// The newest message of each of these cases, in no particular order; none for a case without messages.
pub async fn last_of_cases(
    tx: &mut Tx,
    org: OrganizationId,
    cases: &[CaseId],
) -> Result<Vec<Message>, StoreError> {
    let mut messages = Vec::with_capacity(cases.len());
    for some in cases.chunks(AT_ONCE) {
        // Free places hold the nil id, which no case has.
        let mut params = [Value::Uuid(Uuid::nil()); 1 + AT_ONCE];
        params[0] = org.into();
        for (param, case) in params[1..].iter_mut().zip(some) {
            *param = (*case).into();
        }
        messages.extend(tx.query(&LAST_OF_CASES, &params).await?.list(read)?);
    }
    Ok(messages)
}

/// The newest messages to a customer on any case, newest first, cancelled ones left out.
pub async fn recent_to_customer(
    tx: &mut Tx,
    org: OrganizationId,
    address: &str,
    limit: u32,
) -> Result<Vec<Recent>, StoreError> {
    tx.query(&RECENT_TO_CUSTOMER, &[org.into(), address.into(), limit.into()]).await?.list(|row| {
        row.id::<MessageId>("id")?;
        Ok(Recent { automatic: row.bool("automatic")?, at: row.instant("created_at")? })
    })
}

/// Asks ahead for [`recent_to_customer`].
pub async fn ask_recent_to_customer(
    tx: &mut Tx,
    org: OrganizationId,
    address: &str,
    limit: u32,
) -> Result<(), StoreError> {
    tx.ask(&RECENT_TO_CUSTOMER, &[org.into(), address.into(), limit.into()]).await
}

/// The newest automatic replies on a case, newest first, cancelled ones left out.
pub async fn last_auto_replies(
    tx: &mut Tx,
    org: OrganizationId,
    case: CaseId,
    limit: u32,
) -> Result<Vec<AutoReply>, StoreError> {
    tx.query(&LAST_AUTO_REPLIES, &[org.into(), case.into(), limit.into()]).await?.list(|row| {
        row.id::<MessageId>("id")?;
        Ok(AutoReply {
            sequence: row.i64("sequence")?,
            body: row.text("body")?,
            at: row.instant("created_at")?,
        })
    })
}

/// The texts of a case's messages with a smaller sequence, in both directions, newest first.
pub async fn bodies_before(
    tx: &mut Tx,
    org: OrganizationId,
    case: CaseId,
    before_sequence: i64,
    limit: u32,
) -> Result<Vec<String>, StoreError> {
    let params = [org.into(), case.into(), before_sequence.into(), limit.into()];
    tx.query(&BODIES_BEFORE, &params).await?.list(|row| {
        row.id::<MessageId>("id")?;
        row.text("body")
    })
}

/// The sequence of the newest message to the customer on a case, cancelled ones left out; 0 if there is none.
pub async fn last_to_customer_sequence(
    tx: &mut Tx,
    org: OrganizationId,
    case: CaseId,
) -> Result<i64, StoreError> {
    let sequence =
        tx.query(&LAST_TO_CUSTOMER, &[org.into(), case.into()]).await?.first(|row| row.i64("sequence"))?;
    Ok(sequence.unwrap_or(0))
}

/// The sequence of the newest human message to the customer on a case, failed and cancelled ones left out; 0 if there
/// is none.
pub async fn last_human_answer_sequence(
    tx: &mut Tx,
    org: OrganizationId,
    case: CaseId,
) -> Result<i64, StoreError> {
    let sequence =
        tx.query(&LAST_HUMAN_ANSWER, &[org.into(), case.into()]).await?.first(|row| row.i64("sequence"))?;
    Ok(sequence.unwrap_or(0))
}

/// Since when the customer waits for an answer to the oldest message with a greater sequence, keywords left out.
pub async fn oldest_customer_after(
    tx: &mut Tx,
    org: OrganizationId,
    case: CaseId,
    sequence: i64,
) -> Result<Option<Instant>, StoreError> {
    let params = [org.into(), case.into(), sequence.into()];
    tx.query(&OLDEST_CUSTOMER_AFTER, &params).await?.first(|row| row.instant("waiting_since"))
}

/// Writes what became of a message; whether that is a step forward is the caller's to know.
pub async fn set_delivery(
    tx: &mut Tx,
    org: OrganizationId,
    id: MessageId,
    status: DeliveryStatus,
    error: Option<&str>,
) -> Result<(), StoreError> {
    tx.execute_one(&SET_DELIVERY, &[org.into(), id.into(), status.code().into(), error.into()], id).await
}

/// The message is being handed over to the carrier, at this instant by the clock outside.
pub async fn hand_over(
    tx: &mut Tx,
    org: OrganizationId,
    id: MessageId,
    at: Instant,
) -> Result<(), StoreError> {
    let params = [org.into(), id.into(), DeliveryStatus::Attempting.code().into(), at.into()];
    tx.execute_one(&HAND_OVER, &params, id).await
}

/// When the message was last handed over, by the clock outside.
pub async fn handed_over_at(
    tx: &mut Tx,
    org: OrganizationId,
    id: MessageId,
) -> Result<Option<Instant>, StoreError> {
    tx.query(&HANDED_OVER_AT, &[org.into(), id.into()]).await?.one(id, |row| {
        row.id::<MessageId>("id")?;
        row.instant_or_none("handed_over_at")
    })
}

/// Writes the carrier's id, once known. One that is stored already is a [`StoreError::Constraint`].
pub async fn set_provider_id(
    tx: &mut Tx,
    org: OrganizationId,
    id: MessageId,
    provider_id: &str,
) -> Result<(), StoreError> {
    tx.execute_one(&SET_PROVIDER_ID, &[org.into(), id.into(), provider_id.into()], id).await
}

/// The carrier's ids of what the customer wrote on a case since an instant, oldest first.
pub async fn inbound_provider_ids(
    tx: &mut Tx,
    org: OrganizationId,
    case: CaseId,
    since: Instant,
) -> Result<Vec<String>, StoreError> {
    let params = [org.into(), case.into(), since.into()];
    tx.query(&INBOUND_PROVIDER_IDS, &params).await?.list(|row| {
        row.id::<MessageId>("id")?;
        row.text("provider_id")
    })
}

/// Removes the messages of a case, which must have no decision and no outbox row any more.
/// Answers how many there were.
pub async fn delete_of_case(tx: &mut Tx, org: OrganizationId, case: CaseId) -> Result<u64, StoreError> {
    tx.execute(&DELETE_OF_CASE, &[org.into(), case.into()]).await
}

fn read(row: &mut Row<'_>) -> Result<Message, StoreError> {
    let id = row.id("id")?;
    let case_id = row.id("case_id")?;
    let sequence = row.i64("sequence")?;
    let author_kind = row.text("author_kind")?;
    let author_id = row.id_or_none("author_id")?;
    let author_name = row.text_or_none("author_name")?;
    let layer = row.code_or_none("layer", Layer::from_code)?;
    let decision_id = row.id_or_none("decision_id")?;
    let author = match (author_kind.as_str(), author_id, author_name, layer, decision_id) {
        ("customer", ..) => Author::Customer,
        ("operator", Some(id), Some(name), ..) => Author::Operator { id, name },
        ("auto_reply", _, _, Some(layer), Some(decision_id)) => Author::AutoReply { layer, decision_id },
        _ => return Err(row.corrupt("author_kind", "an unknown kind, or its author is missing")),
    };
    let body = row.text("body")?;
    let attachments = row.json("attachments")?;
    let keyword = row.code_or_none("keyword", Keyword::from_code)?;
    let provider_id = row.text_or_none("provider_id")?;
    let status = row.code_or_none("delivery_status", DeliveryStatus::from_code)?;
    let error = row.text_or_none("delivery_error")?;
    Ok(Message {
        id,
        case_id,
        sequence,
        author,
        body,
        attachments,
        keyword,
        provider_id,
        delivery: status.map(|status| Delivery { status, error }),
        backfilled: row.bool("backfilled")?,
        sent_at: row.instant_or_none("sent_at")?,
        created_at: row.instant("created_at")?,
    })
}
