//! API tokens. Only the SHA-256 of a token is stored.

use domain::id::{OrganizationId, TokenId, UserId};
use domain::time::Instant;

use crate::engine::Tx;
use crate::engine::row::Row;
use crate::error::StoreError;
use crate::sql::statements;

/// An API token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    /// Its id.
    pub id: TokenId,
    /// The user's organization.
    pub organization_id: OrganizationId,
    /// Whose it is: it may do what they may.
    pub user_id: UserId,
    /// What it is for.
    pub name: String,
    /// The SHA-256 of the token.
    pub token_hash: [u8; 32],
    /// When it was made.
    pub created_at: Instant,
    /// When it ends; never if none.
    pub expires_at: Option<Instant>,
    /// When it was used last, as far as that was recorded; see [`touch`].
    pub last_used_at: Option<Instant>,
}

statements! { "api_tokens":
    INSERT = "INSERT INTO api_tokens (organization_id, id, user_id, name, token_hash, created_at, expires_at,
            last_used_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    GET = "SELECT id, organization_id, user_id, name, token_hash, created_at, expires_at, last_used_at
        FROM api_tokens WHERE token_hash = $1";
    LIST_OF_USER = "SELECT id, organization_id, user_id, name, token_hash, created_at, expires_at, last_used_at
        FROM api_tokens WHERE organization_id = $1 AND user_id = $2 ORDER BY id";
    LIST = "SELECT id, organization_id, user_id, name, token_hash, created_at, expires_at, last_used_at
        FROM api_tokens WHERE organization_id = $1 ORDER BY id";
    DELETE_OF_USER = "DELETE FROM api_tokens WHERE organization_id = $1 AND user_id = $2";
    FIND = "SELECT id, organization_id, user_id, name, token_hash, created_at, expires_at, last_used_at
        FROM api_tokens WHERE organization_id = $1 AND id = $2";
    TOUCH = "UPDATE api_tokens SET last_used_at = $2
        WHERE token_hash = $1 AND (last_used_at IS NULL OR last_used_at < $2)";
    DELETE = "DELETE FROM api_tokens WHERE organization_id = $1 AND id = $2";
}

/// Adds one.
pub async fn insert(tx: &mut Tx, token: &TokenRow) -> Result<(), StoreError> {
    let params = [
        token.organization_id.into(),
        token.id.into(),
        token.user_id.into(),
        (&token.name).into(),
        (&token.token_hash).into(),
        token.created_at.into(),
        token.expires_at.into(),
        token.last_used_at.into(),
    ];
    tx.execute_one(&INSERT, &params, token.id).await
}

/// The token with this hash, also if it has expired.
pub async fn get(tx: &mut Tx, token_hash: &[u8; 32]) -> Result<Option<TokenRow>, StoreError> {
    tx.query(&GET, &[token_hash.into()]).await?.first(read)
}

/// A user's tokens, oldest first.
pub async fn list_of_user(
    tx: &mut Tx,
    org: OrganizationId,
    user: UserId,
) -> Result<Vec<TokenRow>, StoreError> {
    tx.query(&LIST_OF_USER, &[org.into(), user.into()]).await?.list(read)
}

/// All tokens of an organization, oldest first, expired ones included.
pub async fn list(tx: &mut Tx, org: OrganizationId) -> Result<Vec<TokenRow>, StoreError> {
    tx.query(&LIST, &[org.into()]).await?.list(read)
}

/// Ends all tokens of a user; returns how many there were.
pub async fn delete_of_user(tx: &mut Tx, org: OrganizationId, user: UserId) -> Result<u64, StoreError> {
    tx.execute(&DELETE_OF_USER, &[org.into(), user.into()]).await
}

/// The organization's token with this id, also if it has expired.
pub async fn find(tx: &mut Tx, org: OrganizationId, id: TokenId) -> Result<Option<TokenRow>, StoreError> {
    tx.query(&FIND, &[org.into(), id.into()]).await?.first(read)
}

/// Records a use.
pub async fn touch(tx: &mut Tx, token_hash: &[u8; 32], at: Instant) -> Result<(), StoreError> {
    tx.execute(&TOUCH, &[token_hash.into(), at.into()]).await?;
    Ok(())
}

/// Ends one; answers false if there is none with this id.
pub async fn delete(tx: &mut Tx, org: OrganizationId, id: TokenId) -> Result<bool, StoreError> {
    Ok(tx.execute(&DELETE, &[org.into(), id.into()]).await? == 1)
}

fn read(row: &mut Row<'_>) -> Result<TokenRow, StoreError> {
    Ok(TokenRow {
        id: row.id("id")?,
        organization_id: row.id("organization_id")?,
        user_id: row.id("user_id")?,
        name: row.text("name")?,
        token_hash: row.hash("token_hash")?,
        created_at: row.instant("created_at")?,
        expires_at: row.instant_or_none("expires_at")?,
        last_used_at: row.instant_or_none("last_used_at")?,
    })
}
