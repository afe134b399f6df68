//! Personal Auto Replies: set, in force, switched off by a System Admin, tried (R10-R14).

use http::{Method, StatusCode};
use serde_json::{Value, json};

use domain::user::Role;

use crate::harness::{Answer, Desk, Organization, PHONE, Who, week};

const MINE: &str = "/api/v1/me/auto-reply";
const HOUR_MS: i64 = 3_600_000;

async fn put(desk: &Desk, who: &Who, body: Value) -> Answer {
    desk.json(Method::PUT, MINE, who, body).await
}

fn office_hours() -> Value {
    let mut week = week(json!([{ "start": "09:00", "end": "12:00" }, { "start": "13:00", "end": "17:00" }]));
    week["saturday"] = json!([]);
    week["sunday"] = json!([{ "start": "22:00", "end": "06:00" }]);
    json!({ "enabled": true, "message": "Closed. {{ back_at }}", "time_zone": "Europe/Berlin", "week": week,
        "exceptions": [{ "date": "2026-12-25", "windows": [] },
            { "date": "2026-12-24", "windows": [{ "start": "09:00", "end": "24:00" }] }] })
}

fn inactivity(enabled: bool) -> Value {
    let message = if enabled { "Ana's own words." } else { "" };
    json!({ "enabled": enabled, "message": message, "threshold_minutes": if enabled { json!(5) } else { Value::Null } })
}

fn away(starts_at: &str, ends_at: Option<&str>) -> Value {
    json!({ "enabled": true, "title": "Vacation", "message": "On the beach.", "starts_at": starts_at,
        "ends_at": ends_at, "time_zone": "America/New_York" })
}

#[tokio::test]
async fn r11_r12_what_is_set_comes_back() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", "+15559870000").await;
    let empty = json!({ "inactivity": inactivity(false), "away": null, "office_hours": null, "switched_off": [],
        "in_force": "inactivity" });
    assert_eq!(desk.get(MINE, &acme.operator).await.json(), empty);

    let away = away("2026-12-21T00:00:00.000Z", Some("2027-01-04T00:00:00.000Z"));
    let set = json!({ "inactivity": inactivity(true), "away": away, "office_hours": office_hours() });
    let mut expected = set.clone();
    expected["switched_off"] = json!([]);
    expected["in_force"] = json!("personal_inactivity");
    let answer = put(&desk, &acme.operator, set).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.json(), expected);
    assert_eq!(desk.get(MINE, &acme.operator).await.json(), expected);
    assert_eq!(desk.get(MINE, &acme.both).await.json(), empty, "another operator's are their own");

    // What is only answered is refused, and what may be left out is filled in.
    let answer = put(&desk, &acme.operator, expected).await;
    assert_eq!(answer.bad_fields(), ["in_force", "switched_off"]);
    let short = json!({ "inactivity": inactivity(false),
        "away": { "enabled": false, "title": "", "message": "", "starts_at": "2026-12-21T01:00:00+01:00", "ends_at": null },
        "office_hours": { "enabled": false, "message": "", "time_zone": "Asia/Kathmandu", "week": week(json!([])) } });
    let answer = put(&desk, &acme.operator, short).await.json();
    assert_eq!(answer["away"]["starts_at"], "2026-12-21T00:00:00.000Z");
    assert_eq!(answer["away"]["time_zone"], Value::Null);
    assert_eq!(answer["office_hours"]["exceptions"], json!([]));
    assert_eq!(answer["in_force"], "inactivity");
    let nothing = json!({ "inactivity": inactivity(false), "away": null, "office_hours": null });
    assert_eq!(put(&desk, &acme.operator, nothing).await.json(), empty);
}

/// R14: away, outside the hours, personal inactivity; and nothing where what is set up is silent.
#[tokio::test]
async fn r14_in_force_follows_the_clock() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", "+15559870000").await;
    let in_force = async || desk.get(MINE, &acme.operator).await.json()["in_force"].clone();
    // It is Monday, 10:00 in Berlin.
    let silent = json!({ "inactivity": inactivity(false), "away": null, "office_hours": office_hours() });
    assert_eq!(put(&desk, &acme.operator, silent).await.json()["in_force"], Value::Null);
    let away = away("2026-11-23T12:30:00Z", Some("2026-11-23T14:00:00Z"));
    let all = json!({ "inactivity": inactivity(true), "away": away, "office_hours": office_hours() });
    put(&desk, &acme.operator, all).await;
    let table = [
        (0, "personal_inactivity"),
        (2 * HOUR_MS, "office_hours"),            // 12:00
        (HOUR_MS, "personal_inactivity"),         // 13:00
        (HOUR_MS / 2, "away"),                    // 13:30
        (HOUR_MS * 3 / 2, "personal_inactivity"), // 15:00
        (2 * HOUR_MS, "office_hours"),            // 17:00
    ];
    for (pass_ms, kind) in table {
        desk.pass_ms(pass_ms);
        assert_eq!(in_force().await, kind, "{}", desk.app.clock().now());
    }
}

/// A legitimate grid may be larger than other bodies; one that is not is refused by its field.
#[tokio::test]
async fn the_bounds_of_a_grid_are_said_by_field() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", "+15559870000").await;
    let window = |i: usize| json!({ "start": format!("{:02}:00", 2 * i), "end": format!("{:02}:30", 2 * i) });
    let twelve: Vec<Value> = (0..12).map(window).collect();
    let date = |i: usize| format!("2026-{:02}-{:02}", i / 28 + 1, i % 28 + 1);
    let exception = |i: usize| json!({ "date": date(i), "windows": twelve });
    let full: Vec<Value> = (0..336).map(exception).collect();
    let body = |week: Value, exceptions: Value| {
        json!({ "inactivity": inactivity(false), "away": null, "office_hours": { "enabled": true, "message": "Closed.",
            "time_zone": "UTC", "week": week, "exceptions": exceptions } })
    };
    let answer = put(&desk, &acme.operator, body(week(json!(twelve)), json!(full))).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());

    let thousands = vec![window(1); 5_000];
    let mut crowded = week(json!([]));
    crowded["monday"] = json!(thousands);
    let answer = put(&desk, &acme.operator, body(crowded, json!([]))).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.bad_fields(), ["office_hours.week.monday"]);
    let many: Vec<Value> = (0..400).map(|_| json!({ "date": "2026-12-25", "windows": [] })).collect();
    let answer = put(&desk, &acme.operator, body(week(json!([])), json!(many))).await;
    assert_eq!(answer.bad_fields(), ["office_hours.exceptions"]);

    // Wrong in ten thousand places: the answer stays small.
    let wrong = vec![json!({ "x": 1 }); 12];
    let many: Vec<Value> = (0..366).map(|_| json!({ "date": 1, "windows": wrong })).collect();
    let answer = put(&desk, &acme.operator, body(week(json!([])), json!(many))).await;
    assert_eq!(answer.bad_fields().len(), 200);
    let huge = vec![window(1); 9_000];
    let answer = put(&desk, &acme.operator, body(week(json!(huge)), json!([]))).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

/// Section 4: a System Admin may switch off but not edit; the operator sees who and when, and can switch it on.
#[tokio::test]
async fn a_system_admin_switches_a_reply_off() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", "+15559870000").await;
    let path = format!("/api/v1/users/{}/auto-reply/switch-off", acme.operator.id());
    let switch_off = async |kind: &str| desk.post(&path, &acme.admin, json!({ "kind": kind })).await;
    for kind in ["away", "office_hours", "personal_inactivity"] {
        let answer = switch_off(kind).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{kind}");
        answer.problem();
    }
    let away = away("2026-11-23T00:00:00Z", None);
    let set = json!({ "inactivity": inactivity(true), "away": away, "office_hours": office_hours() });
    assert_eq!(put(&desk, &acme.operator, set.clone()).await.json()["in_force"], "away");
    let by = json!({ "id": acme.admin.id(), "name": "Adam Acme" });
    let off = json!({ "kind": "away", "by": by, "at": "2026-11-23T09:00:00.000Z" });
    let answer = switch_off("away").await;
    assert_eq!((answer.status, answer.json()), (StatusCode::OK, off.clone()));
    desk.pass_ms(1_000);
    assert_eq!(switch_off("away").await.json(), off, "twice changes nothing");
    let mine = desk.get(MINE, &acme.operator).await.json();
    assert_eq!(mine["switched_off"], json!([off]));
    assert_eq!(mine["away"]["enabled"], false);
    assert_eq!(mine["away"]["message"], "On the beach.", "nothing else is touched");
    assert_eq!(mine["in_force"], "personal_inactivity");
    for kind in ["office_hours", "personal_inactivity"] {
        assert_eq!(switch_off(kind).await.status, StatusCode::OK, "{kind}");
    }
    let audit = desk.get("/api/v1/audit?limit=3", &acme.admin).await.json();
    for entry in audit["items"].as_array().expect("items") {
        assert_eq!(entry["action"], "auto_reply.switch_off");
        assert_eq!(entry["subject"], acme.operator.id());
    }
    let answer = put(&desk, &acme.operator, set).await.json();
    assert_eq!((&answer["switched_off"], &answer["in_force"]), (&json!([]), &json!("away")));
}

async fn enable(desk: &Desk, acme: &Organization, enabled: bool) {
    let setting = json!({ "enabled": enabled, "threshold_minutes": 10, "message": "Back soon.",
        "while_waiting": true, "quiet_minutes": 0 });
    let answer = desk.json(Method::PUT, "/api/v1/organization/inactivity-reply", &acme.admin, setting).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn a_preview_says_what_would_have_to_change() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", "+15559870000").await;
    let preview = async |at: &str| {
        let body = json!({ "operator_id": acme.operator.id(), "at": at });
        let answer = desk.post("/api/v1/auto-reply/preview", &acme.admin, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let answer = answer.json();
        assert_eq!(answer["decided_at"], at);
        let field = |name: &str| answer[name].as_str().unwrap_or("-").to_owned();
        [field("reason"), field("text"), field("what_would_change")]
    };
    let now = "2026-11-23T09:00:00.000Z";
    enable(&desk, &acme, false).await;
    let on = "A System Admin would have to switch on the Inactivity Auto Reply.";
    assert_eq!(preview(now).await, ["disabled", "-", on]);
    enable(&desk, &acme, true).await;
    let idle = "Olga Acme would have to be inactive until 10:10 AM (Europe/Berlin).";
    assert_eq!(preview(now).await, ["operator_active", "Back soon.", idle]);
    let body = json!({ "operator_id": acme.operator.id(), "at": now });
    let open = desk.post("/api/v1/auto-reply/preview", &acme.admin, body).await.json();
    let parts = json!({ "before": "Olga Acme would have to be inactive until ", "at": "2026-11-23T09:10:00.000Z",
        "after": "." });
    assert_eq!(open["what_would_change_at"], parts, "for a reader with another clock");
    assert_eq!(preview("2026-11-23T09:10:00.001Z").await, ["sent", "Back soon.", "-"]);

    let hours = json!({ "inactivity": inactivity(false), "away": null, "office_hours": office_hours() });
    put(&desk, &acme.operator, hours).await;
    let gap = "Olga Acme would have to switch on a reply for inactivity, or the customer would have to write outside the office hours, which end at 12:00 PM (Europe/Berlin).";
    assert_eq!(preview(now).await, ["personal_set_up", "-", gap]);
    assert_eq!(preview("2026-11-27T16:00:00.000Z").await, ["sent", "Closed. Sunday at 10:00 PM", "-"]);
    let away = away("2026-11-23T00:00:00Z", None);
    let all = json!({ "inactivity": inactivity(true), "away": away, "office_hours": office_hours() });
    put(&desk, &acme.operator, all).await;
    assert_eq!(preview(now).await, ["sent", "On the beach.", "-"]);
}

/// R20, section 4: by no door is an operator told the organization's setting, or what a colleague has set up.
#[tokio::test]
async fn r20_decisions_and_previews_tell_nobody_what_others_have_set_up() {
    let mut desk = Desk::new().await;
    desk.leave_outbox();
    let acme = desk.organization("Acme", "+15559870000").await;
    let colleague = desk.person(acme.id, "Otto Acme", &[Role::Operator]).await;
    let case = desk.case(&acme, PHONE).await;
    enable(&desk, &acme, true).await;
    let own = json!({ "inactivity": { "enabled": true, "message": "Soon.", "threshold_minutes": 77 },
        "away": away("2026-11-23T00:00:00Z", None), "office_hours": office_hours() });
    put(&desk, &acme.operator, own).await;
    let messages = format!("/api/v1/cases/{case}/messages");
    let position = desk.get(&messages, &acme.both).await.json()["position"].clone();
    let since = position.as_str().expect("a position");
    assert_eq!(desk.text("+15559870000", PHONE, 1, "Hello?").await.status, StatusCode::OK);
    let preview = json!({ "case_id": case });
    // Who asks, and whether they are told what the operator has set up, and the organization's setting.
    let table = [(&acme.both, true, true), (&acme.operator, true, false), (&colleague, false, false)];
    for (who, operator, setting) in table {
        let get = async |path: &str| desk.get(path, who).await.json();
        let doors = [
            get("/api/v1/decisions").await["items"][0].clone(),
            get(&format!("/api/v1/cases/{case}/decisions")).await["items"][0].clone(),
            get(&format!("/api/v1/cases/{case}/decisions?order=newest")).await["items"][0].clone(),
            get(&format!("/api/v1/cases/{case}/decisions?since={since}")).await["items"][0].clone(),
            get(&format!("{messages}?decisions=true")).await["decisions"][0].clone(),
            get(&format!("{messages}?decisions=true&since={since}")).await["decisions"][0].clone(),
            desk.post("/api/v1/auto-reply/preview", who, preview.clone()).await.json(),
        ];
        for told in doors {
            assert!(told["sentence"].is_string(), "{told}");
            let facts = &told["facts"];
            assert_eq!(facts["operator"]["name"], "Olga Acme", "the sentence says it, too: {told}");
            assert_eq!(facts.get("setting").is_some(), setting, "{told}");
            for set_up in ["personal_inactivity", "away", "office_hours"] {
                assert_eq!(facts["operator"].get(set_up).is_some(), operator, "{set_up}: {told}");
            }
        }
        let foretold = desk.post("/api/v1/auto-reply/preview", who, preview.clone()).await.json();
        assert!(operator || foretold["due_at"].is_null() && foretold["what_would_change"].is_null());
        let elsewhen = json!({ "case_id": case, "at": "2026-11-24T09:00:00.000Z" });
        let another_instant = desk.post("/api/v1/auto-reply/preview", who, elsewhen).await;
        let allowed = if operator { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(another_instant.status, allowed);
    }
    // What is given to the customer tells them nothing of it either.
    let customer =
        desk.get(&format!("/api/v1/cases/{case}"), &acme.both).await.json()["customer"]["id"].clone();
    let path = format!("/api/v1/customers/{}/export", customer.as_str().expect("an id"));
    let export = desk.get(&path, &acme.admin).await;
    assert!(export.text().contains("Away message sent: Olga Acme is away."), "{}", export.text());
    for set_up in ["setting", "personal_inactivity", "office_hours\":{", "threshold_minutes", "ends_at"] {
        assert!(!export.text().contains(set_up), "{set_up} in {}", export.text());
    }
}
