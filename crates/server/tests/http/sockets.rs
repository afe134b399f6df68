//! Raw bytes on a real socket: what no well-behaved client sends (V4.2.1).

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::Desk;

/// Longer than any answer takes unless something is broken.
const PATIENCE: Duration = Duration::from_secs(20);

/// The status lines of everything that is answered to these bytes until the server closes.
async fn statuses(address: std::net::SocketAddr, bytes: &str) -> Vec<String> {
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
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket on loopback");
    let address = listener.local_addr().expect("an address");
    desk.serve(listener);
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
