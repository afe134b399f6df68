//! JSON goes out compressed to who takes it; what is small, packed already or streamed is left alone.

use axum::body::Body;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, VARY};
use http::{Method, StatusCode};
use serde_json::json;

use crate::harness::{Answer, Desk, PHONE, Who};

async fn ask(desk: &Desk, path: &str, who: &Who, accepted: &str) -> Answer {
    let request = desk.request(Method::GET, path, who).header(ACCEPT_ENCODING, accepted);
    let answer = desk.send(request.body(Body::empty()).expect("a request")).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}");
    answer
}

#[tokio::test]
async fn json_is_compressed_for_who_takes_it() {
    let mut desk = Desk::new().await;
    desk.leave_outbox();
    let acme = desk.organization("Acme", "+15559870000").await;
    let case = desk.case(&acme, PHONE).await;
    for n in 0..20 {
        let body = json!({ "body": format!("We are on our way to you, number {n}.") });
        desk.post(&format!("/api/v1/cases/{case}/messages"), &acme.operator, body).await;
    }
    let path = format!("/api/v1/cases/{case}/messages");
    let plain = ask(&desk, &path, &acme.operator, "identity").await;
    assert_eq!(plain.header("content-encoding"), "");
    for (accepted, coding) in [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("deflate", ""), ("br;q=0", "")]
    {
        let answer = ask(&desk, &path, &acme.operator, accepted).await;
        assert_eq!(answer.header("content-encoding"), coding, "{accepted}");
        assert!(answer.header("vary").to_lowercase().contains("accept-encoding"), "{accepted}");
        if coding.is_empty() {
            assert_eq!(answer.body.len(), plain.body.len(), "{accepted}");
        } else {
            let (packed, whole) = (answer.body.len(), plain.body.len());
            assert!(packed * 5 < whole, "{accepted}: {packed} of {whole} bytes");
        }
    }
}

#[tokio::test]
async fn the_description_of_the_api_is_packed_once_for_all() {
    let desk = Desk::new().await;
    let plain = ask(&desk, "/openapi.json", &Who::Nobody, "identity").await;
    assert_eq!(plain.header("content-encoding"), "");
    for (accepted, coding) in [("gzip, br", "br"), ("gzip, br;q=0", "gzip")] {
        let answer = ask(&desk, "/openapi.json", &Who::Nobody, accepted).await;
        assert_eq!(answer.header("content-encoding"), coding, "{accepted}");
        assert_eq!(answer.header("vary"), "Accept-Encoding");
        let again = ask(&desk, "/openapi.json", &Who::Nobody, accepted).await;
        assert!(answer.body.len() * 5 < plain.body.len() && again.body == answer.body, "{accepted}");
    }
}

#[tokio::test]
async fn small_packed_and_streamed_answers_are_left_alone() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", "+15559870000").await;
    let case = desk.case(&acme, PHONE).await;
    // One case alone is below the size from which it pays.
    let small = ask(&desk, &format!("/api/v1/cases/{case}"), &acme.operator, "br, gzip").await;
    assert!(small.body.len() < 1_024, "{} bytes", small.body.len());
    assert_eq!(small.header("content-encoding"), "");
    let page = ask(&desk, "/", &Who::Nobody, "br, gzip").await;
    assert_eq!(page.header("content-encoding"), "");
    let request =
        desk.request(Method::GET, "/api/v1/events", &acme.operator).header(ACCEPT_ENCODING, "br, gzip");
    let stream = desk.stream(request.body(Body::empty()).expect("a request")).await;
    assert!(!stream.headers().contains_key(CONTENT_ENCODING), "an event must not wait in a compressor");
    assert!(!stream.headers().contains_key(VARY));
}
