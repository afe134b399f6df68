//! Customers as their data: finding them, giving out everything about one, erasing one.
//!
//! Guaranteed: an erasure is one transaction that holds the organization alone, so that nobody sees half of it;
//! afterwards no row bears the customer's name, texts, cases or number, but for the number of one who had opted
//! out (R15). Both are audited, without anything about the person. Not reached: what the carrier and backups keep.

use domain::case::Case;
use domain::customer::Customer;
use domain::field::FieldErrors;
use domain::id::{CaseId, CustomerId, OrganizationId, UserId};
use domain::message::{Author, Message};
use domain::phone::{self, PhoneNumber};
use domain::search::terms;
use domain::time::Instant;
use serde_json::{Value, json};
use store::{Op, StoreError, Tx};

use crate::audit::{Change, record};
use crate::caller::Caller;
use crate::decisions::{DecisionView, view_of_message};
use crate::error::{AppError, Conflict};
use crate::events::Event;
use crate::judging::Desk;
use crate::organizations::{self, Reading};
use crate::worker::ERASED_KEPT_MS;
use crate::{App, Env};

/// The longest name of a customer.
pub const MAX_NAME_CHARS: usize = 100;
/// The most characters of what is searched for.
const MAX_QUERY_CHARS: usize = 100;

/// Who works on a customer's data: somebody of the organization, or the command line.
#[derive(Clone, Copy, Debug)]
pub struct Actor {
    /// Whose customer.
    pub organization_id: OrganizationId,
    /// Who; nobody if it is the command line.
    pub user_id: Option<UserId>,
}

impl Actor {
    /// A System Admin, or a refusal.
    pub fn admin(caller: &Caller) -> Result<Self, AppError> {
        caller.require_system_admin()?;
        Ok(Self { organization_id: caller.organization_id, user_id: Some(caller.user_id) })
    }
}

struct ListCustomers {
    organization_id: OrganizationId,
    q: Option<String>,
    after: Option<CustomerId>,
    limit: u32,
}

impl Op for ListCustomers {
    type Out = Vec<Customer>;
    type Error = AppError;

    fn searches(&self) -> bool {
        self.q.is_some()
    }

    async fn run(&self, tx: &mut Tx) -> Result<Vec<Customer>, AppError> {
        let org = self.organization_id;
        let Some(q) = &self.q else {
            return Ok(store::customers::page(tx, org, &[], self.after, self.limit).await?);
        };
        let country = organizations::country(tx, org).await?;
        // A whole number goes by its index, however many customers there are.
        if let Ok(number) = phone::read(q, country)
            && let Some(found) = store::customers::by_address(tx, org, number.as_str()).await?
        {
            return Ok(if self.after.is_none_or(|after| found.id < after) {
                vec![found]
            } else {
                Vec::new()
            });
        }
        Ok(store::customers::page(tx, org, &terms(q, country), self.after, self.limit).await?)
    }
}

struct Rename {
    env: Env,
    caller: Caller,
    id: CustomerId,
    name: String,
}

impl Op for Rename {
    type Out = Customer;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Customer, AppError> {
        let mut desk = Desk::open(tx, &self.env, self.caller.organization_id).await?;
        let known = store::customers::get(desk.tx, desk.org, self.id).await?;
        let address = known.ok_or(AppError::NotFound("customer"))?.address;
        // Alone with the customer from here on: an opt-out that comes meanwhile must not be written over.
        let locked = store::customers::by_address(desk.tx, desk.org, &address).await?;
        let mut customer = locked.ok_or(AppError::NotFound("customer"))?;
        desk.rename_customer(&mut customer, &self.name).await?;
        Ok(customer)
    }
}

impl Desk<'_> {
    /// Gives a customer another name and tells the readers of all their cases.
    pub async fn rename_customer(&mut self, customer: &mut Customer, name: &str) -> Result<(), StoreError> {
        if customer.name == name {
            return Ok(());
        }
        name.clone_into(&mut customer.name);
        store::customers::update(self.tx, self.org, customer).await?;
        for id in store::cases::of_customer(self.tx, self.org, customer.id).await? {
            self.emit(Event::Case(id)).await?;
        }
        Ok(())
    }
}

/// The beginning of an export: the customer, and the cases whose messages follow.
#[derive(Clone, Debug)]
pub struct ExportStart {
    /// When it was begun.
    pub at: Instant,
    /// The customer.
    pub customer: Customer,
    /// All their cases, oldest first.
    pub cases: Vec<Case>,
}

struct StartExport {
    env: Env,
    actor: Actor,
    id: CustomerId,
}

impl Op for StartExport {
    type Out = ExportStart;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<ExportStart, AppError> {
        let org = self.actor.organization_id;
        let at = self.env.at(tx)?;
        let customer =
            store::customers::get(tx, org, self.id).await?.ok_or(AppError::NotFound("customer"))?;
        let mut cases = Vec::new();
        for id in store::cases::of_customer(tx, org, self.id).await? {
            cases.extend(store::cases::get(tx, org, id).await?);
        }
        let change = Change {
            actor: self.actor.user_id,
            action: "customer.export",
            subject: self.id.to_string(),
            before: Value::Null,
            after: json!({ "cases": cases.len() }),
        };
        record(tx, &self.env, org, at, change).await?;
        Ok(ExportStart { at, customer, cases })
    }
}

struct ExportMessages {
    organization_id: OrganizationId,
    case_id: CaseId,
    after_sequence: i64,
    limit: u32,
}

impl Op for ExportMessages {
    type Out = Vec<(Message, Option<DecisionView>)>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, AppError> {
        let org = self.organization_id;
        let messages =
            store::messages::page_of_case(tx, org, self.case_id, self.after_sequence, self.limit).await?;
        let mut found = Vec::with_capacity(messages.len());
        for message in messages {
            let decision = match message.author {
                Author::Customer => view_of_message(tx, org, message.id).await?,
                _ => None,
            };
            found.push((message, decision));
        }
        Ok(found)
    }
}

/// What an erasure did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erased {
    /// How many cases are gone.
    pub cases: usize,
    /// How many messages, in both directions.
    pub messages: u64,
    /// Whether the number is kept as opted out, and nothing else.
    pub opt_out_kept: bool,
}

struct Erase {
    env: Env,
    actor: Actor,
    id: CustomerId,
}

impl Op for Erase {
    type Out = Erased;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Erased, AppError> {
        let org = self.actor.organization_id;
        let mut desk = Desk::open_alone(tx, &self.env, org).await?;
        let customer =
            store::customers::get(desk.tx, org, self.id).await?.ok_or(AppError::NotFound("customer"))?;
        let on_their_way = store::outbox::of_customer(desk.tx, org, self.id).await?;
        if on_their_way.iter().any(|row| row.is_being_handed_over(desk.now)) {
            return Err(AppError::Conflict(
                Conflict::BeingHandedOver,
                "A message to this customer is being handed over to the carrier right now. Try again in half a minute."
                    .to_owned(),
            ));
        }
        store::outbox::delete_of_customer(desk.tx, org, self.id).await?;
        let cases = store::cases::of_customer(desk.tx, org, self.id).await?;
        let mut messages = 0;
        for case in &cases {
            messages += desk.erase_case(*case).await?;
        }
        let consent_at = store::customers::consent_at(desk.tx, org, self.id).await?;
        store::cases::delete_of_customer(desk.tx, org, self.id).await?;
        store::customers::delete(desk.tx, org, self.id).await?;
        store::erasure::keep_opt_out(desk.tx, org, &customer, consent_at).await?;
        let erased = Erased { cases: cases.len(), messages, opt_out_kept: customer.opted_out_at.is_some() };
        let change = Change {
            actor: self.actor.user_id,
            action: "customer.erase",
            subject: self.id.to_string(),
            before: json!({ "cases": erased.cases, "messages": erased.messages }),
            after: json!({ "opt_out_kept": erased.opt_out_kept }),
        };
        record(desk.tx, desk.env, org, desk.now, change).await?;
        Ok(erased)
    }
}

impl Desk<'_> {
    /// Empties a case, whose watch and timers then find nothing; answers how many messages it had.
    async fn erase_case(&mut self, id: CaseId) -> Result<u64, AppError> {
        let (org, now) = (self.org, self.now);
        let recent = now.plus_ms(-ERASED_KEPT_MS);
        for provider_id in store::messages::inbound_provider_ids(self.tx, org, id, recent).await? {
            store::erasure::add_message(self.tx, org, &provider_id, now).await?;
        }
        store::idempotency::delete_of_case(self.tx, org, id).await?;
        store::decisions::delete_of_case(self.tx, org, id).await?;
        store::claims::delete_of_case(self.tx, org, id).await?;
        store::secondaries::delete_of_case(self.tx, org, id).await?;
        let messages = store::messages::delete_of_case(self.tx, org, id).await?;
        self.emit(Event::Case(id)).await?;
        Ok(messages)
    }
}

struct FindByNumber {
    organization_id: OrganizationId,
    number: PhoneNumber,
}

impl Op for FindByNumber {
    type Out = CustomerId;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<CustomerId, AppError> {
        let found = store::customers::by_address(tx, self.organization_id, self.number.as_str()).await?;
        Ok(found.ok_or(AppError::NotFound("customer"))?.id)
    }
}

impl App {
    /// Customers by a whole number, or by words in their name and parts of their number; all of them without `q`. The
    /// newest first, at most `limit`.
    pub async fn customers(
        &self,
        caller: &Caller,
        q: Option<String>,
        after: Option<CustomerId>,
        limit: u32,
    ) -> Result<Vec<Customer>, AppError> {
        caller.require_system_admin()?;
        let q = q.map(|q| q.trim().to_owned()).filter(|q| !q.is_empty());
        let mut errors = FieldErrors::new();
        if q.as_ref().is_some_and(|q| q.chars().count() > MAX_QUERY_CHARS) {
            errors.add("q", format!("must have at most {MAX_QUERY_CHARS} characters"));
        }
        errors.finish()?;
        let search = ListCustomers { organization_id: caller.organization_id, q, after, limit };
        self.read(search).await.map_err(AppError::of_search)
    }

    /// Names a customer; an empty name takes it away. Their cases' readers are told. Names are the customer's data,
    /// which the audit log keeps out.
    pub async fn customer_rename(
        &self,
        caller: &Caller,
        id: CustomerId,
        name: &str,
    ) -> Result<Customer, AppError> {
        caller.require_operator()?;
        let mut errors = FieldErrors::new();
        let name = errors.line("name", name, MAX_NAME_CHARS);
        errors.finish()?;
        let name = name.unwrap_or_default();
        self.write(Rename { env: self.env().clone(), caller: *caller, id, name }).await
    }

    /// The id of the customer with this number: for the command line.
    pub async fn customer_with_number(
        &self,
        organization_id: OrganizationId,
        text: &str,
    ) -> Result<CustomerId, AppError> {
        let country = self.read(Reading { organization_id }).await?;
        let number =
            phone::read(text, country).map_err(|error| AppError::field("number", error.to_string()))?;
        self.read(FindByNumber { organization_id, number }).await
    }

    /// Begins to give out everything about a customer, which is audited.
    pub async fn export_start(&self, actor: Actor, id: CustomerId) -> Result<ExportStart, AppError> {
        self.write(StartExport { env: self.env().clone(), actor, id }).await
    }

    /// The next messages of a case with their decisions, oldest first, at most `limit`. Each call sees what is
    /// committed then.
    pub async fn export_messages(
        &self,
        organization_id: OrganizationId,
        case_id: CaseId,
        after_sequence: i64,
        limit: u32,
    ) -> Result<Vec<(Message, Option<DecisionView>)>, AppError> {
        self.read(ExportMessages { organization_id, case_id, after_sequence, limit }).await
    }

    /// Erases a customer: their name, cases, messages in both directions, decisions, and what was claimed and
    /// noted for them. A conflict while a message to them is being handed over.
    pub async fn customer_erase(&self, actor: Actor, id: CustomerId) -> Result<Erased, AppError> {
        self.write(Erase { env: self.env().clone(), actor, id }).await
    }
}
