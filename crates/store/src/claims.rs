//! "Once" (R7, R11, R12): a reply is claimed by case and absence, away window or closed period under a unique key
//! before it is committed.

use domain::auto_reply::absence::Claim;
use domain::id::{CaseId, MessageId, OrganizationId};

use crate::Value;
use crate::engine::Tx;
use crate::error::StoreError;
use crate::sql::statements;

statements! { "reply_claims":
    CLAIM = "INSERT INTO reply_claims (organization_id, case_id, operator_id, kind, since, reply_message_id)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    TAKEN = "SELECT reply_message_id FROM reply_claims
        WHERE organization_id = $1 AND case_id = $2 AND operator_id = $3 AND kind = $4 AND since = $5";
    RELEASE = "DELETE FROM reply_claims WHERE organization_id = $1 AND reply_message_id = $2";
    DELETE_OF_CASE = "DELETE FROM reply_claims WHERE organization_id = $1 AND case_id = $2";
}

fn key(org: OrganizationId, case: CaseId, claim: &Claim) -> [Value<'static>; 5] {
    [org.into(), case.into(), claim.operator_id.into(), claim.kind.code().into(), claim.since.into()]
}

/// Makes the claim for this reply; answers false if it was made before.
pub async fn claim(
    tx: &mut Tx,
    org: OrganizationId,
    case: CaseId,
    claim: &Claim,
    reply: MessageId,
) -> Result<bool, StoreError> {
    let [p1, p2, p3, p4, p5] = key(org, case, claim);
    Ok(tx.execute(&CLAIM, &[p1, p2, p3, p4, p5, reply.into()]).await? == 1)
}

/// Whether the claim was made on this case.
pub async fn taken(
    tx: &mut Tx,
    org: OrganizationId,
    case: CaseId,
    claim: &Claim,
) -> Result<bool, StoreError> {
    Ok(tx.query(&TAKEN, &key(org, case, claim)).await?.exists())
}

/// Frees what a cancelled reply had claimed (R19); answers whether there was anything.
pub async fn release(tx: &mut Tx, org: OrganizationId, reply: MessageId) -> Result<bool, StoreError> {
    Ok(tx.execute(&RELEASE, &[org.into(), reply.into()]).await? > 0)
}

/// Removes what was claimed on a case.
pub async fn delete_of_case(tx: &mut Tx, org: OrganizationId, case: CaseId) -> Result<(), StoreError> {
    tx.execute(&DELETE_OF_CASE, &[org.into(), case.into()]).await?;
    Ok(())
}
