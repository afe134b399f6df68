//! What becomes of the open cases of somebody who leaves, what the carrier says of an account, and the filters of the
//! audit log.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Answer, Desk, Organization, Who};

const NUMBER: &str = "+15559870000";

async fn change(desk: &Desk, acme: &Organization, user: &str, patch: Value) -> Answer {
    desk.json(Method::PATCH, &format!("/api/v1/users/{user}"), &acme.admin, patch).await
}

async fn row(desk: &Desk, acme: &Organization, user: &str) -> Value {
    let list = desk.get("/api/v1/users", &acme.admin).await.json();
    list["items"].as_array().expect("users").iter().find(|each| each["id"] == user).expect("the user").clone()
}

async fn assigned(desk: &Desk, who: &Who, case: &str) -> Value {
    desk.get(&format!("/api/v1/cases/{case}"), who).await.json()["assigned_operator"]["name"].clone()
}

#[tokio::test]
async fn r17_the_open_cases_of_somebody_who_leaves_go_to_a_colleague_or_to_nobody() {
    let mut desk = Desk::new().await;
    let acme = desk.organization("Acme", NUMBER).await;
    let setting = json!({ "enabled": true, "threshold_minutes": 10, "message": "Back soon.", "while_waiting": true, "quiet_minutes": 0 });
    let path = "/api/v1/organization/inactivity-reply";
    assert_eq!(desk.json(Method::PUT, path, &acme.admin, setting).await.status, StatusCode::OK);
    let (olga, bea, adam) = (acme.operator.id(), acme.both.id(), acme.admin.id());
    let mut cases = Vec::new();
    for n in 1..=3_u32 {
        let phone = format!("+1555100000{n}");
        cases.push(desk.case(&acme, &phone).await);
        if n < 3 {
            assert_eq!(desk.text(NUMBER, &phone, n, "Are you there?").await.status, StatusCode::OK);
        }
    }
    let closed = format!("/api/v1/cases/{}", desk.case(&acme, "+15551000009").await);
    let answer = desk.json(Method::PATCH, &closed, &acme.operator, json!({ "status": "closed" })).await;
    assert_eq!(answer.status, StatusCode::OK);
    let before = row(&desk, &acme, &olga).await;
    assert_eq!((&before["open_cases"], &before["waiting_customers"]), (&json!(3), &json!(2)));

    // Whom they cannot go to.
    for (to, field) in [(json!(olga), true), (json!(adam), true), (json!("nobody"), true), (json!(7), true)] {
        let answer = change(&desk, &acme, &olga, json!({ "active": false, "hand_open_cases_to": to })).await;
        assert_eq!(answer.bad_fields() == ["hand_open_cases_to"], field, "{to}: {}", answer.text());
    }
    assert_eq!(row(&desk, &acme, &olga).await["active"], true, "nothing of a refused change is done");

    // The role is taken away, and the cases go to Bea; their watches begin anew for her.
    let answer =
        change(&desk, &acme, &olga, json!({ "roles": ["system_admin"], "hand_open_cases_to": bea })).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!((&answer.json()["open_cases"], &answer.json()["waiting_customers"]), (&json!(0), &json!(0)));
    for case in &cases {
        assert_eq!(assigned(&desk, &acme.both, case).await, "Bea Acme");
    }
    let case = desk.get(&format!("/api/v1/cases/{}", cases[0]), &acme.both).await.json();
    assert!(case["watch"]["due_at"].is_string(), "{case}");
    assert_eq!(desk.get(&closed, &acme.both).await.json()["assigned_operator"]["id"], json!(olga));

    // Without the field they stay; with null they go back to nobody.
    let answer = change(&desk, &acme, &bea, json!({ "active": false })).await;
    assert_eq!(answer.json()["open_cases"], 3, "{}", answer.text());
    let answer = change(&desk, &acme, &bea, json!({ "hand_open_cases_to": null })).await;
    assert_eq!(answer.json()["open_cases"], 0, "{}", answer.text());
    let log = desk.get("/api/v1/audit?kind=user&limit=3", &acme.admin).await.json();
    let handed = |n: usize| log["items"][n]["after"]["open_cases_handed_over"].clone();
    assert_eq!(handed(0), json!({ "count": 3, "to": null }), "{log}");
    assert_eq!(handed(1), Value::Null);
    assert_eq!(handed(2), json!({ "count": 3, "to": "Bea Acme" }));
    desk.leave_outbox();
}

#[tokio::test]
async fn the_audit_log_is_filtered_by_person_kind_and_time() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", NUMBER).await;
    let olga = acme.operator.id();
    assert_eq!(change(&desk, &acme, &olga, json!({ "name": "Olga A." })).await.status, StatusCode::OK);
    desk.pass_ms(60_000);
    assert_eq!(change(&desk, &acme, &olga, json!({ "name": "Olga B." })).await.status, StatusCode::OK);
    let all = desk.get("/api/v1/audit", &acme.admin).await.json();
    let newest = all["items"][0]["at"].as_str().expect("an instant").to_owned();
    let count = async |query: &str| {
        let answer = desk.get(&format!("/api/v1/audit?{query}"), &acme.admin).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.text());
        answer.json()["items"].as_array().expect("entries").len()
    };
    let adam = acme.admin.id();
    let table = [
        (format!("actor_id={adam}&kind=user"), 2),
        (format!("actor_id={olga}"), 0),
        ("kind=office_hours".to_owned(), 0),
        ("kind=use".to_owned(), 0),
        (format!("from={newest}"), 1),
        (format!("to={newest}&actor_id={adam}&kind=user"), 1),
        (format!("from={newest}&to={newest}"), 0),
    ];
    for (query, expected) in table {
        assert_eq!(count(&query).await, expected, "{query}");
    }
    for (query, field) in [
        ("kind=User", "kind"),
        ("kind=", "kind"),
        ("kind=a%25", "kind"),
        ("from=noon", "from"),
        ("actor_id=me", "actor_id"),
    ] {
        let answer = desk.get(&format!("/api/v1/audit?{query}"), &acme.admin).await;
        assert_eq!(answer.bad_fields(), [field], "{query}: {}", answer.text());
    }
}

#[tokio::test]
async fn an_account_that_the_carrier_cannot_be_asked_about_is_said_to_be_unknown() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", NUMBER).await;
    let other = desk.organization("Other", "+15559870001").await;
    let check = async |who: &Who| {
        let path = format!("/api/v1/channels/{}/check", acme.channel_id);
        let request =
            desk.request(Method::POST, &path, who).body(axum::body::Body::empty()).expect("a request");
        desk.send(request).await
    };
    let answer = check(&acme.admin).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.json()["seen"], "unknown", "{}", answer.text());
    assert_eq!(answer.json()["webhook"], Value::Null);
    assert_eq!(check(&other.admin).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn only_the_demo_offers_people_to_sign_in_as() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", NUMBER).await;
    for who in [&Who::Nobody, &acme.operator, &acme.admin] {
        let answer = desk.get("/api/v1/dev/people", who).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        answer.problem();
    }
}
