//! The organization's default office hours: a grid that operators can take over as their own.

use domain::hours::DefaultHours;
use domain::id::OrganizationId;
use domain::time::Instant;

use crate::engine::Tx;
use crate::engine::value::json_text;
use crate::error::StoreError;
use crate::sql::statements;

statements! { "default_hours":
    GET = "SELECT organization_id, hours FROM default_hours WHERE organization_id = $1";
    PUT = "INSERT INTO default_hours (organization_id, hours, updated_at) VALUES ($1, $2, $3)
        ON CONFLICT (organization_id) DO UPDATE SET hours = excluded.hours, updated_at = excluded.updated_at";
}

/// The default hours, if somebody set them.
pub async fn get(tx: &mut Tx, org: OrganizationId) -> Result<Option<DefaultHours>, StoreError> {
    tx.query(&GET, &[org.into()]).await?.first(|row| {
        row.id::<OrganizationId>("organization_id")?;
        row.json("hours")
    })
}

/// Replaces the default hours.
pub async fn put(
    tx: &mut Tx,
    org: OrganizationId,
    hours: &DefaultHours,
    at: Instant,
) -> Result<(), StoreError> {
    let hours = json_text(hours)?;
    tx.execute_one(&PUT, &[org.into(), hours.as_str().into(), at.into()], org).await
}
