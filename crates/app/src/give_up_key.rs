//! Giving up an `Idempotency-Key` whose request may have been lost: what it sent, or the certainty that it never will.
//!
//! Guaranteed: with no message answered, a request with this key that is still on its way is refused when it
//! arrives, for as long as keys are remembered. It locks the case, as sending does, so that the two take turns.

use domain::field::FieldErrors;
use domain::id::{CaseId, MessageId};
use domain::message::Message;
use store::idempotency::Made;
use store::{Op, Tx};
use uuid::Uuid;

use crate::caller::Caller;
use crate::error::AppError;
use crate::judging::Desk;
use crate::send_message::check_key;
use crate::{App, Env};

/// Stands for the request of a key that was given up: no request has this hash.
pub(crate) const NO_REQUEST: [u8; 32] = [0; 32];

struct GiveUpKey {
    env: Env,
    caller: Caller,
    case_id: CaseId,
    key: String,
}

impl Op for GiveUpKey {
    type Out = Option<Message>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Option<Message>, AppError> {
        let Caller { organization_id: org, user_id, .. } = self.caller;
        let desk = Desk::open(tx, &self.env, org).await?;
        store::cases::get(desk.tx, org, self.case_id).await?.ok_or(AppError::NotFound("case"))?;
        match store::idempotency::get(desk.tx, org, user_id, &self.key).await? {
            Some((NO_REQUEST, _)) => Ok(None),
            Some((_, Made::Case(_))) => Ok(None),
            Some((_, Made::Message(id))) => {
                let message = store::messages::get(desk.tx, org, id).await?;
                Ok(message.filter(|message| message.case_id == self.case_id))
            }
            None => {
                let nothing = Made::Message(MessageId(Uuid::nil()));
                store::idempotency::insert(desk.tx, org, user_id, &self.key, &NO_REQUEST, nothing, desk.now)
                    .await?;
                Ok(None)
            }
        }
    }
}

impl App {
    /// The message that this caller's key sent on the case; if it has sent none, it never will.
    pub async fn key_give_up(
        &self,
        caller: &Caller,
        case_id: CaseId,
        key: String,
    ) -> Result<Option<Message>, AppError> {
        caller.require_operator()?;
        let mut errors = FieldErrors::new();
        check_key(&mut errors, Some(&key));
        errors.finish()?;
        self.write(GiveUpKey { env: self.env().clone(), caller: *caller, case_id, key }).await
    }
}
