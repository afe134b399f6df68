//! Phone numbers in E.164 syntax, as they are stored and as carriers give them; [`read`] reads what people write.
//! Whether a number is assigned to anybody is never checked.

mod reading;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de};

pub(crate) use reading::plain;
pub use reading::{UnreadableNumber, WrittenNumber, display, read};

/// A number such as `+15551230001`: a plus sign and 7 to 15 digits, the first of them not 0 (ITU-T E.164).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct PhoneNumber(String);

/// What was wrong with a text that should be a phone number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a phone number in E.164 form, such as +15551230001")]
pub struct InvalidPhoneNumber;

/// The fewest digits of a number.
const MIN_DIGITS: usize = 7;

impl PhoneNumber {
    /// The number as text, with its plus sign.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number as it may stand in a log: only its last four digits can be read.
    pub fn masked(&self) -> String {
        mask(&self.0)
    }
}

/// The most characters of a masked address: no number is longer, and whoever makes one up does not fill the log.
const MAX_MASKED_CHARS: usize = 16;

/// Any sender address as it may stand in a log: at most its last four characters can be read, and none of them
/// breaks a line.
pub fn mask(address: &str) -> String {
    let count = address.chars().count();
    let shown = if count > 6 { 4 } else { 0 };
    let masked = |(i, c): (usize, char)| if i + shown >= count && !c.is_control() { c } else { '•' };
    address.chars().enumerate().skip(count.saturating_sub(MAX_MASKED_CHARS)).map(masked).collect()
}

/// A text in which somebody may have put phone numbers, as it may stand in a log: long runs of digits are masked.
pub fn mask_within(text: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from_digits) = rest.split_at(start);
        let end = from_digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(from_digits.len());
        let (digits, after) = from_digits.split_at(end);
        masked.push_str(before);
        masked.push_str(&if digits.len() < MIN_DIGITS { digits.to_owned() } else { mask(digits) });
        rest = after;
    }
    masked + rest
}

impl FromStr for PhoneNumber {
    type Err = InvalidPhoneNumber;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix('+').ok_or(InvalidPhoneNumber)?;
        let valid = (MIN_DIGITS..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0');
        if valid { Ok(Self(text.to_owned())) } else { Err(InvalidPhoneNumber) }
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PhoneNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_e_164_syntax_is_a_phone_number() {
        for right in ["+15551230001", "+4915112345678", "+1234567", "+123456789012345"] {
            assert_eq!(right.parse::<PhoneNumber>().unwrap().as_str(), right);
        }
        for wrong in [
            "",
            "+",
            "15551230001",
            "+05551230001",
            "+123456",
            "+1234567890123456",
            "+1555 123",
            "ACME",
            "72345",
        ] {
            assert_eq!(wrong.parse::<PhoneNumber>(), Err(InvalidPhoneNumber), "{wrong}");
        }
    }

    #[test]
    fn logs_show_only_the_last_digits() {
        let table = [
            ("+15551230001", "••••••••0001"),
            ("72345", "•••••"),
            ("", ""),
            ("whatsapp:+15551230001", "••••••••••••0001"),
            ("+15551230001\nERR", "•••••••••••••ERR"),
        ];
        for (address, masked) in table {
            assert_eq!(mask(address), masked);
        }
        assert_eq!(mask(&"1".repeat(100_000)).chars().count(), MAX_MASKED_CHARS, "no request fills the log");
    }

    #[test]
    fn v16_2_5_numbers_inside_a_text_are_masked() {
        let table = [
            ("", ""),
            ("Queue 12 of 345678 is full.", "Queue 12 of 345678 is full."),
            ("The 'To' number +15551230001 is not valid", "The 'To' number +•••••••0001 is not valid"),
            ("1234567 and 15551230001", "•••4567 and •••••••0001"),
            ("é15551230001é", "é•••••••0001é"),
        ];
        for (text, masked) in table {
            assert_eq!(mask_within(text), masked);
        }
    }
}
