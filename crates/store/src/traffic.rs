//! What went over each number lately, for who looks after them.

use domain::delivery::DeliveryStatus;
use domain::id::{ChannelId, OrganizationId};
use domain::time::Instant;

use crate::engine::Tx;
use crate::engine::row::Row;
use crate::error::StoreError;
use crate::sql::statements;

statements! { "messages":
    NEWEST = "SELECT c.channel_id, m.created_at, m.delivery_status, m.delivery_error
        FROM messages AS m JOIN cases AS c ON c.organization_id = m.organization_id AND c.id = m.case_id
        WHERE m.organization_id = $1 ORDER BY m.id DESC LIMIT $2";
}

/// A text that came or went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    /// Over which number.
    pub channel_id: ChannelId,
    /// When it was committed.
    pub at: Instant,
    /// What became of one to a customer; none for one that came in.
    pub delivery: Option<DeliveryStatus>,
    /// Why it failed or stayed unconfirmed, in a sentence.
    pub error: Option<String>,
}

/// The newest texts of the organization over all its numbers, the newest first.
pub async fn newest(tx: &mut Tx, org: OrganizationId, limit: u32) -> Result<Vec<Passed>, StoreError> {
    tx.query(&NEWEST, &[org.into(), limit.into()]).await?.list(read)
}

fn read(row: &mut Row<'_>) -> Result<Passed, StoreError> {
    Ok(Passed {
        channel_id: row.id("channel_id")?,
        at: row.instant("created_at")?,
        delivery: row.code_or_none("delivery_status", DeliveryStatus::from_code)?,
        error: row.text_or_none("delivery_error")?,
    })
}
