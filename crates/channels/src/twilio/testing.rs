//! A server for one kind of answer, on a raw socket, so that broken answers can be given too.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::send::{Client, Credentials, Outgoing};

/// What the server does with every request.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Writes this and closes.
    Raw(&'static str),
    /// Writes a complete answer and closes.
    Answer(Vec<u8>),
    /// One answer for each request, in order; the last one for all that follow.
    Script(Vec<Vec<u8>>),
    /// Closes in good order without an answer.
    CloseAfterRequest,
    /// Resets the connection without an answer.
    ResetAfterRequest,
    /// Never answers.
    Hang,
}

impl Reply {
    pub fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        Self::Answer(answer(status, headers, body.as_bytes()))
    }
}

pub fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n", body.len());
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

pub struct RawServer {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
}

impl RawServer {
    pub async fn start(reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, reply.clone(), seen.clone()));
            }
        });
        Self { port, requests }
    }

    /// A port on which nothing listens.
    pub async fn closed_port() -> u16 {
        TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A client with little patience, so that a hanging server does not hold up the tests.
    pub fn client(&self) -> Client {
        Client::with_timeouts(&self.base(), Duration::from_secs(2), Duration::from_millis(400)).unwrap()
    }

    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, reply: Reply, seen: Arc<Mutex<Vec<String>>>) {
    let Some(request) = read_request(&mut stream).await else { return };
    let index = {
        let mut seen = seen.lock().unwrap();
        seen.push(request);
        seen.len() - 1
    };
    match reply {
        Reply::Raw(text) => drop(stream.write_all(text.as_bytes()).await),
        Reply::Answer(bytes) => drop(stream.write_all(&bytes).await),
        Reply::Script(answers) => {
            drop(stream.write_all(&answers[index.min(answers.len() - 1)]).await);
        }
        Reply::CloseAfterRequest => {}
        Reply::ResetAfterRequest => stream.set_zero_linger().unwrap(),
        Reply::Hang => std::future::pending().await,
    }
}

/// Reads one request by its content length; `None` if it is not HTTP.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let count = stream.read(&mut chunk).await.ok()?;
        bytes.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok())
                .unwrap_or(0);
            if body.len() >= length {
                return Some(text);
            }
        }
        if count == 0 || !bytes.is_ascii() {
            return None;
        }
    }
}

pub fn credentials() -> Credentials {
    Credentials { account_sid: "AC1".into(), auth_token: "token".into() }
}

pub fn outgoing() -> Outgoing {
    Outgoing {
        from: "+15559870000".into(),
        to: "+15551230001".into(),
        body: "Hello".into(),
        status_callback: None,
        validity_period_s: None,
    }
}
