//! What is activity and what is not (rule book, section 2): each changing route against the caller's presence.

use backsoon::http::access::TABLE;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Desk, Organization, PASSWORD, PHONE, START_MS, Who, week};

/// Every changing route of the API with a body that succeeds, the status, and whether that is activity.
fn changing(
    case: &str,
    customer: &str,
    asked: &str,
    token: &str,
    acme: &Organization,
) -> Vec<(Method, String, Value, u16, bool)> {
    let reply = json!({ "enabled": true, "threshold_minutes": 10, "message": "Back soon.", "while_waiting": true,
        "quiet_minutes": 0 });
    let personal = json!({ "inactivity": { "enabled": true, "message": "Back soon.", "threshold_minutes": null },
        "away": null, "office_hours": null });
    let grid = json!({ "time_zone": "Europe/Berlin", "week": week(json!([])), "exceptions": [] });
    let (user, both, channel) = (acme.operator.id(), acme.both.id(), &acme.channel_id);
    let switch_off = json!({ "kind": "personal_inactivity" });
    let new_case = json!({ "customer": { "phone": "+15551230002", "name": "" }, "subject": "",
        "assigned_operator_id": null });
    let new_user = json!({ "name": "Nina New", "email": "nina@desk.example", "roles": ["operator"],
        "password": PASSWORD });
    let new_channel = json!({ "account_sid": format!("AC{:032x}", 7), "auth_token": "secret-token-of-7",
        "number": "+15559870007" });
    let retention = json!({ "messages_days": 90, "decisions_days": null, "events_days": 1 });
    let path = |text: &str| text.to_owned();
    let table = [
        (Method::PUT, path("/api/v1/organization/inactivity-reply"), reply, 200, true),
        (Method::POST, path("/api/v1/me/activity"), json!({ "kind": "input" }), 204, true),
        (Method::PUT, path("/api/v1/me/auto-reply"), personal, 200, true),
        (Method::PUT, path("/api/v1/organization/office-hours"), grid, 200, true),
        (Method::PUT, format!("/api/v1/cases/{case}/secondary-operators/{both}"), json!({}), 200, true),
        (Method::DELETE, format!("/api/v1/cases/{case}/secondary-operators/{both}"), json!({}), 204, true),
        (Method::POST, format!("/api/v1/users/{both}/auto-reply/switch-off"), switch_off, 200, true),
        (Method::POST, path("/api/v1/cases"), new_case, 201, true),
        (Method::PATCH, format!("/api/v1/cases/{case}"), json!({ "subject": "New" }), 200, true),
        (Method::POST, format!("/api/v1/cases/{case}/seen"), json!({}), 204, true),
        (Method::POST, format!("/api/v1/cases/{case}/messages"), json!({ "body": "Hello" }), 201, true),
        (Method::DELETE, format!("/api/v1/cases/{case}/idempotency-keys/lost"), json!({}), 200, false),
        (
            Method::POST,
            format!("/api/v1/cases/{case}/messages/0198f3a0-0000-7000-8000-000000000001/dismiss"),
            json!({}),
            200,
            true,
        ),
        (
            Method::POST,
            format!("/api/v1/cases/{case}/messages/{asked}/meant"),
            json!({ "meant": "ordinary" }),
            200,
            true,
        ),
        (Method::POST, path("/api/v1/users"), new_user, 201, true),
        (Method::PATCH, format!("/api/v1/users/{user}"), json!({ "name": "Olga Other" }), 200, true),
        (Method::DELETE, format!("/api/v1/tokens/{token}"), json!({}), 204, true),
        (Method::POST, path("/api/v1/channels"), new_channel, 201, true),
        (Method::PATCH, format!("/api/v1/channels/{channel}"), json!({ "active": true }), 200, true),
        (Method::POST, format!("/api/v1/channels/{channel}/check"), json!({}), 200, true),
        (
            Method::POST,
            format!("/api/v1/channels/{channel}/test"),
            json!({ "phone": "+15551230003" }),
            201,
            true,
        ),
        (Method::POST, path("/api/v1/auto-reply/preview"), json!({ "case_id": case }), 200, false),
        (
            Method::POST,
            path("/api/v1/session"),
            json!({ "email": "bea.acme@desk.example", "password": PASSWORD }),
            200,
            false,
        ),
        (Method::POST, path("/api/v1/dev/clock"), json!({ "advance_seconds": 0 }), 200, false),
        (Method::PUT, path("/api/v1/organization/retention"), retention, 200, true),
        (Method::PATCH, path("/api/v1/organization"), json!({ "name": "Acme" }), 200, true),
        (Method::PATCH, format!("/api/v1/customers/{customer}"), json!({ "name": "Carla" }), 200, true),
        (Method::DELETE, format!("/api/v1/customers/{customer}"), json!({}), 200, true),
    ];
    table.into_iter().collect()
}

#[tokio::test]
async fn section_2_a_successful_changing_request_is_activity_and_nothing_else_is() {
    let mut desk = Desk::new().await;
    desk.leave_outbox();
    let acme = desk.organization("Acme", "+15559870000").await;
    let case = desk.case(&acme, PHONE).await;
    let shown = desk.get(&format!("/api/v1/cases/{case}"), &acme.both).await.json();
    let customer = shown["customer"]["id"].as_str().expect("a customer").to_owned();
    desk.text("+15559870000", PHONE, 1, "please take me off your list").await;
    let shown = desk.get(&format!("/api/v1/cases/{case}"), &acme.both).await.json();
    let asked = shown["reads_like_stop_message_id"].as_str().expect("a question").to_owned();
    let token = desk.app.token_create("bea.acme@desk.example", "test", None).await.expect("a token");
    let rows = changing(&case, &customer, &asked, &token.id.to_string(), &acme);
    let changing_routes =
        TABLE.iter().filter(|entry| entry.path.starts_with("/api/") && *entry.method != Method::GET).count();
    assert_eq!(rows.len(), changing_routes - 1, "every changing route but DELETE /session has a row");
    for (method, path, body, status, is_activity) in rows {
        let before = last_active_at(&desk, &acme.both).await;
        desk.pass_ms(1_000);
        // Signing in ends the session that it is asked with, and the test goes on with that one.
        let who = if path == "/api/v1/session" { &Who::Nobody } else { &acme.both };
        let answer = desk.json(method.clone(), &path, who, body).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path}: {}", answer.text());
        let moved = last_active_at(&desk, &acme.both).await != before;
        assert_eq!(moved, is_activity, "{method} {path}");
    }
}

#[tokio::test]
async fn section_2_what_is_refused_or_only_read_is_no_activity() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", "+15559870000").await;
    let case = desk.case(&acme, PHONE).await;
    let before = last_active_at(&desk, &acme.both).await;
    desk.pass_ms(1_000);
    for entry in TABLE.iter().filter(|entry| *entry.method == Method::GET && entry.path != "/api/v1/events") {
        desk.get(&entry.path.replace("{id}", &case), &acme.both).await;
    }
    for (method, path, ..) in changing(&case, &case, &case, &case, &acme) {
        if !path.ends_with("/seen") {
            let answer = desk.json(method, &path, &acme.both, json!({ "nonsense": 1 })).await;
            assert!(answer.status.is_client_error(), "{path}");
        }
    }
    assert_eq!(last_active_at(&desk, &acme.both).await, before);
}

/// Somebody else's request is not mine, and presence answers what the rule book says.
#[tokio::test]
async fn section_2_presence_is_the_callers_own() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", "+15559870000").await;
    let created = desk.get("/api/v1/me/presence", &acme.operator).await.json();
    assert_eq!(created["last_activity"], "account_created");
    assert_eq!(created["threshold_minutes"], 10);
    desk.pass_ms(5_000);
    let kinds = [("input", "input"), ("im_here", "im_here")];
    for (sent, shown) in kinds {
        let answer = desk.post("/api/v1/me/activity", &acme.operator, json!({ "kind": sent })).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
        let presence = desk.get("/api/v1/me/presence", &acme.operator).await.json();
        assert_eq!(presence["last_activity"], shown);
        assert_eq!(presence["active"], true);
        desk.pass_ms(1_000);
    }
    let presence = desk.get("/api/v1/me/presence", &acme.operator).await.json();
    // R2: inactive strictly longer than the threshold after the last activity.
    let last = START_MS + 6_000;
    assert_eq!(presence["last_active_at"], domain::time::Instant::from_ms(last).to_string());
    assert_eq!(presence["inactive_at"], domain::time::Instant::from_ms(last + 600_001).to_string());
    desk.pass_ms(last + 600_000 - START_MS - 7_000);
    assert_eq!(desk.get("/api/v1/me/presence", &acme.operator).await.json()["active"], true);
    desk.pass_ms(1);
    assert_eq!(desk.get("/api/v1/me/presence", &acme.operator).await.json()["active"], false);
    assert_eq!(desk.get("/api/v1/me/presence", &acme.admin).await.json()["last_activity"], "account_created");
}

async fn last_active_at(desk: &Desk, who: &Who) -> Value {
    desk.get("/api/v1/me/presence", who).await.json()["last_active_at"].clone()
}
