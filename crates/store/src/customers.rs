//! Customers, known by their address within one organization.
//!
//! Guaranteed: who was erased while opted out and comes back is opted out (R15): see [`crate::erasure`].

use domain::customer::{Customer, OptedOutBy};
use domain::id::{CustomerId, OrganizationId};
use domain::search::{Term, of_customer};
use domain::time::Instant;
use uuid::Uuid;

use crate::Value;
use crate::engine::Tx;
use crate::engine::row::Row;
use crate::error::StoreError;
use crate::search::{self, word};
use crate::sql::statements;

statements! { "customers":
    GET = "SELECT id, address, name, opted_out_at, opted_out_by, created_at FROM customers WHERE organization_id = $1 AND id = $2";
    BY_ADDRESS = "SELECT id, address, name, opted_out_at, opted_out_by, created_at FROM customers
        WHERE organization_id = $1 AND address = $2 /*lock*/";
    INSERT = "INSERT INTO customers (organization_id, id, address, name, opted_out_at, created_at, consent_at, search, opted_out_by)
        VALUES ($1, $2, $3, $4, COALESCE($5, (SELECT k.opted_out_at FROM kept_opt_outs AS k
            WHERE k.organization_id = $1 AND k.address = $3)), $6, (SELECT k.consent_at FROM kept_opt_outs AS k
            WHERE k.organization_id = $1 AND k.address = $3), $7, COALESCE($8, (SELECT k.opted_out_by FROM kept_opt_outs AS k
            WHERE k.organization_id = $1 AND k.address = $3)))";
    KEPT_OPT_OUT = "SELECT opted_out_at, opted_out_by FROM kept_opt_outs WHERE organization_id = $1 AND address = $2";
    UPDATE = "UPDATE customers SET name = $3, opted_out_at = $4, search = $5, opted_out_by = $6
        WHERE organization_id = $1 AND id = $2";
    CONSENT_AT = "SELECT id, consent_at FROM customers WHERE organization_id = $1 AND id = $2";
    SET_CONSENT_AT = "UPDATE customers SET consent_at = $3 WHERE organization_id = $1 AND id = $2";
    DELETE = "DELETE FROM customers WHERE organization_id = $1 AND id = $2";
    PAGE = "SELECT id, address, name, opted_out_at, opted_out_by, created_at FROM customers
        WHERE organization_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
    FIND = concat!("SELECT id, address, name, opted_out_at, opted_out_by, created_at FROM customers
        WHERE organization_id = $1 AND id < $2",
        word!("search", "$4", "$5", "$6"), word!("search", "$7", "$8", "$9"),
        word!("search", "$10", "$11", "$12"), word!("search", "$13", "$14", "$15"),
        word!("search", "$16", "$17", "$18"), word!("search", "$19", "$20", "$21"),
        " ORDER BY id DESC LIMIT $3");
}

/// The customer with this id.
pub async fn get(tx: &mut Tx, org: OrganizationId, id: CustomerId) -> Result<Option<Customer>, StoreError> {
    tx.query(&GET, &[org.into(), id.into()]).await?.first(read)
}

/// The customer with this address. Writing operations have them and all their cases to themselves from here on.
pub async fn by_address(
    tx: &mut Tx,
    org: OrganizationId,
    address: &str,
) -> Result<Option<Customer>, StoreError> {
    tx.query(&BY_ADDRESS, &[org.into(), address.into()]).await?.first(read)
}

/// Asks ahead for [`by_address`], and locks; and for what [`insert`] needs to know if there is none.
pub async fn ask_by_address(tx: &mut Tx, org: OrganizationId, address: &str) -> Result<(), StoreError> {
    tx.ask(&BY_ADDRESS, &[org.into(), address.into()]).await?;
    tx.ask(&KEPT_OPT_OUT, &[org.into(), address.into()]).await
}

/// Adds one and returns them as they are stored: opted out as given, or as was kept when somebody with this address was
/// erased.
/// An address that the organization knows already is a [`StoreError::Constraint`] on `customers`, `address`.
pub async fn insert(tx: &mut Tx, org: OrganizationId, customer: &Customer) -> Result<Customer, StoreError> {
    let search = of_customer(&customer.name, &customer.address);
    let params = [
        org.into(),
        customer.id.into(),
        (&customer.address).into(),
        (&customer.name).into(),
        customer.opted_out_at.into(),
        customer.created_at.into(),
        (&search).into(),
        customer.opted_out_by.map(OptedOutBy::code).into(),
    ];
    let kept = tx.query(&KEPT_OPT_OUT, &[org.into(), (&customer.address).into()]).await?;
    let kept = kept.first(opted_out)?;
    tx.execute_one_ahead(&INSERT, &params, customer.id).await?;
    let mut stored = customer.clone();
    if let (None, Some((at, by))) = (stored.opted_out_at, kept) {
        (stored.opted_out_at, stored.opted_out_by) = (at, by);
    }
    Ok(stored)
}

/// Those in whose name or address every word stands; all of them for no word. The newest first.
pub async fn page(
    tx: &mut Tx,
    org: OrganizationId,
    words: &[Term],
    after: Option<CustomerId>,
    limit: u32,
) -> Result<Vec<Customer>, StoreError> {
    let before = after.map_or(Uuid::max(), |id| id.0);
    let which = [org.into(), before.into(), limit.into()];
    if words.is_empty() {
        return tx.query(&PAGE, &which).await?.list(read);
    }
    let patterns = search::patterns(words);
    let mut params = [Value::Null; 3 + search::CUSTOMER_PARAMS];
    params[..3].copy_from_slice(&which);
    params[3..].copy_from_slice(&search::customer_params(&patterns));
    tx.query(&FIND, &params).await?.list(read)
}

/// Removes one, who must have no case any more.
pub async fn delete(tx: &mut Tx, org: OrganizationId, id: CustomerId) -> Result<(), StoreError> {
    tx.execute_one(&DELETE, &[org.into(), id.into()], id).await
}

/// Writes name and opt-out; an address never changes.
pub async fn update(tx: &mut Tx, org: OrganizationId, customer: &Customer) -> Result<(), StoreError> {
    let search = of_customer(&customer.name, &customer.address);
    let (name, opted_out_at) = ((&customer.name).into(), customer.opted_out_at.into());
    let opted_out_by = customer.opted_out_by.map(OptedOutBy::code).into();
    let params = [org.into(), customer.id.into(), name, opted_out_at, (&search).into(), opted_out_by];
    tx.execute_one_ahead(&UPDATE, &params, customer.id).await
}

/// When the customer's newest STOP or START was sent, if there was one.
pub async fn consent_at(
    tx: &mut Tx,
    org: OrganizationId,
    id: CustomerId,
) -> Result<Option<Instant>, StoreError> {
    tx.query(&CONSENT_AT, &[org.into(), id.into()]).await?.one(id, |row| {
        row.id::<CustomerId>("id")?;
        row.instant_or_none("consent_at")
    })
}

/// The customer sent a STOP or START at this instant, and none later.
pub async fn set_consent_at(
    tx: &mut Tx,
    org: OrganizationId,
    id: CustomerId,
    at: Instant,
) -> Result<(), StoreError> {
    tx.execute_one(&SET_CONSENT_AT, &[org.into(), id.into(), at.into()], id).await
}

fn read(row: &mut Row<'_>) -> Result<Customer, StoreError> {
    Ok(Customer {
        id: row.id("id")?,
        address: row.text("address")?,
        name: row.text("name")?,
        opted_out_at: row.instant_or_none("opted_out_at")?,
        opted_out_by: row.code_or_none("opted_out_by", OptedOutBy::from_code)?,
        created_at: row.instant("created_at")?,
    })
}

fn opted_out(row: &mut Row<'_>) -> Result<(Option<Instant>, Option<OptedOutBy>), StoreError> {
    Ok((row.instant_or_none("opted_out_at")?, row.code_or_none("opted_out_by", OptedOutBy::from_code)?))
}
