//! The control API: what the page of phones, the tests and the demo use to act for the customers.
//!
//! It has no authentication, so it is for loopback only, and `guest.rs` turns away what comes by another site's name or
//! from its pages.

use std::convert::Infallible;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures_util::{Stream, StreamExt};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio_stream::wrappers::BroadcastStream;

use crate::error::ControlError;
use crate::message::{Direction, Message, PICTURE_TYPE, written};
use crate::state::{self, Event, MESSAGES_PER_PHONE};
use crate::text::is_address;
use crate::{Fault, Handover, Sandbox, Text, api, picture, sid};

const PHONES_SHOWN: usize = 48;
const MAX_PHONES_SHOWN: usize = 500;
const MESSAGES_SHOWN: usize = 50;
const MAX_NAME_CHARS: usize = 60;

/// The routes of the control API.
pub fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/sandbox/phones", get(phones).post(add_phone))
        .route("/sandbox/phones/{number}", get(phone))
        .route("/sandbox/phones/{number}/messages", axum::routing::post(text))
        .route("/sandbox/faults", get(faults).put(set_faults))
        .route("/sandbox/events", get(events))
        .route("/sandbox/media/{sid}", get(media))
}

/// A message as a phone shows it.
#[derive(Debug, Clone, Serialize)]
pub struct MessageView {
    /// Its id.
    pub sid: String,
    /// `inbound` (from the phone), `outbound-api` or `outbound-reply`.
    pub direction: &'static str,
    /// The sender.
    pub from: String,
    /// The recipient.
    pub to: String,
    /// The words.
    pub body: String,
    /// Twilio's status.
    pub status: &'static str,
    /// Why it did not arrive.
    pub error_code: Option<u32>,
    /// Its pictures.
    pub media: Vec<MediaView>,
    /// How the business took it; for texts from the phone.
    pub handover: Option<Handover>,
    /// When, RFC 3339.
    pub created_at: String,
}

/// A picture as a phone shows it.
#[derive(Debug, Clone, Serialize)]
pub struct MediaView {
    /// Where the page finds it.
    pub url: String,
    /// Its type.
    pub content_type: &'static str,
}

impl MessageView {
    pub(crate) fn of(message: &Message) -> Self {
        let media =
            |sid: &String| MediaView { url: format!("/sandbox/media/{sid}"), content_type: PICTURE_TYPE };
        Self {
            sid: message.sid.clone(),
            direction: message.direction.as_str(),
            from: message.from.clone(),
            to: message.to.clone(),
            body: message.body.clone(),
            status: message.status,
            error_code: message.error_code,
            media: message.media.iter().map(media).collect(),
            handover: message.handover.clone().filter(|_| message.direction == Direction::Inbound),
            created_at: written(message.created_ms, "%Y-%m-%dT%H:%M:%S%.3fZ"),
        }
    }
}

/// A phone with its newest messages, oldest of them first.
#[derive(Debug, Clone, Serialize)]
pub struct PhoneView {
    /// Its number.
    pub number: String,
    /// Whose it is; known to the carrier's page only.
    pub name: String,
    /// Its place among the phones: those that were there first come first.
    pub place: u64,
    /// The business numbers that it wants no messages from.
    pub opted_out: Vec<String>,
    /// What it shows.
    pub messages: Vec<MessageView>,
}

impl PhoneView {
    pub(crate) fn of(state: &state::State, number: &str, messages: usize) -> Option<Self> {
        let phone = state.phone(number)?;
        let skipped = phone.sids.len().saturating_sub(messages);
        Some(Self {
            number: number.to_owned(),
            name: phone.name.clone(),
            place: phone.first_use,
            opted_out: phone.opted_out.iter().cloned().collect(),
            messages: phone
                .sids
                .iter()
                .skip(skipped)
                .filter_map(|sid| state.message(sid))
                .map(MessageView::of)
                .collect(),
        })
    }
}

/// The business numbers, for choosing one.
pub fn number_views(state: &state::State) -> Vec<Value> {
    let view = |(number, of): (&String, &state::NumberState)| json!({ "number": number, "account_sid": of.account_sid });
    state.numbers.iter().map(view).collect()
}

#[derive(Deserialize)]
struct PhonesQuery {
    #[serde(default)]
    q: String,
    limit: Option<usize>,
}

async fn phones(
    State(sandbox): State<Sandbox>,
    Query(query): Query<PhonesQuery>,
    headers: HeaderMap,
) -> Json<Value> {
    let mut state = sandbox.state();
    state.address.by_page = api::address(&headers);
    let wanted = query.q.trim().to_lowercase();
    let mut found: Vec<(u64, &String)> = state
        .phones()
        .filter(|(number, phone)| number.contains(&wanted) || phone.name.to_lowercase().contains(&wanted))
        .map(|(number, phone)| (phone.last_use, number))
        .collect();
    found.sort_unstable_by(|one, other| other.cmp(one));
    let total = found.len();
    let limit = query.limit.unwrap_or(PHONES_SHOWN).min(MAX_PHONES_SHOWN);
    let phones: Vec<PhoneView> = found
        .into_iter()
        .take(limit)
        .filter_map(|(_, number)| PhoneView::of(&state, number, MESSAGES_SHOWN))
        .collect();
    Json(json!({
        "numbers": number_views(&state),
        "phones": phones,
        "total": total,
        "desk_url": state.desk_url,
    }))
}

async fn phone(
    State(sandbox): State<Sandbox>,
    Path(number): Path<String>,
) -> Result<Json<PhoneView>, ControlError> {
    PhoneView::of(&sandbox.state(), &number, MESSAGES_PER_PHONE)
        .map(Json)
        .ok_or_else(|| ControlError(StatusCode::NOT_FOUND, format!("There is no phone {number:?}.")))
}

/// A JSON body, or a sentence about what is wrong with it.
fn body<T>(body: Result<Json<T>, JsonRejection>) -> Result<T, ControlError> {
    body.map(|Json(body)| body).map_err(|error| ControlError(error.status(), error.body_text()))
}

fn refused(error: impl std::fmt::Display) -> ControlError {
    ControlError(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPhone {
    number: String,
    #[serde(default)]
    name: String,
}

async fn add_phone(
    State(sandbox): State<Sandbox>,
    new: Result<Json<NewPhone>, JsonRejection>,
) -> Result<Response, ControlError> {
    let NewPhone { number, name } = body(new)?;
    let (number, name) = (number.trim(), name.trim());
    if !is_address(number) {
        return Err(refused(crate::TextRefused::From));
    }
    if sandbox.state().numbers.contains_key(number) {
        return Err(refused("this number belongs to a business"));
    }
    if name.chars().count() > MAX_NAME_CHARS || name.chars().any(char::is_control) {
        return Err(refused(format!("a name has at most {MAX_NAME_CHARS} characters, on one line")));
    }
    sandbox.add_phone(number, name);
    let view = PhoneView::of(&sandbox.state(), number, MESSAGES_SHOWN);
    Ok((StatusCode::CREATED, Json(view)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewText {
    #[serde(default)]
    to: String,
    #[serde(default)]
    body: String,
    #[serde(default)]
    media: bool,
    message_sid: Option<String>,
    #[serde(default)]
    lost: bool,
    #[serde(default)]
    judged_machine_made: bool,
}

async fn text(
    State(sandbox): State<Sandbox>,
    Path(number): Path<String>,
    headers: HeaderMap,
    new: Result<Json<NewText>, JsonRejection>,
) -> Result<Json<Value>, ControlError> {
    let new = body(new)?;
    sandbox.state().address.by_page = api::address(&headers);
    let text = Text {
        from: number,
        to: new.to,
        body: new.body,
        media: new.media,
        message_sid: new.message_sid,
        lost: new.lost,
        judged_machine_made: new.judged_machine_made,
    };
    // A page that is closed meanwhile must not call back a text that the phone has sent.
    let sent = tokio::spawn(async move { sandbox.text(text).await }).await;
    let outcome = sent.map_err(|error| refused(error.to_string()))?.map_err(refused)?;
    let handover = outcome.handover.as_ref();
    Ok(Json(json!({
        "message_sid": outcome.message_sid,
        "webhook_status": handover.and_then(|handover| handover.status),
        "attempts": handover.map_or(0, |handover| handover.attempts),
        "error": handover.and_then(|handover| handover.error.clone()),
    })))
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultList {
    faults: Vec<Fault>,
}

async fn faults(State(sandbox): State<Sandbox>) -> Json<FaultList> {
    Json(FaultList { faults: sandbox.faults() })
}

async fn set_faults(
    State(sandbox): State<Sandbox>,
    list: Result<Json<FaultList>, JsonRejection>,
) -> Result<Json<FaultList>, ControlError> {
    sandbox.set_faults(body(list)?.faults).map_err(refused)?;
    Ok(faults(State(sandbox)).await)
}

async fn events(State(sandbox): State<Sandbox>) -> Sse<impl Stream<Item = Result<sse::Event, Infallible>>> {
    let missed_or = |event: Result<Event, _>| event.unwrap_or_else(|_| Event::reload());
    let stream = BroadcastStream::new(sandbox.inner.events.subscribe()).map(move |event| {
        let event = missed_or(event);
        Ok(sse::Event::default().event(event.name).data(event.data))
    });
    Sse::new(stream).keep_alive(KeepAlive::default())
}

async fn media(Path(sid): Path<String>) -> Result<Response, ControlError> {
    if !sid::is(&["ME"], &sid) {
        return Err(ControlError(StatusCode::NOT_FOUND, "There is no such picture.".to_owned()));
    }
    let headers = [(header::CONTENT_TYPE, PICTURE_TYPE), (header::CACHE_CONTROL, "max-age=86400, immutable")];
    Ok((headers, picture::of(&sid)).into_response())
}
