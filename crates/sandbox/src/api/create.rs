//! A business sends a message: checked as Twilio checks it, spoiled as the faults say.

use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::Sandbox;
use crate::error::ApiError;
use crate::fault::{Fault, FaultKind};
use crate::message::{Direction, Message};
use crate::{sid, state};

const MAX_BODY_UNITS: usize = 1_600;
/// Longer than any caller waits, and short enough not to hold up a shutdown for long.
const HANG: Duration = Duration::from_secs(30);

pub async fn create(
    State(sandbox): State<Sandbox>,
    Path(account_sid): Path<String>,
    headers: HeaderMap,
    form: Result<Form<Vec<(String, String)>>, axum::extract::rejection::FormRejection>,
) -> Response {
    if let Err(refused) = sandbox.authorize(&account_sid, &headers) {
        return refused.into_response();
    }
    let params = match form {
        Ok(Form(params)) => params,
        Err(error) => return ApiError::bad(20001, error.to_string()).into_response(),
    };
    let fault = sandbox.take_fault();
    match fault.as_ref().map(|fault| fault.kind) {
        Some(FaultKind::TooManyRequests) => return too_many_requests(fault.as_ref()),
        Some(FaultKind::Refuse) => {
            return ApiError::chosen(fault.and_then(|fault| fault.code).unwrap_or(30008)).into_response();
        }
        Some(FaultKind::ErrorNotProcessed) => return server_error(),
        Some(FaultKind::HangNotProcessed) => return hang().await,
        Some(FaultKind::ResetNotProcessed) => return reset(),
        _ => {}
    }
    let resource = match sandbox.take(&account_sid, &params) {
        Ok(resource) => resource,
        Err(refused) => return refused.into_response(),
    };
    match fault.map(|fault| fault.kind) {
        Some(FaultKind::ErrorProcessed) => server_error(),
        Some(FaultKind::HangProcessed) => hang().await,
        Some(FaultKind::ResetProcessed) => reset(),
        _ => (StatusCode::CREATED, Json(resource)).into_response(),
    }
}

impl Sandbox {
    fn take_fault(&self) -> Option<Fault> {
        let fault = self.state().faults.take_for_answer();
        if fault.is_some() {
            self.tell(state::Event::faults);
        }
        fault
    }

    /// Takes a message and sets it on its way.
    fn take(&self, account_sid: &str, params: &[(String, String)]) -> Result<Value, ApiError> {
        let now_ms = self.now_ms();
        let request = Request::of(params)?;
        let (message, aftermath) = {
            let mut state = self.state();
            request.check(&state, account_sid)?;
            let message = Message {
                sid: sid::new(if request.media_links > 0 { "MM" } else { "SM" }),
                account_sid: account_sid.to_owned(),
                direction: Direction::OutboundApi,
                from: request.from.to_owned(),
                to: request.to.to_owned(),
                body: request.body.to_owned(),
                status: "queued",
                error_code: None,
                error_message: None,
                media: vec![],
                media_links: request.media_links,
                created_ms: now_ms,
                updated_ms: now_ms,
                sent_ms: None,
                handover: None,
            };
            state.add_message(message.clone());
            let aftermath = state.faults.take_for_aftermath();
            (message, aftermath)
        };
        self.tell(|state| state::Event::message(state, &message.sid));
        if !aftermath.0.is_empty() {
            self.tell(state::Event::faults);
        }
        let resource = message.json();
        self.deliver(message.sid, request.status_callback.map(str::to_owned), aftermath);
        Ok(resource)
    }
}

/// The parameters of a send that the sandbox looks at.
struct Request<'a> {
    to: &'a str,
    from: &'a str,
    body: &'a str,
    status_callback: Option<&'a str>,
    media_links: usize,
}

impl<'a> Request<'a> {
    fn of(params: &'a [(String, String)]) -> Result<Self, ApiError> {
        let get = |name: &str| {
            params
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.as_str())
                .filter(|v| !v.is_empty())
        };
        if let Some(seconds) = get("ValidityPeriod")
            && !seconds.parse::<u32>().is_ok_and(|seconds| (1..=36_000).contains(&seconds))
        {
            return Err(ApiError::bad(20001, "ValidityPeriod must be from 1 to 36000 seconds"));
        }
        Ok(Self {
            to: get("To").ok_or_else(|| ApiError::bad(21604, "A 'To' phone number is required."))?,
            from: get("From").ok_or_else(|| ApiError::bad(21603, "A 'From' phone number is required."))?,
            body: get("Body").unwrap_or_default(),
            status_callback: get("StatusCallback"),
            media_links: params.iter().filter(|(name, _)| name == "MediaUrl").count(),
        })
    }

    fn check(&self, state: &state::State, account_sid: &str) -> Result<(), ApiError> {
        let Self { to, from, body, .. } = self;
        if !is_number(to) {
            return Err(ApiError::bad(21211, format!("Invalid 'To' Phone Number: {to}")));
        }
        if !is_number(from) {
            return Err(ApiError::bad(21212, format!("Invalid 'From' Phone Number: {from}")));
        }
        match state.numbers.get(*from) {
            None => {
                return Err(ApiError::bad(21659, format!("'From' {from} is not a number of this carrier")));
            }
            Some(number) if number.account_sid != account_sid => {
                return Err(ApiError::bad(21606, format!("'From' {from} does not belong to the account")));
            }
            Some(_) if to == from => {
                return Err(ApiError::bad(21266, "'To' and 'From' number cannot be the same"));
            }
            Some(_) => {}
        }
        if body.is_empty() && self.media_links == 0 {
            return Err(ApiError::bad(21602, "Message body is required."));
        }
        if body.encode_utf16().count() > MAX_BODY_UNITS {
            return Err(ApiError::bad(21617, "The message body exceeds the 1600 character limit."));
        }
        let callback_fits = self.status_callback.is_none_or(|url| {
            url.parse::<axum::http::Uri>().is_ok_and(|uri| {
                matches!(uri.scheme_str(), Some("http" | "https"))
                    && uri.host().is_some_and(|host| !host.contains('_'))
            })
        });
        if !callback_fits {
            return Err(ApiError::bad(21609, "The 'StatusCallback' is not a valid URL"));
        }
        if state.has_opted_out(to, from) {
            return Err(ApiError::bad(21610, "Attempt to send to an unsubscribed recipient"));
        }
        Ok(())
    }
}

fn is_number(text: &str) -> bool {
    text.starts_with('+') && crate::text::is_address(text)
}

fn too_many_requests(fault: Option<&Fault>) -> Response {
    let mut response = ApiError::new(429, 20429, "Too Many Requests").into_response();
    if let Some(delay_ms) = fault.and_then(|fault| fault.delay_ms) {
        let seconds = delay_ms.div_ceil(1_000);
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn server_error() -> Response {
    ApiError::new(500, 20500, "Internal Server Error").into_response()
}

async fn hang() -> Response {
    tokio::time::sleep(HANG).await;
    reset()
}

/// An answer whose body fails before its first byte: the server closes the connection with nothing written.
fn reset() -> Response {
    let broken = std::io::Error::other("the sandbox carrier was told to close the connection");
    let body = futures_util::stream::once(std::future::ready(Err::<Bytes, _>(broken)));
    Response::new(Body::from_stream(body))
}
