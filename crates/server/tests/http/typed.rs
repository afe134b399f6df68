//! What people type: texts that show nothing, times that are too far away, passwords of another keyboard.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Desk, Organization, PHONE, Who, week};

const NUMBER: &str = "+15559870000";
const SETTING: &str = "/api/v1/organization/inactivity-reply";
const PERSONAL: &str = "/api/v1/me/auto-reply";

fn setting(message: &str) -> Value {
    json!({ "enabled": true, "threshold_minutes": 10, "message": message, "while_waiting": true,
        "quiet_minutes": 0 })
}

/// An operator's own replies, all switched on.
fn personal(title: &str, away: &str, hours: &str, inactivity: &str) -> Value {
    json!({
        "inactivity": { "enabled": true, "message": inactivity, "threshold_minutes": null },
        "away": { "enabled": true, "title": title, "message": away, "starts_at": "2026-12-24T00:00:00Z",
            "ends_at": null },
        "office_hours": { "enabled": true, "message": hours, "time_zone": "Europe/Berlin",
            "week": week(json!([{ "start": "09:00", "end": "17:00" }])), "exceptions": [] },
    })
}

fn case(name: &str, subject: &str, message: Option<&str>) -> Value {
    let mut case = json!({ "customer": { "phone": "+15551230009", "name": name }, "subject": subject,
        "assigned_operator_id": null });
    if let Some(message) = message {
        case["message"] = json!(message);
    }
    case
}

/// Every route that takes a text that has to be one, with this text in one field.
async fn routes(desk: &Desk, acme: &Organization, text: &str) -> Vec<(Method, String, Value, &'static str)> {
    let case_id = desk.case(acme, PHONE).await;
    let customers = desk.get("/api/v1/customers", &acme.admin).await.json();
    let customer = customers["items"][0]["id"].as_str().expect("a customer").to_owned();
    let of_case = format!("/api/v1/cases/{case_id}");
    let user = |name: &str| {
        json!({ "name": name, "email": "nina@desk.example", "roles": ["operator"],
            "password": "lantern quiet river" })
    };
    let (post, put, patch) = (Method::POST, Method::PUT, Method::PATCH);
    vec![
        (post.clone(), format!("{of_case}/messages"), json!({ "body": text }), "body"),
        (post.clone(), "/api/v1/cases".to_owned(), case("Nina", "", Some(text)), "message"),
        (post.clone(), "/api/v1/cases".to_owned(), case("Nina", text, None), "subject"),
        (post.clone(), "/api/v1/cases".to_owned(), case(text, "", None), "customer.name"),
        (patch.clone(), of_case, json!({ "subject": text }), "subject"),
        (patch.clone(), format!("/api/v1/customers/{customer}"), json!({ "name": text }), "name"),
        (put.clone(), SETTING.to_owned(), setting(text), "message"),
        (put.clone(), PERSONAL.to_owned(), personal(text, "Away", "Closed", "Soon"), "away.title"),
        (put.clone(), PERSONAL.to_owned(), personal("Away", text, "Closed", "Soon"), "away.message"),
        (put.clone(), PERSONAL.to_owned(), personal("Away", "Away", text, "Soon"), "office_hours.message"),
        (put, PERSONAL.to_owned(), personal("Away", "Away", "Closed", text), "inactivity.message"),
        (post, "/api/v1/users".to_owned(), user(text), "name"),
        (patch.clone(), format!("/api/v1/users/{}", acme.operator.id()), json!({ "name": text }), "name"),
        (patch, "/api/v1/organization".to_owned(), json!({ "name": text }), "name"),
    ]
}

/// R22: what shows nothing is no text, wherever one is asked for.
#[tokio::test]
async fn r22_a_text_that_shows_nothing_is_refused_with_its_fields_name() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", NUMBER).await;
    let unseen = [
        "\u{200b}",
        "\u{3164}",
        "\u{2800}\u{2800}",
        "\u{feff}",
        " \u{200d}\u{fe0f} ",
        "\u{ad}",
        "\u{115f}\u{a0}\u{ffa0}",
        "\u{34f}",
        "\u{e0061}\u{e007f}",
        "\u{200e}\u{200f}",
        "\u{301}",
    ];
    for text in unseen {
        for (method, path, body, field) in routes(&desk, &acme, text).await {
            let answer = desk.json(method.clone(), &path, &acme.both, body).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{method} {path} {field} {text:?}");
            assert_eq!(answer.bad_fields(), [field], "{method} {path} {text:?}");
        }
    }
    // Variables alone are no text either, whatever stands invisibly beside them.
    let bare =
        desk.json(Method::PUT, SETTING, &acme.both, setting("{{ customer.first_name }}\u{200b}")).await;
    assert_eq!(bare.bad_fields(), ["message"]);
}

#[tokio::test]
async fn r22_a_sign_alone_is_a_text() {
    let mut desk = Desk::new().await;
    desk.leave_outbox();
    let acme = desk.organization("Acme", NUMBER).await;
    for text in ["👍", "…", "?", "❤️", "1️⃣", "木"] {
        for (method, path, body, field) in routes(&desk, &acme, text).await {
            // The account and the open case are there from the second time on.
            let answer = desk.json(method.clone(), &path, &acme.both, body).await;
            let refused = if answer.status.is_success() { Vec::new() } else { answer.bad_fields() };
            assert!(!refused.iter().any(|name| name == field), "{method} {path} {text:?}: {}", answer.text());
        }
    }
}

/// A time that is one, but of another age, is told from what is no time.
#[tokio::test]
async fn a_time_too_far_away_is_refused_for_that() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", NUMBER).await;
    let case_id = desk.case(&acme, PHONE).await;
    let away = |field: &str, at: &str| {
        let mut body = personal("Away", "Away", "Closed", "Soon");
        body["away"]["enabled"] = json!(false);
        body["away"][field] = json!(at);
        (Method::PUT, PERSONAL.to_owned(), body)
    };
    let exception = |path: &str, at: &str| {
        let exceptions = json!([{ "date": at, "windows": [] }]);
        let mut body = personal("Away", "Away", "Closed", "Soon");
        body["office_hours"]["exceptions"] = exceptions.clone();
        if path != PERSONAL {
            body = json!({ "time_zone": "Europe/Berlin", "week": week(json!([])), "exceptions": exceptions });
        }
        (Method::PUT, path.to_owned(), body)
    };
    let list = |path: &str, name: &str, at: &str| {
        (Method::GET, format!("{path}?{name}={}", at.replace('+', "%2B")), Value::Null)
    };
    let preview = |at: &str| {
        (Method::POST, "/api/v1/auto-reply/preview".to_owned(), json!({ "case_id": case_id, "at": at }))
    };
    const FAR: &str = "is too far away";
    let times = [
        ("9999-12-31T23:59:59Z", FAR),
        ("+010000-01-01T00:00:00Z", FAR),
        ("+275760-09-13T00:00:00.000Z", FAR),
        ("-000001-06-01T00:00:00Z", FAR),
        ("0000-01-01T00:00:00+14:00", FAR),
        ("12026-11-22T14:05:00Z", FAR),
        ("tomorrow", "is not an RFC 3339 time"),
        ("2026-02-30T00:00:00Z", "is not an RFC 3339 time"),
        ("10000-13-01T00:00:00Z", "is not an RFC 3339 time"),
    ];
    let dates = [
        ("+010000-01-01", FAR),
        ("12026-12-25", FAR),
        ("-000001-12-25", FAR),
        ("+275760-09-13", FAR),
        ("10000-01-01", FAR),
        ("20261225", "is not a date"),
        ("2026-02-30", "is not a date"),
        ("12027-02-29", "is not a date"),
    ];
    let mut table = Vec::new();
    for (at, why) in times {
        table.push((away("starts_at", at), "away.starts_at", why));
        table.push((away("ends_at", at), "away.ends_at", why));
        table.push((preview(at), "at", why));
        for (path, name) in [
            ("/api/v1/decisions", "from"),
            ("/api/v1/decisions", "to"),
            ("/api/v1/audit", "from"),
            ("/api/v1/audit", "to"),
        ] {
            table.push((list(path, name, at), name, why));
        }
    }
    for (at, why) in dates {
        table.push((exception(PERSONAL, at), "office_hours.exceptions[0].date", why));
        table.push((exception("/api/v1/organization/office-hours", at), "exceptions[0].date", why));
    }
    for ((method, path, body), field, why) in table {
        let answer = match method {
            Method::GET => desk.get(&path, &acme.both).await,
            _ => desk.json(method.clone(), &path, &acme.both, body.clone()).await,
        };
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{method} {path} {body}");
        let errors = answer.problem()["errors"].clone();
        let found = errors.as_array().expect("errors").iter().find(|error| error["field"] == field);
        let message = found.and_then(|error| error["message"].as_str()).unwrap_or_default();
        assert!(message.starts_with(why), "{method} {path} {body}: {errors}");
    }
}

/// The ends of what is reckoned with are taken in, and reckoned with.
#[tokio::test]
async fn the_first_and_the_last_times_are_taken() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", NUMBER).await;
    let case_id = desk.case(&acme, PHONE).await;
    let mut body = personal("Away", "Until {{ back_at }}", "Closed", "Soon");
    body["away"]["starts_at"] = json!("0000-01-01T00:00:00Z");
    body["away"]["ends_at"] = json!("9999-12-30T22:00:00Z");
    body["office_hours"]["exceptions"] = json!([{ "date": "0000-01-01", "windows": [] },
        { "date": "9999-12-31", "windows": [{ "start": "22:00", "end": "06:00" }] }]);
    assert_eq!(desk.json(Method::PUT, PERSONAL, &acme.operator, body.clone()).await.status, StatusCode::OK);
    let preview = |at: &str| json!({ "case_id": case_id, "at": at });
    for enabled in [true, false] {
        body["away"]["enabled"] = json!(enabled);
        assert_eq!(
            desk.json(Method::PUT, PERSONAL, &acme.operator, body.clone()).await.status,
            StatusCode::OK
        );
        for at in
            ["0000-01-01T00:00:00Z", "0000-01-02T08:00:00Z", "9999-12-30T21:59:59Z", "9999-12-30T22:00:00Z"]
        {
            let answer = desk.post("/api/v1/auto-reply/preview", &acme.both, preview(at)).await;
            assert_eq!(answer.status, StatusCode::OK, "{at}: {}", answer.text());
        }
    }
    for path in ["/api/v1/decisions", "/api/v1/audit"] {
        let path = format!("{path}?from=0000-01-01T00:00:00Z&to=9999-12-30T22:00:00Z");
        assert_eq!(desk.get(&path, &acme.both).await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(desk.get("/api/v1/coverage", &acme.admin).await.status, StatusCode::OK);
}

/// A password is the same on any keyboard.
#[tokio::test]
async fn a_password_is_compared_as_composed() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", NUMBER).await;
    let nina = json!({ "name": "Nina", "email": "nina@desk.example", "roles": ["operator"],
        "password": "cafe\u{301} ｆｏｒ two" });
    assert_eq!(desk.post("/api/v1/users", &acme.admin, nina).await.status, StatusCode::CREATED);
    let sign_in = async |password: &str| {
        let body = json!({ "email": "nina@desk.example", "password": password });
        desk.post("/api/v1/session", &Who::Nobody, body).await.status
    };
    for password in ["café for two", "cafe\u{301} ｆｏｒ two", "café\u{a0}for\u{2003}two"] {
        assert_eq!(sign_in(password).await, StatusCode::OK, "{password}");
    }
    assert_eq!(sign_in("cafe for two").await, StatusCode::UNAUTHORIZED);
    // As many characters as are accepted, many of them typed as two.
    let words: String = (1000..).map(|n| format!("{n:x}é")).take(60).collect();
    let long: String = words.chars().take(256).collect();
    let typed = long.replace('é', "e\u{301}");
    let path = format!("/api/v1/users/{}", desk_user(&desk, &acme, "nina@desk.example").await);
    let changed = desk.json(Method::PATCH, &path, &acme.admin, json!({ "password": typed })).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text());
    assert_eq!(sign_in(&long).await, StatusCode::OK);
    assert_eq!(sign_in(&typed).await, StatusCode::OK);
}

async fn desk_user(desk: &Desk, acme: &Organization, email: &str) -> String {
    let users = desk.get("/api/v1/users", &acme.admin).await.json();
    let found = users["items"].as_array().expect("users").iter().find(|user| user["email"] == email);
    found.and_then(|user| user["id"].as_str()).expect("the user").to_owned()
}
