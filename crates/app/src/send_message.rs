//! An operator writes to the customer: stored with its outbox row in one transaction, and once per
//! `Idempotency-Key`.

use domain::auto_reply::Reason;
use domain::case::{Case, CaseStatus};
use domain::customer::opted_out_clause;
use domain::field::FieldErrors;
use domain::id::{CaseId, MessageId, UserId};
use domain::message::{Author, MAX_BODY_UNITS, Message};
use sha2::{Digest, Sha256};
use store::idempotency::Made;
use store::{Op, Tx};

use crate::caller::Caller;
use crate::error::{AppError, Conflict};
use crate::fail_point::fail_point;
use crate::give_up_key::NO_REQUEST;
use crate::judging::Desk;
use crate::{App, Env};

/// The longest `Idempotency-Key`.
const MAX_KEY_CHARS: usize = 255;

struct SendMessage {
    env: Env,
    caller: Caller,
    case_id: CaseId,
    body: String,
    idempotency_key: Option<String>,
}

impl Op for SendMessage {
    type Out = Message;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Message, AppError> {
        let Caller { organization_id: org, user_id, .. } = self.caller;
        let mut desk = Desk::open(tx, &self.env, org).await?;
        let mut case =
            store::cases::get(desk.tx, org, self.case_id).await?.ok_or(AppError::NotFound("case"))?;
        if let Some(key) = &self.idempotency_key
            && let Some((hash, id)) = store::idempotency::get(desk.tx, org, user_id, key).await?
        {
            return self.earlier(desk.tx, &hash, id).await;
        }
        let message = desk.write_to_customer(&mut case, user_id, self.body.clone()).await?;
        desk.save(&case).await?;
        if let Some(key) = &self.idempotency_key {
            let (hash, made) = (self.request_hash(), Made::Message(message.id));
            store::idempotency::insert(desk.tx, org, user_id, key, &hash, made, desk.now).await?;
        }
        Ok(message)
    }
}

impl Desk<'_> {
    /// An operator's message on a case, which the caller saves: it ends a watch, reopens the case, and gives it to who
    /// writes unless it is somebody's (R16, R17, R24).
    pub async fn write_to_customer(
        &mut self,
        case: &mut Case,
        user_id: UserId,
        body: String,
    ) -> Result<Message, AppError> {
        if case.customer.opted_out_at.is_some() {
            return Err(AppError::Conflict(
                Conflict::OptedOut,
                format!(
                    "This cannot be sent: {}. It can be once they text START.",
                    opted_out_clause(case.customer.opted_out_by)
                ),
            ));
        }
        let user = store::users::get(self.tx, self.org, user_id).await?.ok_or(AppError::NotFound("user"))?;
        self.end_watch(case, Reason::Answered).await?;
        let id: MessageId = self.env.id(self.now);
        let author = Author::Operator { id: user_id, name: user.name };
        let message = self.commit_outbound(case, id, author, body).await?;
        case.status = CaseStatus::Open;
        if case.assigned_operator_id.is_some_and(|assigned| assigned != user_id) {
            store::secondaries::add(self.tx, self.org, case.id, user_id, self.now).await?;
        } else if case.assigned_operator_id.replace(user_id).is_none() {
            case.assigned_by = None;
            // Nobody covers their own case (R24).
            store::secondaries::remove(self.tx, self.org, case.id, user_id).await?;
        }
        case.last_human_sequence = message.sequence;
        case.last_human_at = Some(self.now);
        case.waiting_since = None;
        case.unanswered_since = None;
        case.loop_guarded = false;
        case.failed_message = None;
        Ok(message)
    }
}

impl SendMessage {
    fn request_hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.case_id.0.as_bytes());
        hash.update(self.body.as_bytes());
        hash.finalize().into()
    }

    /// The message that this key sent before.
    async fn earlier(&self, tx: &mut Tx, hash: &[u8; 32], made: Made) -> Result<Message, AppError> {
        if *hash == NO_REQUEST {
            return Err(AppError::Conflict(
                Conflict::KeyGivenUp,
                "This Idempotency-Key was given up before the message arrived, so nothing was sent. Use a new key."
                    .to_owned(),
            ));
        }
        match made {
            Made::Message(id) if *hash == self.request_hash() => {
                let message = store::messages::get(tx, self.caller.organization_id, id).await?;
                message.ok_or(AppError::NotFound("message"))
            }
            _ => Err(AppError::Conflict(
                Conflict::KeyUsed,
                "This Idempotency-Key was already used for another request. Use a new key for each message."
                    .to_owned(),
            )),
        }
    }
}

/// Holds a request's `Idempotency-Key` to its bounds.
pub(crate) fn check_key(errors: &mut FieldErrors, idempotency_key: Option<&str>) {
    if idempotency_key.is_some_and(|key| key.is_empty() || key.chars().count() > MAX_KEY_CHARS) {
        errors.add("Idempotency-Key", format!("must have 1 to {MAX_KEY_CHARS} characters"));
    }
}

impl App {
    /// Sends a message to the case's customer. An operator who texts on an unassigned case becomes its operator
    /// (R17), a closed case is reopened (R16), and a watch ends as `answered`.
    pub async fn message_send(
        &self,
        caller: &Caller,
        case_id: CaseId,
        body: String,
        idempotency_key: Option<String>,
    ) -> Result<Message, AppError> {
        caller.require_operator()?;
        let mut errors = FieldErrors::new();
        check_key(&mut errors, idempotency_key.as_deref());
        let body = errors.text("body", &body, MAX_BODY_UNITS);
        errors.finish()?;
        let body = body.unwrap_or_default();
        let send = SendMessage { env: self.env().clone(), caller: *caller, case_id, body, idempotency_key };
        let message = self.write(send).await?;
        fail_point("message_committed");
        Ok(message)
    }
}
