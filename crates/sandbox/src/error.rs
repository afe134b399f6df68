//! Refusals in the shapes that their readers expect: Twilio's for its API, one sentence for the control API.

use axum::Json;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A refusal in Twilio's shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    pub http_status: u16,
    pub code: u32,
    pub message: String,
}

impl ApiError {
    pub fn new(http_status: u16, code: u32, message: impl Into<String>) -> Self {
        Self { http_status, code, message: message.into() }
    }

    pub fn bad(code: u32, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    pub fn unauthorized() -> Self {
        Self::new(401, 20003, "Authenticate")
    }

    pub fn missing(path: &str) -> Self {
        Self::new(404, 20404, format!("The requested resource {path} was not found"))
    }

    /// A refusal with a code chosen by somebody who wants to see what happens.
    pub fn chosen(code: u32) -> Self {
        let http_status = match code {
            20003 => 401,
            20404 => 404,
            20429 => 429,
            20500 => 500,
            20503 => 503,
            _ => 400,
        };
        Self::new(http_status, code, format!("The sandbox carrier was told to refuse with {code}"))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.http_status).unwrap_or(StatusCode::BAD_REQUEST);
        let body = json!({
            "code": self.code,
            "message": self.message,
            "more_info": format!("https://www.twilio.com/docs/errors/{}", self.code),
            "status": self.http_status,
        });
        let mut response = (status, Json(body)).into_response();
        if self.http_status == 401 {
            let challenge = header::HeaderValue::from_static("Basic realm=\"Twilio API\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// A refusal of the control API.
#[derive(Debug)]
pub struct ControlError(pub StatusCode, pub String);

impl IntoResponse for ControlError {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

/// For every path that is not the carrier's.
pub async fn not_found(uri: Uri) -> ApiError {
    ApiError::missing(uri.path())
}

/// For every method that a path does not take.
pub async fn method_not_allowed() -> ApiError {
    ApiError::new(405, 20004, "Method not allowed")
}
