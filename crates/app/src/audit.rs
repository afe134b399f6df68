//! Reading the audit log: who changed settings, people and channels, when, from what, to what (R20).

use domain::audit::AuditEntry;
use domain::id::{AuditId, OrganizationId};
use store::{Op, Tx};

use crate::App;
use crate::caller::Caller;
use crate::error::AppError;

struct ListAudit {
    organization_id: OrganizationId,
    after: Option<AuditId>,
    limit: u32,
}

impl Op for ListAudit {
    type Out = Vec<(AuditEntry, Option<String>)>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, AppError> {
        Ok(store::audit::page(tx, self.organization_id, self.after, self.limit).await?)
    }
}

impl App {
    /// The audit log of the caller's organization with the actors' names, newest first, at most `limit`.
    pub async fn audit(
        &self,
        caller: &Caller,
        after: Option<AuditId>,
        limit: u32,
    ) -> Result<Vec<(AuditEntry, Option<String>)>, AppError> {
        caller.require_system_admin()?;
        self.read(ListAudit { organization_id: caller.organization_id, after, limit }).await
    }
}
