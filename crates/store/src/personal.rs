//! Operators' personal Auto Replies (section 4 of the rule book).

use domain::auto_reply::personal::{PersonalInactivity, StoredPersonal};
use domain::id::{OrganizationId, UserId};
use domain::time::Instant;

use crate::engine::Tx;
use crate::engine::value::json_text;
use crate::error::StoreError;
use crate::sql::statements;

statements! { "personal_replies":
    GET = "SELECT user_id, inactivity_enabled, inactivity_message, inactivity_threshold_minutes, away,
            away_window, office_hours, switched_off, version
        FROM personal_replies WHERE organization_id = $1 AND user_id = $2";
    /// Older nodes answer only messages with an id above the mark: every message has one.
    PUT = "INSERT INTO personal_replies (organization_id, user_id, inactivity_enabled, inactivity_message,
            inactivity_threshold_minutes, away, away_window, office_hours, switched_off, version, updated_at,
            inactivity_mark)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $1)
        ON CONFLICT (organization_id, user_id) DO UPDATE
        SET inactivity_enabled = excluded.inactivity_enabled, inactivity_message = excluded.inactivity_message,
            inactivity_threshold_minutes = excluded.inactivity_threshold_minutes,
            away = excluded.away, away_window = excluded.away_window, office_hours = excluded.office_hours,
            switched_off = excluded.switched_off, version = excluded.version, updated_at = excluded.updated_at";
}

/// Asks ahead for [`get`].
pub async fn ask(tx: &mut Tx, org: OrganizationId, user: UserId) -> Result<(), StoreError> {
    tx.ask(&GET, &[org.into(), user.into()]).await
}

/// What the operator has set; the default, version 0, if nothing.
pub async fn get(tx: &mut Tx, org: OrganizationId, user: UserId) -> Result<StoredPersonal, StoreError> {
    let stored = tx.query(&GET, &[org.into(), user.into()]).await?.first(|row| {
        row.id::<UserId>("user_id")?;
        let inactivity = PersonalInactivity {
            enabled: row.bool("inactivity_enabled")?,
            message: row.text("inactivity_message")?,
            threshold_minutes: row.u32_or_none("inactivity_threshold_minutes")?,
        };
        Ok(StoredPersonal {
            inactivity,
            away: row.json_or_none("away")?,
            away_window: row.instant_or_none("away_window")?,
            office_hours: row.json_or_none("office_hours")?,
            switched_off: row.json("switched_off")?,
            version: row.i64("version")?,
        })
    })?;
    Ok(stored.unwrap_or_default())
}

/// Replaces what the operator has set.
pub async fn put(
    tx: &mut Tx,
    org: OrganizationId,
    user: UserId,
    stored: &StoredPersonal,
    at: Instant,
) -> Result<(), StoreError> {
    let StoredPersonal { inactivity, away, away_window, office_hours, version, switched_off } = stored;
    let away = away.as_ref().map(json_text).transpose()?;
    let office_hours = office_hours.as_ref().map(json_text).transpose()?;
    let switched_off = json_text(switched_off)?;
    let params = [
        org.into(),
        user.into(),
        inactivity.enabled.into(),
        (&inactivity.message).into(),
        inactivity.threshold_minutes.into(),
        away.as_deref().into(),
        (*away_window).into(),
        office_hours.as_deref().into(),
        switched_off.as_str().into(),
        (*version).into(),
        at.into(),
    ];
    tx.execute_one(&PUT, &params, user).await
}
