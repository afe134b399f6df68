//! `openapi.json` and `/docs` as they are served: made once and shared by all who ask, in every coding.
//!
//! Guaranteed: an answer takes no memory of its own, however many do not read theirs.

use std::io::Write;
use std::sync::OnceLock;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use brotli::enc::BrotliEncoderParams;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, VARY};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::compress::takes;
use super::{docs, openapi};

/// The description of the API.
pub struct Document {
    plain: Bytes,
    brotli: OnceLock<Option<Bytes>>,
    gzip: OnceLock<Option<Bytes>>,
    page: Bytes,
    page_policy: HeaderValue,
}

impl Document {
    /// What is served of this document.
    pub fn of(document: &Value) -> Self {
        let style = BASE64_STANDARD.encode(Sha256::digest(docs::STYLE));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        Self {
            plain: openapi::text(document).into(),
            brotli: OnceLock::new(),
            gzip: OnceLock::new(),
            page: docs::page(document).into(),
            page_policy: HeaderValue::from_str(&policy).expect("visible ASCII"),
        }
    }

    /// The document for programs, in the smallest coding that is taken.
    pub fn json(&self, asked: &HeaderMap) -> Response {
        let packed = if takes(asked, "br") {
            self.brotli.get_or_init(|| brotli(&self.plain)).as_ref().map(|bytes| ("br", bytes))
        } else if takes(asked, "gzip") {
            self.gzip.get_or_init(|| gzip(&self.plain)).as_ref().map(|bytes| ("gzip", bytes))
        } else {
            None
        };
        let mut response = Body::from(packed.map_or(&self.plain, |(_, bytes)| bytes).clone()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
        if let Some((coding, _)) = packed {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        response
    }

    /// The document for people.
    pub fn page(&self) -> Response {
        let mut response = Body::from(self.page.clone()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(CONTENT_SECURITY_POLICY, self.page_policy.clone());
        response
    }
}

fn brotli(plain: &[u8]) -> Option<Bytes> {
    let mut packed = Vec::new();
    let parameters = BrotliEncoderParams { quality: 9, ..BrotliEncoderParams::default() };
    brotli::BrotliCompress(&mut &*plain, &mut packed, &parameters).ok()?;
    Some(packed.into())
}

fn gzip(plain: &[u8]) -> Option<Bytes> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(plain).ok()?;
    Some(packed.finish().ok()?.into())
}
