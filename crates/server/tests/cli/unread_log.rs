//! Standard error that cannot be written costs a line of the log and nothing else: no request, no worker, no exit status.

use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::program::{Server, organization, request};

/// What is written to the log is refused, as on a full disk.
fn on_a_full_disk(folder: &Path) -> Server {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_backsoon"));
    command.args(["serve", "--listen", &address.to_string()]).current_dir(folder).env_clear();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create("/dev/full").unwrap());
    let mut child = command.spawn().unwrap();
    while TcpStream::connect(address).is_err() {
        assert!(child.try_wait().unwrap().is_none(), "the server ended");
    }
    Server { child, address, log: None }
}

/// Whoever read the log is gone.
fn into_a_closed_pipe(folder: &Path) -> Server {
    let mut server = Server::start(folder, &[]);
    server.log = None;
    server
}

#[test]
fn a_log_that_cannot_be_written_costs_nothing_else() {
    for start in [on_a_full_disk, into_a_closed_pipe] {
        let folder = tempfile::tempdir().unwrap();
        organization(folder.path());
        let server = start(folder.path());
        let address = server.address;
        for _ in 0..20 {
            let (status, _) = request(address, "GET /api/v1/session", "", "");
            assert_eq!(status, 401);
            let (status, _) = request(address, "POST /webhooks/twilio/messages", "", "");
            assert!((400..500).contains(&status), "{status}");
        }
        assert_eq!(request(address, "GET /readyz", "", ""), (200, "ready\n".to_owned()));
        assert_eq!(server.stop(), (Some(0), String::new()));
    }
}

/// A command that has something to say says it to nobody and does its work.
#[test]
fn a_command_does_its_work_also_if_nobody_reads_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let create = |name: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_backsoon"));
        command.args(["organization", "create", "--name", name, "--time-zone", "Etc/UTC"]);
        command.current_dir(folder.path()).env_clear().stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(File::create("/dev/full").unwrap());
        command.output().unwrap()
    };
    assert_eq!(create("Acme").status.code(), Some(0));
    assert_eq!(create("").status.code(), Some(1), "a refusal is told by the exit code all the same");
}

/// Of each refusal and reason the log has a line a second, and a count of the rest: strangers cannot fill a disk with it.
#[test]
fn what_is_refused_by_the_thousand_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    organization(folder.path());
    let server = Server::start(folder.path(), &[]);
    for _ in 0..200 {
        let form = "Content-Type: application/x-www-form-urlencoded\r\n";
        let (status, body) =
            request(server.address, "POST /webhooks/twilio/messages", form, "To=%2B15559990000");
        assert_eq!(status, 403);
        assert!(body.contains("\"code\":\"bad_signature\""), "{body}");
    }
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let (code, log) = server.stop();
    assert_eq!(code, Some(0));
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for what in ["request", "not ours"] {
        let told: Vec<_> = lines
            .iter()
            .filter(|line| line["level"] != "ERROR" && line["message"].as_str().unwrap().contains(what))
            .collect();
        assert!(told.len() < 20, "{what}: {} lines", told.len());
        let counted: u64 = told.iter().map(|line| line["count"].as_u64().unwrap_or(1)).sum();
        assert_eq!(counted, 200, "{what}: each is a line or counted: {told:?}");
    }
    let line = lines.iter().find(|line| line["message"] == "request").unwrap();
    assert_eq!((&line["code"], &line["peer"]), (&"bad_signature".into(), &"127.0.0.1".into()), "{line}");
    assert!(line["request_id"].is_string(), "{line}");
}
