//! Security headers on every answer of every route (V3.4, V14.3.2).

use axum::body::Body;
use backsoon::http::access::TABLE;
use http::{HeaderMap, Method};

use crate::harness::{Desk, PHONE, Setup, Who};

/// What stands on every answer, whatever it is.
fn check(headers: &HeaderMap, secure: bool, what: &str) {
    let header = |name: &str| headers.get(name).map_or("", |value| value.to_str().expect("text")).to_owned();
    assert_eq!(header("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(header("referrer-policy"), "no-referrer", "{what}");
    assert_eq!(header("x-frame-options"), "DENY", "{what}");
    assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{what}");
    assert_eq!(header("cross-origin-resource-policy"), "same-origin", "{what}");
    let policy = header("content-security-policy");
    for part in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{what}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{what}: {policy}");
    let hsts = header("strict-transport-security");
    assert_eq!(hsts, if secure { "max-age=31536000" } else { "" }, "{what}");
    assert_eq!(headers.get_all("cache-control").iter().count(), 1, "{what}");
    assert!(!headers.contains_key("access-control-allow-origin"), "{what}: there is no CORS");
    assert!(!headers.contains_key("server"), "{what}");
}

#[tokio::test]
async fn v3_4_security_headers_stand_on_every_answer() {
    for (public_url, secure) in [("https://desk.example", true), ("http://127.0.0.1:8080", false)] {
        let desk = Desk::with(Setup { public_url: public_url.to_owned(), ..Setup::default() }).await;
        let acme = desk.organization("Acme", "+15559870000").await;
        let case = desk.case(&acme, PHONE).await;
        let mut requests: Vec<(Method, String)> = TABLE
            .iter()
            .map(|entry| (entry.method.clone(), entry.path.replace("{id}", &case).replace("{n}", "0")))
            .filter(|(method, path)| !(*method == Method::DELETE && path.ends_with("/session")))
            .collect();
        for path in ["/", "/sign-in", "/cases/1", "/nothing", "/api/nothing", "/docs", "/assets/nothing.js"] {
            requests.push((Method::GET, path.to_owned()));
            requests.push((Method::HEAD, path.to_owned()));
            requests.push((Method::DELETE, path.to_owned()));
        }
        for (method, path) in requests {
            for who in [&Who::Nobody, &acme.both] {
                // No body and no media type: whatever is answered, the headers stand on it.
                let request =
                    desk.request(method.clone(), &path, who).body(Body::empty()).expect("a request");
                let response = desk.stream(request).await;
                check(response.headers(), secure, &format!("{method} {path}: {}", response.status()));
                if path.starts_with("/api/") {
                    assert_eq!(response.headers()["cache-control"], "no-store", "{method} {path}");
                }
            }
        }
    }
}

/// V3.4.2: an origin of somebody else gets nothing that would let its pages read an answer.
#[tokio::test]
async fn v3_4_2_no_other_origin_may_read_anything() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", "+15559870000").await;
    for (method, path) in
        [(Method::GET, "/api/v1/session"), (Method::OPTIONS, "/api/v1/session"), (Method::GET, "/")]
    {
        let request = desk
            .request(method, path, &acme.operator)
            .header("Origin", "https://evil.example")
            .header("Access-Control-Request-Method", "PUT")
            .body(Body::empty());
        let response = desk.stream(request.expect("a request")).await;
        assert!(response.headers().keys().all(|name| !name.as_str().starts_with("access-control")), "{path}");
    }
}
