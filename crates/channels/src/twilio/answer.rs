//! What Twilio answers when it does not do what it was asked, read leniently: numbers may be text.

use domain::phone::mask_within;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde::{Deserialize, Deserializer};

use super::form::shown;

const MAX_MESSAGE_CHARS: usize = 500;
/// A pause longer than this is not believed: a header must not be able to stop sending for days.
const MAX_RETRY_AFTER_S: u64 = 3_600;

/// A refusal: `{code, message, more_info, status}`, or an RFC 9457 problem from newer services.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Refusal {
    pub code: Option<u32>,
    pub message: String,
}

impl Refusal {
    /// Reads a refusal; an unreadable one keeps what the HTTP status says. The carrier likes to repeat the number
    /// that it refuses; its words stand in logs, so the number does not stay in them.
    pub fn read(http_status: u16, body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Wire {
            #[serde(default, deserialize_with = "lenient_number")]
            code: Option<u32>,
            message: Option<String>,
            detail: Option<String>,
            title: Option<String>,
        }
        let wire: Option<Wire> = serde_json::from_slice(body).ok();
        let code = wire.as_ref().and_then(|wire| wire.code);
        let message = wire
            .and_then(|wire| wire.message.or(wire.detail).or(wire.title))
            .map(|message| mask_within(&shown(&message, MAX_MESSAGE_CHARS)))
            .filter(|message| !message.is_empty())
            .unwrap_or_else(|| format!("The carrier answered with HTTP status {http_status}."));
        Self { code, message }
    }
}

/// How long the carrier asks us to wait, in milliseconds.
pub(super) fn retry_after_ms(headers: &HeaderMap) -> Option<u64> {
    let seconds: u64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(seconds.min(MAX_RETRY_AFTER_S) * 1_000)
}

/// A number that may be written as text; anything else is absent rather than an error.
fn lenient_number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    let value = Option::<serde_json::Value>::deserialize(from)?;
    Ok(value.and_then(|value| match value {
        serde_json::Value::Number(number) => number.as_u64().and_then(|number| u32::try_from(number).ok()),
        serde_json::Value::String(text) => text.parse().ok(),
        _ => None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_in_every_shape() {
        // (status, body, code, message)
        let table: &[(u16, &str, Option<u32>, &str)] = &[
            (
                400,
                r#"{"code":21211,"message":"Bad number","more_info":"x","status":400}"#,
                Some(21211),
                "Bad number",
            ),
            (400, r#"{"code":"21211","message":"Bad number"}"#, Some(21211), "Bad number"),
            (
                400,
                r#"{"type":"t","title":"Bad Request","detail":"Bad number","status":400}"#,
                None,
                "Bad number",
            ),
            (400, r#"{"title":"Bad Request"}"#, None, "Bad Request"),
            (400, r#"{"message":"Invalid 'To': +15551230001"}"#, None, "Invalid 'To': +•••••••0001"),
            (400, r#"{"code":null,"message":"a\nb"}"#, None, "ab"),
            (403, "<html>", None, "The carrier answered with HTTP status 403."),
            (404, "", None, "The carrier answered with HTTP status 404."),
            (400, "[1]", None, "The carrier answered with HTTP status 400."),
        ];
        for (status, body, code, message) in table {
            let expected = Refusal { code: *code, message: (*message).into() };
            assert_eq!(Refusal::read(*status, body.as_bytes()), expected, "{body}");
        }
        let long = format!(r#"{{"message":"{}"}}"#, "x".repeat(5_000));
        assert_eq!(Refusal::read(400, long.as_bytes()).message.len(), MAX_MESSAGE_CHARS);
    }

    #[test]
    fn retry_after() {
        let table = [
            (Some("2"), Some(2_000)),
            (Some(" 0 "), Some(0)),
            (Some("999999999"), Some(3_600_000)),
            (Some("Wed, 21 Oct 2026 07:28:00 GMT"), None),
            (Some("-1"), None),
            (None, None),
        ];
        for (header, expected) in table {
            let mut headers = HeaderMap::new();
            if let Some(value) = header {
                headers.insert(RETRY_AFTER, value.parse().unwrap());
            }
            assert_eq!(retry_after_ms(&headers), expected, "{header:?}");
        }
    }
}
