//! Twilio's form posts: messages from customers, and reports of what became of ours.
//!
//! Guaranteed: the signature is checked against the configured public address with the path and query as they
//! came, never against a Host or Forwarded header (V4.1.3); a message is answered 200 only after it is durable,
//! and 503 while it cannot be, so that the carrier tries again.

use axum::response::Response;

use crate::http::problem::Problem;

const TAG: &str = "Webhooks";

/// A customer's message. Answers an empty `<Response/>`: replies are sent through the carrier's API.
#[utoipa::path(post, path = "/webhooks/twilio/messages", operation_id = "receive_message", tag = TAG,
    params(("X-Twilio-Signature" = String, Header, description = "The carrier's signature.")),
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, content_type = "text/xml", body = String)))]
pub async fn messages() -> Result<Response, Problem> {
    Err(Problem::unavailable("This part is not wired yet."))
}

/// What became of a message to a customer. The address bears our own signed id of the message.
#[utoipa::path(post, path = "/webhooks/twilio/status/{token}", operation_id = "receive_status", tag = TAG,
    params(("token" = String, Path, description = "Our signed id of the message."),
        ("X-Twilio-Signature" = String, Header, description = "The carrier's signature.")),
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 204)))]
pub async fn status() -> Result<http::StatusCode, Problem> {
    Err(Problem::unavailable("This part is not wired yet."))
}
