//! A customer: somebody with a phone who texts the organization.

use serde::{Deserialize, Serialize};

use crate::id::CustomerId;
use crate::phone::PhoneNumber;
use crate::time::Instant;

/// Who says that a customer is opted out (R15).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptedOutBy {
    /// The customer, by a keyword.
    Customer,
    /// The carrier, which refused a message for that reason or reported so.
    Carrier,
    /// An operator, asked about a message that reads like a stop.
    Operator,
}

impl OptedOutBy {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Customer, Self::Carrier, Self::Operator];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Carrier => "carrier",
            Self::Operator => "operator",
        }
    }

    /// Whose word this code is.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.code() == code)
    }
}

/// That a customer is opted out, as a clause that claims no more than is known: only the customer's own keyword says
/// that they asked for it.
pub const fn opted_out_clause(by: Option<OptedOutBy>) -> &'static str {
    match by {
        Some(OptedOutBy::Carrier) => "the carrier says that the customer has opted out of messages",
        Some(OptedOutBy::Operator) => "an operator has opted the customer out of messages",
        Some(OptedOutBy::Customer) | None => "the customer has opted out of messages",
    }
}

/// A customer. Opt-out holds for the whole organization, all its numbers (R15).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Their id.
    pub id: CustomerId,
    /// Their address: a phone number, or a short code or alphanumeric sender exactly as the carrier gave it.
    pub address: String,
    /// Their name; empty until somebody enters one.
    pub name: String,
    /// When they opted out, if they are opted out now (R15).
    pub opted_out_at: Option<Instant>,
    /// Who says so; none if they are not opted out, or if it was recorded before this was kept.
    pub opted_out_by: Option<OptedOutBy>,
    /// When they were first known.
    pub created_at: Instant,
}

impl Customer {
    /// The first word of the name (R23); empty if there is no name.
    pub fn first_name(&self) -> &str {
        first_word(&self.name)
    }

    /// The address as a phone number, unless it is a short code or an alphanumeric sender.
    pub fn phone(&self) -> Option<PhoneNumber> {
        self.address.parse().ok()
    }
}

/// The first word of a name (R23).
pub fn first_word(name: &str) -> &str {
    name.split_whitespace().next().unwrap_or("")
}
