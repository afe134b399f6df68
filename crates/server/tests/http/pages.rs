//! The pages as a browser gets them.

use axum::body::Body;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::{Method, StatusCode};
use sha2::{Digest, Sha256};

use crate::harness::{Answer, Desk, Who};

fn nonce(answer: &Answer) -> String {
    let policy = answer.header("content-security-policy");
    let (_, rest) = policy.split_once("'nonce-").expect("a nonce");
    rest.split_once('\'').expect("its end").0.to_owned()
}

#[tokio::test]
async fn v3_4_3_every_page_has_a_fresh_nonce() {
    let desk = Desk::new().await;
    let pages = [
        ("/", 200),
        ("/sign-in?next=%2F", 200),
        ("/cases/0198f3a0", 200),
        ("/settings/organization/inactivity-message-reply", 200),
        ("/settings/users", 200),
        ("/settings/channels", 200),
        ("/profile/auto-reply", 200),
        ("/nothing/here", 404),
        ("/index.html", 404),
        ("/../Cargo.toml", 404),
    ];
    let mut nonces = Vec::new();
    for (path, status) in pages {
        let answer = desk.get(path, &Who::Nobody).await;
        assert_eq!(answer.status.as_u16(), status, "{path}");
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert!(!answer.text().contains("__CSP_NONCE__"), "{path}");
        assert!(!answer.text().contains("__DEMO__"), "{path}");
        nonces.push(nonce(&answer));
    }
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), pages.len());
}

#[tokio::test]
async fn the_api_is_described_for_programs_and_for_people() {
    let desk = Desk::new().await;
    let document = desk.get("/openapi.json", &Who::Nobody).await;
    assert_eq!(document.header("content-type"), "application/json");
    assert_eq!(document.text(), backsoon::http::openapi_json());
    let docs = desk.get("/docs", &Who::Nobody).await;
    assert_eq!(docs.status, StatusCode::OK);
    let page = docs.text();
    let style =
        page.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>")).expect("a style").0;
    let hash = BASE64_STANDARD.encode(Sha256::digest(style));
    assert!(docs.header("content-security-policy").contains(&format!("style-src 'sha256-{hash}'")));
    for part in ["/api/v1/cases/{id}/messages", "threshold_minutes", "system_admin", "Idempotency-Key"] {
        assert!(docs.text().contains(part), "{part}");
    }
    assert!(!docs.text().contains("<script"));
    assert_eq!(desk.get("/healthz", &Who::Nobody).await.text(), "ok\n");
    let head = desk.request(Method::HEAD, "/", &Who::Nobody).body(Body::empty()).expect("a request");
    let head = desk.send(head).await;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
}
