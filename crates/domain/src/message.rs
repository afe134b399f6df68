//! Messages on a case, in both directions.

use serde::{Deserialize, Serialize};

use crate::auto_reply::Layer;
use crate::delivery::DeliveryStatus;
use crate::id::{CaseId, DecisionId, MessageId, UserId};
use crate::keyword::Keyword;
use crate::time::Instant;

/// The most UTF-16 units that a message to a customer may have (R22; the carrier's limit).
pub const MAX_BODY_UNITS: usize = 1_600;

/// The length of a text in UTF-16 units, by which the carrier and the pages count (R22).
pub fn utf16_units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Who wrote a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Author {
    /// The customer.
    Customer,
    /// An operator, by hand.
    Operator {
        /// Who.
        id: UserId,
        /// Their name.
        name: String,
    },
    /// The product, by the rule book.
    AutoReply {
        /// Whose reply it is: the layer that spoke.
        layer: Layer,
        /// The decision that caused it.
        decision_id: DecisionId,
    },
}

impl Author {
    /// The stable code of the author's kind.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Operator { .. } => "operator",
            Self::AutoReply { .. } => "auto_reply",
        }
    }
}

/// Something that came with a message: kept at the carrier, shown through our authenticated proxy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its address at the carrier.
    pub url: String,
    /// Its media type as the carrier gave it.
    pub content_type: String,
}

/// What became of a message to the customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The state.
    pub status: DeliveryStatus,
    /// Why it failed, was cancelled or stayed unconfirmed, in a sentence.
    pub error: Option<String>,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// The case it is on.
    pub case_id: CaseId,
    /// Its place on the case, from 1, in the order of commit.
    pub sequence: i64,
    /// Who wrote it.
    pub author: Author,
    /// The text.
    pub body: String,
    /// What came with it.
    pub attachments: Vec<Attachment>,
    /// The keyword that it is, if it is one (R15).
    pub keyword: Option<Keyword>,
    /// The carrier's id, once known.
    pub provider_id: Option<String>,
    /// What became of it; none for a message from the customer.
    pub delivery: Option<Delivery>,
    /// Whether it was fetched from the carrier after the webhook had missed it.
    pub backfilled: bool,
    /// When the customer sent it, as far as the carrier tells, if it was taken in late.
    pub sent_at: Option<Instant>,
    /// When it was committed.
    pub created_at: Instant,
}

impl Message {
    /// Since when the customer waits for an answer to it: not since it was taken in, if that was late.
    pub fn received_at(&self) -> Instant {
        self.sent_at.unwrap_or(self.created_at)
    }
}
