//! Server-sent events: what changed in the caller's organization, by id.
//!
//! Guaranteed: every event comes once and none is passed over, in the same order on every node (decision 0017);
//! `Last-Event-ID` goes on after the event it names, on any node; if that is not known any more, `reset` says that
//! everything is to be read again. What another node or the command line changed shows within [`POLL`], even if
//! the node that wrote it died before it could tell. A stream asks whether its session still holds before it tells
//! anything, and each [`POLL`]; it ends when that does not, and when the server closes. It is a GET, so it is no
//! activity, and it does not keep a session alive.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use app::caller::Caller;
use app::events::{EventView, EventsPage};
use axum::Extension;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive};
use axum::response::{IntoResponse, Sse};
use futures_util::stream;
use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderName};
use tokio::sync::watch;
use tokio::time::sleep;
use uuid::Uuid;

use crate::http::Web;
use crate::http::auth::{Credential, Me};
use crate::http::problem::Problem;
use crate::http::streams::Place;

const TAG: &str = "Events";

/// How often a stream looks without having been woken.
const POLL: Duration = Duration::from_secs(1);
/// A stream looks no more often than this, however much changes.
const PAUSE: Duration = Duration::from_millis(50);
/// How often a quiet stream says that it is still there: by an event, because a page cannot see a comment.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long a browser waits before it comes back.
const RETRY: Duration = Duration::from_secs(2);

/// What changes, as it changes: events `message`, `case`, `decision`, `presence` and `customer`, whose data names ids.
/// `reset` says that something was missed and everything is to be read again. `heartbeat`, which has no id, comes
/// after 15 s without another event.
#[utoipa::path(get, path = "/api/v1/events", operation_id = "stream_events", tag = TAG,
    params(("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was seen: goes on after it.")),
    responses((status = 200, content_type = "text/event-stream", body = String)))]
pub async fn stream(
    State(web): State<Web>,
    Me(caller): Me,
    Extension(credential): Extension<Credential>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let place = web.streams().take(caller.user_id).ok_or_else(|| {
        Problem::unavailable(
            "Too many pages are listening for changes already: close some, or try again in a moment.",
        )
        .code("busy")
    })?;
    let changes = web.app().subscribe();
    let seen = headers.get("Last-Event-ID").map(|value| value.to_str().unwrap_or(""));
    let after = seen.and_then(|id| Uuid::try_parse(id).ok());
    let page = web.app().events_after(&caller, after).await?;
    let mut ready = VecDeque::new();
    let last = match page {
        EventsPage::Reset(newest) => {
            ready.push_back(beginning(newest));
            // Who names no event has missed nothing; who names one that is gone has.
            if seen.is_some() {
                ready.push_back(reset(newest));
            }
            newest
        }
        EventsPage::Events(events) => {
            let after = after.unwrap_or_default();
            ready.push_back(beginning(after));
            let last = events.last().map_or(after, |event| event.id);
            ready.extend(events.into_iter().map(event));
            last
        }
    };
    let closing = web.closing();
    let feed = Feed { web, caller, credential, last, ready, changes, closing, _place: place };
    let events = stream::unfold(feed, |mut feed| async {
        let event = feed.next().await?;
        Some((Ok::<_, Infallible>(event), feed))
    });
    let keep_alive =
        KeepAlive::new().interval(KEEP_ALIVE).event(Event::default().event("heartbeat").data("{}"));
    // Some proxies hold a stream back unless told not to.
    let headers = [(CACHE_CONTROL, "no-store"), (HeaderName::from_static("x-accel-buffering"), "no")];
    Ok((headers, Sse::new(events).keep_alive(keep_alive)))
}

/// One reader's place in the events.
struct Feed {
    web: Web,
    caller: Caller,
    credential: Credential,
    last: Uuid,
    ready: VecDeque<Event>,
    changes: watch::Receiver<u64>,
    closing: watch::Receiver<bool>,
    _place: Place,
}

impl Feed {
    /// The next event; none when the stream ends.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            self.wait().await?;
            let found = self.web.app().events_after(&self.caller, Some(self.last)).await;
            // Asked after that, so that what is told was committed while the session held.
            if !self.may_listen().await {
                return None;
            }
            match found {
                Ok(EventsPage::Events(events)) => {
                    self.last = events.last().map_or(self.last, |event| event.id);
                    self.ready.extend(events.into_iter().map(event));
                }
                Ok(EventsPage::Reset(newest)) => {
                    self.last = newest;
                    self.ready.push_back(reset(newest));
                }
                Err(error) => {
                    // The browser comes back with the last id, and nothing is lost.
                    tracing::error!(
                        cause = error.log_text(),
                        "a stream of events ends: the store does not answer"
                    );
                    return None;
                }
            }
        }
    }

    /// Until something changed or it is time to look; none if the server closes.
    async fn wait(&mut self) -> Option<()> {
        if *self.closing.borrow() {
            return None;
        }
        sleep(PAUSE).await;
        tokio::select! {
            changed = self.changes.changed() => changed.ok(),
            () = sleep(POLL) => Some(()),
            _ = self.closing.changed() => None,
        }
    }

    /// Whether the caller may still listen.
    async fn may_listen(&self) -> bool {
        matches!(self.credential.still_holds(&self.web).await, Ok(Some(now)) if now == self.caller)
    }
}

/// Tells the browser its place before anything happens, so that a connection that breaks early resumes, too.
fn beginning(place: Uuid) -> Event {
    Event::default().id(place.to_string()).retry(RETRY)
}

fn event(view: EventView) -> Event {
    Event::default().id(view.id.to_string()).event(view.kind).data(view.data)
}

fn reset(newest: Uuid) -> Event {
    Event::default().id(newest.to_string()).event("reset").data("{}")
}
