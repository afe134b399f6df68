//! An organization: the tenant that people, customers, cases and settings belong to.

use crate::country::Country;
use crate::id::OrganizationId;
use crate::time::Instant;

/// An organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// Its name, as customers read it in `{{ organization.name }}`.
    pub name: String,
    /// Its IANA time zone, such as `America/New_York`.
    pub time_zone: String,
    /// The country whose numbers people write without a country code; none until somebody chose one.
    pub country: Option<Country>,
    /// When it was created.
    pub created_at: Instant,
}
