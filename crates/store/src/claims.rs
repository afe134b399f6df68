//! "Once" (R7): a reply is claimed by case and absence under a unique key before it is committed.

use domain::auto_reply::absence::Absence;
use domain::id::{CaseId, MessageId, OrganizationId};

use crate::engine::Tx;
use crate::error::StoreError;
use crate::sql::statements;

statements! { "reply_claims":
    CLAIM = "INSERT INTO reply_claims (organization_id, case_id, operator_id, last_active_at, reply_message_id)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    TAKEN = "SELECT reply_message_id FROM reply_claims
        WHERE organization_id = $1 AND case_id = $2 AND operator_id = $3 AND last_active_at = $4";
    RELEASE = "DELETE FROM reply_claims WHERE organization_id = $1 AND reply_message_id = $2";
}

/// Claims the absence for this reply; answers false if it has had one.
pub async fn claim(
    tx: &mut Tx,
    org: OrganizationId,
    case: CaseId,
    absence: &Absence,
    reply: MessageId,
) -> Result<bool, StoreError> {
    let params =
        [org.into(), case.into(), absence.operator_id.into(), absence.last_active_at.into(), reply.into()];
    Ok(tx.execute(&CLAIM, &params).await? == 1)
}

/// Whether the absence has had its reply on this case.
pub async fn taken(
    tx: &mut Tx,
    org: OrganizationId,
    case: CaseId,
    absence: &Absence,
) -> Result<bool, StoreError> {
    let params = [org.into(), case.into(), absence.operator_id.into(), absence.last_active_at.into()];
    Ok(tx.query(&TAKEN, &params).await?.exists())
}

/// Frees what a cancelled reply had claimed (R19); answers whether there was anything.
pub async fn release(tx: &mut Tx, org: OrganizationId, reply: MessageId) -> Result<bool, StoreError> {
    Ok(tx.execute(&RELEASE, &[org.into(), reply.into()]).await? > 0)
}
