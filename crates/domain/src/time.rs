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
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not an RFC 3339 time such as 2026-11-22T14:05:00Z")]
pub struct InvalidInstant;

impl FromStr for Instant {
    type Err = InvalidInstant;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let timestamp: jiff::Timestamp = text.parse().map_err(|_| InvalidInstant)?;
        Some(Self(timestamp.as_millisecond())).filter(|instant| instant.0 >= YEAR_0_MS).ok_or(InvalidInstant)
    }
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
        let wrong = [
            "",
            "yesterday",
            "2026-11-22",
            "2026-11-22T25:00:00Z",
            "-000001-12-31T23:59:59Z",
            "0000-01-01T00:00:00+00:01",
        ];
        for wrong in wrong {
            assert_eq!(wrong.parse::<Instant>(), Err(InvalidInstant), "{wrong}");
        }
    }
}
