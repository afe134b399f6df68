//! A test text: whether a number sends, seen by sending (decision 0034).
//!
//! Guaranteed: it takes the way of every text through the outbox; it changes no case that was there before; its words
//! are fixed; an organization sends at most [`TESTS_AN_HOUR`] within an hour.

use domain::case::CaseStatus;
use domain::field::FieldErrors;
use domain::id::{ChannelId, MessageId};
use domain::message::{Author, Message};
use domain::phone::{PhoneNumber, display};
use domain::time::{HOUR_MS, Instant};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::audit::AuditFilter;
use store::idempotency::Made;
use store::{Op, StoreError, Tx};

use crate::audit::{Change, record};
use crate::caller::Caller;
use crate::channels::credentials;
use crate::error::{AppError, Conflict};
use crate::fail_point::fail_point;
use crate::judging::Desk;
use crate::lookup::{KnownNumbers, NoCustomersNumber};
use crate::messages::next_try_of;
use crate::seal::SecretKey;
use crate::send_message::check_key;
use crate::{App, Env};

/// How many an organization sends within an hour.
pub const TESTS_AN_HOUR: usize = 10;
/// How many of the newest changes of channels are looked through for them.
const LOOK_THROUGH: u32 = 200;
/// What the audit log calls it.
const ACTION: &str = "channel.test";
/// What its case is about.
const SUBJECT: &str = "Test text";

/// A test text and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestText {
    /// The message.
    pub message: Message,
    /// The number of its case.
    pub case_number: i64,
    /// To whom it goes.
    pub phone: String,
    /// See `messages::MessagesView::next_tries`.
    pub next_try_at: Option<Instant>,
}

struct SendTest {
    env: Env,
    secrets: SecretKey,
    caller: Caller,
    channel_id: ChannelId,
    phone: PhoneNumber,
    idempotency_key: Option<String>,
}

impl Op for SendTest {
    type Out = TestText;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<TestText, AppError> {
        let Caller { organization_id: org, user_id, .. } = self.caller;
        // Alone, so that two at once are both counted.
        let mut desk = Desk::open_alone(tx, &self.env, org).await?;
        let channel = store::channels::get(desk.tx, org, self.channel_id).await?;
        let channel = channel.ok_or(AppError::NotFound("channel"))?;
        if let Some(key) = &self.idempotency_key
            && let Some((hash, made)) = store::idempotency::get(desk.tx, org, user_id, key).await?
        {
            return self.earlier(desk.tx, &hash, made).await;
        }
        if !channel.active {
            return Err(AppError::Conflict(
                Conflict::ChannelNotActive,
                "This number is deactivated, so it sends nothing. Activate it, then send the test text."
                    .to_owned(),
            ));
        }
        // With a token that does not open, the text would wait in the outbox until an administrator mends that.
        credentials(desk.tx, &self.secrets, &channel).await?;
        desk.may_test().await?;
        let customer = desk.customer(self.phone.as_str()).await?;
        let mut case = desk.open_case(customer, channel.id, SUBJECT.to_owned()).await?;
        let body = desk.test_words(&channel.number).await?;
        let message = desk.write_to_customer(&mut case, user_id, body).await?;
        // Operators have nothing to do with it. An answer to it opens the case again, and R28 assigns it (R16).
        case.assigned_operator_id = None;
        case.status = CaseStatus::Closed;
        desk.save(&case).await?;
        if let Some(key) = &self.idempotency_key {
            let (hash, made) = (self.request_hash(), Made::Message(message.id));
            store::idempotency::insert(desk.tx, org, user_id, key, &hash, made, desk.now).await?;
        }
        let change = Change {
            actor: Some(user_id),
            action: ACTION,
            subject: channel.id.to_string(),
            before: Value::Null,
            // The case and not the phone: erasing the customer deletes the case, and the log names no person.
            after: json!({ "number": channel.number, "case": case.number }),
        };
        record(desk.tx, &self.env, org, desk.now, change).await?;
        view(desk.tx, &self.caller, channel.id, message.id).await
    }
}

impl SendTest {
    fn request_hash(&self) -> [u8; 32] {
        Sha256::digest(json!([ACTION, self.channel_id, self.phone]).to_string()).into()
    }

    /// The one that this key sent before, as it is now.
    async fn earlier(&self, tx: &mut Tx, hash: &[u8; 32], made: Made) -> Result<TestText, AppError> {
        match made {
            Made::Message(id) if *hash == self.request_hash() => {
                view(tx, &self.caller, self.channel_id, id).await
            }
            _ => Err(AppError::Conflict(
                Conflict::KeyUsed,
                "This Idempotency-Key was already used for another request. Use a new key for each test text."
                    .to_owned(),
            )),
        }
    }
}

impl Desk<'_> {
    /// Refuses one more than an organization sends within an hour, on all its numbers.
    async fn may_test(&mut self) -> Result<(), AppError> {
        let since = self.now.plus_ms(-HOUR_MS);
        let filter =
            AuditFilter { kind: Some("channel".to_owned()), from: Some(since), ..AuditFilter::default() };
        let newest = store::audit::page(self.tx, self.org, &filter, None, LOOK_THROUGH).await?;
        let mut tests = newest.iter().filter(|(entry, _)| entry.action == ACTION && entry.at > since);
        let Some((entry, _)) = tests.nth(TESTS_AN_HOUR - 1) else { return Ok(()) };
        let wait_ms = entry.at.since_ms(since).max(1);
        Err(AppError::TooMany { retry_after_s: wait_ms.unsigned_abs().div_ceil(1_000) })
    }

    async fn test_words(&mut self, number: &PhoneNumber) -> Result<String, StoreError> {
        let organization = store::organizations::get(self.tx, self.org).await?;
        let name = organization.map(|organization| organization.name).unwrap_or_default();
        let number = display(number.as_str());
        Ok(format!("This is a test text from {name}: texts from {number} arrive. You need not answer it."))
    }
}

/// A test text that the caller sent on this channel; any other message is `NotFound`.
async fn view(
    tx: &mut Tx,
    caller: &Caller,
    channel_id: ChannelId,
    id: MessageId,
) -> Result<TestText, AppError> {
    let org = caller.organization_id;
    let missing = || AppError::NotFound("test text");
    let message = store::messages::get(tx, org, id).await?.ok_or_else(missing)?;
    if !matches!(&message.author, Author::Operator { id, .. } if *id == caller.user_id) {
        return Err(missing());
    }
    let case = store::cases::get(tx, org, message.case_id).await?;
    let case = case.filter(|case| case.channel_id == channel_id).ok_or_else(missing)?;
    let next_try_at = next_try_of(tx, org, &message).await?;
    Ok(TestText { message, case_number: case.number, phone: case.customer.address, next_try_at })
}

struct GetTest {
    caller: Caller,
    channel_id: ChannelId,
    id: MessageId,
}

impl Op for GetTest {
    type Out = TestText;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<TestText, AppError> {
        view(tx, &self.caller, self.channel_id, self.id).await
    }
}

impl App {
    /// Sends a test text from a number to a phone, as a person writes it.
    pub async fn channel_test(
        &self,
        caller: &Caller,
        channel_id: ChannelId,
        phone: &str,
        idempotency_key: Option<String>,
    ) -> Result<TestText, AppError> {
        caller.require_system_admin()?;
        let numbers = self.read(KnownNumbers { organization_id: caller.organization_id }).await?;
        let mut errors = FieldErrors::new();
        check_key(&mut errors, idempotency_key.as_deref());
        let phone = errors.check(
            "phone",
            numbers.customers(phone).map_err(|error| match error {
                NoCustomersNumber::Own => {
                    "is one of your own numbers: enter that of another phone".to_owned()
                }
                NoCustomersNumber::Unreadable(error) => error.to_string(),
            }),
        );
        errors.finish()?;
        let Some(phone) = phone else {
            return Err(AppError::Internal("a checked field has no value".to_owned()));
        };
        let (env, secrets) = (self.env().clone(), self.secrets().clone());
        let send = SendTest { env, secrets, caller: *caller, channel_id, phone, idempotency_key };
        let sent = self.write(send).await?;
        fail_point("message_committed");
        Ok(sent)
    }

    /// What became of a test text that the caller sent.
    pub async fn channel_test_get(
        &self,
        caller: &Caller,
        channel_id: ChannelId,
        id: MessageId,
    ) -> Result<TestText, AppError> {
        caller.require_system_admin()?;
        self.read(GetTest { caller: *caller, channel_id, id }).await
    }
}
