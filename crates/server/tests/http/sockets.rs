//! Raw bytes on a real socket: what no well-behaved client sends (V4.2.1), or sends so slowly (V2.4.1).

use std::net::SocketAddr;
use std::time::Duration;

use backsoon::connections::Limits;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::{Desk, PHONE, Who};

/// Longer than any answer takes unless something is broken.
const PATIENCE: Duration = Duration::from_secs(20);

async fn serve(desk: &Desk, limits: Limits) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket on loopback");
    let address = listener.local_addr().expect("an address");
    desk.serve_within(listener, limits);
    address
}

/// This limit for headers, and for answers that are not taken.
fn within(limit: Duration) -> Limits {
    Limits { headers: limit, stalled: limit, ..Limits::default() }
}

/// The status lines of everything that is answered to these bytes until the server closes.
async fn statuses(address: SocketAddr, bytes: &str) -> Vec<String> {
    let mut socket = TcpStream::connect(address).await.expect("a connection");
    socket.write_all(bytes.as_bytes()).await.expect("bytes are taken");
    socket.shutdown().await.expect("our side is closed");
    let mut answer = Vec::new();
    // A reset after the answer is as good as an end.
    let _ = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut answer)).await.expect("the server closes");
    let text = String::from_utf8_lossy(&answer).into_owned();
    text.lines().filter_map(|line| line.strip_prefix("HTTP/1.1 ")).map(|line| line[..3].to_owned()).collect()
}

#[tokio::test]
async fn v4_2_1_one_request_is_never_two() {
    let desk = Desk::new().await;
    let address = serve(&desk, Limits::default()).await;
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let hidden = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    let post = |headers: &str, body: &str| {
        format!("POST /webhooks/twilio/messages HTTP/1.1\r\nHost: a\r\n{form}{headers}\r\n{body}")
    };
    // Each hides a second request where the lengths disagree: it must not be answered with 200.
    let table = [
        ("two lengths", post("Content-Length: 4\r\nContent-Length: 40\r\n", hidden)),
        (
            "a length and chunks",
            post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", &format!("0\r\n\r\n{hidden}")),
        ),
        (
            "chunks named twice",
            post(
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
                &format!("0\r\n\r\n{hidden}"),
            ),
        ),
        ("a length with a sign", post("Content-Length: +4\r\n", hidden)),
        ("a space before the colon", post("Content-Length : 4\r\n", hidden)),
        ("a folded header", post("X: a\r\n Content-Length: 4\r\n", hidden)),
        ("a broken chunk", post("Transfer-Encoding: chunked\r\n", &format!("zz\r\n{hidden}"))),
        ("a control character", post("X: a\0b\r\n", hidden)),
    ];
    for (name, bytes) in table {
        let found = statuses(address, &bytes).await;
        let refused = found.iter().all(|status| status.starts_with('4'));
        // A length and chunks together are allowed if the length is dropped and what follows is a request of its
        // own (RFC 9112, 6.3); then both are answered, in order.
        let two_requests = name == "a length and chunks" && found.len() == 2 && found[0].starts_with('4');
        assert!(refused || two_requests, "{name}: {found:?}");
    }
    let absolute =
        "GET http://evil.example/healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    assert_eq!(statuses(address, absolute).await, ["200"], "any Host is served");
    let long = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(100_000));
    assert!(statuses(address, &long).await[0].starts_with('4'));
    let many: String = (0..500).map(|n| format!("X-{n}: 1\r\n")).collect();
    assert!(
        statuses(address, &format!("GET /healthz HTTP/1.1\r\nHost: a\r\n{many}\r\n")).await[0]
            .starts_with('4')
    );
}

/// Everything that is answered to these bytes until the server closes; our side stays open.
async fn until_closed(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(address).await.expect("a connection");
    socket.write_all(bytes).await.expect("bytes are taken");
    let mut answer = Vec::new();
    // A reset is as good as an end.
    let _ = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut answer)).await.expect("the server closes");
    answer
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// An empty frame of settings, as every client of HTTP/2 begins.
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
/// Headers of stream 1: GET / over http, by the static table; the authority is left out.
const HEADERS: &[u8] = &[0, 0, 3, 1, 5, 0, 0, 0, 1, 0x82, 0x84, 0x86];

#[tokio::test]
async fn v2_4_1_nobody_holds_a_connection_without_asking() {
    let desk = Desk::new().await;
    let address = serve(&desk, within(Duration::from_millis(200))).await;
    let one = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    let http2 = |frames: &[&[u8]]| [&[PREFACE, SETTINGS], frames].concat().concat();
    // Beside the bytes: how many requests are answered before the end.
    let table: [(&str, Vec<u8>, usize); 8] = [
        ("nothing", vec![], 0),
        ("a letter", b"G".to_vec(), 0),
        ("half a request", one[..30].into(), 0),
        ("half a preface of HTTP/2", PREFACE[..10].into(), 0),
        ("a preface of HTTP/2", http2(&[]), 0),
        ("a request of HTTP/2", http2(&[HEADERS]), 0),
        ("a request, then nothing", one.into(), 1),
        ("a request and half of the next", format!("{one}{}", &one[..30]).into(), 1),
    ];
    for (name, bytes, answered) in table {
        let answer = until_closed(address, &bytes).await;
        let found = String::from_utf8_lossy(&answer).matches("HTTP/1.1 200").count();
        assert_eq!(found, answered, "{name}: {}", String::from_utf8_lossy(&answer));
    }
}

/// Whoever comes is served although strangers hold more connections than there are, none of which any limit of time
/// ends meanwhile.
#[tokio::test]
async fn v2_4_1_who_holds_a_connection_for_nothing_makes_room_for_who_asks() {
    let desk = Desk::new().await;
    let long = Duration::from_secs(600);
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let held: [(&str, String); 4] = [
        ("nothing", String::new()),
        ("half a request", "GET /healthz HTTP/1.1\r\nX: ".to_owned()),
        (
            "no body",
            format!("POST /webhooks/twilio/messages HTTP/1.1\r\nHost: a\r\n{form}Content-Length: 9\r\n\r\n"),
        ),
        ("answers that are not read", "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n".repeat(100)),
    ];
    for (name, bytes) in held {
        let address = serve(&desk, Limits { connections: 8, ..within(long) }).await;
        let mut held = Vec::new();
        for _ in 0..20 {
            let mut socket = TcpStream::connect(address).await.expect("a connection");
            // The server may have ended it already.
            let _ = tokio::time::timeout(Duration::from_millis(50), socket.write_all(bytes.as_bytes())).await;
            held.push(socket);
        }
        for _ in 0..10 {
            let request = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
            assert_eq!(statuses(address, request).await, ["200"], "{name}");
        }
        drop(held);
    }
}

#[tokio::test]
async fn v2_4_1_an_answer_that_nobody_takes_is_given_up() {
    let desk = Desk::new().await;
    let address = serve(&desk, Limits { stalled: Duration::from_millis(200), ..Limits::default() }).await;
    let mut socket = TcpStream::connect(address).await.expect("a connection");
    let asking = async {
        // Until the server closes: then nothing more is taken.
        while socket.write_all(b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n").await.is_ok() {}
    };
    tokio::time::timeout(PATIENCE, asking).await.expect("it is closed");
}

#[tokio::test]
async fn v2_4_1_headers_that_drip_are_not_waited_for() {
    let desk = Desk::new().await;
    let headers = Duration::from_millis(200);
    let address = serve(&desk, Limits { headers, ..Limits::default() }).await;
    let (mut answers, mut drops) = TcpStream::connect(address).await.expect("a connection").into_split();
    let dripping = tokio::spawn(async move {
        let mut every = tokio::time::interval(Duration::from_millis(10));
        let begun = drops.write_all(b"GET /healthz HTTP/1.1\r\nX: ").await;
        while begun.is_ok() && drops.write_all(b"x").await.is_ok() {
            every.tick().await;
        }
    });
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, answers.read_to_end(&mut answer)).await.expect("it is closed");
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
    tokio::time::timeout(PATIENCE, dripping).await.expect("nothing more is taken").expect("no panic");
}

#[tokio::test]
async fn v2_4_1_a_stream_of_events_outlives_the_limits_and_ends_with_the_server() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", "+15559870000").await;
    let Who::Token(token) = desk.token("olga.acme@desk.example").await else { unreachable!() };
    let limit = Duration::from_millis(50);
    let address = serve(&desk, within(limit)).await;
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let request = format!("GET /api/v1/events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("bytes are taken");
    // Each of these is ended by the limits, one after the other: the stream has outlived them several times.
    for _ in 0..4 {
        until_closed(address, b"").await;
    }
    desk.case(&acme, PHONE).await;
    let mut seen = String::new();
    while !seen.contains("event: case") {
        let mut bytes = [0; 4096];
        let read = tokio::time::timeout(PATIENCE, stream.read(&mut bytes)).await.expect("it comes in time");
        let count = read.expect("the stream is there");
        assert_ne!(count, 0, "the stream goes on: {seen}");
        seen.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
    desk.close();
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
    ended.expect("it ends").expect("it ends well");
    assert!(rest.ends_with(b"0\r\n\r\n"), "the stream has an end of its own");
}
