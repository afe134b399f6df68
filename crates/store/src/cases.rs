//! Cases, always read together with their customer. The inbox's order is the newest customer message, then the
//! newest case; pages go on after a key, never by counting.

use domain::case::{Case, CaseStatus, Watch};
use domain::customer::Customer;
use domain::id::{CaseId, ChannelId, CustomerId, MessageId, OrganizationId, UserId};
use uuid::Uuid;

use crate::Value;
use crate::engine::row::Row;
use crate::engine::{Tx, Update};
use crate::error::StoreError;
use crate::sql::statements;

/// Whose cases to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assigned {
    /// This operator's.
    To(UserId),
    /// Nobody's.
    Nobody,
}

/// Which cases to list; what is none does not restrict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseFilter {
    /// Open or closed.
    pub status: Option<CaseStatus>,
    /// Whose.
    pub assigned: Option<Assigned>,
    /// With a customer who waits for a human, or without.
    pub waiting: Option<bool>,
    /// The case's number, or a part of its subject, of its customer's name or of their address.
    pub q: Option<String>,
    /// The last case of the part before: its newest customer message and its id.
    pub after: Option<(MessageId, CaseId)>,
    /// How many at most.
    pub limit: u32,
}

/// Cases with their customers, who are found by what follows.
macro_rules! select_by {
    ($rest:expr) => {
        concat!(
            "SELECT c.id, c.number, c.subject, c.status, c.channel_id, c.assigned_operator_id, c.created_at,
                c.last_sequence, c.last_customer_message_id, c.last_customer_message_at, c.last_customer_sequence,
                c.last_human_sequence, c.last_human_at, c.seen_sequence, c.waiting_since, c.unanswered_since,
                c.watched, c.watch_from, c.loop_guarded, u.id AS customer_id, u.address AS customer_address,
                u.name AS customer_name, u.opted_out_at AS customer_opted_out_at, u.created_at AS customer_created_at
            FROM cases AS c JOIN customers AS u ON u.organization_id = c.organization_id AND ",
            $rest
        )
    };
}

macro_rules! select {
    ($rest:expr) => {
        select_by!(concat!("u.id = c.customer_id ", $rest))
    };
}

/// One page of the inbox; `$9` is free for `assigned`.
macro_rules! list {
    ($assigned:expr) => {
        select!(concat!(
            "WHERE c.organization_id = $1 AND c.status = $2 AND (c.last_customer_message_id, c.id) < ($3, $4)",
            $assigned,
            "  AND ((c.waiting_since IS NOT NULL) = $5 OR $5 IS NULL)
               AND (lower(c.subject) LIKE $6 ESCAPE '\\' OR lower(u.name) LIKE $6 ESCAPE '\\'
                    OR lower(u.address) LIKE $6 ESCAPE '\\' OR c.number = $7 OR $6 IS NULL)
             ORDER BY c.last_customer_message_id DESC, c.id DESC LIMIT $8"
        ))
    };
}

statements! { "cases":
    INSERT = "INSERT INTO cases (organization_id, id, customer_id, channel_id, number, created_at, subject, status,
            assigned_operator_id, last_sequence, last_customer_message_id, last_customer_message_at,
            last_customer_sequence, last_human_sequence, last_human_at, seen_sequence, waiting_since,
            unanswered_since, watched, watch_from, loop_guarded)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)";
    /// A customer's cases change one after another: what is decided about one depends on the others.
    LOCK = "SELECT u.id FROM cases AS c JOIN customers AS u ON u.organization_id = c.organization_id AND u.id = c.customer_id
        WHERE c.organization_id = $1 AND c.id = $2 /*lock u*/";
    GET = select!("WHERE c.organization_id = $1 AND c.id = $2");
    BY_NUMBER = select!("WHERE c.organization_id = $1 AND c.number = $2");
    /// 'open' sorts after 'closed'. A case that an operator began after the other's last message is the newer.
    /// The customer is read by the address alone: their id would lead over one more page. PostgreSQL, without
    /// statistics, finds the case only by an id that it knows beforehand.
    FOR_INBOUND = select_by!("u.address = $2
        WHERE c.organization_id = $1 AND c.channel_id = $3
            AND c.customer_id = (SELECT id FROM customers WHERE organization_id = $1 AND address = $2)
        ORDER BY c.status DESC,
            CASE WHEN c.last_customer_message_id > c.id THEN c.last_customer_message_id ELSE c.id END DESC
        LIMIT 1");
    SAVE = "UPDATE cases SET subject = $3, status = $4, assigned_operator_id = $5, last_sequence = $6,
            last_customer_message_id = $7, last_customer_message_at = $8, last_customer_sequence = $9,
            last_human_sequence = $10, last_human_at = $11, seen_sequence = $12, waiting_since = $13,
            unanswered_since = $14, watched = $15, watch_from = $16, loop_guarded = $17
        WHERE organization_id = $1 AND id = $2";
    /// The same where no other index than the inbox's order changes.
    SAVE_IN_PLACE = "UPDATE cases SET subject = $3, last_sequence = $6,
            last_customer_message_id = $7, last_customer_message_at = $8, last_customer_sequence = $9,
            last_human_sequence = $10, last_human_at = $11, seen_sequence = $12, waiting_since = $13,
            unanswered_since = $14, watch_from = $16, loop_guarded = $17
        WHERE organization_id = $1 AND id = $2
            AND status = $4 AND assigned_operator_id IS NOT DISTINCT FROM $5 AND watched = $15";
    LIST = list!("");
    LIST_ASSIGNED = list!(" AND c.assigned_operator_id = $9");
    LIST_UNASSIGNED = list!(" AND c.assigned_operator_id IS NULL");
    WATCHED_OF_OPERATOR = "SELECT id FROM cases
        WHERE organization_id = $1 AND assigned_operator_id = $2 AND watched AND id > $3 ORDER BY id LIMIT $4";
    WATCHED_OF_CUSTOMER = "SELECT id FROM cases
        WHERE organization_id = $1 AND customer_id = $2 AND watched ORDER BY channel_id, status, id";
    WATCHED_OF_ORGANIZATION = "SELECT id FROM cases
        WHERE organization_id = $1 AND watched AND id > $2 ORDER BY id LIMIT $3";
    OF_CUSTOMER = "SELECT id FROM cases WHERE organization_id = $1 AND customer_id = $2 ORDER BY channel_id, status, id";
    DELETE_OF_CUSTOMER = "DELETE FROM cases WHERE organization_id = $1 AND customer_id = $2";
}

static SAVING: Update = Update { whole: &SAVE, in_place: Some(&SAVE_IN_PLACE), insert: &INSERT, keys: 2 };

/// Adds one.
pub async fn insert(tx: &mut Tx, org: OrganizationId, case: &Case) -> Result<(), StoreError> {
    let mut params = [Value::Null; 21];
    params[..6].copy_from_slice(&[
        org.into(),
        case.id.into(),
        case.customer.id.into(),
        case.channel_id.into(),
        case.number.into(),
        case.created_at.into(),
    ]);
    params[6..].copy_from_slice(&mutable(case));
    tx.execute_one_ahead(&INSERT, &params, case.id).await
}

/// The case with this id. Writing operations have the customer and all their cases to themselves from here on.
pub async fn get(tx: &mut Tx, org: OrganizationId, id: CaseId) -> Result<Option<Case>, StoreError> {
    tx.lock(&LOCK, &[org.into(), id.into()]).await?;
    tx.query(&GET, &[org.into(), id.into()]).await?.first(read)
}

/// The case with this number.
pub async fn by_number(tx: &mut Tx, org: OrganizationId, number: i64) -> Result<Option<Case>, StoreError> {
    tx.query(&BY_NUMBER, &[org.into(), number.into()]).await?.first(read)
}

/// Asks ahead for [`for_inbound`].
pub async fn ask_for_inbound(
    tx: &mut Tx,
    org: OrganizationId,
    address: &str,
    channel: ChannelId,
) -> Result<(), StoreError> {
    tx.ask(&FOR_INBOUND, &[org.into(), address.into(), channel.into()]).await
}

/// The case that a customer's message on a channel belongs to: their most recent open one, else their most
/// recent closed one. Recent: by the customer's last message or the case's creation, whichever is later.
pub async fn for_inbound(
    tx: &mut Tx,
    org: OrganizationId,
    address: &str,
    channel: ChannelId,
) -> Result<Option<Case>, StoreError> {
    tx.query(&FOR_INBOUND, &[org.into(), address.into(), channel.into()]).await?.first(read)
}

/// Writes everything that can change on a case.
pub async fn save(tx: &mut Tx, org: OrganizationId, case: &Case) -> Result<(), StoreError> {
    let mut params = [Value::Null; 17];
    params[0] = org.into();
    params[1] = case.id.into();
    params[2..].copy_from_slice(&mutable(case));
    tx.update_ahead(&SAVING, &params, case.id).await
}

/// One page of the inbox: the newest customer message first, then the newest case.
pub async fn list(tx: &mut Tx, org: OrganizationId, filter: &CaseFilter) -> Result<Vec<Case>, StoreError> {
    let Some(status) = filter.status else {
        // Both halves are read in order from the index and merged: a page costs a page.
        let half = |status| CaseFilter { status: Some(status), ..filter.clone() };
        let mut cases = list_with(tx, org, CaseStatus::Open, &half(CaseStatus::Open)).await?;
        cases.extend(list_with(tx, org, CaseStatus::Closed, &half(CaseStatus::Closed)).await?);
        cases.sort_by_key(|case| std::cmp::Reverse((case.last_customer_message_id, case.id)));
        cases.truncate(filter.limit as usize);
        return Ok(cases);
    };
    list_with(tx, org, status, filter).await
}

async fn list_with(
    tx: &mut Tx,
    org: OrganizationId,
    status: CaseStatus,
    filter: &CaseFilter,
) -> Result<Vec<Case>, StoreError> {
    let (message, case) =
        filter.after.map_or((Uuid::max(), Uuid::max()), |(message, case)| (message.0, case.0));
    let q = filter.q.as_deref().map(str::trim).filter(|q| !q.is_empty());
    let pattern = q.map(contains);
    let number = q.and_then(|q| q.trim_start_matches('#').parse::<i64>().ok());
    let mut params = [Value::Null; 9];
    params[..8].copy_from_slice(&[
        org.into(),
        status.code().into(),
        message.into(),
        case.into(),
        filter.waiting.into(),
        pattern.as_ref().into(),
        number.into(),
        filter.limit.into(),
    ]);
    let rows = match filter.assigned {
        None => tx.query(&LIST, &params[..8]).await?,
        Some(Assigned::Nobody) => tx.query(&LIST_UNASSIGNED, &params[..8]).await?,
        Some(Assigned::To(user)) => {
            params[8] = user.into();
            tx.query(&LIST_ASSIGNED, &params).await?
        }
    };
    rows.list(read)
}

/// The LIKE pattern for "contains", lower case, its special characters taken as themselves.
pub(crate) fn contains(text: &str) -> String {
    let escaped: String = text
        .to_lowercase()
        .chars()
        .flat_map(|c| matches!(c, '%' | '_' | '\\').then_some('\\').into_iter().chain([c]))
        .collect();
    format!("%{escaped}%")
}

/// The operator's watched cases, oldest first.
pub async fn watched_of_operator(
    tx: &mut Tx,
    org: OrganizationId,
    operator: UserId,
    after: Option<CaseId>,
    limit: u32,
) -> Result<Vec<CaseId>, StoreError> {
    let after = after.map_or(Uuid::nil(), |id| id.0);
    let params = [org.into(), operator.into(), after.into(), limit.into()];
    tx.query(&WATCHED_OF_OPERATOR, &params).await?.list(|row| row.id("id"))
}

/// The customer's watched cases, on all channels.
pub async fn watched_of_customer(
    tx: &mut Tx,
    org: OrganizationId,
    customer: CustomerId,
) -> Result<Vec<CaseId>, StoreError> {
    tx.query(&WATCHED_OF_CUSTOMER, &[org.into(), customer.into()]).await?.list(|row| row.id("id"))
}

/// The organization's watched cases, assigned or not, oldest first.
pub async fn watched_of_organization(
    tx: &mut Tx,
    org: OrganizationId,
    after: Option<CaseId>,
    limit: u32,
) -> Result<Vec<CaseId>, StoreError> {
    let after = after.map_or(Uuid::nil(), |id| id.0);
    tx.query(&WATCHED_OF_ORGANIZATION, &[org.into(), after.into(), limit.into()])
        .await?
        .list(|row| row.id("id"))
}

/// The customer's cases, open or closed, on all channels, oldest first.
pub async fn of_customer(
    tx: &mut Tx,
    org: OrganizationId,
    customer: CustomerId,
) -> Result<Vec<CaseId>, StoreError> {
    let mut ids: Vec<CaseId> =
        tx.query(&OF_CUSTOMER, &[org.into(), customer.into()]).await?.list(|row| row.id("id"))?;
    ids.sort_unstable();
    Ok(ids)
}

/// Removes the customer's cases, which must be empty.
pub async fn delete_of_customer(
    tx: &mut Tx,
    org: OrganizationId,
    customer: CustomerId,
) -> Result<(), StoreError> {
    tx.execute(&DELETE_OF_CUSTOMER, &[org.into(), customer.into()]).await?;
    Ok(())
}

/// The columns that can change, in the order in which [`INSERT`] and [`SAVE`] name them.
fn mutable(case: &Case) -> [Value<'_>; 15] {
    [
        (&case.subject).into(),
        case.status.code().into(),
        case.assigned_operator_id.into(),
        case.last_sequence.into(),
        case.last_customer_message_id.into(),
        case.last_customer_message_at.into(),
        case.last_customer_sequence.into(),
        case.last_human_sequence.into(),
        case.last_human_at.into(),
        case.seen_sequence.into(),
        case.waiting_since.into(),
        case.unanswered_since.into(),
        case.watch.is_some().into(),
        case.watch.and_then(|watch| watch.from).into(),
        case.loop_guarded.into(),
    ]
}

fn read(row: &mut Row<'_>) -> Result<Case, StoreError> {
    let id = row.id("id")?;
    let number = row.i64("number")?;
    let subject = row.text("subject")?;
    let status = row.code("status", CaseStatus::from_code)?;
    let channel_id = row.id("channel_id")?;
    let assigned_operator_id = row.id_or_none("assigned_operator_id")?;
    let created_at = row.instant("created_at")?;
    let last_sequence = row.i64("last_sequence")?;
    let last_customer_message_id = row.id("last_customer_message_id")?;
    let last_customer_message_at = row.instant_or_none("last_customer_message_at")?;
    let last_customer_sequence = row.i64("last_customer_sequence")?;
    let last_human_sequence = row.i64("last_human_sequence")?;
    let last_human_at = row.instant_or_none("last_human_at")?;
    let seen_sequence = row.i64("seen_sequence")?;
    let waiting_since = row.instant_or_none("waiting_since")?;
    let unanswered_since = row.instant_or_none("unanswered_since")?;
    let watched = row.bool("watched")?;
    let from = row.instant_or_none("watch_from")?;
    let loop_guarded = row.bool("loop_guarded")?;
    let customer = Customer {
        id: row.id("customer_id")?,
        address: row.text("customer_address")?,
        name: row.text("customer_name")?,
        opted_out_at: row.instant_or_none("customer_opted_out_at")?,
        created_at: row.instant("customer_created_at")?,
    };
    Ok(Case {
        id,
        number,
        subject,
        status,
        customer,
        channel_id,
        assigned_operator_id,
        created_at,
        last_sequence,
        last_customer_message_id,
        last_customer_message_at,
        last_customer_sequence,
        last_human_sequence,
        last_human_at,
        seen_sequence,
        waiting_since,
        unanswered_since,
        watch: watched.then_some(Watch { from }),
        loop_guarded,
    })
}
