//! What an organization keeps and for how long, and the clean-up that follows from it (decision 0016).
//!
//! The clean-up goes through one organization's ids, which bear their instants, a bounded number of rows at a
//! time: no index of its own, and no statement that grows with the table. Guaranteed: a message goes together
//! with its decision; kept are messages on their way to the carrier, decisions that watch, and of an open case
//! what its customer waits for and its newest run. Claims (R7) are not touched.

use domain::id::OrganizationId;
use domain::retention::{Retention, StoredRetention};
use uuid::Uuid;

use crate::engine::Tx;
use crate::engine::row::Row;
use crate::error::StoreError;
use crate::sql::{Sql, statements};

/// What is deleted by age, each apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// Messages, with their decisions.
    Messages,
    /// Decisions whose messages are kept longer.
    Decisions,
    /// What readers of `/events` were told.
    Events,
}

impl Part {
    /// Every part, in the order in which they are cleaned.
    pub const ALL: [Part; 3] = [Self::Messages, Self::Decisions, Self::Events];

    /// The stable code, for metrics.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Decisions => "decisions",
            Self::Events => "events",
        }
    }
}

/// What one step of the clean-up did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Rows that are gone.
    pub deleted: u64,
    /// Where to go on; none when everything before the cut has been looked at.
    pub next: Option<Uuid>,
}

/// Which messages `$m` stay although they are old enough to go, beside those with a watching decision: what is on
/// its way, and of an open case everything since its customer waits or from their last message on (from the last
/// message of all, if they never wrote).
macro_rules! kept {
    ($m:literal) => {
        concat!(
            "(EXISTS (SELECT 1 FROM outbox AS o WHERE o.organization_id = ", $m, ".organization_id AND o.message_id = ", $m, ".id)
            OR EXISTS (SELECT 1 FROM cases AS c WHERE c.organization_id = ", $m, ".organization_id AND c.id = ", $m, ".case_id
                AND c.status = 'open' AND (c.waiting_since <= ", $m, ".created_at OR ", $m, ".sequence >=
                    CASE WHEN c.last_customer_sequence > 0 THEN c.last_customer_sequence ELSE c.last_sequence END)))"
        )
    };
}

/// Where the next step of a part begins: the id that `$4` rows come before.
macro_rules! next {
    ($table:literal) => {
        concat!(
            "SELECT id FROM ",
            $table,
            " WHERE organization_id = $1 AND id >= $2 AND id < $3 ORDER BY id LIMIT 1 OFFSET $4"
        )
    };
}

statements! { "retention":
    GET = "SELECT organization_id, messages_days, decisions_days, events_days, version, updated_at, updated_by,
            messages_before, decisions_before
        FROM retention WHERE organization_id = $1 /*lock*/";
    /// Two nodes do not clean up after one organization at once.
    TAKE = "SELECT organization_id, messages_days, decisions_days, events_days, version, updated_at, updated_by,
            messages_before, decisions_before
        FROM retention WHERE organization_id = $1 /*skip locked*/";
    ADD = "INSERT INTO retention (organization_id, messages_days, decisions_days, events_days, version, updated_at,
            updated_by, messages_before, decisions_before)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING";
    UPDATE = "UPDATE retention SET messages_days = $2, decisions_days = $3, events_days = $4, version = $5,
            updated_at = $6, updated_by = $7
        WHERE organization_id = $1 AND version = $8";
    ADVANCE = "UPDATE retention SET messages_before = $2, decisions_before = $3 WHERE organization_id = $1";
    NEXT_MESSAGE = next!("messages");
    NEXT_DECISION = next!("decisions");
    NEXT_EVENT = next!("events");
    DELETE_DECISIONS_OF_MESSAGES = concat!("DELETE FROM decisions WHERE organization_id = $1 AND outcome <> 'watching'
        AND message_id IN (SELECT m.id FROM messages AS m
            WHERE m.organization_id = $1 AND m.id >= $2 AND m.id < $3 AND NOT ", kept!("m"), ")");
    DELETE_MESSAGES = concat!("DELETE FROM messages WHERE organization_id = $1 AND id >= $2 AND id < $3 AND NOT ", kept!("messages"), "
        AND NOT EXISTS (SELECT 1 FROM decisions AS d
            WHERE d.organization_id = messages.organization_id AND d.message_id = messages.id)");
    DELETE_DECISIONS = "DELETE FROM decisions WHERE organization_id = $1 AND id >= $2 AND id < $3 AND outcome <> 'watching'
        AND NOT EXISTS (SELECT 1 FROM outbox AS o
            WHERE o.organization_id = decisions.organization_id AND o.message_id = decisions.reply_message_id)";
    DELETE_EVENTS = "DELETE FROM events WHERE organization_id = $1 AND id >= $2 AND id < $3";
}

/// What the organization has set; none if nothing was ever set or cleaned. Writing operations have it to
/// themselves from here on.
pub async fn get(tx: &mut Tx, org: OrganizationId) -> Result<Option<StoredRetention>, StoreError> {
    tx.query(&GET, &[org.into()]).await?.first(read)
}

/// The same for the clean-up; none also while another node cleans up.
pub async fn take(tx: &mut Tx, org: OrganizationId) -> Result<Option<StoredRetention>, StoreError> {
    tx.query(&TAKE, &[org.into()]).await?.first(read)
}

/// Adds the row of an organization, unless it has one.
pub async fn add(tx: &mut Tx, org: OrganizationId, stored: &StoredRetention) -> Result<(), StoreError> {
    let params = [
        org.into(),
        stored.retention.messages_days.into(),
        stored.retention.decisions_days.into(),
        stored.retention.events_days.into(),
        stored.version.into(),
        stored.updated_at.into(),
        stored.updated_by.into(),
        stored.messages_before.into(),
        stored.decisions_before.into(),
    ];
    tx.execute(&ADD, &params).await?;
    Ok(())
}

/// Replaces what is set, unless its version is no longer `expected_version`: then it answers false.
pub async fn update(
    tx: &mut Tx,
    org: OrganizationId,
    stored: &StoredRetention,
    expected_version: i64,
) -> Result<bool, StoreError> {
    let params = [
        org.into(),
        stored.retention.messages_days.into(),
        stored.retention.decisions_days.into(),
        stored.retention.events_days.into(),
        stored.version.into(),
        stored.updated_at.into(),
        stored.updated_by.into(),
        expected_version.into(),
    ];
    Ok(tx.execute(&UPDATE, &params).await? == 1)
}

/// Writes how far messages and decisions may be gone, before any of them goes.
pub async fn advance(
    tx: &mut Tx,
    org: OrganizationId,
    messages_before: Uuid,
    decisions_before: Uuid,
) -> Result<(), StoreError> {
    tx.execute_one(&ADVANCE, &[org.into(), messages_before.into(), decisions_before.into()], org).await
}

/// Whether anything of a part is older than `before`, kept or not.
pub async fn any_before(
    tx: &mut Tx,
    org: OrganizationId,
    part: Part,
    before: Uuid,
) -> Result<bool, StoreError> {
    Ok(next(tx, org, part, (Uuid::nil(), before), 0).await?.is_some())
}

/// Looks at the next `limit` rows from `from` on that are older than `before`, and deletes those that may go.
pub async fn delete_some(
    tx: &mut Tx,
    org: OrganizationId,
    part: Part,
    from: Uuid,
    before: Uuid,
    limit: u32,
) -> Result<Step, StoreError> {
    let next = next(tx, org, part, (from, before), limit).await?;
    let params = [org.into(), from.into(), next.unwrap_or(before).into()];
    let deletes: &[&'static Sql] = match part {
        Part::Messages => &[&DELETE_DECISIONS_OF_MESSAGES, &DELETE_MESSAGES],
        Part::Decisions => &[&DELETE_DECISIONS],
        Part::Events => &[&DELETE_EVENTS],
    };
    let mut deleted = 0;
    for sql in deletes {
        deleted += tx.execute(sql, &params).await?;
    }
    Ok(Step { deleted, next })
}

async fn next(
    tx: &mut Tx,
    org: OrganizationId,
    part: Part,
    (from, before): (Uuid, Uuid),
    skip: u32,
) -> Result<Option<Uuid>, StoreError> {
    let sql = match part {
        Part::Messages => &NEXT_MESSAGE,
        Part::Decisions => &NEXT_DECISION,
        Part::Events => &NEXT_EVENT,
    };
    tx.query(sql, &[org.into(), from.into(), before.into(), skip.into()]).await?.first(|row| row.id("id"))
}

fn read(row: &mut Row<'_>) -> Result<StoredRetention, StoreError> {
    row.id::<OrganizationId>("organization_id")?;
    Ok(StoredRetention {
        retention: Retention {
            messages_days: row.u32_or_none("messages_days")?,
            decisions_days: row.u32_or_none("decisions_days")?,
            events_days: row.u32("events_days")?,
        },
        version: row.i64("version")?,
        updated_at: row.instant("updated_at")?,
        updated_by: row.id_or_none("updated_by")?,
        messages_before: row.id("messages_before")?,
        decisions_before: row.id("decisions_before")?,
    })
}
