//! The carrier, in the harness's own process, so that what reached it is known: the sandbox behind a layer that
//! writes down every message before the sandbox sees it.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use sandbox::{Account, Config, Number, Sandbox};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

use crate::history::{Answer, Arrival, Shared, now_ms};

/// The account of all numbers. Made up, like its token.
pub const ACCOUNT_SID: &str = "AC70270270270270270270270270270270";
/// Its secret.
pub const AUTH_TOKEN: &str = "torture-auth-token-of-thirty-two";
/// The longest form.
const MAX_FORM_BYTES: usize = 64 * 1024;

/// A running carrier.
pub struct Carrier {
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    /// To set faults with.
    pub sandbox: Sandbox,
}

impl Carrier {
    /// Starts it with these numbers; what it gets is written into the history.
    pub async fn start(numbers: &[String], history: Shared) -> anyhow::Result<Carrier> {
        // Texts from phones are posted by the harness, so that it chooses node, time and repetition.
        let number = |number: &String| Number {
            number: number.clone(),
            inbound_webhook_url: "http://127.0.0.1:9/".to_owned(),
        };
        let account = Account {
            account_sid: ACCOUNT_SID.to_owned(),
            auth_token: AUTH_TOKEN.to_owned(),
            numbers: numbers.iter().map(number).collect(),
        };
        let sandbox = Sandbox::new(Config { accounts: vec![account], clock: Arc::new(now_ms) });
        let router = sandbox.router().layer(middleware::from_fn_with_state(history, write_down));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Carrier { url, sandbox })
    }
}

async fn write_down(State(history): State<Shared>, request: Request, next: Next) -> Response {
    let is_send =
        request.method() == axum::http::Method::POST && request.uri().path().ends_with("/Messages.json");
    if !is_send {
        return next.run(request).await;
    }
    let at = now_ms();
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_FORM_BYTES).await else {
        return axum::http::StatusCode::BAD_REQUEST.into_response();
    };
    let index = {
        let mut history = history.lock();
        history.arrivals.push(arrival(at, &body));
        history.arrivals.len() - 1
    };
    // As long as a carrier takes, so that blows fall in the middle of hand-overs: before it has the message, and after.
    sleep(Duration::from_millis(rand::random_range(20..300))).await;
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    sleep(Duration::from_millis(rand::random_range(20..300))).await;
    // If the node has gone meanwhile this is not reached: the answer stays uncertain.
    history.lock().arrivals[index].answer = match response.status().as_u16() {
        201 => Answer::Taken,
        429 => Answer::TryLater,
        400..=499 => Answer::Refused,
        _ => Answer::Uncertain,
    };
    response
}

fn arrival(at: i64, form: &[u8]) -> Arrival {
    let get = |wanted: &str| {
        let found = form_urlencoded::parse(form).find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    Arrival {
        at,
        message_id: message_id(&get("StatusCallback")).unwrap_or_default(),
        to: get("To"),
        body: get("Body"),
        answer: Answer::Uncertain,
    }
}

/// Our own id of the message: the second part of `…/status/ORGANIZATION.MESSAGE.TAG`, with its hyphens.
fn message_id(callback: &str) -> Option<String> {
    let hex = callback.rsplit('/').next()?.split('.').nth(1).filter(|hex| hex.len() == 32)?;
    Some([&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_message_is_known_by_its_callback() {
        let callback = "http://127.0.0.1:1/webhooks/twilio/status/\
            0190b6a0000070008000000000000000.0190b6a0123470008000000000000abc.00ff";
        let id = super::message_id(callback);
        assert_eq!(id.as_deref(), Some("0190b6a0-1234-7000-8000-000000000abc"));
        assert_eq!(super::message_id("http://127.0.0.1:1/"), None);
    }
}
