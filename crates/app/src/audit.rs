//! The audit log: who changed settings, people and channels, when, from what, to what (R20).

use domain::audit::AuditEntry;
use domain::id::{AuditId, OrganizationId, UserId};
use domain::time::Instant;
use serde_json::Value;
pub use store::audit::AuditFilter;
use store::{Op, StoreError, Tx};

use crate::caller::Caller;
use crate::error::AppError;
use crate::{App, Env};

/// A change as the log tells it; see [`AuditEntry`].
pub(crate) struct Change<'a> {
    pub actor: Option<UserId>,
    pub action: &'a str,
    pub subject: String,
    pub before: Value,
    pub after: Value,
}

/// Writes a change into the log, in the transaction that makes it.
pub(crate) async fn record(
    tx: &mut Tx,
    env: &Env,
    organization_id: OrganizationId,
    now: Instant,
    change: Change<'_>,
) -> Result<(), StoreError> {
    let Change { actor, action, subject, before, after } = change;
    let action = action.to_owned();
    let entry = AuditEntry { id: env.id(now), at: now, actor, action, subject, before, after };
    store::audit::insert(tx, organization_id, &entry).await
}

struct ListAudit {
    organization_id: OrganizationId,
    filter: AuditFilter,
    after: Option<AuditId>,
    limit: u32,
}

impl Op for ListAudit {
    type Out = Vec<(AuditEntry, Option<String>)>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, AppError> {
        Ok(store::audit::page(tx, self.organization_id, &self.filter, self.after, self.limit).await?)
    }
}

impl App {
    /// What matches of the audit log of the caller's organization, with the actors' names, newest first, at most
    /// `limit`.
    pub async fn audit(
        &self,
        caller: &Caller,
        filter: AuditFilter,
        after: Option<AuditId>,
        limit: u32,
    ) -> Result<Vec<(AuditEntry, Option<String>)>, AppError> {
        caller.require_system_admin()?;
        self.read(ListAudit { organization_id: caller.organization_id, filter, after, limit }).await
    }
}
