//! Twilio's form posts: messages from customers, and reports of what became of ours.
//!
//! Guaranteed: the signature is checked against the configured public address with the path and query as they
//! came, never against a Host or Forwarded header (V4.1.3); a message is answered 200 only after it is durable,
//! and 503 while it cannot be, so that the carrier tries again.

use std::sync::LazyLock;

use app::error::AppError;
use app::seldom::Seldom;
use app::webhooks::{Posted, WebhookError};
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, StatusCode, Uri};

use crate::http::Web;
use crate::http::body::{MAX_BODY_BYTES, media_type, read_body};
use crate::http::problem::Problem;

const TAG: &str = "Webhooks";

/// A customer's message. Answers an empty `<Response/>`: replies are sent through the carrier's API.
#[utoipa::path(post, path = "/webhooks/twilio/messages", operation_id = "receive_message", tag = TAG,
    params(("X-Twilio-Signature" = String, Header, description = "The carrier's signature.")),
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, content_type = "text/xml", body = String)))]
pub async fn messages(State(web): State<Web>, request: Request) -> Result<Response, Problem> {
    let (post, uri) = Post::read(request).await?;
    web.app().receive_webhook(path_and_query(&uri), &post.posted, &post.signature).await.map_err(refused)?;
    let content_type = HeaderValue::from_static("text/xml; charset=utf-8");
    Ok(([(CONTENT_TYPE, content_type)], "<Response/>").into_response())
}

/// What became of a message to a customer. The address bears our own signed id of the message.
#[utoipa::path(post, path = "/webhooks/twilio/status/{token}", operation_id = "receive_status", tag = TAG,
    params(("token" = String, Path, description = "Our signed id of the message."),
        ("X-Twilio-Signature" = String, Header, description = "The carrier's signature.")),
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 204)))]
pub async fn status(
    State(web): State<Web>,
    Path(token): Path<String>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let (post, uri) = Post::read(request).await?;
    web.app()
        .receive_status(&token, path_and_query(&uri), &post.posted, &post.signature)
        .await
        .map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// What was posted: the signature covers every byte of every parameter, unknown ones too. A form is never refused for
/// what stands in it, because a text that cannot be read in full must not be lost.
struct Post {
    posted: Posted,
    signature: String,
}

impl Post {
    async fn read(request: Request) -> Result<(Self, Uri), Problem> {
        require_form(request.headers())?;
        let signature = signature(request.headers()).to_owned();
        let uri = request.uri().clone();
        let body = read_body(request, MAX_BODY_BYTES).await?;
        Ok((Self { posted: Posted::read(&body), signature }, uri))
    }
}

/// 415 unless it says that it is a form, in whatever charset: what cannot be read is replaced.
fn require_form(headers: &HeaderMap) -> Result<(), Problem> {
    const FORM: &str = "application/x-www-form-urlencoded";
    if media_type(headers).eq_ignore_ascii_case(FORM) {
        return Ok(());
    }
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("Send the body as {FORM}.")))
}

/// A missing signature is one that fits nothing.
fn signature(headers: &HeaderMap) -> &str {
    headers.get("X-Twilio-Signature").and_then(|value| value.to_str().ok()).unwrap_or("")
}

fn path_and_query(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", |path_and_query| path_and_query.as_str())
}

/// While the database is away, every webhook meets it.
static TOLD: LazyLock<Seldom> = LazyLock::new(Seldom::default);

fn refused(error: WebhookError) -> Problem {
    let detail = error.to_string();
    match error {
        WebhookError::UnknownMessage => Problem::new(StatusCode::NOT_FOUND, detail),
        // Who cannot sign is not told which numbers are ours. The log says which of the two it was.
        WebhookError::UnknownNumber | WebhookError::BadSignature => {
            Problem::forbidden(WebhookError::BadSignature.to_string()).code("bad_signature")
        }
        WebhookError::Invalid { .. } => Problem::malformed(detail),
        // Whatever is the matter with the store, the carrier is to come again.
        WebhookError::App(AppError::Store(error)) => {
            let cause = error.log_text();
            TOLD.tell(
                (String::new(), 503, "webhook"),
                || tracing::error!(cause, "a webhook could not be stored"),
                |count| tracing::error!(count, "more webhooks could not be stored, within a second"),
            );
            Problem::unavailable(detail)
        }
        WebhookError::App(error) => error.into(),
    }
}
