//! What the server answered, and what every answer of its kind must hold to.

use bytes::Bytes;
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("JSON, not {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    /// The cookie that was set, as it is sent back.
    pub fn cookie(&self) -> String {
        let cookie = self.headers[SET_COOKIE].to_str().expect("a cookie");
        cookie.split(';').next().expect("a cookie").to_owned()
    }

    /// The names of the fields that were refused, in order. Holds the answer to the form of a problem.
    pub fn bad_fields(&self) -> Vec<String> {
        let problem = self.problem();
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error["field"].as_str().expect("a field").to_owned()).collect()
    }

    /// The problem document, held to its form (RFC 9457).
    pub fn problem(&self) -> Value {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let problem = self.json();
        assert_eq!(problem["type"], "about:blank");
        assert_eq!(problem["status"], self.status.as_u16());
        assert!(problem["code"].as_str().is_some_and(|code| !code.is_empty()), "{problem}");
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()), "{problem}");
        let detail = problem["detail"].as_str().unwrap_or("");
        assert!(detail.ends_with('.') || detail.ends_with('…'), "not a sentence: {problem}");
        problem
    }
}
