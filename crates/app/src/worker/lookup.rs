//! Finds out what became of an uncertain hand-over ("Sending without loss or doubling", docs/carrier.md).
//!
//! The carrier's list of messages to the customer is asked 20, 60 and 180 s after the attempt. The newest one
//! that nobody else here has, with the same text from the same number and not older than the attempt, is ours.
//! If two lists at least a minute apart have none, the message stays `unconfirmed`: an automatic reply is never
//! sent again, and an operator is told.

use ::channels::twilio::list::{CarrierMessage, Direction};
use ::channels::twilio::status::CarrierStatus;
use domain::delivery::DeliveryStatus;
use domain::message::Author;
use domain::outbox::{NotFound, OutboxRow};
use domain::time::{Instant, SECOND_MS};
use store::{Op, Tx};

use super::hand_over::Lookup;
use crate::error::AppError;
use crate::events::Event;
use crate::fail_point::fail_point;
use crate::judging::Desk;
use crate::{App, Env};

/// How many of the newest messages to the customer are looked at.
const PAGE: u32 = 50;

/// How far the carrier's clock may stand from ours, and its list lag behind.
const SKEW_MS: i64 = 60 * SECOND_MS;

impl App {
    pub(super) async fn look_up(&self, lookup: Lookup) -> Result<(), AppError> {
        fail_point("lookup_committed");
        let listed = self.carrier().list_to(&lookup.credentials, &lookup.to, PAGE).await;
        fail_point("listed");
        let candidates = match &listed {
            Ok(messages) => candidates(messages, &lookup, self.clock().now()),
            Err(error) => {
                tracing::warn!(id = %lookup.row.message_id, %error, "the carrier's list did not answer");
                Vec::new()
            }
        };
        let answered = listed.is_ok();
        self.write(RecordLookup { env: self.env().clone(), row: lookup.row, answered, candidates }).await?;
        fail_point("lookup_recorded");
        Ok(())
    }
}

/// Those that may be ours, newest first. Ages are taken on the carrier's own clock, because ours may be simulated.
fn candidates(listed: &[CarrierMessage], lookup: &Lookup, now: Instant) -> Vec<Found> {
    let started = lookup.row.attempt_started_at().unwrap_or(now);
    let age_ms = now.since_ms(started) + SKEW_MS;
    listed
        .iter()
        .filter(|found| found.direction == Direction::Outbound && found.body == lookup.message.body)
        .filter(|found| found.from.is_empty() || found.from == lookup.from)
        .filter(|found| found.age_ms.is_none_or(|found_age_ms| found_age_ms <= age_ms))
        .map(|found| Found {
            provider_id: found.provider_id.clone(),
            status: found.status,
            error_code: found.error_code,
        })
        .collect()
}

/// What a message found at the carrier by a look-up is, and how far it has come.
struct Found {
    provider_id: String,
    status: CarrierStatus,
    error_code: Option<u32>,
}

struct RecordLookup {
    env: Env,
    row: OutboxRow,
    answered: bool,
    candidates: Vec<Found>,
}

impl Op for RecordLookup {
    type Out = ();
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let mut desk = Desk::open(tx, &self.env, self.row.organization_id).await?;
        let id = self.row.message_id;
        let row = store::outbox::get(desk.tx, desk.org, id).await?;
        let Some(row) = row.filter(|row| row.has_lease_of(&self.row)) else { return Ok(()) };
        for found in &self.candidates {
            let known = store::messages::by_provider_id(desk.tx, desk.org, &found.provider_id).await?;
            if known.is_none() {
                return desk.adopt(id, Some(&found.provider_id), found.status, found.error_code).await;
            }
        }
        match row.not_found(self.answered, desk.now) {
            NotFound::GiveUp => desk.leave_unconfirmed(id).await,
            NotFound::Again(change) => {
                if store::outbox::update(desk.tx, &change).await? {
                    // When it is asked again is news.
                    desk.emit(Event::Message(self.row.case_id, id)).await?;
                }
                Ok(())
            }
        }
    }
}

impl Desk<'_> {
    async fn leave_unconfirmed(&mut self, id: domain::id::MessageId) -> Result<(), AppError> {
        store::outbox::delete(self.tx, self.org, id).await?;
        let message = store::messages::get(self.tx, self.org, id).await?;
        let message = message.ok_or(AppError::NotFound("message"))?;
        let why = match message.author {
            Author::AutoReply { .. } => {
                "The carrier's answer was lost and it does not list the message. It is not sent again, so that the customer cannot get it twice."
            }
            _ => {
                "The carrier's answer was lost and it does not list the message. If the customer does not have it, send it again."
            }
        };
        self.move_delivery(&message, DeliveryStatus::Unconfirmed, Some(why)).await?;
        Ok(())
    }
}
