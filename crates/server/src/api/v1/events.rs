//! Server-sent events: what changed in the caller's organization, by id.

use crate::http::auth::Me;
use crate::http::problem::Problem;

const TAG: &str = "Events";

/// What changes, as it changes: events `message`, `case`, `decision` and `presence`, whose data names ids. `reset` says that something was missed and everything is to be read again.
#[utoipa::path(get, path = "/api/v1/events", operation_id = "stream_events", tag = TAG, params(("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was seen: goes on after it.")), responses((status = 200, content_type = "text/event-stream", body = String)))]
pub async fn stream(Me(caller): Me) -> Result<axum::response::Response, Problem> {
    Err(Problem::unavailable("This part is not wired yet."))
}
