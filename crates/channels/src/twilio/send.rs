//! Handing a message to Twilio, and saying exactly what is known about it afterwards.
//!
//! Twilio's create call is not idempotent and takes no idempotency key, so the outcome is one of four, and
//! `NotProcessed` is claimed only where the carrier cannot have processed the message: no connection came about,
//! or the carrier said so. Everything uncertain is `Unknown`. Nothing is ever tried twice in here.

use reqwest::{Method, StatusCode};

use super::answer::{Refusal, retry_after_ms};
pub use super::client::{Client, ClientError, Credentials};
use super::client::{MAX_ANSWER_BYTES, ReadError, describe, id, read_bounded};
use super::error_code::{self, ErrorClass};
use super::lenient::{Fields, mend};
use super::status::CarrierStatus;

/// The range that Twilio takes for a validity period, in seconds.
const VALIDITY_PERIOD_S: std::ops::RangeInclusive<u32> = 1..=36_000;

/// A message to hand over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Our number.
    pub from: String,
    /// The customer's number.
    pub to: String,
    /// The text, at most 1,600 characters.
    pub body: String,
    /// Where Twilio reports what becomes of it.
    pub status_callback: Option<String>,
    /// How long it may wait in Twilio's queue, in seconds; brought into Twilio's range 1 to 36,000.
    pub validity_period_s: Option<u32>,
}

/// What is known after the attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendOutcome {
    /// The carrier has it.
    Accepted {
        /// Twilio's `MessageSid`.
        provider_id: String,
        /// How far it had come when the carrier answered.
        status: CarrierStatus,
    },
    /// The carrier has not processed it: it is safe to send it again.
    NotProcessed {
        /// What happened, for the log; without addresses and secrets.
        detail: String,
        /// How long the carrier asks us to wait.
        retry_after_ms: Option<u64>,
    },
    /// The carrier refused it for good.
    Refused {
        /// Twilio's number for the reason, for [`error_code::explain`].
        code: Option<u32>,
        /// The carrier's own words, cut to a bounded length.
        message: String,
        /// The recipient has opted out (21610).
        opted_out: bool,
        /// The account, number or registration is at fault, so every other message would fare the same.
        configuration: bool,
    },
    /// It may or may not have been processed: look it up before doing anything else.
    Unknown {
        /// What happened, for the log; without addresses and secrets.
        detail: String,
    },
}

impl Client {
    /// Hands one message to the carrier, once.
    pub async fn send(&self, credentials: &Credentials, message: &Outgoing) -> SendOutcome {
        let Ok(url) = self.account_url(credentials, "/Messages.json") else {
            return misconfigured("The account SID of the channel is not an account SID.");
        };
        let validity = message
            .validity_period_s
            .map(|seconds| seconds.clamp(*VALIDITY_PERIOD_S.start(), *VALIDITY_PERIOD_S.end()).to_string());
        let mut form = vec![("To", message.to.as_str()), ("From", &message.from), ("Body", &message.body)];
        form.extend(message.status_callback.as_deref().map(|url| ("StatusCallback", url)));
        form.extend(validity.as_deref().map(|seconds| ("ValidityPeriod", seconds)));
        let response = match self.request(Method::POST, url, credentials).form(&form).send().await {
            Ok(response) => response,
            Err(error) => return without_answer(error),
        };
        let status = response.status();
        let retry_after_ms = retry_after_ms(response.headers());
        let body = read_bounded(response, MAX_ANSWER_BYTES).await;
        classify(status, retry_after_ms, body)
    }
}

fn misconfigured(message: &str) -> SendOutcome {
    SendOutcome::Refused { code: None, message: message.to_owned(), opted_out: false, configuration: true }
}

/// No answer came. Only a connection that never came about proves that nothing was processed.
fn without_answer(error: reqwest::Error) -> SendOutcome {
    let never_sent = error.is_connect() || error.is_builder();
    let detail = describe(error);
    if never_sent {
        SendOutcome::NotProcessed { detail, retry_after_ms: None }
    } else {
        SendOutcome::Unknown { detail }
    }
}

fn classify(
    status: StatusCode,
    retry_after_ms: Option<u64>,
    body: Result<Vec<u8>, ReadError>,
) -> SendOutcome {
    if status.is_success() {
        return accepted(status, body);
    }
    // A refusal is a refusal even if its explanation got lost on the way.
    let Refusal { code, message } = Refusal::read(status.as_u16(), &body.unwrap_or_default());
    let class = code.map(error_code::class);
    match status.as_u16() {
        429 => SendOutcome::NotProcessed { detail: message, retry_after_ms },
        400..=499 if class == Some(ErrorClass::Transient) => {
            SendOutcome::NotProcessed { detail: message, retry_after_ms }
        }
        408 => SendOutcome::Unknown { detail: message },
        400..=499 if class == Some(ErrorClass::Unknown) => SendOutcome::Unknown { detail: message },
        // These redirects repeat the request elsewhere, so it was not processed here, nor will it ever be.
        301 | 307 | 308 => misconfigured(
            "The address of the carrier's API answers with a redirect; it has to be the final address.",
        ),
        400..=499 => SendOutcome::Refused {
            code,
            message,
            opted_out: class == Some(ErrorClass::OptedOut),
            configuration: class == Some(ErrorClass::Configuration)
                || matches!(status.as_u16(), 401 | 403 | 404 | 405 | 407),
        },
        _ => SendOutcome::Unknown { detail: format!("HTTP status {}: {message}", status.as_u16()) },
    }
}

fn accepted(status: StatusCode, body: Result<Vec<u8>, ReadError>) -> SendOutcome {
    let unknown = |what: String| SendOutcome::Unknown {
        detail: format!("The carrier answered with HTTP status {}, but {what}.", status.as_u16()),
    };
    let body = match body {
        Ok(body) => body,
        Err(ReadError::TooLarge) => return unknown("the answer is too large".to_owned()),
        Err(ReadError::Broken(why)) => return unknown(format!("the answer broke off ({why})")),
    };
    let message = Fields::read(&mend(&String::from_utf8_lossy(&body)));
    let sid = message.as_ref().and_then(|message| message.text("sid"));
    match sid.zip(message) {
        Some((sid, message)) if id(&sid).is_ok() => SendOutcome::Accepted {
            provider_id: sid,
            // A status that is new to us is still an acceptance; reports will tell more.
            status: (message.text("status").as_deref().and_then(CarrierStatus::from_name))
                .unwrap_or(CarrierStatus::Accepted),
        },
        _ => unknown("the answer is not a message".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twilio::testing::{RawServer, Reply, credentials, outgoing};

    const CREATED: &str =
        r#"{"sid":"SMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","status":"queued","error_code":null,"new":[]}"#;

    /// What an outcome allows the caller to do, in one word for the tables below.
    fn word(outcome: &SendOutcome) -> &'static str {
        match outcome {
            SendOutcome::Accepted { .. } => "accepted",
            SendOutcome::NotProcessed { .. } => "again",
            SendOutcome::Refused { opted_out: true, .. } => "opted out",
            SendOutcome::Refused { configuration: true, .. } => "configuration",
            SendOutcome::Refused { .. } => "refused",
            SendOutcome::Unknown { .. } => "unknown",
        }
    }

    fn refusal(code: u32) -> String {
        format!(r#"{{"code":{code},"message":"no","more_info":"","status":400}}"#)
    }

    /// Every answer has one of four meanings (docs/carrier.md, "Sending").
    #[tokio::test]
    async fn answers() {
        let large = format!(r#"{{"sid":"SM1","status":"queued","body":"{}"}}"#, "x".repeat(70_000));
        let table: Vec<(u16, String, &str)> = vec![
            (201, CREATED.into(), "accepted"),
            (200, CREATED.into(), "accepted"),
            (201, r#"{"sid":"SM1","status":"something_new"}"#.into(), "accepted"),
            (201, "".into(), "unknown"),
            (201, "<html>".into(), "unknown"),
            (201, r#"{"status":"queued"}"#.into(), "unknown"),
            (201, r#"{"sid":"../x","status":"queued"}"#.into(), "unknown"),
            (201, large, "unknown"),
            (429, refusal(20429), "again"),
            (429, "".into(), "again"),
            (400, refusal(20429), "again"),
            (400, refusal(21611), "again"),
            (400, refusal(21610), "opted out"),
            (400, refusal(21211), "refused"),
            (400, refusal(99999), "refused"),
            (400, "".into(), "refused"),
            (400, refusal(21408), "configuration"),
            (400, refusal(30034), "configuration"),
            (400, refusal(21659), "configuration"),
            (401, refusal(20003), "configuration"),
            (401, "".into(), "configuration"),
            (403, "".into(), "configuration"),
            (404, refusal(20404), "configuration"),
            (408, "".into(), "unknown"),
            (400, refusal(20500), "unknown"),
            (307, "".into(), "configuration"),
            (303, "".into(), "unknown"),
            (500, refusal(20500), "unknown"),
            (502, "<html>".into(), "unknown"),
            (503, refusal(20503), "unknown"),
            (500, refusal(20429), "unknown"),
        ];
        for (status, body, expected) in table {
            let server = RawServer::start(Reply::answer(status, &[], &body)).await;
            let outcome = server.client().send(&credentials(), &outgoing()).await;
            assert_eq!(word(&outcome), expected, "{status} {} -> {outcome:?}", &body[..body.len().min(80)]);
            assert_eq!(server.requests().len(), 1, "an attempt is one request: {status}");
        }
    }

    #[tokio::test]
    async fn what_an_acceptance_and_a_refusal_say() {
        let server = RawServer::start(Reply::answer(201, &[], CREATED)).await;
        assert_eq!(
            server.client().send(&credentials(), &outgoing()).await,
            SendOutcome::Accepted {
                provider_id: "SMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".into(),
                status: CarrierStatus::Queued
            }
        );
        let server = RawServer::start(Reply::answer(400, &[], &refusal(21610))).await;
        assert_eq!(
            server.client().send(&credentials(), &outgoing()).await,
            SendOutcome::Refused {
                code: Some(21610),
                message: "no".into(),
                opted_out: true,
                configuration: false
            }
        );
        let server = RawServer::start(Reply::answer(429, &[("Retry-After", "3")], &refusal(20429))).await;
        assert_eq!(
            server.client().send(&credentials(), &outgoing()).await,
            SendOutcome::NotProcessed { detail: "no".into(), retry_after_ms: Some(3_000) }
        );
    }

    #[tokio::test]
    async fn what_is_sent() {
        let server = RawServer::start(Reply::answer(201, &[], CREATED)).await;
        let message = Outgoing {
            from: "+15559870000".into(),
            to: "+15551230001".into(),
            body: "Grüße & mehr: 100 %".into(),
            status_callback: Some("https://desk.example.com/webhooks/twilio/status/1.a".into()),
            validity_period_s: Some(100_000),
        };
        server.client().send(&credentials(), &message).await;
        let request = server.requests().remove(0);
        let head = request.to_ascii_lowercase();
        assert!(request.starts_with("POST /2010-04-01/Accounts/AC1/Messages.json HTTP/1.1\r\n"), "{request}");
        assert!(head.contains("content-type: application/x-www-form-urlencoded"), "{request}");
        assert!(request.contains("Basic QUMxOnRva2Vu"), "{request}");
        assert!(
            request.ends_with(
                "To=%2B15551230001&From=%2B15559870000&Body=Gr%C3%BC%C3%9Fe+%26+mehr%3A+100+%25\
                 &StatusCallback=https%3A%2F%2Fdesk.example.com%2Fwebhooks%2Ftwilio%2Fstatus%2F1.a\
                 &ValidityPeriod=36000"
            ),
            "{request}"
        );
    }

    /// What happens on the way decides: before the first byte it is safe to send again, afterwards never.
    #[tokio::test]
    async fn no_answer() {
        let table = [
            (Reply::CloseAfterRequest, "unknown"),
            (Reply::ResetAfterRequest, "unknown"),
            (Reply::Hang, "unknown"),
            (Reply::Raw("HTTP/1.1 201 Created\r\ncontent-length: 500\r\n\r\n{\"sid\":"), "unknown"),
            (Reply::Raw("nonsense\r\n\r\n"), "unknown"),
            (Reply::Raw("HTTP/1.1 400 Bad Request\r\ncontent-length: 500\r\n\r\n{\"code\":"), "refused"),
        ];
        for (reply, expected) in table {
            let name = format!("{reply:?}");
            let server = RawServer::start(reply).await;
            let outcome = server.client().send(&credentials(), &outgoing()).await;
            assert_eq!(word(&outcome), expected, "{name}: {outcome:?}");
            assert_eq!(server.requests().len(), 1, "an attempt is one request: {name}");
        }
    }

    #[tokio::test]
    async fn no_connection_is_safe_to_repeat() {
        let closed = RawServer::closed_port().await;
        let plain_server = RawServer::start(Reply::CloseAfterRequest).await;
        let table = [
            ("nothing listens", format!("http://127.0.0.1:{closed}")),
            ("TLS fails", format!("https://127.0.0.1:{}", plain_server.port())),
        ];
        for (what, base) in table {
            let outcome = Client::new(&base).unwrap().send(&credentials(), &outgoing()).await;
            assert_eq!(word(&outcome), "again", "{what}: {outcome:?}");
        }
    }

    #[tokio::test]
    async fn details_hold_no_secrets_and_no_numbers() {
        let server = RawServer::start(Reply::CloseAfterRequest).await;
        let outcome = format!("{:?}", server.client().send(&credentials(), &outgoing()).await);
        for secret in ["token", "AC1", "1555"] {
            assert!(!outcome.contains(secret), "{outcome}");
        }
    }

    #[tokio::test]
    async fn a_broken_account_name_never_leaves_the_house() {
        let server = RawServer::start(Reply::answer(201, &[], CREATED)).await;
        let bad = Credentials { account_sid: "AC1/../../x".into(), auth_token: "t".into() };
        assert_eq!(word(&server.client().send(&bad, &outgoing()).await), "configuration");
        assert!(server.requests().is_empty());
    }
}
