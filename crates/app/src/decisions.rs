//! Reading decisions: every customer message has one, with its facts and one sentence (section 7).

use std::collections::HashMap;

use domain::auto_reply::Outcome;
use domain::auto_reply::explain::sentence;
use domain::id::{CaseId, DecisionId, MessageId, OrganizationId};
use domain::time::Instant;
pub use store::decisions::DecisionFilter;
use store::decisions::Record;
use store::{Op, StoreError, Tx};

use crate::App;
use crate::caller::Caller;
use crate::error::AppError;

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
    after: Option<DecisionId>,
    limit: u32,
}

impl Op for DecisionsOfCase {
    type Out = Vec<DecisionView>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Vec<DecisionView>, AppError> {
        let org = self.organization_id;
        store::cases::get(tx, org, self.case_id).await?.ok_or(AppError::NotFound("case"))?;
        let records = store::decisions::of_case(tx, org, self.case_id, self.after, self.limit).await?;
        Ok(views(tx, org, records).await?)
    }
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

    /// The decisions of a case, oldest first, at most `limit`.
    pub async fn decisions_of_case(
        &self,
        caller: &Caller,
        case_id: CaseId,
        after: Option<DecisionId>,
        limit: u32,
    ) -> Result<Vec<DecisionView>, AppError> {
        caller.require_operator()?;
        let organization_id = caller.organization_id;
        self.read(DecisionsOfCase { organization_id, case_id, after, limit }).await
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
