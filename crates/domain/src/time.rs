//! Instants with millisecond resolution, as the rule book counts them, and durations in plain words.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// One second in milliseconds.
pub const SECOND_MS: i64 = 1_000;
/// One minute in milliseconds.
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
/// One hour in milliseconds.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Twenty-four hours in milliseconds.
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// 0000-01-01T00:00:00Z: RFC 3339 has no way to write what was before.
const YEAR_0_MS: i64 = -62_167_219_200_000;

/// A point in time: milliseconds since 1970-01-01T00:00:00Z. Outside it is written as RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

impl Instant {
    /// From milliseconds since the epoch.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the epoch.
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// This instant moved by `ms` milliseconds; stops at the ends of the range instead of wrapping.
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// This instant if it is a whole minute, else the next one: what is told in minutes is then never too early.
    pub const fn to_whole_minute(self) -> Self {
        self.plus_ms((MINUTE_MS - self.0.rem_euclid(MINUTE_MS)) % MINUTE_MS)
    }

    /// How long after `earlier` this is, in milliseconds; negative if it is before.
    pub const fn since_ms(self, earlier: Instant) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(timestamp) => write!(f, "{timestamp:.3}"),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

/// What was wrong with a text that should be an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidInstant {
    /// It has another form, or no calendar has it.
    #[error("is not an RFC 3339 time such as 2026-11-22T14:05:00Z")]
    Form,
    /// It is an instant, but none that is reckoned with here.
    #[error("is too far away: it must lie between 0000-01-01T00:00:00Z and 9999-12-30T22:00:00Z")]
    TooFar,
}

impl FromStr for Instant {
    type Err = InvalidInstant;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse::<jiff::Timestamp>() {
            Ok(timestamp) if timestamp.as_millisecond() >= YEAR_0_MS => Ok(Self(timestamp.as_millisecond())),
            Ok(_) => Err(InvalidInstant::TooFar),
            Err(_) if is_of_another_age::<jiff::Timestamp>(text) => Err(InvalidInstant::TooFar),
            Err(_) => Err(InvalidInstant::Form),
        }
    }
}

/// Why a text is no date of a calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDate {
    /// It has another form, or no calendar has it.
    #[error("is not a date such as 2026-12-25")]
    Form,
    /// It is a date, but none that is reckoned with here.
    #[error("is too far away: it must lie between 0000-01-01 and 9999-12-31")]
    TooFar,
}

/// Reads a date as `2026-12-25`, the only spelling of it.
pub fn read_date(text: &str) -> Result<jiff::civil::Date, InvalidDate> {
    match text.parse::<jiff::civil::Date>() {
        Ok(date) if date.to_string() == text && date.year() >= 0 => Ok(date),
        Ok(date) if date.to_string() == text => Err(InvalidDate::TooFar),
        Err(_) if is_of_another_age::<jiff::civil::Date>(text) => Err(InvalidDate::TooFar),
        _ => Err(InvalidDate::Form),
    }
}

/// Whether a text would be read if its year were one of ours: the calendar repeats itself every 400 years.
/// ISO 8601 writes years of more than four digits with a sign.
fn is_of_another_age<T: FromStr>(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']);
    let Some((year, rest)) = digits.split_once('-').filter(|_| text.len() <= digits.len() + 1) else {
        return false;
    };
    if !(4..=9).contains(&year.len()) || !year.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    let year = year.parse().map_or(0, |year: i32| if text.starts_with('-') { -year } else { year });
    format!("{}-{rest}", 2000 + year.rem_euclid(400)).parse::<T>().is_ok()
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A length of time in words with its two largest units: "4 min 10 s", "2 h", "3 d 4 h", "0 s".
pub fn in_words(duration_ms: i64) -> String {
    let units = [(DAY_MS, "d"), (HOUR_MS, "h"), (MINUTE_MS, "min"), (SECOND_MS, "s")];
    let mut rest = duration_ms.max(0);
    let Some(first) = units.iter().position(|(ms, _)| rest >= *ms) else {
        return "0 s".to_owned();
    };
    let mut words = Vec::new();
    for (unit_ms, name) in &units[first..(first + 2).min(units.len())] {
        if rest / unit_ms > 0 {
            words.push(format!("{} {name}", rest / unit_ms));
        }
        rest %= unit_ms;
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_a_person_would_say_them() {
        let table = [
            (-5, "0 s"),
            (0, "0 s"),
            (999, "0 s"),
            (1_000, "1 s"),
            (250 * SECOND_MS, "4 min 10 s"),
            (10 * MINUTE_MS, "10 min"),
            (12 * MINUTE_MS + 999, "12 min"),
            (2 * HOUR_MS + 5 * SECOND_MS, "2 h"),
            (3 * DAY_MS + 4 * HOUR_MS + MINUTE_MS, "3 d 4 h"),
        ];
        for (ms, words) in table {
            assert_eq!(in_words(ms), words, "{ms} ms");
        }
    }

    #[test]
    fn instants_travel_as_rfc_3339() {
        let instant: Instant = "2026-11-22T14:05:00+02:00".parse().unwrap();
        assert_eq!(instant.to_string(), "2026-11-22T12:05:00.000Z");
        assert_eq!(instant.to_string().parse(), Ok(instant));
        let first: Instant = "0000-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(first.to_string(), "0000-01-01T00:00:00.000Z");
        let last: Instant = "9999-12-30T22:00:00Z".parse().unwrap();
        assert_eq!(last.to_string().parse(), Ok(last));
    }

    /// A time that is one is refused for being too far away, not for its form.
    #[test]
    fn a_time_of_another_age_is_told_from_none() {
        let far = [
            "9999-12-31T00:00:00Z",
            "9999-12-31T23:59:59.999Z",
            "9999-12-31T12:00:00-12:00",
            "0000-01-01T00:00:00+00:01",
            "-000001-12-31T23:59:59Z",
            "-009999-01-01T00:00:00Z",
            "+010000-01-01T00:00:00Z",
            "+275760-09-13T00:00:00.000Z",
            "10000-02-29T00:00:00Z",
            "12026-11-22T14:05:00+01:00",
            "-012000-02-29T00:00:00Z",
        ];
        for text in far {
            assert_eq!(text.parse::<Instant>(), Err(InvalidInstant::TooFar), "{text}");
        }
        let none = [
            "",
            "yesterday",
            "2026-11-22",
            "2026-11-22T25:00:00Z",
            "2026-02-30T00:00:00Z",
            "2027-02-29T00:00:00Z",
            "12027-02-29T00:00:00Z",
            "9999-13-01T00:00:00Z",
            "9999-12-31T23:59:59",
            "+-12026-11-22T14:05:00Z",
            "123-11-22T14:05:00Z",
            "99999999999-11-22T14:05:00Z",
            "+10000",
            "-",
            "9999-12-31",
        ];
        for text in none {
            assert_eq!(text.parse::<Instant>(), Err(InvalidInstant::Form), "{text}");
        }
    }

    #[test]
    fn a_date_of_another_age_is_told_from_none() {
        for text in ["0000-01-01", "2028-02-29", "9999-12-31"] {
            assert_eq!(read_date(text).map(|date| date.to_string()), Ok(text.to_owned()));
        }
        for text in
            ["-000001-12-25", "+010000-01-01", "10000-01-01", "12026-12-25", "+275760-09-13", "-009999-12-31"]
        {
            assert_eq!(read_date(text), Err(InvalidDate::TooFar), "{text}");
        }
        for text in [
            "",
            "20261225",
            "2026-12-25T00:00:00Z",
            "2026-02-30",
            "25.12.2026",
            "+002026-12-25",
            "10001-02-29",
            "2026-1-5",
            "26-12-25",
        ] {
            assert_eq!(read_date(text), Err(InvalidDate::Form), "{text}");
        }
    }
}
