//! The organization's default office hours, and what covers whom.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Desk, Who, week};

const HOURS: &str = "/api/v1/organization/office-hours";
const COVERAGE: &str = "/api/v1/coverage";

#[tokio::test]
async fn default_hours_are_for_everybody_to_read() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", "+15559870000").await;
    assert_eq!(desk.get(HOURS, &acme.operator).await.json(), json!({ "office_hours": null }));
    let grid = json!({ "time_zone": "Europe/Berlin", "week": week(json!([{ "start": "22:00", "end": "06:00" }])),
        "exceptions": [{ "date": "2026-12-25", "windows": [] }] });
    for _ in 0..2 {
        let answer = desk.json(Method::PUT, HOURS, &acme.admin, grid.clone()).await;
        assert_eq!((answer.status, answer.json()), (StatusCode::OK, json!({ "office_hours": grid })));
    }
    assert_eq!(desk.get(HOURS, &acme.operator).await.json()["office_hours"], grid);
    let audit = desk.get("/api/v1/audit", &acme.admin).await.json();
    let changes = audit["items"].as_array().expect("items");
    let changes: Vec<&Value> = changes.iter().filter(|e| e["action"] == "office_hours.update").collect();
    assert_eq!(changes.len(), 1, "saving the same again is no change");
    assert_eq!((&changes[0]["before"], &changes[0]["after"]), (&Value::Null, &grid));
}

async fn coverage(desk: &Desk, who: &Who) -> Vec<Value> {
    let answer = desk.get(COVERAGE, who).await.json();
    assert_eq!(answer["next_cursor"], Value::Null);
    answer["items"].as_array().expect("items").clone()
}

/// R14: the gap is shown to the operator and the System Admin.
#[tokio::test]
async fn r14_coverage_shows_the_next_seven_days_and_the_gap() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", "+15559870000").await;
    let names = |items: &[Value]| -> Vec<String> {
        items.iter().map(|item| item["operator"]["name"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(names(&coverage(&desk, &acme.operator).await), ["Olga Acme"]);
    assert_eq!(names(&coverage(&desk, &acme.admin).await), ["Olga Acme", "Bea Acme"]);
    let bare = &coverage(&desk, &acme.operator).await[0];
    let off = json!([{ "from": "2026-11-23T09:00:00.000Z", "to": "2026-11-30T09:00:00.000Z", "kind": null,
        "reason": "disabled", "sentence": "No automatic reply: the Inactivity Auto Reply is switched off." }]);
    assert_eq!((&bare["set_up"], &bare["gap"], &bare["time_zone"]), (&json!([]), &Value::Null, &Value::Null));
    assert_eq!(bare["stretches"], off);

    let office = json!({ "enabled": true, "message": "Closed.", "time_zone": "Europe/Berlin",
        "week": week(json!([{ "start": "09:00", "end": "17:00" }])) });
    let set = json!({ "inactivity": { "enabled": false, "message": "", "threshold_minutes": null }, "away": null,
        "office_hours": office });
    desk.json(Method::PUT, "/api/v1/me/auto-reply", &acme.operator, set).await;
    let found = &coverage(&desk, &acme.admin).await[0];
    assert_eq!((&found["set_up"], &found["time_zone"]), (&json!(["office_hours"]), &json!("Europe/Berlin")));
    assert!(found["gap"].as_str().expect("a gap").contains("nothing covers Mondays"), "{found}");
    let stretches = found["stretches"].as_array().expect("stretches");
    assert_eq!(stretches.len(), 15, "{found}");
    let silent = json!({ "from": "2026-11-23T09:00:00.000Z", "to": "2026-11-23T16:00:00.000Z", "kind": null,
        "reason": "personal_set_up",
        "sentence": "No automatic reply: Olga Acme has their own Auto Reply set up, but none for inactivity inside the office hours." });
    let speaking = json!({ "from": "2026-11-23T16:00:00.000Z", "to": "2026-11-24T08:00:00.000Z",
        "kind": "office_hours", "reason": "sent",
        "sentence": "A customer gets Olga Acme's text for outside the office hours." });
    assert_eq!(stretches[..2], [silent, speaking]);
    for pair in stretches.windows(2) {
        assert_eq!(pair[0]["to"], pair[1]["from"]);
    }

    // A deactivated operator is covered by nobody's page.
    let path = format!("/api/v1/users/{}", acme.operator.id());
    desk.json(Method::PATCH, &path, &acme.admin, json!({ "active": false })).await;
    assert_eq!(names(&coverage(&desk, &acme.admin).await), ["Bea Acme"]);
}
