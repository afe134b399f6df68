//! What became of a message at the carrier: its answers, its look-ups and its reports all end here.
//!
//! Delivery only moves forward. A report names our own signed message id, so it also tells the carrier's id of a
//! send whose answer was lost.

use ::channels::twilio::error_code;
use ::channels::twilio::status::CarrierStatus;
use domain::case::{Case, FailedMessage};
use domain::delivery::DeliveryStatus;
use domain::id::{MessageId, OrganizationId};
use domain::message::{Author, Message};
use domain::time::Instant;
use store::{Op, StoreError, Tx};

use crate::Env;
use crate::error::AppError;
use crate::events::Event;
use crate::judging::Desk;

/// The carrier's code for "the recipient opted out" (docs/carrier.md, "Sending").
const OPTED_OUT_CODE: u32 = 21610;

/// A report about one of our messages.
pub(crate) struct Report {
    pub env: Env,
    pub organization_id: OrganizationId,
    pub message_id: MessageId,
    pub provider_id: Option<String>,
    pub status: CarrierStatus,
    pub error_code: Option<u32>,
}

impl Op for Report {
    type Out = ();
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let mut desk = Desk::open(tx, &self.env, self.organization_id).await?;
        if let Some(provider_id) = &self.provider_id {
            let known = store::messages::by_provider_id(desk.tx, self.organization_id, provider_id).await?;
            if known.is_some_and(|known| known.id != self.message_id) {
                let id = self.message_id;
                tracing::warn!(%id, provider_id, "a report bears the id of another message; it changes nothing");
                return Ok(());
            }
        }
        desk.adopt(self.message_id, self.provider_id.as_deref(), self.status, self.error_code).await?;
        Ok(())
    }
}

impl Desk<'_> {
    /// The carrier has the message under this id, if it names one, and it has come this far: it leaves the outbox.
    pub async fn adopt(
        &mut self,
        id: MessageId,
        provider_id: Option<&str>,
        status: CarrierStatus,
        error_code: Option<u32>,
    ) -> Result<(), AppError> {
        // The outbox row first, as everywhere: two who wait for each other's row would be in each other's way.
        store::outbox::delete(self.tx, self.org, id).await?;
        let message = store::messages::get(self.tx, self.org, id).await?;
        let message = message.ok_or(AppError::NotFound("message"))?;
        match (&message.provider_id, provider_id) {
            (None, Some(provider_id)) => {
                store::messages::set_provider_id(self.tx, self.org, id, provider_id).await?;
            }
            (Some(known), Some(reported)) if known != reported => {
                tracing::warn!(%id, reported, "a report is about another message of the carrier; it changes nothing");
                return Ok(());
            }
            _ => {}
        }
        let error = match status.delivery_status() {
            DeliveryStatus::Failed => Some(explain(error_code)),
            _ => None,
        };
        if error_code == Some(OPTED_OUT_CODE) {
            self.opt_out_customer_of(&message).await?;
        }
        self.move_delivery(&message, status.delivery_status(), error.as_deref()).await?;
        Ok(())
    }

    /// Moves a message's delivery forward, if it is forward.
    pub async fn move_delivery(
        &mut self,
        message: &Message,
        status: DeliveryStatus,
        error: Option<&str>,
    ) -> Result<(), StoreError> {
        let known = message.delivery.as_ref().map(|delivery| delivery.status);
        if known.is_some_and(|known| known.may_become(status)) {
            store::messages::set_delivery(self.tx, self.org, message.id, status, error).await?;
            self.emit(Event::Message(message.case_id, message.id)).await?;
            if let (Author::Operator { .. }, Some(known)) = (&message.author, known) {
                self.tell_case(message, known, status).await?;
            }
        }
        Ok(())
    }

    /// A human message failed, or is unconfirmed, or is so no longer: its case says so, and its customer waits if
    /// nothing else answered them (rule book, section 2, "Waiting").
    async fn tell_case(
        &mut self,
        message: &Message,
        known: DeliveryStatus,
        status: DeliveryStatus,
    ) -> Result<(), StoreError> {
        let marks = known.needs_a_look() || status.needs_a_look();
        let answers = known.answers_nobody() != status.answers_nobody();
        if !marks && !answers {
            return Ok(());
        }
        let Some(before) = store::cases::get(self.tx, self.org, message.case_id).await? else {
            return Ok(());
        };
        let mut case = before.clone();
        if message.sequence == case.last_human_sequence {
            let failed = FailedMessage { id: message.id, status };
            case.failed_message = status.needs_a_look().then_some(failed);
        }
        if answers {
            case.waiting_since = self.waiting_since(&case).await?;
        }
        if case != before {
            self.save(&case).await?;
        }
        Ok(())
    }

    /// Since when the customer waits for a human, by the messages of the case: none if they are opted out, because
    /// nobody can answer them.
    pub async fn waiting_since(&mut self, case: &Case) -> Result<Option<Instant>, StoreError> {
        if case.customer.opted_out_at.is_some() {
            return Ok(None);
        }
        let answered = store::messages::last_human_answer_sequence(self.tx, self.org, case.id).await?;
        store::messages::oldest_customer_after(self.tx, self.org, case.id, answered).await
    }
}

/// What a failure means, in a sentence for the operator.
pub(crate) fn explain(error_code: Option<u32>) -> String {
    match error_code {
        Some(code) => error_code::explain(code).sentence,
        None => "The carrier reports that it could not be delivered and gives no reason.".to_owned(),
    }
}
