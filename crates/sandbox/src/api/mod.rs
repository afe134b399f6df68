//! Twilio's API: who may use it, and where its resources are.

mod create;
mod read;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use axum::routing::get;
use base64::Engine;
use subtle::ConstantTimeEq;

use crate::Sandbox;
use crate::error::ApiError;
use crate::message::written;

const ACCOUNTS: &str = "/2010-04-01/Accounts";

/// The routes of the API.
pub fn routes() -> Router<Sandbox> {
    Router::new()
        .route(&format!("{ACCOUNTS}/{{account}}"), get(read::account))
        .route(&format!("{ACCOUNTS}/{{account}}/IncomingPhoneNumbers.json"), get(read::numbers))
        .route(&format!("{ACCOUNTS}/{{account}}/Messages.json"), get(read::list).post(create::create))
        .route(&format!("{ACCOUNTS}/{{account}}/Messages/{{message}}"), get(read::message))
        .route(&format!("{ACCOUNTS}/{{account}}/Messages/{{message}}/Media.json"), get(read::media_list))
        .route(&format!("{ACCOUNTS}/{{account}}/Messages/{{message}}/Media/{{media}}"), get(read::media))
}

/// Dates an answer by the carrier's own clock: callers measure the age of a message against it.
pub async fn dated(State(sandbox): State<Sandbox>, mut response: Response) -> Response {
    let date = written(sandbox.now_ms(), "%a, %d %b %Y %H:%M:%S GMT");
    if let Ok(date) = HeaderValue::try_from(date) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

impl Sandbox {
    /// Lets nobody in but the account itself.
    fn authorize(&self, account_sid: &str, headers: &HeaderMap) -> Result<(), ApiError> {
        let (user, password) = credentials(headers).ok_or_else(ApiError::unauthorized)?;
        let mut state = self.state();
        let token = state.auth_token(account_sid).ok_or_else(ApiError::unauthorized)?;
        let known =
            user.as_bytes().ct_eq(account_sid.as_bytes()) & password.as_bytes().ct_eq(token.as_bytes());
        if !bool::from(known) {
            return Err(ApiError::unauthorized());
        }
        state.address.by_api = address(headers).or(state.address.by_api.take());
        Ok(())
    }
}

/// The address by which a request reached us.
pub fn address(headers: &HeaderMap) -> Option<String> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let plain = host.len() <= 100 && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".:-[]".contains(&b));
    plain.then(|| format!("http://{host}"))
}

fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, encoded) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = base64::engine::general_purpose::STANDARD.decode(encoded.trim()).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}
