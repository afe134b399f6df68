//! Two organizations in one installation: neither can see, name or touch anything of the other (V8.4.1).

use std::collections::BTreeSet;

use backsoon::http::access::TABLE;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Desk, Organization, PHONE, Who, week};

const ACME_NUMBER: &str = "+15559870000";
const BOLT_NUMBER: &str = "+15559870001";

/// An organization in which something of everything exists, and the ids of it all.
struct Busy {
    organization: Organization,
    case: String,
    customer: String,
    message: String,
    token: String,
    test: String,
    ids: BTreeSet<String>,
}

async fn busy(desk: &Desk, name: &str, number: &str, sid: u32) -> Busy {
    let organization = desk.organization(name, number).await;
    let case = desk.case(&organization, PHONE).await;
    assert_eq!(desk.text(number, PHONE, sid, &format!("Hello {name}")).await.status, StatusCode::OK);
    let setting = json!({ "enabled": true, "threshold_minutes": 10, "message": format!("Back soon, {name}."),
        "while_waiting": true, "quiet_minutes": 0 });
    desk.json(Method::PUT, "/api/v1/organization/inactivity-reply", &organization.admin, setting).await;
    let grid = json!({ "time_zone": "Europe/Berlin", "week": week(json!([])), "exceptions": [] });
    desk.json(Method::PUT, "/api/v1/organization/office-hours", &organization.admin, grid).await;
    let own = json!({ "inactivity": { "enabled": true, "message": format!("Own, {name}."), "threshold_minutes": 5 },
        "away": null, "office_hours": null });
    for who in [&organization.operator, &organization.both] {
        desk.json(Method::PUT, "/api/v1/me/auto-reply", who, own.clone()).await;
    }
    let path = format!("/api/v1/cases/{case}/secondary-operators/{}", organization.both.id());
    let answer = desk.json(Method::PUT, &path, &organization.operator, json!({})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let mut ids =
        BTreeSet::from([case.clone(), organization.channel_id.clone(), organization.id.to_string()]);
    let shown = desk.get(&format!("/api/v1/cases/{case}"), &organization.both).await.json();
    let customer = shown["customer"]["id"].as_str().expect("a customer").to_owned();
    for path in readable(&case, &customer) {
        let answer = desk.get(&path, &organization.both).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        collect_ids(&answer.json(), &mut ids);
    }
    let messages = desk.get(&format!("/api/v1/cases/{case}/messages"), &organization.both).await.json();
    let message = messages["items"][0]["id"].as_str().expect("a message").to_owned();
    let email = format!("bea.{}@desk.example", name.to_lowercase());
    let token = desk.app.token_create(&email, name, None).await.expect("a token").id.to_string();
    let path = format!("/api/v1/channels/{}/test", organization.channel_id);
    let sent = desk.post(&path, &organization.both, json!({ "phone": PHONE })).await.json();
    let test = sent["message_id"].as_str().expect("a test text").to_owned();
    ids.extend([token.clone(), test.clone()]);
    assert!(ids.len() >= 10, "{ids:?}");
    Busy { organization, case, customer, message, token, test, ids }
}

/// Every route that can be read, with this case or customer where it names one.
fn readable(case: &str, customer: &str) -> Vec<String> {
    TABLE
        .iter()
        .filter(|entry| *entry.method == Method::GET && entry.path.starts_with("/api/"))
        .map(|entry| {
            let id = if entry.path.contains("/customers/") { customer } else { case };
            entry.path.replace("{id}", id).replace("/lookup", "/lookup?phone=%2B15551230001")
        })
        // The people of the demo are there in the demo alone.
        .filter(|path| {
            !path.contains("{message_id}") && !path.ends_with("/events") && !path.ends_with("/dev/people")
        })
        .collect()
}

fn collect_ids(value: &Value, ids: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if uuid::Uuid::try_parse(text).is_ok() && !text.starts_with("00000000") => {
            ids.insert(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| collect_ids(item, ids)),
        Value::Object(fields) => fields.values().for_each(|field| collect_ids(field, ids)),
        _ => {}
    }
}

#[tokio::test]
async fn v8_4_1_another_organizations_things_do_not_exist() {
    let mut desk = Desk::new().await;
    desk.leave_outbox();
    let acme = busy(&desk, "Acme", ACME_NUMBER, 1).await;
    let bolt = busy(&desk, "Bolt", BOLT_NUMBER, 2).await;
    assert!(acme.ids.is_disjoint(&bolt.ids), "ids are drawn once");

    // Nothing that Acme can read names anything of Bolt's.
    for path in readable(&acme.case, &acme.customer) {
        let answer = desk.get(&path, &acme.organization.both).await;
        let (mut found, text) = (BTreeSet::new(), answer.text());
        collect_ids(&answer.json(), &mut found);
        assert!(found.is_disjoint(&bolt.ids), "{path}");
        assert!(!text.contains("Bolt") && !text.contains(BOLT_NUMBER), "{path}: {text}");
    }

    // Every route with an id answers 404 for Bolt's, whatever is asked, and changes nothing.
    let before = snapshot(&desk, &bolt).await;
    for entry in TABLE.iter().filter(|entry| entry.path.starts_with("/api/") && entry.path.contains("{id}")) {
        let id = match entry.path.split('/').nth(3) {
            Some("cases") => bolt.case.clone(),
            Some("users") => bolt.organization.operator.id(),
            Some("customers") => bolt.customer.clone(),
            Some("channels") => bolt.organization.channel_id.clone(),
            Some("tokens") => bolt.token.clone(),
            other => panic!("no id of Bolt's for {other:?}"),
        };
        let path = entry
            .path
            .replace("{id}", &id)
            .replace("{user_id}", &bolt.organization.both.id())
            .replace("{message_id}", if entry.path.contains("/test/") { &bolt.test } else { &bolt.message })
            .replace("{n}", "0");
        let body = match (entry.method.as_str(), entry.path) {
            ("PATCH", "/api/v1/cases/{id}") => json!({ "subject": "Mine now" }),
            ("PATCH", "/api/v1/customers/{id}") => json!({ "name": "Mine now" }),
            ("PATCH", _) => json!({ "active": false }),
            ("POST", "/api/v1/channels/{id}/test") => json!({ "phone": PHONE }),
            ("POST", "/api/v1/users/{id}/auto-reply/switch-off") => json!({ "kind": "personal_inactivity" }),
            ("POST", "/api/v1/cases/{id}/messages/{message_id}/meant") => json!({ "meant": "opt_out" }),
            ("POST", "/api/v1/cases/{id}/messages") => json!({ "body": "Mine now" }),
            _ => json!({}),
        };
        let answer = match *entry.method {
            Method::GET => desk.get(&path, &acme.organization.both).await,
            _ => desk.json(entry.method.clone(), &path, &acme.organization.both, body).await,
        };
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{} {path}: {}", entry.method, answer.text());
        answer.problem();
    }
    // Nor through a message of Bolt's under a case of Acme's.
    let path = format!("/api/v1/cases/{}/messages/{}/attachments/0", acme.case, bolt.message);
    assert_eq!(desk.get(&path, &acme.organization.both).await.status, StatusCode::NOT_FOUND);
    // Nor can somebody of Bolt's be put on a case of Acme's, or taken off it.
    let path = format!("/api/v1/cases/{}/secondary-operators/{}", acme.case, bolt.organization.both.id());
    for method in [Method::PUT, Method::DELETE] {
        let answer = desk.json(method, &path, &acme.organization.both, json!({})).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", answer.text());
        answer.problem();
    }
    assert_eq!(snapshot(&desk, &bolt).await, before);
}

#[tokio::test]
async fn v8_4_1_another_organizations_ids_in_a_body_name_nothing() {
    let mut desk = Desk::new().await;
    desk.leave_outbox();
    let acme = busy(&desk, "Acme", ACME_NUMBER, 1).await;
    let bolt = busy(&desk, "Bolt", BOLT_NUMBER, 2).await;
    let who = &acme.organization.both;
    let new_case = |operator: Value, channel: Value| {
        json!({ "customer": { "phone": "+15551230002", "name": "" }, "subject": "", "assigned_operator_id": operator,
            "channel_id": channel })
    };
    let bolts_operator = json!(bolt.organization.operator.id());
    let table = [
        (
            Method::POST,
            "/api/v1/cases".to_owned(),
            new_case(bolts_operator.clone(), Value::Null),
            "assigned_operator_id",
        ),
        (
            Method::POST,
            "/api/v1/cases".to_owned(),
            new_case(Value::Null, json!(bolt.organization.channel_id)),
            "channel_id",
        ),
        (
            Method::PATCH,
            format!("/api/v1/cases/{}", acme.case),
            json!({ "assigned_operator_id": bolts_operator }),
            "assigned_operator_id",
        ),
        (
            Method::POST,
            "/api/v1/auto-reply/preview".to_owned(),
            json!({ "operator_id": bolts_operator }),
            "operator_id",
        ),
        (Method::POST, "/api/v1/auto-reply/preview".to_owned(), json!({ "case_id": bolt.case }), ""),
    ];
    for (method, path, body, field) in table {
        let answer = desk.json(method, &path, who, body.clone()).await;
        if field.is_empty() {
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path} {body}");
        } else {
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {body}: {}", answer.text());
            assert_eq!(answer.bad_fields(), [field], "{path} {body}");
        }
    }
    let filtered =
        desk.get(&format!("/api/v1/cases?assigned_to={}", bolt.organization.operator.id()), who).await;
    assert_eq!(filtered.json()["items"], json!([]));
    // An e-mail address and a number are one to the whole installation, and that is all that is told.
    let taken = json!({ "name": "Olga", "email": "olga.bolt@desk.example", "roles": ["operator"],
        "password": "correct horse battery" });
    assert_eq!(desk.post("/api/v1/users", who, taken).await.bad_fields(), ["email"]);
}

/// One customer texting two organizations is two customers: an opt-out of one is none of the other (R15).
#[tokio::test]
async fn r15_an_opt_out_holds_for_one_organization() {
    let mut desk = Desk::new().await;
    desk.leave_outbox();
    let acme = busy(&desk, "Acme", ACME_NUMBER, 1).await;
    let bolt = busy(&desk, "Bolt", BOLT_NUMBER, 2).await;
    assert_eq!(desk.text(ACME_NUMBER, PHONE, 3, "STOP").await.status, StatusCode::OK);
    let opted_out = async |busy: &Busy| {
        let path = format!("/api/v1/cases/{}", busy.case);
        desk.get(&path, &busy.organization.both).await.json()["customer"]["opted_out"].clone()
    };
    assert_eq!(opted_out(&acme).await, true);
    assert_eq!(opted_out(&bolt).await, false);
    let path = format!("/api/v1/cases/{}/messages", acme.case);
    let answer = desk.post(&path, &acme.organization.operator, json!({ "body": "Hello" })).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    answer.problem();
}

async fn snapshot(desk: &Desk, busy: &Busy) -> Vec<Value> {
    let mut all = Vec::new();
    // An export is audited, so it changes what the next look finds.
    let looked_at =
        readable(&busy.case, &busy.customer).into_iter().filter(|path| !path.ends_with("/export"));
    for path in looked_at {
        let who: &Who = &busy.organization.both;
        all.push(desk.get(&path, who).await.json());
    }
    all
}
