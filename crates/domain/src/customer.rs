//! A customer: somebody with a phone who texts the organization.

use crate::id::CustomerId;
use crate::phone::PhoneNumber;
use crate::time::Instant;

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
