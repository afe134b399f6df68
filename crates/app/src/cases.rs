//! Cases: list, open, look at, hand over, close, reopen.

use std::collections::HashMap;

use domain::auto_reply::Reason;
use domain::case::{Case, CaseStatus};
use domain::field::FieldErrors;
use domain::id::{CaseId, ChannelId, MessageId, UserId};
use domain::message::Message;
use domain::time::Instant;
pub use store::cases::{Assigned, CaseFilter, Counts, Order};
use store::{Op, StoreError, Tx};

use crate::caller::Caller;
pub use crate::customers::MAX_NAME_CHARS;
use crate::error::AppError;
use crate::judging::Desk;
use crate::{App, Env, organizations};

/// The longest subject.
pub const MAX_SUBJECT_CHARS: usize = 200;
/// How many cases are read at once when all of somebody are handed over.
const HANDED_AT_ONCE: u32 = 200;

/// A case as its readers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseView {
    /// The case.
    pub case: Case,
    /// The assigned operator's name.
    pub operator_name: Option<String>,
    /// Its secondary operators, with their names.
    pub secondary_operators: Vec<(UserId, String)>,
    /// The number that it is held on.
    pub channel_number: String,
    /// The newest message.
    pub last_message: Option<Message>,
    /// Why it is watched, and when the reply falls due if nothing else happens; no instant while nobody is
    /// assigned.
    pub watch: Option<(Reason, Option<Instant>)>,
}

struct ListCases {
    caller: Caller,
    filter: CaseFilter,
}

impl Op for ListCases {
    type Out = Vec<CaseView>;
    type Error = AppError;

    fn searches(&self) -> bool {
        self.filter.q.is_some()
    }

    async fn run(&self, tx: &mut Tx) -> Result<Vec<CaseView>, AppError> {
        let org = self.caller.organization_id;
        let country = match self.filter.q {
            Some(_) => organizations::country(tx, org).await?,
            None => None,
        };
        let cases = store::cases::list(tx, org, &CaseFilter { country, ..self.filter.clone() }).await?;
        Ok(views(tx, &self.caller, cases).await?)
    }
}

pub(crate) struct GetCase {
    pub caller: Caller,
    pub id: CaseId,
}

impl Op for GetCase {
    type Out = CaseView;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<CaseView, AppError> {
        let case = store::cases::get(tx, self.caller.organization_id, self.id).await?;
        view(tx, &self.caller, case.ok_or(AppError::NotFound("case"))?).await
    }
}

pub(crate) async fn view(tx: &mut Tx, caller: &Caller, case: Case) -> Result<CaseView, AppError> {
    let mut views = views(tx, caller, vec![case]).await?;
    views.pop().ok_or_else(|| AppError::Internal("one case gave no view".to_owned()))
}

/// Adds to the cases what their readers see.
pub(crate) async fn views(
    tx: &mut Tx,
    caller: &Caller,
    cases: Vec<Case>,
) -> Result<Vec<CaseView>, StoreError> {
    let org = caller.organization_id;
    let ids: Vec<CaseId> = cases.iter().map(|case| case.id).collect();
    let mut last_messages: HashMap<CaseId, Message> = store::messages::last_of_cases(tx, org, &ids)
        .await?
        .into_iter()
        .map(|message| (message.case_id, message))
        .collect();
    let numbers: HashMap<ChannelId, String> = store::channels::list(tx, org)
        .await?
        .into_iter()
        .map(|channel| (channel.id, channel.number.to_string()))
        .collect();
    let setting = store::settings::get(tx, org).await?.setting;
    let mut operators: HashMap<UserId, (String, i64, domain::presence::Presence)> = HashMap::new();
    let mut views = Vec::with_capacity(cases.len());
    for case in cases {
        if let Some(id) = case.assigned_operator_id
            && !operators.contains_key(&id)
            && let Some(user) = store::users::get(tx, org, id).await?
        {
            let personal = store::personal::get(tx, org, id).await?;
            let threshold_ms = personal.threshold_ms(&user, &setting);
            operators.insert(id, (user.name, threshold_ms, user.presence));
        }
        let operator = case.assigned_operator_id.and_then(|id| operators.get(&id));
        let watch = case.watch.map(|watch| match operator {
            None => (Reason::Unassigned, None),
            Some((_, threshold_ms, presence)) => {
                (Reason::OperatorActive, Some(watch.due_at(presence, *threshold_ms)))
            }
        });
        let mut secondary_operators = Vec::new();
        for id in store::secondaries::of_case(tx, org, case.id).await? {
            let name = store::users::get(tx, org, id).await?.map(|user| user.name);
            secondary_operators.push((id, name.unwrap_or_default()));
        }
        views.push(CaseView {
            secondary_operators,
            operator_name: operator.map(|(name, ..)| name.clone()),
            channel_number: numbers.get(&case.channel_id).cloned().unwrap_or_default(),
            last_message: last_messages.remove(&case.id),
            watch,
            case,
        });
    }
    Ok(views)
}

impl Desk<'_> {
    /// Refuses to assign to somebody who cannot work on cases.
    pub async fn assignable(&mut self, field: &str, id: UserId) -> Result<(), AppError> {
        let user = store::users::get(self.tx, self.org, id).await?;
        if user.is_some_and(|user| user.active() && user.roles.operator) {
            return Ok(());
        }
        Err(AppError::field(field, "is no active operator of this organization"))
    }

    /// Hands a case to an operator or to nobody; its watch goes with it (R17).
    async fn assign(&mut self, case: &mut Case, to: Option<UserId>) -> Result<(), StoreError> {
        case.assigned_operator_id = to;
        case.assigned_by = None;
        case.seen_sequence = 0;
        if let Some(id) = to {
            store::secondaries::remove(self.tx, self.org, case.id, id).await?;
        }
        self.hand_watch_over(case).await
    }

    /// Hands all open cases of an operator over and returns how many there were.
    pub async fn hand_over(&mut self, from: UserId, to: Option<UserId>) -> Result<u64, StoreError> {
        let filter = store::cases::CaseFilter {
            status: Some(CaseStatus::Open),
            assigned: Some(Assigned::To(from)),
            limit: HANDED_AT_ONCE,
            ..CaseFilter::default()
        };
        let mut count = 0;
        loop {
            let found = store::cases::list(self.tx, self.org, &filter).await?;
            for case in &found {
                // Read anew with its customer's cases held, so that nobody changes it meanwhile.
                let Some(mut case) = store::cases::get(self.tx, self.org, case.id).await? else { continue };
                self.assign(&mut case, to).await?;
                self.save(&case).await?;
                count += 1;
            }
            if found.len() < HANDED_AT_ONCE as usize {
                return Ok(count);
            }
        }
    }
}

/// A change of a case: what is given is changed.
#[derive(Clone, Debug, Default)]
pub struct CasePatch {
    /// Hand it to this operator, or to nobody.
    pub assigned_operator_id: Option<Option<UserId>>,
    /// Close or reopen it.
    pub status: Option<CaseStatus>,
    /// Rename it.
    pub subject: Option<String>,
}

struct UpdateCase {
    env: Env,
    caller: Caller,
    id: CaseId,
    patch: CasePatch,
}

impl Op for UpdateCase {
    type Out = CaseView;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<CaseView, AppError> {
        let org = self.caller.organization_id;
        let mut desk = Desk::open(tx, &self.env, org).await?;
        let before = store::cases::get(desk.tx, org, self.id).await?.ok_or(AppError::NotFound("case"))?;
        let mut case = before.clone();
        if let Some(subject) = &self.patch.subject {
            case.subject = subject.trim().to_owned();
            if case.subject != before.subject {
                store::cases::find_by_subject(desk.tx, org, &case).await?;
            }
        }
        if let Some(status) = self.patch.status {
            if status == CaseStatus::Closed && case.status == CaseStatus::Open {
                desk.end_watch(&mut case, Reason::Closed).await?;
            }
            case.status = status;
        }
        if let Some(assigned) = self.patch.assigned_operator_id
            && assigned != case.assigned_operator_id
        {
            if let Some(id) = assigned {
                desk.assignable("assigned_operator_id", id).await?;
            }
            desk.assign(&mut case, assigned).await?;
        }
        if case != before {
            desk.save(&case).await?;
        }
        view(desk.tx, &self.caller, case).await
    }
}

struct SeeCase {
    env: Env,
    caller: Caller,
    id: CaseId,
}

impl Op for SeeCase {
    type Out = ();
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let org = self.caller.organization_id;
        let mut desk = Desk::open(tx, &self.env, org).await?;
        let mut case = store::cases::get(desk.tx, org, self.id).await?.ok_or(AppError::NotFound("case"))?;
        if case.assigned_operator_id != Some(self.caller.user_id) || case.seen_sequence == case.last_sequence
        {
            return Ok(());
        }
        case.seen_sequence = case.last_sequence;
        desk.end_watch(&mut case, Reason::Seen).await?;
        Ok(desk.save(&case).await?)
    }
}

/// How many cases are counted; more are as many.
pub const COUNT_LIMIT: u32 = 1_000;

/// How many cases there are: the caller's own, nobody's, and all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaseCounts {
    /// The caller's.
    pub mine: Counts,
    /// Nobody's.
    pub unassigned: Counts,
    /// The organization's.
    pub all: Counts,
}

struct CountCases {
    caller: Caller,
}

impl Op for CountCases {
    type Out = CaseCounts;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<CaseCounts, AppError> {
        let Caller { organization_id: org, user_id, .. } = self.caller;
        Ok(CaseCounts {
            mine: store::cases::counts(tx, org, Some(Assigned::To(user_id)), COUNT_LIMIT).await?,
            unassigned: store::cases::counts(tx, org, Some(Assigned::Nobody), COUNT_LIMIT).await?,
            all: store::cases::counts(tx, org, None, COUNT_LIMIT).await?,
        })
    }
}

struct DismissFailed {
    env: Env,
    caller: Caller,
    id: CaseId,
    message_id: MessageId,
}

impl Op for DismissFailed {
    type Out = CaseView;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<CaseView, AppError> {
        let org = self.caller.organization_id;
        let mut desk = Desk::open(tx, &self.env, org).await?;
        let message = store::messages::get(desk.tx, org, self.message_id).await?;
        let mut case = store::cases::get(desk.tx, org, self.id).await?.ok_or(AppError::NotFound("case"))?;
        // One that was deleted for its age can be dismissed all the same.
        if message.is_some_and(|message| message.case_id != self.id) {
            return Err(AppError::NotFound("message"));
        }
        if case.failed_message.is_some_and(|failed| failed.id == self.message_id) {
            case.failed_message = None;
            desk.save(&case).await?;
        }
        view(desk.tx, &self.caller, case).await
    }
}

/// The operators of an organization, for menus and filters.
struct ListOperators {
    caller: Caller,
}

impl Op for ListOperators {
    type Out = Vec<domain::user::User>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Vec<domain::user::User>, AppError> {
        Ok(store::users::operators(tx, self.caller.organization_id).await?)
    }
}

impl App {
    /// The cases that match, in the order asked for.
    pub async fn case_list(&self, caller: &Caller, filter: CaseFilter) -> Result<Vec<CaseView>, AppError> {
        caller.require_operator()?;
        self.read(ListCases { caller: *caller, filter }).await.map_err(AppError::of_search)
    }

    /// How many cases there are, each kind counted up to [`COUNT_LIMIT`]. Every change of them is told by an event
    /// `case`. Numbers are everybody's: also a System Admin who reads no customer's words is to see that nobody
    /// answers them (decision 0031).
    pub async fn case_counts(&self, caller: &Caller) -> Result<CaseCounts, AppError> {
        self.read(CountCases { caller: *caller }).await
    }

    /// An operator has taken note that this message failed or is unconfirmed: its case says so no longer. Another
    /// message than the one that it names changes nothing. Whether the customer waits is not touched.
    pub async fn failed_message_dismiss(
        &self,
        caller: &Caller,
        id: CaseId,
        message_id: MessageId,
    ) -> Result<CaseView, AppError> {
        caller.require_operator()?;
        self.write(DismissFailed { env: self.env().clone(), caller: *caller, id, message_id }).await
    }

    /// One case.
    pub async fn case_get(&self, caller: &Caller, id: CaseId) -> Result<CaseView, AppError> {
        caller.require_operator()?;
        self.read(GetCase { caller: *caller, id }).await
    }

    /// Hands a case over, closes, reopens or renames it (R16, R17).
    pub async fn case_update(
        &self,
        caller: &Caller,
        id: CaseId,
        patch: CasePatch,
    ) -> Result<CaseView, AppError> {
        caller.require_operator()?;
        let mut errors = FieldErrors::new();
        if let Some(subject) = &patch.subject {
            errors.line("subject", subject, MAX_SUBJECT_CHARS);
        }
        errors.finish()?;
        self.write(UpdateCase { env: self.env().clone(), caller: *caller, id, patch }).await
    }

    /// The caller opened the case. If it is theirs, its customer messages so far are seen, and a watch ends.
    /// It is activity for any operator.
    pub async fn case_seen(&self, caller: &Caller, id: CaseId) -> Result<(), AppError> {
        caller.require_operator()?;
        self.write(SeeCase { env: self.env().clone(), caller: *caller, id }).await?;
        self.activity(caller, domain::presence::ActivityKind::Request).await
    }

    /// The operators of the caller's organization, deactivated ones included.
    pub async fn operators(&self, caller: &Caller) -> Result<Vec<domain::user::User>, AppError> {
        self.read(ListOperators { caller: *caller }).await
    }
}
