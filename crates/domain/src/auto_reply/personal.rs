//! An operator's personal Auto Replies (section 4 of the rule book). Away messages (R11) and office hours (R12)
//! join here; the personal inactivity reply (R13) is what there is so far.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::setting::{check_message, check_threshold};
use crate::field::FieldErrors;

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
        self.message = self.message.trim().to_owned();
        if self.enabled || !self.message.is_empty() {
            check_message(&mut errors, &format!("{prefix}.message"), &self.message);
        }
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

/// An operator's personal Auto Replies as they are stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredPersonal {
    /// The personal inactivity reply.
    pub inactivity: PersonalInactivity,
    /// Counts the changes; 0 until the first.
    pub version: i64,
    /// An id drawn when the inactivity reply was last switched on: only later messages count (R18).
    pub inactivity_mark: Uuid,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r13_a_disabled_reply_may_be_empty_and_an_enabled_one_may_not() {
        let reply = |enabled, message: &str, threshold_minutes| PersonalInactivity {
            enabled,
            message: message.to_owned(),
            threshold_minutes,
        };
        let table: [(PersonalInactivity, bool, &[&str]); 6] = [
            (reply(false, "", None), false, &[]),
            (reply(true, "  ", None), false, &["inactivity.message"]),
            (reply(true, " Back soon ", None), true, &[]),
            (reply(true, "Back soon", Some(0)), true, &["inactivity.threshold_minutes"]),
            (
                reply(false, "{{ oops", Some(10_081)),
                false,
                &["inactivity.message", "inactivity.threshold_minutes"],
            ),
            (reply(false, "Back soon", Some(10_080)), false, &[]),
        ];
        for (reply, set_up, fields) in table {
            assert_eq!(reply.set_up() && reply.message.trim() != "", set_up, "{reply:?}");
            let found: Vec<String> = match reply.clone().validated("inactivity") {
                Ok(_) => vec![],
                Err(errors) => errors.into_vec().into_iter().map(|error| error.field).collect(),
            };
            assert_eq!(found, fields, "{reply:?}");
        }
    }
}
