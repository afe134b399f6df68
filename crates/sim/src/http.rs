//! As much of HTTP/1.1 as one client of ours needs: a request with a form, an answer, one connection each.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A request.
pub(crate) struct Request {
    /// `GET` or `POST`.
    pub method: String,
    /// The query's parameters, or the form's.
    pub params: Vec<(String, String)>,
}

impl Request {
    pub fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }
}

/// Reads one request; `None` if the other side went away first.
pub(crate) async fn read_request(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let count = stream.read(&mut chunk).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok())
            .unwrap_or(0);
        if body.len() < length {
            continue;
        }
        let mut words = head.split(' ');
        let (method, target) = (words.next()?.to_owned(), words.next()?);
        let query = target.split_once('?').map_or("", |(_, query)| query);
        let form = if method == "POST" { body } else { query };
        return Some(Request { method, params: parse_form(form) });
    }
}

/// Writes one JSON answer with the carrier's date and closes.
pub(crate) async fn answer(mut stream: TcpStream, status: u16, date: &str, body: &str) {
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ndate: {date}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    // The client may have given up; that is its own business.
    let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
    let _ = stream.shutdown().await;
}

fn parse_form(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let hex: Vec<u8> = rest.by_ref().take(2).collect();
                let hex = std::str::from_utf8(&hex).expect("a form is ASCII");
                bytes.push(u8::from_str_radix(hex, 16).expect("two hexadecimal digits"));
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).expect("a form is UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read() {
        let pairs = parse_form("To=%2B1555&Body=Gr%C3%BC%C3%9Fe+%26+mehr&Empty=");
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(pairs, [pair("To", "+1555"), pair("Body", "Grüße & mehr"), pair("Empty", "")]);
    }
}
