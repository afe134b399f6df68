//! Reading a number as a person writes or pastes it: with separators, with digits of any script, with what word
//! processors and address books leave around it, and without the country code.
//!
//! Guaranteed: nothing that could mean something is dropped: a letter or an unknown sign is refused by name.

use std::str::FromStr;

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};
use rlibphonenumber::{NumberLengthType, PHONE_NUMBER_UTIL, ParseError, PhoneNumberFormat, ValidationError};

use super::PhoneNumber;
use crate::country::Country;

/// Why a text could not be read as a number, and what to do about it. Reads after the field's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableNumber {
    /// There is no digit in it.
    #[error("is not a phone number. Write one such as {EXAMPLE}")]
    NoDigits,
    /// A letter or a sign that no number has.
    #[error("must not contain \"{0}\". Write digits only, for example {EXAMPLE}")]
    Foreign(char),
    /// It has no country code, and the organization's country is not known.
    #[error("does not say its country. Add the country code, for example {EXAMPLE}")]
    NoCountry,
    /// It is no number of the organization's country.
    #[error(
        "is not a complete number of the organization's country ({0}). Add the country code, for example {EXAMPLE}"
    )]
    NotOfCountry(Country),
    /// What follows the plus sign is nobody's country code.
    #[error("does not begin with a country code. Add the country code, for example {EXAMPLE}")]
    UnknownCountryCode,
    /// Fewer digits than a number with this country code has.
    #[error("has too few digits for its country code. Write the whole number, for example {EXAMPLE}")]
    TooShort,
    /// More digits than a number with this country code has.
    #[error("has too many digits for its country code. Write one number, for example {EXAMPLE}")]
    TooLong,
}

/// A number as people write it; it is reserved for fiction.
const EXAMPLE: &str = "+1 206 555 0117";

/// A text in which nothing stands but a number: what can be told of it before its country is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenNumber(String);

impl WrittenNumber {
    /// The text as it was written, for [`read`].
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for WrittenNumber {
    type Err = UnreadableNumber;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        plain(text).map(|_| Self(text.to_owned()))
    }
}

/// Reads a number as a person writes it: with a country code after `+` or `00`, otherwise as a number of `country`.
/// Whether it is in use is not asked, only whether it has as many digits as numbers there have.
pub fn read(text: &str, country: Option<Country>) -> Result<PhoneNumber, UnreadableNumber> {
    let plain = plain(text)?;
    if let Some(digits) = plain.strip_prefix('+') {
        return international(digits);
    }
    let national = country.and_then(|country| possible(&plain, Some(country)).ok());
    if let Some(number) = national {
        return Ok(number);
    }
    // In most countries 00 leads abroad, and people write it also where it does not.
    if let Some(digits) = plain.strip_prefix("00").filter(|digits| !digits.starts_with('0')) {
        return international(digits);
    }
    Err(country.map_or(UnreadableNumber::NoCountry, UnreadableNumber::NotOfCountry))
}

/// The digits of a text in which nothing stands but a number, with the plus sign in front of them if it is there.
pub(crate) fn plain(text: &str) -> Result<String, UnreadableNumber> {
    let mut plain = String::new();
    for sign in without_scheme(text).chars() {
        match meaning(sign) {
            Meaning::Digit(digit) => plain.push(digit),
            Meaning::Plus if plain.is_empty() => plain.push('+'),
            Meaning::Separator => {}
            Meaning::Plus | Meaning::Foreign => return Err(UnreadableNumber::Foreign(sign)),
        }
    }
    if plain.ends_with(|c: char| c.is_ascii_digit()) { Ok(plain) } else { Err(UnreadableNumber::NoDigits) }
}

/// A text without what makes a link of it: what is copied from a page may be one.
fn without_scheme(text: &str) -> &str {
    let start = text.trim_start_matches(|sign| matches!(meaning(sign), Meaning::Separator));
    let scheme =
        start.get(..4).filter(|scheme| ["tel:", "sms:"].iter().any(|s| scheme.eq_ignore_ascii_case(s)));
    scheme.map_or(text, |scheme| &start[scheme.len()..])
}

/// What a character is in a number.
enum Meaning {
    /// A digit of any script, as one of `0` to `9`.
    Digit(char),
    Plus,
    /// Spaces, dashes, brackets, dots, slashes, quotes and what cannot be seen.
    Separator,
    Foreign,
}

fn meaning(sign: char) -> Meaning {
    use GeneralCategory as G;
    match CodePointMapData::<GeneralCategory>::new().get(sign) {
        G::DecimalNumber => {
            let digit = PHONE_NUMBER_UTIL.normalize_digits_only(sign.encode_utf8(&mut [0; 4]));
            digit.chars().next().map_or(Meaning::Foreign, Meaning::Digit)
        }
        G::SpaceSeparator | G::LineSeparator | G::ParagraphSeparator | G::Control | G::Format => {
            Meaning::Separator
        }
        G::DashPunctuation | G::OpenPunctuation | G::ClosePunctuation => Meaning::Separator,
        G::InitialPunctuation | G::FinalPunctuation => Meaning::Separator,
        // What changes how the sign before it looks, such as a variation selector.
        G::NonspacingMark | G::EnclosingMark => Meaning::Separator,
        _ => match sign {
            '+' | '＋' | '﹢' | '⁺' => Meaning::Plus,
            // Dots and slashes.
            '.' | '·' | '․' | '‧' | '•' | '∙' | '⋅' | '・' | '･' | '。' | '．' | '／' | '/' | '⁄' | '∕'
            | '\\' | '＼' => Meaning::Separator,
            // Dashes that Unicode counts among other signs.
            '−' | '➖' | '⁃' | '~' | '～' | '∼' | 'ー' | '─' | '_' | '|' | '\'' | '"' => {
                Meaning::Separator
            }
            // Brackets that Unicode counts among the signs of mathematics.
            '<' | '>' | '＜' | '＞' => Meaning::Separator,
            // A blank, and what stands for a picture that was copied along.
            '\u{2800}' | '\u{fffc}' => Meaning::Separator,
            _ if CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(sign) => Meaning::Separator,
            _ => Meaning::Foreign,
        },
    }
}

/// Reads digits that begin with a country code.
fn international(digits: &str) -> Result<PhoneNumber, UnreadableNumber> {
    possible(&format!("+{digits}"), None).map_err(|error| match error {
        Some(ValidationError::TooShort) => UnreadableNumber::TooShort,
        Some(ValidationError::TooLong) => UnreadableNumber::TooLong,
        Some(ValidationError::InvalidCountryCode) => UnreadableNumber::UnknownCountryCode,
        // No number at all, between two lengths that the country has, or without the area code.
        Some(_) | None => UnreadableNumber::TooShort,
    })
}

/// The number if it has a length that numbers of its country have. No error says that it is no number at all.
fn possible(plain: &str, country: Option<Country>) -> Result<PhoneNumber, Option<ValidationError>> {
    let util = &PHONE_NUMBER_UTIL;
    let parsed = util.parse(plain, country.map(|country| country.region())).map_err(|error| match error {
        ParseError::TooShortNsn | ParseError::TooShortAfterIdd => Some(ValidationError::TooShort),
        ParseError::TooLongNsn => Some(ValidationError::TooLong),
        ParseError::InvalidCountryCode => Some(ValidationError::InvalidCountryCode),
        ParseError::NotANumber(_) => None,
    })?;
    match util.is_possible_number_with_reason(&parsed).map_err(Some)? {
        NumberLengthType::IsPossible => {
            util.format(&parsed, PhoneNumberFormat::E164).parse().map_err(|_| Some(ValidationError::TooShort))
        }
        NumberLengthType::IsPossibleLocalOnly => Err(Some(ValidationError::TooShort)),
    }
}

/// An address as people read it: `+1 206 555 2029`; one that is no phone number as it is.
pub fn display(address: &str) -> String {
    let parsed = address.parse::<PhoneNumber>().ok().and_then(|number| {
        let parsed = PHONE_NUMBER_UTIL.parse(number.as_str(), None).ok()?;
        Some(PHONE_NUMBER_UTIL.format(&parsed, PhoneNumberFormat::International).into_owned())
    });
    // The same signs between the groups wherever the number is from.
    parsed.map_or_else(|| address.to_owned(), |shown| shown.replace(['-', '/', '.'], " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(text: &str, country: &str) -> Result<String, UnreadableNumber> {
        read(text, country.parse().ok()).map(|number| number.to_string())
    }

    #[test]
    fn a_number_is_read_however_it_is_written() {
        let table = [
            // As it is stored.
            ("+15551230001", "", "+15551230001"),
            ("+4915112345678", "US", "+4915112345678"),
            // Separators of every kind.
            ("+1 555-302-0005", "", "+15553020005"),
            ("+1 (555) 302.0005", "", "+15553020005"),
            ("+1/555/302/0005", "", "+15553020005"),
            ("+1\u{2011}555\u{2011}302\u{2011}0005", "", "+15553020005"),
            ("+1\u{2013}555\u{2014}302\u{2212}0005", "", "+15553020005"),
            ("\t+1\u{a0}555\u{202f}302\u{2009}0005\r\n", "", "+15553020005"),
            ("+1\u{3000}（555）302－0005", "", "+15553020005"),
            ("[+1] {555} 302·0005", "", "+15553020005"),
            ("“+1 555 302 0005”", "", "+15553020005"),
            // What cannot be seen.
            ("\u{202d}+15553020005\u{202c}", "", "+15553020005"),
            ("\u{2068}+1555\u{200b}302\u{feff}0005\u{2069}", "", "+15553020005"),
            ("\u{200e}+1555\u{ad}302\u{2060}0005", "", "+15553020005"),
            // Digits and plus signs of other scripts.
            ("＋１５５５３０２０００５", "", "+15553020005"),
            ("+٢٠١٠١٢٣٤٥٦٧٨", "", "+201012345678"),
            ("०९८७६५४३२१०", "IN", "+919876543210"),
            ("𝟐𝟎𝟔𝟓𝟓𝟓𝟎𝟏𝟏𝟕", "US", "+12065550117"),
            ("2\u{fe0f}\u{20e3}06 555 0117", "US", "+12065550117"),
            // National numbers.
            ("206 555 0117", "US", "+12065550117"),
            ("(206) 555-0117", "US", "+12065550117"),
            ("1 206 555 0117", "US", "+12065550117"),
            ("12065550117", "US", "+12065550117"),
            ("206\u{2011}555\u{2011}0117", "US", "+12065550117"),
            ("020 7946 0123", "GB", "+442079460123"),
            ("(0151) 23 45 67 89", "DE", "+4915123456789"),
            ("06 12 34 56 78", "FR", "+33612345678"),
            ("02 1234 5678", "IT", "+390212345678"),
            ("8 (912) 345-67-89", "RU", "+79123456789"),
            ("11 98765-4321", "BR", "+5511987654321"),
            ("0532 123 45 67", "TR", "+905321234567"),
            ("694 123 4567", "GR", "+306941234567"),
            // With the way abroad in front, the country's own or 00.
            ("011 44 20 7946 0123", "US", "+442079460123"),
            ("00 44 20 7946 0123", "DE", "+442079460123"),
            ("0044 20 7946 0123", "US", "+442079460123"),
            ("0044 20 7946 0123", "", "+442079460123"),
            // Brackets, links and what else is copied along.
            ("<+1 206 555 0117>", "", "+12065550117"),
            ("(+1) ❨206❩ 555➖0117", "", "+12065550117"),
            ("tel:+1-206-555-0117", "", "+12065550117"),
            ("\u{2068}TEL: (206) 555-0117\u{2069}", "US", "+12065550117"),
            ("sms:+12065550117", "", "+12065550117"),
            ("+1 206 555 0117\u{fffc}\u{fff9}.", "", "+12065550117"),
            ("\u{2067}+972\u{202a} 50\u{2011}1234567\u{202c}\u{2069}", "", "+972501234567"),
            ("۰۹۱۲۳۴۵۶۷۸۹", "IR", "+989123456789"),
            ("٠١٠١٢٣٤٥٦٧٨", "EG", "+201012345678"),
            ("⁺1⁄206⁄555⁄0117", "", "+12065550117"),
            // A zero that is only dialled at home.
            ("0049 (0) 151 23456789", "DE", "+4915123456789"),
            ("+49 0151 23456789", "DE", "+4915123456789"),
            ("+39 (0)2 1234 5678", "", "+390212345678"),
            ("(0044) 20 7946 0123", "GB", "+442079460123"),
            ("+49 (0)151 23456789", "US", "+4915123456789"),
            ("+44 (0) 20 7946 0123", "", "+442079460123"),
        ];
        for (text, country, number) in table {
            assert_eq!(reads(text, country).as_deref(), Ok(number), "{text:?} in {country:?}");
        }
    }

    #[test]
    fn what_is_not_a_number_is_refused_with_what_to_do() {
        use UnreadableNumber as U;
        let us: Country = "US".parse().unwrap();
        let table = [
            ("", "US", U::NoDigits),
            (" \u{200b} ", "US", U::NoDigits),
            ("+", "US", U::NoDigits),
            ("()-.", "US", U::NoDigits),
            // Letters and signs are not silently dropped.
            ("1-800-FLOWERS", "US", U::Foreign('F')),
            ("206 555 0117 ext 5", "US", U::Foreign('e')),
            ("206 555 0117x5", "US", U::Foreign('x')),
            ("+1 206 555 O117", "US", U::Foreign('O')),
            ("206 555 0117, 206 555 0118", "US", U::Foreign(',')),
            ("+1+2065550117", "US", U::Foreign('+')),
            ("*67 206 555 0117", "US", U::Foreign('*')),
            ("206 555 0117#", "US", U::Foreign('#')),
            ("206 555 01②7", "US", U::Foreign('②')),
            ("電話 206 555 0117", "US", U::Foreign('電')),
            ("whatsapp:+12065550117", "US", U::Foreign('w')),
            ("tel:", "US", U::NoDigits),
            ("tel:+12065550117;ext=5", "US", U::Foreign(';')),
            ("tel:tel:+12065550117", "US", U::Foreign('t')),
            ("¹206 555 0117", "US", U::Foreign('¹')),
            ("☎ 206 555 0117", "US", U::Foreign('☎')),
            // Without its country.
            ("206 555 0117", "", U::NoCountry),
            ("555 0117", "US", U::NotOfCountry(us)),
            ("72345", "US", U::NotOfCountry(us)),
            ("911", "US", U::NotOfCountry(us)),
            ("4420 7946 0123 99", "US", U::NotOfCountry(us)),
            // With a country code that is none, or digits too few or too many.
            ("+0 206 555 0117", "US", U::UnknownCountryCode),
            ("+999 206 555 0117", "US", U::UnknownCountryCode),
            ("+1 206 555 011", "US", U::TooShort),
            ("+49", "DE", U::TooShort),
            ("+1 206 555 01177", "US", U::TooLong),
            ("+1 206 555 0117 0117 0117 0117", "US", U::TooLong),
        ];
        for (text, country, error) in table {
            assert_eq!(reads(text, country), Err(error), "{text:?} in {country:?}");
        }
        let add = U::NotOfCountry(us).to_string();
        assert!(add.ends_with("Add the country code, for example +1 206 555 0117"), "{add}");
    }

    #[test]
    fn a_number_is_shown_in_groups() {
        let table = [
            ("+12065552029", "+1 206 555 2029"),
            ("+15553020005", "+1 555 302 0005"),
            ("+442079460123", "+44 20 7946 0123"),
            ("+5511987654321", "+55 11 98765 4321"),
            ("+33612345678", "+33 6 12 34 56 78"),
            ("+99912345678", "+99912345678"),
            ("72345", "72345"),
            ("ACME", "ACME"),
            ("", ""),
        ];
        for (address, shown) in table {
            assert_eq!(display(address), shown);
        }
    }
}
