//! The page of the customers' phones: one document, one style sheet, one script, all written here.
//!
//! Guaranteed: nothing is loaded from elsewhere and no inline script runs (the policy forbids both), so a text
//! that a business or a customer writes can only be shown, never run (V1.2.1, V3.4.3).

use axum::Router;
use axum::http::{HeaderName, header};
use axum::response::IntoResponse;
use axum::routing::get;

use crate::Sandbox;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The routes of the page.
pub fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/", get(async || file("text/html; charset=utf-8", include_str!("page/index.html"))))
        .route("/phones.css", get(async || file("text/css; charset=utf-8", include_str!("page/phones.css"))))
        .route(
            "/phones.js",
            get(async || file("text/javascript; charset=utf-8", include_str!("page/phones.js"))),
        )
        .route("/icon.svg", get(async || file("image/svg+xml", include_str!("page/icon.svg"))))
}

fn file(content_type: &'static str, text: &'static str) -> impl IntoResponse {
    let headers: [(HeaderName, &str); 5] = [
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, text)
}
