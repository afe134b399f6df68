//! What Twilio reports about a message that we sent.
//!
//! Reports may be missing, doubled or out of order: whether one counts is for [`DeliveryStatus::may_become`] to say.
//! Not guaranteed: that a report is genuine: check the signature first.

use domain::delivery::DeliveryStatus;

use super::form::{Posted, known_id, shown};

const MAX_MESSAGE_CHARS: usize = 500;

/// One report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusUpdate {
    /// Twilio's `MessageSid`, if it names one.
    pub provider_id: Option<String>,
    /// How far the message has come.
    pub status: CarrierStatus,
    /// Why it failed, as a number for [`super::error_code::explain`].
    pub error_code: Option<u32>,
    /// Why it failed in the carrier's words.
    pub error_message: Option<String>,
}

/// Every status that Twilio gives a message, with its wire names in [`CarrierStatus::as_str`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CarrierStatus {
    /// Taken for a messaging service that has yet to choose a sender.
    Accepted,
    /// To be sent at a later time.
    Scheduled,
    /// Waiting in the sender's queue.
    Queued,
    /// Being handed to the next carrier.
    Sending,
    /// Handed to the next carrier.
    Sent,
    /// Confirmed on the handset, or as near to it as the carrier knows.
    Delivered,
    /// The next carrier reported that it did not arrive.
    Undelivered,
    /// It could not be sent.
    Failed,
    /// Called off before it was sent.
    Canceled,
    /// Arrived at some of several recipients.
    PartiallyDelivered,
    /// Opened by the recipient, on channels that tell.
    Read,
    /// An inbound message on its way to us.
    Receiving,
    /// An inbound message.
    Received,
}

impl CarrierStatus {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Receiving,
        Self::Accepted,
        Self::Scheduled,
        Self::Queued,
        Self::Sending,
        Self::Sent,
        Self::Canceled,
        Self::Failed,
        Self::Undelivered,
        Self::PartiallyDelivered,
        Self::Received,
        Self::Delivered,
        Self::Read,
    ];

    /// Twilio's word for it; `None` if the word is not one of Twilio's.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Twilio's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Scheduled => "scheduled",
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Undelivered => "undelivered",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::PartiallyDelivered => "partially_delivered",
            Self::Read => "read",
            Self::Receiving => "receiving",
            Self::Received => "received",
        }
    }

    /// What it means for a message in our own terms. A message that the carrier called off is `failed`:
    /// `cancelled` is our own decision alone (R19) and would free the absence for another reply.
    pub fn delivery_status(self) -> DeliveryStatus {
        match self {
            Self::Accepted
            | Self::Scheduled
            | Self::Queued
            | Self::Sending
            | Self::Sent
            | Self::Receiving => DeliveryStatus::Sent,
            Self::Delivered | Self::Read | Self::PartiallyDelivered | Self::Received => {
                DeliveryStatus::Delivered
            }
            Self::Undelivered | Self::Failed | Self::Canceled => DeliveryStatus::Failed,
        }
    }
}

/// Reads the form that Twilio posts to a status callback address. Nothing in it is refused: the address says which
/// message it is about, and a status that is new to us says at least that the carrier has it.
pub fn parse(posted: &Posted) -> StatusUpdate {
    let sid = posted.required(&["MessageSid", "SmsSid"]).ok();
    let status = posted.required(&["MessageStatus", "SmsStatus"]).unwrap_or_default();
    let error_message = posted.get("ErrorMessage").map(|message| shown(&message, MAX_MESSAGE_CHARS));
    StatusUpdate {
        provider_id: sid.as_deref().map(known_id),
        status: CarrierStatus::from_name(status.trim().to_ascii_lowercase().as_str())
            .unwrap_or(CarrierStatus::Accepted),
        error_code: posted.number("ErrorCode").filter(|code| *code != 0),
        error_message: error_message.filter(|message| !message.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pairs: &[(&str, &str)]) -> Posted {
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        pairs.as_slice().into()
    }

    #[test]
    fn every_status_is_read() {
        for status in CarrierStatus::ALL {
            let update = parse(&form(&[("MessageSid", "SM1"), ("MessageStatus", status.as_str())]));
            assert_eq!(update.status, status);
            assert_eq!((update.error_code, update.error_message), (None, None));
        }
    }

    #[test]
    fn errors_are_read() {
        // (ErrorCode, ErrorMessage, code, message)
        let table: &[(&str, &str, Option<u32>, Option<&str>)] = &[
            ("30003", "Unreachable handset", Some(30003), Some("Unreachable handset")),
            ("", "", None, None),
            ("0", "", None, None),
            ("30008", "two\nlines", Some(30008), Some("twolines")),
        ];
        for (code, message, expected_code, expected_message) in table {
            let update = parse(&form(&[
                ("MessageSid", "SM1"),
                ("MessageStatus", "undelivered"),
                ("ErrorCode", code),
                ("ErrorMessage", message),
            ]));
            assert_eq!(update.error_code, *expected_code, "{code}");
            assert_eq!(update.error_message.as_deref(), *expected_message, "{message}");
        }
    }

    /// Whatever a report says, it is read: it is about the message whose address it came to.
    #[test]
    fn no_report_is_refused() {
        use CarrierStatus::*;
        let odd = known_id("SM 1");
        type Expected<'a> = (Option<&'a str>, CarrierStatus, Option<u32>);
        let table: [(&[u8], Expected<'_>); 10] = [
            (b"", (None, Accepted, None)),
            (b"MessageStatus=sent", (None, Sent, None)),
            (b"MessageSid=SM1", (Some("SM1"), Accepted, None)),
            (b"SmsSid=SM1&SmsStatus=delivered", (Some("SM1"), Delivered, None)),
            (b"MessageSid=SM+1&MessageStatus=Delivered+", (Some(&odd), Delivered, None)),
            (b"MessageSid=SM1&MessageStatus=gone", (Some("SM1"), Accepted, None)),
            (b"MessageSid=SM1&MessageStatus=%ED%A0%BD", (Some("SM1"), Accepted, None)),
            (b"MessageSid=SM1&MessageStatus=failed&ErrorCode=x", (Some("SM1"), Failed, None)),
            (b"MessageSid=SM1&MessageStatus=failed&ErrorCode=99999999999", (Some("SM1"), Failed, None)),
            (
                b"MessageSid=SM1&MessageStatus=failed&ErrorCode=+21610&ErrorMessage=%FF",
                (Some("SM1"), Failed, Some(21610)),
            ),
        ];
        for (form, (sid, status, error_code)) in table {
            let update = parse(&Posted::read(form));
            let got = (update.provider_id.as_deref(), update.status, update.error_code);
            assert_eq!(got, (sid, status, error_code), "{}", String::from_utf8_lossy(form));
        }
    }

    #[test]
    fn meaning_in_our_own_terms() {
        use CarrierStatus::*;
        let table: &[(DeliveryStatus, &[CarrierStatus])] = &[
            (DeliveryStatus::Sent, &[Accepted, Scheduled, Queued, Sending, Sent, Receiving]),
            (DeliveryStatus::Delivered, &[Delivered, Read, PartiallyDelivered, Received]),
            (DeliveryStatus::Failed, &[Undelivered, Failed, Canceled]),
        ];
        for (meaning, statuses) in table {
            for status in *statuses {
                assert_eq!(status.delivery_status(), *meaning, "{status:?}");
            }
        }
        assert_eq!(table.iter().map(|(_, statuses)| statuses.len()).sum::<usize>(), CarrierStatus::ALL.len());
    }
}
