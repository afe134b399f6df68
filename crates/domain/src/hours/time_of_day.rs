//! A wall-clock time within a day.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;

/// A time of day in whole minutes, `00:00` to `24:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// The end of a day.
    pub const END_OF_DAY: Self = Self(DAY_MINUTES);

    /// Minutes since midnight.
    pub const fn minutes(self) -> u16 {
        self.0
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// What was wrong with a text that should be a time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a time from 00:00 to 24:00")]
pub struct InvalidTimeOfDay;

impl FromStr for TimeOfDay {
    type Err = InvalidTimeOfDay;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (hours, minutes) = text.split_once(':').ok_or(InvalidTimeOfDay)?;
        if hours.len() != 2 || minutes.len() != 2 || !text.bytes().all(|b| b.is_ascii_digit() || b == b':') {
            return Err(InvalidTimeOfDay);
        }
        let (hours, minutes): (u16, u16) =
            (hours.parse().map_err(|_| InvalidTimeOfDay)?, minutes.parse().map_err(|_| InvalidTimeOfDay)?);
        let total = hours * 60 + minutes;
        if minutes > 59 || total > DAY_MINUTES { Err(InvalidTimeOfDay) } else { Ok(Self(total)) }
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day() {
        for right in ["00:00", "09:05", "23:59", "24:00"] {
            assert_eq!(right.parse::<TimeOfDay>().unwrap().to_string(), right);
        }
        for wrong in ["", "9:00", "24:01", "12:60", "-1:00", "+1:00", "ab:cd", "12:00:00"] {
            assert_eq!(wrong.parse::<TimeOfDay>(), Err(InvalidTimeOfDay), "{wrong}");
        }
    }
}
