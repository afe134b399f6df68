//! The audit log: who changed settings, people and channels, when, from what, to what.

use app::audit::AuditFilter;
use axum::extract::State;
use domain::id::AuditId;
use domain::time::Instant;
use serde::Serialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::person::Person;
use crate::http::Web;
use crate::http::auth::Me;
use crate::http::body::Params;
use crate::http::fields::{Fields, FromFields};
use crate::http::page::{Page, Paging};
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

/// Which changes are asked for.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes the query in openapi.json")]
pub struct AuditQuery {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// At most so many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// Who did it.
    actor_id: Option<String>,
    /// What it is about: the word before the dot of an action, such as `user`.
    #[param(min_length = 1, max_length = 40, pattern = "^[a-z_]+$")]
    kind: Option<String>,
    /// The first instant.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Instant>,
    /// The first instant that is too late.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Instant>,
}

/// The query as it is read.
pub struct AuditFields {
    paging: Paging<AuditId>,
    filter: AuditFilter,
}

/// The longest word before the dot of an action.
const MAX_KIND_CHARS: usize = 40;

impl FromFields for AuditFields {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let paging = Paging::from_fields(fields);
        let (actor, kind) = (fields.optional("actor_id"), fields.optional::<String>("kind"));
        let (from, to) = (fields.optional("from"), fields.optional("to"));
        let is_word = |kind: &String| {
            (1..=MAX_KIND_CHARS).contains(&kind.len())
                && kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        if kind.as_ref().is_some_and(|kind| !is_word(kind)) {
            fields.error("kind", "must be the word before the dot of an action, such as user");
        }
        Some(Self { paging: paging?, filter: AuditFilter { actor, kind, from, to } })
    }
}

/// Changes of settings, people and channels, newest first.
#[utoipa::path(get, path = "/api/v1/audit", operation_id = "list_audit", tag = TAG, params(AuditQuery), responses((status = 200, body = Page<AuditEntry>)))]
pub async fn list(
    State(web): State<Web>,
    Me(caller): Me,
    Params(query): Params<AuditFields>,
) -> Result<axum::Json<Page<AuditEntry>>, Problem> {
    let AuditFields { paging, filter } = query;
    let found = web.app().audit(&caller, filter, paging.after, paging.limit + 1).await?;
    Ok(axum::Json(Page::of(found, paging.limit, |(entry, _)| entry.id, AuditEntry::from)))
}
