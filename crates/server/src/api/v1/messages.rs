//! Messages on a case.

use app::error::AppError;
use app::messages::{MessagesQuery, Since};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::auto_reply::Layer;
use domain::customer::Customer;
use domain::delivery::DeliveryStatus;
use domain::id::{CaseId, DecisionId, MessageId};
use domain::keyword::Keyword;
use domain::message::{Author, Delivery};
use domain::time::Instant;
use http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::decisions::{Decision, Reader};
use crate::http::Web;
use crate::http::auth::Me;
use crate::http::body::{Id, Json, Nothing, Params, parse_id};
use crate::http::fields::{Fields, FromFields};
use crate::http::files::Place;
use crate::http::page::{Page, PartFields, PartQuery};
use crate::http::problem::Problem;

const TAG: &str = "Messages";

/// A message.
#[derive(Serialize, ToSchema)]
pub struct Message {
    /// Its id.
    #[schema(value_type = String)]
    id: MessageId,
    /// From the customer or to them.
    #[schema(schema_with = super::codes::direction)]
    direction: &'static str,
    /// Who wrote it.
    author: MessageAuthor,
    /// The text, as it was written: show it as text, never as HTML.
    body: String,
    /// What became of it; null for a message from the customer.
    delivery: Option<MessageDelivery>,
    /// Set on an automatic reply.
    auto_reply: Option<MessageAutoReply>,
    /// When it was committed.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    /// What came with it.
    attachments: Vec<MessageAttachment>,
    /// Whether it was fetched from the carrier after the webhook had missed it.
    backfilled: bool,
    /// When the customer sent it, by the carrier's clock, if it was taken in late.
    #[schema(value_type = Option<String>, format = DateTime)]
    sent_at: Option<Instant>,
    /// The keyword that it is (R15); null if it is none.
    #[schema(schema_with = super::codes::keyword_or_null)]
    keyword: Option<Keyword>,
}

/// Who wrote a message.
#[derive(Serialize, ToSchema)]
pub struct MessageAuthor {
    /// What they are.
    #[schema(schema_with = super::codes::author_kind)]
    kind: &'static str,
    /// The operator's or the customer's id; null for an automatic reply.
    #[schema(value_type = Option<String>)]
    id: Option<Uuid>,
    /// Their name; empty if it is not known.
    name: String,
}

/// What became of a message to the customer.
#[derive(Serialize, ToSchema)]
pub struct MessageDelivery {
    /// The state.
    #[schema(schema_with = super::codes::delivery_status)]
    status: DeliveryStatus,
    /// Why it failed, was cancelled or stayed unconfirmed, in a sentence.
    error: Option<String>,
    /// In a list of messages: when the carrier is offered a `queued` one again that it did not take, or is asked what
    /// became of an `attempting` one because its answer was lost; at once if that is past. Else null.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_try_at: Option<Instant>,
}

/// What made an automatic reply.
#[derive(Serialize, ToSchema)]
pub struct MessageAutoReply {
    /// Whose reply it is.
    #[schema(schema_with = super::codes::layer)]
    kind: Layer,
    /// The decision that caused it.
    #[schema(value_type = String)]
    decision_id: DecisionId,
}

/// Something that came with a message.
#[derive(Serialize, ToSchema)]
pub struct MessageAttachment {
    /// Where this server shows it to who may see the case.
    url: String,
    /// Its type as the carrier gave it.
    content_type: String,
}

/// A message to write to the customer.
#[derive(ToSchema)]
pub struct NewMessage {
    /// The text: 1 to 1,600 characters after trimming.
    #[schema(min_length = 1, max_length = 1600)]
    body: String,
}

impl FromFields for NewMessage {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self { body: fields.text("body", domain::message::MAX_BODY_UNITS)? })
    }
}

/// A case's messages, and what is not among them any more.
#[derive(Serialize, ToSchema)]
pub struct MessagePage {
    /// The items, in the order that was asked for.
    items: Vec<Message>,
    /// What to send as `cursor` for the next page; null at the end, and with `since`.
    next_cursor: Option<String>,
    /// With `decisions=true`: the decisions about these messages, and with `since` those that are new or changed, also
    /// of messages that are not; the newest message's first. Else null.
    decisions: Option<Vec<Decision>>,
    /// Up to where this is true: send it as `since` to be told what is new or changed after it.
    #[schema(value_type = String)]
    position: Uuid,
    /// With `since`: what changed cannot be told any more, or is more than `limit`. The items are the newest, and what
    /// was read before may be out of date.
    reset: bool,
    /// What was deleted for its age.
    deleted: Deleted,
}

/// Whether to read the decisions, too.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes the query in openapi.json")]
pub struct WithDecisions {
    /// Whether to add the decisions about these messages.
    #[param(default = false)]
    decisions: Option<bool>,
}

/// The query of a list of messages.
pub struct MessageListFields(MessagesQuery);

impl FromFields for MessageListFields {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let decisions = fields.optional("decisions").unwrap_or(false);
        let PartFields { part, limit } = PartFields::from_fields(fields)?;
        Some(Self(MessagesQuery { part, decisions, limit }))
    }
}

/// What of a case was deleted because the organization keeps it no longer.
#[derive(Serialize, ToSchema)]
pub struct Deleted {
    /// Whether messages before the first of this page were.
    earlier_messages: bool,
    /// How long messages are kept, in days; null is forever.
    messages_days: Option<u32>,
    /// The decisions of messages from before this instant may be gone; null if all are there.
    #[schema(value_type = Option<String>, format = DateTime)]
    decisions_before: Option<Instant>,
    /// How long decisions are kept, in days; null is as long as the message.
    decisions_days: Option<u32>,
}

impl From<app::messages::Deleted> for Deleted {
    fn from(deleted: app::messages::Deleted) -> Self {
        Self {
            earlier_messages: deleted.earlier_messages,
            messages_days: deleted.retention.messages_days,
            decisions_before: deleted.decisions_before,
            decisions_days: deleted.retention.decisions_days,
        }
    }
}

impl MessageDelivery {
    /// What became of a message; `next_try_at` as the field says.
    pub(super) fn of(delivery: Delivery, next_try_at: Option<Instant>) -> Self {
        Self { status: delivery.status, error: delivery.error, next_try_at }
    }
}

impl Message {
    /// The message as it is shown; `customer` is whose case it is on, for the author of their messages.
    pub fn of(message: domain::message::Message, customer: Option<&Customer>) -> Self {
        let direction = direction(&message.author);
        let kind = message.author.code();
        let (author, auto_reply) = match message.author {
            Author::Customer => {
                let (id, name) = customer.map(|who| (who.id.0, who.name.clone())).unzip();
                (MessageAuthor { kind, id, name: name.unwrap_or_default() }, None)
            }
            Author::Operator { id, name } => (MessageAuthor { kind, id: Some(id.0), name }, None),
            Author::AutoReply { layer, decision_id } => (
                MessageAuthor { kind, id: None, name: "Automatic reply".to_owned() },
                Some(MessageAutoReply { kind: layer, decision_id }),
            ),
        };
        let base = format!("/api/v1/cases/{}/messages/{}/attachments", message.case_id, message.id);
        Self {
            id: message.id,
            direction,
            author,
            body: message.body,
            delivery: message.delivery.map(|delivery| MessageDelivery::of(delivery, None)),
            auto_reply,
            created_at: message.created_at,
            attachments: (0..)
                .zip(message.attachments)
                .map(|(n, file): (u32, _)| MessageAttachment {
                    url: format!("{base}/{n}"),
                    content_type: file.content_type,
                })
                .collect(),
            backfilled: message.backfilled,
            sent_at: message.sent_at,
            keyword: message.keyword,
        }
    }
}

/// From the customer or to them.
pub fn direction(author: &Author) -> &'static str {
    match author {
        Author::Customer => "inbound",
        Author::Operator { .. } | Author::AutoReply { .. } => "outbound",
    }
}

/// The key under which a repeated request sends nothing again.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("Idempotency-Key") else { return Ok(None) };
    match value.to_str() {
        Ok(key) => Ok(Some(key.to_owned())),
        Err(_) => Err(AppError::field("Idempotency-Key", "must be visible ASCII characters").into()),
    }
}

/// What a customer's file may do in a browser: be looked at.
const BOXED: &str = "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'";

/// A customer's file: never run as part of our pages, shown in place only if it is a picture (V5.4.1).
fn attachment_answer(content_type: &str, file: Bytes, place: Place) -> Response {
    let picture = ["image/jpeg", "image/png", "image/gif", "image/webp"].contains(&content_type);
    let disposition = if picture { "inline" } else { "attachment" };
    let content_type = HeaderValue::from_str(content_type)
        .unwrap_or_else(|_| HeaderValue::from_static("application/octet-stream"));
    let headers = [
        (CONTENT_TYPE, content_type),
        (CONTENT_LENGTH, file.len().into()),
        (CONTENT_DISPOSITION, HeaderValue::from_static(disposition)),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(BOXED)),
    ];
    (headers, place.body(file)).into_response()
}

/// A case's messages: oldest or newest first, or only those that are new or changed.
#[utoipa::path(get, path = "/api/v1/cases/{id}/messages", operation_id = "list_messages", tag = TAG, params(("id" = String, Path, description = "The case."), PartQuery, WithDecisions), responses((status = 200, body = MessagePage)))]
pub async fn list(
    State(web): State<Web>,
    Me(caller): Me,
    Id(id): Id<CaseId>,
    Params(MessageListFields(query)): Params<MessageListFields>,
) -> Result<axum::Json<MessagePage>, Problem> {
    let found = web.app().conversation(&caller, id, query).await?;
    let customer = found.customer;
    let key = |message: &domain::message::Message| message.sequence;
    let Page { mut items, next_cursor } =
        Page::of(found.messages, query.limit, key, |message| Message::of(message, Some(&customer)));
    for (id, at) in found.next_tries {
        let delivery = items.iter_mut().find(|item| item.id == id).and_then(|item| item.delivery.as_mut());
        if let Some(delivery) = delivery {
            delivery.next_try_at = Some(at);
        }
    }
    let told = |decision| Decision::told(decision, Reader::Caller(&caller));
    let decisions = found.decisions.map(|decisions| decisions.into_iter().map(told).collect());
    let Since { position, reset } = found.since;
    let deleted = found.deleted.into();
    Ok(axum::Json(MessagePage { items, next_cursor, decisions, position, reset, deleted }))
}

/// Writes to the customer. 409 if they are opted out.
#[utoipa::path(post, path = "/api/v1/cases/{id}/messages", operation_id = "send_message", tag = TAG, params(("id" = String, Path, description = "The case."), ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters: the same key with the same body answers the first message again.")), request_body = NewMessage, responses((status = 201, body = Message)))]
pub async fn send(
    State(web): State<Web>,
    Me(caller): Me,
    Id(id): Id<CaseId>,
    headers: HeaderMap,
    Json(message): Json<NewMessage>,
) -> Result<(StatusCode, axum::Json<Message>), Problem> {
    let key = idempotency_key(&headers)?;
    let message = web.app().message_send(&caller, id, message.body, key).await?;
    Ok((StatusCode::CREATED, axum::Json(Message::of(message, None))))
}

/// What an `Idempotency-Key` has sent.
#[derive(Serialize, ToSchema)]
pub struct GivenUpKey {
    /// The message that it sent; null if it has sent none, and then it never will.
    message: Option<Message>,
}

/// Gives up an `Idempotency-Key` of one's own whose request may have been lost: answers the message that it sent, or
/// makes sure that it never sends one.
#[utoipa::path(delete, path = "/api/v1/cases/{id}/idempotency-keys/{key}", operation_id = "give_up_idempotency_key", tag = TAG, params(("id" = String, Path, description = "The case."), ("key" = String, Path, description = "The key.")), responses((status = 200, body = GivenUpKey)))]
pub async fn give_up_key(
    State(web): State<Web>,
    Me(caller): Me,
    Path((case_id, key)): Path<(String, String)>,
    _: Nothing,
) -> Result<axum::Json<GivenUpKey>, Problem> {
    let message = web.app().key_give_up(&caller, parse_id(&case_id)?, key).await?;
    Ok(axum::Json(GivenUpKey { message: message.map(|message| Message::of(message, None)) }))
}

/// What came with a message, fetched from the carrier. 502 if the carrier does not give it.
#[utoipa::path(get, path = "/api/v1/cases/{id}/messages/{message_id}/attachments/{n}", operation_id = "get_attachment", tag = TAG, params(("id" = String, Path, description = "The case."), ("message_id" = String, Path, description = "The message."), ("n" = u32, Path, description = "Which attachment, from 0.")), responses((status = 200, content_type = "application/octet-stream", body = String)))]
pub async fn attachment(
    State(web): State<Web>,
    Me(caller): Me,
    Path((case_id, message_id, n)): Path<(String, String, String)>,
) -> Result<axum::response::Response, Problem> {
    let (case_id, message_id) = (parse_id(&case_id)?, parse_id(&message_id)?);
    let n = n.parse().map_err(|_| Problem::not_found("attachment"))?;
    let place = web.files().place(caller.user_id).await?;
    let file = web.app().attachment(&caller, case_id, message_id, n).await?;
    Ok(attachment_answer(&file.content_type, file.bytes.into(), place))
}
