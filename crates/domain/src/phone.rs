//! Phone numbers in E.164 syntax. Whether a number is assigned to anybody is never checked.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de};

/// A number such as `+15551230001`: a plus sign and 7 to 15 digits, the first of them not 0 (ITU-T E.164).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct PhoneNumber(String);

/// What was wrong with a text that should be a phone number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a phone number in E.164 form, such as +15551230001")]
pub struct InvalidPhoneNumber;

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

/// Any sender address as it may stand in a log: at most its last four characters can be read.
pub fn mask(address: &str) -> String {
    let count = address.chars().count();
    let shown = if count > 6 { 4 } else { 0 };
    address.chars().enumerate().map(|(i, c)| if i + shown >= count { c } else { '•' }).collect()
}

impl FromStr for PhoneNumber {
    type Err = InvalidPhoneNumber;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix('+').ok_or(InvalidPhoneNumber)?;
        let valid = (7..=15).contains(&digits.len())
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
        for (address, masked) in [("+15551230001", "••••••••0001"), ("72345", "•••••"), ("", "")]
        {
            assert_eq!(mask(address), masked);
        }
    }
}
