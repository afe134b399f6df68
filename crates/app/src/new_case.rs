//! Opening a case with a customer, with or without a first text to them.

use domain::customer::Customer;
use domain::field::FieldErrors;
use domain::id::{ChannelId, UserId};
use domain::message::MAX_BODY_UNITS;
use domain::phone::PhoneNumber;
use serde_json::json;
use sha2::{Digest, Sha256};
use store::idempotency::Made;
use store::{Op, StoreError, Tx};

use crate::caller::Caller;
use crate::cases::{CaseView, GetCase, MAX_SUBJECT_CHARS, view};
use crate::customers::MAX_NAME_CHARS;
use crate::error::{AppError, Conflict};
use crate::fail_point::fail_point;
use crate::judging::Desk;
use crate::lookup::KnownNumbers;
use crate::send_message::check_key;
use crate::{App, Env};

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

impl App {
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
}
