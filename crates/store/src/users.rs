//! People who sign in, and their activity.

use domain::id::{OrganizationId, UserId};
use domain::presence::{ActivityKind, Presence};
use domain::time::Instant;
use domain::user::{Roles, User};
use uuid::Uuid;

use crate::Page;
use crate::engine::Tx;
use crate::engine::row::Row;
use crate::error::StoreError;
use crate::sql::statements;

macro_rules! columns {
    () => {
        "id, organization_id, name, email, system_admin, operator, created_at, last_active_at, last_activity, deactivated_at"
    };
}

statements! { "users":
    INSERT = "INSERT INTO users (organization_id, id, name, email, password_hash, system_admin, operator, created_at,
            last_active_at, last_activity, deactivated_at, watch_due_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, NULL)";
    GET = concat!("SELECT ", columns!(), " FROM users WHERE organization_id = $1 AND id = $2");
    CREDENTIALS = concat!("SELECT ", columns!(), ", password_hash FROM users WHERE email = $1 /*lock*/");
    BY_EMAIL = concat!("SELECT ", columns!(), " FROM users WHERE email = $1");
    LIST = concat!("SELECT ", columns!(), " FROM users WHERE organization_id = $1 AND id > $2 ORDER BY id LIMIT $3");
    OPERATORS = concat!("SELECT ", columns!(), " FROM users WHERE organization_id = $1 AND operator ORDER BY id");
    UPDATE = "UPDATE users SET name = $3, email = $4, system_admin = $5, operator = $6, deactivated_at = $7
        WHERE organization_id = $1 AND id = $2";
    SET_PASSWORD = "UPDATE users SET password_hash = $3 WHERE organization_id = $1 AND id = $2";
    /// Leaves `watch_due_at` alone: the timer looks again when it fires, so activity moves one row and no index.
    TOUCH = "UPDATE users SET last_active_at = $3, last_activity = $4
        WHERE organization_id = $1 AND id = $2 AND last_active_at < $3";
}

/// Adds one. An address that somebody has already is a [`StoreError::Constraint`] on `users`, `email`.
pub async fn insert(tx: &mut Tx, user: &User, password_hash: &str) -> Result<(), StoreError> {
    let User { id, organization_id, name, email, roles, created_at, presence } = user;
    let params = [
        (*organization_id).into(),
        (*id).into(),
        name.into(),
        email.into(),
        password_hash.into(),
        roles.system_admin.into(),
        roles.operator.into(),
        (*created_at).into(),
        presence.last_active_at.into(),
        presence.last_activity.code().into(),
        presence.deactivated_at.into(),
    ];
    tx.execute_one(&INSERT, &params, id).await
}

/// The user with this id.
pub async fn get(tx: &mut Tx, org: OrganizationId, id: UserId) -> Result<Option<User>, StoreError> {
    tx.query(&GET, &[org.into(), id.into()]).await?.first(read)
}

/// Asks ahead for [`get`].
pub async fn ask(tx: &mut Tx, org: OrganizationId, id: UserId) -> Result<(), StoreError> {
    tx.ask(&GET, &[org.into(), id.into()]).await
}

/// The user with this address in any organization, and the hash of their password: for signing in alone.
/// Writing operations have them to themselves from here on, so that a changed password ends every session.
pub async fn credentials(tx: &mut Tx, email: &str) -> Result<Option<(User, String)>, StoreError> {
    tx.query(&CREDENTIALS, &[email.into()]).await?.first(|row| Ok((read(row)?, row.text("password_hash")?)))
}

/// The user with this address in any organization.
pub async fn find_by_email(tx: &mut Tx, email: &str) -> Result<Option<User>, StoreError> {
    tx.query(&BY_EMAIL, &[email.into()]).await?.first(read)
}

/// The organization's users, oldest first, deactivated ones included.
pub async fn list(tx: &mut Tx, org: OrganizationId, page: Page<UserId>) -> Result<Vec<User>, StoreError> {
    let after = page.after.map_or(Uuid::nil(), |id| id.0);
    tx.query(&LIST, &[org.into(), after.into(), page.limit.into()]).await?.list(read)
}

/// Everybody with the role operator, oldest first, deactivated ones included.
pub async fn operators(tx: &mut Tx, org: OrganizationId) -> Result<Vec<User>, StoreError> {
    tx.query(&OPERATORS, &[org.into()]).await?.list(read)
}

/// Writes name, address, roles and deactivation; answers false if there is no such user. Activity is not
/// touched: it only moves by [`touch`].
pub async fn update(tx: &mut Tx, user: &User) -> Result<bool, StoreError> {
    let params = [
        user.organization_id.into(),
        user.id.into(),
        (&user.name).into(),
        (&user.email).into(),
        user.roles.system_admin.into(),
        user.roles.operator.into(),
        user.presence.deactivated_at.into(),
    ];
    Ok(tx.execute(&UPDATE, &params).await? == 1)
}

/// Replaces the hash of the password.
pub async fn set_password(
    tx: &mut Tx,
    org: OrganizationId,
    id: UserId,
    password_hash: &str,
) -> Result<(), StoreError> {
    tx.execute_one(&SET_PASSWORD, &[org.into(), id.into(), password_hash.into()], id).await
}

/// Moves the last activity forward to `at`; answers false if it is there or later already (section 2: it never
/// moves backward).
pub async fn touch(
    tx: &mut Tx,
    org: OrganizationId,
    id: UserId,
    at: Instant,
    kind: ActivityKind,
) -> Result<bool, StoreError> {
    Ok(tx.execute(&TOUCH, &[org.into(), id.into(), at.into(), kind.code().into()]).await? == 1)
}

fn read(row: &mut Row<'_>) -> Result<User, StoreError> {
    Ok(User {
        id: row.id("id")?,
        organization_id: row.id("organization_id")?,
        name: row.text("name")?,
        email: row.text("email")?,
        roles: Roles { system_admin: row.bool("system_admin")?, operator: row.bool("operator")? },
        created_at: row.instant("created_at")?,
        presence: Presence {
            last_active_at: row.instant("last_active_at")?,
            last_activity: row.code("last_activity", ActivityKind::from_code)?,
            deactivated_at: row.instant_or_none("deactivated_at")?,
        },
    })
}
