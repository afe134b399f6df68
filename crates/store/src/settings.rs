//! The organization's Inactivity Auto Reply (R20-R22): one row per organization, changed by version.

use domain::auto_reply::setting::{Setting, StoredSetting};
use domain::id::OrganizationId;

use crate::engine::Tx;
use crate::engine::row::Row;
use crate::error::StoreError;
use crate::sql::statements;

statements! { "inactivity_settings":
    /// Older nodes answer only messages with an id above the mark: every message has one.
    INSERT = "INSERT INTO inactivity_settings (organization_id, enabled, threshold_minutes, message, while_waiting,
            quiet_minutes, version, updated_at, updated_by, respect_secondary, enabled_mark)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $1)";
    GET = "SELECT organization_id, enabled, threshold_minutes, message, while_waiting, quiet_minutes, respect_secondary,
            version, updated_at, updated_by
        FROM inactivity_settings WHERE organization_id = $1";
    UPDATE = "UPDATE inactivity_settings
        SET enabled = $2, threshold_minutes = $3, message = $4, while_waiting = $5, quiet_minutes = $6, version = $7,
            updated_at = $8, updated_by = $9, respect_secondary = $10
        WHERE organization_id = $1 AND version = $11";
}

/// Adds the setting of a new organization.
pub async fn insert(tx: &mut Tx, org: OrganizationId, stored: &StoredSetting) -> Result<(), StoreError> {
    tx.execute_one(&INSERT, &params(org, stored), org).await
}

/// The setting in force.
pub async fn get(tx: &mut Tx, org: OrganizationId) -> Result<StoredSetting, StoreError> {
    tx.query(&GET, &[org.into()]).await?.one(org, read)
}

/// Asks ahead for [`get`].
pub async fn ask(tx: &mut Tx, org: OrganizationId) -> Result<(), StoreError> {
    tx.ask(&GET, &[org.into()]).await
}

/// Replaces the setting, unless its version is no longer `expected_version`: then it answers false.
pub async fn update(
    tx: &mut Tx,
    org: OrganizationId,
    stored: &StoredSetting,
    expected_version: i64,
) -> Result<bool, StoreError> {
    let [p1, p2, p3, p4, p5, p6, p7, p8, p9, p10] = params(org, stored);
    let params = [p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, expected_version.into()];
    Ok(tx.execute(&UPDATE, &params).await? == 1)
}

fn params(org: OrganizationId, stored: &StoredSetting) -> [crate::Value<'_>; 10] {
    let StoredSetting { setting, version, updated_at, updated_by } = stored;
    [
        org.into(),
        setting.enabled.into(),
        setting.threshold_minutes.into(),
        (&setting.message).into(),
        setting.while_waiting.into(),
        setting.quiet_minutes.into(),
        (*version).into(),
        (*updated_at).into(),
        (*updated_by).into(),
        setting.respect_secondary.into(),
    ]
}

fn read(row: &mut Row<'_>) -> Result<StoredSetting, StoreError> {
    row.id::<OrganizationId>("organization_id")?;
    Ok(StoredSetting {
        setting: Setting {
            enabled: row.bool("enabled")?,
            threshold_minutes: row.u32("threshold_minutes")?,
            message: row.text("message")?,
            while_waiting: row.bool("while_waiting")?,
            quiet_minutes: row.u32("quiet_minutes")?,
            respect_secondary: row.bool("respect_secondary")?,
        },
        version: row.i64("version")?,
        updated_at: row.instant("updated_at")?,
        updated_by: row.id_or_none("updated_by")?,
    })
}
