//! Who is texted: numbers as they are written, names as they are corrected, cases that are made once.

use http::header::{CONTENT_TYPE, LOCATION};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Answer, Desk, Organization, PHONE, Who};

const NUMBER: &str = "+12065550100";
const CASES: &str = "/api/v1/cases";
const ORGANIZATION: &str = "/api/v1/organization";

fn new_case(phone: &str) -> Value {
    json!({ "customer": { "phone": phone, "name": "" }, "subject": "", "assigned_operator_id": null })
}

async fn count(desk: &Desk, path: &str, who: &Who) -> usize {
    desk.get(path, who).await.json()["items"].as_array().expect("a list").len()
}

/// With an `Idempotency-Key`.
async fn keyed(desk: &Desk, who: &Who, key: &str, body: &Value) -> Answer {
    let request = desk.request(Method::POST, CASES, who).header("Idempotency-Key", key);
    let request = request.header(CONTENT_TYPE, "application/json").body(body.to_string().into());
    desk.send(request.expect("a request")).await
}

/// G of the texts that failed: however a number is written, it is read as a number of the organization's country.
#[tokio::test]
async fn a_number_is_taken_as_a_person_writes_it() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", NUMBER).await;
    for written in [
        "\u{202d}+1 206 555 0117\u{202c}",
        "206\u{2011}555\u{2011}0117",
        "(206) 555-0117",
        "２０６５５５０１１７",
    ] {
        let made = desk.post(CASES, &acme.operator, new_case(written)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{written:?}: {made:?}");
        let customer = &made.json()["customer"];
        assert_eq!(
            (&customer["phone"], &customer["phone_display"]),
            (&json!("+12065550117"), &json!("+1 206 555 0117"))
        );
    }
    let table = [
        ("555 0117", "Add the country code, for example +1 206 555 0117"),
        ("1-800-FLOWERS", "must not contain \"F\""),
        (" 206 555 0100", "is one of your own numbers"),
        ("+1 206 555", "has too few digits"),
    ];
    for (written, sentence) in table {
        let refused = desk.post(CASES, &acme.operator, new_case(written)).await;
        assert_eq!(refused.bad_fields(), ["customer.phone"], "{written}");
        assert!(
            refused.json().to_string().replace("\\\"", "\"").contains(sentence),
            "{written}: {refused:?}"
        );
    }
    let channel = json!({ "account_sid": format!("AC{}", "b".repeat(32)), "auth_token": "t", "number": "(206) 555-0102" });
    let added = desk.post("/api/v1/channels", &acme.admin, channel).await.json();
    assert_eq!(
        (&added["number"], &added["number_display"]),
        (&json!("+12065550102"), &json!("+1 206 555 0102"))
    );
}

#[tokio::test]
async fn the_country_follows_the_number_and_the_zone_until_it_is_chosen() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", NUMBER).await;
    let id = desk.app.organization_create("Zone", "Europe/Athens", None).await.unwrap();
    let zone = desk.person(id, "Adam Zone", &[domain::user::Role::SystemAdmin]).await;
    let id = desk.app.organization_create("Chosen", "UTC", Some("gb")).await.unwrap();
    let chosen = desk.person(id, "Adam Chosen", &[domain::user::Role::SystemAdmin]).await;
    for (who, country) in [(&acme.admin, "US"), (&zone, "GR"), (&chosen, "GB")] {
        assert_eq!(desk.get(ORGANIZATION, who).await.json()["country"], country);
        assert_eq!(desk.get("/api/v1/session", who).await.json()["organization"]["country"], country);
    }
    let change = json!({ "name": "Acme Repair", "time_zone": "America/New_York", "country": "DE" });
    let changed = desk.json(Method::PATCH, ORGANIZATION, &acme.admin, change.clone()).await.json();
    for field in ["name", "time_zone", "country"] {
        assert_eq!(changed[field], change[field]);
    }
    assert_eq!(desk.get(ORGANIZATION, &acme.admin).await.json(), changed);
    let again = desk.json(Method::PATCH, ORGANIZATION, &acme.admin, json!({ "country": "de" })).await;
    assert_eq!(again.json(), changed, "nothing changed");
    let made = desk.post(CASES, &acme.operator, new_case("0151 23456789")).await.json();
    assert_eq!(made["customer"]["phone"], "+4915123456789");
    let audit = desk.get("/api/v1/audit", &acme.admin).await.json();
    let entries = audit["items"].as_array().expect("entries");
    let changes: Vec<&Value> =
        entries.iter().filter(|entry| entry["action"] == "organization.update").collect();
    assert_eq!(changes.len(), 1, "{audit}");
    assert_eq!(changes[0]["after"], change);
    let wrong = json!({ "name": "a\u{202e}b", "time_zone": "Mars", "country": "USA", "id": 1 });
    let refused = desk.json(Method::PATCH, ORGANIZATION, &acme.admin, wrong.clone()).await;
    assert_eq!(refused.bad_fields(), ["id"]);
    let wrong = json!({ "name": "a\u{202e}b", "time_zone": "Mars", "country": "USA" });
    let refused = desk.json(Method::PATCH, ORGANIZATION, &acme.admin, wrong).await;
    assert_eq!(refused.bad_fields(), ["name", "time_zone", "country"]);
}

/// U23: a name is corrected, and whoever looks at the customer's cases is told.
#[tokio::test]
async fn an_operator_names_a_customer() {
    let mut desk = Desk::new().await;
    desk.leave_outbox();
    let acme = desk.organization("Acme", NUMBER).await;
    let other = desk.organization("Other", "+12065550199").await;
    desk.text(NUMBER, PHONE, 1, "Hello").await;
    let case = desk.get(CASES, &acme.operator).await.json()["items"][0].clone();
    let id = case["customer"]["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/customers/{id}");
    let name =
        async |who: &Who, name: &str| desk.json(Method::PATCH, &path, who, json!({ "name": name })).await;
    let named = name(&acme.operator, " María  López ").await;
    assert_eq!(named.json()["name"], "María  López");
    for q in ["maria%20lopez", "L%C3%93PEZ", "0001%20maria"] {
        assert_eq!(count(&desk, &format!("{CASES}?q={q}"), &acme.operator).await, 1, "{q}");
        assert_eq!(count(&desk, &format!("/api/v1/customers?q={q}"), &acme.admin).await, 1, "{q}");
    }
    let case_path = format!("{CASES}/{}", case["id"].as_str().expect("an id"));
    assert_eq!(desk.get(&case_path, &acme.operator).await.json()["customer"]["name"], "María  López");
    assert_eq!(name(&acme.operator, "").await.json()["name"], "");
    for wrong in ["a\u{202e}gnp.exe", "\u{200b}", "a\nb", "\u{1b}[31m", "\u{3164}"] {
        assert_eq!(name(&acme.operator, wrong).await.bad_fields(), ["name"], "{wrong:?}");
    }
    assert_eq!(name(&acme.operator, &"x".repeat(101)).await.bad_fields(), ["name"]);
    assert_eq!(name(&acme.admin, "Maria").await.status, StatusCode::FORBIDDEN);
    assert_eq!(name(&other.operator, "Maria").await.status, StatusCode::NOT_FOUND);
    // The audit log knows nothing about the person.
    assert!(!desk.get("/api/v1/audit", &acme.admin).await.json().to_string().contains("pez"));
}

/// U11: who opens a case learns of the one that is open.
#[tokio::test]
async fn a_number_is_looked_up_before_a_case_is_opened() {
    let mut desk = Desk::new().await;
    desk.leave_outbox();
    let acme = desk.organization("Acme", NUMBER).await;
    let other = desk.organization("Other", "+12065550199").await;
    let look_up = async |who: &Who, phone: &str| {
        desk.get(&format!("/api/v1/customers/lookup?phone={phone}"), who).await
    };
    let nobody = look_up(&acme.operator, "206%20555%200117").await.json();
    assert_eq!(
        nobody,
        json!({ "phone": "+12065550117", "phone_display": "+1 206 555 0117", "customer": null, "open_cases": [] })
    );
    let mut body = new_case("206 555 0117");
    body["customer"]["name"] = json!("Maria Lopez");
    body["subject"] = json!("Water heater");
    let first = desk.post(CASES, &acme.operator, body.clone()).await.json();
    let second = desk.post(CASES, &acme.operator, body).await.json();
    let found = look_up(&acme.operator, "%2B12065550117").await.json();
    assert_eq!(found["customer"]["name"], "Maria Lopez");
    assert_eq!(found["open_cases"], json!([second, first]));
    let path = format!("{CASES}/{}", second["id"].as_str().expect("an id"));
    desk.json(Method::PATCH, &path, &acme.operator, json!({ "status": "closed" })).await;
    assert_eq!(look_up(&acme.operator, "12065550117").await.json()["open_cases"], json!([first]));
    assert_eq!(look_up(&other.operator, "12065550117").await.json()["customer"], Value::Null);
    for wrong in ["", "Maria", "555", "%2B12065550100", "2065550100"] {
        assert_eq!(look_up(&acme.operator, wrong).await.bad_fields(), ["phone"], "{wrong}");
    }
}

/// m23, U12: a request whose answer was lost makes no second case, and sends nothing twice.
#[tokio::test]
async fn a_case_with_its_first_text_is_made_once() {
    let mut desk = Desk::new().await;
    desk.leave_outbox();
    let acme = desk.organization("Acme", NUMBER).await;
    let mut body = new_case("206 555 0117");
    body["message"] = json!(" Hello Maria ");
    let made = keyed(&desk, &acme.operator, "key-1", &body).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let path = made.headers[LOCATION].to_str().expect("a path").to_owned();
    assert_eq!(path, format!("{CASES}/{}", made.json()["id"].as_str().expect("an id")));
    assert_eq!(made.json()["last_message"]["body"], "Hello Maria");
    assert_eq!(made.json()["assigned_operator"]["name"], "Olga Acme", "who writes has the case (R17)");
    let again = keyed(&desk, &acme.operator, "key-1", &body).await;
    assert_eq!((again.status, again.json()), (StatusCode::CREATED, made.json()));
    assert_eq!(count(&desk, CASES, &acme.operator).await, 1);
    assert_eq!(count(&desk, &format!("{path}/messages"), &acme.operator).await, 1);
    // The same number, written otherwise, is the same request; another text is not.
    body["customer"]["phone"] = json!("+12065550117");
    assert_eq!(keyed(&desk, &acme.operator, "key-1", &body).await.json(), made.json());
    body["message"] = json!("Hello Mario");
    assert_eq!(keyed(&desk, &acme.operator, "key-1", &body).await.status, StatusCode::CONFLICT);
    // A key is one person's, and a message's key makes no case.
    assert_eq!(keyed(&desk, &acme.both, "key-1", &body).await.status, StatusCode::CREATED);
    let request = desk.request(Method::POST, &format!("{path}/messages"), &acme.operator);
    let request = request.header("Idempotency-Key", "key-2").header(CONTENT_TYPE, "application/json");
    let sent = desk.send(request.body(json!({ "body": "More" }).to_string().into()).unwrap()).await;
    assert_eq!(sent.status, StatusCode::CREATED);
    assert_eq!(keyed(&desk, &acme.operator, "key-2", &body).await.status, StatusCode::CONFLICT);
    for (key, bad) in [("", "Idempotency-Key"), (&"k".repeat(256), "Idempotency-Key")] {
        assert_eq!(keyed(&desk, &acme.operator, key, &body).await.bad_fields(), [bad]);
    }
    assert_eq!(count(&desk, CASES, &acme.operator).await, 2);
}

/// R15: nothing is made for a text that must not be sent.
#[tokio::test]
async fn a_first_text_to_somebody_who_opted_out_makes_no_case() {
    let mut desk = Desk::new().await;
    desk.leave_outbox();
    let acme = desk.organization("Acme", NUMBER).await;
    desk.text(NUMBER, PHONE, 1, "STOP").await;
    let cases = count(&desk, CASES, &acme.operator).await;
    let mut body = new_case(PHONE);
    body["message"] = json!("Hello");
    assert_eq!(desk.post(CASES, &acme.operator, body.clone()).await.status, StatusCode::CONFLICT);
    assert_eq!(count(&desk, CASES, &acme.operator).await, cases);
    body["message"] = Value::Null;
    assert_eq!(desk.post(CASES, &acme.operator, body).await.status, StatusCode::CREATED);
}

/// E, F: the inbox finds numbers in any spelling, and names whatever their accents.
#[tokio::test]
async fn the_inbox_finds_what_a_person_would_type() {
    let mut desk = Desk::new().await;
    desk.leave_outbox();
    let acme: Organization = desk.organization("Acme", NUMBER).await;
    let mut body = new_case("+15553020005");
    body["customer"]["name"] = json!("ΝΙΚΟΣ ΠΑΠΠΑΣ");
    body["subject"] = json!("Straße");
    let made = desk.post(CASES, &acme.operator, body).await.json();
    let path = format!("{CASES}/{}", made["id"].as_str().expect("an id"));
    let table = [
        ("%2B1%20555-302-0005", 1),
        ("(555)%20302-0005", 1),
        ("0005", 1),
        ("%CE%BD%CE%AF%CE%BA%CE%BF%CF%82", 1),
        ("STRASSE", 1),
        ("case%201", 1),
        ("%23", 0),
        ("0006", 0),
    ];
    for (q, found) in table {
        assert_eq!(count(&desk, &format!("{CASES}?q={q}"), &acme.operator).await, found, "{q}");
    }
    desk.json(Method::PATCH, &path, &acme.operator, json!({ "subject": "Boiler" })).await;
    assert_eq!(count(&desk, &format!("{CASES}?q=strasse"), &acme.operator).await, 0);
    assert_eq!(count(&desk, &format!("{CASES}?q=BOILER"), &acme.operator).await, 1);
}
