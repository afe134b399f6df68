//! What "once" means: the key under which a reply is claimed before it is sent.

use serde::{Deserialize, Serialize};

use crate::id::UserId;
use crate::time::Instant;

/// What a claim is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimKind {
    /// An absence: a stretch without activity. At most one inactivity reply, the organization's or a personal
    /// one, is sent per case and absence (R7).
    Absence,
    /// A window of an away message (R11).
    Away,
    /// A period outside the office hours (R12).
    ClosedPeriod,
}

impl ClaimKind {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Absence => "absence",
            Self::Away => "away",
            Self::ClosedPeriod => "closed_period",
        }
    }

    /// The kind with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Absence, Self::Away, Self::ClosedPeriod].into_iter().find(|kind| kind.code() == code)
    }
}

/// What a reply claims on its case, held by a unique key in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Claim {
    /// Whose absence, window or period.
    pub operator_id: UserId,
    /// Which of them.
    pub kind: ClaimKind,
    /// Since when: the last activity before an absence, the start of a window or period.
    pub since: Instant,
}
