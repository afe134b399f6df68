//! JSON goes out compressed, Brotli or gzip, to who takes it.
//!
//! Guaranteed: an answer that is compressed already (the pages' files, `openapi.json`), a stream of events and a
//! customer's file are left as they are, and so is JSON that would fit into one packet anyway. A compressor, which
//! takes megabytes, is gone before the answer goes out, however slowly that is taken.
//!
//! The length of what is compressed tells a little of what is in it (BREACH). No body here holds a secret that could
//! be guessed at so: a session's credential travels in a header, tokens are made on the command line alone, what guards
//! against forged requests is their `Origin`, and what a query says does not stand in its answer. Texts of strangers
//! do stand in lists beside those of others; to guess at these somebody on the operator's network would have to send a
//! text for each guess, and have the operator's page read it.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{And, Predicate, SizeAbove};

use super::problem::Problem;

/// Smaller answers fit into one packet with their headers, compressed or not.
const MIN_BYTES: u64 = 1_024;

/// Most of the gain for a small part of the time that the highest levels take.
const LEVEL: i32 = 4;

/// Whether an answer is JSON, and there as a whole.
#[derive(Clone, Copy)]
pub struct IsWholeJson;

impl Predicate for IsWholeJson {
    fn should_compress<B: http_body::Body>(&self, response: &http::Response<B>) -> bool {
        is_json(response.headers()) && response.body().size_hint().exact().is_some()
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let media_type = media_type.split(';').next().unwrap_or("").trim();
    media_type == "application/json" || media_type.ends_with("+json")
}

/// The layer around all routes.
pub fn layer() -> CompressionLayer<And<SizeAbove, IsWholeJson>> {
    let layer = CompressionLayer::new().quality(CompressionLevel::Precise(LEVEL));
    layer.compress_when(SizeAbove::new(MIN_BYTES).and(IsWholeJson))
}

/// Finishes the work of [`layer`] before the answer goes out.
pub async fn finish(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    if !response.headers().contains_key(CONTENT_ENCODING) || !is_json(response.headers()) {
        return response;
    }
    let (head, body) = response.into_parts();
    // What is compressed was in memory already, so this is bounded.
    match to_bytes(body, usize::MAX).await {
        Ok(packed) => Response::from_parts(head, Body::from(packed)),
        Err(error) => {
            tracing::error!("an answer could not be compressed: {error}");
            Problem::internal().into_response()
        }
    }
}

/// Whether an answer may be in this coding.
pub fn takes(asked: &HeaderMap, wanted: &str) -> bool {
    let accepted = asked.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
    accepted.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim().eq_ignore_ascii_case(wanted) && !matches!(weight.trim(), "q=0" | "q=0.0")
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn brotli_goes_to_who_takes_it() {
        let table = [
            ("", false),
            ("gzip, deflate", false),
            ("gzip, br", true),
            ("BR;q=0.5", true),
            ("br;q=0", false),
            ("brotli", false),
        ];
        for (accepted, expected) in table {
            let mut asked = HeaderMap::new();
            asked.insert(ACCEPT_ENCODING, HeaderValue::from_static(accepted));
            assert_eq!(takes(&asked, "br"), expected, "{accepted}");
        }
    }
}
