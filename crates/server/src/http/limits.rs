//! Bounds on what one client or all of them can hold: requests in flight, and how long one may take.
//!
//! Past the bound a request is answered 503 at once rather than queued without end. A stream of events leaves
//! the bound when its answer begins; streams have their own (see `api/v1/events.rs`). A request whose client has
//! gone or whose time is up may still be committed: clients repeat with an `Idempotency-Key`.

use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::Method;

use super::problem::Problem;
use super::{Web, access};

/// The most requests in flight.
pub const MAX_IN_FLIGHT: usize = 2_048;
/// How long a request may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Fast-forward works through all that falls due on the way.
const CLOCK_TIMEOUT: Duration = Duration::from_secs(600);
/// The longest path that stands in the log.
const MAX_LOGGED_CHARS: usize = 120;

/// Holds a request to the bounds.
pub async fn bound(State(web): State<Web>, request: Request, next: Next) -> Response {
    let Ok(_permit) = web.in_flight().try_acquire() else {
        return Problem::unavailable("The server has too many requests in flight. Try again in a moment.")
            .into_response();
    };
    let timeout = if request.uri().path() == access::CLOCK { CLOCK_TIMEOUT } else { TIMEOUT };
    match tokio::time::timeout(timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::unavailable("The request took too long and was given up.").into_response(),
    }
}

/// Counts and logs a request: the route, never the query or the body, and no phone number but masked ones.
pub async fn record(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let path = shown_path(request.uri().path());
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let took = started.elapsed();
    let route = matched.as_ref().map_or("other", MatchedPath::as_str);
    metrics::histogram!("backsoon_http_request_seconds", "route" => route.to_owned(), "method" => known(&method),
        "status" => status.to_string())
    .record(took);
    let took_ms = took.as_millis() as u64;
    match status {
        500.. => tracing::error!(%method, path, status, took_ms, "request"),
        400.. => tracing::info!(%method, path, status, took_ms, "request"),
        _ => tracing::debug!(%method, path, status, took_ms, "request"),
    }
    response
}

/// A method as a label: an invented one must not become a new time series.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

/// A path for the log: bounded, and long runs of digits masked, because somebody may put a phone number there.
/// The signed id of a status callback is a credential of sorts and is left out.
fn shown_path(path: &str) -> String {
    const STATUS: &str = "/webhooks/twilio/status/";
    if path.starts_with(STATUS) {
        return format!("{STATUS}…");
    }
    let bounded = path.chars().take(MAX_LOGGED_CHARS);
    let plain: String = bounded.map(|c| if c.is_control() { '?' } else { c }).collect();
    domain::phone::mask_within(&plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v16_2_5_no_phone_number_stands_in_a_logged_path() {
        let table = [
            ("/api/v1/cases/12", "/api/v1/cases/12"),
            ("/cases/+15551230001/x", "/cases/+•••••••0001/x"),
            ("/cases/%2B15551230001", "/cases/%2B•••••••0001"),
            ("/webhooks/twilio/status/abc.def", "/webhooks/twilio/status/…"),
        ];
        for (path, shown) in table {
            assert_eq!(shown_path(path), shown);
        }
        assert_eq!(shown_path(&"/a".repeat(500)).chars().count(), MAX_LOGGED_CHARS);
    }
}
