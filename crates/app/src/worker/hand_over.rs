//! The transaction immediately before hand-over: the last check (R19), and the commit of the attempt.
//!
//! The attempt is committed before the carrier is called. Whoever finds an attempt whose lease ran out knows
//! that the carrier may or may not have the message, and looks it up instead of sending it again.

use ::channels::twilio::client::Credentials;
use ::channels::twilio::send::Outgoing;
use domain::auto_reply::facts::HandOver;
use domain::auto_reply::{Layer, Reason, check_hand_over, decide};
use domain::case::Case;
use domain::channel::Channel;
use domain::customer::opted_out_clause;
use domain::delivery::DeliveryStatus;
use domain::message::{Author, Message};
use domain::outbox::{OutboxRow, Phase};
use domain::time::SECOND_MS;
use store::{Op, Tx};

use crate::channels::credentials;
use crate::error::AppError;
use crate::events::Event;
use crate::fail_point::fail_point;
use crate::judging::Desk;
use crate::seal::SecretKey;
use crate::{App, Env};

/// How long a message waits before it is looked whether its channel is still deactivated, or its auth token still does
/// not open.
const WAIT_MS: i64 = 30 * SECOND_MS;

/// How long the carrier may keep an automatic reply before it gives up, in seconds: a late one misleads.
const AUTO_REPLY_VALIDITY_S: u32 = 600;

/// What is to be done about a row that is due.
pub(super) enum Task {
    /// Call the carrier now, once.
    Send(Box<Attempt>),
    /// Ask the carrier whether it has the message.
    Lookup(Box<Lookup>),
    /// Nothing: it was cancelled, postponed, or is in other hands.
    Nothing,
}

/// A committed attempt.
pub(super) struct Attempt {
    pub row: OutboxRow,
    pub credentials: Credentials,
    pub outgoing: Outgoing,
}

/// What to ask the carrier for.
pub(super) struct Lookup {
    pub row: OutboxRow,
    pub credentials: Credentials,
    pub message: Message,
    /// The number that it was sent from.
    pub from: String,
    /// The customer's address.
    pub to: String,
}

/// Takes one due row in hand.
pub(super) struct TakeInHand {
    pub env: Env,
    pub secrets: SecretKey,
    pub public_url: String,
    pub row: OutboxRow,
}

impl Op for TakeInHand {
    type Out = Task;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Task, AppError> {
        let org = self.row.organization_id;
        let mut desk = Desk::open(tx, &self.env, org).await?;
        let row = store::outbox::get(desk.tx, org, self.row.message_id).await?;
        let Some(row) = row.filter(|row| row.is_due_as(&self.row, desk.now)) else {
            return Ok(Task::Nothing);
        };
        let message = store::messages::get(desk.tx, org, row.message_id).await?;
        let message = message.ok_or(AppError::NotFound("message"))?;
        let case = store::cases::get(desk.tx, org, row.case_id).await?.ok_or(AppError::NotFound("case"))?;
        let channel = store::channels::get(desk.tx, org, row.channel_id).await?;
        let channel = channel.ok_or(AppError::NotFound("channel"))?;
        match row.phase() {
            Phase::Queued => self.attempt(&mut desk, row, message, case, channel).await,
            // The process that made the attempt died, or its answer never came.
            Phase::Attempting => {
                if store::outbox::update(desk.tx, &row.lose_answer(desk.now)).await? {
                    desk.emit(Event::Message(case.id, message.id)).await?;
                }
                Ok(Task::Nothing)
            }
            Phase::Unknown => {
                let Some(credentials) = self.credentials(&mut desk, &channel).await? else {
                    return self.wait(&mut desk, row).await;
                };
                let change = row.look_up(desk.now);
                if !store::outbox::update(desk.tx, &change).await? {
                    return Ok(Task::Nothing);
                }
                Ok(Task::Lookup(Box::new(Lookup {
                    row: change.row().clone(),
                    credentials,
                    message,
                    from: channel.number.to_string(),
                    to: case.customer.address,
                })))
            }
        }
    }
}

impl TakeInHand {
    async fn attempt(
        &self,
        desk: &mut Desk<'_>,
        row: OutboxRow,
        message: Message,
        case: Case,
        channel: Channel,
    ) -> Result<Task, AppError> {
        if desk.cancelled(&message, &case).await? {
            return Ok(Task::Nothing);
        }
        let credentials = self.credentials(desk, &channel).await?.filter(|_| channel.active);
        let Some(credentials) = credentials else { return self.wait(desk, row).await };
        let change = row.attempt(desk.now);
        if !store::outbox::update(desk.tx, &change).await? {
            return Ok(Task::Nothing);
        }
        store::messages::hand_over(desk.tx, desk.org, message.id, desk.outside).await?;
        desk.emit(Event::Message(case.id, message.id)).await?;
        fail_point("attempt_written");
        let automatic = matches!(message.author, Author::AutoReply { .. });
        let signed = self.secrets.sign_ids(desk.org, message.id);
        let outgoing = Outgoing {
            from: channel.number.to_string(),
            to: case.customer.address.clone(),
            body: message.body,
            status_callback: Some(format!("{}/webhooks/twilio/status/{signed}", self.public_url)),
            validity_period_s: automatic.then_some(AUTO_REPLY_VALIDITY_S),
        };
        Ok(Task::Send(Box::new(Attempt { row: change.row().clone(), credentials, outgoing })))
    }
}

impl TakeInHand {
    /// None if the channel is paused because its auth token does not open here.
    async fn credentials(
        &self,
        desk: &mut Desk<'_>,
        channel: &Channel,
    ) -> Result<Option<Credentials>, AppError> {
        match credentials(desk.tx, &self.secrets, channel).await {
            Err(AppError::Sealed { .. }) => Ok(None),
            opened => opened.map(Some),
        }
    }

    /// Leaves the row as it is, for a while.
    async fn wait(&self, desk: &mut Desk<'_>, row: OutboxRow) -> Result<Task, AppError> {
        store::outbox::update(desk.tx, &row.put_off(desk.now.plus_ms(WAIT_MS))).await?;
        Ok(Task::Nothing)
    }
}

impl Desk<'_> {
    /// The check immediately before hand-over (R19): a message that must not go any more is cancelled.
    async fn cancelled(&mut self, message: &Message, case: &Case) -> Result<bool, AppError> {
        let opted_out = case.customer.opted_out_at.is_some();
        let Author::AutoReply { layer, .. } = message.author else {
            if opted_out {
                let why = format!("Before it was sent: {}.", opted_out_clause(case.customer.opted_out_by));
                self.cancel_delivery(message, &why).await?;
            }
            return Ok(opted_out);
        };
        let found = HandOver {
            at: self.now,
            decided_at: message.created_at,
            opted_out,
            opted_out_by: case.customer.opted_out_by,
            switched_off: self.switched_off(message, layer).await?,
            answered: case.last_human_sequence > message.sequence,
            restored: false,
        };
        if check_hand_over(&found).is_none() {
            return Ok(false);
        }
        self.cancel_reply(message, case, found).await?;
        Ok(true)
    }

    /// Whether the layer that spoke has been switched off since. A deactivated operator's own replies are inert.
    async fn switched_off(&mut self, message: &Message, layer: Layer) -> Result<bool, AppError> {
        if layer == Layer::Organization {
            return Ok(!store::settings::get(self.tx, self.org).await?.setting.enabled);
        }
        let records = store::decisions::by_reply(self.tx, self.org, message.id).await?;
        let operator_id = records.first().and_then(|record| record.facts.operator.as_ref()).map(|o| o.id);
        let Some(operator_id) = operator_id else { return Ok(true) };
        let operator = self.operator(operator_id).await?;
        Ok(operator.is_none_or(|(user, personal)| !user.active() || !personal.set_up(layer)))
    }

    /// Cancels an automatic reply: its absence is free again, and it counts nowhere.
    pub(crate) async fn cancel_reply(
        &mut self,
        message: &Message,
        case: &Case,
        found: HandOver,
    ) -> Result<(), AppError> {
        let mut reason = Reason::Outdated;
        for mut record in store::decisions::by_reply(self.tx, self.org, message.id).await? {
            record.facts.hand_over = Some(found);
            let decision = decide(&record.facts);
            reason = decision.reason;
            record.outcome = decision.outcome;
            record.reason = decision.reason;
            record.rule = decision.rule.to_string();
            record.decided_at = self.now;
            store::decisions::update(self.tx, self.org, &record).await?;
            self.emit(Event::Decision(case.id, record.id)).await?;
        }
        store::claims::release(self.tx, self.org, message.id).await?;
        self.cancel_delivery(message, &format!("Cancelled: {}.", reason.code())).await?;
        let mut case = case.clone();
        let last = store::messages::last_to_customer_sequence(self.tx, self.org, case.id).await?;
        case.unanswered_since =
            store::messages::oldest_customer_after(self.tx, self.org, case.id, last).await?;
        self.save(&case).await?;
        metrics::counter!("backsoon_replies_cancelled_total", "reason" => reason.code()).increment(1);
        Ok(())
    }

    async fn cancel_delivery(&mut self, message: &Message, why: &str) -> Result<(), AppError> {
        store::outbox::delete(self.tx, self.org, message.id).await?;
        self.move_delivery(message, DeliveryStatus::Cancelled, Some(why)).await?;
        Ok(())
    }
}

impl App {
    pub(super) async fn take_in_hand(&self, row: OutboxRow) -> Result<Task, AppError> {
        self.write(TakeInHand {
            env: self.env().clone(),
            secrets: self.secrets().clone(),
            public_url: self.public_url().to_owned(),
            row,
        })
        .await
    }
}
