//! JSON goes out compressed, Brotli or gzip, to who takes it.
//!
//! Guaranteed: an answer that is compressed already (the pages' files), a stream of events and a customer's file are
//! left as they are, and so is JSON that would fit into one packet anyway.
//!
//! The length of what is compressed tells a little of what is in it (BREACH). No body here holds a secret that could
//! be guessed at so: a session's credential travels in a header, tokens are made on the command line alone, what guards
//! against forged requests is their `Origin`, and what a query says does not stand in its answer. Texts of strangers
//! do stand in lists beside those of others; to guess at these somebody on the operator's network would have to send a
//! text for each guess, and have the operator's page read it.

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{And, Predicate, SizeAbove};

/// Smaller answers fit into one packet with their headers, compressed or not.
const MIN_BYTES: u64 = 1_024;

/// Most of the gain for a small part of the time that the highest levels take.
const LEVEL: i32 = 4;

/// Whether an answer is JSON.
#[derive(Clone, Copy)]
pub struct IsJson;

impl Predicate for IsJson {
    fn should_compress<B: http_body::Body>(&self, response: &http::Response<B>) -> bool {
        is_json(response.headers())
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let media_type = media_type.split(';').next().unwrap_or("").trim();
    media_type == "application/json" || media_type.ends_with("+json")
}

/// The layer around all routes.
pub fn layer() -> CompressionLayer<And<SizeAbove, IsJson>> {
    let layer = CompressionLayer::new().quality(CompressionLevel::Precise(LEVEL));
    layer.compress_when(SizeAbove::new(MIN_BYTES).and(IsJson))
}
