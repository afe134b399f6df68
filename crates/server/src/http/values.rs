//! What one field may hold: texts, numbers, ids, instants and codes, each with the words that refuse anything else.
//!
//! Guaranteed: no text with U+0000 gets in.

use std::str::FromStr;

use domain::id::{CaseId, ChannelId, UserId};
use domain::phone::{UnreadableNumber, WrittenNumber};
use domain::time::{Instant, InvalidInstant};
use serde_json::Value;

/// A value of one field.
pub trait FromValue: Sized {
    /// From JSON, or a message that reads after the field's name.
    fn from_value(value: Value) -> Result<Self, String>;

    /// From the text of a query parameter.
    fn from_text(text: String) -> Result<Self, String> {
        Self::from_value(Value::String(text))
    }
}

impl FromValue for String {
    fn from_value(value: Value) -> Result<Self, String> {
        match value {
            Value::String(text) if text.contains('\0') => Err("must not contain U+0000".to_owned()),
            Value::String(text) => Ok(text),
            _ => Err("must be a text".to_owned()),
        }
    }
}

impl FromValue for bool {
    fn from_value(value: Value) -> Result<Self, String> {
        value.as_bool().ok_or_else(|| "must be true or false".to_owned())
    }

    fn from_text(text: String) -> Result<Self, String> {
        text.parse().map_err(|_| "must be true or false".to_owned())
    }
}

impl FromValue for i64 {
    fn from_value(value: Value) -> Result<Self, String> {
        // JSON does not tell 10 from 10.0, so neither do we.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        let whole = || value.as_f64().filter(|n| n.fract() == 0.0 && n.abs() <= EXACT).map(|n| n as i64);
        value.as_i64().or_else(whole).ok_or_else(|| "must be a whole number".to_owned())
    }

    fn from_text(text: String) -> Result<Self, String> {
        text.parse().map_err(|_| "must be a whole number".to_owned())
    }
}

/// A number of something. The field's own bounds are narrower; they are told by who holds it to them.
fn count(number: i64) -> Result<u32, String> {
    u32::try_from(number)
        .map_err(|_| if number < 0 { "must not be negative" } else { "is too large" }.to_owned())
}

impl FromValue for u32 {
    fn from_value(value: Value) -> Result<Self, String> {
        i64::from_value(value).and_then(count)
    }

    fn from_text(text: String) -> Result<Self, String> {
        i64::from_text(text).and_then(count)
    }
}

/// Null is a value of its own.
impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Result<Self, String> {
        match value {
            Value::Null => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }

    fn from_text(text: String) -> Result<Self, String> {
        T::from_text(text).map(Some)
    }
}

macro_rules! parsed_texts {
    ($($type:ty: $message:expr),* $(,)?) => {$(
        impl FromValue for $type {
            fn from_value(value: Value) -> Result<Self, String> {
                <$type>::from_str(&String::from_value(value)?).map_err(|_| $message.to_owned())
            }
        }
    )*};
}

parsed_texts! {
    UserId: "is not the id of a user",
    CaseId: "is not the id of a case",
    ChannelId: "is not the id of a channel",
}

impl FromValue for Instant {
    fn from_value(value: Value) -> Result<Self, String> {
        String::from_value(value)?.parse().map_err(|error: InvalidInstant| error.to_string())
    }
}

impl FromValue for WrittenNumber {
    fn from_value(value: Value) -> Result<Self, String> {
        let text = String::from_value(value)?;
        text.parse().map_err(|error: UnreadableNumber| error.to_string())
    }
}

/// A value from a closed list of codes.
pub fn code<T>(text: &str, all: &[T], code_of: impl Fn(&T) -> &'static str) -> Result<T, String>
where
    T: Copy,
{
    all.iter().copied().find(|value| code_of(value) == text).ok_or_else(|| {
        let codes: Vec<&str> = all.iter().map(code_of).collect();
        format!("must be one of {}", codes.join(", "))
    })
}

macro_rules! coded {
    ($($type:ty: $all:expr),* $(,)?) => {$(
        impl FromValue for $type {
            fn from_value(value: Value) -> Result<Self, String> {
                code(&String::from_value(value)?, $all, |value| value.code())
            }
        }
    )*};
}

coded! {
    crate::http::page::Order: &crate::http::page::Order::ALL,
    app::reads_like_stop::Meant: &app::reads_like_stop::Meant::ALL,
    domain::case::CaseStatus: &[domain::case::CaseStatus::Open, domain::case::CaseStatus::Closed],
    domain::user::Role: &[domain::user::Role::SystemAdmin, domain::user::Role::Operator],
    domain::auto_reply::Outcome: domain::auto_reply::Outcome::ALL,
    domain::auto_reply::Reason: domain::auto_reply::Reason::ALL,
}
