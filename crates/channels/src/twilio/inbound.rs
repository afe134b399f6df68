//! A customer's message as Twilio posts it to our webhook.
//!
//! Guaranteed: what comes out is bounded and complete; unknown parameters are ignored (Twilio adds some without
//! notice); the body is kept as received but for U+0000, which no database text can hold. Not guaranteed: that
//! the sender is a phone number, nor that the request is genuine: check the signature first.

pub use super::form::InvalidField as InvalidInbound;
use super::form::{Form, InvalidField};

/// The longest body that is stored. Twilio's own limit is 1,600 characters a message; other channels have more.
pub const MAX_BODY_CHARS: usize = 10_000;
/// The most media files that Twilio puts on one message.
pub const MAX_MEDIA: u32 = 10;
const MAX_URL_BYTES: usize = 2_000;
const MAX_CONTENT_TYPE_BYTES: usize = 200;
/// The error code that marks a message as machine-made. Twilio sets it on the resource; such a message normally
/// never reaches the webhook.
pub const MACHINE_MADE: u32 = 30039;

/// A message from a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbound {
    /// Twilio's `MessageSid`: the key by which a message is recognized when it comes again.
    pub provider_id: String,
    /// The account it belongs to.
    pub account_sid: String,
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

/// Reads the form that Twilio posts for a message.
pub fn parse(params: &[(String, String)]) -> Result<Inbound, InvalidInbound> {
    let form = Form(params);
    let provider_id = form.id("MessageSid")?;
    let account_sid = form.id("AccountSid")?;
    let from = form.address("From")?;
    let to = form.address("To")?;
    let media = media(&form)?;
    let body = match form.get("Body")? {
        Some(body) => body,
        None if !media.is_empty() => "",
        None => return Err(InvalidField::new("Body", "It is missing.")),
    };
    if body.chars().count() > MAX_BODY_CHARS {
        return Err(InvalidField::new("Body", format!("It has more than {MAX_BODY_CHARS} characters.")));
    }
    let opt_out = match form.get("OptOutType")? {
        Some("STOP") => Some(OptOutType::Stop),
        Some("START") => Some(OptOutType::Start),
        Some("HELP") => Some(OptOutType::Help),
        _ => None,
    };
    let automatic = form.get("ErrorCode")?.and_then(|code| code.parse().ok()) == Some(MACHINE_MADE);
    Ok(Inbound {
        provider_id,
        account_sid,
        from,
        to,
        body: body.replace('\0', "\u{fffd}"),
        media,
        opt_out,
        automatic,
    })
}

fn media(form: &Form<'_>) -> Result<Vec<Media>, InvalidField> {
    let count = form.number("NumMedia")?.unwrap_or(0);
    if count > MAX_MEDIA {
        return Err(InvalidField::new("NumMedia", format!("It must be at most {MAX_MEDIA}.")));
    }
    (0..count)
        .map(|index| {
            let url_name = format!("MediaUrl{index}");
            let type_name = format!("MediaContentType{index}");
            let url = form.required(&url_name)?;
            if url.len() > MAX_URL_BYTES {
                return Err(InvalidField::new(&url_name, format!("It has more than {MAX_URL_BYTES} bytes.")));
            }
            if !is_fetchable(url) {
                return Err(InvalidField::new(
                    &url_name,
                    "It must be an https address (plain http only on loopback).",
                ));
            }
            let content_type = form.get(&type_name)?.unwrap_or_default();
            if content_type.len() > MAX_CONTENT_TYPE_BYTES || content_type.chars().any(char::is_control) {
                return Err(InvalidField::new(&type_name, "It is not a content type."));
            }
            Ok(Media { url: url.to_owned(), content_type: content_type.to_owned() })
        })
        .collect()
}

fn is_fetchable(url: &str) -> bool {
    if url.chars().any(char::is_control) {
        return false;
    }
    reqwest::Url::parse(url).is_ok_and(|url| {
        url.host_str().is_some()
            && match url.scheme() {
                "https" => true,
                "http" => super::client::is_loopback(&url),
                _ => false,
            }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SID: &str = "SMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    type Changes<'a> = &'a [(&'a str, Option<&'a str>)];

    /// A good text with some parameters set, added or (with `None`) taken away.
    fn form(changes: Changes<'_>) -> Vec<(String, String)> {
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
        params
    }

    #[test]
    fn a_plain_text() {
        let inbound = parse(&form(&[])).unwrap();
        assert_eq!(
            inbound,
            Inbound {
                provider_id: SID.into(),
                account_sid: "ACbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb".into(),
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

    #[test]
    fn what_is_refused_names_the_parameter() {
        let long_id = "S".repeat(65);
        let long_address = "1".repeat(101);
        let long_body = "é".repeat(MAX_BODY_CHARS + 1);
        let table: &[(Changes<'_>, &str)] = &[
            (&[("MessageSid", None)], "MessageSid"),
            (&[("MessageSid", Some(""))], "MessageSid"),
            (&[("MessageSid", Some(&long_id))], "MessageSid"),
            (&[("MessageSid", Some("SM 1"))], "MessageSid"),
            (&[("AccountSid", None)], "AccountSid"),
            (&[("AccountSid", Some("../x"))], "AccountSid"),
            (&[("From", None)], "From"),
            (&[("From", Some("+1555\n1230001"))], "From"),
            (&[("From", Some(&long_address))], "From"),
            (&[("To", None)], "To"),
            (&[("Body", None)], "Body"),
            (&[("Body", Some(&long_body))], "Body"),
            (&[("NumMedia", Some("-1"))], "NumMedia"),
            (&[("NumMedia", Some("eleven"))], "NumMedia"),
            (&[("NumMedia", Some("11"))], "NumMedia"),
            (&[("NumMedia", Some("1"))], "MediaUrl0"),
            (&[("NumMedia", Some("1")), ("MediaUrl0", Some("http://example.com/a"))], "MediaUrl0"),
            (&[("NumMedia", Some("1")), ("MediaUrl0", Some("file:///etc/passwd"))], "MediaUrl0"),
            (&[("NumMedia", Some("1")), ("MediaUrl0", Some("javascript:alert(1)"))], "MediaUrl0"),
            (&[("NumMedia", Some("1")), ("MediaUrl0", Some("nonsense"))], "MediaUrl0"),
        ];
        for (changes, field) in table {
            let error = parse(&form(changes)).expect_err(field);
            assert_eq!(error.field, *field, "{changes:?}");
            assert!(error.message.ends_with('.'), "{error}");
        }
    }

    /// V15.3.7: parameter pollution. The same value twice is harmless and signs the same; two values are refused.
    #[test]
    fn repeated_parameters() {
        let mut same = form(&[]);
        same.push(("Body".into(), "Hello?".into()));
        assert!(parse(&same).is_ok());
        let mut different = form(&[]);
        different.push(("From".into(), "+15550000000".into()));
        assert_eq!(parse(&different).unwrap_err().field, "From");
    }
}
