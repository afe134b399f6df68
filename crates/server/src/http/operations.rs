//! For whoever runs the server: alive, ready, metrics, and the description of the API.

use app::error::AppError;
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;

use super::Web;
use super::problem::Problem;

const TAG: &str = "Operations";

/// The process is alive.
#[utoipa::path(get, path = "/healthz", operation_id = "healthz", tag = TAG,
    responses((status = 200, content_type = "text/plain", body = String)))]
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// The server can serve: the store takes writes, and every worker comes round. Otherwise 503, and a sentence says why.
#[utoipa::path(get, path = "/readyz", operation_id = "readyz", tag = TAG,
    responses((status = 200, content_type = "text/plain", body = String)))]
pub async fn readyz(State(web): State<Web>) -> Result<&'static str, Problem> {
    match web.app().ready().await {
        Ok(()) => Ok("ready\n"),
        Err(AppError::Store(error)) => {
            tracing::error!(cause = error.log_text(), "not ready");
            Err(Problem::unavailable(error.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}

/// Prometheus text; 404 here if metrics have an address of their own.
#[utoipa::path(get, path = "/metrics", operation_id = "metrics", tag = TAG,
    responses((status = 200, content_type = "text/plain; version=0.0.4", body = String)))]
pub async fn metrics(State(web): State<Web>) -> Result<Response, Problem> {
    let handle = web.metrics().ok_or_else(Problem::no_such_address)?;
    Ok(crate::telemetry::render(handle, web.app()).await)
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", operation_id = "openapi", tag = TAG,
    responses((status = 200, content_type = "application/json", body = Object)))]
pub async fn openapi(State(web): State<Web>, headers: HeaderMap) -> Response {
    web.document().json(&headers)
}
