//! Role × route: every cell of the table against the real router, and the table against the committed one.

use backsoon::http::access::{TABLE, Who as Allowed};
use http::{Method, StatusCode};
use serde_json::json;

use crate::harness::{Desk, Setup, Who};

/// A path with ids that name nothing.
fn filled(path: &str) -> String {
    path.replace("{id}", "0198f3a0-0000-7000-8000-000000000000")
        .replace("{user_id}", "0198f3a0-0000-7000-8000-000000000002")
        .replace("{message_id}", "0198f3a0-0000-7000-8000-000000000001")
        .replace("{key}", "nothing")
        .replace("{n}", "0")
        .replace("{token}", "nothing")
}

#[tokio::test]
async fn v8_2_1_every_cell_of_role_and_route_holds() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", "+15559870000").await;
    let operator_token = desk.token("olga.acme@desk.example").await;
    let people = [
        ("nobody", Who::Nobody, [false, false, false]),
        ("a wrong token", Who::Token("bks_wrong".to_owned()), [false, false, false]),
        ("admin", acme.admin.clone(), [true, true, false]),
        ("operator", acme.operator.clone(), [true, false, true]),
        ("operator's token", operator_token, [true, false, true]),
        ("both", acme.both.clone(), [true, true, true]),
    ];
    let mut cells = 0;
    for entry in TABLE {
        for (name, who, [signed_in, admin, operator]) in &people {
            if entry.path == "/api/v1/session" && *entry.method == Method::DELETE && *signed_in {
                continue; // It would end the session that the rest of this test uses; see session.rs.
            }
            let answer = if *entry.method == Method::GET {
                let request = desk.request(Method::GET, &filled(entry.path), who);
                let request = request.body(axum::body::Body::empty()).expect("a request");
                // A stream of events never ends: its head tells enough.
                desk.stream(request).await.status()
            } else {
                desk.json(entry.method.clone(), &filled(entry.path), who, json!({})).await.status
            };
            let expected = match entry.who {
                Allowed::Anybody | Allowed::Carrier => None,
                _ if !signed_in => Some(StatusCode::UNAUTHORIZED),
                Allowed::SignedIn => None,
                Allowed::Having(domain::user::Role::SystemAdmin) if *admin => None,
                Allowed::Having(domain::user::Role::Operator) if *operator => None,
                Allowed::Having(_) => Some(StatusCode::FORBIDDEN),
            };
            let what = format!("{name}: {} {} was answered {answer}", entry.method, entry.path);
            match expected {
                Some(status) => assert_eq!(answer, status, "{what}"),
                None => {
                    assert!(answer != StatusCode::UNAUTHORIZED && answer != StatusCode::FORBIDDEN, "{what}");
                    assert!(answer.as_u16() < 500, "{what}");
                }
            }
            cells += 1;
        }
    }
    assert!(cells > 150, "only {cells} cells");
}

/// The table is what others rely on, so a change of it is seen.
#[test]
fn the_access_matrix_is_the_committed_one() {
    let mut lines: Vec<String> = TABLE
        .iter()
        .map(|entry| {
            let who = match entry.who {
                Allowed::Anybody => "anybody",
                Allowed::Carrier => "carrier",
                Allowed::SignedIn => "signed in",
                Allowed::Having(role) => role.code(),
            };
            let stamps = if entry.stamps { "  activity" } else { "" };
            format!("{:<6} {:<68} {who}{stamps}", entry.method.as_str(), entry.path).trim_end().to_owned()
        })
        .collect();
    lines.push(String::new());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/access_matrix.txt");
    let current = lines.join("\n");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &current).expect("the matrix can be written");
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == current,
        "tests/access_matrix.txt is out of date: run with UPDATE=1 and look at the change"
    );
}

#[tokio::test]
async fn the_clock_cannot_be_asked_for_where_it_cannot_be_moved() {
    let desk = Desk::with(Setup { manual_clock: false, ..Setup::default() }).await;
    let acme = desk.organization("Acme", "+15559870000").await;
    for who in [&Who::Nobody, &acme.operator, &acme.admin] {
        let answer = desk.post("/api/v1/dev/clock", who, json!({ "advance_seconds": 1 })).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        answer.problem();
    }
    let session = desk.get("/api/v1/session", &acme.admin).await.json();
    assert_eq!(session["clock"]["manual"], false);
    assert_eq!(session["clock"]["can_advance"], false);
}

/// V7.4.2: a deactivated account is out at once, by session and by token.
#[tokio::test]
async fn v7_4_2_deactivation_ends_sessions_and_tokens() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", "+15559870000").await;
    let token = desk.token("olga.acme@desk.example").await;
    let path = format!("/api/v1/users/{}", acme.operator.id());
    for who in [&acme.operator, &token] {
        assert_eq!(desk.get("/api/v1/cases", who).await.status, StatusCode::OK);
    }
    let answer = desk.json(Method::PATCH, &path, &acme.admin, json!({ "active": false })).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json()["active"], false);
    for who in [&acme.operator, &token] {
        let answer = desk.get("/api/v1/cases", who).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        answer.problem();
    }
}
