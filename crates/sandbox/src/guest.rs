//! Who may use the control API and the page of phones, which ask for no sign-in: people at this machine.
//!
//! Guaranteed: a page of another site does not reach them by a name of its own that it points at this machine (DNS
//! rebinding), and what another site makes a browser send changes nothing. Not guaranteed: anything against whoever can
//! reach the address itself.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::error::ControlError;

/// Answers who asks from here, and nobody else.
pub async fn guard(request: Request, next: Next) -> Response {
    match refusal(request.headers()) {
        None => next.run(request).await,
        Some(sentence) => ControlError(StatusCode::FORBIDDEN, sentence.to_owned()).into_response(),
    }
}

fn refusal(headers: &HeaderMap) -> Option<&'static str> {
    let host = text(headers, HOST).unwrap_or("");
    if !is_here(host) {
        return Some("The sandbox carrier is reached as localhost or by an IP address only.");
    }
    let is_ours = |origin: &str| origin.split_once("://").is_some_and(|(_, place)| place == host);
    let is_foreign = text(headers, ORIGIN).is_some_and(|origin| !is_ours(origin));
    is_foreign.then_some("The sandbox carrier takes nothing from pages of another site.")
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).map(|value| value.to_str().unwrap_or(""))
}

/// Whether a `Host` cannot be a name that somebody else points where they like: browsers answer `localhost` themselves,
/// and an address is nobody's name.
fn is_here(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.to_ascii_lowercase();
    let address = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(&name);
    name == "localhost" || name.ends_with(".localhost") || address.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_names_are_here() {
        for here in [
            "localhost",
            "LOCALHOST:8081",
            "127.0.0.1:8081",
            "127.9.9.9",
            "[::1]:8081",
            "[::1]",
            "phones.localhost:1",
            "192.168.1.5:8081",
        ] {
            assert!(is_here(here), "{here}");
        }
        for elsewhere in [
            "",
            ":8081",
            "evil.example",
            "evil.example:8081",
            "localhost.evil.example",
            "127.0.0.1.evil.example:8081",
            "evil.example:80:127.0.0.1",
            "notlocalhost",
            "[::1].evil.example",
            "localhost.:x",
        ] {
            assert!(!is_here(elsewhere), "{elsewhere}");
        }
    }
}
