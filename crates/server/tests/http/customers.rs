//! Customers as their data, and how long it is kept (decision 0016).

use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, IF_MATCH};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Desk, Organization, PHONE};

const NUMBER: &str = "+15559870000";
const RETENTION: &str = "/api/v1/organization/retention";

async fn customer(desk: &Desk, acme: &Organization) -> String {
    let found = desk.get("/api/v1/customers?q=%2B1%20555-123-0001", &acme.admin).await.json();
    found["items"][0]["id"].as_str().expect("a customer").to_owned()
}

#[tokio::test]
async fn how_long_data_is_kept_is_set_by_version() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", NUMBER).await;
    let new = desk.get(RETENTION, &acme.admin).await;
    assert_eq!(new.headers[ETAG], "\"1\"");
    let value = new.json();
    let days = |value: &Value| {
        (value["messages_days"].clone(), value["decisions_days"].clone(), value["events_days"].clone())
    };
    assert_eq!(days(&value), (Value::Null, Value::Null, json!(1)));
    assert_eq!(value["updated_by"], Value::Null);
    let change = json!({ "messages_days": 365, "decisions_days": 90, "events_days": 3 });
    let put = desk.json(Method::PUT, RETENTION, &acme.admin, change.clone()).await;
    assert_eq!((put.status, &put.headers[ETAG]), (StatusCode::OK, &"\"2\"".parse().unwrap()));
    assert_eq!(put.json()["updated_by"]["name"], "Adam Acme");
    assert_eq!(desk.get(RETENTION, &acme.admin).await.json(), put.json());
    for (tag, status) in [("\"1\"", 412), ("\"2\"", 200), ("*", 200), ("W/\"2\"", 412), ("2", 400)] {
        let request = desk.request(Method::PUT, RETENTION, &acme.admin).header(IF_MATCH, tag);
        let request = request.header(CONTENT_TYPE, "application/json").body(change.to_string().into());
        assert_eq!(desk.send(request.expect("a request")).await.status.as_u16(), status, "{tag}");
    }
}

#[tokio::test]
async fn a_customer_is_found_exported_and_erased() {
    let mut desk = Desk::new().await;
    desk.leave_outbox();
    let acme = desk.organization("Acme", NUMBER).await;
    let first = desk.case(&acme, PHONE).await;
    let path = format!("/api/v1/cases/{first}");
    for n in 1..=3 {
        desk.text(NUMBER, PHONE, n, &format!("Text {n}")).await;
    }
    let messages = format!("{path}/messages");
    desk.post(&messages, &acme.operator, json!({ "body": "A \"quoted\"\nanswer" })).await;
    let second = desk.case(&acme, PHONE).await;
    desk.case(&acme, "+15551239999").await;

    let found = desk.get("/api/v1/customers", &acme.admin).await.json();
    assert_eq!(found["items"].as_array().map(Vec::len), Some(2));
    let id = customer(&desk, &acme).await;
    let long = format!("/api/v1/customers?q={}", "x".repeat(101));
    assert_eq!(desk.get(&long, &acme.admin).await.bad_fields(), ["q"]);

    let export = desk.get(&format!("/api/v1/customers/{id}/export"), &acme.admin).await;
    assert_eq!(export.status, StatusCode::OK);
    assert_eq!(export.headers[CONTENT_TYPE], "application/json");
    assert_eq!(export.headers[CONTENT_DISPOSITION], format!("attachment; filename=\"customer-{id}.json\""));
    let export = export.json();
    assert_eq!(export["customer"]["phone"], PHONE);
    let cases = export["cases"].as_array().expect("cases");
    assert_eq!(
        cases.iter().map(|case| case["id"].clone()).collect::<Vec<_>>(),
        [json!(first), json!(second)]
    );
    let written = cases[0]["messages"].as_array().expect("messages");
    let bodies: Vec<&str> = written.iter().filter_map(|message| message["body"].as_str()).collect();
    assert_eq!(bodies, ["Text 1", "Text 2", "Text 3", "A \"quoted\"\nanswer"]);
    assert!(written[0]["decision"]["sentence"].is_string() && written[3]["decision"].is_null());
    assert_eq!(cases[1]["messages"], json!([]));

    let path_of_customer = format!("/api/v1/customers/{id}");
    let erased = desk.json(Method::DELETE, &path_of_customer, &acme.admin, json!({})).await;
    assert_eq!(erased.json(), json!({ "cases": 2, "messages": 4, "opt_out_kept": false }));
    for (path, who) in
        [(&path, &acme.operator), (&messages, &acme.operator), (&path_of_customer, &acme.admin)]
    {
        let method = if path == &path_of_customer { Method::DELETE } else { Method::GET };
        let answer = desk.json(method, path, who, json!({})).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        answer.problem();
    }
    let audit = desk.get("/api/v1/audit?limit=3", &acme.admin).await.json();
    let actions: Vec<&str> = audit["items"]
        .as_array()
        .expect("items")
        .iter()
        .filter_map(|entry| entry["action"].as_str())
        .collect();
    assert_eq!(actions[..2], ["customer.erase", "customer.export"]);
    assert_eq!(audit["items"][0]["before"], json!({ "cases": 2, "messages": 4 }));
    assert!(!audit.to_string().contains("5551230001") && !audit.to_string().contains("Carla"), "{audit}");

    // They text again, as a stranger.
    desk.text(NUMBER, PHONE, 9, "Hello again").await;
    assert_ne!(customer(&desk, &acme).await, id);
}

/// A long case comes in several pieces, and the document is still one.
#[tokio::test]
async fn an_export_of_many_messages_is_one_document() {
    let mut desk = Desk::new().await;
    desk.leave_outbox();
    let acme = desk.organization("Acme", NUMBER).await;
    let case = desk.case(&acme, PHONE).await;
    for n in 0..401 {
        let body = json!({ "body": format!("Message {n}") });
        assert_eq!(
            desk.post(&format!("/api/v1/cases/{case}/messages"), &acme.operator, body).await.status,
            StatusCode::CREATED
        );
    }
    let id = customer(&desk, &acme).await;
    let export = desk.get(&format!("/api/v1/customers/{id}/export"), &acme.admin).await.json();
    let messages = export["cases"][0]["messages"].as_array().expect("messages");
    assert_eq!(messages.len(), 401);
    assert!(messages.iter().enumerate().all(|(n, message)| message["body"] == format!("Message {n}")));
}
