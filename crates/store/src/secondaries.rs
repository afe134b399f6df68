//! Secondary operators: they cover a case beside its own operator.

use domain::id::{CaseId, OrganizationId, UserId};
use domain::time::Instant;

use crate::engine::Tx;
use crate::error::StoreError;
use crate::sql::statements;

statements! { "secondary_operators":
    ADD = "INSERT INTO secondary_operators (organization_id, case_id, user_id, added_at)
        VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    REMOVE = "DELETE FROM secondary_operators WHERE organization_id = $1 AND case_id = $2 AND user_id = $3";
    OF_CASE = "SELECT user_id FROM secondary_operators WHERE organization_id = $1 AND case_id = $2 ORDER BY user_id";
    DELETE_OF_CASE = "DELETE FROM secondary_operators WHERE organization_id = $1 AND case_id = $2";
}

/// Adds a secondary operator; answers false if they were one already.
pub async fn add(
    tx: &mut Tx,
    org: OrganizationId,
    case: CaseId,
    user: UserId,
    at: Instant,
) -> Result<bool, StoreError> {
    Ok(tx.execute(&ADD, &[org.into(), case.into(), user.into(), at.into()]).await? == 1)
}

/// Removes a secondary operator; answers false if they were none.
pub async fn remove(
    tx: &mut Tx,
    org: OrganizationId,
    case: CaseId,
    user: UserId,
) -> Result<bool, StoreError> {
    Ok(tx.execute(&REMOVE, &[org.into(), case.into(), user.into()]).await? == 1)
}

/// The secondary operators of a case.
pub async fn of_case(tx: &mut Tx, org: OrganizationId, case: CaseId) -> Result<Vec<UserId>, StoreError> {
    tx.query(&OF_CASE, &[org.into(), case.into()]).await?.list(|row| row.id("user_id"))
}

/// Removes the secondary operators of a case.
pub async fn delete_of_case(tx: &mut Tx, org: OrganizationId, case: CaseId) -> Result<(), StoreError> {
    tx.execute(&DELETE_OF_CASE, &[org.into(), case.into()]).await?;
    Ok(())
}
