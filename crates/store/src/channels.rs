//! Channels: the carrier numbers, and their auth tokens as the application sealed them.

use domain::assignment::AssignTo;
use domain::channel::Channel;
use domain::id::{ChannelId, OrganizationId};

use crate::engine::Tx;
use crate::engine::row::Row;
use crate::error::StoreError;
use crate::sql::statements;

/// How [`AssignTo`] is written; [`AssignTo::Nobody`] is absent.
const OPERATOR: &str = "operator";
const IN_TURN: &str = "in_turn";

macro_rules! columns {
    () => {
        "id, organization_id, account_sid, number, active, paused_reason, assign_to, assign_to_operator_id, created_at"
    };
}

statements! { "channels":
    INSERT = "INSERT INTO channels (organization_id, id, account_sid, number, sealed_auth_token, active, paused_reason, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    GET = concat!("SELECT ", columns!(), " FROM channels WHERE organization_id = $1 AND id = $2");
    BY_NUMBER = concat!("SELECT ", columns!(), " FROM channels WHERE number = $1");
    BY_NUMBER_SEALED = concat!("SELECT ", columns!(), ", sealed_auth_token FROM channels WHERE number = $1");
    LIST = concat!("SELECT ", columns!(), " FROM channels WHERE organization_id = $1 ORDER BY id");
    ALL_SEALED = concat!("SELECT ", columns!(), ", sealed_auth_token FROM channels ORDER BY organization_id, id");
    SEALED_TOKEN = "SELECT id, sealed_auth_token FROM channels WHERE organization_id = $1 AND id = $2";
    UPDATE = "UPDATE channels SET account_sid = $3, active = $4, paused_reason = $5, assign_to = $6,
            assign_to_operator_id = $7
        WHERE organization_id = $1 AND id = $2";
    SET_SEALED_TOKEN = "UPDATE channels SET sealed_auth_token = $3 WHERE organization_id = $1 AND id = $2";
}

/// Adds one. A number that any organization has already is a [`StoreError::Constraint`] on `channels`, `number`.
pub async fn insert(tx: &mut Tx, channel: &Channel, sealed_auth_token: &[u8]) -> Result<(), StoreError> {
    let params = [
        channel.organization_id.into(),
        channel.id.into(),
        (&channel.account_sid).into(),
        channel.number.as_str().into(),
        sealed_auth_token.into(),
        channel.active.into(),
        channel.paused_reason.as_ref().into(),
        channel.created_at.into(),
    ];
    tx.execute_one(&INSERT, &params, channel.id).await
}

/// The channel with this id.
pub async fn get(tx: &mut Tx, org: OrganizationId, id: ChannelId) -> Result<Option<Channel>, StoreError> {
    tx.query(&GET, &[org.into(), id.into()]).await?.first(read)
}

/// The channel with this number, whichever organization it belongs to.
pub async fn by_number(tx: &mut Tx, number: &str) -> Result<Option<Channel>, StoreError> {
    tx.query(&BY_NUMBER, &[number.into()]).await?.first(read)
}

/// Asks ahead for [`by_number`].
pub async fn ask_by_number(tx: &mut Tx, number: &str) -> Result<(), StoreError> {
    tx.ask(&BY_NUMBER, &[number.into()]).await
}

/// The channel with this number, and its sealed auth token.
pub async fn by_number_sealed(tx: &mut Tx, number: &str) -> Result<Option<(Channel, Vec<u8>)>, StoreError> {
    let found = tx.query(&BY_NUMBER_SEALED, &[number.into()]).await?;
    found.first(|row| Ok((read(row)?, row.bytes("sealed_auth_token")?)))
}

/// Asks ahead for [`by_number_sealed`].
pub async fn ask_by_number_sealed(tx: &mut Tx, number: &str) -> Result<(), StoreError> {
    tx.ask(&BY_NUMBER_SEALED, &[number.into()]).await
}

/// The organization's channels, oldest first, deactivated ones included.
pub async fn list(tx: &mut Tx, org: OrganizationId) -> Result<Vec<Channel>, StoreError> {
    tx.query(&LIST, &[org.into()]).await?.list(read)
}

/// The channels of every organization, and their sealed auth tokens.
pub async fn all_sealed(tx: &mut Tx) -> Result<Vec<(Channel, Vec<u8>)>, StoreError> {
    tx.query(&ALL_SEALED, &[]).await?.list(|row| Ok((read(row)?, row.bytes("sealed_auth_token")?)))
}

/// The sealed auth token.
pub async fn sealed_token(tx: &mut Tx, org: OrganizationId, id: ChannelId) -> Result<Vec<u8>, StoreError> {
    tx.query(&SEALED_TOKEN, &[org.into(), id.into()]).await?.one(id, |row| {
        row.id::<ChannelId>("id")?;
        row.bytes("sealed_auth_token")
    })
}

/// Writes account, activity, pause, and to whom texts of new customers go; answers false if there is no such channel. A number never changes.
pub async fn update(tx: &mut Tx, channel: &Channel) -> Result<bool, StoreError> {
    let (assign_to, operator_id) = match channel.assign_to {
        AssignTo::Nobody => (None, None),
        AssignTo::Operator(id) => (Some(OPERATOR), Some(id)),
        AssignTo::InTurn => (Some(IN_TURN), None),
    };
    let params = [
        channel.organization_id.into(),
        channel.id.into(),
        (&channel.account_sid).into(),
        channel.active.into(),
        channel.paused_reason.as_ref().into(),
        assign_to.into(),
        operator_id.into(),
    ];
    Ok(tx.execute(&UPDATE, &params).await? == 1)
}

/// Replaces the sealed auth token.
pub async fn set_sealed_token(
    tx: &mut Tx,
    org: OrganizationId,
    id: ChannelId,
    sealed_auth_token: &[u8],
) -> Result<(), StoreError> {
    tx.execute_one(&SET_SEALED_TOKEN, &[org.into(), id.into(), sealed_auth_token.into()], id).await
}

fn read(row: &mut Row<'_>) -> Result<Channel, StoreError> {
    let id = row.id("id")?;
    let organization_id = row.id("organization_id")?;
    let account_sid = row.text("account_sid")?;
    let number = row.code("number", |text| text.parse().ok())?;
    let active = row.bool("active")?;
    let paused_reason = row.text_or_none("paused_reason")?;
    let assign_to = row.text_or_none("assign_to")?;
    let operator_id = row.id_or_none("assign_to_operator_id")?;
    let assign_to = match (assign_to.as_deref(), operator_id) {
        (None, _) => AssignTo::Nobody,
        (Some(OPERATOR), Some(id)) => AssignTo::Operator(id),
        (Some(IN_TURN), _) => AssignTo::InTurn,
        _ => return Err(row.corrupt("assign_to", "an unknown way, or its operator is missing")),
    };
    Ok(Channel {
        id,
        organization_id,
        account_sid,
        number,
        active,
        paused_reason,
        assign_to,
        created_at: row.instant("created_at")?,
    })
}
