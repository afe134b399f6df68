//! Signing in and out, the cookie, and requests that another site makes a browser send.

use http::header::{CONTENT_TYPE, COOKIE, ORIGIN, SET_COOKIE};
use http::{Method, Request, StatusCode};
use serde_json::json;

use app::clock::Clock;
use domain::time::Instant;

use crate::harness::{Desk, PASSWORD, START_MS, Setup, Who};

const HOUR_MS: i64 = 3_600_000;

#[tokio::test]
async fn v3_3_the_cookie_is_protected_and_the_session_says_who_i_am() {
    let table =
        [("https://desk.example", "__Host-backsoon", true), ("http://127.0.0.1:8080", "backsoon", false)];
    for (public_url, name, secure) in table {
        let desk = Desk::with(Setup { public_url: public_url.to_owned(), ..Setup::default() }).await;
        let acme = desk.organization("Acme", "+15559870000").await;
        let body = json!({ "email": "Olga.Acme@desk.example", "password": PASSWORD });
        let answer = desk.post("/api/v1/session", &Who::Nobody, body).await;
        assert_eq!(answer.status, StatusCode::OK);
        let cookie = answer.headers[SET_COOKIE].to_str().expect("a cookie");
        assert!(cookie.starts_with(&format!("{name}=")), "{cookie}");
        for part in ["Path=/", "HttpOnly", "SameSite=Lax"] {
            assert!(cookie.contains(part), "{part} in {cookie}");
        }
        assert_eq!(cookie.contains("Secure"), secure);
        assert!(!cookie.contains("Domain"));
        let session = desk.get("/api/v1/session", &acme.operator).await.json();
        assert_eq!(session["user"]["email"], "olga.acme@desk.example");
        assert_eq!(session["user"]["roles"], json!(["operator"]));
        assert_eq!(session["organization"]["time_zone"], "Europe/Berlin");
        assert_eq!(
            session["clock"],
            json!({ "now": "2026-11-23T09:00:00.000Z", "manual": true, "can_advance": true })
        );
        assert_eq!(session["version"], env!("CARGO_PKG_VERSION"));
        let admin = desk.get("/api/v1/session", &acme.admin).await.json();
        assert_ne!(
            session["browser_key"], admin["browser_key"],
            "it opens what one person kept, nobody else's"
        );
    }
}

#[tokio::test]
async fn signing_out_ends_the_session_and_signing_in_again_ends_the_earlier_one() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", "+15559870000").await;
    let answer = desk.json(Method::DELETE, "/api/v1/session", &acme.operator, json!({})).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(answer.header("clear-site-data"), "\"cache\"");
    assert_eq!(desk.get("/api/v1/session", &acme.operator).await.status, StatusCode::UNAUTHORIZED);
    let body = json!({ "email": "adam.acme@desk.example", "password": PASSWORD });
    let again = desk.post("/api/v1/session", &acme.admin, body).await;
    assert_ne!(again.cookie(), cookie_of(&acme.admin));
    assert_eq!(desk.get("/api/v1/session", &acme.admin).await.status, StatusCode::UNAUTHORIZED);
    let token = desk.token("bea.acme@desk.example").await;
    let answer = desk.json(Method::DELETE, "/api/v1/session", &token, json!({})).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    answer.problem();
}

/// V7.3.1, V7.3.2: a session ends by idleness and by age; a restart ends none.
#[tokio::test]
async fn v7_3_sessions_expire_but_survive_a_restart() {
    let mut desk = Desk::new().await;
    let acme = desk.organization("Acme", "+15559870000").await;
    desk.restart().await;
    desk.pass_ms(11 * HOUR_MS);
    assert_eq!(desk.get("/api/v1/session", &acme.operator).await.status, StatusCode::OK);
    desk.pass_ms(11 * HOUR_MS);
    assert_eq!(desk.get("/api/v1/session", &acme.operator).await.status, StatusCode::OK);
    desk.pass_ms(12 * HOUR_MS);
    assert_eq!(desk.get("/api/v1/session", &acme.operator).await.status, StatusCode::UNAUTHORIZED);
}

/// V6.3.1: guessing slows down, and nobody learns which part was wrong.
#[tokio::test]
async fn v6_3_1_guessing_is_slowed_down_and_told_nothing() {
    let desk = Desk::new().await;
    desk.organization("Acme", "+15559870000").await;
    let guess = |email: &str, password: &str| json!({ "email": email, "password": password });
    let wrong = desk.post("/api/v1/session", &Who::Nobody, guess("olga.acme@desk.example", "wrong")).await;
    let unknown = desk.post("/api/v1/session", &Who::Nobody, guess("nobody@desk.example", "wrong")).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert_eq!(wrong.body, unknown.body);
    let mut answers = Vec::new();
    for _ in 0..20 {
        answers
            .push(desk.post("/api/v1/session", &Who::Nobody, guess("olga.acme@desk.example", "wrong")).await);
    }
    let slowed = answers.iter().find(|answer| answer.status == StatusCode::TOO_MANY_REQUESTS).expect("a 429");
    assert!(slowed.header("retry-after").parse::<u64>().expect("seconds") > 0);
    slowed.problem();
}

/// V6.3.1, decision 0033: the browser from which somebody signed in is known there after a restart, too.
#[tokio::test]
async fn v6_3_1_strangers_do_not_keep_the_owner_out() {
    let mut desk = Desk::new().await;
    let acme = desk.organization("Acme", "+15559870000").await;
    let sign_in = |password: &str| json!({ "email": "olga.acme@desk.example", "password": password });
    let answer = desk.post("/api/v1/session", &Who::Nobody, sign_in(PASSWORD)).await;
    let mut cookies = answer.headers.get_all(SET_COOKIE).iter().map(|cookie| cookie.to_str().expect("text"));
    let device = cookies.find(|cookie| cookie.starts_with("__Host-backsoon-device=")).expect("a device");
    for part in ["Path=/", "Max-Age=34560000", "HttpOnly", "SameSite=Lax", "Secure"] {
        assert!(device.split("; ").any(|found| found == part), "{part} in {device}");
    }
    let device = device.split(';').next().expect("a cookie").to_owned();
    assert!(!device.contains("olga"), "it names nobody");
    desk.restart().await;
    while desk.post("/api/v1/session", &Who::Nobody, sign_in("wrong")).await.status
        == StatusCode::UNAUTHORIZED
    {}
    let owner = Who::Session { cookie: device, id: acme.operator.id().parse().expect("an id") };
    assert_eq!(desk.post("/api/v1/session", &owner, sign_in(PASSWORD)).await.status, StatusCode::OK);
    let signed_out = desk.json(Method::DELETE, "/api/v1/session", &acme.operator, json!({})).await;
    let cleared = signed_out.headers.get_all(SET_COOKIE).iter().count();
    assert_eq!(cleared, 1, "signing out leaves the device");
}

/// V6.3.1, decision 0011: guessing takes real time, whatever the desk's clock shows.
#[tokio::test]
async fn v6_3_1_guessing_is_slowed_down_by_the_clock_outside() {
    let outside = Clock::manual(Instant::from_ms(START_MS));
    let desk = Desk::with(Setup { outside: Some(outside.clone()), ..Setup::default() }).await;
    desk.organization("Acme", "+15559870000").await;
    let sign_in = async |password: &str| {
        let body = json!({ "email": "olga.acme@desk.example", "password": password });
        desk.post("/api/v1/session", &Who::Nobody, body).await.status
    };
    while sign_in("wrong").await == StatusCode::UNAUTHORIZED {}
    desk.pass_ms(HOUR_MS);
    assert_eq!(sign_in(PASSWORD).await, StatusCode::TOO_MANY_REQUESTS, "the desk's clock alone moved");
    outside.pin(outside.now().plus_ms(5_000));
    outside.unpin();
    assert_eq!(sign_in(PASSWORD).await, StatusCode::OK);
}

/// V3.5.1: a request with the cookie that another site made a browser send changes nothing.
#[tokio::test]
async fn v3_5_1_another_site_cannot_use_the_cookie() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", "+15559870000").await;
    type Row = (&'static str, Option<&'static str>, Option<&'static str>, bool);
    let table: [Row; 7] = [
        ("our page", Some("https://desk.example"), Some("same-origin"), true),
        ("an old browser, our page", Some("https://desk.example"), None, true),
        ("no browser", None, None, true),
        ("another site", Some("https://evil.example"), Some("cross-site"), false),
        ("another site, old browser", Some("https://evil.example"), None, false),
        ("a sandboxed frame", Some("null"), Some("cross-site"), false),
        ("a sister domain", Some("https://blog.desk.example"), Some("same-site"), false),
    ];
    for (name, origin, site, allowed) in table {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri("/api/v1/me/activity")
            .header(COOKIE, cookie_of(&acme.operator))
            .header(CONTENT_TYPE, "application/json")
            .header("Host", "evil.example");
        if let Some(origin) = origin {
            request = request.header(ORIGIN, origin);
        }
        if let Some(site) = site {
            request = request.header("Sec-Fetch-Site", site);
        }
        let answer = desk.send(request.body("{\"kind\":\"input\"}".into()).expect("a request")).await;
        let expected = if allowed { StatusCode::NO_CONTENT } else { StatusCode::FORBIDDEN };
        assert_eq!(answer.status, expected, "{name}");
        if !allowed {
            answer.problem();
        }
    }
    let request = desk.request(Method::POST, "/api/v1/session", &Who::Nobody);
    let request = request.header(ORIGIN, "https://evil.example").header(CONTENT_TYPE, "application/json");
    let body = json!({ "email": "olga.acme@desk.example", "password": PASSWORD }).to_string();
    let answer = desk.send(request.body(body.into()).expect("a request")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "nor sign somebody in");
    let token = desk.token("olga.acme@desk.example").await;
    let request = desk.request(Method::POST, "/api/v1/me/activity", &token);
    let request = request.header(ORIGIN, "https://evil.example").header(CONTENT_TYPE, "application/json");
    let answer = desk.send(request.body("{\"kind\":\"input\"}".into()).expect("a request")).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "a bearer token needs no Origin check");
}

fn cookie_of(who: &Who) -> &str {
    match who {
        Who::Session { cookie, .. } => cookie,
        _ => panic!("not a session"),
    }
}
