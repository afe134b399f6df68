//! Office hours as they travel: weekly windows of wall time in a zone, with dated exceptions.
//!
//! What has the right type is held to its bounds even if something beside it has not, so that one answer names
//! everything. A part that cannot be read stands as empty in the checks of the others; its own error refuses the
//! request.

use domain::auto_reply::personal::OfficeHours;
use domain::field::FieldErrors;
use domain::hours::bounds::{MAX_EXCEPTIONS, MAX_WINDOWS, check_grid, check_zone};
use domain::hours::{DefaultHours, Exception, TimeOfDay, Week, Window};
use domain::time::read_date;
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::Value;
use utoipa::ToSchema;

use super::auto_reply::note_bounds;
use crate::http::fields::{Fields, FromFields};
use crate::http::values::FromValue;

/// A stretch of open time; past midnight if its end is before its start.
#[derive(ToSchema)]
#[schema(as = OpenWindow)]
#[allow(dead_code, reason = "describes domain::hours::Window in openapi.json")]
pub struct WindowShape {
    /// When it opens.
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", example = "09:00")]
    start: String,
    /// When it closes; `24:00` is the end of the day.
    #[schema(pattern = "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", example = "17:00")]
    end: String,
}

/// The windows that start on each day: up to 12 a day, none of which overlap.
#[derive(ToSchema)]
#[schema(as = OpenWeek)]
#[allow(dead_code, missing_docs, reason = "describes domain::hours::Week in openapi.json; seven days")]
pub struct WeekShape {
    #[schema(max_items = 12)]
    monday: Vec<WindowShape>,
    #[schema(max_items = 12)]
    tuesday: Vec<WindowShape>,
    #[schema(max_items = 12)]
    wednesday: Vec<WindowShape>,
    #[schema(max_items = 12)]
    thursday: Vec<WindowShape>,
    #[schema(max_items = 12)]
    friday: Vec<WindowShape>,
    #[schema(max_items = 12)]
    saturday: Vec<WindowShape>,
    #[schema(max_items = 12)]
    sunday: Vec<WindowShape>,
}

/// What holds on one date instead of its weekday: a holiday, which has no windows, or a short day.
#[derive(ToSchema)]
#[schema(as = OpenException)]
#[allow(dead_code, reason = "describes domain::hours::Exception in openapi.json")]
pub struct ExceptionShape {
    /// The date.
    #[schema(format = Date, example = "2026-12-25")]
    date: String,
    /// The windows that start on it.
    #[schema(max_items = 12)]
    windows: Vec<WindowShape>,
}

/// A time of day, `00:00` to `24:00`.
struct WallTime(TimeOfDay);

impl FromValue for WallTime {
    fn from_value(value: Value) -> Result<Self, String> {
        let text = String::from_value(value)?;
        text.parse().map(Self).map_err(|error: domain::hours::InvalidTimeOfDay| error.to_string())
    }
}

impl FromValue for Date {
    fn from_value(value: Value) -> Result<Self, String> {
        let text = String::from_value(value)?;
        read_date(&text).map_err(|error| error.to_string())
    }
}

impl FromFields for Window {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let (start, end) = (fields.required::<WallTime>("start"), fields.required::<WallTime>("end"));
        Some(Self { start: start?.0, end: end?.0 })
    }
}

impl FromFields for Week {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let mut day = |name| fields.list(name, MAX_WINDOWS).unwrap_or_default();
        Some(Self {
            monday: day("monday"),
            tuesday: day("tuesday"),
            wednesday: day("wednesday"),
            thursday: day("thursday"),
            friday: day("friday"),
            saturday: day("saturday"),
            sunday: day("sunday"),
        })
    }
}

/// An exception whose date may not have been readable.
struct ReadException {
    date: Option<Date>,
    windows: Vec<Window>,
}

impl FromFields for ReadException {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let date = fields.required("date");
        Some(Self { date, windows: fields.list("windows", MAX_WINDOWS).unwrap_or_default() })
    }
}

/// The exceptions in their places; one without a date gets a date of its own that nobody means.
fn exceptions(read: Vec<ReadException>) -> Vec<Exception> {
    let nobodys = |i: usize| Date::MIN.saturating_add(i64::try_from(i).unwrap_or(0).days());
    let dated = |(i, ReadException { date, windows }): (usize, ReadException)| Exception {
        date: date.unwrap_or_else(|| nobodys(i)),
        windows,
    };
    read.into_iter().enumerate().map(dated).collect()
}

/// A zone by name; what it must be is checked with the grid.
fn zone(fields: &mut Fields<'_>) -> Option<String> {
    fields.required("time_zone")
}

impl FromFields for DefaultHours {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let (time_zone, week) = (zone(fields), fields.object::<Week>("week").unwrap_or_default());
        let exceptions = exceptions(fields.list("exceptions", MAX_EXCEPTIONS).unwrap_or_default());
        let mut errors = FieldErrors::new();
        if let Some(time_zone) = &time_zone {
            check_zone(&mut errors, "time_zone", time_zone);
        }
        check_grid(&mut errors, "", &week, &exceptions);
        note_bounds(fields, errors.finish().err());
        Some(Self { time_zone: time_zone?, week, exceptions })
    }
}

impl FromFields for OfficeHours {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let (enabled, message) = (fields.required("enabled"), fields.required::<String>("message"));
        let (time_zone, week) = (zone(fields), fields.object::<Week>("week").unwrap_or_default());
        let exceptions = exceptions(fields.optional_list("exceptions", MAX_EXCEPTIONS).unwrap_or_default());
        let given = Self {
            enabled: enabled.unwrap_or(false),
            message: message.clone().unwrap_or_else(|| "-".to_owned()),
            time_zone: time_zone.clone().unwrap_or_else(|| "UTC".to_owned()),
            week,
            exceptions,
        };
        let Self { week, exceptions, .. } = given.clone();
        note_bounds(fields, given.validated("").err());
        Some(Self { enabled: enabled?, message: message?, time_zone: time_zone?, week, exceptions })
    }
}
