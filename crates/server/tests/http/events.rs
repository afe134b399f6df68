//! Live events: in order, resumable, of the caller's organization alone, and over when the session is.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use futures_util::StreamExt;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Desk, Organization, PHONE, Who};

const NUMBER: &str = "+15559870000";
/// Longer than any test waits unless something is broken.
const PATIENCE: Duration = Duration::from_secs(20);

/// A reader of the stream.
struct Reader {
    body: BodyDataStream,
    text: String,
}

#[derive(Debug, PartialEq)]
struct Event {
    id: String,
    kind: String,
    data: Value,
}

impl Reader {
    async fn open(desk: &Desk, who: &Who, last_event_id: Option<&str>) -> Self {
        let mut request = desk.request(Method::GET, "/api/v1/events", who);
        if let Some(id) = last_event_id {
            request = request.header("Last-Event-ID", id);
        }
        let response = desk.stream(request.body(Body::empty()).expect("a request")).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { body: response.into_body().into_data_stream(), text: String::new() }
    }

    /// The next event; none when the stream has ended.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                let field = |name: &str| {
                    let line = block.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
                    line.unwrap_or("").to_owned()
                };
                if field("event").is_empty() {
                    continue; // A comment, or the time to wait before coming back.
                }
                let data = serde_json::from_str(&field("data")).expect("JSON");
                return Some(Event { id: field("id"), kind: field("event"), data });
            }
            let chunk =
                tokio::time::timeout(PATIENCE, self.body.next()).await.expect("something comes in time")?;
            self.text.push_str(std::str::from_utf8(&chunk.expect("a chunk")).expect("UTF-8"));
        }
    }

    async fn until(&mut self, kind: &str) -> Event {
        loop {
            let event = self.next().await.expect("the stream goes on");
            if event.kind == kind {
                return event;
            }
        }
    }
}

async fn cases(desk: &Desk, acme: &Organization) -> Value {
    desk.get("/api/v1/cases", &acme.operator).await.json()["items"].clone()
}

#[tokio::test]
async fn a_text_is_told_by_id_and_the_stream_resumes_after_the_last_event_seen() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", NUMBER).await;
    let bolt = desk.organization("Bolt", "+15559870001").await;
    let mut reader = Reader::open(&desk, &acme.operator, None).await;
    desk.text("+15559870001", PHONE, 1, "To Bolt").await;
    desk.text(NUMBER, PHONE, 2, "Secret words").await;
    let message = reader.until("message").await;
    let case = cases(&desk, &acme).await[0]["id"].clone();
    assert_eq!(message.data["case_id"], case, "the first message told is Acme's own");
    assert!(!message.data.to_string().contains("Secret"), "ids, never bodies");
    assert_eq!(reader.until("decision").await.data["case_id"], case);
    drop(reader);

    desk.text(NUMBER, PHONE, 3, "Missed meanwhile").await;
    let mut resumed = Reader::open(&desk, &acme.operator, Some(&message.id)).await;
    let mut kinds = Vec::new();
    while kinds.iter().filter(|kind| *kind == "message").count() < 1 {
        let event = resumed.next().await.expect("the stream goes on");
        assert_ne!(event.id, message.id, "what was seen is not told again");
        kinds.push(event.kind);
    }
    assert!(!kinds.contains(&"reset".to_owned()), "{kinds:?}");

    for unknown in ["0198f3a0-0000-7000-8000-000000000000", "nonsense"] {
        let mut lost = Reader::open(&desk, &acme.operator, Some(unknown)).await;
        assert_eq!(lost.next().await.expect("an event").kind, "reset", "{unknown}");
    }
    let theirs = Reader::open(&desk, &bolt.operator, Some(&message.id)).await.next().await;
    assert_eq!(theirs.expect("an event").kind, "reset", "another organization's event is not known");
}

/// A page cannot see a comment, and must be able to tell a quiet desk from a server that hangs.
#[tokio::test]
async fn a_quiet_stream_says_that_it_is_still_there() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", NUMBER).await;
    let mut reader = Reader::open(&desk, &acme.operator, None).await;
    tokio::time::pause();
    let event = reader.until("heartbeat").await;
    assert_eq!((event.id.as_str(), event.data), ("", json!({})), "nobody resumes after it");
}

/// R15: an opt-out holds for the customer, so whoever has another case of theirs open is told, too.
#[tokio::test]
async fn r15_stop_and_start_are_told_of_the_customer() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", NUMBER).await;
    let case = desk.case(&acme, PHONE).await;
    let customer = desk.get(&format!("/api/v1/cases/{case}"), &acme.operator).await.json();
    let customer = customer["customer"]["id"].clone();
    let mut reader = Reader::open(&desk, &acme.operator, None).await;
    for (n, words) in [(1, "STOP"), (2, "START")] {
        desk.text(NUMBER, PHONE, n, words).await;
        assert_eq!(reader.until("customer").await.data, json!({ "id": customer }), "{words}");
    }
}

/// A connection that breaks before the first event must not lose what happens meanwhile: a browser takes the id of
/// a block without data as the last that it saw.
#[tokio::test]
async fn a_stream_begins_with_its_place() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", NUMBER).await;
    let mut reader = Reader::open(&desk, &acme.operator, None).await;
    let chunk = reader.body.next().await.expect("a beginning").expect("a chunk");
    let beginning = std::str::from_utf8(&chunk).expect("UTF-8").to_owned();
    assert!(!beginning.contains("event:") && !beginning.contains("data:"), "{beginning}");
    let place = beginning.lines().find_map(|line| line.strip_prefix("id: ")).expect("an id");
    drop(reader);
    desk.text(NUMBER, PHONE, 1, "Meanwhile").await;
    let mut resumed = Reader::open(&desk, &acme.operator, Some(place)).await;
    assert_ne!(resumed.next().await.expect("an event").kind, "reset");
}

#[tokio::test]
async fn presence_and_cases_are_told() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", NUMBER).await;
    let mut reader = Reader::open(&desk, &acme.operator, None).await;
    desk.pass_ms(1_000);
    desk.post("/api/v1/me/activity", &acme.both, json!({ "kind": "input" })).await;
    assert_eq!(reader.until("presence").await.data["id"], acme.both.id());
    let case = desk.case(&acme, PHONE).await;
    assert_eq!(reader.until("case").await.data["case_id"], case);
}

/// Somebody whose pages, or whose stolen token, open ever more streams is told so, and nobody else notices.
#[tokio::test]
async fn one_persons_streams_are_bounded() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", NUMBER).await;
    let mut open = Vec::new();
    for _ in 0..20 {
        open.push(Reader::open(&desk, &acme.operator, None).await);
    }
    let one_more = desk.request(Method::GET, "/api/v1/events", &acme.operator).body(Body::empty());
    let refused = desk.stream(one_more.expect("a request")).await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    Reader::open(&desk, &acme.both, None).await;
    open.pop();
    Reader::open(&desk, &acme.operator, None).await;
}

#[tokio::test]
async fn a_stream_ends_with_its_session_and_with_the_server() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", NUMBER).await;
    let mut signed_out = Reader::open(&desk, &acme.operator, None).await;
    desk.json(Method::DELETE, "/api/v1/session", &acme.operator, json!({})).await;
    assert_eq!(signed_out.next().await, None);
    let mut closed = Reader::open(&desk, &acme.both, None).await;
    desk.close();
    assert_eq!(closed.next().await, None);
}

/// What the end of a session changes is told to everybody but to who it ends for.
#[tokio::test]
async fn a_stream_tells_nothing_once_its_session_has_ended() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", NUMBER).await;
    desk.case(&acme, PHONE).await;
    let mut deactivated = Reader::open(&desk, &acme.operator, None).await;
    let body = json!({ "active": false, "hand_open_cases_to": null });
    let path = format!("/api/v1/users/{}", acme.operator.id());
    assert_eq!(desk.json(Method::PATCH, &path, &acme.admin, body).await.status, StatusCode::OK);
    assert_eq!(deactivated.next().await, None);
}
