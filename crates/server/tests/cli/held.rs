//! What strangers hold on to, tried against the program as it is: it costs little memory and no webhook its time.
//!
//! Figures depend on the machine and the build, so these are run by hand, each alone: `BACKSOON_BIN` names a release build
//! for `cargo test --workspace --test cli held -- --ignored --nocapture --test-threads=1`.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use channels::twilio::signature;
use serde_json::Value;

use crate::SID;
use crate::program::{Server, json, organization, request, run, stdout};

const AUTH_TOKEN: &str = "a-token-that-signs";
const MOST_MIB: usize = 150;
const LONGEST: Duration = Duration::from_millis(100);
/// How many connections an attacker tries to hold: more than there are.
const DIRECTLY: usize = 4_500;
/// The same through the proxy, which takes two of its 8,192 for each.
const THROUGH_THE_PROXY: usize = 3_500;
/// How often those that were ended are opened anew.
const AGAIN: Duration = Duration::from_millis(250);
const WEBHOOKS: usize = 200;

/// How many people try to sign in at once, and how often a picture is not read.
const SIGNING_IN: usize = 200;
const PICTURES: usize = 100;
/// Twilio's own limit for the files of a message.
const PICTURE_BYTES: usize = 5 * 1024 * 1024;

/// What is done to the program.
struct Attack {
    name: &'static str,
    /// How many connections are held.
    connections: usize,
    /// What is sent on each of them, numbered, before it is left alone.
    bytes: Box<dyn Fn(usize) -> Vec<u8> + Sync>,
}

/// What strangers can do, on so many connections.
fn attacks(connections: usize) -> Vec<Attack> {
    let post = |length: usize| {
        format!(
            "POST /webhooks/twilio/messages HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n"
        )
    };
    let answers = |coding: &str| {
        format!("GET /openapi.json HTTP/1.1\r\nHost: a\r\nAccept-Encoding: {coding}\r\n\r\n").repeat(20)
    };
    let same = [
        ("nothing", Vec::new()),
        ("headers without end", format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}", "x".repeat(390_000)).into()),
        ("bodies that never come", post(1_000).into()),
        ("large bodies without their last byte", (post(200_001) + &"x".repeat(200_000)).into()),
        ("unread answers", answers("identity").into()),
        ("unread compressed answers", answers("br").into()),
        ("unread pages", "GET /docs HTTP/1.1\r\nHost: a\r\n\r\n".repeat(20).into()),
        ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec()),
    ];
    same.map(|(name, bytes)| Attack { name, connections, bytes: Box::new(move |_| bytes.clone()) }).into()
}

/// Wrong passwords, each for another account and from another address: nothing of it is slowed down.
fn signing_in() -> Attack {
    let tries = AtomicUsize::new(0);
    let bytes = move |_| {
        let n = tries.fetch_add(1, Ordering::Relaxed);
        let body = format!(r#"{{"email":"user{n}@desk.example","password":"wrong password"}}"#);
        let (from, length) = (format!("198.{}.{}.{}", n / 65_536, n / 256 % 256, n % 256), body.len());
        format!(
            "POST /api/v1/session HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: {from}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .into()
    };
    Attack { name: "wrong passwords", connections: SIGNING_IN, bytes: Box::new(bytes) }
}

/// A customer's picture, asked for by people who do not read it.
fn pictures(folder: &Path, server: &Server, public_url: &str, carrier: SocketAddr) -> Attack {
    let media = format!("http://{carrier}/2010-04-01/Accounts/{SID}/Messages/MM1/Media/ME1");
    let picture = [("MediaContentType0", "image/png"), ("MediaUrl0", &media), ("NumMedia", "1")];
    text(server.address, public_url, 9_999, &picture);
    let tokens: Vec<String> = (0..4)
        .map(|n| {
            let email = format!("viewer{n}@desk.example");
            let create = ["user", "create", "--email", &email, "--name", "Viewer", "--role", "operator"];
            assert!(run(folder, &create, "seven quiet lanterns").status.success());
            stdout(&run(folder, &["token", "create", "--user", &email, "--name", "t"], "")).trim().to_owned()
        })
        .collect();
    let get = |path: &str| -> Value {
        let (status, answer) = server.get(path, &tokens[0]);
        assert_eq!(status, 200, "{answer}");
        serde_json::from_str(&answer).unwrap()
    };
    let case = get("/api/v1/cases")["items"][0]["id"].as_str().unwrap().to_owned();
    let messages = get(&format!("/api/v1/cases/{case}/messages"));
    let url = messages["items"][0]["attachments"][0]["url"].as_str().unwrap().to_owned();
    let bytes = move |n: usize| {
        let token = &tokens[n % tokens.len()];
        format!("GET {url} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n").into()
    };
    Attack { name: "unread pictures", connections: PICTURES, bytes: Box::new(bytes) }
}

/// A carrier that has nothing but one large picture.
fn carrier() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer: Arc<[u8]> = {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: {PICTURE_BYTES}\r\nConnection: close\r\n\r\n"
        );
        [head.into_bytes(), vec![b'x'; PICTURE_BYTES]].concat().into()
    };
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(mut stream), answer) = (stream, answer.clone()) else { continue };
            thread::spawn(move || {
                // The request fits into one read, and who asks may go away.
                let _ = stream.read(&mut [0; 4_096]);
                let _ = stream.write_all(&answer);
            });
        }
    });
    address
}

fn memory_mib(process: u32, of: &str) -> usize {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(of)).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<usize>().unwrap() / 1_024
}

/// A desk with a number, at the address from which its signatures are made.
fn desk(folder: &Path, public_url: &str, trusted_proxies: &str, carrier: SocketAddr) -> Server {
    let organization = organization(folder);
    let add = ["channel", "add", "twilio", "--organization", &organization, "--account-sid", SID];
    let add: Vec<&str> = add.into_iter().chain(["--number", "+15550001111", "--json"]).collect();
    json(&run(folder, &add, &format!("{AUTH_TOKEN}\n")));
    let carrier = format!("http://{carrier}");
    let settings = ["--public-url", public_url, "--trusted-proxies", trusted_proxies];
    let mut server = Server::start(folder, &[&settings[..], &["--twilio-api-url", &carrier]].concat());
    // Nobody reads its log here, and a full pipe would hold it up.
    server.log = None;
    server
}

/// A customer's text, signed: how long it took.
fn text(address: SocketAddr, public_url: &str, number: usize, more: &[(&str, &str)]) -> Duration {
    let path = "/webhooks/twilio/messages";
    let (sid, from) = (format!("SM{number:032x}"), format!("+1555123{number:04}"));
    let form = [
        &[
            ("AccountSid", SID),
            ("Body", "Hello"),
            ("From", &from),
            ("MessageSid", &sid),
            ("To", "+15550001111"),
        ],
        more,
    ]
    .concat();
    let parameters: Vec<(String, String)> =
        form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let signature = signature::sign(AUTH_TOKEN, &format!("{public_url}{path}"), &parameters);
    let encoded = |value: &str| value.replace('+', "%2B").replace(':', "%3A").replace('/', "%2F");
    let body: Vec<String> = form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    let body = body.join("&");
    let headers =
        format!("X-Twilio-Signature: {signature}\r\nContent-Type: application/x-www-form-urlencoded\r\n");
    let begun = Instant::now();
    let (status, answer) = request(address, &format!("POST {path}"), &headers, &body);
    assert_eq!(status, 200, "{answer}");
    begun.elapsed()
}

/// Attacks `address` in each of these ways for some seconds, while customers text there.
fn attack(server: &Server, address: SocketAddr, public_url: &str, attacks: &[Attack]) {
    let process = server.child.id();
    let sent = AtomicUsize::new(0);
    let mut broken = Vec::new();
    println!("at rest {} MiB", memory_mib(process, "VmRSS:"));
    for attack in attacks {
        fs::write(format!("/proc/{process}/clear_refs"), "5").unwrap();
        let (all_held, over) = (AtomicBool::new(false), AtomicBool::new(false));
        let mut took: Vec<Duration> = thread::scope(|scope| {
            let _at_the_end = Flag(&over);
            scope.spawn(|| hold_on(address, attack, &all_held, &over));
            while !all_held.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(30));
            }
            let took = (0..WEBHOOKS)
                .map(|_| {
                    thread::sleep(Duration::from_millis(30));
                    text(address, public_url, sent.fetch_add(1, Ordering::Relaxed), &[])
                })
                .collect();
            assert_eq!(request(address, "GET /healthz", "", "").0, 200);
            assert_eq!(request(address, "GET /readyz", "", "").0, 200);
            took
        });
        took.sort();
        let (median, of_100_the_99th, longest) =
            (took[WEBHOOKS / 2], took[WEBHOOKS * 99 / 100 - 1], took[WEBHOOKS - 1]);
        let peak = memory_mib(process, "VmHWM:");
        println!(
            "{}: {peak} MiB at most; webhooks {median:.1?} in the median, {of_100_the_99th:.1?} the 99th of 100, {longest:.1?} at most",
            attack.name
        );
        if peak >= MOST_MIB || median >= LONGEST {
            broken.push(attack.name);
        }
    }
    assert!(broken.is_empty(), "more than {MOST_MIB} MiB or {LONGEST:?}: {broken:?}");
}

/// Is raised when it is dropped, also by a test that fails.
struct Flag<'a>(&'a AtomicBool);

impl Drop for Flag<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Holds as many connections as it can, and opens another for each that was ended.
fn hold_on(address: SocketAddr, attack: &Attack, all_held: &AtomicBool, over: &AtomicBool) {
    let mut held: Vec<TcpStream> = Vec::new();
    let mut count = 0;
    while !over.load(Ordering::Relaxed) {
        if held.len() < attack.connections {
            let Ok(mut stream) = TcpStream::connect(address) else { continue };
            stream.set_nonblocking(true).unwrap();
            // As much as is taken at once.
            let _ = stream.write(&(attack.bytes)(count));
            count += 1;
            held.push(stream);
        } else {
            all_held.store(true, Ordering::Relaxed);
            thread::sleep(AGAIN);
            // What was answered is done with, unless not reading is the attack.
            let is_held = |stream: &TcpStream| match stream.peek(&mut [0; 64]) {
                Ok(bytes) => bytes > 0 && attack.name.starts_with("unread"),
                Err(error) => error.kind() == std::io::ErrorKind::WouldBlock,
            };
            held.retain(is_held);
        }
    }
}

#[test]
#[ignore = "measures memory and time"]
fn v2_4_1_strangers_who_hold_on_directly() {
    let folder = tempfile::tempdir().unwrap();
    let public_url = "https://desk.example";
    let carrier = carrier();
    let server = desk(folder.path(), public_url, "", carrier);
    let mut attacks = attacks(DIRECTLY);
    attacks.push(pictures(folder.path(), &server, public_url, carrier));
    attack(&server, server.address, public_url, &attacks);
}

#[test]
#[ignore = "measures memory and time"]
fn v2_4_1_strangers_who_sign_in() {
    let folder = tempfile::tempdir().unwrap();
    let public_url = "https://desk.example";
    let server = desk(folder.path(), public_url, "127.0.0.1", carrier());
    attack(&server, server.address, public_url, &[signing_in()]);
}

/// A process that ends with the test.
struct Proxy(Child);

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

#[test]
#[ignore = "measures memory and time, and needs nginx"]
fn v2_4_1_strangers_who_hold_on_behind_the_documented_proxy() {
    let folder = tempfile::tempdir().unwrap();
    let public_url = "https://desk.example";
    let carrier = carrier();
    let server = desk(folder.path(), public_url, "127.0.0.1", carrier);
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    // The locations of docs/operations.md, without TLS.
    let docs =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations.md")).unwrap();
    let locations = docs.split_once("    client_max_body_size 2m;\n\n    location / {").unwrap().1;
    let locations = locations.split_once("\n}\n```").unwrap().0;
    let locations = locations.replace("127.0.0.1:8080", &server.address.to_string());
    let place = folder.path().display();
    let configuration = format!(
        "daemon off; pid {place}/nginx.pid; error_log /dev/null; worker_rlimit_nofile 20000;
         events {{ worker_connections 8192; }}
         http {{ access_log off; client_body_temp_path {place}/b; proxy_temp_path {place}/p;
           fastcgi_temp_path {place}/f; uwsgi_temp_path {place}/u; scgi_temp_path {place}/s;
           server {{ listen {address}; client_max_body_size 2m; location / {{ {locations} }} }}"
    );
    let file = folder.path().join("nginx.conf");
    fs::write(&file, configuration).unwrap();
    let proxy = Proxy(Command::new("nginx").arg("-c").arg(&file).spawn().expect("nginx"));
    while TcpStream::connect(address).is_err() {
        thread::sleep(Duration::from_millis(20));
    }
    let mut attacks = attacks(THROUGH_THE_PROXY);
    attacks.push(pictures(folder.path(), &server, public_url, carrier));
    attacks.push(signing_in());
    attack(&server, address, public_url, &attacks);
    drop(proxy);
}

/// V2.4.1: what signing in takes it gives back.
#[test]
fn v2_4_1_wrong_passwords_leave_no_memory_behind() {
    let folder = tempfile::tempdir().unwrap();
    organization(folder.path());
    let mut server = Server::start(folder.path(), &["--trusted-proxies", "127.0.0.1"]);
    server.log = None;
    let attempt = |n: u32| {
        let headers = format!("Content-Type: application/json\r\nX-Forwarded-For: 198.51.100.{n}\r\n");
        let body = format!(r#"{{"email":"user{n}@desk.example","password":"wrong"}}"#);
        assert_eq!(request(server.address, "POST /api/v1/session", &headers, &body).0, 401);
    };
    attempt(0);
    let before = memory_mib(server.child.id(), "VmRSS:");
    thread::scope(|scope| {
        for from in [1, 21, 41] {
            scope.spawn(move || (from..from + 20).for_each(attempt));
        }
    });
    let after = memory_mib(server.child.id(), "VmRSS:");
    println!("{before} MiB before 60 attempts to sign in, {after} MiB after them");
    assert!(after < before + 15, "{before} MiB before, {after} MiB after: less than one hash may be left");
}
