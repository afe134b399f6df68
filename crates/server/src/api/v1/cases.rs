//! Cases: the inbox, one case, its changes.

use app::cases::{MAX_NAME_CHARS, MAX_SUBJECT_CHARS};
use domain::auto_reply::Reason;
use domain::case::CaseStatus;
use domain::id::{CaseId, ChannelId, CustomerId, UserId};
use domain::phone::PhoneNumber;
use domain::time::Instant;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::person::Person;
use crate::http::auth::Me;
use crate::http::body::{Id, Json, Nothing, Params};
use crate::http::fields::{Fields, FromFields};
use crate::http::page::Page;
use crate::http::problem::Problem;

const TAG: &str = "Cases";

/// A case: one conversation with one customer on one channel.
#[derive(Serialize, ToSchema)]
pub struct Case {
    /// Its id.
    #[schema(value_type = String)]
    id: CaseId,
    /// Its number, counted per organization from 1.
    number: i64,
    /// What it is about; may be empty.
    subject: String,
    /// Open or closed.
    #[schema(schema_with = super::codes::case_status)]
    status: CaseStatus,
    /// Whose case it is.
    customer: CaseCustomer,
    /// Its operator; null if nobody is assigned.
    assigned_operator: Option<Person>,
    /// Since when the customer waits for a human; null if they do not.
    #[schema(value_type = Option<String>, format = DateTime)]
    waiting_since: Option<Instant>,
    /// Since when nothing at all answered the customer; null if something did.
    #[schema(value_type = Option<String>, format = DateTime)]
    unanswered_since: Option<Instant>,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    /// The newest message; null if there is none.
    last_message: Option<LastMessage>,
    /// Set while the case is watched (R5): a reply may still fall due.
    watch: Option<WatchState>,
    /// The loop guard stopped a reply (R9), and no human has written since.
    loop_guarded: bool,
    /// The number that it is held on.
    channel: CaseChannel,
    /// When the newest customer message came; null if there is none.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_customer_message_at: Option<Instant>,
}

/// The customer of a case.
#[derive(Serialize, ToSchema)]
pub struct CaseCustomer {
    /// Their id.
    #[schema(value_type = String)]
    id: CustomerId,
    /// Their name; empty until somebody enters one.
    name: String,
    /// Their number in E.164 form, or the short code or name that the carrier gave as the sender.
    phone: String,
    /// Whether they are opted out of messages (R15).
    opted_out: bool,
}

/// The newest message of a case, for lists.
#[derive(Serialize, ToSchema)]
pub struct LastMessage {
    /// The beginning of its text.
    body: String,
    /// From the customer or to them.
    #[schema(schema_with = super::codes::direction)]
    direction: &'static str,
    /// Who wrote it.
    #[schema(schema_with = super::codes::author_kind)]
    author_kind: &'static str,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
}

/// Why a case is watched, and until when.
#[derive(Serialize, ToSchema)]
pub struct WatchState {
    /// `operator_active` or `unassigned`.
    #[schema(schema_with = super::codes::reason)]
    reason: Reason,
    /// When the reply falls due; null while nobody is assigned.
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Instant>,
}

/// The number that a case is held on.
#[derive(Serialize, ToSchema)]
pub struct CaseChannel {
    /// The channel's id.
    #[schema(value_type = String)]
    id: ChannelId,
    /// Its number.
    #[schema(value_type = String)]
    number: PhoneNumber,
}

/// Which cases.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes the query in openapi.json")]
pub struct CaseListQuery {
    /// Open or closed ones; both if left out.
    #[param(schema_with = super::codes::case_status)]
    status: Option<CaseStatus>,
    /// `me`, `none` or an operator's id.
    assigned_to: Option<String>,
    /// Those whose customer waits for a human, or those whose customer does not.
    waiting: Option<bool>,
    /// Found in the number, the subject, or the customer's name or phone number.
    #[param(max_length = 200)]
    q: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// At most so many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// A case to open.
#[derive(ToSchema)]
pub struct NewCase {
    /// Whose case it is.
    customer: NewCaseCustomer,
    /// What it is about; may be empty.
    #[schema(max_length = 200)]
    subject: String,
    /// Its operator, or null.
    #[schema(value_type = Option<String>, required = true)]
    assigned_operator_id: Option<UserId>,
    /// The number to hold it on; may be left out if the organization has only one.
    #[schema(value_type = Option<String>)]
    channel_id: Option<ChannelId>,
}

/// The customer of a case to open; known by the number.
#[derive(ToSchema)]
pub struct NewCaseCustomer {
    /// Their number in E.164 form.
    #[schema(value_type = String, example = "+15551230001")]
    phone: PhoneNumber,
    /// Their name; empty leaves a known customer's name as it is.
    #[schema(max_length = 200)]
    name: String,
}

/// What to change: any of these.
#[derive(ToSchema)]
pub struct CasePatch {
    /// Its operator, or null for nobody.
    #[schema(value_type = Option<String>)]
    assigned_operator_id: Option<Option<UserId>>,
    /// Closing ends a watch; opening is as if a message had come (R16).
    #[schema(schema_with = super::codes::case_status)]
    status: Option<CaseStatus>,
    /// What it is about.
    #[schema(max_length = 200, nullable = false)]
    subject: Option<String>,
}

impl FromFields for NewCase {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let (customer, subject) =
            (fields.object("customer"), fields.text_or_empty("subject", MAX_SUBJECT_CHARS));
        let assigned_operator_id = fields.required("assigned_operator_id");
        let channel_id: Option<Option<ChannelId>> = fields.optional("channel_id");
        Some(Self {
            customer: customer?,
            subject: subject?,
            assigned_operator_id: assigned_operator_id?,
            channel_id: channel_id.flatten(),
        })
    }
}

impl FromFields for NewCaseCustomer {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let (phone, name) = (fields.required("phone"), fields.text_or_empty("name", MAX_NAME_CHARS));
        Some(Self { phone: phone?, name: name? })
    }
}

impl FromFields for CasePatch {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self {
            assigned_operator_id: fields.optional("assigned_operator_id"),
            status: fields.optional("status"),
            subject: fields.optional_text_or_empty("subject", MAX_SUBJECT_CHARS),
        })
    }
}

/// Cases, newest customer message first, then newest case.
#[utoipa::path(get, path = "/api/v1/cases", operation_id = "list_cases", tag = TAG, params(CaseListQuery), responses((status = 200, body = Page<Case>)))]
pub async fn list(Me(caller): Me) -> Result<axum::Json<Page<Case>>, Problem> {
    Err(Problem::unavailable("This part is not wired yet."))
}

/// Opens a case.
#[utoipa::path(post, path = "/api/v1/cases", operation_id = "create_case", tag = TAG, request_body = NewCase, responses((status = 201, body = Case)))]
pub async fn create(Me(caller): Me, Json(case): Json<NewCase>) -> Result<axum::Json<Case>, Problem> {
    Err(Problem::unavailable("This part is not wired yet."))
}

/// One case.
#[utoipa::path(get, path = "/api/v1/cases/{id}", operation_id = "get_case", tag = TAG, params(("id" = String, Path, description = "The case.")), responses((status = 200, body = Case)))]
pub async fn show(Me(caller): Me, Id(id): Id<CaseId>) -> Result<axum::Json<Case>, Problem> {
    Err(Problem::unavailable("This part is not wired yet."))
}

/// Assigns, closes, reopens or renames a case.
#[utoipa::path(patch, path = "/api/v1/cases/{id}", operation_id = "change_case", tag = TAG, params(("id" = String, Path, description = "The case.")), request_body = CasePatch, responses((status = 200, body = Case)))]
pub async fn change(
    Me(caller): Me,
    Id(id): Id<CaseId>,
    Json(patch): Json<CasePatch>,
) -> Result<axum::Json<Case>, Problem> {
    Err(Problem::unavailable("This part is not wired yet."))
}

/// Marks the case seen if the caller is its operator. Activity for any operator.
#[utoipa::path(post, path = "/api/v1/cases/{id}/seen", operation_id = "mark_case_seen", tag = TAG, params(("id" = String, Path, description = "The case.")), responses((status = 204)))]
pub async fn seen(Me(caller): Me, Id(id): Id<CaseId>, _: Nothing) -> Result<http::StatusCode, Problem> {
    Err(Problem::unavailable("This part is not wired yet."))
}
