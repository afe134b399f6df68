//! Organizations, people, numbers and tokens are found and changed without their ids; nothing is made by mistake.

use std::fs;
use std::path::Path;

use crate::SID;
use crate::program::{Server, json, organization, run, stderr, stdout};

/// What stands on standard output of a command that ends well.
fn said(folder: &Path, args: &[&str], input: &str) -> String {
    let output = run(folder, args, input);
    assert!(output.status.success(), "{args:?}: {}", stderr(&output));
    stdout(&output).trim_end().to_owned()
}

fn refused(folder: &Path, args: &[&str]) -> String {
    let output = run(folder, args, "a long enough password\n");
    assert_eq!(output.status.code(), Some(1), "{args:?}: {}", stdout(&output));
    stderr(&output)
}

#[test]
fn only_servers_and_commands_that_set_a_desk_up_make_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let place = fs::canonicalize(folder.path()).unwrap().join("backsoon.db").display().to_string();
    let add = ["channel", "add", "twilio", "--account-sid", SID, "--number", "+15550001111"];
    let table: [&[&str]; 13] = [
        &["organization", "list"],
        &["organization", "rename", "--name", "N"],
        &["user", "create", "--email", "ana@desk.example", "--name", "Ana", "--role", "operator"],
        &["user", "list"],
        &["token", "list"],
        &["token", "create", "--user", "ana@desk.example", "--name", "t"],
        &add,
        &["channel", "list"],
        &["key", "rotate"],
        &["explain", "7"],
        &["customer", "export", "+15551230001"],
        &["restored"],
        &["backup", "--to", "copy.db"],
    ];
    for args in table {
        let sentence = refused(folder.path(), args);
        assert!(sentence.contains(&place) && sentence.contains("the right folder"), "{args:?}: {sentence}");
    }
    assert!(stdout(&run(folder.path(), &["check"], "")).contains(&place));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "and no key");
    // A file in which nothing is is no desk either.
    fs::write(folder.path().join("backsoon.db"), "").unwrap();
    assert!(refused(folder.path(), &["restored"]).contains("is empty"));
    fs::remove_file(folder.path().join("backsoon.db")).unwrap();
    let memory = refused(folder.path(), &["organization", "list", "--database-url", "sqlite::memory:"]);
    assert!(memory.contains("must name a file"), "{memory}");

    let create = ["organization", "create", "--name", "Acme", "--time-zone", "UTC"];
    let created = run(folder.path(), &create, "");
    assert!(stderr(&created).contains(&format!("created a new database at {place}")), "{}", stderr(&created));
    assert_eq!(stderr(&run(folder.path(), &["organization", "list"], "")), "");
}

#[test]
fn everything_is_found_by_its_name_and_changed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let acme = organization(folder);
    assert_eq!(said(folder, &["organization", "list"], ""), format!("{acme}  Europe/Berlin  Desk"));
    assert_eq!(
        said(folder, &["organization", "rename", "--name", "Acme"], ""),
        format!("{acme}  Europe/Berlin  Acme")
    );
    let user = ["user", "create", "--email", "ana@desk.example", "--name", "Ana", "--role", "system_admin"];
    fs::write(folder.join("password"), "a long enough password\n").unwrap();
    let ana = said(folder, &[&user[..], &["--password-file", "password"]].concat(), "");
    let other = organization(folder);
    let twice = run(folder, &["organization", "create", "--name", "ACME", "--time-zone", "UTC"], "");
    assert!(stderr(&twice).contains("has this name"), "{}", stderr(&twice));
    for (args, words) in [
        (&["user", "list"][..], "must be given, by id or name, because there are several: ACME, Acme, Desk"),
        (&["user", "list", "--organization", "acme"], "by its id, because several have this name"),
        (&["user", "list", "--organization", "Nobody"], "There is no such organization."),
        (&["user", "show", "--email", "eva@desk.example"], "is not the e-mail address of a user"),
        (&["channel", "show", "--number", "+15550009999"], "is no channel of this installation"),
    ] {
        let sentence = refused(folder, args);
        assert!(sentence.contains(words), "{args:?}: {sentence}");
    }
    let line = format!("{ana}  active  system_admin  ana@desk.example  Ana");
    for organization in [acme.as_str(), "desk"] {
        let listed = said(folder, &["user", "list", "--organization", organization], "");
        assert_eq!(listed, if organization == acme { line.as_str() } else { "" });
    }
    assert_eq!(said(folder, &["user", "show", "--email", "Ana@desk.example"], ""), line);
    let shown = said(folder, &["organization", "show", "--organization", "desk", "--json"], "");
    assert!(shown.contains(&other), "{shown}");
    let renamed = said(folder, &["user", "rename", "--email", "ana@desk.example", "--name", "Ana Ruiz"], "");
    assert!(renamed.ends_with("Ana Ruiz"), "{renamed}");
    let last = refused(folder, &["user", "deactivate", "--email", "ana@desk.example"]);
    assert!(last.contains("last active System Admin"), "{last}");

    let add =
        ["channel", "add", "twilio", "--account-sid", SID, "--number", "(206) 555-0116", "--organization"];
    let id = json(&run(folder, &[&add[..], &[&acme, "--json"]].concat(), "token\n"));
    let listed = said(folder, &["channel", "list", "--organization", &acme], "");
    assert!(listed.starts_with(id["id"].as_str().unwrap()) && listed.contains("  active  "), "{listed}");
    let number =
        json(&run(folder, &["channel", "list", "--organization", &acme, "--json"], ""))[0]["number"].clone();
    let number = number.as_str().unwrap();
    assert!(said(folder, &["channel", "deactivate", "--number", number], "").contains("  deactivated  "));
    assert!(said(folder, &["channel", "activate", "--number", number], "").contains("  active  "));
    assert!(said(folder, &["channel", "show", "--number", number], "").contains(SID));
}

#[test]
fn api_tokens_end_with_deactivation_and_with_a_new_password_where_asked() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    organization(folder);
    for (email, role) in [("ana@desk.example", "system_admin"), ("ben@desk.example", "operator")] {
        let user = ["user", "create", "--email", email, "--name", "N", "--role", role];
        said(folder, &user, "a long enough password\n");
    }
    let token = |email: &str| said(folder, &["token", "create", "--user", email, "--name", "t"], "");
    let ben = ["--email", "ben@desk.example"];
    let server = Server::start(folder, &[]);
    let good = |token: &str| server.get("/api/v1/session", token).0 == 200;
    let first = token("ben@desk.example");
    let password = run(folder, &[&["user", "password"], &ben[..]].concat(), "another long password\n");
    assert!(
        stderr(&password).contains("1 API token(s) are still good; --end-tokens"),
        "{}",
        stderr(&password)
    );
    assert!(good(&first), "not asked to end it");
    let password =
        run(folder, &[&["user", "password", "--end-tokens"], &ben[..]].concat(), "a third long password\n");
    assert!(stderr(&password).contains("1 API token(s) ended"), "{}", stderr(&password));
    assert!(!good(&first));

    let (second, admin) = (token("ben@desk.example"), token("ana@desk.example"));
    let listed = said(folder, &["token", "list"], "");
    assert_eq!(listed.lines().count(), 2);
    assert!(listed.contains("ben@desk.example") && listed.contains("ana@desk.example"), "{listed}");
    assert!(good(&second));
    said(folder, &[&["user", "deactivate"], &ben[..]].concat(), "");
    assert!(!good(&second));
    said(folder, &[&["user", "activate"], &ben[..]].concat(), "");
    assert!(!good(&second), "it does not live again");
    let (_, audit) = server.get("/api/v1/audit", &admin);
    assert!(audit.contains("\"api_tokens_ended\":1"), "{audit}");
    assert!(good(&admin));
    assert_eq!(server.stop().0, Some(0));
}

/// The settings stand under `serve`; elsewhere they would hide what the command takes.
#[test]
fn help_shows_a_commands_own_flags() {
    let folder = tempfile::tempdir().unwrap();
    let list = said(folder.path(), &["token", "list", "--help"], "");
    assert!(list.contains("--database-url") && !list.contains("--manual-clock"), "{list}");
    assert!(list.contains("backsoon serve --help"), "{list}");
    let serve = said(folder.path(), &["serve", "--help"], "");
    assert!(serve.contains("--manual-clock") && serve.contains("--listen"), "{serve}");
}

/// What is stored in a file that was moved away is gone at the next start, so the server is not ready.
#[test]
fn a_database_file_that_was_moved_away_or_replaced_is_told_by_readyz() {
    let folder = tempfile::tempdir().unwrap();
    organization(folder.path());
    let server = Server::start(folder.path(), &[]);
    let [here, away] = ["backsoon.db", "elsewhere.db"].map(|name| folder.path().join(name));
    let ready = || server.get("/readyz", "");
    assert_eq!(ready().0, 200);
    fs::rename(&here, &away).unwrap();
    let (status, body) = ready();
    assert_eq!(status, 503);
    assert!(body.contains("moved away or replaced"), "{body}");
    fs::copy(&away, &here).unwrap();
    assert_eq!(ready().0, 503, "a copy is another file");
    fs::rename(&away, &here).unwrap();
    assert_eq!(ready().0, 200);
    assert_eq!(server.stop().0, Some(0));
}

/// Whoever sets an alarm needs the metric before its first event.
#[test]
fn metrics_are_explained_and_begin_at_zero() {
    let folder = tempfile::tempdir().unwrap();
    organization(folder.path());
    let server = Server::start(folder.path(), &[]);
    let (_, text) = server.get("/metrics", "");
    for line in [
        "backsoon_messages_received_total 0",
        "backsoon_webhooks_refused_total 0",
        "backsoon_sends_total{outcome=\"refused\"} 0",
        "backsoon_listings_total{outcome=\"failed\"} 0",
        "backsoon_worker_restarts_total{worker=\"outbox\"} 0",
        "backsoon_customers_waiting 0",
        "backsoon_customers_waiting_unassigned 0",
        "backsoon_customers_oldest_waiting_seconds 0",
        concat!("backsoon_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is missing in {text}");
    }
    for name in ["backsoon_database_bytes", "process_resident_memory_bytes", "process_open_fds"] {
        let value = text.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
        assert!(value.is_some_and(|value| value != "0"), "{name} is {value:?} in {text}");
    }
    let documented = include_str!("../../../../docs/operations.md");
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split(' ').next()) {
            assert!(text.contains(&format!("# HELP {name} ")), "{name} has no help text");
            assert!(documented.contains(&format!("`{name}`")), "{name} is not documented");
        }
    }
    assert_eq!(server.stop().0, Some(0));
}

/// The rules name metrics that there are; Prometheus' own tool judges the rest, where it is installed.
#[test]
fn the_alarms_are_rules_that_prometheus_takes() {
    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/alerts.yml");
    let documented = include_str!("../../../../docs/operations.md");
    let text = fs::read_to_string(rules).unwrap();
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let named: Vec<&str> = words.filter(|word| word.starts_with("backsoon_")).collect();
    assert!(named.len() > 5);
    for name in named {
        let name = name.strip_suffix("_bucket").unwrap_or(name);
        assert!(documented.contains(&format!("`{name}`")), "{name} is no metric");
    }
    if let Ok(output) = std::process::Command::new("promtool").args(["check", "rules", rules]).output() {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
