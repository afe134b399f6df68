//! Every error leaves the server as `application/problem+json` (RFC 9457).
//!
//! Guaranteed: a body with `type`, `title`, `status` and `detail`, and for an invalid field `errors` with every
//! bad field. Not in it, ever: what went wrong inside; that goes to the log.

use std::sync::LazyLock;

use app::error::AppError;
use app::seldom::Seldom;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use domain::field::{FieldError, FieldErrors};
use http::header::{ALLOW, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

/// The most fields that one answer names: a hostile request can be wrong in ten thousand places.
const MAX_ERRORS: usize = 200;

/// The media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// A refusal or a failure on its way out.
#[derive(Debug)]
pub struct Problem(Box<Inner>);

#[derive(Debug)]
struct Inner {
    status: StatusCode,
    code: &'static str,
    detail: String,
    errors: Vec<FieldError>,
    headers: HeaderMap,
}

/// The code of a refused request, for its line in the log.
#[derive(Clone, Copy)]
pub struct Code(pub &'static str);

/// Every code that a problem can bear. They do not change; docs/api.md says what each means.
pub const CODES: &[&str] = &[
    "malformed",
    "not_signed_in",
    "wrong_credentials",
    "not_allowed",
    "other_site",
    "bad_signature",
    "not_found",
    "no_such_address",
    "method_not_allowed",
    "opted_out",
    "idempotency_key_used",
    "idempotency_key_given_up",
    "own_operator",
    "own_account",
    "channel_not_active",
    "last_system_admin",
    "nothing_asked",
    "not_switched_on",
    "attachment_refused",
    "being_handed_over",
    "key_does_not_fit",
    "no_session",
    "changed_meanwhile",
    "too_large",
    "unsupported_media_type",
    "invalid_fields",
    "too_many_attempts",
    "internal",
    "carrier_failed",
    "unavailable",
    "channel_paused",
    "not_ready",
    "busy",
    "timed_out",
    "refused",
];

/// The code of a problem of which no more is known than its status.
fn code_of(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "malformed",
        401 => "not_signed_in",
        403 => "not_allowed",
        404 => "not_found",
        405 => "method_not_allowed",
        408 => "timed_out",
        412 => "changed_meanwhile",
        413 => "too_large",
        415 => "unsupported_media_type",
        422 => "invalid_fields",
        429 => "too_many_attempts",
        500 => "internal",
        502 => "carrier_failed",
        503 => "unavailable",
        _ => "refused",
    }
}

/// What a refused or failed request is answered (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody<'a> {
    /// Always `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'a str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What is wrong and what to do, in a sentence.
    detail: &'a str,
    /// The same in one word, which does not change; docs/api.md lists them, and there may come more.
    code: &'static str,
    /// Every field that is wrong.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(value_type = Option<Vec<ProblemField>>, nullable = false)]
    errors: &'a [FieldError],
}

/// One field that is wrong.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes domain::field::FieldError in openapi.json")]
pub struct ProblemField {
    /// The field's path in the request, such as `customer.phone`.
    field: String,
    /// What is wrong with it; reads after the field's name.
    message: String,
}

impl Problem {
    /// A problem with a sentence for the person who asked.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let (code, detail) = (code_of(status), detail.into());
        Self(Box::new(Inner { status, code, detail, errors: Vec::new(), headers: HeaderMap::new() }))
    }

    /// Says more closely than the status what it is: one of [`CODES`].
    pub fn code(mut self, code: &'static str) -> Self {
        self.0.code = code;
        self
    }

    /// 400: the request could not be read at all.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 401, with the way in.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail)
            .with(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"backsoon\""))
    }

    /// 403.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// 404 for a thing that is not in the caller's organization.
    pub fn not_found(what: &'static str) -> Self {
        AppError::NotFound(what).into()
    }

    /// 404 for an address that nothing is served at.
    pub fn no_such_address() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Nothing is served at this address; /docs lists what is.")
            .code("no_such_address")
    }

    /// 405; `allow` is what the address does take.
    pub fn method_not_allowed(allow: &str) -> Self {
        let problem = Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            if allow.is_empty() {
                "This address does not support this method.".to_owned()
            } else {
                format!("This address does not support this method; it takes {allow}.")
            },
        );
        match HeaderValue::from_str(allow) {
            Ok(value) if !allow.is_empty() => problem.with(ALLOW, value),
            _ => problem,
        }
    }

    /// 413.
    pub fn too_large(limit_bytes: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("The body is larger than the {limit_bytes} bytes that this address takes."),
        )
    }

    /// 422 with every bad field.
    pub fn invalid(errors: FieldErrors) -> Self {
        AppError::from(errors).into()
    }

    /// 503 with a hint when to come back.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail).with(RETRY_AFTER, HeaderValue::from_static("5"))
    }

    /// 500, whose cause stands in the log alone.
    pub fn internal() -> Self {
        AppError::Internal(String::new()).into()
    }

    /// Adds a header.
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }
}

/// A fault is met by every request while it lasts.
fn tell(what: &'static str, error: &AppError) {
    static TOLD: LazyLock<Seldom> = LazyLock::new(Seldom::default);
    let cause = error.log_text();
    TOLD.tell(
        (error.to_string(), 500, what),
        || tracing::error!(cause, "{what}"),
        move |count| tracing::error!(count, "{what}: more requests within a second"),
    );
}

impl From<AppError> for Problem {
    fn from(mut error: AppError) -> Self {
        if let AppError::Invalid(errors) = &mut error {
            errors.truncate(MAX_ERRORS);
        }
        let detail = error.to_string();
        match error {
            _ if error.is_unavailable() => {
                tell("the store is unavailable", &error);
                Self::unavailable(detail)
            }
            AppError::Store(_) | AppError::Internal(_) => {
                if !error.log_text().is_empty() {
                    tell("a request failed", &error);
                }
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
            }
            AppError::Upstream(_) => {
                tracing::warn!(cause = error.log_text(), "the carrier did not give what was asked for");
                Self::new(StatusCode::BAD_GATEWAY, detail)
            }
            AppError::NotReady(_) => {
                tell("not ready", &error);
                Self::unavailable(detail).code("not_ready")
            }
            // Said once in the log, by who goes through the numbers' lists.
            AppError::Sealed { .. } => Self::unavailable(detail).code("channel_paused"),
            AppError::NotFound(_) => Self::new(StatusCode::NOT_FOUND, detail),
            AppError::Forbidden(_) => Self::forbidden(detail),
            AppError::Conflict(conflict, _) => Self::new(StatusCode::CONFLICT, detail).code(conflict.code()),
            AppError::Invalid(errors) => {
                let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail);
                problem.0.errors = errors;
                problem
            }
            AppError::Stale => Self::new(StatusCode::PRECONDITION_FAILED, detail),
            AppError::TooMany { retry_after_s } => Self::new(StatusCode::TOO_MANY_REQUESTS, detail)
                .with(RETRY_AFTER, HeaderValue::from(retry_after_s)),
            AppError::Unauthorized(_) => Self::unauthorized(detail).code("wrong_credentials"),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Inner { status, code, detail, errors, headers } = *self.0;
        debug_assert!(CODES.contains(&code), "{code} is not in the list of codes");
        let body = ProblemBody {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: &detail,
            code,
            errors: &errors,
        };
        let bytes = serde_json::to_vec(&body).expect("strings and numbers always serialize");
        let mut response = Response::new(Body::from(bytes));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response.extensions_mut().insert(Code(code));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Clients rely on them: a code that is gone or new without a word is a defect.
    #[test]
    fn the_documentation_lists_every_code_and_no_other() {
        let text = include_str!("../../../../docs/api.md");
        let (_, table) = text.split_once("| code | status | means |").expect("a table of codes");
        let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
        let listed: Vec<&str> = rows.filter_map(|row| row.split('`').nth(1)).collect();
        assert_eq!(listed, CODES);
    }
}
