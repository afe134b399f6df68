//! Decisions: why a customer's message got an automatic reply or not (section 7 of the rule book).

use app::caller::Caller;
use app::decisions::{DecisionFilter, DecisionView};
use app::messages::Since;
use app::preview::PreviewOf;
use axum::extract::State;
use domain::auto_reply::remedy::Remedy;
use domain::auto_reply::{Facts, Outcome, Reason};
use domain::id::{CaseId, DecisionId, MessageId, UserId};
use domain::time::Instant;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::http::Web;
use crate::http::auth::Me;
use crate::http::body::{Id, Json, Params};
use crate::http::fields::{Fields, FromFields};
use crate::http::page::{Page, Paging, PartFields, PartQuery};
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
    /// What the decision looked at: the whole of it gives the same decision again. `setting`, the organization's, is
    /// told to System Admins alone; what `operator` has set up (`personal_inactivity`, `away`, `office_hours`) to them
    /// and to that operator.
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

/// A case's decisions.
#[derive(Serialize, ToSchema)]
pub struct CaseDecisionPage {
    /// The items, in the order that was asked for.
    items: Vec<Decision>,
    /// What to send as `cursor` for the next page; null at the end, and with `since`.
    next_cursor: Option<String>,
    /// Up to where this is true: send it as `since` to be told what is new or changed after it. An operator's activity
    /// moves `due_at` without changing the decision: the stream's `presence` tells that.
    #[schema(value_type = String)]
    position: Uuid,
    /// With `since`: what changed cannot be told any more, or is more than `limit`. The items are the newest, and what
    /// was read before may be out of date.
    reset: bool,
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
#[allow(dead_code, reason = "describes the body in openapi.json; PreviewFields is what is read")]
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

/// A sentence that names an instant: `before`, the instant as the reader's clock shows it, `after`.
#[derive(Serialize, ToSchema)]
pub struct TimedSentence {
    /// The words before the instant.
    before: String,
    /// The instant, a full minute.
    #[schema(value_type = String, format = DateTime)]
    at: Instant,
    /// The words after it.
    after: String,
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
    /// What the decision looked at, told as in a stored decision. `due_at` and `what_would_change` are for System Admins
    /// and for the operator whose customer it is.
    #[schema(value_type = Object)]
    facts: Value,
    /// When a watched reply would fall due; null if none would.
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Instant>,
    /// The text that would be sent, or would be sent at `due_at`; null if none would.
    text: Option<String>,
    /// What would have to change for a reply to be sent, in a sentence; null if one is.
    what_would_change: Option<String>,
    /// That sentence, open at the instant that it names, to show it by the reader's clock; null if it names none.
    what_would_change_at: Option<TimedSentence>,
    /// The instant that was tried.
    #[schema(value_type = String, format = DateTime)]
    decided_at: Instant,
}

/// Who is told a decision.
#[derive(Clone, Copy)]
pub enum Reader<'a> {
    /// Somebody who signed in.
    Caller(&'a Caller),
    /// Who runs the server, on its command line.
    CommandLine,
    /// The customer, by a document that leaves the desk.
    Customer,
}

/// The facts as a reader is told them: the organization's setting is for System Admins (R20); what an operator has set
/// up is theirs, and System Admins may see it.
fn told_facts(facts: &Facts, reader: Reader<'_>) -> Value {
    let mut told = json!(facts);
    let (all, id) = match reader {
        Reader::Caller(caller) => (caller.roles.system_admin, Some(caller.user_id)),
        Reader::CommandLine => (true, None),
        Reader::Customer => (false, None),
    };
    if all {
        return told;
    }
    if let Some(facts) = told.as_object_mut() {
        facts.remove("setting");
    }
    let is_own = id.is_some() && facts.operator.as_ref().map(|operator| operator.id) == id;
    if let Some(operator) = told["operator"].as_object_mut().filter(|_| !is_own) {
        for set_up in ["personal_inactivity", "away", "office_hours"] {
            operator.remove(set_up);
        }
    }
    told
}

impl Decision {
    /// As a reader is told it.
    pub fn told(view: DecisionView, reader: Reader<'_>) -> Self {
        let DecisionView { record, sentence, due_at } = view;
        Self {
            id: record.id,
            message_id: record.message_id,
            outcome: record.outcome,
            reason: record.reason,
            rule: record.rule,
            sentence,
            facts: told_facts(&record.facts, reader),
            due_at,
            reply_message_id: record.reply_message_id,
            decided_at: record.decided_at,
        }
    }
}

impl Preview {
    /// As a reader is told it.
    pub fn told(preview: app::preview::Preview, reader: Reader<'_>) -> Self {
        let (what_would_change, remedy) =
            preview.what_would_change.map(|change| (change.sentence, change.remedy)).unzip();
        let timed = |remedy: Remedy| {
            let Remedy { before, at, after } = remedy;
            at.map(|at| TimedSentence { before, at, after })
        };
        Self {
            outcome: preview.decision.outcome,
            reason: preview.decision.reason,
            rule: preview.decision.rule.to_string(),
            sentence: preview.sentence,
            facts: told_facts(&preview.facts, reader),
            due_at: preview.due_at,
            text: preview.text,
            what_would_change,
            what_would_change_at: remedy.and_then(timed),
            decided_at: preview.at,
        }
    }
}

/// The query of a list of decisions.
pub struct DecisionListFields {
    paging: Paging<(Instant, DecisionId)>,
    outcome: Option<Outcome>,
    reason: Option<Reason>,
    from: Option<Instant>,
    to: Option<Instant>,
}

impl FromFields for DecisionListFields {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let paging = Paging::from_fields(fields);
        let (outcome, reason) = (fields.optional("outcome"), fields.optional("reason"));
        let (from, to) = (fields.optional("from"), fields.optional("to"));
        Some(Self { paging: paging?, outcome, reason, from, to })
    }
}

/// A [`PreviewRequest`] that has been read: it names either a case or an operator.
pub struct PreviewFields {
    of: PreviewOf,
    at: Option<Instant>,
}

impl FromFields for PreviewFields {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let case_id: Option<Option<CaseId>> = fields.optional("case_id");
        let operator_id: Option<Option<UserId>> = fields.optional("operator_id");
        let at: Option<Option<Instant>> = fields.optional("at");
        let of = match (case_id.flatten(), operator_id.flatten()) {
            (Some(id), None) => PreviewOf::Case(id),
            (None, Some(id)) => PreviewOf::Operator(id),
            _ if fields.has_errors() => return None,
            _ => {
                fields.error("case_id", "or operator_id is needed, and only one of them");
                return None;
            }
        };
        Some(Self { of, at: at.flatten() })
    }
}

/// A case's decisions: by their messages oldest or newest first, or only those that are new or changed.
#[utoipa::path(get, path = "/api/v1/cases/{id}/decisions", operation_id = "list_case_decisions", tag = TAG, params(("id" = String, Path, description = "The case."), PartQuery), responses((status = 200, body = CaseDecisionPage)))]
pub async fn of_case(
    State(web): State<Web>,
    Me(caller): Me,
    Id(id): Id<CaseId>,
    Params(PartFields { part, limit }): Params<PartFields<DecisionId>>,
) -> Result<axum::Json<CaseDecisionPage>, Problem> {
    let (found, Since { position, reset }) = web.app().case_decisions(&caller, id, part, limit).await?;
    let Page { items, next_cursor } =
        Page::of(found, limit, |view| view.record.id, |view| Decision::told(view, Reader::Caller(&caller)));
    Ok(axum::Json(CaseDecisionPage { items, next_cursor, position, reset }))
}

/// The organization's decisions, newest first.
#[utoipa::path(get, path = "/api/v1/decisions", operation_id = "list_decisions", tag = TAG, params(DecisionListQuery), responses((status = 200, body = Page<Decision>)))]
pub async fn list(
    State(web): State<Web>,
    Me(caller): Me,
    Params(query): Params<DecisionListFields>,
) -> Result<axum::Json<Page<Decision>>, Problem> {
    let DecisionListFields { paging, outcome, reason, from, to } = query;
    let (after, limit) = (paging.after, paging.limit + 1);
    let found =
        web.app().decisions(&caller, DecisionFilter { outcome, reason, from, to, after, limit }).await?;
    let key = |view: &DecisionView| (view.record.decided_at, view.record.id);
    Ok(axum::Json(Page::of(found, paging.limit, key, |view| Decision::told(view, Reader::Caller(&caller)))))
}

/// The decision that a customer message would get, through the same function.
#[utoipa::path(post, path = "/api/v1/auto-reply/preview", operation_id = "preview_auto_reply", tag = TAG, request_body = PreviewRequest, responses((status = 200, body = Preview)))]
pub async fn preview(
    State(web): State<Web>,
    Me(caller): Me,
    Json(request): Json<PreviewFields>,
) -> Result<axum::Json<Preview>, Problem> {
    let preview = web.app().preview(&caller, request.of, request.at).await?;
    Ok(axum::Json(Preview::told(preview, Reader::Caller(&caller))))
}
