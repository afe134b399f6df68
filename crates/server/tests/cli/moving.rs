//! Backups, putting them back, and moving to another database.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use cluster::cluster;
use serde_json::Value;

use crate::program::{Server, json, organization, run, stderr, stdout};

/// An organization with an administrator; answers a token of theirs.
fn desk(folder: &Path) -> String {
    let organization = organization(folder);
    let user = ["user", "create", "--organization", &organization, "--email", "ana@desk.example"];
    let user: Vec<&str> = user.into_iter().chain(["--name", "Ana", "--role", "system_admin"]).collect();
    assert!(run(folder, &user, "correct horse battery\n").status.success());
    let token = run(folder, &["token", "create", "--user", "ana@desk.example", "--name", "t"], "");
    stdout(&token).trim().to_owned()
}

fn newest_audit_entry(server: &Server, token: &str) -> Value {
    let (status, audit) = server.get("/api/v1/audit", token);
    assert_eq!(status, 200, "{audit}");
    serde_json::from_str::<Value>(&audit).unwrap()["items"][0]["action"].clone()
}

#[test]
fn a_backup_of_a_running_desk_is_put_back_and_restored_once() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let token = desk(folder);
    let server = Server::start(folder, &[]);
    let args = ["backup", "--to", "copy.db", "--json"];
    let written = json(&run(folder, &args, ""));
    let metadata = std::fs::metadata(folder.join("copy.db")).unwrap();
    assert_eq!(
        (written["file"].as_str(), written["bytes"].as_u64()),
        (Some("copy.db"), Some(metadata.len()))
    );
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "its owner alone reads it");
    let again = run(folder, &args, "");
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).contains("copy.db exists already"), "{}", stderr(&again));
    let elsewhere = run(folder, &["backup", "--to", "no/such/folder/copy.db"], "");
    assert!(stderr(&elsewhere).contains("cannot be written"), "{}", stderr(&elsewhere));
    assert_eq!(newest_audit_entry(&server, &token), "token.create", "the desk itself is no backup");
    assert_eq!(server.stop().0, Some(0));
    let left: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("unfinished")), "{left:?}");

    std::fs::rename(folder.join("copy.db"), folder.join("backsoon.db")).unwrap();
    let restored = |times: usize| {
        let server = Server::start(folder, &[]);
        let refused = run(folder, &["restored"], "");
        assert_eq!(refused.status.code(), Some(1));
        assert!(
            stderr(&refused).contains("a server or another command is at work on"),
            "{}",
            stderr(&refused)
        );
        let (_, audit) = server.get("/api/v1/audit", &token);
        assert_eq!(audit.matches("installation.restored").count(), times, "{audit}");
        assert_eq!(server.stop().0, Some(0));
    };
    restored(1);
    restored(1);
    let declared = json(&run(folder, &["restored", "--json"], ""));
    assert_eq!(declared, serde_json::json!({ "restored": true, "ended": 0, "api_tokens": 1 }));
    restored(2);
    let server = Server::start(folder, &[]);
    let known = run(folder, &["restored", "--beside-running-servers"], "");
    assert!(known.status.success(), "{}", stderr(&known));
    assert_eq!(server.stop().0, Some(0));
}

#[test]
fn everything_moves_to_postgresql_where_the_desk_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let token = desk(folder);
    let to = cluster().empty_database();
    let copy = ["copy", "--from", "sqlite:backsoon.db", "--to", &to];
    let missing = run(folder, &["copy", "--from", "sqlite:missing.db", "--to", &to], "");
    assert!(stderr(&missing).contains("/missing.db yet"), "{}", stderr(&missing));
    assert!(!folder.join("missing.db").exists());
    let same = run(folder, &["copy", "--from", "sqlite:a.db", "--to", "sqlite:a.db"], "");
    assert!(stderr(&same).contains("name the same database"), "{}", stderr(&same));

    std::fs::write(folder.join("to"), format!("{to}\n")).unwrap();
    let by_file = ["copy", "--from", "sqlite:backsoon.db", "--to-file", "to", "--json"];
    let copied = json(&run(folder, &by_file, ""));
    let users = copied["tables"].as_array().unwrap().iter().find(|table| table["table"] == "users").unwrap();
    assert_eq!(users["rows"], 1);
    let again = run(folder, &copy, "");
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).contains("the target is not empty"), "{}", stderr(&again));

    std::fs::write(folder.join("old.db"), "").unwrap();
    let refused = run(folder, &["copy", "--from", "sqlite:old.db", "--to", "sqlite:new.db"], "");
    assert!(stderr(&refused).contains("the source's schema is older"), "{}", stderr(&refused));
    assert!(!folder.join("new.db").exists(), "it would look like a desk");

    let server = Server::start(folder, &["--database-url-file", "to"]);
    assert_eq!(newest_audit_entry(&server, &token), "token.create");
    assert_eq!(server.stop().0, Some(0));
    let backup = run(folder, &["backup", "--to", "copy.db", "--database-url", &to], "");
    assert!(stderr(&backup).contains("with its own tools, such as pg_dump"), "{}", stderr(&backup));

    cluster().script(&to, "UPDATE installation SET unfinished_copy = TRUE");
    let refused = run(folder, &["serve", "--listen", "127.0.0.1:0", "--database-url", &to], "");
    assert_eq!(refused.status.code(), Some(1));
    assert!(stderr(&refused).contains("is a copy that was not finished"), "{}", stderr(&refused));
    assert!(run(folder, &copy, "").status.success(), "begun anew");
}
