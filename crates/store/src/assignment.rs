//! Whose turn it is to get a new customer (R28).
//!
//! On PostgreSQL messages share transactions, and the one before may not have committed: so whoever chooses takes the
//! organization's turns first, and sees all that were taken before.

use domain::id::{CaseId, OrganizationId, UserId};

use crate::engine::Tx;
use crate::error::StoreError;
use crate::sql::statements;

/// How far an operator's waiting cases are counted.
const MOST_WAITING: i64 = 1_000;

/// What whose turn it is goes by, of one operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// The operator.
    pub user_id: UserId,
    /// How many of their open cases wait, counted up to 1,000.
    pub waiting: i64,
    /// The newest case that they were given in turn.
    pub newest_case: Option<CaseId>,
}

statements! { "assignment_turns":
    TAKE = "SELECT id FROM channels WHERE organization_id = $1 AND assign_to IS NOT NULL ORDER BY id /*lock*/";
    LOADS = "SELECT u.id, t.case_id, (SELECT count(*) FROM (SELECT 1 FROM cases AS c
                WHERE c.organization_id = $1 AND c.assigned_operator_id = u.id AND c.status = 'open'
                    AND c.waiting_since IS NOT NULL LIMIT $2) AS w) AS waiting
        FROM users AS u LEFT JOIN assignment_turns AS t ON t.organization_id = u.organization_id AND t.user_id = u.id
        WHERE u.organization_id = $1 AND u.operator AND u.deactivated_at IS NULL ORDER BY u.id";
    UPDATE = "UPDATE assignment_turns SET case_id = $3 WHERE organization_id = $1 AND user_id = $2";
    INSERT = "INSERT INTO assignment_turns (organization_id, user_id, case_id) VALUES ($1, $2, $3)";
}

/// Takes the organization's turns until the transaction ends, and returns what they go by: all operators with an
/// active account.
pub async fn take(tx: &mut Tx, org: OrganizationId) -> Result<Vec<Load>, StoreError> {
    tx.lock(&TAKE, &[org.into()]).await?;
    tx.query(&LOADS, &[org.into(), MOST_WAITING.into()]).await?.list(|row| {
        Ok(Load {
            user_id: row.id("id")?,
            newest_case: row.id_or_none("case_id")?,
            waiting: row.i64("waiting")?,
        })
    })
}

/// Writes that this operator was given this case in turn.
pub async fn give(tx: &mut Tx, org: OrganizationId, user: UserId, case: CaseId) -> Result<(), StoreError> {
    let params = [org.into(), user.into(), case.into()];
    if tx.execute(&UPDATE, &params).await? == 0 {
        tx.execute_one(&INSERT, &params, user).await?;
    }
    Ok(())
}
