//! Cases, always read together with their customer. The inbox's order is the newest customer message, then the
//! newest case; pages go on after a key, never by counting.

use domain::case::{AssignedBy, Case, CaseStatus, FailedMessage, Watch};
use domain::country::Country;
use domain::customer::{Customer, OptedOutBy};
use domain::delivery::DeliveryStatus;
use domain::id::{CaseId, ChannelId, CustomerId, MessageId, OrganizationId, UserId};
use domain::search::{of_case, terms};
use domain::time::Instant;
use uuid::Uuid;

use crate::Value;
use crate::engine::row::Row;
use crate::engine::{Tx, Update};
use crate::error::StoreError;
use crate::search::{self, word};
use crate::sql::{Sql, statements};

/// Whose cases to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assigned {
    /// This operator's.
    To(UserId),
    /// Nobody's.
    Nobody,
}

/// The order of a list of cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The newest customer message first, then the newest case.
    #[default]
    Newest,
    /// Open cases that wait, the longest waiting first, then all others as in [`Order::Newest`].
    Waiting,
}

/// How many cases there are of each kind, each counted up to a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Open ones.
    pub open: i64,
    /// Open ones whose customer waits for a human.
    pub waiting: i64,
    /// Open or closed ones whose newest human message failed or is unconfirmed.
    pub failed: i64,
    /// Since when the longest waiting customer waits.
    pub oldest_waiting_since: Option<Instant>,
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
    /// Only those whose newest human message failed or is unconfirmed, or only the others.
    pub failed: Option<bool>,
    /// In which order.
    pub order: Order,
    /// The case's number, or words of which each stands in its subject, its customer's name or their address.
    pub q: Option<String>,
    /// Whose numbers are written in `q` without a country code.
    pub country: Option<Country>,
    /// The last case of the part before: its newest customer message and its id.
    pub after: Option<(MessageId, CaseId)>,
    /// The last case of the part before, of those that wait in [`Order::Waiting`]: since when, and its id.
    pub after_waiting: Option<(Instant, CaseId)>,
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
                c.watched, c.watch_from, c.loop_guarded, c.failed_message_id, c.failed_message_status, c.assigned_by,
                c.reads_like_stop_id,
                u.id AS customer_id, u.address AS customer_address,
                u.name AS customer_name, u.opted_out_at AS customer_opted_out_at,
                u.opted_out_by AS customer_opted_out_by, u.created_at AS customer_created_at
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

/// One page of the inbox, `$8` and on being free for what is added.
macro_rules! list {
    ($($added:expr),*) => {
        select!(concat!(
            "WHERE c.organization_id = $1 AND c.status = $2 AND (c.last_customer_message_id, c.id) < ($3, $4)",
            $($added,)*
            "  AND ((c.waiting_since IS NOT NULL) = $5 OR $5 IS NULL)
               AND ((c.failed_message_id IS NOT NULL) = $7 OR $7 IS NULL)
             ORDER BY c.last_customer_message_id DESC, c.id DESC LIMIT $6"
        ))
    };
}

/// The same, of the cases on which every word stands; `$32` is free for what is added.
macro_rules! find {
    ($added:expr) => {
        list!(
            $added,
            word!("(c.search || u.search)", "$8", "$9", "$10", "$11"),
            word!("(c.search || u.search)", "$12", "$13", "$14", "$15"),
            word!("(c.search || u.search)", "$16", "$17", "$18", "$19"),
            word!("(c.search || u.search)", "$20", "$21", "$22", "$23"),
            word!("(c.search || u.search)", "$24", "$25", "$26", "$27"),
            word!("(c.search || u.search)", "$28", "$29", "$30", "$31")
        )
    };
}

/// One page of the open cases that wait, the longest waiting first, `$6` and on being free for what is added.
macro_rules! waiting {
    ($($added:expr),*) => {
        select!(concat!(
            "WHERE c.organization_id = $1 AND c.status = 'open' AND c.waiting_since IS NOT NULL
               AND (c.waiting_since, c.id) > ($2, $3)",
            $($added,)*
            "  AND ((c.failed_message_id IS NOT NULL) = $4 OR $4 IS NULL)
             ORDER BY c.waiting_since, c.id LIMIT $5"
        ))
    };
}

/// The same, of the cases on which every word stands; `$30` is free for what is added.
macro_rules! find_waiting {
    ($added:expr) => {
        waiting!(
            $added,
            word!("(c.search || u.search)", "$6", "$7", "$8", "$9"),
            word!("(c.search || u.search)", "$10", "$11", "$12", "$13"),
            word!("(c.search || u.search)", "$14", "$15", "$16", "$17"),
            word!("(c.search || u.search)", "$18", "$19", "$20", "$21"),
            word!("(c.search || u.search)", "$22", "$23", "$24", "$25"),
            word!("(c.search || u.search)", "$26", "$27", "$28", "$29")
        )
    };
}

/// How many cases of some kind there are, up to `$2`; `$3` is free for `assigned`.
macro_rules! counts {
    ($assigned:expr) => {
        concat!(
            "SELECT (SELECT count(*) FROM (SELECT 1 FROM cases WHERE organization_id = $1",
            $assigned,
            " AND status = 'open' LIMIT $2) AS o) AS open,
            (SELECT count(*) FROM (SELECT 1 FROM cases WHERE organization_id = $1",
            $assigned,
            " AND status = 'open' AND waiting_since IS NOT NULL LIMIT $2) AS w) AS waiting,
            (SELECT count(*) FROM (SELECT 1 FROM cases WHERE organization_id = $1",
            $assigned,
            " AND status IN ('open', 'closed') AND failed_message_id IS NOT NULL LIMIT $2) AS f) AS failed,
            (SELECT waiting_since FROM cases WHERE organization_id = $1",
            $assigned,
            " AND status = 'open' AND waiting_since IS NOT NULL ORDER BY waiting_since, id LIMIT 1) AS oldest"
        )
    };
}

statements! { "cases":
    INSERT = "INSERT INTO cases (organization_id, id, customer_id, channel_id, number, created_at, search, subject, status,
            assigned_operator_id, last_sequence, last_customer_message_id, last_customer_message_at,
            last_customer_sequence, last_human_sequence, last_human_at, seen_sequence, waiting_since,
            unanswered_since, watched, watch_from, loop_guarded, failed_message_id, failed_message_status, assigned_by,
            reads_like_stop_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
            $24, $25, $26)";
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
            unanswered_since = $14, watched = $15, watch_from = $16, loop_guarded = $17, failed_message_id = $18,
            failed_message_status = $19, assigned_by = $20,
            reads_like_stop_id = $21
        WHERE organization_id = $1 AND id = $2";
    /// The same where no other index than the inbox's order changes.
    SAVE_IN_PLACE = "UPDATE cases SET subject = $3, last_sequence = $6,
            last_customer_message_id = $7, last_customer_message_at = $8, last_customer_sequence = $9,
            last_human_sequence = $10, last_human_at = $11, seen_sequence = $12,
            unanswered_since = $14, watch_from = $16, loop_guarded = $17, failed_message_status = $19, assigned_by = $20,
            reads_like_stop_id = $21
        WHERE organization_id = $1 AND id = $2
            AND status = $4 AND assigned_operator_id IS NOT DISTINCT FROM $5 AND watched = $15
            AND waiting_since IS NOT DISTINCT FROM $13 AND failed_message_id IS NOT DISTINCT FROM $18";
    /// A changed subject, as it is searched.
    SET_SEARCH = "UPDATE cases SET search = $3 WHERE organization_id = $1 AND id = $2";
    LIST = list!();
    LIST_ASSIGNED = list!(" AND c.assigned_operator_id = $8");
    LIST_UNASSIGNED = list!(" AND c.assigned_operator_id IS NULL");
    LIST_FAILED = list!(" AND c.failed_message_id IS NOT NULL");
    LIST_FAILED_ASSIGNED = list!(" AND c.failed_message_id IS NOT NULL AND c.assigned_operator_id = $8");
    LIST_FAILED_UNASSIGNED = list!(" AND c.failed_message_id IS NOT NULL AND c.assigned_operator_id IS NULL");
    FIND = find!("");
    FIND_ASSIGNED = find!(" AND c.assigned_operator_id = $32");
    FIND_UNASSIGNED = find!(" AND c.assigned_operator_id IS NULL");
    WAITING = waiting!();
    WAITING_ASSIGNED = waiting!(" AND c.assigned_operator_id = $6");
    WAITING_UNASSIGNED = waiting!(" AND c.assigned_operator_id IS NULL");
    FIND_WAITING = find_waiting!("");
    FIND_WAITING_ASSIGNED = find_waiting!(" AND c.assigned_operator_id = $30");
    FIND_WAITING_UNASSIGNED = find_waiting!(" AND c.assigned_operator_id IS NULL");
    COUNTS = counts!("");
    COUNTS_ASSIGNED = counts!(" AND assigned_operator_id = $3");
    COUNTS_UNASSIGNED = counts!(" AND assigned_operator_id IS NULL");
    WATCHED_OF_OPERATOR = "SELECT id FROM cases
        WHERE organization_id = $1 AND assigned_operator_id = $2 AND watched AND id > $3 ORDER BY id LIMIT $4";
    CONCERNED_BY_OPT_OUT = "SELECT id FROM cases
        WHERE organization_id = $1 AND customer_id = $2 AND (watched OR reads_like_stop_id IS NOT NULL)
        ORDER BY channel_id, status, id";
    WAITING_OF_CUSTOMER = "SELECT id FROM cases WHERE organization_id = $1 AND customer_id = $2
        AND waiting_since IS NOT NULL ORDER BY channel_id, status, id";
    WATCHED_OF_ORGANIZATION = "SELECT id FROM cases
        WHERE organization_id = $1 AND watched AND id > $2 ORDER BY id LIMIT $3";
    LOADS = "SELECT assigned_operator_id, count(*) AS open_cases, count(waiting_since) AS waiting_customers FROM cases
        WHERE organization_id = $1 AND status = $2 AND assigned_operator_id IS NOT NULL GROUP BY assigned_operator_id";
    OF_CUSTOMER = "SELECT id FROM cases WHERE organization_id = $1 AND customer_id = $2 ORDER BY channel_id, status, id";
    DELETE_OF_CUSTOMER = "DELETE FROM cases WHERE organization_id = $1 AND customer_id = $2";
}

static SAVING: Update = Update { whole: &SAVE, in_place: Some(&SAVE_IN_PLACE), insert: &INSERT, keys: 2 };

/// Adds one.
pub async fn insert(tx: &mut Tx, org: OrganizationId, case: &Case) -> Result<(), StoreError> {
    let search = of_case(&case.subject);
    let mut params = [Value::Null; 26];
    params[..7].copy_from_slice(&[
        org.into(),
        case.id.into(),
        case.customer.id.into(),
        case.channel_id.into(),
        case.number.into(),
        case.created_at.into(),
        (&search).into(),
    ]);
    params[7..].copy_from_slice(&mutable(case));
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

/// Lets a case be found by its new subject, which [`save`] writes: subjects change seldom, and cases with every message.
pub async fn find_by_subject(tx: &mut Tx, org: OrganizationId, case: &Case) -> Result<(), StoreError> {
    let search = of_case(&case.subject);
    tx.execute_one(&SET_SEARCH, &[org.into(), case.id.into(), (&search).into()], case.id).await
}

/// Writes everything that can change on a case.
pub async fn save(tx: &mut Tx, org: OrganizationId, case: &Case) -> Result<(), StoreError> {
    let mut params = [Value::Null; 21];
    params[0] = org.into();
    params[1] = case.id.into();
    params[2..].copy_from_slice(&mutable(case));
    tx.update_ahead(&SAVING, &params, case.id).await
}

/// One page of the inbox, in its order.
pub async fn list(tx: &mut Tx, org: OrganizationId, filter: &CaseFilter) -> Result<Vec<Case>, StoreError> {
    let of = |status| filter.status.is_none_or(|only| only == status);
    let mut cases = Vec::new();
    // In the order of waiting, those that wait are open and come first; what follows are open ones that do not.
    let mut open = filter.waiting;
    if filter.order == Order::Waiting {
        if of(CaseStatus::Open) && filter.after.is_none() && filter.waiting != Some(false) {
            cases = list_waiting(tx, org, filter).await?;
        }
        if cases.len() >= filter.limit as usize {
            return Ok(cases);
        }
        open = Some(false);
    }
    // Both halves are read in order from the index and merged: a page costs a page.
    let mut rest = Vec::new();
    if of(CaseStatus::Open) && (filter.order == Order::Newest || filter.waiting != Some(true)) {
        rest = list_with(tx, org, CaseStatus::Open, open, filter).await?;
    }
    if of(CaseStatus::Closed) {
        rest.extend(list_with(tx, org, CaseStatus::Closed, filter.waiting, filter).await?);
        rest.sort_by_key(|case| std::cmp::Reverse((case.last_customer_message_id, case.id)));
    }
    cases.extend(rest);
    cases.truncate(filter.limit as usize);
    Ok(cases)
}

/// The words that are searched for.
fn words(filter: &CaseFilter) -> Vec<search::Pattern> {
    search::patterns(&terms(filter.q.as_deref().unwrap_or_default(), filter.country))
}

/// Asks one of three statements, for all, nobody's and one operator's: what they are about, the words, the operator.
async fn ask_list(
    tx: &mut Tx,
    [all, nobodys, of_one]: [&'static Sql; 3],
    about: &[Value<'_>],
    words: &[search::Pattern],
    assigned: Option<Assigned>,
) -> Result<Vec<Case>, StoreError> {
    let mut params = about.to_vec();
    if !words.is_empty() {
        params.extend(search::case_params(words));
    }
    let statement = match assigned {
        None => all,
        Some(Assigned::Nobody) => nobodys,
        Some(Assigned::To(user)) => {
            params.push(user.into());
            of_one
        }
    };
    tx.query(statement, &params).await?.list(read)
}

async fn list_waiting(
    tx: &mut Tx,
    org: OrganizationId,
    filter: &CaseFilter,
) -> Result<Vec<Case>, StoreError> {
    let (since, case) = filter.after_waiting.map_or((i64::MIN, Uuid::nil()), |(at, case)| (at.ms(), case.0));
    let about = [org.into(), since.into(), case.into(), filter.failed.into(), filter.limit.into()];
    let words = words(filter);
    let statements = match words.is_empty() {
        true => [&WAITING, &WAITING_UNASSIGNED, &WAITING_ASSIGNED],
        false => [&FIND_WAITING, &FIND_WAITING_UNASSIGNED, &FIND_WAITING_ASSIGNED],
    };
    ask_list(tx, statements, &about, &words, filter.assigned).await
}

/// How many cases there are, each kind counted up to `limit`: so it costs the same however many there are.
pub async fn counts(
    tx: &mut Tx,
    org: OrganizationId,
    assigned: Option<Assigned>,
    limit: u32,
) -> Result<Counts, StoreError> {
    let params = [org.into(), limit.into()];
    let rows = match assigned {
        None => tx.query(&COUNTS, &params).await?,
        Some(Assigned::Nobody) => tx.query(&COUNTS_UNASSIGNED, &params).await?,
        Some(Assigned::To(user)) => {
            tx.query(&COUNTS_ASSIGNED, &[org.into(), limit.into(), user.into()]).await?
        }
    };
    rows.one("counts", |row| {
        Ok(Counts {
            open: row.i64("open")?,
            waiting: row.i64("waiting")?,
            failed: row.i64("failed")?,
            oldest_waiting_since: row.instant_or_none("oldest")?,
        })
    })
}

/// The customer's cases on which they wait, open or closed.
pub async fn waiting_of_customer(
    tx: &mut Tx,
    org: OrganizationId,
    customer: CustomerId,
) -> Result<Vec<CaseId>, StoreError> {
    tx.query(&WAITING_OF_CUSTOMER, &[org.into(), customer.into()]).await?.list(|row| row.id("id"))
}

async fn list_with(
    tx: &mut Tx,
    org: OrganizationId,
    status: CaseStatus,
    waiting: Option<bool>,
    filter: &CaseFilter,
) -> Result<Vec<Case>, StoreError> {
    let (message, case) =
        filter.after.map_or((Uuid::max(), Uuid::max()), |(message, case)| (message.0, case.0));
    let about = [
        org.into(),
        status.code().into(),
        message.into(),
        case.into(),
        waiting.into(),
        filter.limit.into(),
        filter.failed.into(),
    ];
    let words = words(filter);
    let statements = match (words.is_empty(), filter.failed) {
        (false, _) => [&FIND, &FIND_UNASSIGNED, &FIND_ASSIGNED],
        // Few cases have failed, and they have an index of their own.
        (true, Some(true)) => [&LIST_FAILED, &LIST_FAILED_UNASSIGNED, &LIST_FAILED_ASSIGNED],
        (true, _) => [&LIST, &LIST_UNASSIGNED, &LIST_ASSIGNED],
    };
    ask_list(tx, statements, &about, &words, filter.assigned).await
}

/// How much is assigned to somebody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Their open cases.
    pub open_cases: i64,
    /// Those of them whose customer waits for a human.
    pub waiting_customers: i64,
}

/// What is assigned to everybody who has an open case.
pub async fn loads(tx: &mut Tx, org: OrganizationId) -> Result<Vec<(UserId, Load)>, StoreError> {
    tx.query(&LOADS, &[org.into(), CaseStatus::Open.code().into()]).await?.list(|row| {
        let operator = row.id("assigned_operator_id")?;
        let (open_cases, waiting_customers) = (row.i64("open_cases")?, row.i64("waiting_customers")?);
        Ok((operator, Load { open_cases, waiting_customers }))
    })
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

/// The customer's cases on which an opt-out ends something, on all channels: a watch, or the question whether a
/// message was meant as one.
pub async fn concerned_by_opt_out(
    tx: &mut Tx,
    org: OrganizationId,
    customer: CustomerId,
) -> Result<Vec<CaseId>, StoreError> {
    tx.query(&CONCERNED_BY_OPT_OUT, &[org.into(), customer.into()]).await?.list(|row| row.id("id"))
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
fn mutable(case: &Case) -> [Value<'_>; 19] {
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
        case.failed_message.map(|failed| failed.id).into(),
        case.failed_message.map(|failed| failed.status.code()).into(),
        case.assigned_by.map(AssignedBy::code).into(),
        case.reads_like_stop_id.into(),
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
    let failed_id = row.id_or_none("failed_message_id")?;
    let failed_status = row.code_or_none("failed_message_status", DeliveryStatus::from_code)?;
    let failed_message = failed_id.zip(failed_status).map(|(id, status)| FailedMessage { id, status });
    let assigned_by = row.code_or_none("assigned_by", AssignedBy::from_code)?;
    let reads_like_stop_id = row.id_or_none("reads_like_stop_id")?;
    let customer = Customer {
        id: row.id("customer_id")?,
        address: row.text("customer_address")?,
        name: row.text("customer_name")?,
        opted_out_at: row.instant_or_none("customer_opted_out_at")?,
        opted_out_by: row.code_or_none("customer_opted_out_by", OptedOutBy::from_code)?,
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
        failed_message,
        assigned_by,
        reads_like_stop_id,
    })
}
