//! Reading decisions: every customer message has one, with its facts and one sentence (section 7).

use std::collections::HashMap;

use domain::auto_reply::Outcome;
use domain::auto_reply::explain::sentence;
use domain::id::{CaseId, DecisionId, MessageId, OrganizationId};
use domain::message::Message;
use domain::time::Instant;
pub use store::decisions::DecisionFilter;
use store::decisions::Record;
use store::{Op, StoreError, Tx};

use crate::App;
use crate::caller::Caller;
use crate::error::AppError;
use crate::events::{changed_since, position};
use crate::messages::{Part, Since};

/// A decision as its readers see it.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionView {
    /// The record.
    pub record: Record,
    /// It in plain words.
    pub sentence: String,
    /// While it is watched: when the reply falls due if nothing else happens.
    pub due_at: Option<Instant>,
}

struct ListDecisions {
    organization_id: OrganizationId,
    filter: DecisionFilter,
}

impl Op for ListDecisions {
    type Out = Vec<DecisionView>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Vec<DecisionView>, AppError> {
        let records = store::decisions::list(tx, self.organization_id, &self.filter).await?;
        Ok(views(tx, self.organization_id, records).await?)
    }
}

struct DecisionsOfCase {
    organization_id: OrganizationId,
    case_id: CaseId,
    part: Part<DecisionId>,
    limit: u32,
    now: Instant,
}

impl Op for DecisionsOfCase {
    type Out = (Vec<DecisionView>, Since);
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<(Vec<DecisionView>, Since), AppError> {
        let (org, id) = (self.organization_id, self.case_id);
        store::cases::get(tx, org, id).await?.ok_or(AppError::NotFound("case"))?;
        let mut since = Since { position: position(tx, org, self.now).await?, reset: false };
        let mut part = self.part;
        if let Part::Since(place) = part {
            let changed = changed_since(tx, org, id, place, self.now).await?;
            let changed = changed.filter(|changed| changed.decisions.len() <= self.limit as usize);
            if let Some(changed) = changed {
                return Ok((by_id(tx, org, &changed.decisions).await?, since));
            }
            since.reset = true;
            part = Part::Before(None);
        }
        // One more than asked for tells whether the list goes on.
        let limit = self.limit.saturating_add(1);
        let records = match part {
            Part::After(after) => store::decisions::of_case(tx, org, id, after, limit).await?,
            Part::Before(before) => store::decisions::newest_of_case(tx, org, id, before, limit).await?,
            Part::Since(_) => Vec::new(),
        };
        Ok((views(tx, org, records).await?, since))
    }
}

/// These decisions, in the order given, those left out whose record was deleted.
pub(crate) async fn by_id(
    tx: &mut Tx,
    org: OrganizationId,
    ids: &[DecisionId],
) -> Result<Vec<DecisionView>, StoreError> {
    let mut records = Vec::with_capacity(ids.len());
    for id in ids {
        records.extend(store::decisions::get(tx, org, *id).await?);
    }
    views(tx, org, records).await
}

/// The decisions about these messages, which follow one another on a case, in either order; the newest message's
/// first.
pub(crate) async fn of_messages(
    tx: &mut Tx,
    org: OrganizationId,
    case: CaseId,
    messages: &[Message],
) -> Result<Vec<DecisionView>, StoreError> {
    let sequences = || messages.iter().map(|message| message.sequence);
    let (Some(first), Some(last)) = (sequences().min(), sequences().max()) else { return Ok(Vec::new()) };
    let records = store::decisions::of_sequences(tx, org, case, (first, last)).await?;
    views(tx, org, records).await
}

/// Adds sentence and due instant. The operator's activity moves the instant without touching the record, so it
/// is computed from what holds now.
async fn views(
    tx: &mut Tx,
    org: OrganizationId,
    records: Vec<Record>,
) -> Result<Vec<DecisionView>, StoreError> {
    let mut due: HashMap<CaseId, Option<Instant>> = HashMap::new();
    let mut views = Vec::with_capacity(records.len());
    for record in records {
        if record.outcome == Outcome::Watching && !due.contains_key(&record.case_id) {
            due.insert(record.case_id, due_at(tx, org, record.case_id).await?);
        }
        let due_at = match record.outcome {
            Outcome::Watching => due.get(&record.case_id).copied().flatten(),
            _ => None,
        };
        views.push(DecisionView { sentence: sentence(&record.facts), due_at, record });
    }
    Ok(views)
}

/// The decision about a customer's message as its readers see it; none if its record was deleted.
pub(crate) async fn view_of_message(
    tx: &mut Tx,
    org: OrganizationId,
    message: MessageId,
) -> Result<Option<DecisionView>, StoreError> {
    let record = store::decisions::get_of_message(tx, org, message).await?;
    Ok(views(tx, org, record.into_iter().collect()).await?.pop())
}

async fn due_at(tx: &mut Tx, org: OrganizationId, id: CaseId) -> Result<Option<Instant>, StoreError> {
    let Some(case) = store::cases::get(tx, org, id).await? else { return Ok(None) };
    let Some(operator_id) = case.assigned_operator_id else { return Ok(None) };
    let Some(user) = store::users::get(tx, org, operator_id).await? else { return Ok(None) };
    let personal = store::personal::get(tx, org, operator_id).await?;
    let setting = store::settings::get(tx, org).await?.setting;
    let threshold_ms = personal.threshold_ms(&user, &setting);
    Ok(case.watch.map(|watch| watch.due_at(&user.presence, threshold_ms)))
}

/// A decision on a case for the command line: with what the customer wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The decision.
    pub decision: DecisionView,
    /// When the customer's message came, or was sent if it was taken in late.
    pub received_at: Instant,
    /// What it said.
    pub message: String,
}

struct Explain {
    organization_id: OrganizationId,
    case_number: i64,
}

impl Op for Explain {
    type Out = Vec<Explanation>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Vec<Explanation>, AppError> {
        let org = self.organization_id;
        let case = store::cases::by_number(tx, org, self.case_number).await?;
        let case = case.ok_or(AppError::NotFound("case"))?;
        let records = store::decisions::of_case(tx, org, case.id, None, u32::MAX).await?;
        let mut explanations = Vec::with_capacity(records.len());
        for decision in views(tx, org, records).await? {
            let id = decision.record.message_id;
            let message = store::messages::get(tx, org, id).await?.ok_or(AppError::NotFound("message"))?;
            explanations.push(Explanation {
                received_at: message.received_at(),
                message: message.body,
                decision,
            });
        }
        Ok(explanations)
    }
}

impl App {
    /// The decisions of the caller's organization that match, newest first.
    pub async fn decisions(
        &self,
        caller: &Caller,
        filter: DecisionFilter,
    ) -> Result<Vec<DecisionView>, AppError> {
        caller.require_operator()?;
        self.read(ListDecisions { organization_id: caller.organization_id, filter }).await
    }

    /// The decisions of a case after one (none for all), oldest first, at most `limit`.
    pub async fn decisions_of_case(
        &self,
        caller: &Caller,
        case_id: CaseId,
        after: Option<DecisionId>,
        limit: u32,
    ) -> Result<Vec<DecisionView>, AppError> {
        let (mut decisions, _) = self.case_decisions(caller, case_id, Part::After(after), limit).await?;
        decisions.truncate(limit as usize);
        Ok(decisions)
    }

    /// A part of a case's decisions, and how to ask for what changes later; one more than `limit` if it goes on.
    pub async fn case_decisions(
        &self,
        caller: &Caller,
        case_id: CaseId,
        part: Part<DecisionId>,
        limit: u32,
    ) -> Result<(Vec<DecisionView>, Since), AppError> {
        caller.require_operator()?;
        let (organization_id, now) = (caller.organization_id, self.clock().now());
        self.read(DecisionsOfCase { organization_id, case_id, part, limit, now }).await
    }

    /// Every decision of the case with this number, oldest first: for the command line.
    pub async fn explain(
        &self,
        organization_id: OrganizationId,
        case_number: i64,
    ) -> Result<Vec<Explanation>, AppError> {
        self.read(Explain { organization_id, case_number }).await
    }
}
