//! Bounds on what clients can hold of the server.

use axum::body::Body;
use futures_util::{FutureExt, stream};
use http::header::CONTENT_TYPE;
use http::{Method, Request, StatusCode};

use crate::harness::{Desk, PHONE, Who};

/// A post whose body never comes.
fn stalled() -> Request<Body> {
    let never = stream::pending::<Result<bytes::Bytes, std::io::Error>>();
    Request::builder()
        .method(Method::POST)
        .uri("/webhooks/twilio/messages")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from_stream(never))
        .expect("a request")
}

#[tokio::test]
async fn v2_4_1_bodies_that_never_come_cost_nobody_else_a_place() {
    const MANY: usize = 5_000;
    let mut desk = Desk::new().await;
    desk.leave_outbox();
    let acme = desk.organization("Acme", "+15559870000").await;
    let mut held: Vec<_> = (0..MANY).map(|_| Box::pin(desk.send(stalled()))).collect();
    for request in &mut held {
        assert!(request.as_mut().now_or_never().is_none(), "it waits for its body");
    }
    for path in ["/healthz", "/readyz", "/"] {
        assert_eq!(desk.get(path, &Who::Nobody).await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(desk.get("/api/v1/cases", &acme.operator).await.status, StatusCode::OK);
    assert_eq!(desk.text("+15559870000", PHONE, 1, "Are you there?").await.status, StatusCode::OK);
    // The first of them made room for the others.
    let refused = held.iter_mut().filter_map(|request| request.as_mut().now_or_never()).collect::<Vec<_>>();
    assert!((MANY / 2..MANY).contains(&refused.len()), "{}", refused.len());
    for answer in refused {
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(!answer.header("retry-after").is_empty());
        answer.problem();
    }
}

/// Time stands still but for timers, so this takes no time.
#[tokio::test]
async fn v2_4_1_a_body_that_does_not_come_is_not_waited_for() {
    let desk = Desk::new().await;
    tokio::time::pause();
    let asked = tokio::time::Instant::now();
    let answer = desk.send(stalled()).await;
    assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT);
    answer.problem();
    assert!(asked.elapsed().as_secs() <= 10, "{:?}", asked.elapsed());
}
