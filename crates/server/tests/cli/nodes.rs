//! Two nodes on one database behind nginx, with the committed example of its configuration: one dies, one is
//! upgraded, and nobody outside notices.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use channels::twilio::signature::sign;
use cluster::cluster;
use serde_json::Value;

use crate::SID;
use crate::program::{Server, organization, request, run, stderr, stdout};

const CONFIGURATION: &str = include_str!("../../../../docs/two-nodes.nginx.conf");
const AUTH_TOKEN: &str = "secret";
const NUMBER: &str = "+15550001111";
const TEXTS: u32 = 400;
const CARRIERS: u32 = 4;

/// nginx with the example, at other ports.
struct Proxy {
    child: Child,
    address: SocketAddr,
}

impl Proxy {
    fn start(folder: &Path, address: SocketAddr, nodes: [SocketAddr; 2]) -> Proxy {
        let mut configuration = CONFIGURATION.to_owned();
        for (written, used) in
            ["127.0.0.1:8000", "127.0.0.1:8001", "127.0.0.1:8002"].iter().zip([address, nodes[0], nodes[1]])
        {
            assert_eq!(configuration.matches(written).count(), 1, "{written} stands in the example");
            configuration = configuration.replace(written, &used.to_string());
        }
        std::fs::create_dir(folder.join("nginx-temp")).unwrap();
        std::fs::write(folder.join("nginx.conf"), configuration).unwrap();
        let log = std::fs::File::create(folder.join("nginx.log")).unwrap();
        let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
        let path = std::env::var("PATH").unwrap_or_default();
        let started = Command::new("nginx")
            // Debian puts it where only root looks.
            .env("PATH", format!("{path}:/usr/sbin"))
            .args(["-p", folder.to_str().unwrap(), "-c", "nginx.conf"])
            // Its workers may write into the folder as root only.
            .args(if root { &["-g", "user root;"][..] } else { &[] })
            .stderr(Stdio::from(log))
            .spawn();
        let mut child = started.expect("nginx is missing: `make setup` installs it on Debian and Ubuntu");
        while TcpStream::connect(address).is_err() {
            let said = || std::fs::read_to_string(folder.join("nginx.log")).unwrap_or_default();
            assert!(child.try_wait().unwrap().is_none(), "nginx ended: {}", said());
            thread::yield_now();
        }
        Proxy { child, address }
    }

    fn get(&self, path: &str, token: &str) -> Value {
        let (status, body) =
            request(self.address, &format!("GET {path}"), &format!("Authorization: Bearer {token}\r\n"), "");
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// Every item of a list.
    fn all(&self, path: &str, token: &str) -> Vec<Value> {
        let (mut items, mut next) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("{path}?limit=200{next}"), token);
            items.extend(page["items"].as_array().unwrap().iter().cloned());
            let Some(cursor) = page["next_cursor"].as_str() else { return items };
            next = format!("&cursor={cursor}");
        }
    }

    /// The carrier posts a text, signed for the public address; answers the status.
    fn text(&self, number: u32) -> u16 {
        let pairs = [
            ("AccountSid", SID.to_owned()),
            ("Body", format!("text%20{number}")),
            ("From", format!("%2B1555{number:07}")),
            ("MessageSid", format!("SM{number:032x}")),
            ("To", NUMBER.replace('+', "%2B")),
        ];
        let decoded: Vec<(String, String)> = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.replace("%20", " ").replace("%2B", "+")))
            .collect();
        let url = format!("http://{}/webhooks/twilio/messages", self.address);
        let headers = format!(
            "Content-Type: application/x-www-form-urlencoded\r\nX-Twilio-Signature: {}\r\n",
            sign(AUTH_TOKEN, &url, &decoded)
        );
        let body: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request(self.address, "POST /webhooks/twilio/messages", &headers, &body.join("&")).0
    }

    /// Reads events until `done` of them were about different messages; comes back as a browser does when the
    /// stream ends; gives up when a text was refused. Answers how often it was told to load everything anew.
    fn listen(&self, token: &str, done: usize, begun: &AtomicBool, refused: &AtomicBool) -> u32 {
        let (mut seen, mut last, mut resets) = (BTreeSet::new(), String::new(), 0);
        while seen.len() < done && !refused.load(Ordering::Relaxed) {
            let mut stream = TcpStream::connect(self.address).unwrap();
            let resume = if last.is_empty() { String::new() } else { format!("Last-Event-ID: {last}\r\n") };
            write!(
                stream,
                "GET /api/v1/events HTTP/1.0\r\nHost: desk\r\nAuthorization: Bearer {token}\r\n{resume}\r\n"
            )
            .unwrap();
            let mut kind = String::new();
            for line in BufReader::new(stream).lines() {
                // A node that dies cuts the connection.
                let Ok(line) = line else { break };
                if let Some(id) = line.strip_prefix("id: ") {
                    last = id.to_owned();
                    begun.store(true, Ordering::Relaxed);
                } else if let Some(name) = line.strip_prefix("event: ") {
                    kind = name.to_owned();
                    resets += u32::from(kind == "reset");
                } else if let Some(data) = line.strip_prefix("data: ").filter(|_| kind == "message") {
                    let data: Value = serde_json::from_str(data).unwrap();
                    seen.insert(data["id"].as_str().unwrap().to_owned());
                }
                if seen.len() == done {
                    break;
                }
            }
        }
        resets
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Killed, it would leave its workers behind.
        let id = self.child.id().to_string();
        let _ = Command::new("kill").args(["-QUIT", &id]).status();
        let _ = self.child.wait();
    }
}

/// An address that is free now.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[test]
fn a_node_dies_and_another_is_upgraded_and_nobody_notices() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (url, address) = (cluster().empty_database(), free());
    let public_url = format!("http://{address}");
    let configuration = format!(
        "database_url = \"{url}\"\nsecret_key_file = \"backsoon.key\"\npublic_url = \"{public_url}\"\ntrusted_proxies = \"127.0.0.1\"\n"
    );
    std::fs::write(folder.join("backsoon.toml"), configuration).unwrap();
    let organization = organization(folder);
    let user =
        ["user", "create", "--organization", &organization, "--email", "ana@desk.example", "--name", "Ana"];
    let user: Vec<&str> = user.into_iter().chain(["--role", "operator"]).collect();
    assert!(run(folder, &user, "correct horse battery\n").status.success());
    let token = run(folder, &["token", "create", "--user", "ana@desk.example", "--name", "t"], "");
    let token = stdout(&token).trim().to_owned();
    let add = ["channel", "add", "twilio", "--organization", &organization, "--account-sid", SID];
    let add: Vec<&str> = add.into_iter().chain(["--number", NUMBER]).collect();
    let added = run(folder, &add, &format!("{AUTH_TOKEN}\n"));
    assert!(added.status.success(), "{}", stderr(&added));

    let one = Server::start(folder, &[]);
    let two = Server::start(folder, &[]);
    let addresses = [one.address, two.address];
    let proxy = Proxy::start(folder, address, addresses);
    let (next, answered) = (AtomicU32::new(0), AtomicU32::new(0));
    let (listening, refused) = (AtomicBool::new(false), AtomicBool::new(false));
    let (resets, one, two) = thread::scope(|scope| {
        let reader = scope.spawn(|| proxy.listen(&token, TEXTS as usize, &listening, &refused));
        while !listening.load(Ordering::Relaxed) {
            thread::yield_now();
        }
        for _ in 0..CARRIERS {
            scope.spawn(|| {
                while let number @ 0..TEXTS = next.fetch_add(1, Ordering::Relaxed) {
                    if proxy.text(number) != 200 {
                        refused.store(true, Ordering::Relaxed);
                    }
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let after = |texts| while answered.load(Ordering::Relaxed) < texts {};
        after(100);
        one.die();
        after(200);
        let one = Server::start_at(folder, &addresses[0].to_string(), &[]);
        after(250);
        let (code, log) = two.stop();
        assert_eq!(code, Some(0), "{log}");
        after(300);
        let two = Server::start_at(folder, &addresses[1].to_string(), &[]);
        (reader.join().unwrap(), one, two)
    });
    assert!(!refused.load(Ordering::Relaxed), "every text is taken at once");
    assert_eq!(resets, 0, "the reader went on where it was, on whichever node");
    let decided = proxy.all("/api/v1/decisions", &token);
    let messages: BTreeSet<&str> =
        decided.iter().map(|decision| decision["message_id"].as_str().unwrap()).collect();
    assert_eq!((decided.len(), messages.len()), (TEXTS as usize, TEXTS as usize), "each text once");
    drop(proxy);
    for node in [one, two] {
        assert_eq!(node.stop().0, Some(0));
    }
}
