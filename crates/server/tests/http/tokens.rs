//! API tokens on the API (M6): who sees which, who ends which, and when one was used last.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Desk, Who};

const TOKENS: &str = "/api/v1/tokens";

async fn listed(desk: &Desk, who: &Who) -> Vec<Value> {
    let answer = desk.get(TOKENS, who).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()["items"].as_array().expect("tokens").clone()
}

fn path(token: &Value) -> String {
    format!("{TOKENS}/{}", token["id"].as_str().expect("an id"))
}

#[tokio::test]
async fn a_system_admin_sees_and_ends_all_tokens_and_anybody_else_their_own() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", "+15559870000").await;
    let other = desk.organization("Other", "+15559870001").await;
    let olgas = desk.token("olga.acme@desk.example").await;
    let beas = desk.token("bea.acme@desk.example").await;
    desk.token("olga.other@desk.example").await;

    let all = listed(&desk, &acme.admin).await;
    let whose: Vec<&Value> = all.iter().map(|token| &token["user"]["name"]).collect();
    assert_eq!(whose, ["Olga Acme", "Bea Acme"]);
    assert_eq!(
        all[0],
        json!({ "id": all[0]["id"], "name": "test", "user": { "id": acme.operator.id(), "name": "Olga Acme" },
            "email": "olga.acme@desk.example", "created_at": "2026-11-23T09:00:00.000Z", "expires_at": null,
            "last_used_at": null })
    );
    let Who::Token(secret) = &olgas else { panic!("a token") };
    assert!(
        !desk.get(TOKENS, &acme.admin).await.text().contains(&secret[4..]),
        "V14.2.6: nobody has the secret"
    );
    assert_eq!(listed(&desk, &acme.operator).await, all[..1], "their own");
    let first = desk.get(&format!("{TOKENS}?limit=1"), &acme.admin).await.json();
    let next = format!("{TOKENS}?limit=1&cursor={}", first["next_cursor"].as_str().expect("a cursor"));
    let second = desk.get(&next, &acme.admin).await.json();
    assert_eq!((&first["items"][0], &second["items"][0]), (&all[0], &all[1]));
    assert_eq!(second["next_cursor"], Value::Null);

    let end = async |who: &Who, token: &Value| desk.json(Method::DELETE, &path(token), who, json!({})).await;
    for (who, token) in [(&acme.operator, &all[1]), (&other.admin, &all[0])] {
        assert_eq!(end(who, token).await.status, StatusCode::NOT_FOUND, "another's is not there");
    }
    assert_eq!(end(&acme.operator, &all[0]).await.status, StatusCode::NO_CONTENT);
    assert_eq!(desk.get(TOKENS, &olgas).await.status, StatusCode::UNAUTHORIZED, "at once");
    assert_eq!(end(&acme.operator, &all[0]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(end(&acme.admin, &all[1]).await.status, StatusCode::NO_CONTENT);
    assert_eq!(desk.get(TOKENS, &beas).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(listed(&desk, &acme.admin).await, Vec::<Value>::new());

    let log = desk.get("/api/v1/audit?kind=token&limit=2", &acme.admin).await.json();
    for (n, actor, user) in
        [(0, "Adam Acme", "bea.acme@desk.example"), (1, "Olga Acme", "olga.acme@desk.example")]
    {
        let entry = &log["items"][n];
        assert_eq!((&entry["action"], &entry["actor"]["name"]), (&json!("token.revoke"), &json!(actor)));
        assert_eq!(entry["before"], json!({ "name": "test", "user": user, "expires_at": null }));
    }
}

#[tokio::test]
async fn the_last_use_of_a_token_is_known_to_the_hour() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", "+15559870000").await;
    let token = desk.token("olga.acme@desk.example").await;
    let last_used = async || listed(&desk, &acme.admin).await[0]["last_used_at"].clone();
    // (ms later, what is known after a use then)
    let table = [(60_000, "09:01"), (3_599_999, "09:01"), (1, "10:01"), (7_200_000, "12:01")];
    for (ms, known) in table {
        desk.pass_ms(ms);
        assert_eq!(desk.get("/api/v1/cases", &token).await.status, StatusCode::OK);
        assert_eq!(last_used().await, format!("2026-11-23T{known}:00.000Z"), "after {ms} ms");
    }
    desk.pass_ms(6 * 3_600_000);
    assert_eq!(last_used().await, "2026-11-23T12:01:00.000Z", "a session's requests are no use of it");
}

/// A token may end itself, as a script that is done with its work would.
#[tokio::test]
async fn a_token_ends_itself() {
    let desk = Desk::new().await;
    desk.organization("Acme", "+15559870000").await;
    let token = desk.token("olga.acme@desk.example").await;
    let own = listed(&desk, &token).await;
    assert_eq!(
        desk.json(Method::DELETE, &path(&own[0]), &token, json!({})).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(desk.get(TOKENS, &token).await.status, StatusCode::UNAUTHORIZED);
}
