//! What never stands in a log, at any level and on either database: phone numbers, names, what people write, passwords,
//! their hashes and tokens (V16.2.5, V14.2.1). Also not in what other people's crates log about our statements.

use std::path::Path;

use channels::twilio::signature::sign;
use cluster::cluster;

use crate::SID;
use crate::program::{Server, organization, request, run, stderr, stdout};

const AUTH_TOKEN: &str = "canary-of-the-carrier";
const PASSWORD: &str = "canary horse battery";
const WORDS: &str = "canary-in-a-coal-mine";
const NAME: &str = "Canaria Fringilla";
const NUMBER: &str = "+15550001111";
const PHONE: &str = "+15557654321";

/// Text comes in, is answered by a person, and somebody signs in, at the most talkative level; returns the log.
fn log_of_a_day(folder: &Path) -> (String, String) {
    let organization = organization(folder);
    let user = ["user", "create", "--organization", &organization, "--email", "canary@desk.example"];
    let user: Vec<&str> =
        user.into_iter().chain(["--name", NAME, "--role", "system_admin", "--role", "operator"]).collect();
    assert!(run(folder, &user, PASSWORD).status.success());
    let add = ["channel", "add", "twilio", "--organization", &organization, "--account-sid", SID];
    let add: Vec<&str> = add.into_iter().chain(["--number", NUMBER]).collect();
    let added = run(folder, &add, AUTH_TOKEN);
    assert!(added.status.success(), "{}", stderr(&added));
    let token =
        stdout(&run(folder, &["token", "create", "--user", "canary@desk.example", "--name", "t"], ""));
    let token = token.trim().to_owned();
    let server = Server::start(
        folder,
        &["--log", "trace", "--public-url", "https://desk.example", "--twilio-api-url", "http://127.0.0.1:1"],
    );

    let text = [
        ("AccountSid", SID),
        ("Body", WORDS),
        ("From", PHONE),
        ("MessageSid", "SM0123456789abcdef0123456789abcdef"),
        ("To", NUMBER),
    ];
    let pairs: Vec<(String, String)> =
        text.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let signature = sign(AUTH_TOKEN, "https://desk.example/webhooks/twilio/messages", &pairs);
    let headers =
        format!("Content-Type: application/x-www-form-urlencoded\r\nX-Twilio-Signature: {signature}\r\n");
    let body: Vec<String> =
        text.iter().map(|(name, value)| format!("{name}={}", value.replace('+', "%2B"))).collect();
    assert_eq!(request(server.address, "POST /webhooks/twilio/messages", &headers, &body.join("&")).0, 200);

    let (_, cases) = server.get("/api/v1/cases", &token);
    let cases: serde_json::Value = serde_json::from_str(&cases).unwrap();
    let case = cases["items"][0]["id"].as_str().expect("a case");
    let json = format!("Authorization: Bearer {token}\r\nContent-Type: application/json\r\n");
    let message = serde_json::json!({ "body": format!("{WORDS} again") }).to_string();
    assert_eq!(
        request(server.address, &format!("POST /api/v1/cases/{case}/messages"), &json, &message).0,
        201
    );
    let sign_in = serde_json::json!({ "email": "canary@desk.example", "password": PASSWORD }).to_string();
    let from = "Content-Type: application/json\r\nOrigin: https://desk.example\r\n";
    assert_eq!(request(server.address, "POST /api/v1/session", from, &sign_in).0, 200);
    let (code, log) = server.stop();
    assert_eq!(code, Some(0), "{log}");
    (log, token)
}

#[test]
fn v16_2_5_no_canary_sings_at_any_level_on_either_database() {
    for postgres in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        if postgres {
            let settings = format!("database_url = \"{}\"\n", cluster().empty_database());
            std::fs::write(folder.path().join("backsoon.toml"), settings).unwrap();
        }
        let (log, token) = log_of_a_day(folder.path());
        assert!(log.contains("\"level\":\"DEBUG\""), "it is talkative: {log}");
        let digits = PHONE.trim_start_matches('+');
        for (what, secret) in [
            ("a phone number", digits),
            ("what was written", WORDS),
            ("a name", NAME),
            ("an e-mail address", "canary@desk.example"),
            ("a password", PASSWORD),
            ("a password's hash", "$argon2"),
            ("an API token", token.as_str()),
            ("a carrier's token", AUTH_TOKEN),
        ] {
            let line = log.lines().find(|line| line.contains(secret));
            assert!(line.is_none(), "postgres={postgres}: {what} stands in the log: {line:?}");
        }
    }
}
