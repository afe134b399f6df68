//! Reading what a carrier posts: the bytes that it signed, and the texts that they are meant to be.
//!
//! Guaranteed: whatever is posted can be read. A broken escape stands for itself, bytes that are no UTF-8 and
//! U+0000, which no database text can hold, become U+FFFD: a text that cannot be read in full must not be lost.
//! Of several values of a parameter the first in the signature's order counts, so that nobody chooses between
//! them by the order of a signed form (V15.3.7).

use std::borrow::Cow;

use domain::visible::shows_something;
use percent_encoding::percent_decode;
use sha2::{Digest, Sha256};

/// A parameter of a carrier's request without which it says nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct InvalidField {
    /// The carrier's name of the parameter, for example `MessageSid`.
    pub field: String,
    /// What is wrong with it, as a sentence.
    pub message: String,
}

/// The longest id that is kept as it is; Twilio's own have 34 characters.
const MAX_ID_CHARS: usize = 64;
/// The longest address; a number has 16 characters, an RCS or WhatsApp address a few dozen.
const MAX_ADDRESS_CHARS: usize = 100;

/// The parameters of one request, decoded to the bytes that are signed, each pair once, in the signature's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted(Vec<(Vec<u8>, Vec<u8>)>);

impl Posted {
    /// Reads a form (`application/x-www-form-urlencoded`).
    pub fn read(form: &[u8]) -> Self {
        let pairs = form.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
        Self::in_order(pairs.map(|pair| match pair.iter().position(|byte| *byte == b'=') {
            Some(at) => (decode(&pair[..at]), decode(&pair[at + 1..])),
            None => (decode(pair), Vec::new()),
        }))
    }

    fn in_order(pairs: impl Iterator<Item = (Vec<u8>, Vec<u8>)>) -> Self {
        let mut pairs: Vec<_> = pairs.collect();
        pairs.sort_unstable();
        pairs.dedup();
        Self(pairs)
    }

    /// The pairs as they were sent.
    pub(super) fn as_sent(&self) -> &[(Vec<u8>, Vec<u8>)] {
        &self.0
    }

    /// The pairs as a carrier has them that could not read its own words either; none if all of them are UTF-8.
    pub(super) fn as_read(&self) -> Option<Self> {
        let read = |bytes: &[u8]| match String::from_utf8_lossy(bytes) {
            Cow::Borrowed(_) => None,
            Cow::Owned(text) => Some(text.into_bytes()),
        };
        self.0.iter().any(|(name, value)| read(name).or(read(value)).is_some()).then(|| {
            let or_same = |bytes: &Vec<u8>| read(bytes).unwrap_or_else(|| bytes.clone());
            Self::in_order(self.0.iter().map(|(name, value)| (or_same(name), or_same(value))))
        })
    }

    /// The parameter's value, `None` if it is absent.
    pub fn get(&self, name: &str) -> Option<String> {
        let (_, value) = self.0.iter().find(|(key, _)| key == name.as_bytes())?;
        Some(String::from_utf8_lossy(value).replace('\0', "\u{fffd}"))
    }

    /// The first of these parameters that is there and not empty; otherwise the first name is missed.
    pub(super) fn required(&self, names: &[&str]) -> Result<String, InvalidField> {
        let mut values = names.iter().filter_map(|name| self.get(name));
        values.find(|value| !value.is_empty()).ok_or_else(|| missing(names[0]))
    }

    /// A required address as received: a number, a short code, an alphanumeric sender or a channel address. One that
    /// shows nothing is nobody's.
    pub(super) fn address(&self, name: &str) -> Result<String, InvalidField> {
        let address =
            self.get(name).filter(|address| shows_something(address)).ok_or_else(|| missing(name))?;
        Ok(on_one_line(&address).chars().take(MAX_ADDRESS_CHARS).collect())
    }

    /// An optional whole number; what is none counts as absent.
    pub(super) fn number(&self, name: &str) -> Option<u32> {
        self.get(name)?.trim().parse().ok()
    }
}

fn missing(name: &str) -> InvalidField {
    InvalidField { field: name.to_owned(), message: "It is missing or empty.".to_owned() }
}

impl From<&[(String, String)]> for Posted {
    fn from(pairs: &[(String, String)]) -> Self {
        Self::in_order(pairs.iter().map(|(name, value)| (name.clone().into(), value.clone().into())))
    }
}

/// A plus is a space, `%41` an A; a percent sign without two hexadecimal digits stands for itself.
fn decode(bytes: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = bytes.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    percent_decode(&spaced).collect()
}

/// The id by which a message of the carrier is known here: letters and digits, so that it can stand in an address
/// and in a log line. The carrier's own is taken as it is; whatever else it sends is told apart by its SHA-256.
pub(super) fn known_id(sid: &str) -> String {
    if (1..=MAX_ID_CHARS).contains(&sid.len()) && sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return sid.to_owned();
    }
    Sha256::digest(sid.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `text` without control characters, each replaced by U+FFFD: it cannot break a log line.
fn on_one_line(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

/// `text` without control characters and cut to `max_chars`, for words that the carrier chose and we show.
pub(super) fn shown(text: &str, max_chars: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(max_chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_posted_can_be_read() {
        // (form, what Body is)
        let table: [(&[u8], Option<&str>); 20] = [
            (b"", None),
            (b"Body", Some("")),
            (b"Body=", Some("")),
            (b"Body=Hi+there%21", Some("Hi there!")),
            (b"a=1&&Body=b=c&", Some("b=c")),
            (b"%42ody=x", Some("x")),
            (b"Body=%C3%A9%e2%82%ac", Some("é€")),
            (b"Body=I+will+contact+you+%ED%A0%BD", Some("I will contact you \u{fffd}\u{fffd}\u{fffd}")),
            (b"Body=%ED%A0%BD%ED%B8%80", Some("\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}")),
            (b"Body=caf%E9", Some("caf\u{fffd}")),
            (b"Body=%F0%9F%98", Some("\u{fffd}")),
            (b"Body=%C0%80", Some("\u{fffd}\u{fffd}")),
            (b"Body=%FF%FEH%00i%00", Some("\u{fffd}\u{fffd}H\u{fffd}i\u{fffd}")),
            (b"Body=100%", Some("100%")),
            (b"Body=100%25+%", Some("100% %")),
            (b"Body=%zz%4", Some("%zz%4")),
            (b"Body=%u20AC", Some("%u20AC")),
            (b"Body=\xff raw \x00", Some("\u{fffd} raw \u{fffd}")),
            (b"Body=b&Body=a", Some("a")),
            (b"Body=a&Body=b", Some("a")),
        ];
        for (form, body) in table {
            assert_eq!(Posted::read(form).get("Body").as_deref(), body, "{}", String::from_utf8_lossy(form));
        }
    }

    #[test]
    fn ids_are_letters_and_digits_and_stay_apart() {
        let long = "S".repeat(65);
        let odd = ["SM-1", "SM 1", "SM1\n", "SM1\0", "../SM1", "SMé", "\u{fffd}", &long, "SM_1", ""];
        let mut known: Vec<String> = odd.iter().map(|sid| known_id(sid)).collect();
        known.push(known_id("SM1"));
        assert_eq!(known.last().map(String::as_str), Some("SM1"));
        for id in &known {
            assert!((1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric()), "{id}");
        }
        known.sort();
        known.dedup();
        assert_eq!(known.len(), odd.len() + 1);
    }
}
