//! One line of the audit log: who changed what, when, from what, to what (R20).

use serde_json::Value;

use crate::id::{AuditId, UserId};
use crate::time::Instant;

/// A recorded change of settings, people or channels. Secrets never stand in it.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    /// Its id.
    pub id: AuditId,
    /// When.
    pub at: Instant,
    /// Who: nobody if it was the command line.
    pub actor: Option<UserId>,
    /// What was done, such as `inactivity_reply.update`, `user.create`, `channel.deactivate`.
    pub action: String,
    /// What it was done to: an id or a name.
    pub subject: String,
    /// The state before; null if there was none.
    pub before: Value,
    /// The state after.
    pub after: Value,
}
