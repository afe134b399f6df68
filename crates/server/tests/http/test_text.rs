//! A test text from a number's card (U51, decision 0034): the way of every text, and no case that was there before.

use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{Method, StatusCode};
use sandbox::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::harness::{Answer, Desk, PHONE, Who};
use crate::story::{NUMBER, Town, town};

const CASES: &str = "/api/v1/cases";

fn path(channel_id: &str) -> String {
    format!("/api/v1/channels/{channel_id}/test")
}

async fn keyed(desk: &Desk, who: &Who, path: &str, key: &str, phone: &str) -> Answer {
    let request = desk.request(Method::POST, path, who).header("Idempotency-Key", key);
    let body = json!({ "phone": phone }).to_string();
    desk.send(request.header(CONTENT_TYPE, "application/json").body(body.into()).expect("a request")).await
}

impl Town {
    async fn test(&self) -> Value {
        let path = path(&self.acme.channel_id);
        let sent = self.desk.post(&path, &self.acme.admin, json!({ "phone": PHONE })).await;
        assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text());
        sent.json()
    }

    /// What the card shows of it.
    async fn became(&self, test: &Value) -> Value {
        let id = test["message_id"].as_str().expect("an id");
        let path = format!("{}/{id}", path(&self.acme.channel_id));
        self.desk.get(&path, &self.acme.admin).await.json()["delivery"].clone()
    }

    async fn cases(&self, status: &str) -> Vec<Value> {
        let page = self.desk.get(&format!("{CASES}?status={status}"), &self.acme.operator).await.json();
        page["items"].as_array().expect("cases").clone()
    }
}

#[tokio::test]
async fn a_test_text_goes_the_way_of_every_text_and_is_seen_to_arrive() {
    let town = town().await;
    let (desk, acme) = (&town.desk, &town.acme);
    let test = town.test().await;
    assert_eq!(test["delivery"], json!({ "status": "queued", "error": null, "next_try_at": null }));
    assert_eq!((&test["phone"], &test["phone_display"]), (&json!(PHONE), &json!("+1 555 123 0001")));
    let words = "This is a test text from Acme: texts from +1 555 987 0000 arrive. You need not answer it.";
    assert_eq!(test["body"], words);
    town.advance(0).await;
    let delivery = town.became(&test).await;
    assert!(["sent", "delivered"].contains(&delivery["status"].as_str().expect("a status")), "{delivery}");

    // Its case is nobody's and closed: it waits for nobody, and is in no operator's way.
    let closed = town.cases("closed").await;
    let case = &closed[0];
    assert_eq!((closed.len(), town.cases("open").await.len()), (1, 0));
    assert_eq!((&case["subject"], &case["number"]), (&json!("Test text"), &test["case_number"]));
    assert_eq!((&case["assigned_operator"], &case["waiting_since"]), (&Value::Null, &Value::Null));
    assert_eq!(case["last_message"]["author"], json!({ "id": acme.admin.id(), "name": "Adam Acme" }));

    // Audited without anything about the person.
    let log = desk.get("/api/v1/audit?kind=channel&limit=1", &acme.admin).await.json();
    let entry = &log["items"][0];
    assert_eq!((&entry["action"], &entry["subject"]), (&json!("channel.test"), &json!(acme.channel_id)));
    assert_eq!(entry["after"], json!({ "number": NUMBER, "case": test["case_number"] }));

    // R16: whoever answers it opens its case again, as any other.
    town.sandbox.text(crate::story::text("It works")).await.expect("a text");
    let open = town.cases("open").await;
    assert_eq!((&open[0]["number"], open[0]["waiting_since"].is_string()), (&test["case_number"], true));
}

#[tokio::test]
async fn a_test_text_that_the_carrier_refuses_says_why() {
    let town = town().await;
    let refuse = Fault { code: Some(21211), ..Fault::new(FaultKind::Refuse, Some(1)) };
    town.sandbox.set_faults(vec![refuse]).expect("a fault");
    let test = town.test().await;
    town.advance(0).await;
    let delivery = town.became(&test).await;
    assert_eq!(delivery["status"], "failed", "{delivery}");
    assert!(!delivery["error"].as_str().expect("a sentence").is_empty());
    let channels = town.desk.get("/api/v1/channels", &town.acme.admin).await.json();
    assert_eq!(channels["items"][0]["last_failure"]["sentence"], delivery["error"]);
    let counts = town.desk.get("/api/v1/cases/counts", &town.acme.operator).await.json();
    assert_eq!((&counts["mine"]["failed"], &counts["unassigned"]["waiting"]), (&json!(0), &json!(0)));
}

/// R16: a customer's conversation is not answered by a test: what waits for a person, or for an automatic reply, goes on
/// waiting.
#[tokio::test]
async fn a_test_text_touches_no_case_that_was_there() {
    let mut desk = Desk::new().await;
    desk.leave_outbox();
    let acme = desk.organization("Acme", NUMBER).await;
    desk.text(NUMBER, PHONE, 1, "Hello").await;
    let open = format!("{CASES}?status=open");
    let before = desk.get(&open, &acme.operator).await.json()["items"].clone();
    assert!(before[0]["watch"].is_object() && before[0]["waiting_since"].is_string(), "{before}");
    let sent = desk.post(&path(&acme.channel_id), &acme.admin, json!({ "phone": PHONE })).await;
    assert_eq!(sent.status, StatusCode::CREATED);
    assert_eq!(desk.get(&open, &acme.operator).await.json()["items"], before);
}

#[tokio::test]
async fn a_test_text_is_refused_where_it_must_not_go() {
    let mut desk = Desk::new().await;
    desk.leave_outbox();
    let acme = desk.organization("Acme", NUMBER).await;
    let other = desk.organization("Other", "+15559870009").await;
    let test = path(&acme.channel_id);
    let send = async |who: &Who, phone: &str| desk.post(&test, who, json!({ "phone": phone })).await;
    let own = send(&acme.admin, NUMBER).await;
    assert_eq!(own.bad_fields(), ["phone"]);
    assert!(own.text().contains("is one of your own numbers: enter that of another phone"), "{}", own.text());
    for wrong in ["", "555", "1-800-FLOWERS"] {
        assert_eq!(send(&acme.admin, wrong).await.bad_fields(), ["phone"], "{wrong:?}");
    }
    assert_eq!(desk.post(&test, &acme.admin, json!({})).await.bad_fields(), ["phone"]);
    // Its words are fixed.
    let body = json!({ "phone": PHONE, "body": "Buy now" });
    assert_eq!(desk.post(&test, &acme.admin, body).await.bad_fields(), ["body"]);
    assert_eq!(send(&other.admin, PHONE).await.status, StatusCode::NOT_FOUND);
    assert_eq!(send(&acme.operator, PHONE).await.status, StatusCode::FORBIDDEN);

    // R15
    desk.text(NUMBER, PHONE, 1, "STOP").await;
    let opted_out = send(&acme.admin, PHONE).await;
    assert_eq!((opted_out.status, &opted_out.json()["code"]), (StatusCode::CONFLICT, &json!("opted_out")));

    let channel = format!("/api/v1/channels/{}", acme.channel_id);
    desk.json(Method::PATCH, &channel, &acme.admin, json!({ "active": false })).await;
    let inactive = send(&acme.admin, "+15551230002").await;
    assert_eq!(
        (inactive.status, &inactive.json()["code"]),
        (StatusCode::CONFLICT, &json!("channel_not_active"))
    );
    let closed = desk.get(&format!("{CASES}?status=closed"), &acme.operator).await.json();
    assert_eq!(closed["items"], json!([]), "what is refused leaves nothing");
}

#[tokio::test]
async fn a_test_text_is_sent_once_for_a_key_and_ten_times_an_hour() {
    let mut desk = Desk::new().await;
    desk.leave_outbox();
    let acme = desk.organization("Acme", NUMBER).await;
    let test = path(&acme.channel_id);
    let first = keyed(&desk, &acme.admin, &test, "key-1", PHONE).await;
    let again = keyed(&desk, &acme.admin, &test, "key-1", "(555) 123-0001").await;
    assert_eq!((again.status, again.json()), (StatusCode::CREATED, first.json()));
    let another = keyed(&desk, &acme.admin, &test, "key-1", "+15551230002").await;
    assert_eq!(another.json()["code"], "idempotency_key_used", "{}", another.text());
    assert_eq!(keyed(&desk, &acme.admin, &test, "", PHONE).await.bad_fields(), ["Idempotency-Key"]);

    // Another System Admin's is not theirs to see, nor is a text that is no test of this number.
    let id = first.json()["message_id"].as_str().expect("an id").to_owned();
    let shown = |channel: &str| format!("{}/{id}", path(channel));
    assert_eq!(desk.get(&shown(&acme.channel_id), &acme.admin).await.json(), first.json());
    assert_eq!(desk.get(&shown(&acme.channel_id), &acme.both).await.status, StatusCode::NOT_FOUND);
    assert_eq!(desk.get(&shown(&id), &acme.admin).await.status, StatusCode::NOT_FOUND);

    for n in 2..=10 {
        desk.pass_ms(60_000);
        let sent = keyed(&desk, &acme.admin, &test, &format!("key-{n}"), PHONE).await;
        assert_eq!(sent.status, StatusCode::CREATED, "{n}: {}", sent.text());
    }
    let refused = desk.post(&test, &acme.both, json!({ "phone": PHONE })).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers[RETRY_AFTER], "3060", "the first was 9 minutes ago");
    // What was sent before is told all the same.
    assert_eq!(keyed(&desk, &acme.admin, &test, "key-1", PHONE).await.status, StatusCode::CREATED);
    desk.pass_ms(51 * 60_000);
    let sent = desk.post(&test, &acme.both, json!({ "phone": PHONE })).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text());
}
