//! Bounds on what clients can hold of the server.

use axum::body::Body;
use backsoon::http::limits::MAX_IN_FLIGHT;
use futures_util::{FutureExt, stream};
use http::header::CONTENT_TYPE;
use http::{Method, Request, StatusCode};

use crate::harness::{Desk, Who};

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
async fn past_the_bound_a_request_is_refused_at_once_and_the_place_comes_free_again() {
    let desk = Desk::new().await;
    let mut held: Vec<_> = (0..MAX_IN_FLIGHT).map(|_| Box::pin(desk.send(stalled()))).collect();
    for request in &mut held {
        assert!(request.as_mut().now_or_never().is_none(), "it waits for its body");
    }
    let answer = desk.get("/healthz", &Who::Nobody).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!answer.header("retry-after").is_empty());
    answer.problem();
    drop(held);
    assert_eq!(desk.get("/healthz", &Who::Nobody).await.status, StatusCode::OK);
}

/// Time stands still but for timers, so this takes no time.
#[tokio::test]
async fn a_request_that_takes_too_long_is_given_up() {
    let desk = Desk::new().await;
    tokio::time::pause();
    let answer = desk.send(stalled()).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    answer.problem();
}
