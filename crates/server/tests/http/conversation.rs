//! Reading a conversation from its newest message on, and afterwards only what is new or changed.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Desk, Organization, PHONE};

const NUMBER: &str = "+15559870000";

/// A case with five texts, each followed by an answer: "Text 1", "Answer 1", "Text 2", …
async fn conversation(desk: &mut Desk) -> (Organization, String) {
    desk.leave_outbox();
    let acme = desk.organization("Acme", NUMBER).await;
    // Olga is active, so her customers' texts are watched.
    let setting = json!({ "enabled": true, "threshold_minutes": 10, "message": "We will be back.",
        "while_waiting": true, "quiet_minutes": 0 });
    let path = "/api/v1/organization/inactivity-reply";
    assert_eq!(desk.json(Method::PUT, path, &acme.admin, setting).await.status, StatusCode::OK);
    let case = desk.case(&acme, PHONE).await;
    for n in 1..=5 {
        assert_eq!(desk.text(NUMBER, PHONE, n, &format!("Text {n}")).await.status, StatusCode::OK);
        answer(desk, &acme, &case, &format!("Answer {n}")).await;
    }
    (acme, case)
}

async fn answer(desk: &Desk, acme: &Organization, case: &str, body: &str) {
    let path = format!("/api/v1/cases/{case}/messages");
    let answer = desk.post(&path, &acme.operator, json!({ "body": body })).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
}

async fn get(desk: &Desk, acme: &Organization, path: &str) -> Value {
    let answer = desk.get(path, &acme.operator).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    answer.json()
}

fn bodies(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["body"].as_str().unwrap()).collect()
}

/// The messages that decisions are about, by their texts.
fn decided<'a>(decisions: &Value, messages: &'a Value) -> Vec<&'a str> {
    let body_of = |id: &Value| {
        let items = messages["items"].as_array().unwrap();
        items.iter().find(|item| item["id"] == *id).map_or("not here", |item| item["body"].as_str().unwrap())
    };
    decisions.as_array().unwrap().iter().map(|decision| body_of(&decision["message_id"])).collect()
}

#[tokio::test]
async fn the_newest_messages_come_first_and_the_cursor_leads_to_older_ones() {
    let mut desk = Desk::new().await;
    let (acme, case) = conversation(&mut desk).await;
    let path = format!("/api/v1/cases/{case}/messages?order=newest&decisions=true&limit=4");
    let first = get(&desk, &acme, &path).await;
    assert_eq!(bodies(&first), ["Answer 5", "Text 5", "Answer 4", "Text 4"]);
    assert_eq!(decided(&first["decisions"], &first), ["Text 5", "Text 4"], "those of this window alone");
    // What comes meanwhile does not move the window.
    desk.text(NUMBER, PHONE, 6, "Text 6").await;
    let next = |page: &Value| format!("{path}&cursor={}", page["next_cursor"].as_str().unwrap());
    let second = get(&desk, &acme, &next(&first)).await;
    assert_eq!(bodies(&second), ["Answer 3", "Text 3", "Answer 2", "Text 2"]);
    assert_eq!(decided(&second["decisions"], &second), ["Text 3", "Text 2"]);
    let third = get(&desk, &acme, &next(&second)).await;
    assert_eq!(bodies(&third), ["Answer 1", "Text 1"]);
    assert_eq!((&third["next_cursor"], &third["deleted"]["earlier_messages"]), (&Value::Null, &json!(false)));

    let oldest = get(&desk, &acme, &format!("/api/v1/cases/{case}/messages?limit=2")).await;
    assert_eq!((bodies(&oldest), &oldest["decisions"]), (vec!["Text 1", "Answer 1"], &Value::Null));
    let decisions = format!("/api/v1/cases/{case}/decisions?order=newest&limit=2");
    let page = get(&desk, &acme, &decisions).await;
    let all = get(&desk, &acme, &format!("/api/v1/cases/{case}/messages?limit=50")).await;
    assert_eq!(decided(&page["items"], &all), ["Text 6", "Text 5"]);
    let page =
        get(&desk, &acme, &format!("{decisions}&cursor={}", page["next_cursor"].as_str().unwrap())).await;
    assert_eq!(decided(&page["items"], &all), ["Text 4", "Text 3"]);
}

/// A page that heard of an event patches its thread with one request.
#[tokio::test]
async fn since_brings_what_is_new_or_changed_and_nothing_else() {
    let mut desk = Desk::new().await;
    let (acme, case) = conversation(&mut desk).await;
    let other = desk.case(&acme, "+15551230002").await;
    let messages = format!("/api/v1/cases/{case}/messages");
    let first = get(&desk, &acme, &format!("{messages}?order=newest&limit=1")).await;
    let since =
        |page: &Value| format!("{messages}?decisions=true&since={}", page["position"].as_str().unwrap());

    let nothing = get(&desk, &acme, &since(&first)).await;
    assert_eq!((bodies(&nothing), &nothing["decisions"]), (vec![], &json!([])));
    answer(&desk, &acme, &other, "To somebody else").await;
    let nothing = get(&desk, &acme, &since(&nothing)).await;
    assert_eq!(bodies(&nothing), Vec::<&str>::new(), "another case's messages");

    desk.text(NUMBER, PHONE, 6, "Text 6").await;
    let new = get(&desk, &acme, &since(&nothing)).await;
    assert_eq!(bodies(&new), ["Text 6"]);
    assert_eq!(decided(&new["decisions"], &new), ["Text 6"]);
    assert_eq!((&new["reset"], &new["next_cursor"]), (&json!(false), &Value::Null));

    // Nobody listens at the carrier's address: the oldest answer is tried, and waits again. Its delivery has changed.
    let clock = desk.post("/api/v1/dev/clock", &acme.admin, json!({ "advance_seconds": 0 })).await;
    assert_eq!(clock.status, StatusCode::OK);
    let changed = get(&desk, &acme, &since(&new)).await;
    assert_eq!(bodies(&changed), ["Answer 1"], "an old message whose delivery changed");
    assert_eq!(changed["decisions"], json!([]));

    // An answer ends the watch: the decision about an older message changes.
    answer(&desk, &acme, &case, "Answer 6").await;
    let ended = get(&desk, &acme, &since(&changed)).await;
    assert_eq!(bodies(&ended), ["Answer 6"]);
    assert_eq!(ended["decisions"][0]["message_id"], new["items"][0]["id"]);
    let decisions = format!("/api/v1/cases/{case}/decisions?since={}", changed["position"].as_str().unwrap());
    assert_eq!(get(&desk, &acme, &decisions).await["items"], ended["decisions"]);
    // The first marker still serves: everything since then, once each.
    let all = get(&desk, &acme, &since(&first)).await;
    assert_eq!(bodies(&all), ["Answer 6", "Text 6", "Answer 1"]);
}

#[tokio::test]
async fn what_since_cannot_tell_is_read_anew() {
    let mut desk = Desk::new().await;
    let (acme, case) = conversation(&mut desk).await;
    let messages = format!("/api/v1/cases/{case}/messages");
    let position = get(&desk, &acme, &messages).await["position"].as_str().unwrap().to_owned();
    desk.text(NUMBER, PHONE, 6, "Text 6").await;
    desk.text(NUMBER, PHONE, 7, "Text 7").await;
    let (unknown, none) = (Uuid::from_u128(5), Uuid::nil());
    for query in [format!("since={unknown}"), format!("since={none}"), format!("since={position}&limit=1")] {
        let page = get(&desk, &acme, &format!("{messages}?{query}&decisions=true")).await;
        assert_eq!(page["reset"], true, "{query}");
        assert_eq!(bodies(&page)[0], "Text 7", "{query}: the newest");
        let decisions = get(&desk, &acme, &format!("/api/v1/cases/{case}/decisions?{query}")).await;
        assert_eq!((&decisions["reset"], &decisions["items"][0]), (&json!(true), &page["decisions"][0]));
    }
    let cursor = get(&desk, &acme, &format!("{messages}?limit=1")).await["next_cursor"].clone();
    let cursor = cursor.as_str().unwrap();
    for (query, field) in [
        ("since=yesterday".to_owned(), "since"),
        (format!("since={position}&cursor={cursor}"), "since"),
        (format!("since={position}&order=oldest"), "since"),
        ("order=random".to_owned(), "order"),
        ("decisions=1".to_owned(), "decisions"),
    ] {
        let refused = desk.get(&format!("{messages}?{query}"), &acme.operator).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        assert_eq!(refused.bad_fields(), [field], "{query}");
    }
}
