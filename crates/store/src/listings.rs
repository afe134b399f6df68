//! How far the carrier's list of texts to each number has been gone through.
//!
//! Lease: whoever lists a number moves its `due_at` into the future, and later writes name the one that they
//! set: one who was overtaken changes nothing.

use domain::channel::Channel;
use domain::id::{ChannelId, OrganizationId};
use domain::time::Instant;

use crate::engine::Tx;
use crate::engine::row::Row;
use crate::error::StoreError;
use crate::sql::statements;

/// One number's listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Whose number it is.
    pub organization_id: OrganizationId,
    /// The number.
    pub channel_id: ChannelId,
    /// Texts from before this instant are not taken in: the number was not this desk's, or was switched off.
    pub from: Instant,
    /// By the carrier's clock: texts from here on are still to be listed. None before the first listing.
    pub since: Option<Instant>,
    /// When it is to be listed next, or until when it is being listed. None if it never was.
    pub due_at: Option<Instant>,
}

statements! { "channels":
    DUE = "SELECT id, organization_id, coalesce(list_from, created_at) AS list_from, list_since, list_due_at
        FROM channels WHERE active AND coalesce(list_due_at, $1) <= $1 ORDER BY organization_id, id";
    CLAIM = "UPDATE channels SET list_due_at = $3
        WHERE organization_id = $1 AND id = $2 AND active AND coalesce(list_due_at, 0) = $4";
    KEEP = "UPDATE channels SET list_since = $3, list_due_at = $4
        WHERE organization_id = $1 AND id = $2 AND list_due_at = $5";
    BEGIN = "UPDATE channels SET list_from = $3, list_since = NULL, list_due_at = NULL
        WHERE organization_id = $1 AND id = $2";
}

/// The listings of active numbers, of any organization, that are due at `now`.
pub async fn due(tx: &mut Tx, now: Instant) -> Result<Vec<Listing>, StoreError> {
    tx.query(&DUE, &[now.into()]).await?.list(read)
}

/// Takes a listing in hand until `until`; answers false if somebody else did since it was read.
pub async fn claim(tx: &mut Tx, listing: &Listing, until: Instant) -> Result<bool, StoreError> {
    let known = listing.due_at.unwrap_or(Instant::from_ms(0));
    let params = [listing.organization_id.into(), listing.channel_id.into(), until.into(), known.into()];
    Ok(tx.execute(&CLAIM, &params).await? == 1)
}

/// Writes how far a listing in hand until `claimed` has come and when it is due next; answers false if it is in
/// other hands.
pub async fn keep(tx: &mut Tx, listing: &Listing, claimed: Instant) -> Result<bool, StoreError> {
    let params = [
        listing.organization_id.into(),
        listing.channel_id.into(),
        listing.since.into(),
        listing.due_at.into(),
        claimed.into(),
    ];
    Ok(tx.execute(&KEEP, &params).await? == 1)
}

/// The number is this desk's from now on: nothing from before is listed, and the first listing is due at once.
pub async fn begin(tx: &mut Tx, channel: &Channel, now: Instant) -> Result<(), StoreError> {
    let params = [channel.organization_id.into(), channel.id.into(), now.into()];
    tx.execute_one(&BEGIN, &params, channel.id).await
}

fn read(row: &mut Row<'_>) -> Result<Listing, StoreError> {
    Ok(Listing {
        channel_id: row.id("id")?,
        organization_id: row.id("organization_id")?,
        from: row.instant("list_from")?,
        since: row.instant_or_none("list_since")?,
        due_at: row.instant_or_none("list_due_at")?,
    })
}
