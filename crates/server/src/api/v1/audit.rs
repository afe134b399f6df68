//! The audit log: who changed settings, people and channels, when, from what, to what.

use domain::id::AuditId;
use domain::time::Instant;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::person::Person;
use crate::http::auth::Me;
use crate::http::body::Params;
use crate::http::page::Page;
use crate::http::problem::Problem;

const TAG: &str = "Audit";

/// One change.
#[derive(Serialize, ToSchema)]
pub struct AuditEntry {
    /// Its id.
    #[schema(value_type = String)]
    id: AuditId,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Instant,
    /// Who; null if it was the command line.
    actor: Option<Person>,
    /// What was done, such as `inactivity_reply.update`.
    action: String,
    /// What it was done to: an id or a name.
    subject: String,
    /// The state before; null if there was none.
    before: Value,
    /// The state after.
    after: Value,
}

/// Changes of settings, people and channels, newest first.
#[utoipa::path(get, path = "/api/v1/audit", operation_id = "list_audit", tag = TAG, params(("cursor" = Option<String>, Query, description = "`next_cursor` of the page before."), ("limit" = Option<u32>, Query, description = "At most so many: 1 to 200, 50 if left out.")), responses((status = 200, body = Page<AuditEntry>)))]
pub async fn list(Me(caller): Me) -> Result<axum::Json<Page<AuditEntry>>, Problem> {
    Err(Problem::unavailable("This part is not wired yet."))
}
