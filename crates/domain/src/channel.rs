//! A channel: a carrier number that the organization texts from.

use crate::assignment::AssignTo;
use crate::id::{ChannelId, OrganizationId};
use crate::phone::PhoneNumber;
use crate::time::Instant;

/// A channel. Its auth token is stored encrypted and is not part of this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Its id.
    pub id: ChannelId,
    /// Where it belongs; a number belongs to one organization.
    pub organization_id: OrganizationId,
    /// The carrier account, `AC` and 32 hexadecimal digits.
    pub account_sid: String,
    /// The number.
    pub number: PhoneNumber,
    /// Whether it is in use: a deactivated one takes no messages in and sends none.
    pub active: bool,
    /// Why sending is paused, in a sentence, if the carrier refused our credentials or configuration.
    pub paused_reason: Option<String>,
    /// To whom texts of new customers go.
    pub assign_to: AssignTo,
    /// When it was added.
    pub created_at: Instant,
}
