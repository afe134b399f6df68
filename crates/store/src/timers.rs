//! One timer per operator: when the first of the operator's watched cases can fall due. Activity does not move
//! it; whoever finds it due looks at the facts and arms it anew or takes it away.

use domain::id::{OrganizationId, UserId};
use domain::time::Instant;

use crate::engine::Tx;
use crate::error::StoreError;
use crate::sql::statements;

statements! { "users":
    ARM = "UPDATE users SET watch_due_at = $3 WHERE organization_id = $1 AND id = $2";
    GET = "SELECT id, watch_due_at FROM users WHERE organization_id = $1 AND id = $2 /*lock*/";
    ARMED = "SELECT id FROM users WHERE organization_id = $1 AND watch_due_at IS NOT NULL ORDER BY id";
    DUE = "SELECT id, organization_id FROM users WHERE watch_due_at <= $1 ORDER BY watch_due_at LIMIT $2";
    NEXT = "SELECT watch_due_at FROM users WHERE watch_due_at IS NOT NULL ORDER BY watch_due_at LIMIT 1";
}

/// Sets the operator's timer, or takes it away.
pub async fn arm(
    tx: &mut Tx,
    org: OrganizationId,
    user: UserId,
    due_at: Option<Instant>,
) -> Result<(), StoreError> {
    tx.changes_locked(user.0);
    tx.execute_one(&ARM, &[org.into(), user.into(), due_at.into()], user).await
}

/// When the operator's timer fires, if it is set. Writing operations have the timer to themselves from here on.
pub async fn get(tx: &mut Tx, org: OrganizationId, user: UserId) -> Result<Option<Instant>, StoreError> {
    let due_at = tx.query_locked(&GET, &[org.into(), user.into()], user.0).await?.first(|row| {
        row.id::<UserId>("id")?;
        row.instant_or_none("watch_due_at")
    })?;
    Ok(due_at.flatten())
}

/// The organization's operators whose timer is set.
pub async fn armed(tx: &mut Tx, org: OrganizationId) -> Result<Vec<UserId>, StoreError> {
    tx.query(&ARMED, &[org.into()]).await?.list(|row| row.id("id"))
}

/// Timers of any organization that are due at `now`, the earliest first.
pub async fn due(tx: &mut Tx, now: Instant, limit: u32) -> Result<Vec<(OrganizationId, UserId)>, StoreError> {
    tx.query(&DUE, &[now.into(), limit.into()]).await?.list(|row| {
        let user = row.id("id")?;
        Ok((row.id("organization_id")?, user))
    })
}

/// When the earliest timer of any organization is due.
pub async fn next(tx: &mut Tx) -> Result<Option<Instant>, StoreError> {
    tx.query(&NEXT, &[]).await?.first(|row| row.instant("watch_due_at"))
}
