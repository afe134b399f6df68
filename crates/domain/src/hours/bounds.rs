//! What a grid of office hours may hold: an operator's own, or an organization's default.

use jiff::tz::TimeZone;

use super::{Exception, TimeOfDay, Week, Window};
use crate::field::FieldErrors;

/// The most windows that start on one day.
pub const MAX_WINDOWS: usize = 12;
/// The most dated exceptions.
pub const MAX_EXCEPTIONS: usize = 366;

/// Names under which a zone database answers although they are no zones: whatever this machine is set to, or nothing.
/// No browser knows them.
const NO_ZONES: [&str; 4] = ["localtime", "posixrules", "Factory", "Etc/Unknown"];

/// Holds a week and its exceptions to their bounds: also for an organization's default grid.
pub fn check_grid(errors: &mut FieldErrors, prefix: &str, week: &Week, exceptions: &[Exception]) {
    let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}.") };
    for (name, windows) in week.days() {
        check_windows(errors, &format!("{prefix}week.{name}"), windows);
    }
    let days = week.days();
    for (i, (name, windows)) in days.iter().enumerate() {
        let (_, before) = days[(i + 6) % 7];
        check_spill(errors, &format!("{prefix}week.{name}"), before, windows);
    }
    if exceptions.len() > MAX_EXCEPTIONS {
        errors.add(format!("{prefix}exceptions"), format!("must be at most {MAX_EXCEPTIONS}"));
        return;
    }
    for (i, exception) in exceptions.iter().enumerate() {
        let field = format!("{prefix}exceptions[{i}]");
        if exceptions[..i].iter().any(|earlier| earlier.date == exception.date) {
            errors.add(format!("{field}.date"), format!("{} is listed twice", exception.date));
        }
        check_windows(errors, &format!("{field}.windows"), &exception.windows);
    }
}

fn check_windows(errors: &mut FieldErrors, field: &str, windows: &[Window]) {
    if windows.len() > MAX_WINDOWS {
        errors.add(field, format!("must have at most {MAX_WINDOWS} windows"));
        return;
    }
    for window in windows {
        if window.start == window.end || window.start == TimeOfDay::END_OF_DAY {
            errors.add(field, format!("has a window {}-{} without any time in it", window.start, window.end));
        }
    }
    let mut sorted = windows.to_vec();
    sorted.sort_by_key(|window| window.start);
    for pair in sorted.windows(2) {
        if pair[1].start.minutes() < pair[0].end_minutes() {
            let [first, second] = [pair[0], pair[1]];
            errors.add(
                field,
                format!(
                    "has windows that overlap: {}-{} and {}-{}",
                    first.start, first.end, second.start, second.end
                ),
            );
        }
    }
}

/// A window past midnight must not reach into one of the next day.
fn check_spill(errors: &mut FieldErrors, field: &str, before: &[Window], windows: &[Window]) {
    let spill = before.iter().map(|window| window.end_minutes()).max().unwrap_or(0);
    let spill = spill.saturating_sub(TimeOfDay::END_OF_DAY.minutes());
    if let Some(hit) = windows.iter().find(|window| window.start.minutes() < spill) {
        errors.add(
            field,
            format!("has the window {}-{}, which overlaps the one from the day before", hit.start, hit.end),
        );
    }
}

/// Holds a text to be a zone that we know.
pub fn check_zone(errors: &mut FieldErrors, field: &str, zone: &str) {
    if NO_ZONES.iter().any(|name| name.eq_ignore_ascii_case(zone)) || TimeZone::get(zone).is_err() {
        errors.add(field, "is not a time zone that we know; write it like Europe/London");
    }
}
