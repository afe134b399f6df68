//! An operator's personal Auto Replies (section 4 of the rule book): away message, office hours, and the
//! personal inactivity reply.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::decision::Layer;
use super::facts::{AwayFacts, HoursFacts, NoMark, OperatorFacts, PersonalFacts};
use super::setting::{Setting, check_message, check_threshold};
use crate::field::FieldErrors;
use crate::hours::bounds::{check_grid, check_zone};
use crate::hours::{Exception, Grid, Week};
use crate::id::UserId;
use crate::time::{Instant, MINUTE_MS};
use crate::user::User;

/// The longest title of an away message.
pub const MAX_TITLE_CHARS: usize = 100;

/// The personal inactivity reply (R13).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonalInactivity {
    /// On or off.
    pub enabled: bool,
    /// The text, with variables (R23); may be empty while disabled.
    pub message: String,
    /// The operator's own threshold in minutes; the organization's if there is none.
    pub threshold_minutes: Option<u32>,
}

impl PersonalInactivity {
    /// The reply with its text trimmed, or every field that is out of bounds. Fields are named from `prefix`.
    pub fn validated(mut self, prefix: &str) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        check_text(&mut errors, prefix, self.enabled, &mut self.message);
        if let Some(minutes) = self.threshold_minutes {
            check_threshold(&mut errors, &format!("{prefix}.threshold_minutes"), minutes);
        }
        errors.finish().map(|()| self)
    }

    /// Whether it is set up in the sense of R10: enabled and with a text.
    pub fn set_up(&self) -> bool {
        self.enabled && !self.message.is_empty()
    }
}

/// The away message (R11): in force inside [start, end).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Away {
    /// On or off.
    pub enabled: bool,
    /// What it is about, for the operator and the colleagues: "Vacation".
    pub title: String,
    /// The text, with variables (R23); may be empty while disabled.
    pub message: String,
    /// Its first instant.
    pub starts_at: Instant,
    /// The first instant after it; until switched off if there is none.
    pub ends_at: Option<Instant>,
    /// The IANA zone in which its dates are shown and `{{ back_at }}` is told; the organization's if there is none.
    #[serde(default)]
    pub time_zone: Option<String>,
}

impl Away {
    /// The message with its texts trimmed, or every field that is out of bounds.
    pub fn validated(mut self, prefix: &str) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        if self.enabled || !self.title.trim().is_empty() {
            errors.text(&format!("{prefix}.title"), &self.title, MAX_TITLE_CHARS);
        }
        self.title = self.title.trim().to_owned();
        check_text(&mut errors, prefix, self.enabled, &mut self.message);
        if self.ends_at.is_some_and(|end| end <= self.starts_at) {
            errors.add(format!("{prefix}.ends_at"), "must be after the start");
        }
        if let Some(zone) = &self.time_zone {
            check_zone(&mut errors, &format!("{prefix}.time_zone"), zone);
        }
        errors.finish().map(|()| self)
    }

    /// Whether it is in force at `at` (R10): enabled, with a text, inside its window.
    pub fn in_force(&self, at: Instant) -> bool {
        self.set_up() && self.starts_at <= at && self.ends_at.is_none_or(|end| at < end)
    }

    /// Whether it is enabled and has a text.
    pub fn set_up(&self) -> bool {
        self.enabled && !self.message.is_empty()
    }
}

/// Weekly office hours and the text for outside them (R12).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficeHours {
    /// On or off.
    pub enabled: bool,
    /// The text for outside the hours, with variables (R23); may be empty while disabled.
    pub message: String,
    /// The IANA zone of the wall times.
    pub time_zone: String,
    /// The weekly windows.
    pub week: Week,
    /// Dates on which something else holds.
    #[serde(default)]
    pub exceptions: Vec<Exception>,
}

impl OfficeHours {
    /// The hours with their text trimmed, or every field that is out of bounds.
    pub fn validated(mut self, prefix: &str) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        check_text(&mut errors, prefix, self.enabled, &mut self.message);
        check_zone(&mut errors, &format!("{prefix}.time_zone"), &self.time_zone);
        check_grid(&mut errors, prefix, &self.week, &self.exceptions);
        errors.finish().map(|()| self)
    }

    /// Whether they are set up in the sense of R10: enabled and with a text.
    pub fn set_up(&self) -> bool {
        self.enabled && !self.message.is_empty()
    }

    /// The grid, unless the zone is not known any more.
    pub fn grid(&self) -> Option<Grid<'_>> {
        let zone = TimeZone::get(&self.time_zone).ok()?;
        Some(Grid { week: &self.week, exceptions: &self.exceptions, zone })
    }
}

fn check_text(errors: &mut FieldErrors, prefix: &str, enabled: bool, text: &mut String) {
    *text = text.trim().to_owned();
    if enabled || !text.is_empty() {
        check_message(errors, &format!("{prefix}.message"), text);
    }
}

/// Who switched a layer off for the operator, and when (section 4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchedOff {
    /// The System Admin.
    pub by: UserId,
    /// Their name then.
    pub by_name: String,
    /// When.
    pub at: Instant,
}

/// An operator's personal Auto Replies as they are stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredPersonal {
    /// The personal inactivity reply.
    pub inactivity: PersonalInactivity,
    /// The away message, once there is one.
    pub away: Option<Away>,
    /// What the newest away message is known by (R11); by its start if there is nothing.
    pub away_window: Option<Instant>,
    /// The office hours, once there are some.
    pub office_hours: Option<OfficeHours>,
    /// Counts the changes; 0 until the first.
    pub version: i64,
    /// The layers that a System Admin switched off and the operator has not switched on again.
    pub switched_off: BTreeMap<Layer, SwitchedOff>,
}

impl StoredPersonal {
    /// What the away message is known by once the operator has put `next` in its place (R11): one that is switched
    /// on and has not ended is only edited, anything else begins a new window.
    pub fn next_away_window(&self, next: Option<&Away>, now: Instant) -> Option<Instant> {
        let last = self.away_window.or(self.away.as_ref().map(|away| away.starts_at));
        let goes_on = |away: &Away| away.set_up() && away.ends_at.is_none_or(|end| now < end);
        if self.away.as_ref().is_some_and(goes_on) || !next.is_some_and(Away::set_up) {
            return last;
        }
        Some(last.map_or(now, |last| now.max(last.plus_ms(1))))
    }

    /// Whether this layer is enabled and has a text.
    pub fn set_up(&self, layer: Layer) -> bool {
        match layer {
            Layer::Away => self.away.as_ref().is_some_and(Away::set_up),
            Layer::OfficeHours => self.office_hours.as_ref().is_some_and(OfficeHours::set_up),
            Layer::PersonalInactivity => self.inactivity.set_up(),
            Layer::Organization => false,
        }
    }

    /// The text of a personal layer.
    pub fn text(&self, layer: Layer) -> Option<&str> {
        match layer {
            Layer::Away => self.away.as_ref().map(|away| away.message.as_str()),
            Layer::OfficeHours => self.office_hours.as_ref().map(|hours| hours.message.as_str()),
            Layer::PersonalInactivity => Some(self.inactivity.message.as_str()),
            Layer::Organization => None,
        }
    }

    /// The zone in which the operator's days are told, if they named one.
    pub fn time_zone(&self) -> Option<&str> {
        let of_away = self.away.as_ref().and_then(|away| away.time_zone.as_deref());
        of_away.or(self.office_hours.as_ref().map(|hours| hours.time_zone.as_str()))
    }

    /// The threshold that holds for this operator, in milliseconds: their own, else the organization's (R2, R13).
    pub fn threshold_ms(&self, user: &User, organization: &Setting) -> i64 {
        let own = self.inactivity.threshold_minutes.filter(|_| user.active() && self.inactivity.set_up());
        own.map_or(organization.threshold_ms(), |minutes| i64::from(minutes) * MINUTE_MS)
    }

    /// What a decision at `at` looks at.
    pub fn facts(&self, user: &User, at: Instant) -> OperatorFacts {
        let hours = self.office_hours.as_ref().filter(|hours| hours.set_up());
        let grid = hours.and_then(OfficeHours::grid);
        let away = self.away.as_ref().filter(|away| away.in_force(at));
        OperatorFacts {
            id: user.id,
            name: user.name.clone(),
            presence: user.presence,
            personal_inactivity: self.inactivity.set_up().then_some(PersonalFacts {
                threshold_minutes: self.inactivity.threshold_minutes,
                version: self.version,
                enabled_mark: NoMark,
            }),
            away: away.map(|away| AwayFacts {
                starts_at: away.starts_at,
                window: self.away_window,
                ends_at: away.ends_at,
                back_at: away.ends_at.and_then(|end| back_from(end, grid.as_ref())),
                version: self.version,
            }),
            office_hours: grid
                .as_ref()
                .map(|grid| HoursFacts { period: grid.period_at(at), version: self.version }),
        }
    }
}

/// When an operator is back whose leave ends at `end`: then, or at the next opening if that is outside the hours.
fn back_from(end: Instant, grid: Option<&Grid<'_>>) -> Option<Instant> {
    let Some(grid) = grid else { return Some(end) };
    let period = grid.period_at(end);
    if period.open { Some(end) } else { period.end }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hours::Window;

    fn fields<T>(result: Result<T, FieldErrors>) -> Vec<String> {
        result
            .err()
            .map(|errors| errors.into_vec())
            .unwrap_or_default()
            .into_iter()
            .map(|e| e.field)
            .collect()
    }

    #[test]
    fn r13_a_disabled_reply_may_be_empty_and_an_enabled_one_may_not() {
        let reply = |enabled, message: &str, threshold_minutes| PersonalInactivity {
            enabled,
            message: message.to_owned(),
            threshold_minutes,
        };
        let table: [(PersonalInactivity, &[&str]); 6] = [
            (reply(false, "", None), &[]),
            (reply(true, "  ", None), &["inactivity.message"]),
            (reply(true, " Back soon ", None), &[]),
            (reply(true, "Back soon", Some(0)), &["inactivity.threshold_minutes"]),
            (reply(false, "{{ oops", Some(10_081)), &["inactivity.message", "inactivity.threshold_minutes"]),
            (reply(false, "Back soon", Some(10_080)), &[]),
        ];
        for (reply, wrong) in table {
            assert_eq!(fields(reply.clone().validated("inactivity")), wrong, "{reply:?}");
        }
    }

    #[test]
    fn r11_bounds_of_an_away_message() {
        let away = |enabled, title: &str, end_ms: Option<i64>, zone: Option<&str>| Away {
            enabled,
            title: title.to_owned(),
            message: if enabled { "Back soon".to_owned() } else { String::new() },
            starts_at: Instant::from_ms(1_000),
            ends_at: end_ms.map(Instant::from_ms),
            time_zone: zone.map(str::to_owned),
        };
        let table: [(Away, &[&str]); 8] = [
            (away(true, "Vacation", Some(2_000), Some("Europe/London")), &[]),
            (away(true, "Vacation", None, None), &[]),
            (away(false, "", None, None), &[]),
            (away(true, " ", None, None), &["away.title"]),
            (away(true, "Vacation", Some(1_000), None), &["away.ends_at"]),
            (away(true, "Vacation", None, Some("Mars/Base")), &["away.time_zone"]),
            (away(true, "Vacation", None, Some("localtime")), &["away.time_zone"]),
            (away(true, "Vacation", None, Some("etc/unknown")), &["away.time_zone"]),
        ];
        for (away, wrong) in table {
            assert_eq!(fields(away.clone().validated("away")), wrong, "{away:?}");
        }
        let table = [(999, false), (1_000, true), (1_999, true), (2_000, false)];
        for (at_ms, in_force) in table {
            let away = away(true, "Vacation", Some(2_000), None);
            assert_eq!(away.in_force(Instant::from_ms(at_ms)), in_force, "r10 {at_ms}");
        }
    }

    #[test]
    fn r11_an_away_message_is_the_same_while_it_is_edited() {
        let away = |enabled, start_ms, end_ms: Option<i64>| {
            Some(Away {
                enabled,
                title: "Vacation".to_owned(),
                message: "Back soon".to_owned(),
                starts_at: Instant::from_ms(start_ms),
                ends_at: end_ms.map(Instant::from_ms),
                time_zone: None,
            })
        };
        // What was there, what it is known by, what is put in its place at 5,000, and what that is known by.
        let table = [
            (None, None, away(true, 6_000, None), Some(5_000)),
            (None, None, away(false, 6_000, None), None),
            (away(true, 1_000, Some(9_000)), Some(900), away(true, 2_000, Some(8_000)), Some(900)),
            (away(true, 1_000, None), Some(900), away(true, 1_000, Some(5_001)), Some(900)),
            (away(true, 6_000, None), Some(900), away(true, 7_000, None), Some(900)),
            // From before windows were kept: it goes on by the start that it had.
            (away(true, 1_000, None), None, away(true, 2_000, None), Some(1_000)),
            // Switched off, and on again.
            (away(true, 1_000, None), Some(900), away(false, 1_000, None), Some(900)),
            (away(false, 1_000, None), Some(900), away(true, 1_000, None), Some(5_000)),
            (away(true, 1_000, None), Some(900), None, Some(900)),
            (None, Some(900), away(true, 1_000, None), Some(5_000)),
            // Within one millisecond, too, and after a start that is still to come.
            (away(false, 1_000, None), Some(5_000), away(true, 1_000, None), Some(5_001)),
            (away(false, 7_000, None), None, away(true, 7_000, None), Some(7_001)),
            // It had ended.
            (away(true, 1_000, Some(5_000)), Some(900), away(true, 1_000, Some(9_000)), Some(5_000)),
        ];
        for (before, window, next, known_by) in table {
            let case = format!("{before:?} {window:?} {next:?}");
            let before = StoredPersonal {
                away: before,
                away_window: window.map(Instant::from_ms),
                ..StoredPersonal::default()
            };
            let found = before.next_away_window(next.as_ref(), Instant::from_ms(5_000));
            assert_eq!(found, known_by.map(Instant::from_ms), "{case}");
        }
    }

    #[test]
    fn r12_bounds_of_office_hours() {
        let window = |text: &str| {
            let (start, end) = text.split_once('-').unwrap();
            Window { start: start.parse().unwrap(), end: end.parse().unwrap() }
        };
        let hours = |monday: &[&str], tuesday: &[&str]| OfficeHours {
            enabled: true,
            message: "Closed".to_owned(),
            time_zone: "America/New_York".to_owned(),
            week: Week {
                monday: monday.iter().map(|text| window(text)).collect(),
                tuesday: tuesday.iter().map(|text| window(text)).collect(),
                ..Week::default()
            },
            exceptions: Vec::new(),
        };
        let table: [(OfficeHours, &[&str]); 8] = [
            (hours(&["09:00-12:00", "13:00-17:00"], &[]), &[]),
            (hours(&["13:00-17:00", "09:00-13:00"], &["00:00-24:00"]), &[]),
            (hours(&["22:00-06:00"], &["06:00-07:00"]), &[]),
            (hours(&["22:00-06:00"], &["05:59-07:00"]), &["office_hours.week.tuesday"]),
            (hours(&["09:00-12:00", "11:59-17:00"], &[]), &["office_hours.week.monday"]),
            (hours(&["09:00-09:00"], &[]), &["office_hours.week.monday"]),
            (hours(&[], &["24:00-06:00"]), &["office_hours.week.tuesday"]),
            (hours(&["09:00-09:01"; 13], &[]), &["office_hours.week.monday"]),
        ];
        for (hours, wrong) in table {
            assert_eq!(fields(hours.clone().validated("office_hours")), wrong, "{hours:?}");
        }
        let date = |text: &str| Exception { date: text.parse().unwrap(), windows: vec![] };
        let twice =
            OfficeHours { exceptions: vec![date("2026-12-25"), date("2026-12-25")], ..hours(&[], &[]) };
        assert_eq!(fields(twice.validated("office_hours")), ["office_hours.exceptions[1].date"]);
    }
}
