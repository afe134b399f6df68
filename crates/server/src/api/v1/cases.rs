//! Cases: the inbox, one case, its changes.

use app::cases::{Assigned, CaseFilter, CaseView, MAX_NAME_CHARS, MAX_SUBJECT_CHARS, Order};
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use domain::assignment::sentence;
use domain::auto_reply::Reason;
use domain::case::CaseStatus;
use domain::customer::OptedOutBy;
use domain::delivery::DeliveryStatus;
use domain::id::{CaseId, ChannelId, CustomerId, MessageId, UserId};
use domain::message::{Author, Message};
use domain::phone::WrittenNumber;
use domain::time::Instant;
use http::header::LOCATION;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::messages::idempotency_key;
use super::person::Person;
use crate::http::Web;
use crate::http::auth::Me;
use crate::http::body::{Id, Json, Nothing, Params, parse_id};
use crate::http::fields::{Fields, FromFields};
use crate::http::page::{Key, Page, Paging};
use crate::http::problem::Problem;
use crate::http::values::FromValue;

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
    /// How it came to its operator, if its channel chose them; null if somebody assigned it.
    assigned_by: Option<CaseAssignment>,
    /// Colleagues who cover it as well.
    secondary_operators: Vec<Person>,
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
    /// The newest message of an operator, while it failed or is unconfirmed and nobody has dismissed that; else null.
    failed_message: Option<FailedMessage>,
    /// The newest message that reads like a request not to be written to any more (R15), while nobody has said what
    /// was meant; null if there is nothing to ask.
    #[schema(value_type = Option<String>)]
    reads_like_stop_message_id: Option<MessageId>,
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
    /// The same as people read it: `+1 206 555 0117`.
    phone_display: String,
    /// Whether they are opted out of messages (R15).
    opted_out: bool,
    /// Who says so: the customer by a keyword, the carrier, or an operator; null if they are not opted out, or if it was
    /// recorded before this was kept.
    #[schema(schema_with = super::codes::opted_out_by_or_null)]
    opted_out_by: Option<OptedOutBy>,
}

/// The newest message of a case, for lists.
#[derive(Serialize, ToSchema)]
pub struct LastMessage {
    /// The beginning of its text; empty if it has none.
    body: String,
    /// How many attachments it has.
    attachments: usize,
    /// From the customer or to them.
    #[schema(schema_with = super::codes::direction)]
    direction: &'static str,
    /// Who wrote it.
    #[schema(schema_with = super::codes::author_kind)]
    author_kind: &'static str,
    /// The operator who wrote it; null if none did.
    author: Option<Person>,
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

/// How a case came to its operator.
#[derive(Serialize, ToSchema)]
pub struct CaseAssignment {
    /// `channel` (texts of new customers go to them), `in_turn`, or `in_turn_nobody_eligible`.
    #[schema(schema_with = super::codes::assigned_by)]
    kind: &'static str,
    /// The same in plain words.
    sentence: String,
}

/// An operator's message that did not arrive, or of which nobody knows whether it did.
#[derive(Serialize, ToSchema)]
pub struct FailedMessage {
    /// The message.
    #[schema(value_type = String)]
    id: MessageId,
    /// `failed` or `unconfirmed`.
    #[schema(schema_with = super::codes::failed_status)]
    status: DeliveryStatus,
}

/// How many cases there are, each kind counted up to `counted_up_to`.
#[derive(Serialize, ToSchema)]
pub struct CaseCounts {
    /// The caller's.
    mine: CaseCount,
    /// Nobody's.
    unassigned: CaseCount,
    /// All of the organization.
    all: CaseCount,
    /// Where counting stops: this number means so many or more.
    counted_up_to: u32,
}

/// How many cases of somebody there are.
#[derive(Serialize, ToSchema)]
pub struct CaseCount {
    /// Open ones.
    open: i64,
    /// Open ones whose customer waits for a human.
    waiting: i64,
    /// Open or closed ones whose `failed_message` is not null.
    failed: i64,
    /// Since when the longest waiting customer of the open ones waits; null if none does.
    #[schema(value_type = Option<String>, format = DateTime)]
    oldest_waiting_since: Option<Instant>,
}

impl From<app::cases::Counts> for CaseCount {
    fn from(counts: app::cases::Counts) -> Self {
        let app::cases::Counts { open, waiting, failed, oldest_waiting_since } = counts;
        Self { open, waiting, failed, oldest_waiting_since }
    }
}

/// The number that a case is held on.
#[derive(Serialize, ToSchema)]
pub struct CaseChannel {
    /// The channel's id.
    #[schema(value_type = String)]
    id: ChannelId,
    /// Its number.
    number: String,
    /// The same as people read it.
    number_display: String,
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
    /// Those whose newest message of an operator failed or is unconfirmed, or the others.
    failed: Option<bool>,
    /// `newest` (customer message first, then the newest case; the default), or `waiting`: open cases whose customer
    /// waits for a human, the longest waiting first, then all others as in `newest`.
    #[param(schema_with = super::codes::case_order)]
    order: Option<String>,
    /// Words and numbers: each stands in the subject, the customer's name or phone number, or is the case's number.
    /// Case, accents and the shape of signs do not matter, and phone numbers may be written in any way.
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
    /// The first text to the customer, which is sent with the case's making or not at all; may be left out.
    #[schema(min_length = 1, max_length = 1600)]
    message: Option<String>,
}

/// The customer of a case to open; known by the number.
#[derive(ToSchema)]
pub struct NewCaseCustomer {
    /// Their number, written in any way; without a country code it is one of the organization's country.
    #[schema(value_type = String, example = "+1 206 555 0117")]
    phone: WrittenNumber,
    /// Their name; empty leaves a known customer's name as it is.
    #[schema(max_length = 100)]
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

/// The characters of a message that a list shows.
const EXCERPT_CHARS: usize = 160;

impl From<CaseView> for Case {
    fn from(view: CaseView) -> Self {
        let CaseView { case, operator_name, secondary_operators, channel_number, last_message, watch } = view;
        Self {
            id: case.id,
            number: case.number,
            subject: case.subject,
            status: case.status,
            customer: CaseCustomer {
                id: case.customer.id,
                name: case.customer.name,
                phone_display: domain::phone::display(&case.customer.address),
                phone: case.customer.address,
                opted_out: case.customer.opted_out_at.is_some(),
                opted_out_by: case.customer.opted_out_by,
            },
            assigned_by: case.assigned_by.map(|by| CaseAssignment {
                kind: by.code(),
                sentence: sentence(by, operator_name.as_deref().unwrap_or_default(), &channel_number),
            }),
            assigned_operator: case
                .assigned_operator_id
                .map(|id| Person { id, name: operator_name.unwrap_or_default() }),
            secondary_operators: secondary_operators
                .into_iter()
                .map(|(id, name)| Person { id, name })
                .collect(),
            waiting_since: case.waiting_since,
            unanswered_since: case.unanswered_since,
            created_at: case.created_at,
            last_message: last_message.map(LastMessage::from),
            watch: watch.map(|(reason, due_at)| WatchState { reason, due_at }),
            loop_guarded: case.loop_guarded,
            failed_message: case
                .failed_message
                .map(|failed| FailedMessage { id: failed.id, status: failed.status }),
            reads_like_stop_message_id: case.reads_like_stop_id,
            channel: CaseChannel {
                id: case.channel_id,
                number_display: domain::phone::display(&channel_number),
                number: channel_number,
            },
            last_customer_message_at: case.last_customer_message_at,
        }
    }
}

impl From<Message> for LastMessage {
    fn from(message: Message) -> Self {
        let author = match &message.author {
            Author::Operator { id, name } => Some(Person { id: *id, name: name.clone() }),
            Author::Customer | Author::AutoReply { .. } => None,
        };
        Self {
            author,
            body: message.body.chars().take(EXCERPT_CHARS).collect(),
            attachments: message.attachments.len(),
            direction: super::messages::direction(&message.author),
            author_kind: message.author.code(),
            created_at: message.created_at,
        }
    }
}

/// Whose cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssignedTo {
    /// The caller's.
    Me,
    /// Nobody's.
    Nobody,
    /// This operator's.
    Somebody(UserId),
}

impl FromValue for AssignedTo {
    fn from_value(value: Value) -> Result<Self, String> {
        match String::from_value(value)?.as_str() {
            "me" => Ok(Self::Me),
            "none" => Ok(Self::Nobody),
            id => {
                id.parse().map(Self::Somebody).map_err(|_| "must be me, none or the id of a user".to_owned())
            }
        }
    }
}

/// The key of a case in its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseKey {
    /// By its newest customer message.
    Newest(MessageId, CaseId),
    /// By since when it waits.
    Waiting(Instant, CaseId),
    /// In the order of waiting, of those that do not.
    Rest(MessageId, CaseId),
}

impl Key for CaseKey {
    fn to_text(&self) -> String {
        match self {
            Self::Newest(message, case) => (*message, *case).to_text(),
            Self::Waiting(since, case) => format!("w{}", (*since, *case).to_text()),
            Self::Rest(message, case) => format!("r{}", (*message, *case).to_text()),
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        if let Some(text) = text.strip_prefix('w') {
            return <(Instant, CaseId)>::from_text(text).map(|(since, case)| Self::Waiting(since, case));
        }
        if let Some(text) = text.strip_prefix('r') {
            return <(MessageId, CaseId)>::from_text(text).map(|(message, case)| Self::Rest(message, case));
        }
        <(MessageId, CaseId)>::from_text(text).map(|(message, case)| Self::Newest(message, case))
    }
}

/// The query of a list of cases.
pub struct CaseListFields {
    paging: Paging<CaseKey>,
    order: Order,
    status: Option<CaseStatus>,
    assigned_to: Option<AssignedTo>,
    waiting: Option<bool>,
    failed: Option<bool>,
    q: Option<String>,
}

impl FromValue for Order {
    fn from_value(value: Value) -> Result<Self, String> {
        match String::from_value(value)?.as_str() {
            "newest" => Ok(Self::Newest),
            "waiting" => Ok(Self::Waiting),
            _ => Err("must be newest or waiting".to_owned()),
        }
    }
}

/// The longest text to search for.
const MAX_QUERY_CHARS: usize = 200;

impl FromFields for CaseListFields {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let paging = Paging::from_fields(fields);
        let (status, assigned_to) = (fields.optional("status"), fields.optional("assigned_to"));
        let (waiting, failed) = (fields.optional("waiting"), fields.optional("failed"));
        let order = fields.optional("order").unwrap_or_default();
        let q = fields.optional_text_or_empty("q", MAX_QUERY_CHARS).filter(|q| !q.is_empty());
        let paging = paging?;
        let newest = matches!(paging.after, Some(CaseKey::Newest(..)));
        if paging.after.is_some() && newest != (order == Order::Newest) {
            fields.error("cursor", "is not a cursor of this order; leave it out to start from the beginning");
        }
        Some(Self { paging, order, status, assigned_to, waiting, failed, q })
    }
}

impl FromFields for NewCase {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let (customer, subject) =
            (fields.object("customer"), fields.text_or_empty("subject", MAX_SUBJECT_CHARS));
        let assigned_operator_id = fields.required("assigned_operator_id");
        let channel_id: Option<Option<ChannelId>> = fields.optional("channel_id");
        let message: Option<Option<String>> = fields.optional("message");
        Some(Self {
            customer: customer?,
            subject: subject?,
            assigned_operator_id: assigned_operator_id?,
            channel_id: channel_id.flatten(),
            message: message.flatten(),
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

/// Cases: the newest customer message first, then the newest case; or those that wait first.
#[utoipa::path(get, path = "/api/v1/cases", operation_id = "list_cases", tag = TAG, params(CaseListQuery), responses((status = 200, body = Page<Case>)))]
pub async fn list(
    State(web): State<Web>,
    Me(caller): Me,
    Params(query): Params<CaseListFields>,
) -> Result<axum::Json<Page<Case>>, Problem> {
    let CaseListFields { paging, order, status, assigned_to, waiting, failed, q } = query;
    let assigned = assigned_to.map(|whose| match whose {
        AssignedTo::Me => Assigned::To(caller.user_id),
        AssignedTo::Nobody => Assigned::Nobody,
        AssignedTo::Somebody(id) => Assigned::To(id),
    });
    let (after, after_waiting) = match paging.after {
        None => (None, None),
        Some(CaseKey::Newest(message, case) | CaseKey::Rest(message, case)) => (Some((message, case)), None),
        Some(CaseKey::Waiting(since, case)) => (None, Some((since, case))),
    };
    let limit = paging.limit + 1;
    let filter = CaseFilter {
        status,
        assigned,
        waiting,
        failed,
        order,
        q,
        after,
        after_waiting,
        limit,
        country: None,
    };
    let found = web.app().case_list(&caller, filter).await?;
    let key = |view: &CaseView| {
        let (id, message) = (view.case.id, view.case.last_customer_message_id);
        match (order, view.case.waiting_since) {
            (Order::Newest, _) => CaseKey::Newest(message, id),
            (Order::Waiting, Some(since)) if view.case.status == CaseStatus::Open => {
                CaseKey::Waiting(since, id)
            }
            (Order::Waiting, _) => CaseKey::Rest(message, id),
        }
    };
    Ok(axum::Json(Page::of(found, paging.limit, key, Case::from)))
}

/// How many cases there are: open, waiting, failed. Each of these changes with an event `case` of the stream only.
#[utoipa::path(get, path = "/api/v1/cases/counts", operation_id = "count_cases", tag = TAG, responses((status = 200, body = CaseCounts)))]
pub async fn counts(State(web): State<Web>, Me(caller): Me) -> Result<axum::Json<CaseCounts>, Problem> {
    let app::cases::CaseCounts { mine, unassigned, all } = web.app().case_counts(&caller).await?;
    Ok(axum::Json(CaseCounts {
        mine: mine.into(),
        unassigned: unassigned.into(),
        all: all.into(),
        counted_up_to: app::cases::COUNT_LIMIT,
    }))
}

/// Takes note of a message that failed or is unconfirmed: the case says so no longer. If it is not the case's
/// `failed_message` (any more), nothing changes.
#[utoipa::path(post, path = "/api/v1/cases/{id}/messages/{message_id}/dismiss", operation_id = "dismiss_failed_message", tag = TAG, params(("id" = String, Path, description = "The case."), ("message_id" = String, Path, description = "The message.")), responses((status = 200, body = Case)))]
pub async fn dismiss_failed(
    State(web): State<Web>,
    Me(caller): Me,
    Path((id, message_id)): Path<(String, String)>,
    _: Nothing,
) -> Result<axum::Json<Case>, Problem> {
    let (id, message_id) = (parse_id(&id)?, parse_id(&message_id)?);
    Ok(axum::Json(web.app().failed_message_dismiss(&caller, id, message_id).await?.into()))
}

/// Opens a case, with its first text to the customer if there is one. 409 if there is one and the customer is opted
/// out; then no case is made.
#[utoipa::path(post, path = "/api/v1/cases", operation_id = "create_case", tag = TAG, params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters: the same key with the same body returns the first case again, and makes and sends nothing.")), request_body = NewCase, responses((status = 201, body = Case, headers(("Location" = String, description = "The case's address in this API.")))))]
pub async fn create(
    State(web): State<Web>,
    Me(caller): Me,
    headers: HeaderMap,
    Json(case): Json<NewCase>,
) -> Result<impl IntoResponse, Problem> {
    let new = app::new_case::NewCase {
        idempotency_key: idempotency_key(&headers)?,
        message: case.message,
        customer_phone: case.customer.phone.as_str().to_owned(),
        customer_name: case.customer.name,
        subject: case.subject,
        assigned_operator_id: case.assigned_operator_id,
        channel_id: case.channel_id,
    };
    let view = web.app().case_create(&caller, new).await?;
    let location = format!("/api/v1/cases/{}", view.case.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], axum::Json(Case::from(view))))
}

/// One case.
#[utoipa::path(get, path = "/api/v1/cases/{id}", operation_id = "get_case", tag = TAG, params(("id" = String, Path, description = "The case.")), responses((status = 200, body = Case)))]
pub async fn show(
    State(web): State<Web>,
    Me(caller): Me,
    Id(id): Id<CaseId>,
) -> Result<axum::Json<Case>, Problem> {
    Ok(axum::Json(web.app().case_get(&caller, id).await?.into()))
}

/// Assigns, closes, reopens or renames a case.
#[utoipa::path(patch, path = "/api/v1/cases/{id}", operation_id = "change_case", tag = TAG, params(("id" = String, Path, description = "The case.")), request_body = CasePatch, responses((status = 200, body = Case)))]
pub async fn change(
    State(web): State<Web>,
    Me(caller): Me,
    Id(id): Id<CaseId>,
    Json(patch): Json<CasePatch>,
) -> Result<axum::Json<Case>, Problem> {
    let CasePatch { assigned_operator_id, status, subject } = patch;
    let patch = app::cases::CasePatch { assigned_operator_id, status, subject };
    Ok(axum::Json(web.app().case_update(&caller, id, patch).await?.into()))
}

/// Marks the case seen if the caller is its operator. Activity for any operator.
#[utoipa::path(post, path = "/api/v1/cases/{id}/seen", operation_id = "mark_case_seen", tag = TAG, params(("id" = String, Path, description = "The case.")), responses((status = 204)))]
pub async fn seen(
    State(web): State<Web>,
    Me(caller): Me,
    Id(id): Id<CaseId>,
    _: Nothing,
) -> Result<StatusCode, Problem> {
    web.app().case_seen(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
