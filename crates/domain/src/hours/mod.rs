//! Office hours (R12): weekly wall-time windows in an IANA zone, with dated exceptions.
//!
//! Wall time is what is stored; instants are computed when they are needed. Where the clocks jump forward over a
//! time, it means the first instant after the gap. Where they fall back and a time comes twice, opening means
//! the first and closing the second. A window belongs to the day on which it starts.

pub mod bounds;
mod time_of_day;

pub use time_of_day::{InvalidTimeOfDay, TimeOfDay};

use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::time::Instant;

/// How many days around an instant are looked at for its period, in steps: most find it at once, and only a long
/// closure needs the last.
const REACH_DAYS: [i64; 3] = [9, 62, 800];

/// A stretch of open time. It runs past midnight if its end is before its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// When it opens; `24:00` is no opening.
    pub start: TimeOfDay,
    /// When it closes.
    pub end: TimeOfDay,
}

impl Window {
    /// Minutes since the midnight before its start at which it closes: more than a day's if it runs past midnight.
    pub const fn end_minutes(self) -> u16 {
        if self.end.minutes() <= self.start.minutes() {
            self.end.minutes() + TimeOfDay::END_OF_DAY.minutes()
        } else {
            self.end.minutes()
        }
    }
}

/// What holds on one date instead of its weekday: a holiday (no windows) or a short day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// The date, such as `2026-12-24`.
    pub date: Date,
    /// The windows that start on it.
    pub windows: Vec<Window>,
}

/// The windows that start on each day of a week.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "seven days that say what they are")]
pub struct Week {
    pub monday: Vec<Window>,
    pub tuesday: Vec<Window>,
    pub wednesday: Vec<Window>,
    pub thursday: Vec<Window>,
    pub friday: Vec<Window>,
    pub saturday: Vec<Window>,
    pub sunday: Vec<Window>,
}

impl Week {
    /// The days with their names, Monday first.
    pub fn days(&self) -> [(&'static str, &[Window]); 7] {
        [
            ("monday", &self.monday),
            ("tuesday", &self.tuesday),
            ("wednesday", &self.wednesday),
            ("thursday", &self.thursday),
            ("friday", &self.friday),
            ("saturday", &self.saturday),
            ("sunday", &self.sunday),
        ]
    }

    /// "Mondays to Thursdays 09:00-17:00; Fridays 09:00-12:00 and 13:00-15:00": days with the same windows together.
    pub fn in_words(&self) -> String {
        let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
        for (day, (_, windows)) in
            self.days().into_iter().enumerate().filter(|(_, (_, list))| !list.is_empty())
        {
            let times: Vec<String> = windows.iter().map(|w| format!("{}-{}", w.start, w.end)).collect();
            let times = times.join(" and ");
            match groups.iter_mut().find(|(known, _)| *known == times) {
                Some((_, days)) => days.push(day),
                None => groups.push((times, vec![day])),
            }
        }
        let words = |(times, days): &(String, Vec<usize>)| format!("{} {times}", days_in_words(days));
        groups.iter().map(words).collect::<Vec<_>>().join("; ")
    }
}

fn days_in_words(days: &[usize]) -> String {
    const NAMES: [&str; 7] =
        ["Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"];
    match days {
        [first, .., last] if days.len() > 2 && last - first + 1 == days.len() => {
            format!("{} to {}", NAMES[*first], NAMES[*last])
        }
        _ => days.iter().map(|day| NAMES[*day]).collect::<Vec<_>>().join(", "),
    }
}

/// An organization's default office hours: what operators can take over as their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefaultHours {
    /// The IANA zone of the wall times.
    pub time_zone: String,
    /// The weekly windows.
    pub week: Week,
    /// Dates on which something else holds.
    pub exceptions: Vec<Exception>,
}

/// A weekly grid with exceptions, in one zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid<'a> {
    /// The windows that start on each weekday.
    pub week: &'a Week,
    /// The dates on which something else holds.
    pub exceptions: &'a [Exception],
    /// Where the wall clock hangs.
    pub zone: TimeZone,
}

/// A stretch of time in which the grid is open throughout, or closed throughout. An end is missing where nothing
/// changes within reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// Open or closed.
    pub open: bool,
    /// Its first instant.
    pub start: Option<Instant>,
    /// The first instant after it.
    pub end: Option<Instant>,
}

impl Grid<'_> {
    /// The period that `at` lies in.
    pub fn period_at(&self, at: Instant) -> Period {
        let mut period = Period { open: false, start: None, end: None };
        for reach_days in REACH_DAYS {
            period = self.period_within(at, reach_days);
            if period.start.is_some() && period.end.is_some() {
                break;
            }
        }
        period
    }

    fn period_within(&self, at: Instant, reach_days: i64) -> Period {
        let mut period = Period { open: false, start: None, end: None };
        for (open, close) in self.merged(at, reach_days) {
            if close <= at {
                period.start = Some(close);
            } else if open <= at {
                return Period { open: true, start: Some(open), end: Some(close) };
            } else {
                period.end = Some(open);
                break;
            }
        }
        period
    }

    /// The open stretches of the days around `at`, in order, those that touch or overlap made one.
    fn merged(&self, at: Instant, reach_days: i64) -> Vec<(Instant, Instant)> {
        let Ok(timestamp) = Timestamp::from_millisecond(at.ms()) else { return Vec::new() };
        let today = self.zone.to_datetime(timestamp).date();
        let mut stretches: Vec<(Instant, Instant)> = (-reach_days..=reach_days)
            .filter_map(|days| today.checked_add(days.days()).ok())
            .flat_map(|date| self.stretches_on(date))
            .collect();
        stretches.sort();
        let mut merged: Vec<(Instant, Instant)> = Vec::with_capacity(stretches.len());
        for (open, close) in stretches {
            match merged.last_mut() {
                Some((_, last_close)) if open <= *last_close => *last_close = close.max(*last_close),
                _ => merged.push((open, close)),
            }
        }
        merged
    }

    /// The stretches that start on a date; a day that a zone skipped has none.
    fn stretches_on(&self, date: Date) -> Vec<(Instant, Instant)> {
        let windows = self.windows_on(date);
        let stretches = windows.iter().filter_map(|window| {
            let open = self.instant(date, window.start.minutes(), Side::Opening)?;
            let close = self.instant(date, window.end_minutes(), Side::Closing)?;
            (open < close).then_some((open, close))
        });
        stretches.collect()
    }

    /// The windows that start on a date.
    pub fn windows_on(&self, date: Date) -> &[Window] {
        match self.exceptions.iter().find(|exception| exception.date == date) {
            Some(exception) => &exception.windows,
            None => self.week.days()[usize::from(date.weekday().to_monday_zero_offset().unsigned_abs())].1,
        }
    }

    fn instant(&self, date: Date, minutes: u16, side: Side) -> Option<Instant> {
        let date = date.checked_add(i64::from(minutes / TimeOfDay::END_OF_DAY.minutes()).days()).ok()?;
        let minutes = minutes % TimeOfDay::END_OF_DAY.minutes();
        let hour = i8::try_from(minutes / 60).ok()?;
        let minute = i8::try_from(minutes % 60).ok()?;
        wall_instant(&self.zone, date.at(hour, minute, 0, 0), side)
    }
}

/// Which of two instants a wall time that comes twice means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The first.
    Opening,
    /// The second.
    Closing,
}

/// The instant that a wall time means in a zone.
pub fn wall_instant(zone: &TimeZone, wall: DateTime, side: Side) -> Option<Instant> {
    let ambiguous = zone.to_ambiguous_timestamp(wall);
    let timestamp = match (ambiguous.offset(), side) {
        (AmbiguousOffset::Unambiguous { offset }, _) => offset.to_timestamp(wall).ok()?,
        (AmbiguousOffset::Fold { before, .. }, Side::Opening) => before.to_timestamp(wall).ok()?,
        (AmbiguousOffset::Fold { after, .. }, Side::Closing) => after.to_timestamp(wall).ok()?,
        (AmbiguousOffset::Gap { before, .. }, _) => {
            // Read with the old offset the wall time lies after the jump, and nothing else does in between.
            let beyond = before.to_timestamp(wall).ok()?.checked_add(1.nanosecond()).ok()?;
            zone.preceding(beyond).next()?.timestamp()
        }
    };
    Some(Instant::from_ms(timestamp.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week(monday_to_friday: &str, saturday: &str, sunday: &str) -> Week {
        let windows = |text: &str| -> Vec<Window> {
            let parse = |part: &str| {
                let (start, end) = part.split_once('-').unwrap();
                Window { start: start.parse().unwrap(), end: end.parse().unwrap() }
            };
            text.split_whitespace().map(parse).collect()
        };
        let weekday = windows(monday_to_friday);
        Week {
            monday: weekday.clone(),
            tuesday: weekday.clone(),
            wednesday: weekday.clone(),
            thursday: weekday.clone(),
            friday: weekday,
            saturday: windows(saturday),
            sunday: windows(sunday),
        }
    }

    /// The period at a wall time, as "open|closed start..end" in wall time.
    fn period(zone: &str, week: &Week, exceptions: &[Exception], at: &str) -> String {
        let zone = TimeZone::get(zone).unwrap();
        let grid = Grid { week, exceptions, zone: zone.clone() };
        let at: Instant = at.parse().unwrap();
        let wall = |instant: Option<Instant>| {
            instant.map_or("-".to_owned(), |instant| {
                let timestamp = Timestamp::from_millisecond(instant.ms()).unwrap();
                timestamp.to_zoned(zone.clone()).strftime("%m-%dT%H:%M%:z").to_string()
            })
        };
        let period = grid.period_at(at);
        format!(
            "{} {}..{}",
            if period.open { "open" } else { "closed" },
            wall(period.start),
            wall(period.end)
        )
    }

    #[test]
    fn r12_ordinary_weeks() {
        let office = week("09:00-12:00 13:00-17:00", "", "");
        let nights = week("22:00-06:00", "", "");
        let always = week("00:00-24:00", "00:00-24:00", "00:00-24:00");
        let never = week("", "", "");
        let table = [
            (&office, "2026-11-23T10:00:00-05:00", "open 11-23T09:00-05:00..11-23T12:00-05:00"),
            (&office, "2026-11-23T09:00:00-05:00", "open 11-23T09:00-05:00..11-23T12:00-05:00"),
            (&office, "2026-11-23T12:00:00-05:00", "closed 11-23T12:00-05:00..11-23T13:00-05:00"),
            (&office, "2026-11-20T17:00:00-05:00", "closed 11-20T17:00-05:00..11-23T09:00-05:00"),
            (&office, "2026-11-22T23:00:00-05:00", "closed 11-20T17:00-05:00..11-23T09:00-05:00"),
            (&nights, "2026-11-21T03:00:00-05:00", "open 11-20T22:00-05:00..11-21T06:00-05:00"),
            (&nights, "2026-11-22T03:00:00-05:00", "closed 11-21T06:00-05:00..11-23T22:00-05:00"),
            (&never, "2026-11-22T03:00:00-05:00", "closed -..-"),
        ];
        for (week, at, expected) in table {
            assert_eq!(period("America/New_York", week, &[], at), expected, "{at}");
        }
        let open = period("America/New_York", &always, &[], "2026-11-22T03:00:00-05:00");
        assert!(open.starts_with("open "), "{open}");
    }

    #[test]
    fn r12_dated_exceptions_replace_the_day() {
        let office = week("09:00-17:00", "", "");
        let holiday = Exception { date: "2026-12-25".parse().unwrap(), windows: vec![] };
        let short = Exception {
            date: "2026-12-24".parse().unwrap(),
            windows: vec![Window { start: "09:00".parse().unwrap(), end: "12:00".parse().unwrap() }],
        };
        let exceptions = [holiday, short];
        assert_eq!(
            period("Europe/London", &office, &exceptions, "2026-12-24T13:00:00Z"),
            "closed 12-24T12:00+00:00..12-28T09:00+00:00"
        );
    }

    #[test]
    fn wall_time_through_gaps_and_folds() {
        let office = week("01:30-02:30", "01:30-02:30", "01:30-02:30");
        let whole = week("00:00-24:00", "", "");
        let table = [
            // Gap 02:00 to 03:00: the closing means the first instant after it.
            (
                "America/New_York",
                &office,
                "2026-03-08T01:45:00-05:00",
                "open 03-08T01:30-05:00..03-08T03:00-04:00",
            ),
            // Fold 01:00 to 02:00: the opening means the first 01:30.
            (
                "America/New_York",
                &office,
                "2026-11-01T01:45:00-04:00",
                "open 11-01T01:30-04:00..11-01T02:30-05:00",
            ),
            // Half an hour's fold 01:30 to 02:00.
            (
                "Australia/Lord_Howe",
                &office,
                "2026-04-05T01:45:00+11:00",
                "open 04-05T01:30+11:00..04-05T02:30+10:30",
            ),
            (
                "Asia/Kathmandu",
                &office,
                "2026-11-23T01:45:00+05:45",
                "open 11-23T01:30+05:45..11-23T02:30+05:45",
            ),
            // The day 2011-12-30, a Friday, was skipped: Thursday's end and Friday's whole day fall together.
            (
                "Pacific/Apia",
                &whole,
                "2011-12-29T12:00:00-10:00",
                "open 12-26T00:00-10:00..12-31T00:00+14:00",
            ),
        ];
        for (zone, week, at, expected) in table {
            assert_eq!(period(zone, week, &[], at), expected, "{zone} {at}");
        }
    }

    #[test]
    fn a_week_in_words() {
        let table = [
            (week("09:00-17:00", "", ""), "Mondays to Fridays 09:00-17:00"),
            (
                week("09:00-12:00 13:00-17:00", "10:00-12:00", ""),
                "Mondays to Fridays 09:00-12:00 and 13:00-17:00; Saturdays 10:00-12:00",
            ),
            (week("", "22:00-06:00", "22:00-06:00"), "Saturdays, Sundays 22:00-06:00"),
            (week("", "", ""), ""),
        ];
        for (week, words) in table {
            assert_eq!(week.in_words(), words);
        }
    }
}
