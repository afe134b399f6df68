//! Secondary operators, and the switch that respects them.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Answer, Desk, Organization, PHONE, Who};

const NUMBER: &str = "+15559870000";
const SETTING: &str = "/api/v1/organization/inactivity-reply";

async fn change(desk: &Desk, method: Method, case: &str, user: &str, who: &Who) -> Answer {
    let path = format!("/api/v1/cases/{case}/secondary-operators/{user}");
    let request = desk.request(method, &path, who).body(axum::body::Body::empty()).expect("a request");
    desk.send(request).await
}

#[tokio::test]
async fn r24_secondary_operators_come_and_go() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", NUMBER).await;
    let case = desk.case(&acme, PHONE).await;
    let (olga, bea, adam) = (acme.operator.id(), acme.both.id(), acme.admin.id());
    let secondaries = async || {
        desk.get(&format!("/api/v1/cases/{case}"), &acme.operator).await.json()["secondary_operators"].clone()
    };
    assert_eq!(secondaries().await, json!([]));
    for _ in 0..2 {
        let answer = change(&desk, Method::PUT, &case, &bea, &acme.operator).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        assert_eq!(answer.json()["secondary_operators"], json!([{ "id": bea, "name": "Bea Acme" }]));
    }
    let listed = desk.get("/api/v1/cases", &acme.operator).await.json();
    assert_eq!(listed["items"][0]["secondary_operators"][0]["name"], "Bea Acme");

    let nobody = "0198f3a0-0000-7000-8000-000000000002";
    for (user, status) in [(olga.as_str(), 409), (nobody, 404), ("bea", 404), (adam.as_str(), 422)] {
        let answer = change(&desk, Method::PUT, &case, user, &acme.operator).await;
        assert_eq!(answer.status.as_u16(), status, "{user}: {}", answer.text());
        answer.problem();
    }
    assert_eq!(change(&desk, Method::PUT, nobody, &bea, &acme.operator).await.status, StatusCode::NOT_FOUND);

    // Whoever gets the case covers it no longer.
    let path = format!("/api/v1/cases/{case}");
    let handed =
        desk.json(Method::PATCH, &path, &acme.operator, json!({ "assigned_operator_id": bea })).await;
    assert_eq!(handed.json()["secondary_operators"], json!([]));
    assert_eq!(change(&desk, Method::PUT, &case, &olga, &acme.both).await.status, StatusCode::OK);
    for _ in 0..2 {
        let answer = change(&desk, Method::DELETE, &case, &olga, &acme.both).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
    }
    assert_eq!(secondaries().await, json!([]));
}

async fn put_setting(desk: &Desk, acme: &Organization, respect: Option<bool>) -> Value {
    let mut setting = json!({ "enabled": true, "threshold_minutes": 10, "message": "Back soon.",
        "while_waiting": true, "quiet_minutes": 0 });
    if let Some(respect) = respect {
        setting["respect_secondary"] = json!(respect);
    }
    let answer = desk.json(Method::PUT, SETTING, &acme.admin, setting).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn r24_an_active_secondary_operator_is_respected_if_the_organization_says_so() {
    let mut desk = Desk::new().await;
    desk.leave_outbox();
    let acme = desk.organization("Acme", NUMBER).await;
    let case = desk.case(&acme, PHONE).await;
    change(&desk, Method::PUT, &case, &acme.both.id(), &acme.operator).await;
    // Left out it stays as it was.
    for (sent, expected) in [(None, false), (Some(true), true), (None, true)] {
        assert_eq!(put_setting(&desk, &acme, sent).await["respect_secondary"], expected);
    }
    assert_eq!(desk.get(SETTING, &acme.admin).await.json()["respect_secondary"], true);

    // Olga has been inactive for long; Bea, who covers, is active.
    desk.pass_ms(20 * 60_000);
    desk.post("/api/v1/me/activity", &acme.both, json!({ "kind": "input" })).await;
    assert_eq!(desk.text(NUMBER, PHONE, 1, "Hello?").await.status, StatusCode::OK);
    let decisions = desk.get(&format!("/api/v1/cases/{case}/decisions"), &acme.operator).await.json();
    let decision = &decisions["items"][0];
    assert_eq!((&decision["outcome"], &decision["reason"]), (&json!("not_sent"), &json!("covered")));
    assert_eq!(decision["facts"]["covered_by"]["name"], "Bea Acme");
    assert_eq!(
        decision["sentence"],
        "No automatic reply: Bea Acme is active on the case as a secondary operator."
    );
    let preview = json!({ "case_id": case });
    let preview = desk.post("/api/v1/auto-reply/preview", &acme.operator, preview).await.json();
    assert_eq!(
        preview["what_would_change"],
        "Bea Acme would have to be inactive, or no longer be a secondary operator of the case."
    );
    let found = desk.get("/api/v1/decisions?reason=covered", &acme.operator).await.json();
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1));

    put_setting(&desk, &acme, Some(false)).await;
    assert_eq!(desk.text(NUMBER, PHONE, 2, "Anybody?").await.status, StatusCode::OK);
    let decisions = desk.get(&format!("/api/v1/cases/{case}/decisions"), &acme.operator).await.json();
    assert_eq!(decisions["items"][1]["reason"], "sent");
}
