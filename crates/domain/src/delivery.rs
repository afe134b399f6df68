//! What became of a message to the customer. Delivery only moves forward: reports may come late, twice or out
//! of order (docs/carrier.md, "Sending").

use serde::{Deserialize, Serialize};

/// The state of a message to the customer, as the API shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// Committed, waiting for its turn.
    Queued,
    /// The attempt is committed; the carrier's answer is not known yet.
    Attempting,
    /// The carrier took it.
    Sent,
    /// The carrier reports that the handset has it.
    Delivered,
    /// Refused by the carrier, or reported as not delivered.
    Failed,
    /// Stopped before hand-over (R19).
    Cancelled,
    /// Handed over, but the carrier's answer was lost and could not be found out (R19).
    Unconfirmed,
}

impl DeliveryStatus {
    /// Every status, for tables and documentation.
    pub const ALL: [DeliveryStatus; 7] = [
        Self::Queued,
        Self::Attempting,
        Self::Sent,
        Self::Delivered,
        Self::Failed,
        Self::Cancelled,
        Self::Unconfirmed,
    ];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Attempting => "attempting",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Unconfirmed => "unconfirmed",
        }
    }

    /// The status with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }

    const fn rank(self) -> u8 {
        match self {
            Self::Queued => 0,
            Self::Attempting => 1,
            // A report can still tell what became of an unconfirmed message.
            Self::Unconfirmed => 2,
            Self::Sent => 3,
            Self::Failed | Self::Cancelled => 4,
            // A message that was seen on a handset has arrived, whatever was guessed before.
            Self::Delivered => 5,
        }
    }

    /// Whether the message did not arrive, or nobody knows whether it did: somebody has to look.
    pub const fn needs_a_look(self) -> bool {
        matches!(self, Self::Failed | Self::Unconfirmed)
    }

    /// Whether it is certain that the customer does not get the message, so that it answers nobody. Whether an
    /// unconfirmed one arrived is not known.
    pub const fn answers_nobody(self) -> bool {
        matches!(self, Self::Failed | Self::Cancelled)
    }

    /// Whether a report of `next` may replace this status.
    pub const fn may_become(self, next: Self) -> bool {
        next.rank() > self.rank() && !matches!(self, Self::Cancelled)
    }
}

#[cfg(test)]
mod tests {
    use super::DeliveryStatus::*;
    use super::*;

    #[test]
    fn delivery_never_moves_backward() {
        for status in DeliveryStatus::ALL {
            assert_eq!(DeliveryStatus::from_code(status.code()), Some(status));
            assert!(!status.may_become(status));
            assert!(!status.may_become(Queued));
        }
        assert!(Unconfirmed.may_become(Delivered));
        assert!(Sent.may_become(Failed));
        assert!(Failed.may_become(Delivered));
        for settled in [Delivered, Cancelled] {
            assert!(DeliveryStatus::ALL.iter().all(|next| !settled.may_become(*next)), "{settled:?}");
        }
    }
}
