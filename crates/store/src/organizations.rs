//! Organizations: the tenants that everything else belongs to.

use domain::country::Country;
use domain::id::OrganizationId;
use domain::organization::Organization;

use crate::engine::Tx;
use crate::engine::row::Row;
use crate::error::StoreError;
use crate::sql::statements;

statements! { "organizations":
    INSERT = "INSERT INTO organizations (id, name, time_zone, created_at, country, last_case_number)
        VALUES ($1, $2, $3, $4, $5, 0)";
    GET = "SELECT id, name, time_zone, created_at, country FROM organizations WHERE id = $1";
    LIST = "SELECT id, name, time_zone, created_at, country FROM organizations ORDER BY id";
    UPDATE = "UPDATE organizations SET name = $2, time_zone = $3, country = $4 WHERE id = $1";
    TAKE_CASE_NUMBERS = "UPDATE organizations SET last_case_number = last_case_number + $2 WHERE id = $1
        RETURNING last_case_number AS number";
}

/// Enters the organization: until the transaction ends nothing changes that every decision in it depends on, such
/// as its setting. To be called before anything is read.
pub async fn enter(tx: &mut Tx, org: OrganizationId) -> Result<(), StoreError> {
    tx.enter(org, false).await
}

/// Enters the organization alone, to change what its decisions depend on: waits for everybody inside, and lets
/// nobody in until the transaction ends. To be called before anything is read.
pub async fn enter_alone(tx: &mut Tx, org: OrganizationId) -> Result<(), StoreError> {
    tx.enter(org, true).await
}

/// Adds one; its setting is added apart, with [`crate::settings::insert`].
pub async fn insert(tx: &mut Tx, organization: &Organization) -> Result<(), StoreError> {
    let Organization { id, name, time_zone, country, created_at } = organization;
    let country = country.as_ref().map(Country::code);
    let params = [(*id).into(), name.into(), time_zone.into(), (*created_at).into(), country.into()];
    tx.execute_one(&INSERT, &params, id).await
}

/// Writes name, time zone and country.
pub async fn update(tx: &mut Tx, organization: &Organization) -> Result<(), StoreError> {
    let Organization { id, name, time_zone, country, .. } = organization;
    let country = country.as_ref().map(Country::code);
    tx.execute_one(&UPDATE, &[(*id).into(), name.into(), time_zone.into(), country.into()], id).await
}

/// The organization with this id.
pub async fn get(tx: &mut Tx, org: OrganizationId) -> Result<Option<Organization>, StoreError> {
    tx.query(&GET, &[org.into()]).await?.first(read)
}

/// All of them, oldest first.
pub async fn list(tx: &mut Tx) -> Result<Vec<Organization>, StoreError> {
    tx.query(&LIST, &[]).await?.list(read)
}

/// Says ahead that [`take_case_number`] will be called once more in this transaction, so that its numbers are taken
/// together. Not for two organizations in one transaction.
pub fn ask_case_number(tx: &mut Tx) {
    tx.will_count();
}

/// The number of the organization's next case, counted from 1. On PostgreSQL one that is not used leaves a gap: those
/// who come next do not wait to see whether the transaction fails.
pub async fn take_case_number(tx: &mut Tx, org: OrganizationId) -> Result<i64, StoreError> {
    tx.count_on(&TAKE_CASE_NUMBERS, org.0).await
}

fn read(row: &mut Row<'_>) -> Result<Organization, StoreError> {
    Ok(Organization {
        id: row.id("id")?,
        name: row.text("name")?,
        time_zone: row.text("time_zone")?,
        created_at: row.instant("created_at")?,
        country: row.code_or_none("country", |code| code.parse().ok())?,
    })
}
