//! The closed list of what can be decided, with stable codes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What was decided about a customer's message (section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The reply is committed.
    Sent,
    /// No reply, for the reason given; final.
    NotSent,
    /// Not yet: the reply falls due when the operator becomes inactive, or has somebody to wait for (R5, R3).
    Watching,
    /// The reply was stopped before hand-over (R19).
    Cancelled,
}

macro_rules! codes {
    ($name:ident { $($variant:ident = $code:literal),* $(,)? }) => {
        impl $name {
            /// Every value.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The stable code.
            pub const fn code(self) -> &'static str {
                match self { $($name::$variant => $code),* }
            }

            /// The value with this code.
            pub fn from_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.code() == code)
            }
        }
    };
}

codes!(Outcome { Sent = "sent", NotSent = "not_sent", Watching = "watching", Cancelled = "cancelled" });

/// Why (section 5): in the order in which the reasons are judged, then the ends of a watch and R19's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The message is a keyword (R15).
    Keyword,
    /// The customer opted out (R15).
    OptedOut,
    /// The message asks in other words not to be written to any more, and an operator is asked (R15).
    ReadsLikeStop,
    /// Nobody is there to read an answer (R1).
    NotRepliable,
    /// Two robots may be talking (R9).
    LoopGuard,
    /// The case has no operator (R3).
    Unassigned,
    /// A secondary operator is active on the case, and the organization respects that.
    Covered,
    /// This absence, away window or closed period has had its reply (R7, R11, R12).
    AlreadyReplied,
    /// A human wrote within the last 5 minutes (R11).
    RecentHumanMessage,
    /// The operator was active within the last 5 minutes (R12).
    RecentActivity,
    /// The operator has personal replies, none of which speaks now (R14).
    PersonalSetUp,
    /// The organization's reply is off, or was when the message came (R18).
    Disabled,
    /// The message is more than 24 h old.
    Stale,
    /// The operator is not inactive (R2).
    OperatorActive,
    /// An automatic reply was sent on the case within the quiet period (R8).
    QuietPeriod,
    /// Nothing stands against it.
    Sent,
    /// A human wrote to the customer.
    Answered,
    /// The operator opened the case after the message.
    Seen,
    /// The case was closed.
    Closed,
    /// More than 15 minutes passed between decision and hand-over (R19).
    Outdated,
}

codes!(Reason {
    Keyword = "keyword",
    OptedOut = "opted_out",
    ReadsLikeStop = "reads_like_stop",
    NotRepliable = "not_repliable",
    LoopGuard = "loop_guard",
    Unassigned = "unassigned",
    Covered = "covered",
    AlreadyReplied = "already_replied",
    RecentHumanMessage = "recent_human_message",
    RecentActivity = "recent_activity",
    PersonalSetUp = "personal_set_up",
    Disabled = "disabled",
    Stale = "stale",
    OperatorActive = "operator_active",
    QuietPeriod = "quiet_period",
    Sent = "sent",
    Answered = "answered",
    Seen = "seen",
    Closed = "closed",
    Outdated = "outdated",
});

/// Whose automatic reply it is, in the order of R14. Away messages and office hours come before the personal
/// inactivity reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// The operator's away message (R11).
    Away,
    /// The operator's text for outside the office hours (R12).
    OfficeHours,
    /// The operator's own inactivity reply (R13).
    PersonalInactivity,
    /// The organization's Inactivity Auto Reply.
    #[serde(rename = "inactivity")]
    Organization,
}

codes!(Layer {
    Away = "away",
    OfficeHours = "office_hours",
    PersonalInactivity = "personal_inactivity",
    Organization = "inactivity",
});

/// A rule of the rule book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rule(pub u8);

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "R{}", self.0)
    }
}

/// What [`decide`](super::decide) answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What.
    pub outcome: Outcome,
    /// Why.
    pub reason: Reason,
    /// By which rule.
    pub rule: Rule,
    /// Whose reply is sent, watched for or cancelled; none where nothing is to be sent.
    pub layer: Option<Layer>,
}
