//! The audit log: who changed settings, people and channels, when, from what, to what.

use axum::extract::State;
use domain::id::AuditId;
use domain::time::Instant;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::person::Person;
use crate::http::Web;
use crate::http::auth::Me;
use crate::http::body::Params;
use crate::http::page::{Page, PageQuery, Paging};
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

impl From<(domain::audit::AuditEntry, Option<String>)> for AuditEntry {
    fn from((entry, name): (domain::audit::AuditEntry, Option<String>)) -> Self {
        Self {
            id: entry.id,
            at: entry.at,
            actor: entry.actor.map(|id| Person { id, name: name.unwrap_or_default() }),
            action: entry.action,
            subject: entry.subject,
            before: entry.before,
            after: entry.after,
        }
    }
}

/// Changes of settings, people and channels, newest first.
#[utoipa::path(get, path = "/api/v1/audit", operation_id = "list_audit", tag = TAG, params(PageQuery), responses((status = 200, body = Page<AuditEntry>)))]
pub async fn list(
    State(web): State<Web>,
    Me(caller): Me,
    Params(paging): Params<Paging<AuditId>>,
) -> Result<axum::Json<Page<AuditEntry>>, Problem> {
    let found = web.app().audit(&caller, paging.after, paging.limit + 1).await?;
    Ok(axum::Json(Page::of(found, paging.limit, |(entry, _)| entry.id, AuditEntry::from)))
}
