//! What an organization keeps, and for how long (decision 0016).
//!
//! Guaranteed by the shortest times: nothing that a rule looks back at is gone before the rule has stopped
//! looking. What is counted once and for all (R7, R11, R12) is kept apart from the messages, without a text.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::field::FieldErrors;
use crate::id::UserId;
use crate::time::{DAY_MS, Instant};

/// The shortest time that messages and decisions are kept, in days: the quiet period looks back for 7 (R8, R21),
/// nothing that counts messages looks back longer.
pub const MIN_DAYS: u32 = 8;

/// The longest time that can be set, in days: 10 years. Longer is "forever".
pub const MAX_DAYS: u32 = 3_650;

/// The longest time that events are kept, in days.
pub const MAX_EVENTS_DAYS: u32 = 365;

/// For how long no message and no decision is deleted, in milliseconds.
pub const MIN_MS: i64 = MIN_DAYS as i64 * DAY_MS;

/// How long an organization keeps what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// Messages, in days since they were committed; none is forever.
    pub messages_days: Option<u32>,
    /// The record of a decision, in days since the customer's message; none is as long as the message.
    pub decisions_days: Option<u32>,
    /// Events, in days: how long a reader can be away and still resume.
    pub events_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { messages_days: None, decisions_days: None, events_days: 1 }
    }
}

impl Retention {
    /// The same, or every field that is out of bounds.
    pub fn validated(self) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        for (field, days) in [("messages_days", self.messages_days), ("decisions_days", self.decisions_days)]
        {
            if days.is_some_and(|days| !(MIN_DAYS..=MAX_DAYS).contains(&days)) {
                errors.add(
                    field,
                    format!(
                        "must be a whole number of days from {MIN_DAYS} to {MAX_DAYS}, or null to keep them"
                    ),
                );
            }
        }
        if let (Some(messages), Some(decisions)) = (self.messages_days, self.decisions_days)
            && decisions > messages
            && decisions <= MAX_DAYS
        {
            errors.add("decisions_days", "must be at most messages_days: the record goes with its message");
        }
        if !(1..=MAX_EVENTS_DAYS).contains(&self.events_days) {
            errors.add("events_days", format!("must be a whole number of days from 1 to {MAX_EVENTS_DAYS}"));
        }
        errors.finish().map(|()| self)
    }
}

/// The setting as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRetention {
    /// What is set.
    pub retention: Retention,
    /// Counts the changes, from 1.
    pub version: i64,
    /// When it was last changed.
    pub updated_at: Instant,
    /// Who changed it last; nobody yet for a new organization.
    pub updated_by: Option<UserId>,
    /// Messages with smaller ids may have been deleted.
    pub messages_before: Uuid,
    /// The decisions of messages with smaller ids may have been deleted.
    pub decisions_before: Uuid,
}

impl StoredRetention {
    /// What holds for an organization that has set nothing.
    pub fn new(created_at: Instant) -> Self {
        Self {
            retention: Retention::default(),
            version: 1,
            updated_at: created_at,
            updated_by: None,
            messages_before: Uuid::nil(),
            decisions_before: Uuid::nil(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds() {
        let keep = Retention::default();
        let days = |messages_days, decisions_days| Retention { messages_days, decisions_days, ..keep };
        let table: [(Retention, &[&str]); 10] = [
            (keep, &[]),
            (days(Some(8), Some(8)), &[]),
            (days(Some(3_650), None), &[]),
            (days(None, Some(8)), &[]),
            (days(Some(7), None), &["messages_days"]),
            (days(Some(3_651), Some(0)), &["messages_days", "decisions_days"]),
            (days(Some(30), Some(31)), &["decisions_days"]),
            (days(Some(30), Some(4_000)), &["decisions_days"]),
            (Retention { events_days: 0, ..keep }, &["events_days"]),
            (Retention { events_days: 366, ..days(Some(1), None) }, &["messages_days", "events_days"]),
        ];
        for (retention, fields) in table {
            let found: Vec<String> = match retention.validated() {
                Ok(_) => vec![],
                Err(errors) => errors.into_vec().into_iter().map(|error| error.field).collect(),
            };
            assert_eq!(found, fields, "{retention:?}");
        }
    }

    /// "No rule that looks back can be changed by it".
    #[test]
    fn r8_r9_nothing_is_deleted_while_a_rule_looks_back_at_it() {
        use crate::auto_reply::setting::MAX_MINUTES;
        use crate::time::MINUTE_MS;
        let longest_look_back_ms = (i64::from(MAX_MINUTES) * MINUTE_MS).max(DAY_MS);
        assert!(MIN_MS >= longest_look_back_ms + DAY_MS);
    }
}
