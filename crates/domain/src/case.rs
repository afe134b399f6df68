//! A case: one conversation with one customer on one channel, assigned to an operator or to nobody.

use serde::{Deserialize, Serialize};

use crate::customer::Customer;
use crate::delivery::DeliveryStatus;
use crate::id::{CaseId, ChannelId, MessageId, UserId};
use crate::presence::Presence;
use crate::time::Instant;

/// Open or closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseStatus {
    /// Being worked on.
    Open,
    /// Done; a message in either direction reopens it (R16).
    Closed,
}

impl CaseStatus {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }

    /// The status with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Open, Self::Closed].into_iter().find(|status| status.code() == code)
    }
}

/// A case's messages are watched (R5): a reply falls due when the assigned operator becomes inactive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// The assignment from which a full threshold counts, after the case changed hands (R17).
    pub from: Option<Instant>,
}

impl Watch {
    /// The first instant at which an operator with this presence is inactive and, if the case changed hands,
    /// has had it for longer than a full threshold (R2, R5, R17).
    pub fn due_at(&self, presence: &Presence, threshold_ms: i64) -> Instant {
        let inactive_from = presence.inactive_from(threshold_ms);
        self.from.map_or(inactive_from, |from| from.plus_ms(threshold_ms + 1).max(inactive_from))
    }
}

/// A human message to the customer that did not arrive, or of which nobody knows whether it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailedMessage {
    /// The message.
    pub id: MessageId,
    /// [`DeliveryStatus::Failed`] or [`DeliveryStatus::Unconfirmed`].
    pub status: DeliveryStatus,
}

/// How a case came to its operator, if not by somebody's hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssignedBy {
    /// Texts of new customers on its channel go to this operator.
    Channel,
    /// They go to active operators in turn.
    InTurn,
    /// They go in turn, and nobody was eligible: the case was given to somebody all the same, so that the customer
    /// gets an answer.
    InTurnNobodyEligible,
}

impl AssignedBy {
    /// All of them.
    pub const ALL: [AssignedBy; 3] = [Self::Channel, Self::InTurn, Self::InTurnNobodyEligible];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::InTurn => "in_turn",
            Self::InTurnNobodyEligible => "in_turn_nobody_eligible",
        }
    }

    /// The way with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.code() == code)
    }
}

/// A case. Sequences count the case's messages in the order of commit: the rule book's "after, newer, since".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its id.
    pub id: CaseId,
    /// Its number, counted per organization from 1.
    pub number: i64,
    /// What it is about; may be empty.
    pub subject: String,
    /// Open or closed.
    pub status: CaseStatus,
    /// Whose case it is.
    pub customer: Customer,
    /// The number that it is held on.
    pub channel_id: ChannelId,
    /// Its operator, if it has one.
    pub assigned_operator_id: Option<UserId>,
    /// When it was created.
    pub created_at: Instant,
    /// The sequence of the newest message of any kind; 0 if there is none.
    pub last_sequence: i64,
    /// The newest customer message; the nil id if there is none. It orders the inbox.
    pub last_customer_message_id: MessageId,
    /// When the newest customer message came.
    pub last_customer_message_at: Option<Instant>,
    /// The sequence of the newest customer message that is not a keyword; 0 if there is none.
    pub last_customer_sequence: i64,
    /// The sequence of the newest human message to the customer; 0 if there is none.
    pub last_human_sequence: i64,
    /// When the newest human message to the customer was written.
    pub last_human_at: Option<Instant>,
    /// The sequence up to which the assigned operator has seen the case.
    pub seen_sequence: i64,
    /// Since when the customer waits for a human: the oldest customer message newer than the last human one that did
    /// not fail. None while the customer is opted out, because nobody can answer them.
    pub waiting_since: Option<Instant>,
    /// Since when nothing at all answered the customer.
    pub unanswered_since: Option<Instant>,
    /// Set while the case's newest messages are watched (R5).
    pub watch: Option<Watch>,
    /// Set when the loop guard stopped a reply, until a human writes (R9).
    pub loop_guarded: bool,
    /// The newest human message, while it failed or is unconfirmed and nobody has dismissed that.
    pub failed_message: Option<FailedMessage>,
    /// How it came to its operator; none if somebody assigned it or nobody did.
    pub assigned_by: Option<AssignedBy>,
    /// The newest message that reads like a stop, while nobody has said what was meant (R15).
    pub reads_like_stop_id: Option<MessageId>,
}
