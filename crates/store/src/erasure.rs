//! What is left of an erased customer: the number, if they had opted out, and hashes of the carrier's ids of
//! their newest messages. Nothing here can be read back as a name, a text or a case.

use domain::customer::{Customer, OptedOutBy};
use domain::id::OrganizationId;
use domain::time::Instant;
use sha2::{Digest, Sha256};

use crate::engine::Tx;
use crate::error::StoreError;
use crate::sql::statements;

statements! { "kept_opt_outs":
    KEEP_OPT_OUT = "INSERT INTO kept_opt_outs (organization_id, address, opted_out_at, consent_at, opted_out_by)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (organization_id, address)
        DO UPDATE SET opted_out_at = excluded.opted_out_at, consent_at = excluded.consent_at,
            opted_out_by = excluded.opted_out_by";
    FORGET_OPT_OUT = "DELETE FROM kept_opt_outs WHERE organization_id = $1 AND address = $2";
    ADD_MESSAGE = "INSERT INTO erased_messages (organization_id, provider_id_hash, erased_at) VALUES ($1, $2, $3)
        ON CONFLICT DO NOTHING";
    MESSAGE = "SELECT provider_id_hash FROM erased_messages WHERE organization_id = $1 AND provider_id_hash = $2";
    DELETE_MESSAGES_BEFORE = "DELETE FROM erased_messages WHERE (organization_id, provider_id_hash) IN (
            SELECT e.organization_id, e.provider_id_hash FROM erased_messages AS e
            WHERE e.erased_at < $1 ORDER BY e.erased_at LIMIT $2 /*skip locked*/)";
}

/// Keeps of a customer's address whether it had opted out, by whose word, and when their newest word about that was
/// sent; forgets what was kept of it before.
pub async fn keep_opt_out(
    tx: &mut Tx,
    org: OrganizationId,
    customer: &Customer,
    consent_at: Option<Instant>,
) -> Result<(), StoreError> {
    let address = (&customer.address).into();
    match customer.opted_out_at {
        Some(at) => {
            let by = customer.opted_out_by.map(OptedOutBy::code).into();
            tx.execute(&KEEP_OPT_OUT, &[org.into(), address, at.into(), consent_at.into(), by]).await?
        }
        None => tx.execute(&FORGET_OPT_OUT, &[org.into(), address]).await?,
    };
    Ok(())
}

/// Notes that a message with this carrier's id was erased.
pub async fn add_message(
    tx: &mut Tx,
    org: OrganizationId,
    provider_id: &str,
    at: Instant,
) -> Result<(), StoreError> {
    tx.execute(&ADD_MESSAGE, &[org.into(), (&hash(provider_id)).into(), at.into()]).await?;
    Ok(())
}

/// Whether the message with this carrier's id was erased.
pub async fn has_message(tx: &mut Tx, org: OrganizationId, provider_id: &str) -> Result<bool, StoreError> {
    Ok(tx.query(&MESSAGE, &[org.into(), (&hash(provider_id)).into()]).await?.exists())
}

/// Forgets at most `limit` of the messages, of every organization, that were erased before `at`; answers how many.
pub async fn delete_messages_before(tx: &mut Tx, at: Instant, limit: u32) -> Result<u64, StoreError> {
    tx.execute(&DELETE_MESSAGES_BEFORE, &[at.into(), limit.into()]).await
}

fn hash(provider_id: &str) -> [u8; 32] {
    Sha256::digest(provider_id).into()
}
