//! What readers of `/events` are told: ids and kinds, never bodies.
//!
//! They go on in the order of (transaction, id), and only as far as every transaction before has ended: so what
//! commits late is never passed over, on whichever node it was written. SQLite's transactions follow one another,
//! and their ids with them.

use domain::id::OrganizationId;
use domain::time::Instant;
use uuid::Uuid;

use crate::engine::Tx;
use crate::error::StoreError;
use crate::sql::statements;

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// Its id; readers go on after it.
    pub id: Uuid,
    /// `message`, `case`, `decision` or `presence`.
    pub kind: String,
    /// What it is about, as JSON.
    pub subject: String,
}

/// A transaction that has been open for longer than this is not waited for any more. Ours take milliseconds and
/// are ended by the server long before; a stranger's in the same server must not hold up the pages.
const LONG_OPEN_MS: i64 = 120_000;

statements! { "events":
    INSERT = "INSERT INTO events (organization_id, id, kind, subject, created_at) VALUES ($1, $2, $3, $4, $5)";
    POSITION = "SELECT position FROM events WHERE organization_id = $1 AND id = $2";
    AFTER = "SELECT id, kind, subject FROM events WHERE organization_id = $1 AND (position, id) > ($2, $3)
        AND (position < transaction_horizon() OR created_at < $4) ORDER BY position, id LIMIT $5";
    NEWEST = "SELECT id FROM events WHERE organization_id = $1
        AND (position < transaction_horizon() OR created_at < $2) ORDER BY position DESC, id DESC LIMIT 1";
    DELETE_ALL = "DELETE FROM events";
}

/// Adds one.
pub async fn insert(
    tx: &mut Tx,
    org: OrganizationId,
    id: Uuid,
    kind: &str,
    subject_json: &str,
    at: Instant,
) -> Result<(), StoreError> {
    tx.execute_one_ahead(&INSERT, &[org.into(), id.into(), kind.into(), subject_json.into(), at.into()], id)
        .await
}

/// The organization's events after this one, oldest first; after the nil id, all. None if the event is not known:
/// a reader may have missed some.
pub async fn after(
    tx: &mut Tx,
    org: OrganizationId,
    id: Uuid,
    now: Instant,
    limit: u32,
) -> Result<Option<Vec<EventRow>>, StoreError> {
    let position =
        match tx.query(&POSITION, &[org.into(), id.into()]).await?.first(|row| row.i64("position"))? {
            Some(position) => position,
            None if id.is_nil() => 0,
            None => return Ok(None),
        };
    let long_open = now.plus_ms(-LONG_OPEN_MS);
    let params = [org.into(), position.into(), id.into(), long_open.into(), limit.into()];
    let rows = tx.query(&AFTER, &params).await?.list(|row| {
        Ok(EventRow { id: row.id("id")?, kind: row.text("kind")?, subject: row.text("subject")? })
    })?;
    Ok(Some(rows))
}

/// The newest event after which a reader misses nothing; the nil id if there is none.
pub async fn newest(tx: &mut Tx, org: OrganizationId, now: Instant) -> Result<Uuid, StoreError> {
    let long_open = now.plus_ms(-LONG_OPEN_MS);
    let newest = tx.query(&NEWEST, &[org.into(), long_open.into()]).await?.first(|row| row.id("id"))?;
    Ok(newest.unwrap_or(Uuid::nil()))
}

/// Forgets the events of every organization: their readers load everything again.
pub async fn delete_all(tx: &mut Tx) -> Result<(), StoreError> {
    tx.execute(&DELETE_ALL, &[]).await?;
    Ok(())
}
