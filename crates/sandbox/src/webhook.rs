//! Posting to the business: signed, retried as its address asks for, bounded in time.
//!
//! The fragment of the address holds Twilio's connection overrides: `rc` retries, `rp` on which failures, `rt`
//! and `tt` read and total time. Waiting between attempts is short and in real time. Redirects are not followed.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, USER_AGENT};
use serde::Serialize;
use tokio::time::Instant;

use crate::signature;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const MAX_TIME_MS: u64 = 15_000;
const MIN_TIME_MS: u64 = 100;
const MAX_RETRIES: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(1);
/// How much of an answer is read; Twilio takes 64 kB.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// How the business took what was posted to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Handover {
    /// The HTTP status of its last answer; `None` if it never answered.
    pub status: Option<u16>,
    /// How often it was tried.
    pub attempts: u32,
    /// What was wrong, if anything: 11200 no good answer, 12300 an answer of the wrong type.
    pub error_code: Option<u32>,
    /// The same in words.
    pub error: Option<String>,
}

/// What the answer to a post has to look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expects {
    /// A TwiML document, or nothing.
    Document,
    /// Just success.
    Success,
}

/// The pooled client for all posts.
pub fn client() -> reqwest::Client {
    // Another part of the program may have chosen the provider first; both choose the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = || {
        reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
    };
    // A machine without root certificates can still be used on loopback.
    builder()
        .build()
        .or_else(|_| builder().tls_certs_only([]).build())
        .expect("an HTTP client without TLS roots needs nothing from the machine")
}

/// Posts a form until it is taken or the address's patience is at its end.
pub async fn post(
    http: &reqwest::Client,
    url: &str,
    token: &str,
    params: &[(String, String)],
    expects: Expects,
) -> Handover {
    let overrides = Overrides::of(url);
    let target = url.split('#').next().unwrap_or_default();
    let signature = signature::of(token, target, params);
    let idempotency_token = crate::sid::new("IT");
    let deadline = Instant::now() + overrides.total;
    let mut pause = FIRST_PAUSE;
    let mut attempts = 0;
    loop {
        attempts += 1;
        let left = deadline.saturating_duration_since(Instant::now());
        let request = http
            .post(target)
            .timeout(overrides.read.min(left))
            .header("X-Twilio-Signature", &signature)
            .header("I-Twilio-Idempotency-Token", &idempotency_token)
            .header(USER_AGENT, "TwilioProxy/1.1")
            .form(params);
        let attempt = attempt(request, expects).await;
        let may_retry = attempts <= overrides.retries
            && attempt.failure.is_some_and(|failure| overrides.policy.covers(failure))
            && Instant::now() + pause < deadline;
        if !may_retry {
            return Handover {
                status: attempt.status,
                attempts,
                error_code: attempt.error.as_ref().map(|(code, _)| *code),
                error: attempt.error.map(|(_, words)| words),
            };
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LAST_PAUSE);
    }
}

struct Attempt {
    status: Option<u16>,
    failure: Option<Failure>,
    error: Option<(u32, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    Connect,
    Read,
    Status4,
    Status5,
    Other,
}

async fn attempt(request: reqwest::RequestBuilder, expects: Expects) -> Attempt {
    let mut response = match request.send().await {
        Ok(response) => response,
        Err(error) => {
            let (failure, words) = if error.is_connect() {
                (Failure::Connect, format!("the desk cannot be reached: {}", cause(&error)))
            } else if error.is_timeout() {
                (Failure::Read, "the desk did not answer in time".to_owned())
            } else {
                (Failure::Read, "the desk closed the connection without an answer".to_owned())
            };
            return Attempt { status: None, failure: Some(failure), error: Some((11200, words)) };
        }
    };
    let status = response.status().as_u16();
    let content_type = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let mut length = 0;
    // The body has to be read to its end for the connection to be used again.
    while let Ok(Some(chunk)) = response.chunk().await {
        length += chunk.len();
        if length > MAX_ANSWER_BYTES {
            break;
        }
    }
    let failure = match status {
        200..=299 => None,
        400..=499 => Some(Failure::Status4),
        500..=599 => Some(Failure::Status5),
        _ => Some(Failure::Other),
    };
    let is_document = content_type.starts_with("text/xml") || content_type.starts_with("application/xml");
    let error = match failure {
        Some(_) => Some((11200, format!("the desk answered with HTTP status {status}"))),
        None if expects == Expects::Document && length > 0 && !is_document => {
            Some((12300, format!("the desk's answer is {content_type:?} and not text/xml")))
        }
        None => None,
    };
    Attempt { status: Some(status), failure, error }
}

/// What is behind an error, such as a certificate that nobody trusts.
fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

/// How patient the address asks us to be.
#[derive(Debug, PartialEq, Eq)]
struct Overrides {
    retries: u32,
    policy: Policy,
    read: Duration,
    total: Duration,
}

/// Which failures are worth another attempt.
#[derive(Debug, PartialEq, Eq)]
struct Policy(Vec<String>);

impl Policy {
    fn covers(&self, failure: Failure) -> bool {
        let name = match failure {
            Failure::Connect => "ct",
            Failure::Read => "rt",
            Failure::Status4 => "4xx",
            Failure::Status5 => "5xx",
            Failure::Other => "all",
        };
        self.0.iter().any(|covered| covered == name || covered == "all")
    }
}

impl Overrides {
    fn of(url: &str) -> Self {
        let mut overrides = Self {
            retries: 1,
            policy: Policy(vec!["ct".to_owned()]),
            read: Duration::from_millis(MAX_TIME_MS),
            total: Duration::from_millis(MAX_TIME_MS),
        };
        let fragment = url.split_once('#').map_or("", |(_, fragment)| fragment);
        for (name, value) in fragment.split('&').filter_map(|pair| pair.split_once('=')) {
            let time = || {
                let ms = value.parse::<u64>().unwrap_or(MAX_TIME_MS);
                Duration::from_millis(ms.clamp(MIN_TIME_MS, MAX_TIME_MS))
            };
            match name {
                "rc" => overrides.retries = value.parse().unwrap_or(1).min(MAX_RETRIES),
                "rp" => overrides.policy = Policy(value.split(',').map(str::to_owned).collect()),
                "rt" => overrides.read = time(),
                "tt" => overrides.total = time(),
                _ => {}
            }
        }
        overrides
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overrides_are_read_from_the_fragment() {
        // (url, retries, failures covered, read ms, total ms)
        use Failure::*;
        let table: &[(&str, u32, &[Failure], u64, u64)] = &[
            ("http://d/w", 1, &[Connect], 15_000, 15_000),
            ("http://d/w#rc=5&rp=all", 5, &[Connect, Read, Status4, Status5, Other], 15_000, 15_000),
            ("http://d/w#rc=9&rp=5xx,rt", 5, &[Read, Status5], 15_000, 15_000),
            ("http://d/w?rc=4#rc=0&rt=1&tt=2000", 0, &[Connect], 100, 2_000),
            ("http://d/w#nonsense", 1, &[Connect], 15_000, 15_000),
        ];
        for (url, retries, covered, read_ms, total_ms) in table {
            let overrides = Overrides::of(url);
            assert_eq!(overrides.retries, *retries, "{url}");
            for failure in [Connect, Read, Status4, Status5, Other] {
                assert_eq!(overrides.policy.covers(failure), covered.contains(&failure), "{url} {failure:?}");
            }
            let times = (overrides.read.as_millis() as u64, overrides.total.as_millis() as u64);
            assert_eq!(times, (*read_ms, *total_ms), "{url}");
        }
    }
}
