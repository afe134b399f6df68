//! Sign-ins. Only the SHA-256 of a session's token is stored.

use domain::id::{OrganizationId, UserId};
use domain::time::Instant;

use crate::engine::Tx;
use crate::error::StoreError;
use crate::sql::statements;

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// The SHA-256 of its token.
    pub token_hash: [u8; 32],
    /// The user's organization.
    pub organization_id: OrganizationId,
    /// Whose it is.
    pub user_id: UserId,
    /// When it began.
    pub created_at: Instant,
    /// When it was last used.
    pub last_used_at: Instant,
}

statements! { "sessions":
    INSERT = "INSERT INTO sessions (token_hash, organization_id, user_id, created_at, last_used_at)
        VALUES ($1, $2, $3, $4, $5)";
    GET = "SELECT token_hash, organization_id, user_id, created_at, last_used_at FROM sessions WHERE token_hash = $1";
    TOUCH = "UPDATE sessions SET last_used_at = $2 WHERE token_hash = $1 AND last_used_at < $2";
    DELETE = "DELETE FROM sessions WHERE token_hash = $1";
    DELETE_OF_USER = "DELETE FROM sessions WHERE organization_id = $1 AND user_id = $2";
    DELETE_IDLE = "DELETE FROM sessions WHERE last_used_at < $1 OR created_at < $2";
}

/// Adds one.
pub async fn insert(tx: &mut Tx, session: &SessionRow) -> Result<(), StoreError> {
    let params = [
        (&session.token_hash).into(),
        session.organization_id.into(),
        session.user_id.into(),
        session.created_at.into(),
        session.last_used_at.into(),
    ];
    tx.execute_one(&INSERT, &params, session.user_id).await
}

/// The session of this token.
pub async fn get(tx: &mut Tx, token_hash: &[u8; 32]) -> Result<Option<SessionRow>, StoreError> {
    tx.query(&GET, &[token_hash.into()]).await?.first(|row| {
        Ok(SessionRow {
            token_hash: row.hash("token_hash")?,
            organization_id: row.id("organization_id")?,
            user_id: row.id("user_id")?,
            created_at: row.instant("created_at")?,
            last_used_at: row.instant("last_used_at")?,
        })
    })
}

/// Notes that it was used at `at`; answers false if it is gone or was used later already.
pub async fn touch(tx: &mut Tx, token_hash: &[u8; 32], at: Instant) -> Result<bool, StoreError> {
    Ok(tx.execute(&TOUCH, &[token_hash.into(), at.into()]).await? == 1)
}

/// Ends one; answers false if it is gone already.
pub async fn delete(tx: &mut Tx, token_hash: &[u8; 32]) -> Result<bool, StoreError> {
    Ok(tx.execute(&DELETE, &[token_hash.into()]).await? == 1)
}

/// Ends every session of a user; answers how many there were.
pub async fn delete_of_user(tx: &mut Tx, org: OrganizationId, user: UserId) -> Result<u64, StoreError> {
    tx.execute(&DELETE_OF_USER, &[org.into(), user.into()]).await
}

/// Ends the sessions of any organization that were last used, or began, before these instants.
pub async fn delete_idle(
    tx: &mut Tx,
    last_used_before: Instant,
    created_before: Instant,
) -> Result<u64, StoreError> {
    tx.execute(&DELETE_IDLE, &[last_used_before.into(), created_before.into()]).await
}
