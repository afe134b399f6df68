//! Headers that stand on every answer (V3.4.1-6, V14.3.2), and what makes every error a problem document.
//!
//! There is no CORS: no other origin may read anything.

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{Method, StatusCode};

use super::limits::RequestId;
use super::problem::{MEDIA_TYPE, Problem};
use super::{Web, access};

/// What an answer may do in a browser unless it says otherwise: nothing.
const NOTHING: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const ALWAYS: [(HeaderName, &str); 6] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=()"),
];

/// One year, for this host alone: a desk at a company's own domain has no say about its other hosts.
const HSTS: &str = "max-age=31536000";

/// Adds the headers, and gives an error that the framework answered by itself the form of a problem.
pub async fn finish(State(web): State<Web>, mut request: Request, next: Next) -> Response {
    let id = RequestId::next();
    request.extensions_mut().insert(id.clone());
    let head = request.method() == Method::HEAD;
    let allow = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(String::new, |path| access::allow(path.as_str()));
    let mut response = as_problem(next.run(request).await, &allow, head);
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(id) = HeaderValue::from_str(&id.0) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    if web.secure() {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(NOTHING));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn as_problem(response: Response, allow: &str, head: bool) -> Response {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let has_form = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|found| found == MEDIA_TYPE || found.as_bytes().starts_with(b"text/html"));
    if !is_error || has_form || head {
        return response;
    }
    match status {
        StatusCode::METHOD_NOT_ALLOWED => Problem::method_not_allowed(allow),
        StatusCode::NOT_FOUND => Problem::no_such_address(),
        _ => Problem::new(status, status.canonical_reason().unwrap_or("The request was refused.")),
    }
    .into_response()
}
