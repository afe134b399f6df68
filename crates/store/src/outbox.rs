//! Messages on their way to the carrier. A row is enqueued in the transaction that makes its message and leaves
//! when its outcome is known.
//!
//! Leases: whoever takes a row makes it `attempting` until `due_at` and counts `lease_epoch` up; every later
//! write names the epoch that it knows, so that one who was overtaken changes nothing.
//! Order: one customer's messages on one channel go one after another, the oldest first.

use domain::id::{CustomerId, MessageId, OrganizationId};
use domain::outbox::{Change, OutboxRow, Phase, State};
use domain::time::Instant;

use crate::engine::Tx;
use crate::engine::row::Row;
use crate::error::StoreError;
use crate::sql::statements;

macro_rules! columns {
    () => {
        "o.message_id, o.organization_id, o.case_id, o.channel_id, o.customer_id, o.phase, o.due_at, o.lease_epoch,
            o.attempts, o.attempt_started_at, o.lookups, o.lookups_ok"
    };
}

statements! { "outbox":
    INSERT = "INSERT INTO outbox (organization_id, message_id, case_id, channel_id, customer_id, phase, due_at,
            lease_epoch, attempts, attempt_started_at, lookups, lookups_ok)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    GET = concat!("SELECT ", columns!(), " FROM outbox AS o WHERE o.organization_id = $1 AND o.message_id = $2 /*lock*/");
    DUE = concat!("SELECT ", columns!(), " FROM outbox AS o
        WHERE o.due_at <= $1 AND NOT EXISTS (
            SELECT 1 FROM outbox AS other
            WHERE other.organization_id = o.organization_id AND other.customer_id = o.customer_id
                AND other.channel_id = o.channel_id AND other.message_id <> o.message_id
                AND ((other.phase = 'queued' AND other.message_id < o.message_id)
                    OR (other.phase = 'attempting' AND other.due_at > $1)))
        ORDER BY o.due_at, o.message_id LIMIT $2 /*skip locked*/");
    QUEUED = concat!("SELECT ", columns!(), " FROM outbox AS o
        WHERE o.organization_id = $1 AND o.phase = 'queued' ORDER BY o.message_id LIMIT $2");
    UPDATE = "UPDATE outbox SET phase = $3, due_at = $4, lease_epoch = $5, attempts = $6, attempt_started_at = $7,
            lookups = $8, lookups_ok = $9
        WHERE organization_id = $1 AND message_id = $2 AND lease_epoch = $10";
    DELETE = "DELETE FROM outbox WHERE organization_id = $1 AND message_id = $2";
    OF_CUSTOMER = concat!("SELECT ", columns!(), " FROM outbox AS o
        WHERE o.organization_id = $1 AND o.customer_id = $2 ORDER BY o.channel_id, o.message_id");
    DELETE_OF_CUSTOMER = "DELETE FROM outbox WHERE organization_id = $1 AND customer_id = $2";
    NEXT_DUE = "SELECT due_at FROM outbox WHERE due_at > $1 ORDER BY due_at LIMIT 1";
    OLDEST = "SELECT due_at FROM outbox ORDER BY due_at LIMIT 1";
    COUNT = "SELECT count(*) AS rows FROM outbox";
}

/// Enqueues a message.
pub async fn insert(tx: &mut Tx, row: &OutboxRow) -> Result<(), StoreError> {
    let state = row.state();
    let params = [
        row.organization_id.into(),
        row.message_id.into(),
        row.case_id.into(),
        row.channel_id.into(),
        row.customer_id.into(),
        state.phase.code().into(),
        state.due_at.into(),
        state.lease_epoch.into(),
        state.attempts.into(),
        state.attempt_started_at.into(),
        state.lookups.into(),
        state.lookups_ok.into(),
    ];
    tx.execute_one_ahead(&INSERT, &params, row.message_id).await
}

/// The row of this message, while it is on its way. Writing operations have it to themselves from here on.
pub async fn get(
    tx: &mut Tx,
    org: OrganizationId,
    message: MessageId,
) -> Result<Option<OutboxRow>, StoreError> {
    tx.query(&GET, &[org.into(), message.into()]).await?.first(read)
}

/// Rows of any organization that can be taken at `now`, the longest due first. A row waits while another of the
/// same customer and channel is being handed over, or an older one is still queued.
pub async fn due(tx: &mut Tx, now: Instant, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
    tx.query(&DUE, &[now.into(), limit.into()]).await?.list(read)
}

/// The organization's rows that wait for their turn, due or not, the oldest first.
pub async fn queued(tx: &mut Tx, org: OrganizationId, limit: u32) -> Result<Vec<OutboxRow>, StoreError> {
    tx.query(&QUEUED, &[org.into(), limit.into()]).await?.list(read)
}

/// Stores a transition, unless the row's lease is no longer the one that was read: then it returns false.
pub async fn update(tx: &mut Tx, change: &Change) -> Result<bool, StoreError> {
    let (row, state) = (change.row(), change.row().state());
    let params = [
        row.organization_id.into(),
        row.message_id.into(),
        state.phase.code().into(),
        state.due_at.into(),
        state.lease_epoch.into(),
        state.attempts.into(),
        state.attempt_started_at.into(),
        state.lookups.into(),
        state.lookups_ok.into(),
        change.from_epoch().into(),
    ];
    Ok(tx.execute(&UPDATE, &params).await? == 1)
}

/// Takes a message out; answers false if it is out already.
pub async fn delete(tx: &mut Tx, org: OrganizationId, message: MessageId) -> Result<bool, StoreError> {
    Ok(tx.execute(&DELETE, &[org.into(), message.into()]).await? == 1)
}

/// Everything that is on its way to this customer.
pub async fn of_customer(
    tx: &mut Tx,
    org: OrganizationId,
    customer: CustomerId,
) -> Result<Vec<OutboxRow>, StoreError> {
    tx.query(&OF_CUSTOMER, &[org.into(), customer.into()]).await?.list(read)
}

/// Takes everything out that is on its way to this customer.
pub async fn delete_of_customer(
    tx: &mut Tx,
    org: OrganizationId,
    customer: CustomerId,
) -> Result<(), StoreError> {
    tx.execute(&DELETE_OF_CUSTOMER, &[org.into(), customer.into()]).await?;
    Ok(())
}

/// The first instant after `now` at which time alone can make a row ready. What is ready at `now` is for [`due`] to
/// find; what waits for another row becomes ready when that one changes, and a change wakes the worker by itself.
pub async fn next_due(tx: &mut Tx, now: Instant) -> Result<Option<Instant>, StoreError> {
    tx.query(&NEXT_DUE, &[now.into()]).await?.first(|row| row.instant("due_at"))
}

/// How many rows there are, and the earliest `due_at` among them.
pub async fn depth(tx: &mut Tx) -> Result<(i64, Option<Instant>), StoreError> {
    let count = tx.query(&COUNT, &[]).await?.one("count", |row| row.i64("rows"))?;
    let oldest = tx.query(&OLDEST, &[]).await?.first(|row| row.instant("due_at"))?;
    Ok((count, oldest))
}

fn read(row: &mut Row<'_>) -> Result<OutboxRow, StoreError> {
    let message_id = row.id("message_id")?;
    let organization_id = row.id("organization_id")?;
    let (case_id, channel_id, customer_id) =
        (row.id("case_id")?, row.id("channel_id")?, row.id("customer_id")?);
    let state = State {
        phase: row.code("phase", Phase::from_code)?,
        due_at: row.instant("due_at")?,
        lease_epoch: row.i64("lease_epoch")?,
        attempts: row.i64("attempts")?,
        attempt_started_at: row.instant_or_none("attempt_started_at")?,
        lookups: row.i64("lookups")?,
        lookups_ok: row.i64("lookups_ok")?,
    };
    let message = (message_id, case_id);
    let queued = OutboxRow::queued(organization_id, message, (channel_id, customer_id), state.due_at);
    Ok(queued.stored(state))
}
