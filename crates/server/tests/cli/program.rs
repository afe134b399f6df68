//! The binary, run as a person or an operating system does.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// The program in a folder of its own, with no configuration from outside; another build of it if `BACKSOON_BIN` names
/// one.
fn backsoon(folder: &Path, args: &[&str]) -> Command {
    let program = std::env::var_os("BACKSOON_BIN");
    let mut command = Command::new(program.unwrap_or_else(|| env!("CARGO_BIN_EXE_backsoon").into()));
    command.args(args).current_dir(folder).env_clear().stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub fn run(folder: &Path, args: &[&str], input: &str) -> Output {
    let mut child = backsoon(folder, args).spawn().unwrap();
    // A command that takes no input may be gone before it is written.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

pub fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON value on standard output")
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn organization(folder: &Path) -> String {
    let args = ["organization", "create", "--name", "Desk", "--time-zone", "Europe/Berlin", "--json"];
    json(&run(folder, &args, ""))["id"].as_str().unwrap().to_owned()
}

/// A running server that is killed if the test fails.
pub struct Server {
    pub child: Child,
    pub address: SocketAddr,
    /// Its log, if somebody reads it.
    pub log: Option<BufReader<std::process::ChildStderr>>,
}

impl Server {
    pub fn start(folder: &Path, args: &[&str]) -> Self {
        Self::start_at(folder, "127.0.0.1:0", args)
    }

    pub fn start_at(folder: &Path, listen: &str, args: &[&str]) -> Self {
        let all: Vec<&str> = ["serve", "--listen", listen].iter().chain(args).copied().collect();
        let mut child = backsoon(folder, &all).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        let address = loop {
            let mut line = String::new();
            assert_ne!(log.read_line(&mut line).unwrap(), 0, "the server ended: {said}");
            if let Some((_, rest)) = line.split_once("listening on http://") {
                break rest.split([',', '"']).next().unwrap().trim().parse().unwrap();
            }
            said.push_str(&line);
        };
        Self { child, address, log: Some(log) }
    }

    /// Ends it as a power cut does.
    pub fn die(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn get(&self, path: &str, token: &str) -> (u16, String) {
        request(self.address, &format!("GET {path}"), &format!("Authorization: Bearer {token}\r\n"), "")
    }

    /// Ends it as an operating system does, and answers its exit code and the rest of its log.
    pub fn stop(mut self) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let code = self.child.wait().unwrap().code();
        let mut log = String::new();
        if let Some(unread) = &mut self.log {
            unread.read_to_string(&mut log).unwrap();
        }
        (code, log)
    }
}

/// One request on a connection of its own; answers status and body. `head` is method and path. HTTP/1.0, so that
/// the body ends with the connection.
pub fn request(address: SocketAddr, head: &str, headers: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(stream, "{head} HTTP/1.0\r\nHost: desk\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap_or_else(|| panic!("no answer to {head}")).parse().unwrap();
    (status, answer.split("\r\n\r\n").nth(1).unwrap_or_default().to_owned())
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already if the test went well.
        let _ = self.child.kill();
    }
}
