//! A customer's message as Twilio posts it to our webhook.
//!
//! Guaranteed: what comes out is bounded and complete; unknown parameters are ignored (Twilio adds some without
//! notice); the body is kept as received as far as it can be read (`form`) and is not overlong; nothing that is
//! missing or makes no sense keeps a text out, except an id, a sender and a number of ours. Not guaranteed: that
//! the sender is a phone number, nor that the request is genuine: check the signature first.

pub use super::form::InvalidField as InvalidInbound;
use super::form::{Posted, known_id, shown};

/// The longest body that is stored; what is longer is cut. Twilio's own limit is 1,600 characters a message; other channels have more.
pub const MAX_BODY_CHARS: usize = 10_000;
/// The most media files that Twilio puts on one message.
pub const MAX_MEDIA: u32 = 10;
const MAX_URL_CHARS: usize = 2_000;
const MAX_CONTENT_TYPE_CHARS: usize = 200;
/// The error code that marks a message as machine-made. Twilio sets it on the resource; such a message normally
/// never reaches the webhook.
pub const MACHINE_MADE: u32 = 30039;

/// A message from a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbound {
    /// Twilio's `MessageSid`, or what stands for an odd one: the key by which a message is recognized when it comes
    /// again.
    pub provider_id: String,
    /// Who sent it, as received: not necessarily a phone number.
    pub from: String,
    /// Our number, as received.
    pub to: String,
    /// The text, possibly empty.
    pub body: String,
    /// Attached files, in order.
    pub media: Vec<Media>,
    /// The keyword that Twilio's Advanced Opt-Out recognized, if it is on.
    pub opt_out: Option<OptOutType>,
    /// Whether the carrier marks the message as made by a machine; such a message gets no automatic reply (R1).
    pub automatic: bool,
}

/// A file attached to a message. It can only be fetched with the account's credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// Its address at the carrier.
    pub url: String,
    /// Its type as the carrier names it, for example `image/jpeg`; to be checked before it is believed.
    pub content_type: String,
}

/// Which kind of keyword Twilio's Advanced Opt-Out recognized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptOutType {
    /// The customer wants no more messages.
    Stop,
    /// The customer wants messages again.
    Start,
    /// The customer asks who this is.
    Help,
}

/// Reads the form that Twilio posts for a message. Only one without an id, a sender or a number of ours is none.
pub fn parse(posted: &Posted) -> Result<Inbound, InvalidInbound> {
    let provider_id = known_id(&posted.required(&["MessageSid", "SmsMessageSid", "SmsSid"])?);
    let from = posted.address("From")?;
    let to = posted.address("To")?;
    let opt_out = match posted.get("OptOutType").as_deref() {
        Some("STOP") => Some(OptOutType::Stop),
        Some("START") => Some(OptOutType::Start),
        Some("HELP") => Some(OptOutType::Help),
        _ => None,
    };
    Ok(Inbound {
        provider_id,
        from,
        to,
        body: cut(posted.get("Body").unwrap_or_default()),
        media: media(posted),
        opt_out,
        automatic: posted.number("ErrorCode") == Some(MACHINE_MADE),
    })
}

/// The text up to what is stored, with an ellipsis where something is missing.
fn cut(body: String) -> String {
    match body.char_indices().nth(MAX_BODY_CHARS) {
        Some(_) => body.chars().take(MAX_BODY_CHARS - 1).chain(['…']).collect(),
        None => body,
    }
}

/// The files that are named, whatever their number is said to be. An address that is not the carrier's is kept, so
/// that an operator sees that there was a file, but never fetched (`media`).
fn media(posted: &Posted) -> Vec<Media> {
    let files = (0..MAX_MEDIA).filter_map(|index| {
        let url = posted.get(&format!("MediaUrl{index}")).filter(|url| !url.is_empty())?;
        let content_type = posted.get(&format!("MediaContentType{index}")).unwrap_or_default();
        Some(Media {
            url: shown(&url, MAX_URL_CHARS),
            content_type: shown(&content_type, MAX_CONTENT_TYPE_CHARS),
        })
    });
    files.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SID: &str = "SMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    type Changes<'a> = &'a [(&'a str, Option<&'a str>)];

    /// A good text with some parameters set, added or (with `None`) taken away.
    fn form(changes: Changes<'_>) -> Posted {
        let mut params: Vec<(String, String)> = [
            ("ToCountry", "US"),
            ("SmsMessageSid", SID),
            ("NumMedia", "0"),
            ("SmsStatus", "received"),
            ("Body", "Hello?"),
            ("To", "+15559870000"),
            ("NumSegments", "1"),
            ("MessageSid", SID),
            ("AccountSid", "ACbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"),
            ("From", "+15551230001"),
            ("ApiVersion", "2010-04-01"),
        ]
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect();
        for (name, value) in changes {
            params.retain(|(key, _)| key != name);
            params.extend(value.map(|value| (name.to_string(), value.to_string())));
        }
        params.as_slice().into()
    }

    #[test]
    fn a_plain_text() {
        let inbound = parse(&form(&[])).unwrap();
        assert_eq!(
            inbound,
            Inbound {
                provider_id: SID.into(),
                from: "+15551230001".into(),
                to: "+15559870000".into(),
                body: "Hello?".into(),
                media: vec![],
                opt_out: None,
                automatic: false,
            }
        );
    }

    /// R15 and section 5: senders that cannot be answered still have to arrive, untouched.
    #[test]
    fn senders_and_bodies_are_kept_as_received() {
        let long = "x".repeat(MAX_BODY_CHARS);
        let table = [
            ("From", "72345", "72345"),
            ("From", "MyBank", "MyBank"),
            ("From", "whatsapp:+15551230001", "whatsapp:+15551230001"),
            ("Body", "", ""),
            ("Body", "  spaces stay \n", "  spaces stay \n"),
            ("Body", "a\0b", "a\u{fffd}b"),
            ("Body", "<script>alert(1)</script>", "<script>alert(1)</script>"),
            ("Body", &long, &long),
        ];
        for (name, given, kept) in table {
            let inbound = parse(&form(&[(name, Some(given))])).unwrap();
            let got = if name == "From" { &inbound.from } else { &inbound.body };
            assert_eq!(got, kept, "{name}={given:?}");
        }
    }

    #[test]
    fn media_are_read_in_order() {
        let inbound = parse(&form(&[
            ("Body", None),
            ("NumMedia", Some("2")),
            ("MediaUrl1", Some("http://127.0.0.1:8081/b")),
            ("MediaContentType1", Some("application/pdf")),
            ("MediaUrl0", Some("https://api.twilio.com/a")),
            ("MediaContentType0", Some("image/jpeg")),
        ]))
        .unwrap();
        assert_eq!(inbound.body, "");
        let expected =
            [("https://api.twilio.com/a", "image/jpeg"), ("http://127.0.0.1:8081/b", "application/pdf")];
        let got: Vec<_> = inbound.media.iter().map(|m| (m.url.as_str(), m.content_type.as_str())).collect();
        assert_eq!(got, expected);
    }

    #[test]
    fn marks_of_the_carrier() {
        let table: &[(&str, &str, Option<OptOutType>, bool)] = &[
            ("OptOutType", "STOP", Some(OptOutType::Stop), false),
            ("OptOutType", "START", Some(OptOutType::Start), false),
            ("OptOutType", "HELP", Some(OptOutType::Help), false),
            ("OptOutType", "SOMETHING", None, false),
            ("ErrorCode", "30039", None, true),
            ("ErrorCode", "11200", None, false),
            ("ErrorCode", "odd", None, false),
        ];
        for (name, value, opt_out, automatic) in table {
            let inbound = parse(&form(&[(name, Some(value))])).unwrap();
            assert_eq!((inbound.opt_out, inbound.automatic), (*opt_out, *automatic), "{name}={value}");
        }
    }

    /// Nothing that is missing, odd or too long keeps a text out.
    #[test]
    fn a_text_is_taken_in_whatever_is_the_matter_with_it() {
        let long_body = "é".repeat(MAX_BODY_CHARS + 1);
        let cut_body = "é".repeat(MAX_BODY_CHARS - 1) + "…";
        let table: &[(Changes<'_>, &str, usize)] = &[
            (&[("Body", None)], "", 0),
            (&[("Body", Some(&long_body))], &cut_body, 0),
            (&[("AccountSid", None)], "Hello?", 0),
            (&[("AccountSid", Some("../x"))], "Hello?", 0),
            (&[("NumMedia", None)], "Hello?", 0),
            (&[("NumMedia", Some("-1"))], "Hello?", 0),
            (&[("NumMedia", Some("eleven"))], "Hello?", 0),
            (&[("NumMedia", Some("1"))], "Hello?", 0),
            (&[("NumMedia", Some("x")), ("MediaUrl0", Some("https://a.example/1"))], "Hello?", 1),
            (&[("NumMedia", Some("2")), ("MediaUrl1", Some("javascript:alert(1)"))], "Hello?", 1),
            (&[("MediaUrl3", Some("http://a.example/1")), ("MediaUrl11", Some("x"))], "Hello?", 1),
            (&[("MessageSid", None)], "Hello?", 0),
            (&[("MessageSid", Some(""))], "Hello?", 0),
            (&[("OptOutType", Some("\u{fffd}")), ("ErrorCode", Some("30039x"))], "Hello?", 0),
        ];
        for (changes, body, files) in table {
            let inbound = parse(&form(changes)).unwrap();
            assert_eq!((inbound.body.as_str(), inbound.media.len()), (*body, *files), "{changes:?}");
            assert_eq!(inbound.provider_id, SID, "{changes:?}");
        }
    }

    #[test]
    fn senders_and_ids_stay_within_bounds() {
        let long_address = "1".repeat(101);
        let table = [
            ("+1555\n1230001", "+1555\u{fffd}1230001"),
            ("+1555\0", "+1555\u{fffd}"),
            (&long_address, &long_address[..100]),
        ];
        for (given, kept) in table {
            assert_eq!(parse(&form(&[("From", Some(given))])).unwrap().from, kept);
        }
        let odd = parse(&form(&[("MessageSid", Some("SM 1\n"))])).unwrap().provider_id;
        assert_eq!(odd, known_id("SM 1\n"));
    }

    #[test]
    fn what_says_nothing_is_refused_naming_the_parameter() {
        let table: &[(Changes<'_>, &str)] = &[
            (&[("MessageSid", None), ("SmsMessageSid", None)], "MessageSid"),
            (&[("MessageSid", Some("")), ("SmsMessageSid", Some(""))], "MessageSid"),
            (&[("From", None)], "From"),
            (&[("From", Some(""))], "From"),
            (&[("From", Some(" "))], "From"),
            (&[("From", Some("\u{200b}\u{a0}"))], "From"),
            (&[("To", None)], "To"),
        ];
        for (changes, field) in table {
            let error = parse(&form(changes)).expect_err(field);
            assert_eq!(error.field, *field, "{changes:?}");
            assert!(error.message.ends_with('.'), "{error}");
        }
    }
}
