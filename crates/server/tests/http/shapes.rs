//! What is answered has the shape that `openapi.json` says, field by field.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Desk, PHONE, week};

const NUMBER: &str = "+15559870000";

/// Notes where `value` differs from `schema`: a field that is missing, unknown, or null where it may not be.
fn compare(document: &Value, schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
    if let Some(link) = schema["$ref"].as_str() {
        let name = link.rsplit('/').next().unwrap_or_default();
        return compare(document, &document["components"]["schemas"][name], value, at, wrong);
    }
    if let Some(either) = schema["oneOf"].as_array() {
        let others = either.iter().find(|schema| schema["type"] != "null");
        return match others {
            Some(schema) if !value.is_null() => compare(document, schema, value, at, wrong),
            _ => {}
        };
    }
    if let Some(parts) = schema["allOf"].as_array() {
        // What is described in parts is compared as one.
        let mut whole = json!({ "type": "object", "properties": {} });
        for part in parts {
            let name = part["$ref"].as_str().and_then(|link| link.rsplit('/').next());
            let part = name.map_or(part, |name| &document["components"]["schemas"][name]);
            for (name, schema) in part["properties"].as_object().into_iter().flatten() {
                whole["properties"][name] = schema.clone();
            }
        }
        return compare(document, &whole, value, at, wrong);
    }
    let types = match &schema["type"] {
        // Anything, such as what stood before a change in the audit log.
        Value::Null => return,
        Value::Array(types) => types.clone(),
        one => vec![one.clone()],
    };
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if !types.iter().any(|kind| kind == found) {
        wrong.push(format!("{at} is {found}, not {types:?}"));
    }
    if let (Some(properties), Some(fields)) = (schema["properties"].as_object(), value.as_object()) {
        for (name, schema) in properties {
            match fields.get(name) {
                Some(value) => compare(document, schema, value, &format!("{at}.{name}"), wrong),
                None => wrong.push(format!("{at}.{name} is missing")),
            }
        }
        let unknown = fields.keys().filter(|name| !properties.contains_key(*name));
        wrong.extend(unknown.map(|name| format!("{at}.{name} is not described")));
    }
    for (i, item) in value.as_array().into_iter().flatten().enumerate() {
        compare(document, &schema["items"], item, &format!("{at}[{i}]"), wrong);
    }
}

#[tokio::test]
async fn every_answer_has_the_shape_that_is_described() {
    let mut desk = Desk::new().await;
    desk.leave_outbox();
    let acme = desk.organization("Acme", NUMBER).await;
    let case = desk.case(&acme, PHONE).await;
    let window = json!([{ "start": "09:00", "end": "17:00" }]);
    let exceptions = json!([{ "date": "2026-12-25", "windows": window }]);
    let grid = json!({ "time_zone": "UTC", "week": week(window), "exceptions": exceptions });
    let mut office_hours = grid.clone();
    office_hours["enabled"] = json!(true);
    office_hours["message"] = json!("Closed.");
    let own = json!({ "inactivity": { "enabled": true, "message": "Mine.", "threshold_minutes": 5 },
        "away": { "enabled": true, "title": "Leave", "message": "Away.", "starts_at": "2026-11-23T00:00:00Z",
            "ends_at": null },
        "office_hours": office_hours });
    let reply = json!({ "enabled": true, "threshold_minutes": 10, "message": "Back soon.",
        "while_waiting": true, "quiet_minutes": 0 });
    let both = acme.both.id();
    let requests = [
        (Method::PUT, "/api/v1/organization/inactivity-reply", reply),
        (
            Method::PUT,
            "/api/v1/organization/retention",
            json!({ "messages_days": 90, "decisions_days": null, "events_days": 1 }),
        ),
        (Method::PUT, "/api/v1/organization/office-hours", grid),
        (Method::PUT, "/api/v1/me/auto-reply", own),
        (Method::PUT, "/api/v1/cases/{id}/secondary-operators/{user_id}", json!({})),
        (Method::POST, "/api/v1/cases/{id}/messages", json!({ "body": "Hello" })),
        (Method::DELETE, "/api/v1/cases/{id}/idempotency-keys/{key}", json!({})),
        (Method::POST, "/api/v1/cases/{id}/messages/0198f3a0-0000-7000-8000-000000000001/dismiss", json!({})),
        (Method::POST, "/api/v1/users/{user_id}/auto-reply/switch-off", json!({ "kind": "away" })),
        (Method::POST, "/api/v1/auto-reply/preview", json!({ "case_id": case })),
    ];
    let served = desk.get("/openapi.json", &acme.both).await.json();
    let mut wrong = Vec::new();
    let compare_all = |method: &Method, path: &str, answer: &Value, wrong: &mut Vec<String>| {
        let method = method.as_str().to_lowercase();
        let responses = &served["paths"][path][method.as_str()]["responses"];
        let answers =
            ["200", "201"].map(|status| &responses[status]["content"]["application/json"]["schema"]);
        let schema = answers.into_iter().find(|schema| schema.is_object()).expect("a described answer");
        compare(&served, schema, answer, &format!("{method} {path} "), wrong);
    };
    for (method, path, body) in requests {
        let address = path.replace("{id}", &case).replace("{user_id}", &both).replace("{key}", "lost");
        let answer = desk.json(method.clone(), &address, &acme.both, body).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text());
        let described = path
            .replace("users/{user_id}", "users/{id}")
            .replace("0198f3a0-0000-7000-8000-000000000001", "{message_id}");
        compare_all(&method, &described, &answer.json(), &mut wrong);
    }
    assert_eq!(desk.text(NUMBER, PHONE, 1, "Hello?").await.status, StatusCode::OK);
    let readable = served["paths"].as_object().expect("paths").iter().filter(|(path, item)| {
        item["get"].is_object()
            && path.starts_with("/api/")
            && !path.ends_with("/events")
            && !path.ends_with("/dev/people")
            && !path.contains("{message_id}")
    });
    let mut compared = 0;
    let customer = desk.get(&format!("/api/v1/cases/{case}"), &acme.both).await.json();
    let customer = customer["customer"]["id"].as_str().expect("a customer").to_owned();
    for (path, _) in readable {
        let id = if path.contains("/customers/") { &customer } else { &case };
        let address = path.replace("{id}", id).replace("/lookup", "/lookup?phone=%2B15551230001");
        let answer = desk.get(&address, &acme.both).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        compare_all(&Method::GET, path, &answer.json(), &mut wrong);
        compared += 1;
    }
    let test = format!("/api/v1/channels/{}/test", acme.channel_id);
    let sent = desk.post(&test, &acme.both, json!({ "phone": PHONE })).await.json();
    compare_all(&Method::POST, "/api/v1/channels/{id}/test", &sent, &mut wrong);
    let path = format!("{test}/{}", sent["message_id"].as_str().expect("an id"));
    let shown = desk.get(&path, &acme.both).await.json();
    compare_all(&Method::GET, "/api/v1/channels/{id}/test/{message_id}", &shown, &mut wrong);
    let answer =
        desk.json(Method::DELETE, &format!("/api/v1/customers/{customer}"), &acme.both, json!({})).await;
    compare_all(&Method::DELETE, "/api/v1/customers/{id}", &answer.json(), &mut wrong);
    assert_eq!(wrong, Vec::<String>::new());
    assert!(compared >= 17, "only {compared} answers");
}
