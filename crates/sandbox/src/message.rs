//! A message as the carrier keeps it, and in Twilio's JSON.

use serde_json::{Value, json};

use crate::segment;
use crate::webhook::Handover;

/// A message.
#[derive(Debug, Clone)]
pub struct Message {
    pub sid: String,
    pub account_sid: String,
    pub direction: Direction,
    pub from: String,
    pub to: String,
    pub body: String,
    pub status: &'static str,
    pub error_code: Option<u32>,
    pub error_message: Option<&'static str>,
    /// The ids of pictures that a phone attached.
    pub media: Vec<String>,
    /// How many files a business attached; the sandbox does not fetch them.
    pub media_links: usize,
    pub created_ms: i64,
    pub updated_ms: i64,
    pub sent_ms: Option<i64>,
    /// How the business's webhook took it; for texts from phones.
    pub handover: Option<Handover>,
}

/// Which way a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Inbound,
    OutboundApi,
    OutboundReply,
}

impl Direction {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::OutboundApi => "outbound-api",
            Self::OutboundReply => "outbound-reply",
        }
    }
}

/// The type of the pictures that phones attach.
pub const PICTURE_TYPE: &str = "image/png";

impl Message {
    /// The phone's side of it, whichever end that is.
    pub fn phone(&self) -> &str {
        if self.direction == Direction::Inbound { &self.from } else { &self.to }
    }

    pub fn num_media(&self) -> usize {
        self.media.len() + self.media_links
    }

    /// The path of the resource, without its `.json`.
    pub fn path(&self) -> String {
        format!("/2010-04-01/Accounts/{}/Messages/{}", self.account_sid, self.sid)
    }

    pub fn json(&self) -> Value {
        json!({
            "sid": self.sid,
            "account_sid": self.account_sid,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": rfc2822(self.created_ms),
            "date_sent": self.sent_ms.map(rfc2822),
            "date_updated": rfc2822(self.updated_ms),
            "direction": self.direction.as_str(),
            "error_code": self.error_code,
            "error_message": self.error_message,
            "from": self.from,
            "messaging_service_sid": null,
            "num_media": self.num_media().to_string(),
            "num_segments": segment::count(&self.body).to_string(),
            "price": null,
            "price_unit": "USD",
            "status": self.status,
            "subresource_uris": { "media": format!("{}/Media.json", self.path()) },
            "tags": null,
            "to": self.to,
            "uri": format!("{}.json", self.path()),
        })
    }
}

/// A time as the carrier's API writes it.
pub fn rfc2822(ms: i64) -> String {
    written(ms, "%a, %d %b %Y %H:%M:%S +0000")
}

/// A time in any form, in UTC; one that does not exist is shown as the beginning of time.
pub fn written(ms: i64, form: &str) -> String {
    jiff::Timestamp::from_millisecond(ms).unwrap_or_default().strftime(form).to_string()
}

#[cfg(test)]
mod tests {
    #[test]
    fn dates_are_rfc_2822() {
        assert_eq!(super::rfc2822(1_795_369_085_123), "Sun, 22 Nov 2026 17:38:05 +0000");
        assert_eq!(super::rfc2822(0), "Thu, 01 Jan 1970 00:00:00 +0000");
    }
}
