//! For whoever runs the server: alive, ready, metrics, and the description of the API.

use axum::response::Response;

use super::problem::Problem;

const TAG: &str = "Operations";

/// The process is alive.
#[utoipa::path(get, path = "/healthz", operation_id = "healthz", tag = TAG,
    responses((status = 200, content_type = "text/plain", body = String)))]
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// The server can serve: the store takes writes.
#[utoipa::path(get, path = "/readyz", operation_id = "readyz", tag = TAG,
    responses((status = 200, content_type = "text/plain", body = String)))]
pub async fn readyz() -> Result<&'static str, Problem> {
    Err(Problem::unavailable("This part is not wired yet."))
}

/// Prometheus text; 404 here if metrics have an address of their own.
#[utoipa::path(get, path = "/metrics", operation_id = "metrics", tag = TAG,
    responses((status = 200, content_type = "text/plain; version=0.0.4", body = String)))]
pub async fn metrics() -> Result<Response, Problem> {
    Err(Problem::no_such_address())
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", operation_id = "openapi", tag = TAG,
    responses((status = 200, content_type = "application/json", body = Object)))]
pub async fn openapi() -> Result<Response, Problem> {
    Err(Problem::no_such_address())
}

/// The same to read.
#[utoipa::path(get, path = "/docs", operation_id = "docs", tag = TAG,
    responses((status = 200, content_type = "text/html", body = String)))]
pub async fn docs() -> Result<Response, Problem> {
    Err(Problem::no_such_address())
}
