//! Test texts: whether a number sends, seen by sending.

use app::error::AppError;
use axum::extract::{Path, State};
use domain::id::{ChannelId, MessageId};
use domain::phone::{WrittenNumber, display};
use domain::time::Instant;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::messages::{MessageDelivery, idempotency_key};
use crate::http::Web;
use crate::http::auth::Me;
use crate::http::body::{Id, Json, parse_id};
use crate::http::fields::{Fields, FromFields};
use crate::http::problem::Problem;

const TAG: &str = "Channels";

/// Where a test text goes.
#[derive(ToSchema)]
pub struct NewTestText {
    /// The phone's number, written in any way; without a country code it is one of the organization's country.
    #[schema(value_type = String, example = "+1 206 555 0117")]
    phone: WrittenNumber,
}

impl FromFields for NewTestText {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self { phone: fields.required("phone")? })
    }
}

/// A test text and what became of it.
#[derive(Serialize, ToSchema)]
pub struct TestText {
    /// The message's id, by which it is asked for again.
    #[schema(value_type = String)]
    message_id: MessageId,
    /// The number of the case that was made for it, which is closed and unassigned.
    case_number: i64,
    /// To which number it goes.
    phone: String,
    /// The same as people read it: `+1 206 555 0117`.
    phone_display: String,
    /// Its words.
    body: String,
    /// What became of it.
    delivery: MessageDelivery,
    /// When it was committed.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
}

impl TryFrom<app::test_text::TestText> for TestText {
    type Error = AppError;

    fn try_from(test: app::test_text::TestText) -> Result<Self, AppError> {
        let app::test_text::TestText { message, case_number, phone, next_try_at } = test;
        let none = || AppError::Internal("a test text has no delivery".to_owned());
        Ok(Self {
            message_id: message.id,
            case_number,
            phone_display: display(&phone),
            phone,
            body: message.body,
            delivery: MessageDelivery::of(message.delivery.ok_or_else(none)?, next_try_at),
            created_at: message.created_at,
        })
    }
}

/// Sends a test text from this number, as every text is sent. 409 if the number is deactivated or the customer
/// opted out; 429 after 10 within an hour.
#[utoipa::path(post, path = "/api/v1/channels/{id}/test", operation_id = "send_test_text", tag = TAG, params(("id" = String, Path, description = "The channel."), ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters: the same key with the same number answers the first test text again.")), request_body = NewTestText, responses((status = 201, body = TestText)))]
pub async fn send(
    State(web): State<Web>,
    Me(caller): Me,
    Id(id): Id<ChannelId>,
    headers: HeaderMap,
    Json(NewTestText { phone }): Json<NewTestText>,
) -> Result<(StatusCode, axum::Json<TestText>), Problem> {
    let key = idempotency_key(&headers)?;
    let sent = web.app().channel_test(&caller, id, phone.as_str(), key).await?;
    Ok((StatusCode::CREATED, axum::Json(sent.try_into()?)))
}

/// What became of a test text that the caller sent.
#[utoipa::path(get, path = "/api/v1/channels/{id}/test/{message_id}", operation_id = "get_test_text", tag = TAG, params(("id" = String, Path, description = "The channel."), ("message_id" = String, Path, description = "The message.")), responses((status = 200, body = TestText)))]
pub async fn show(
    State(web): State<Web>,
    Me(caller): Me,
    Path((id, message_id)): Path<(String, String)>,
) -> Result<axum::Json<TestText>, Problem> {
    let found = web.app().channel_test_get(&caller, parse_id(&id)?, parse_id(&message_id)?).await?;
    Ok(axum::Json(found.try_into()?))
}
