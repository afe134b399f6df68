//! What readers of `/events` are told: ids and kinds, never bodies.

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

statements! { "events":
    INSERT = "INSERT INTO events (organization_id, id, kind, subject, created_at) VALUES ($1, $2, $3, $4, $5)";
    AFTER = "SELECT id, kind, subject FROM events WHERE organization_id = $1 AND id > $2 ORDER BY id LIMIT $3";
    NEWEST = "SELECT id FROM events WHERE organization_id = $1 ORDER BY id DESC LIMIT 1";
    EXISTS = "SELECT id FROM events WHERE organization_id = $1 AND id = $2";
    DELETE_BEFORE = "DELETE FROM events WHERE created_at < $1";
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
    tx.execute_one(&INSERT, &[org.into(), id.into(), kind.into(), subject_json.into(), at.into()], id).await
}

/// The organization's events after this one, oldest first.
pub async fn after(
    tx: &mut Tx,
    org: OrganizationId,
    id: Uuid,
    limit: u32,
) -> Result<Vec<EventRow>, StoreError> {
    tx.query(&AFTER, &[org.into(), id.into(), limit.into()]).await?.list(|row| {
        Ok(EventRow { id: row.id("id")?, kind: row.text("kind")?, subject: row.text("subject")? })
    })
}

/// The organization's newest event; the nil id if there is none.
pub async fn newest(tx: &mut Tx, org: OrganizationId) -> Result<Uuid, StoreError> {
    let newest = tx.query(&NEWEST, &[org.into()]).await?.first(|row| row.id("id"))?;
    Ok(newest.unwrap_or(Uuid::nil()))
}

/// Whether the organization has an event with this id: if not, a reader may have missed some.
pub async fn exists(tx: &mut Tx, org: OrganizationId, id: Uuid) -> Result<bool, StoreError> {
    Ok(tx.query(&EXISTS, &[org.into(), id.into()]).await?.exists())
}

/// Forgets the events of every organization from before `at`; answers how many.
pub async fn delete_before(tx: &mut Tx, at: Instant) -> Result<u64, StoreError> {
    tx.execute(&DELETE_BEFORE, &[at.into()]).await
}
