//! An operator's activity and inactivity (section 2 of the rule book).

use serde::{Deserialize, Serialize};

use crate::time::Instant;

/// What showed that the human was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActivityKind {
    /// The account was created; nobody has been seen yet.
    AccountCreated,
    /// Reported input in a visible, focused page.
    Input,
    /// "I'm here".
    ImHere,
    /// A successful changing request with the operator's own credentials.
    Request,
}

impl ActivityKind {
    /// Every kind.
    pub const ALL: [ActivityKind; 4] = [Self::AccountCreated, Self::Input, Self::ImHere, Self::Request];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::AccountCreated => "account_created",
            Self::Input => "input",
            Self::ImHere => "im_here",
            Self::Request => "request",
        }
    }

    /// The kind with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// When an operator was last active, and by what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// The latest activity over all devices; the account's creation if there was none.
    pub last_active_at: Instant,
    /// What that activity was.
    pub last_activity: ActivityKind,
    /// Set while the account is deactivated: inactive from that instant.
    pub deactivated_at: Option<Instant>,
}

impl Presence {
    /// Whether the operator is inactive at `at`: strictly longer than the threshold without activity (R2), or
    /// deactivated.
    pub fn is_inactive(&self, at: Instant, threshold_ms: i64) -> bool {
        at >= self.inactive_from(threshold_ms)
    }

    /// The first instant of inactivity: one millisecond more than the threshold after the last activity.
    pub fn inactive_from(&self, threshold_ms: i64) -> Instant {
        let by_threshold = self.last_active_at.plus_ms(threshold_ms + 1);
        self.deactivated_at.map_or(by_threshold, |at| at.min(by_threshold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r2_inactivity_is_strictly_longer_than_the_threshold() {
        let presence = |deactivated_ms: Option<i64>| Presence {
            last_active_at: Instant::from_ms(1_000),
            last_activity: ActivityKind::Input,
            deactivated_at: deactivated_ms.map(Instant::from_ms),
        };
        let table = [
            (None, 1_000, false),
            (None, 1_599, false),
            (None, 1_600, false),
            (None, 1_601, true),
            (None, 500, false),
            (Some(1_200), 1_199, false),
            (Some(1_200), 1_200, true),
            (Some(9_000), 1_601, true),
        ];
        for (deactivated_ms, at_ms, inactive) in table {
            let presence = presence(deactivated_ms);
            assert_eq!(
                presence.is_inactive(Instant::from_ms(at_ms), 600),
                inactive,
                "{deactivated_ms:?} {at_ms}"
            );
        }
    }
}
