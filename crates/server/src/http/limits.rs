//! Bounds on what one client or all of them can hold: requests in flight, and how long one may take.
//!
//! Past the bound a request is answered 503 at once rather than queued without end. A place is taken when the whole
//! request is here (see `arrival.rs`), so what holds it is our own work. The carrier's webhooks and `/readyz` have
//! places that nothing else can take, and `/healthz`, which waits for nothing, needs none. An answer on its way out
//! has left the bound: streams of events have their own (see `streams.rs`), and so have customers' files (see
//! `files.rs`). A request whose client has gone or whose time is up may still be committed: clients repeat with an
//! `Idempotency-Key`.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::Method;
use tokio::sync::Semaphore;
use tracing::Instrument;

use super::problem::{Code, Problem};
use super::{Web, access};

/// The most requests in flight that are none of the following.
const MAX_OTHERS: usize = 2_048;
/// The most webhooks in flight.
const MAX_WEBHOOKS: usize = 512;
/// The most questions at once whether the server is ready.
const MAX_READY: usize = 64;
/// How long a request may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Fast-forward works through all that falls due on the way.
const CLOCK_TIMEOUT: Duration = Duration::from_secs(600);
/// The longest path that stands in the log.
const MAX_LOGGED_CHARS: usize = 120;

/// The places for requests in flight.
pub struct Places {
    webhooks: Semaphore,
    ready: Semaphore,
    others: Semaphore,
}

impl Default for Places {
    fn default() -> Self {
        Self {
            webhooks: Semaphore::new(MAX_WEBHOOKS),
            ready: Semaphore::new(MAX_READY),
            others: Semaphore::new(MAX_OTHERS),
        }
    }
}

impl Places {
    fn for_path(&self, path: &str) -> &Semaphore {
        match path {
            "/readyz" => &self.ready,
            _ if path.starts_with("/webhooks/") => &self.webhooks,
            _ => &self.others,
        }
    }
}

/// Holds a request to the bounds.
pub async fn bound(State(web): State<Web>, request: Request, next: Next) -> Response {
    if request.uri().path() == "/healthz" {
        return next.run(request).await;
    }
    let Ok(_permit) = web.places().for_path(request.uri().path()).try_acquire() else {
        return Problem::unavailable("The server has too many requests in flight. Try again in a moment.")
            .code("busy")
            .into_response();
    };
    let timeout = if request.uri().path() == access::CLOCK { CLOCK_TIMEOUT } else { TIMEOUT };
    match tokio::time::timeout(timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::unavailable("The request took too long and was given up.")
            .code("timed_out")
            .into_response(),
    }
}

/// What tells a request from all others in the log, and in the answer's `X-Request-Id`.
#[derive(Clone)]
pub struct RequestId(pub Arc<str>);

impl RequestId {
    /// A new one: the process in 32 bits, and the request's number in it.
    pub fn next() -> Self {
        static PROCESS: LazyLock<u32> = LazyLock::new(|| u32::from_ne_bytes(app::seal::random_bytes()));
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Self(format!("{:08x}-{count:x}", *PROCESS).into())
    }
}

/// Counts and logs a request: the route, never the query or the body, and no phone number but masked ones. What is
/// logged meanwhile bears its id. Of refused ones a line a second for each route and reason, and how many more.
pub async fn record(State(web): State<Web>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let path = shown_path(request.uri().path());
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let id = request.extensions().get::<RequestId>().cloned().unwrap_or_else(RequestId::next).0;
    let span = tracing::error_span!("request", id = %id);
    let response = next.run(request).instrument(span).await;
    let status = response.status().as_u16();
    let took = started.elapsed();
    let route = matched.as_ref().map_or("other", MatchedPath::as_str);
    metrics::histogram!("backsoon_http_request_seconds", "route" => route.to_owned(), "method" => known(&method),
        "status" => status.to_string())
    .record(took);
    let took_ms = took.as_millis() as u64;
    let code = response.extensions().get::<Code>().map_or("refused", |code| code.0);
    let peer = peer.map(tracing::field::display);
    if status < 400 {
        tracing::debug!(%method, path, status, took_ms, peer, request_id = %id, "request");
        return response;
    }
    let (kind, route) = ((route.to_owned(), status, code), route.to_owned());
    if status >= 500 {
        web.app().seldom().tell(
            kind,
            || tracing::error!(%method, path, status, code, took_ms, peer, request_id = %id, "request"),
            move |count| tracing::error!(route, status, code, count, "more requests like it within a second"),
        );
    } else {
        web.app().seldom().tell(
            kind,
            || tracing::info!(%method, path, status, code, took_ms, peer, request_id = %id, "request"),
            move |count| tracing::info!(route, status, code, count, "more requests like it within a second"),
        );
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
    fn nothing_else_takes_the_places_of_webhooks_and_of_who_asks_whether_we_are_ready() {
        let places = Places::default();
        let take = |path: &str| places.for_path(path).try_acquire().ok();
        let table = [
            ("/api/v1/session", MAX_OTHERS),
            ("/webhooks/twilio/messages", MAX_WEBHOOKS),
            ("/readyz", MAX_READY),
        ];
        let mut held = Vec::new();
        for (path, most) in table {
            held.extend((0..most).map(|_| take(path).expect(path)));
            assert!(take(path).is_none(), "{path}: places beyond its own");
        }
        assert!(take("/webhooks/twilio/status/x").is_none() && take("/").is_none());
        held.clear();
        assert!(table.iter().all(|(path, _)| take(path).is_some()));
    }

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
