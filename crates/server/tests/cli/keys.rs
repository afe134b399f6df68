//! The secret key: lost, swapped and rotated, beside a running server, on both databases (decision 0028).

use std::fs;
use std::path::Path;

use channels::twilio::signature;
use cluster::cluster;
use serde_json::{Value, json};

use crate::SID;
use crate::program::{Server, organization, request, run, stderr, stdout};

const NUMBERS: [&str; 3] = ["+15550001111", "+15550002222", "+15550003333"];
const PUBLIC_URL: &str = "https://desk.example";
const TOKEN: &str = "a-token-that-signs";

/// A desk with settings from a file, whose administrator has an API token.
struct Desk<'a> {
    folder: &'a Path,
    organization: String,
    token: String,
}

impl<'a> Desk<'a> {
    fn new(folder: &'a Path, database_url: &str) -> Self {
        let carrier = "http://127.0.0.1:9";
        let settings = format!(
            "database_url = {database_url:?}\npublic_url = {PUBLIC_URL:?}\nsecret_key_file = \"backsoon.key\"\ntwilio_api_url = {carrier:?}\n"
        );
        fs::write(folder.join("backsoon.toml"), settings).unwrap();
        let organization = organization(folder);
        let mut desk = Self { folder, organization, token: String::new() };
        let user =
            ["user", "create", "--email", "ana@desk.example", "--name", "Ana", "--role", "system_admin"];
        desk.does(
            &[&user[..], &["--organization", &desk.organization.clone()]].concat(),
            "correct horse battery\n",
        );
        let token = ["token", "create", "--user", "ana@desk.example", "--name", "t"];
        desk.token = desk.does(&token, "").0.trim().to_owned();
        desk
    }

    fn add(&self, number: &str, more: &[&str]) -> Result<(String, String), String> {
        let args = ["channel", "add", "twilio", "--account-sid", SID, "--number", number];
        self.tries(&[&args[..], &["--organization", &self.organization], more].concat(), TOKEN)
    }

    /// What stands on both outputs of a command that ends well, or what is wrong.
    fn tries(&self, args: &[&str], input: &str) -> Result<(String, String), String> {
        let output = run(self.folder, args, input);
        match output.status.success() {
            true => Ok((stdout(&output), stderr(&output))),
            false => Err(stderr(&output)),
        }
    }

    fn does(&self, args: &[&str], input: &str) -> (String, String) {
        self.tries(args, input).unwrap_or_else(|error| panic!("{args:?}: {error}"))
    }

    /// Why each channel is paused, as the API says it.
    fn paused(&self, server: &Server) -> Vec<Value> {
        let (status, body) = server.get("/api/v1/channels", &self.token);
        assert_eq!(status, 200, "{body}");
        let body: Value = serde_json::from_str(&body).unwrap();
        let channels = body["items"].as_array().unwrap();
        channels.iter().map(|channel| channel["paused_reason"].clone()).collect()
    }

    fn change(&self, server: &Server, number: &str, body: &Value) -> (u16, String) {
        let (_, channels) = server.get("/api/v1/channels", &self.token);
        let channels: Value = serde_json::from_str(&channels).unwrap();
        let is_it = |channel: &&Value| channel["number"] == number;
        let id = channels["items"].as_array().unwrap().iter().find(is_it).unwrap()["id"].clone();
        let head = format!("PATCH /api/v1/channels/{}", id.as_str().unwrap());
        let headers = format!("Authorization: Bearer {}\r\nContent-Type: application/json\r\n", self.token);
        request(server.address, &head, &headers, &body.to_string())
    }

    fn key(&self) -> String {
        fs::read_to_string(self.folder.join("backsoon.key")).unwrap()
    }

    fn put_key(&self, key: &str) {
        fs::write(self.folder.join("backsoon.key"), key).unwrap();
    }
}

/// A customer texts, and the carrier posts it; what it was answered.
fn text(server: &Server, to: &str, count: u32) -> u16 {
    let path = "/webhooks/twilio/messages";
    let sid = format!("SM{count:032x}");
    let form = [("MessageSid", sid.as_str()), ("AccountSid", SID), ("From", "+15551230001"), ("To", to)];
    let form = form.iter().chain([&("Body", "Hello"), &("NumMedia", "0")]);
    let form: Vec<(String, String)> =
        form.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let signature = signature::sign(TOKEN, &format!("{PUBLIC_URL}{path}"), &form);
    let pairs: Vec<String> =
        form.iter().map(|(name, value)| format!("{name}={}", value.replace('+', "%2B"))).collect();
    let headers =
        format!("X-Twilio-Signature: {signature}\r\nContent-Type: application/x-www-form-urlencoded\r\n");
    request(server.address, &format!("POST {path}"), &headers, &pairs.join("&")).0
}

const OTHER_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";

fn a_lost_key_has_a_way_back(database_url: &str) {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::new(folder.path(), database_url);
    let [one, other, third] = NUMBERS;
    desk.add(one, &[]).unwrap();
    desk.add(other, &[]).unwrap();
    let right = desk.key();

    fs::remove_file(folder.path().join("backsoon.key")).unwrap();
    let server = Server::start(folder.path(), &[]);
    assert!(!folder.path().join("backsoon.key").exists(), "no new key hides that one is lost");
    assert_eq!(server.get("/readyz", "").0, 200, "the desk runs");
    let paused = desk.paused(&server);
    assert!(
        paused.iter().all(|why| why.as_str().is_some_and(|why| why.contains("under another secret key"))),
        "{paused:?}"
    );
    assert_eq!(text(&server, one, 1), 503, "the carrier is to try again");
    assert!(server.get("/metrics", "").1.contains("backsoon_channels_not_opening 2"));
    let check = desk.tries(&["check"], "").unwrap_err();
    assert_eq!(check, "", "what is wrong stands on standard output");
    let check = stdout(&run(folder.path(), &["check"], ""));
    for number in [one, other] {
        let line = format!("opens the auth token of {number}, which is paused");
        assert!(check.contains(&line) && !check.contains("no channel yet"), "{check}");
    }

    // The right key comes back beside the running server.
    desk.put_key(&right);
    assert_eq!(desk.paused(&server), [Value::Null, Value::Null]);
    assert_eq!(text(&server, one, 1), 200);

    // Another key does not come in between.
    desk.put_key(OTHER_KEY);
    let refused = desk.add(third, &[]).unwrap_err();
    for words in ["+1 555 000 3333", "+1 555 000 1111, +1 555 000 2222", "--former-key-lost"] {
        assert!(refused.contains(words), "{refused}");
    }
    let token = ["channel", "token", "--number", one];
    assert!(desk.tries(&token, TOKEN).unwrap_err().contains("+1 555 000 2222 was stored under another key"));
    let new = json!({ "auth_token": TOKEN });
    let (status, body) = desk.change(&server, one, &new);
    assert_eq!(status, 409, "{body}");
    desk.put_key(&right);
    assert_eq!(desk.paused(&server), [Value::Null, Value::Null], "nothing was stored under it");
    assert_eq!(server.stop().0, Some(0));

    // It is lost for good: each token is entered again, by command and by page.
    fs::remove_file(folder.path().join("backsoon.key")).unwrap();
    let server = Server::start(folder.path(), &[]);
    fs::write(folder.path().join("token"), format!("{TOKEN}\n")).unwrap();
    let by_file = [&token[..], &["--auth-token-file", "token", "--former-key-lost"]].concat();
    let (shown, said) = desk.does(&by_file, "");
    assert!(shown.contains("+1 555 000 1111") && said.contains("has a new auth token"), "{shown}{said}");
    let paused = desk.paused(&server);
    assert!(paused[0].is_null() && paused[1].is_string(), "{paused:?}");
    assert_eq!((text(&server, one, 2), text(&server, other, 3)), (200, 503));
    let (status, body) = desk.change(&server, other, &new);
    assert_eq!(status, 200, "the last one needs no word, because nothing else is closed: {body}");
    assert_eq!(text(&server, other, 3), 200);
    desk.add(third, &[]).unwrap();
    let (code, log) = server.stop();
    assert_eq!(code, Some(0));
    assert_eq!(log.matches("a channel is paused").count(), 2, "once for each number: {log}");
    assert!(
        desk.tries(&["channel", "token", "--number", "+15559998888"], TOKEN)
            .unwrap_err()
            .contains("is no channel")
    );
}

#[test]
fn a_lost_key_has_a_way_back_on_sqlite() {
    a_lost_key_has_a_way_back("sqlite:backsoon.db");
}

#[test]
fn a_lost_key_has_a_way_back_on_postgresql() {
    a_lost_key_has_a_way_back(&cluster().empty_database());
}

fn a_key_rotates_beside_a_running_server(database_url: &str) {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::new(folder.path(), database_url);
    let [one, other, _] = NUMBERS;
    desk.add(one, &[]).unwrap();
    let server = Server::start(folder.path(), &[]);
    assert_eq!(text(&server, one, 1), 200);
    let former = desk.key();

    desk.does(&["key", "prepare"], "");
    assert_eq!(desk.key().lines().next(), former.lines().next(), "it seals nothing yet");
    let said = desk.does(&["key", "rotate"], "").1;
    assert!(said.contains("1 auth token(s) are sealed under a new key"), "{said}");
    assert_eq!(desk.key().lines().nth(1), former.lines().next(), "the former one is known");
    assert_eq!((text(&server, one, 2), desk.paused(&server)), (200, vec![Value::Null]));
    let (status, body) = desk.change(&server, one, &json!({ "auth_token": TOKEN }));
    assert_eq!(status, 200, "{body}");
    desk.does(&["key", "forget"], "");
    assert_eq!(desk.key().lines().count(), 1);
    assert!(!desk.key().contains(former.trim()));
    assert_eq!((text(&server, one, 3), desk.paused(&server)), (200, vec![Value::Null]));
    assert_eq!(server.stop().0, Some(0));

    // Without a server, without a prepared key, and with what it does not open.
    desk.add(other, &[]).unwrap();
    desk.does(&["key", "rotate"], "");
    let key = desk.key();
    desk.put_key(OTHER_KEY);
    for step in ["rotate", "forget"] {
        let refused = desk.tries(&["key", step], "").unwrap_err();
        assert!(refused.contains("+1 555 000 1111, +1 555 000 2222"), "{refused}");
    }
    assert_eq!(desk.key(), OTHER_KEY);
    desk.put_key(key.lines().next().unwrap());
    let server = Server::start(folder.path(), &[]);
    assert_eq!(desk.paused(&server), [Value::Null, Value::Null], "the first line is all that is needed");
    assert_eq!(server.stop().0, Some(0));
    fs::remove_file(folder.path().join("backsoon.key")).unwrap();
    assert!(desk.tries(&["key", "rotate"], "").unwrap_err().contains("is missing"));
}

#[test]
fn a_key_rotates_beside_a_running_server_on_sqlite() {
    a_key_rotates_beside_a_running_server("sqlite:backsoon.db");
}

#[test]
fn a_key_rotates_beside_a_running_server_on_postgresql() {
    a_key_rotates_beside_a_running_server(&cluster().empty_database());
}
