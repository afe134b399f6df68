//! Whatever the server answers to a request of a test has to stand in `openapi.json`.

use std::sync::LazyLock;

use http::{Method, StatusCode};
use serde_json::Value;

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(&backsoon::http::openapi_json()).expect("a document"));

/// Fails the test if the document knows the request, but not this answer.
pub fn holds(method: &Method, path: &str, status: StatusCode) {
    let method = if method == Method::HEAD { Method::GET } else { method.clone() };
    let paths = DOCUMENT["paths"].as_object().expect("paths");
    // An address that is spelled out comes before one with names in it.
    let known = paths
        .get(path)
        .or_else(|| paths.iter().find(|(template, _)| fits(template, path)).map(|(_, item)| item));
    let Some(operation) = known.and_then(|item| item.get(method.as_str().to_lowercase())) else { return };
    let is_known = operation["responses"].get(status.as_str()).is_some();
    assert!(is_known, "{method} {path} is answered with {status}, which openapi.json does not say");
}

fn fits(template: &str, path: &str) -> bool {
    let (wanted, given): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    wanted.len() == given.len()
        && wanted.iter().zip(given).all(|(step, found)| step.starts_with('{') || *step == found)
}
