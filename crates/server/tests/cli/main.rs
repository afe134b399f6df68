//! The binary from outside: exit codes, what stands on which output, commands beside a running server, and a
//! shutdown that ends well.

mod commands;
mod discreet_log;
mod held;
mod keys;
mod moving;
mod nodes;
mod program;
mod shown_addresses;
mod unread_log;

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use program::{Server, json, organization, run, stderr, stdout};

const SID: &str = "AC0123456789abcdef0123456789abcdef";

#[test]
fn data_goes_to_standard_output_and_words_to_standard_error() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let organization = organization(folder);
    let user =
        ["user", "create", "--organization", &organization, "--email", "ana@desk.example", "--name", "Ana"];
    let user: Vec<&str> = user.into_iter().chain(["--role", "system_admin", "--role", "operator"]).collect();
    let created = run(folder, &user, "correct horse battery\nignored\n");
    assert!(created.status.success(), "{}", stderr(&created));
    assert_eq!(stdout(&created).trim().len(), 36, "the id alone");
    assert_eq!(stderr(&created), "");
    let again = run(folder, &user, "correct horse battery\n");
    assert_eq!((again.status.code(), stdout(&again).as_str()), (Some(1), ""));
    assert!(stderr(&again).contains("email is already used"), "{}", stderr(&again));
    let nothing = run(folder, &user, "");
    assert!(stderr(&nothing).contains("first line of standard input"), "{}", stderr(&nothing));
    let token = run(folder, &["token", "create", "--user", "ana@desk.example", "--name", "t", "--json"], "");
    let token = json(&token);
    assert!(token["token"].as_str().unwrap().starts_with("bks_") && token["id"].is_string());
    let add = ["channel", "add", "twilio", "--organization", &organization, "--account-sid", SID];
    let add: Vec<&str> = add.into_iter().chain(["--number", "+15550001111"]).collect();
    let added = run(folder, &add, "secret\n");
    assert!(added.status.success(), "{}", stderr(&added));
    let told = stderr(&added);
    assert!(
        told.contains("BACKSOON_PUBLIC_URL") && !told.contains("/webhooks/"),
        "no address that nobody reaches: {told}"
    );
    let known: Vec<&str> = add.iter().copied().chain(["--public-url", "https://desk.example"]).collect();
    let known = known.iter().map(|arg| if *arg == "+15550001111" { "+15550002222" } else { *arg });
    let added = run(folder, &known.collect::<Vec<_>>(), "secret\n");
    assert!(stderr(&added).contains("https://desk.example/webhooks/twilio/messages#rc=5&rp=all"));
    let migrated = run(folder, &["migrate", "--json"], "");
    assert_eq!(json(&migrated)["applied"], serde_json::json!([]));
}

/// The command gives what `POST /api/v1/auto-reply/preview` gives.
#[test]
fn preview_says_what_a_customer_would_get_and_what_would_have_to_change() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let organization = organization(folder);
    let user = ["user", "create", "--organization", &organization, "--email", "ana@desk.example"];
    let user: Vec<&str> = user.into_iter().chain(["--name", "Ana", "--role", "operator"]).collect();
    assert!(run(folder, &user, "correct horse battery\n").status.success());
    let preview = ["preview", "--operator", "ANA@desk.example", "--organization", &organization];
    let preview: Vec<&str> = preview.into_iter().chain(["--at", "2100-12-24T18:00:00+01:00"]).collect();
    let output = run(folder, &preview, "");
    let expected = "2100-12-24T17:00:00.000Z No automatic reply would be sent: the Inactivity Auto Reply is switched off. (R18, disabled)\n    \
        For a reply: A System Admin would have to switch on the Inactivity Auto Reply.\n";
    assert_eq!((stdout(&output).as_str(), stderr(&output).as_str()), (expected, ""));
    let found = json(&run(folder, &preview.into_iter().chain(["--json"]).collect::<Vec<_>>(), ""));
    assert_eq!(found["reason"], "disabled");
    assert_eq!(found["decided_at"], "2100-12-24T17:00:00.000Z");
    assert_eq!(found["text"], Value::Null);
    let nobody = ["preview", "--operator", "nobody@desk.example", "--organization", &organization];
    assert!(stderr(&run(folder, &nobody, "")).contains("There is no such operator."));
}

#[test]
fn exit_codes_are_0_2_and_1() {
    let folder = tempfile::tempdir().unwrap();
    let organization = organization(folder.path());
    let table: [(&[&str], i32); 13] = [
        (&["--help"], 0),
        (&["migrate"], 0),
        (&[], 2),
        (&["migrate", "--colour", "red"], 2),
        (&["explain", "seven", "--organization", &organization], 2),
        (&["explain", "7", "--organization", &organization], 1),
        (&["customer", "export", "+15551230001", "--organization", &organization], 1),
        (&["customer", "erase", "nobody", "--organization", &organization], 1),
        (&["preview", "--organization", &organization], 2),
        (&["preview", "--case", "7", "--organization", &organization], 1),
        (&["organization", "create", "--name", "N", "--time-zone", "Mars/Olympus"], 1),
        (&["migrate", "--database-url", "mysql://x"], 1),
        (&["check", "--twilio-api-url", "http://127.0.0.1:1"], 1),
    ];
    for (args, code) in table {
        let output = run(folder.path(), args, "");
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", stderr(&output));
    }
}

#[test]
fn commands_work_beside_a_running_server_which_stops_when_asked_to() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let server = Server::start(folder, &[]);
    let organization = organization(folder);
    let user =
        ["user", "create", "--organization", &organization, "--email", "ana@desk.example", "--name", "Ana"];
    let user: Vec<&str> = user.into_iter().chain(["--role", "operator", "--json"]).collect();
    let id = json(&run(folder, &user, "correct horse battery\n"))["id"].clone();
    let token = run(folder, &["token", "create", "--user", "ana@desk.example", "--name", "t"], "");
    let (status, body) = server.get("/api/v1/session", stdout(&token).trim());
    assert_eq!(status, 200, "{body}");
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["user"]["id"], id);
    assert_eq!(server.get("/metrics", "").0, 200);
    // A stream of events must not hold the shutdown up.
    let mut events = TcpStream::connect(server.address).unwrap();
    let token = stdout(&token).trim().to_owned();
    write!(events, "GET /api/v1/events HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer {token}\r\n\r\n")
        .unwrap();
    let mut first = [0; 12];
    events.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    let (code, log) = server.stop();
    assert_eq!(code, Some(0));
    assert!(log.contains("stopped") && !log.contains("are cut"), "{log}");
    assert!(!folder.join("backsoon.db-wal").exists(), "everything is written back");
}

#[test]
fn metrics_can_have_an_address_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &["--metrics-listen", "127.0.0.1:0"]);
    assert_eq!(server.get("/metrics", "").0, 404);
    assert_eq!(server.get("/readyz", "").0, 200);
    assert_eq!(server.stop().0, Some(0));
}

#[test]
fn the_server_refuses_to_start_half_configured_and_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let organization = organization(folder);
    let add = ["channel", "add", "twilio", "--organization", &organization, "--account-sid", SID];
    let add: Vec<&str> = add.into_iter().chain(["--number", "+15550001111"]).collect();
    assert!(run(folder, &add, "secret\n").status.success());
    let key = folder.join("backsoon.key");
    let right = std::fs::read(&key).unwrap();
    let other_server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other_server.local_addr().unwrap().to_string();
    let other_key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    let manual = ["serve", "--listen", "0.0.0.0:0", "--manual-clock", "2026-11-22T09:00:00Z"];
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    let table: [(&[&str], Option<&str>, &str); 4] = [
        (&serve, Some("nonsense"), "is not a Backsoon secret key"),
        (&manual, Some(other_key), "needs a listen address on loopback"),
        (&["serve", "--listen", &taken], Some(other_key), "cannot be listened on"),
        (
            &["serve", "--database-url", "sqlite:/no/such/folder/x.db", "--listen", "127.0.0.1:0"],
            None,
            "cannot be opened",
        ),
    ];
    for (args, content, sentence) in table {
        match content {
            Some(content) => std::fs::write(&key, content).unwrap(),
            None => std::fs::remove_file(&key).unwrap_or_default(),
        }
        let output = run(folder, args, "");
        assert_eq!(output.status.code(), Some(1), "{args:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(sentence), "{args:?}: {}", stderr(&output));
    }
    std::fs::write(&key, right).unwrap();
    assert_eq!(Server::start(folder, &[]).stop().0, Some(0));
}

#[test]
fn under_a_manual_clock_commands_use_its_start_instant() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let clock = ["--manual-clock", "2031-02-03T04:05:06Z"];
    let create = ["organization", "create", "--name", "Desk", "--time-zone", "UTC"];
    let output = run(folder, &[&create[..], &clock[..]].concat(), "");
    let id: uuid::Uuid = stdout(&output).trim().parse().unwrap();
    let ms = i64::try_from(id.as_u128() >> 80).unwrap();
    assert_eq!(ms, "2031-02-03T04:05:06Z".parse::<domain::time::Instant>().unwrap().ms());
    let server = Server::start(folder, &clock);
    assert_eq!(server.get("/healthz", "").0, 200);
    assert_eq!(server.stop().0, Some(0));
}

#[test]
fn tokens_are_listed_without_their_secret_and_end_at_once_when_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // Each token is looked for in every organization.
    organization(folder);
    let organization = organization(folder);
    let user = ["user", "create", "--organization", &organization, "--email", "ana@desk.example"];
    let user: Vec<&str> = user.into_iter().chain(["--name", "Ana", "--role", "system_admin"]).collect();
    assert!(run(folder, &user, "correct horse battery\n").status.success());
    let list = ["token", "list", "--user", "Ana@desk.example"];
    let none = run(folder, &list, "");
    assert_eq!((none.status.code(), stdout(&none).as_str()), (Some(0), ""));
    assert!(stderr(&none).contains("has no API token"), "{}", stderr(&none));
    let create = |name, more: &[&str]| {
        let args = ["token", "create", "--user", "ana@desk.example", "--json", "--name", name];
        json(&run(folder, &[&args, more].concat(), ""))
    };
    let (report, backup) = (create("report", &["--expires-days", "2"]), create("nightly backup", &[]));

    let listed = json(&run(folder, &[&list[..], &["--json"]].concat(), ""));
    let [first, second] = listed.as_array().unwrap().as_slice() else { panic!("two tokens: {listed}") };
    for (row, token, name) in [(first, &report, "report"), (second, &backup, "nightly backup")] {
        let mut keys: Vec<&str> = row.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        let columns =
            ["created_at", "expires_at", "id", "last_used_at", "name", "user", "user_id", "user_name"];
        assert_eq!(keys, columns, "and no secret");
        assert_eq!((&row["id"], &row["name"]), (&token["id"], &Value::from(name)));
    }
    assert!(first["expires_at"].is_string() && second["expires_at"].is_null(), "{listed}");
    let text = stdout(&run(folder, &list, ""));
    let line = format!("{}  {}  never  nightly backup", second["id"], second["created_at"]).replace('"', "");
    assert_eq!(text.lines().nth(1), Some(line.as_str()));

    let server = Server::start(folder, &[]);
    let [report_token, backup_token] = [&report, &backup].map(|token| token["token"].as_str().unwrap());
    assert_eq!(server.get("/api/v1/session", report_token).0, 200);
    let listed = json(&run(folder, &[&list[..], &["--json"]].concat(), ""));
    assert!(listed[0]["last_used_at"].is_string() && listed[1]["last_used_at"].is_null(), "{listed}");
    let revoke = ["token", "revoke", report["id"].as_str().unwrap()];
    let revoked = run(folder, &revoke, "");
    assert_eq!((revoked.status.code(), stdout(&revoked).as_str()), (Some(0), ""), "{}", stderr(&revoked));
    assert_eq!(server.get("/api/v1/session", report_token).0, 401, "at once");
    let (status, audit) = server.get("/api/v1/audit", backup_token);
    assert_eq!(status, 200);
    let entry = serde_json::from_str::<Value>(&audit).unwrap()["items"][0].clone();
    assert_eq!((&entry["action"], &entry["subject"]), (&Value::from("token.revoke"), &report["id"]));
    assert_eq!((&entry["before"]["name"], &entry["after"]), (&Value::from("report"), &Value::Null));
    assert_eq!(entry["before"]["user"], "ana@desk.example");
    let again = run(folder, &revoke, "");
    assert_eq!((again.status.code(), stderr(&again).as_str()), (Some(1), "error: There is no such token.\n"));
    let nobody = run(folder, &["token", "list", "--user", "nobody@desk.example"], "");
    assert_eq!(nobody.status.code(), Some(1));
    assert!(stderr(&nobody).contains("is not the e-mail address of a user"), "{}", stderr(&nobody));
    assert_eq!(server.stop().0, Some(0));
}
