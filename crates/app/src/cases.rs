//! Cases: list, open, look at, hand over, close, reopen.

use std::collections::HashMap;

use domain::auto_reply::Reason;
use domain::case::{Case, CaseStatus};
use domain::customer::Customer;
use domain::field::FieldErrors;
use domain::id::{CaseId, ChannelId, MessageId, UserId};
use domain::message::{MAX_BODY_UNITS, Message};
use domain::phone::PhoneNumber;
use domain::time::Instant;
use serde_json::json;
use sha2::{Digest, Sha256};
pub use store::cases::{Assigned, CaseFilter, Counts, Order};
use store::idempotency::Made;
use store::{Op, StoreError, Tx};

use crate::caller::Caller;
pub use crate::customers::MAX_NAME_CHARS;
use crate::error::{AppError, Conflict};
use crate::fail_point::fail_point;
use crate::judging::Desk;
use crate::lookup::KnownNumbers;
use crate::send_message::check_key;
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

struct GetCase {
    caller: Caller,
    id: CaseId,
}

impl Op for GetCase {
    type Out = CaseView;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<CaseView, AppError> {
        let case = store::cases::get(tx, self.caller.organization_id, self.id).await?;
        view(tx, &self.caller, case.ok_or(AppError::NotFound("case"))?).await
    }
}

async fn view(tx: &mut Tx, caller: &Caller, case: Case) -> Result<CaseView, AppError> {
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

/// What a new case needs.
#[derive(Clone, Debug, Default)]
pub struct NewCase {
    /// The customer's number as a person writes it.
    pub customer_phone: String,
    /// The customer's name; may be empty.
    pub customer_name: String,
    /// What it is about; may be empty.
    pub subject: String,
    /// Whose it is.
    pub assigned_operator_id: Option<UserId>,
    /// The number to text from; the organization's only one if it is not given.
    pub channel_id: Option<ChannelId>,
    /// The first text to the customer, if there is one: it is sent if, and only if, the case is made.
    pub message: Option<String>,
    /// The key under which the same request makes nothing again.
    pub idempotency_key: Option<String>,
}

struct CreateCase {
    env: Env,
    caller: Caller,
    new: NewCase,
    phone: PhoneNumber,
}

impl CreateCase {
    fn request_hash(&self) -> [u8; 32] {
        let NewCase { customer_name, subject, assigned_operator_id, channel_id, message, .. } = &self.new;
        let request = (&self.phone, customer_name, subject, assigned_operator_id, channel_id, message);
        Sha256::digest(json!(request).to_string()).into()
    }

    /// The case that this key made before, as it is now.
    async fn earlier(&self, tx: &mut Tx, hash: &[u8; 32], made: Made) -> Result<CaseView, AppError> {
        match made {
            Made::Case(id) if *hash == self.request_hash() => {
                GetCase { caller: self.caller, id }.run(tx).await
            }
            _ => Err(AppError::Conflict(
                Conflict::KeyUsed,
                "This Idempotency-Key was already used for another request. Use a new key for each case."
                    .to_owned(),
            )),
        }
    }
}

impl Op for CreateCase {
    type Out = CaseView;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<CaseView, AppError> {
        let org = self.caller.organization_id;
        let user_id = self.caller.user_id;
        let mut desk = Desk::open(tx, &self.env, org).await?;
        if let Some(key) = &self.new.idempotency_key
            && let Some((hash, made)) = store::idempotency::get(desk.tx, org, user_id, key).await?
        {
            return self.earlier(desk.tx, &hash, made).await;
        }
        let channel_id = desk.channel(self.new.channel_id).await?;
        if let Some(id) = self.new.assigned_operator_id {
            desk.assignable("assigned_operator_id", id).await?;
        }
        let customer = desk.named_customer(&self.phone, &self.new.customer_name).await?;
        let mut case = desk.open_case(customer, channel_id, self.new.subject.clone()).await?;
        case.assigned_operator_id = self.new.assigned_operator_id;
        if let Some(body) = &self.new.message {
            desk.write_to_customer(&mut case, user_id, body.clone()).await?;
        }
        desk.save(&case).await?;
        if let Some(key) = &self.new.idempotency_key {
            let (hash, made) = (self.request_hash(), Made::Case(case.id));
            store::idempotency::insert(desk.tx, org, user_id, key, &hash, made, desk.now).await?;
        }
        view(desk.tx, &self.caller, case).await
    }
}

impl Desk<'_> {
    /// The channel named, or the organization's only active one.
    async fn channel(&mut self, id: Option<ChannelId>) -> Result<ChannelId, AppError> {
        let channels = store::channels::list(self.tx, self.org).await?;
        let mut active = channels.iter().filter(|channel| channel.active);
        let found = match id {
            Some(id) => {
                active.find(|channel| channel.id == id).ok_or("is no active channel of this organization")
            }
            None => match (active.next(), active.next()) {
                (Some(only), None) => Ok(only),
                (None, _) => Err("is needed, but the organization has no active channel yet"),
                (Some(_), Some(_)) => Err("is needed: the organization has more than one channel"),
            },
        };
        found.map(|channel| channel.id).map_err(|message| AppError::field("channel_id", message))
    }

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

    async fn named_customer(&mut self, phone: &PhoneNumber, name: &str) -> Result<Customer, StoreError> {
        let known = store::customers::by_address(self.tx, self.org, phone.as_str()).await?;
        if let Some(mut customer) = known {
            if !name.is_empty() {
                self.rename_customer(&mut customer, name).await?;
            }
            return Ok(customer);
        }
        self.new_customer(phone.as_str(), name).await
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

    /// Opens a case with a customer, and writes to them if there is a first text. With an `Idempotency-Key` the same
    /// request returns the case that it made before.
    pub async fn case_create(&self, caller: &Caller, new: NewCase) -> Result<CaseView, AppError> {
        caller.require_operator()?;
        let known = self.read(KnownNumbers { organization_id: caller.organization_id }).await?;
        let mut errors = FieldErrors::new();
        let phone = errors.check("customer.phone", known.customers(&new.customer_phone));
        let customer_name = errors.line("customer.name", &new.customer_name, MAX_NAME_CHARS);
        let subject = errors.line("subject", &new.subject, MAX_SUBJECT_CHARS);
        let message = new.message.as_deref().and_then(|text| errors.text("message", text, MAX_BODY_UNITS));
        check_key(&mut errors, new.idempotency_key.as_deref());
        let new = NewCase {
            customer_name: customer_name.unwrap_or_default(),
            subject: subject.unwrap_or_default(),
            message,
            ..new
        };
        errors.finish()?;
        let Some(phone) = phone else {
            return Err(AppError::Internal("a phone number passed without being parsed".to_owned()));
        };
        let create = || CreateCase {
            env: self.env().clone(),
            caller: *caller,
            new: new.clone(),
            phone: phone.clone(),
        };
        let view = match self.write(create()).await {
            // The same request, sent again before it was answered, was faster.
            Err(AppError::Store(error)) if error.is_duplicate("idempotency_keys", "idempotency_key") => {
                self.write(create()).await?
            }
            other => other?,
        };
        fail_point("message_committed");
        Ok(view)
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
