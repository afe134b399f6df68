//! The pages: one embedded application whose files carry a hash in their name, and `index.html` for every page.
//!
//! Guaranteed: every page gets a fresh nonce and a strict Content-Security-Policy (V3.4.3): scripts from our own
//! files alone, styles by nonce. Hashed files are immutable and answered as Brotli where the browser takes it.
//! An address that is no page is 404, with the same application to say so.

use app::seal::random_bytes;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH,
    VARY,
};
use http::{HeaderMap, Method, StatusCode};
use sha2::{Digest, Sha256};

use crate::http::compress::takes;
use crate::http::problem::Problem;

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
}

/// What stands in `index.html` where the nonce belongs.
const NONCE_MARK: &str = "__CSP_NONCE__";
/// What stands in `index.html` where it says whether this is a demo, so that a real desk's sign-in page asks for nothing
/// that is not there.
const DEMO_MARK: &str = "__DEMO__";
const INDEX: &str = "index.html";

/// The addresses at which `index.html` shows something; one step in braces is any text.
const PAGES: [&str; 17] = [
    "/",
    "/sign-in",
    "/cases/{id}",
    "/settings",
    "/settings/organization",
    "/settings/organization/general",
    "/settings/organization/inactivity-message-reply",
    "/settings/organization/office-hours",
    "/settings/organization/coverage",
    "/settings/organization/data-retention",
    "/settings/users",
    "/settings/api-tokens",
    "/settings/channels",
    "/settings/customers",
    "/settings/audit",
    "/profile/auto-reply",
    "/profile/api-tokens",
];

/// Answers a page or one of its files; a page says whether it is the demo's.
pub fn serve(request: &Request, demo: bool) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::method_not_allowed("GET, HEAD").into_response();
    }
    let path = request.uri().path();
    let file = path.trim_start_matches('/');
    if file != INDEX
        && !file.ends_with(".br")
        && let Some(bytes) = find(file)
    {
        return asset(file, bytes, request.headers());
    }
    index(if is_page(path) { StatusCode::OK } else { StatusCode::NOT_FOUND }, demo)
}

/// A fresh nonce of 128 bits.
fn nonce() -> String {
    BASE64_STANDARD_NO_PAD.encode(random_bytes::<16>())
}

fn find(file: &str) -> Option<&'static [u8]> {
    let at = embedded::EMBEDDED.binary_search_by_key(&file, |(path, _)| *path).ok()?;
    Some(embedded::EMBEDDED[at].1)
}

fn is_page(path: &str) -> bool {
    PAGES.iter().any(|page| {
        let (mut wanted, mut given) = (page.split('/'), path.split('/'));
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => return true,
                (Some(step), Some(found)) if step == found => {}
                (Some(step), Some(found)) if step.starts_with('{') && !found.is_empty() => {}
                _ => return false,
            }
        }
    })
}

fn index(status: StatusCode, demo: bool) -> Response {
    let nonce = nonce();
    let html = find(INDEX).map(String::from_utf8_lossy).unwrap_or_default();
    let html = html.replace(NONCE_MARK, &nonce).replace(DEMO_MARK, if demo { "yes" } else { "no" });
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'"
    );
    let mut response = (status, html).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn asset(file: &str, plain: &'static [u8], asked: &HeaderMap) -> Response {
    let packed = find(&format!("{file}.br")).filter(|_| takes(asked, "br"));
    let etag = format!("\"{}\"", &hex(&Sha256::digest(packed.unwrap_or(plain)))[..32]);
    // Vite puts a hash of the contents into the name of everything under assets/.
    let hashed = file.starts_with("assets/");
    let cache = if hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known = asked.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or("");
    let mut response = if known.split(',').any(|tag| tag.trim() == etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(packed.unwrap_or(plain)).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type(file)));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(ETAG, etag);
    }
    if packed.is_some() {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    response
}

fn media_type(file: &str) -> &'static str {
    match file.rsplit('.').next() {
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("json" | "webmanifest") => "application/json",
        Some("txt") => "text/plain; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_its_pages() {
        let table = [
            ("/", true),
            ("/sign-in", true),
            ("/cases/0198", true),
            ("/cases/", false),
            ("/cases/1/2", false),
            ("/settings/organization/inactivity-message-reply", true),
            ("/settings/organization", true),
            ("/settings/organization/nothing", false),
            ("/nothing", false),
            ("//", false),
        ];
        for (path, expected) in table {
            assert_eq!(is_page(path), expected, "{path}");
        }
    }

    /// A page whose address is missing here would be answered 404 whenever it is loaded anew.
    #[test]
    fn every_route_of_the_pages_is_a_page() {
        let sources = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/src/");
        for file in ["app.tsx", "settings/Settings.tsx"] {
            let source = std::fs::read_to_string(format!("{sources}{file}")).unwrap();
            let routes = source.split("<Route path=\"").skip(1).filter_map(|rest| rest.split('"').next());
            let routes: Vec<&str> = routes.filter(|route| !route.contains('*')).collect();
            assert!(!routes.is_empty(), "{file} names its routes");
            let missing: Vec<&&str> = routes.iter().filter(|route| !is_page(route)).collect();
            assert!(missing.is_empty(), "{file}: {missing:?}");
        }
    }

    #[test]
    fn a_hashed_file_is_kept_for_ever_and_not_sent_twice() {
        let first = asset("assets/index-abc.js", b"let a;", &HeaderMap::new());
        assert_eq!(first.status(), StatusCode::OK);
        assert_eq!(first.headers()[CACHE_CONTROL], "public, max-age=31536000, immutable");
        assert_eq!(first.headers()[CONTENT_TYPE], "text/javascript; charset=utf-8");
        let mut asked = HeaderMap::new();
        asked.insert(IF_NONE_MATCH, first.headers()[ETAG].clone());
        assert_eq!(asset("assets/index-abc.js", b"let a;", &asked).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(asset("assets/index-abc.js", b"let b;", &asked).status(), StatusCode::OK);
        assert_eq!(asset("robots.txt", b"", &asked).headers()[CACHE_CONTROL], "no-cache");
    }
}
