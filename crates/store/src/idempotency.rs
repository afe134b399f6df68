//! Idempotency keys: what a client has already asked for, and the message or the case that came of it.

use domain::id::{CaseId, MessageId, OrganizationId, UserId};
use domain::time::Instant;
use uuid::Uuid;

use crate::engine::Tx;
use crate::error::StoreError;
use crate::sql::statements;

statements! { "idempotency_keys":
    GET = "SELECT message_id, case_id, request_hash FROM idempotency_keys
        WHERE organization_id = $1 AND user_id = $2 AND idempotency_key = $3";
    INSERT = "INSERT INTO idempotency_keys (organization_id, user_id, idempotency_key, request_hash, message_id,
            created_at, case_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    DELETE_BEFORE = "DELETE FROM idempotency_keys WHERE (organization_id, user_id, idempotency_key) IN (
            SELECT k.organization_id, k.user_id, k.idempotency_key FROM idempotency_keys AS k
            WHERE k.created_at < $1 ORDER BY k.created_at LIMIT $2 /*skip locked*/)";
    DELETE_OF_CASE = "DELETE FROM idempotency_keys WHERE organization_id = $1 AND (case_id = $2 OR message_id IN (
            SELECT m.id FROM messages AS m WHERE m.organization_id = $1 AND m.case_id = $2))";
}

/// What a request made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// A message on a case.
    Message(MessageId),
    /// A case, with its first message if it had one.
    Case(CaseId),
}

/// The hash of the request that used this key, and what it made.
pub async fn get(
    tx: &mut Tx,
    org: OrganizationId,
    user: UserId,
    key: &str,
) -> Result<Option<([u8; 32], Made)>, StoreError> {
    tx.query(&GET, &[org.into(), user.into(), key.into()]).await?.first(|row| {
        let message = row.id("message_id")?;
        let made = row.id_or_none("case_id")?.map_or(Made::Message(message), Made::Case);
        Ok((row.hash("request_hash")?, made))
    })
}

/// Notes that a key was used.
pub async fn insert(
    tx: &mut Tx,
    org: OrganizationId,
    user: UserId,
    key: &str,
    request_hash: &[u8; 32],
    made: Made,
    at: Instant,
) -> Result<(), StoreError> {
    let (message, case) = match made {
        Made::Message(id) => (id, None),
        Made::Case(id) => (Uuid::nil().into(), Some(id)),
    };
    let (key_value, hash) = (key.into(), request_hash.into());
    let params = [org.into(), user.into(), key_value, hash, message.into(), at.into(), case.into()];
    tx.execute_one(&INSERT, &params, key).await
}

/// Forgets at most `limit` keys, of every organization, that were used before `at`; answers how many.
pub async fn delete_before(tx: &mut Tx, at: Instant, limit: u32) -> Result<u64, StoreError> {
    tx.execute(&DELETE_BEFORE, &[at.into(), limit.into()]).await
}

/// Forgets the keys that made this case or sent a message on it: looks at all keys of the organization, which live for a day.
pub async fn delete_of_case(tx: &mut Tx, org: OrganizationId, case: CaseId) -> Result<(), StoreError> {
    tx.execute(&DELETE_OF_CASE, &[org.into(), case.into()]).await?;
    Ok(())
}
