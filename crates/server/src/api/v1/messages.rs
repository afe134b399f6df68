//! Messages on a case.

use domain::auto_reply::Layer;
use domain::delivery::DeliveryStatus;
use domain::id::{CaseId, DecisionId, MessageId, UserId};
use domain::keyword::Keyword;
use domain::time::Instant;
use http::HeaderMap;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::auth::Me;
use crate::http::body::{Id, Json, Params};
use crate::http::fields::{Fields, FromFields};
use crate::http::page::Page;
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
    /// The operator's id; null for anybody else.
    #[schema(value_type = Option<String>)]
    id: Option<UserId>,
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
        Some(Self { body: fields.text("body", domain::message::MAX_BODY_CHARS)? })
    }
}

/// A case's messages, oldest first.
#[utoipa::path(get, path = "/api/v1/cases/{id}/messages", operation_id = "list_messages", tag = TAG, params(("id" = String, Path, description = "The case."), ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before."), ("limit" = Option<u32>, Query, description = "At most so many: 1 to 200, 50 if left out.")), responses((status = 200, body = Page<Message>)))]
pub async fn list(Me(caller): Me, Id(id): Id<CaseId>) -> Result<axum::Json<Page<Message>>, Problem> {
    Err(Problem::unavailable("This part is not wired yet."))
}

/// Writes to the customer. 409 if they are opted out.
#[utoipa::path(post, path = "/api/v1/cases/{id}/messages", operation_id = "send_message", tag = TAG, params(("id" = String, Path, description = "The case."), ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters: the same key with the same body answers the first message again.")), request_body = NewMessage, responses((status = 201, body = Message)))]
pub async fn send(
    Me(caller): Me,
    Id(id): Id<CaseId>,
    headers: HeaderMap,
    Json(message): Json<NewMessage>,
) -> Result<axum::Json<Message>, Problem> {
    Err(Problem::unavailable("This part is not wired yet."))
}

/// What came with a message, fetched from the carrier.
#[utoipa::path(get, path = "/api/v1/cases/{id}/messages/{message_id}/attachments/{n}", operation_id = "get_attachment", tag = TAG, params(("id" = String, Path, description = "The case."), ("message_id" = String, Path, description = "The message."), ("n" = u32, Path, description = "Which attachment, from 0.")), responses((status = 200, content_type = "application/octet-stream", body = String)))]
pub async fn attachment(Me(caller): Me) -> Result<axum::response::Response, Problem> {
    Err(Problem::unavailable("This part is not wired yet."))
}
