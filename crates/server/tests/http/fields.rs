//! Bad requests: every bad field is named at once, and nothing of it is kept.

use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Desk, Organization, PHONE, Who};

struct Row {
    method: Method,
    path: &'static str,
    body: Value,
    bad: &'static [&'static str],
}

fn row(method: Method, path: &'static str, body: Value, bad: &'static [&'static str]) -> Row {
    Row { method, path, body, bad }
}

fn bad_bodies() -> Vec<Row> {
    use Method as M;
    const SETTING: &str = "/api/v1/organization/inactivity-reply";
    const RETENTION: &str = "/api/v1/organization/retention";
    const PERSONAL: &str = "/api/v1/me/auto-reply";
    const HOURS: &str = "/api/v1/organization/office-hours";
    const SWITCH_OFF: &str = "/api/v1/users/{user}/auto-reply/switch-off";
    const CASES: &str = "/api/v1/cases";
    const CASE: &str = "/api/v1/cases/{case}";
    const MESSAGES: &str = "/api/v1/cases/{case}/messages";
    const MEANT: &str = "/api/v1/cases/{case}/messages/0198f3a0-0000-7000-8000-000000000000/meant";
    const USERS: &str = "/api/v1/users";
    const USER: &str = "/api/v1/users/{user}";
    const CHANNELS: &str = "/api/v1/channels";
    const CHANNEL: &str = "/api/v1/channels/{channel}";
    const PREVIEW: &str = "/api/v1/auto-reply/preview";
    let long = |chars: usize| "x".repeat(chars);
    vec![
        // Missing, wrong type, out of bounds, unknown: by each body of the API.
        row(M::POST, "/api/v1/session", json!({}), &["email", "password"]),
        row(
            M::POST,
            "/api/v1/session",
            json!({"email": 1, "password": null, "otp": 1}),
            &["email", "password", "otp"],
        ),
        row(
            M::PUT,
            SETTING,
            json!({}),
            &["enabled", "threshold_minutes", "message", "while_waiting", "quiet_minutes"],
        ),
        row(
            M::PUT,
            SETTING,
            json!({"enabled": "yes", "threshold_minutes": 0, "message": " ", "while_waiting": 1, "quiet_minutes": -1, "respect_secondary": null, "version": 3}),
            &[
                "enabled",
                "while_waiting",
                "quiet_minutes",
                "respect_secondary",
                "threshold_minutes",
                "message",
                "version",
            ],
        ),
        row(
            M::PUT,
            SETTING,
            json!({"enabled": true, "threshold_minutes": 10081, "message": "Hi {{ customer.phone }}", "while_waiting": true, "quiet_minutes": 10081}),
            &["threshold_minutes", "quiet_minutes", "message"],
        ),
        row(
            M::PUT,
            SETTING,
            json!({"enabled": true, "threshold_minutes": 9.5, "message": long(1601), "while_waiting": true, "quiet_minutes": 0}),
            &["threshold_minutes", "message"],
        ),
        row(M::PUT, RETENTION, json!({}), &["messages_days", "decisions_days", "events_days"]),
        row(
            M::PUT,
            RETENTION,
            json!({"messages_days": 7, "decisions_days": "30", "events_days": 0, "version": 1}),
            &["messages_days", "decisions_days", "events_days", "version"],
        ),
        row(
            M::PUT,
            RETENTION,
            json!({"messages_days": 30, "decisions_days": 31, "events_days": null}),
            &["decisions_days", "events_days"],
        ),
        row(M::DELETE, "/api/v1/customers/{customer}", json!({"really": true}), &["really"]),
        row(M::PUT, PERSONAL, json!({}), &["inactivity", "away", "office_hours"]),
        row(
            M::PUT,
            PERSONAL,
            json!({"inactivity": {"enabled": true, "message": "", "threshold_minutes": 0, "x": 1}, "away": {}, "office_hours": []}),
            &[
                "inactivity.message",
                "inactivity.threshold_minutes",
                "inactivity.x",
                "away.enabled",
                "away.title",
                "away.message",
                "away.starts_at",
                "away.ends_at",
                "office_hours",
            ],
        ),
        row(
            M::PUT,
            PERSONAL,
            json!({"inactivity": {"enabled": false, "message": "", "threshold_minutes": null},
                "away": {"enabled": "yes", "title": "", "message": "{{ oops", "starts_at": "2026-12-24T00:00:00Z",
                    "ends_at": "2026-12-23T00:00:00Z", "time_zone": "Mars/Base", "forever": true},
                "office_hours": {"enabled": true, "message": " ", "time_zone": 7,
                    "week": {"monday": [{"start": "9:00", "end": "17:00"}],
                        "tuesday": [{"start": "09:00", "end": "12:00"}, {"start": "11:00", "end": "13:00"}],
                        "wednesday": [{"start": "09:00", "end": "09:00"}], "thursday": "closed", "friday": [1],
                        "saturday": [{"start": "09:00", "end": "10:00", "open": true}], "funday": []},
                    "exceptions": [{"date": "2026-12-25", "windows": []}, {"date": "2026-02-30", "windows": []},
                        {"date": "2026-12-25", "windows": [{"start": "09:00"}]}, {"date": 20261226, "windows": {}},
                        {"date": "20261227", "windows": [{"start": "24:00", "end": "06:00"}]},
                        {"date": "-000001-12-25", "windows": []}]}}),
            &[
                "away.enabled",
                "away.ends_at",
                "away.forever",
                "away.message",
                "away.time_zone",
                "office_hours.exceptions[1].date",
                "office_hours.exceptions[2].date",
                "office_hours.exceptions[2].windows[0].end",
                "office_hours.exceptions[3].date",
                "office_hours.exceptions[3].windows",
                "office_hours.exceptions[4].date",
                "office_hours.exceptions[4].windows",
                "office_hours.exceptions[5].date",
                "office_hours.message",
                "office_hours.time_zone",
                "office_hours.week.friday[0]",
                "office_hours.week.funday",
                "office_hours.week.monday[0].start",
                "office_hours.week.saturday[0].open",
                "office_hours.week.sunday",
                "office_hours.week.thursday",
                "office_hours.week.tuesday",
                "office_hours.week.wednesday",
            ],
        ),
        row(
            M::PUT,
            PERSONAL,
            json!({"inactivity": {"enabled": false, "message": "", "threshold_minutes": null},
                "away": {"enabled": true, "title": " ", "message": "", "starts_at": "2026-02-30T00:00:00Z", "ends_at": 5},
                "office_hours": {"enabled": false, "message": "", "time_zone": "Nowhere", "week": [],
                    "exceptions": null}, "switched_off": [], "in_force": null}),
            &[
                "away.title",
                "away.message",
                "away.starts_at",
                "away.ends_at",
                "office_hours.time_zone",
                "office_hours.week",
                "office_hours.exceptions",
                "switched_off",
                "in_force",
            ],
        ),
        row(M::PUT, HOURS, json!({}), &["time_zone", "week", "exceptions"]),
        row(
            M::PUT,
            HOURS,
            json!({"time_zone": "Nowhere", "week": {"monday": []}, "exceptions": 3, "enabled": true}),
            &[
                "time_zone",
                "week.tuesday",
                "week.wednesday",
                "week.thursday",
                "week.friday",
                "week.saturday",
                "week.sunday",
                "exceptions",
                "enabled",
            ],
        ),
        row(M::POST, SWITCH_OFF, json!({}), &["kind"]),
        row(M::POST, SWITCH_OFF, json!({"kind": "inactivity", "by": "me"}), &["kind", "by"]),
        row(M::POST, SWITCH_OFF, json!({"kind": 3}), &["kind"]),
        row(M::PUT, "/api/v1/cases/{case}/secondary-operators/{user}", json!({"since": "now"}), &["since"]),
        row(M::POST, "/api/v1/me/activity", json!({"kind": "request"}), &["kind"]),
        row(M::POST, "/api/v1/me/activity", json!({"kind": 3, "at": "now"}), &["kind", "at"]),
        row(M::POST, CASES, json!({}), &["customer", "subject", "assigned_operator_id"]),
        row(
            M::POST,
            CASES,
            json!({"customer": {"phone": "01x55", "name": 5, "opted_out": false}, "subject": long(201), "assigned_operator_id": "me", "channel_id": 7}),
            &[
                "customer.phone",
                "customer.name",
                "customer.opted_out",
                "subject",
                "assigned_operator_id",
                "channel_id",
            ],
        ),
        row(
            M::POST,
            CASES,
            json!({"customer": {"phone": PHONE, "name": "a\u{0}b"}, "subject": "", "assigned_operator_id": null}),
            &["customer.name"],
        ),
        row(
            M::PATCH,
            CASE,
            json!({"status": "done", "subject": null, "assigned_operator_id": 1, "number": 2}),
            &["assigned_operator_id", "status", "subject", "number"],
        ),
        row(
            M::POST,
            CASES,
            json!({"customer": {"phone": "0155", "name": "a\u{202e}b"}, "subject": "\u{200b}", "assigned_operator_id": null, "message": " \n"}),
            &["customer.phone", "customer.name", "subject", "message"],
        ),
        row(M::POST, MESSAGES, json!({}), &["body"]),
        row(M::POST, MESSAGES, json!({"body": "  \n"}), &["body"]),
        row(M::POST, MESSAGES, json!({"body": long(1601), "to": PHONE}), &["body", "to"]),
        // R22: UTF-16 units, of which an emoji has two.
        row(M::POST, MESSAGES, json!({"body": "😀".repeat(801)}), &["body"]),
        row(M::POST, MEANT, json!({}), &["meant"]),
        row(M::POST, MEANT, json!({"meant": "maybe", "by": "me"}), &["meant", "by"]),
        row(M::POST, "/api/v1/cases/{case}/seen", json!({"at": "now"}), &["at"]),
        row(M::POST, PREVIEW, json!({}), &["case_id"]),
        row(M::POST, PREVIEW, json!({"case_id": 1, "at": "tomorrow"}), &["case_id", "at"]),
        row(M::POST, USERS, json!({}), &["name", "email", "roles", "password"]),
        row(
            M::POST,
            USERS,
            json!({"name": "", "email": "x", "roles": ["boss"], "password": 1, "active": true}),
            &["name", "roles", "password", "active"],
        ),
        row(
            M::POST,
            USERS,
            json!({"name": "Nina", "email": "x", "roles": [], "password": "short"}),
            &["email", "roles", "password"],
        ),
        row(
            M::POST,
            USERS,
            json!({"name": "Nina", "email": "nina@desk.example", "password": "lantern quiet river",
                "roles": ["operator", "operator", "operator", "operator", "operator", "operator", "operator",
                    "operator", "operator", "operator", "boss"]}),
            &["roles"],
        ),
        row(
            M::PATCH,
            USER,
            json!({"name": 1, "email": [], "roles": "operator", "active": "no", "password": {}, "id": 1}),
            &["name", "email", "roles", "active", "password", "id"],
        ),
        row(M::POST, CHANNELS, json!({}), &["account_sid", "auth_token", "number"]),
        row(
            M::POST,
            CHANNELS,
            json!({"account_sid": "AC1", "auth_token": "", "number": "5x5", "kind": "x"}),
            &["number", "kind"],
        ),
        row(
            M::POST,
            CHANNELS,
            json!({"account_sid": "AC1", "auth_token": "", "number": "+15559870001"}),
            &["account_sid", "auth_token"],
        ),
        row(
            M::PATCH,
            CHANNEL,
            json!({"active": 1, "auth_token": 2, "number": "+15559870001"}),
            &["active", "auth_token", "number"],
        ),
        row(M::POST, "/api/v1/dev/clock", json!({"advance_seconds": -1}), &["advance_seconds"]),
        row(
            M::POST,
            "/api/v1/dev/clock",
            json!({"advance_seconds": "60", "now": 1}),
            &["advance_seconds", "now"],
        ),
    ]
}

#[tokio::test]
async fn every_bad_field_of_every_body_is_named_at_once() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", "+15559870000").await;
    let case = desk.case(&acme, PHONE).await;
    for row in bad_bodies() {
        let path = path(row.path, &case, &acme);
        let answer = desk.json(row.method.clone(), &path, &acme.both, row.body.clone()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{} {path} {}", row.method, row.body);
        let (mut found, mut expected) = (answer.bad_fields(), row.bad.to_vec());
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{} {path} {}: {}", row.method, row.body, answer.text());
    }
}

#[tokio::test]
async fn every_bad_query_parameter_is_named_at_once() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", "+15559870000").await;
    let case = desk.case(&acme, PHONE).await;
    let table: [(&str, &[&str]); 21] = [
        (
            "/api/v1/cases?status=done&assigned_to=you&waiting=maybe&limit=0&colour=red",
            &["limit", "status", "assigned_to", "waiting", "colour"],
        ),
        ("/api/v1/cases?limit=201", &["limit"]),
        ("/api/v1/cases?limit=ten&cursor=nonsense", &["limit", "cursor"]),
        ("/api/v1/cases?cursor=", &["cursor"]),
        ("/api/v1/cases?q=%00", &["q"]),
        ("/api/v1/cases?status=open&status=closed", &["status"]),
        ("/api/v1/cases/{case}/messages?after=1", &["after"]),
        ("/api/v1/cases/{case}/messages?cursor=bjE=&limit=-1", &["limit", "cursor"]),
        ("/api/v1/cases/{case}/decisions?limit=1.5", &["limit"]),
        (
            "/api/v1/decisions?outcome=maybe&reason=none&from=today&to=2026",
            &["outcome", "reason", "from", "to"],
        ),
        ("/api/v1/users?q=ana", &["q"]),
        ("/api/v1/customers?q=%00&limit=0&name=carla", &["q", "limit", "name"]),
        ("/api/v1/customers/{customer}/export?format=csv", &["format"]),
        ("/api/v1/organization/retention?of=acme", &["of"]),
        ("/api/v1/channels?limit=500", &["limit"]),
        ("/api/v1/audit?cursor=%25", &["cursor"]),
        // Where no parameter is taken, none is ignored.
        ("/api/v1/session?verbose=1", &["verbose"]),
        ("/api/v1/operators?limit=5", &["limit"]),
        ("/api/v1/coverage?limit=5&days=7", &["limit", "days"]),
        ("/api/v1/organization/office-hours?user=me", &["user"]),
        ("/api/v1/cases/{case}?expand=messages", &["expand"]),
    ];
    for (query, bad) in table {
        let answer = desk.get(&path(query, &case, &acme), &acme.both).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        let (mut found, mut expected) = (answer.bad_fields(), bad.to_vec());
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{query}");
    }
    let broken = desk.get("/api/v1/cases?q=%zz", &acme.both).await;
    assert_eq!(broken.status, StatusCode::BAD_REQUEST);
    broken.problem();
}

#[tokio::test]
async fn what_is_not_json_is_400_and_what_does_not_say_so_is_415() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", "+15559870000").await;
    let deep = "[".repeat(300) + &"]".repeat(300);
    let malformed: [&[u8]; 9] = [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\"text\"",
        b"{\"kind\":\"input\"} trailing",
        b"{\"kind\":\"input\",\"kind\":\"im_here\"}",
        b"{\"kind\":\"\xff\"}",
        deep.as_bytes(),
    ];
    for body in malformed {
        let request = desk.request(Method::POST, "/api/v1/me/activity", &acme.operator);
        let request = request.header(CONTENT_TYPE, "application/json").body(body.to_vec().into());
        let answer = desk.send(request.expect("a request")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", String::from_utf8_lossy(body));
        answer.problem();
    }
    let types = [
        ("application/json", 204),
        ("Application/JSON; charset=UTF-8", 204),
        ("application/json; charset=latin1", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("", 415),
    ];
    for (media_type, status) in types {
        let request = desk.request(Method::POST, "/api/v1/me/activity", &acme.operator);
        let request = request.header(CONTENT_TYPE, media_type).body("{\"kind\":\"input\"}".into());
        let answer = desk.send(request.expect("a request")).await;
        assert_eq!(answer.status.as_u16(), status, "{media_type}");
    }
}

/// An id that is none names nothing: 404, whatever else is wrong.
#[tokio::test]
async fn a_malformed_id_names_nothing() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", "+15559870000").await;
    for id in ["x", "1", "%00", "..%2f..%2fetc", "0198f3a0-0000-7000-8000-00000000000g"] {
        for path in [format!("/api/v1/cases/{id}"), format!("/api/v1/cases/{id}/messages")] {
            let answer = desk.get(&path, &acme.operator).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
            answer.problem();
        }
        let answer = desk.json(Method::PATCH, &format!("/api/v1/users/{id}"), &acme.admin, json!({})).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{id}");
    }
    assert_eq!(desk.get("/api/v1/cases", &Who::Nobody).await.status, StatusCode::UNAUTHORIZED);
}

fn path(pattern: &str, case: &str, organization: &Organization) -> String {
    pattern
        .replace("{case}", case)
        .replace("{customer}", "0198f3a0-0000-7000-8000-000000000000")
        .replace("{user}", &organization.operator.id())
        .replace("{channel}", &organization.channel_id)
}
