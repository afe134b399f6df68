//! Requests as such: methods, sizes, conditions, repetitions, and a store that is gone.

use axum::body::{Body, Bytes};
use futures_util::stream;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, IF_MATCH};
use http::{Method, StatusCode};
use serde_json::json;

use crate::harness::{Desk, PHONE, Who};

const SETTING: &str = "/api/v1/organization/inactivity-reply";

#[tokio::test]
async fn an_unknown_address_is_404_and_a_wrong_method_405_with_allow() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", "+15559870000").await;
    for path in [
        "/api",
        "/api/",
        "/api/v1",
        "/api/v2/cases",
        "/api/v1/cases/",
        "/webhooks",
        "/webhooks/x",
        "/metrics",
    ] {
        let answer = desk.get(path, &acme.both).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        answer.problem();
    }
    let table = [
        (Method::DELETE, "/api/v1/cases", "GET, HEAD, POST"),
        (Method::POST, SETTING, "GET, HEAD, PUT"),
        (Method::GET, "/webhooks/twilio/messages", "POST"),
        (Method::GET, "/webhooks/twilio/status/x", "POST"),
        (Method::TRACE, "/api/v1/session", "GET, HEAD, POST, DELETE"),
        (Method::OPTIONS, "/api/v1/session", "GET, HEAD, POST, DELETE"),
        (Method::POST, "/healthz", "GET, HEAD"),
        (Method::POST, "/", "GET, HEAD"),
    ];
    for (method, path, allow) in table {
        for who in [&acme.both, &Who::Nobody] {
            let answer = desk.json(method.clone(), path, who, json!({})).await;
            assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            assert_eq!(answer.header("allow"), allow, "{method} {path}");
            answer.problem();
        }
    }
}

/// A body of 30 MB is refused: at once if the client asks first, else after it was read and thrown away, because
/// most clients listen only once they have sent everything. A body without end is cut off.
#[tokio::test]
async fn a_huge_body_is_413_and_its_client_gets_to_know() {
    const MB: usize = 1024 * 1024;
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", "+15559870000").await;
    let chunk = Bytes::from(vec![b'a'; MB]);
    let targets = [
        ("/api/v1/me/activity", "application/json"),
        ("/api/v1/session", "application/json"),
        ("/webhooks/twilio/messages", "application/x-www-form-urlencoded"),
        ("/webhooks/twilio/status/x", "application/x-www-form-urlencoded"),
    ];
    let cases = [
        (30, true, true, 0..=1),
        (30, true, false, 30..=30),
        (30, false, false, 30..=30),
        (100, false, false, 64..=66),
        (100, true, false, 0..=1),
    ];
    for (path, media_type) in targets {
        for (size_mb, announced, expects, read_mb) in &cases {
            let taken = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
            let (count, chunk) = (taken.clone(), chunk.clone());
            let chunks = stream::iter((0..*size_mb).map(move |_| {
                count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                Ok::<_, std::io::Error>(chunk.clone())
            }));
            let mut request =
                desk.request(Method::POST, path, &acme.operator).header(CONTENT_TYPE, media_type);
            if *announced {
                request = request.header(CONTENT_LENGTH, size_mb * MB);
            }
            if *expects {
                request = request.header(http::header::EXPECT, "100-continue");
            }
            let answer = desk.send(request.body(Body::from_stream(chunks)).expect("a request")).await;
            assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
            answer.problem();
            let taken = taken.load(std::sync::atomic::Ordering::Relaxed);
            assert!(read_mb.contains(&taken), "{path} {size_mb} MB: {taken} MB were taken");
        }
    }
}

#[tokio::test]
async fn if_match_guards_the_setting() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", "+15559870000").await;
    let read = desk.get(SETTING, &acme.admin).await;
    assert_eq!(read.header("etag"), "\"1\"");
    let setting = read.json();
    assert_eq!(setting["enabled"], false);
    assert_eq!(setting["message"], setting["example_message"]);
    assert!(setting["updated_by"].is_null());
    let change = |minutes: u32| {
        json!({ "enabled": true, "threshold_minutes": minutes, "message": "Back soon.", "while_waiting": true,
            "quiet_minutes": 0 })
    };
    let table = [
        (Some("\"1\""), 5, 200),
        (Some("\"1\""), 6, 412),
        (Some("\"2\""), 6, 200),
        (Some("W/\"3\""), 7, 412),
        (Some("\"abc\""), 7, 412),
        (Some("3"), 7, 400),
        (Some("*"), 7, 200),
        (None, 8, 200),
    ];
    for (tag, minutes, status) in table {
        let mut request =
            desk.request(Method::PUT, SETTING, &acme.admin).header(CONTENT_TYPE, "application/json");
        if let Some(tag) = tag {
            request = request.header(IF_MATCH, tag);
        }
        let answer = desk.send(request.body(change(minutes).to_string().into()).expect("a request")).await;
        assert_eq!(answer.status.as_u16(), status, "{tag:?}");
        if status == 200 {
            let after = answer.json();
            assert_eq!(after["threshold_minutes"], minutes);
            assert_eq!(after["updated_by"]["name"], "Adam Acme");
            assert_eq!(answer.header("etag"), format!("\"{}\"", after["version"]));
        } else {
            answer.problem();
        }
    }
}

#[tokio::test]
async fn an_idempotency_key_sends_once() {
    let mut desk = Desk::new().await;
    desk.leave_outbox();
    let acme = desk.organization("Acme", "+15559870000").await;
    let case = desk.case(&acme, PHONE).await;
    let path = format!("/api/v1/cases/{case}/messages");
    let send = async |key: &str, body: &str| {
        let request = desk.request(Method::POST, &path, &acme.operator);
        let request = request.header(CONTENT_TYPE, "application/json").header("Idempotency-Key", key);
        desk.send(request.body(json!({ "body": body }).to_string().into()).expect("a request")).await
    };
    let first = send("a", "Hello").await;
    assert_eq!(first.status, StatusCode::CREATED);
    let again = send("a", "Hello").await;
    assert_eq!(again.status, StatusCode::CREATED);
    assert_eq!(first.json()["id"], again.json()["id"]);
    let other = send("a", "Bye").await;
    assert_eq!(other.status, StatusCode::CONFLICT);
    other.problem();
    assert_ne!(send("b", "Hello").await.json()["id"], first.json()["id"]);
    let long = send(&"k".repeat(256), "Hello").await;
    assert_eq!(long.bad_fields(), ["Idempotency-Key"]);
    let messages = desk.get(&path, &acme.operator).await.json();
    assert_eq!(messages["items"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        messages["items"][0]["delivery"],
        json!({ "status": "queued", "error": null, "next_try_at": null })
    );
    assert_eq!(messages["items"][0]["author"]["name"], "Olga Acme");
}

/// A page whose request was lost learns what became of it, and a request that comes after that sends nothing.
#[tokio::test]
async fn an_idempotency_key_that_is_given_up_sends_nothing_any_more() {
    let mut desk = Desk::new().await;
    desk.leave_outbox();
    let acme = desk.organization("Acme", "+15559870000").await;
    let case = desk.case(&acme, PHONE).await;
    let other_case = desk.case(&acme, "+15551230099").await;
    let path = format!("/api/v1/cases/{case}/messages");
    let send = async |who: &Who, key: &str| {
        let request = desk.request(Method::POST, &path, who);
        let request = request.header(CONTENT_TYPE, "application/json").header("Idempotency-Key", key);
        desk.send(request.body(json!({ "body": "Hello" }).to_string().into()).expect("a request")).await
    };
    let give_up = async |who: &Who, case: &str, key: &str| {
        let path = format!("/api/v1/cases/{case}/idempotency-keys/{key}");
        desk.json(Method::DELETE, &path, who, json!({})).await
    };
    let sent = send(&acme.operator, "sent").await.json();
    for _ in 0..2 {
        let found = give_up(&acme.operator, &case, "sent").await;
        assert_eq!((found.status, &found.json()["message"]["id"]), (StatusCode::OK, &sent["id"]));
        assert_eq!(found.json()["message"]["body"], "Hello");
    }
    assert_eq!(give_up(&acme.operator, &other_case, "sent").await.json(), json!({ "message": null }));
    assert_eq!(send(&acme.operator, "sent").await.json()["id"], sent["id"], "what was sent stays known");

    for _ in 0..2 {
        assert_eq!(give_up(&acme.operator, &case, "lost").await.json(), json!({ "message": null }));
        let late = send(&acme.operator, "lost").await;
        assert_eq!(late.status, StatusCode::CONFLICT);
        late.problem();
    }
    assert_eq!(send(&acme.both, "lost").await.status, StatusCode::CREATED, "a colleague's key is another");
    assert_eq!(give_up(&acme.operator, "nothing", "lost").await.status, StatusCode::NOT_FOUND);
    assert_eq!(give_up(&acme.operator, &case, &"k".repeat(256)).await.bad_fields(), ["Idempotency-Key"]);
    let messages = desk.get(&path, &acme.operator).await.json();
    assert_eq!(messages["items"].as_array().map(Vec::len), Some(2));
}

/// A store that is gone: a clear 503, nothing acknowledged, and `/readyz` says so while `/healthz` stays well.
#[tokio::test]
async fn without_its_store_the_server_says_so() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", "+15559870000").await;
    assert_eq!(desk.get("/readyz", &Who::Nobody).await.status, StatusCode::OK);
    desk.lose_store().await;
    for path in ["/readyz", "/api/v1/cases"] {
        let answer = desk.get(path, &acme.operator).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        answer.problem();
        assert!(!answer.header("retry-after").is_empty());
    }
    let answer = desk.text("+15559870000", PHONE, 1, "Hello?").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "the carrier is to come again");
    for path in ["/healthz", "/healthz?x=1", "/healthz?x=1&x=1"] {
        assert_eq!(desk.get(path, &Who::Nobody).await.status, StatusCode::OK, "{path}");
    }
}
