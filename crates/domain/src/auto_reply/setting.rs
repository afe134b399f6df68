//! The organization's setting: Settings > Organization > Inactivity Message Reply (R20-R22).

use serde::{Deserialize, Serialize};

use super::template::{Template, Values};
use crate::field::FieldErrors;
use crate::id::UserId;
use crate::time::{Instant, MINUTE_MS};
use crate::visible::shows_something;

/// The text that a new organization finds prefilled: one segment, with a straight apostrophe (S8, R22).
pub const EXAMPLE_MESSAGE: &str = "Hello! I'm currently away from my desk. I look forward to replying to your message when I return. Thank you for your patience and for texting with us.";

/// The threshold of a new organization, in minutes (R21).
pub const DEFAULT_THRESHOLD_MINUTES: u32 = 10;

/// The longest threshold and quiet period: 7 days in minutes (R21).
pub const MAX_MINUTES: u32 = 10_080;

/// What a System Admin sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// On or off.
    pub enabled: bool,
    /// How long an operator must be inactive, strictly longer than this, in whole minutes.
    pub threshold_minutes: u32,
    /// The text, with variables (R23).
    pub message: String,
    /// "Also reply when the operator becomes inactive while the customer waits" (R5).
    pub while_waiting: bool,
    /// How long after an automatic reply on a case no other is sent, in minutes; 0 is off (R8).
    pub quiet_minutes: u32,
    /// "Do not reply automatically while a secondary operator is active", for all layers.
    #[serde(default)]
    pub respect_secondary: bool,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            enabled: false,
            threshold_minutes: DEFAULT_THRESHOLD_MINUTES,
            message: EXAMPLE_MESSAGE.to_owned(),
            while_waiting: true,
            quiet_minutes: 0,
            respect_secondary: false,
        }
    }
}

impl Setting {
    /// The setting with its text trimmed, or every field that is out of bounds (R21-R23).
    pub fn validated(mut self) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        check_threshold(&mut errors, "threshold_minutes", self.threshold_minutes);
        if self.quiet_minutes > MAX_MINUTES {
            errors.add("quiet_minutes", format!("must be 0 (off) to {MAX_MINUTES}"));
        }
        if let Some(text) = check_message(&mut errors, "message", &self.message) {
            self.message = text;
        }
        errors.finish().map(|()| self)
    }

    /// The threshold in milliseconds.
    pub fn threshold_ms(&self) -> i64 {
        i64::from(self.threshold_minutes) * MINUTE_MS
    }
}

/// Holds a threshold to its bounds (R21).
pub(super) fn check_threshold(errors: &mut FieldErrors, field: &str, minutes: u32) {
    if !(1..=MAX_MINUTES).contains(&minutes) {
        errors.add(field, format!("must be a whole number of minutes from 1 to {MAX_MINUTES} (7 days)"));
    }
}

/// Holds a text to its bounds (R22) and its variables to the known ones (R23); answers it trimmed.
pub(super) fn check_message(errors: &mut FieldErrors, field: &str, text: &str) -> Option<String> {
    let text = errors.text(field, text, crate::message::MAX_BODY_UNITS)?;
    let template = errors.check(field, Template::parse(&text))?;
    if !shows_something(&template.render(&Values::default())) {
        errors.add(field, "must say something beside its variables");
        return None;
    }
    Some(text)
}

/// The setting as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSetting {
    /// What is set.
    pub setting: Setting,
    /// Counts the changes, from 1.
    pub version: i64,
    /// When it was last changed.
    pub updated_at: Instant,
    /// Who changed it last; nobody yet for a new organization.
    pub updated_by: Option<UserId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r21_r22_bounds() {
        let table: [(&str, Setting, &[&str]); 8] = [
            ("a new organization's", Setting::default(), &[]),
            ("threshold 0", Setting { threshold_minutes: 0, ..Setting::default() }, &["threshold_minutes"]),
            ("threshold 1", Setting { threshold_minutes: 1, ..Setting::default() }, &[]),
            ("threshold 7 days", Setting { threshold_minutes: 10_080, ..Setting::default() }, &[]),
            (
                "all at once",
                Setting {
                    threshold_minutes: 10_081,
                    quiet_minutes: 10_081,
                    message: " \n".into(),
                    ..Setting::default()
                },
                &["threshold_minutes", "quiet_minutes", "message"],
            ),
            (
                "1,600 characters",
                Setting { message: format!(" {} ", "é".repeat(1_600)), ..Setting::default() },
                &[],
            ),
            ("1,601 characters", Setting { message: "é".repeat(1_601), ..Setting::default() }, &["message"]),
            (
                "R23 unknown variable",
                Setting { message: "Hi {{ customer.age }}".into(), ..Setting::default() },
                &["message"],
            ),
        ];
        for (name, setting, fields) in table {
            let found: Vec<String> = match setting.validated() {
                Ok(_) => vec![],
                Err(errors) => errors.into_vec().into_iter().map(|error| error.field).collect(),
            };
            assert_eq!(found, fields, "{name}");
        }
    }
}
