//! Decisions: why a customer's message got an automatic reply or not (section 7 of the rule book).

use domain::auto_reply::{Outcome, Reason};
use domain::id::{CaseId, DecisionId, MessageId, UserId};
use domain::time::Instant;
use serde::Serialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::http::auth::Me;
use crate::http::body::{Id, Json, Params};
use crate::http::fields::{Fields, FromFields};
use crate::http::page::Page;
use crate::http::problem::Problem;

const TAG: &str = "Decisions";

/// The decision about one customer message.
#[derive(Serialize, ToSchema)]
pub struct Decision {
    /// Its id.
    #[schema(value_type = String)]
    id: DecisionId,
    /// The customer's message.
    #[schema(value_type = String)]
    message_id: MessageId,
    /// What was decided.
    #[schema(schema_with = super::codes::outcome)]
    outcome: Outcome,
    /// Why.
    #[schema(schema_with = super::codes::reason)]
    reason: Reason,
    /// By which rule of the rule book, such as `R4`.
    #[schema(example = "R4")]
    rule: String,
    /// The same in plain words.
    sentence: String,
    /// Everything that the decision looked at: the same facts give the same decision again.
    #[schema(value_type = Object)]
    facts: Value,
    /// When a watched reply falls due; null if none is.
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Instant>,
    /// The reply, if one was made.
    #[schema(value_type = Option<String>)]
    reply_message_id: Option<MessageId>,
    /// When it was decided.
    #[schema(value_type = String, format = DateTime)]
    decided_at: Instant,
}

/// Which decisions.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes the query in openapi.json")]
pub struct DecisionListQuery {
    /// Only these.
    #[param(schema_with = super::codes::outcome)]
    outcome: Option<Outcome>,
    /// Only these.
    #[param(schema_with = super::codes::reason)]
    reason: Option<Reason>,
    /// Decided at or after this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Instant>,
    /// Decided before this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Instant>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// At most so many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// What to try: a case or an operator, and when.
#[derive(ToSchema)]
pub struct PreviewRequest {
    /// A message on this case; an operator may name any.
    #[schema(value_type = Option<String>)]
    case_id: Option<CaseId>,
    /// A message on a new case of this operator; a System Admin may name any.
    #[schema(value_type = Option<String>)]
    operator_id: Option<UserId>,
    /// When the message would come; now if left out.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Instant>,
}

/// The decision that a customer message would get.
#[derive(Serialize, ToSchema)]
pub struct Preview {
    /// What would be decided.
    #[schema(schema_with = super::codes::outcome)]
    outcome: Outcome,
    /// Why.
    #[schema(schema_with = super::codes::reason)]
    reason: Reason,
    /// By which rule.
    #[schema(example = "R4")]
    rule: String,
    /// The same in plain words.
    sentence: String,
    /// Everything that the decision looked at.
    #[schema(value_type = Object)]
    facts: Value,
    /// When a watched reply would fall due; null if none would.
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Instant>,
    /// The text that would be sent, or would be sent at `due_at`; null if none would.
    text: Option<String>,
    /// The instant that was tried.
    #[schema(value_type = String, format = DateTime)]
    decided_at: Instant,
}

impl FromFields for PreviewRequest {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let case_id: Option<Option<CaseId>> = fields.optional("case_id");
        let operator_id: Option<Option<UserId>> = fields.optional("operator_id");
        let at: Option<Option<Instant>> = fields.optional("at");
        Some(Self { case_id: case_id.flatten(), operator_id: operator_id.flatten(), at: at.flatten() })
    }
}

/// A case's decisions, oldest first.
#[utoipa::path(get, path = "/api/v1/cases/{id}/decisions", operation_id = "list_case_decisions", tag = TAG, params(("id" = String, Path, description = "The case."), ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before."), ("limit" = Option<u32>, Query, description = "At most so many: 1 to 200, 50 if left out.")), responses((status = 200, body = Page<Decision>)))]
pub async fn of_case(Me(caller): Me, Id(id): Id<CaseId>) -> Result<axum::Json<Page<Decision>>, Problem> {
    Err(Problem::unavailable("This part is not wired yet."))
}

/// The organization's decisions, newest first.
#[utoipa::path(get, path = "/api/v1/decisions", operation_id = "list_decisions", tag = TAG, params(DecisionListQuery), responses((status = 200, body = Page<Decision>)))]
pub async fn list(Me(caller): Me) -> Result<axum::Json<Page<Decision>>, Problem> {
    Err(Problem::unavailable("This part is not wired yet."))
}

/// The decision that a customer message would get, through the same function.
#[utoipa::path(post, path = "/api/v1/auto-reply/preview", operation_id = "preview_auto_reply", tag = TAG, request_body = PreviewRequest, responses((status = 200, body = Preview)))]
pub async fn preview(
    Me(caller): Me,
    Json(request): Json<PreviewRequest>,
) -> Result<axum::Json<Preview>, Problem> {
    Err(Problem::unavailable("This part is not wired yet."))
}
