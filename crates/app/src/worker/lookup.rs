//! Finds out what became of an uncertain hand-over ("Sending without loss or doubling", docs/carrier.md).
//!
//! The carrier's list of messages to the customer is asked 20, 60 and 180 s after the attempt. The newest one
//! that nobody else here has, with the same text from the same number and not older than the attempt, is ours.
//! If two lists at least a minute apart have none, the message stays `unconfirmed`: an automatic reply is never
//! sent again, and an operator is told.

use ::channels::twilio::list::{CarrierMessage, Direction};
use domain::delivery::DeliveryStatus;
use domain::message::Author;
use domain::retry::LOOKUP_AFTER_MS;
use domain::time::{Instant, SECOND_MS};
use store::outbox::{Phase, Row};
use store::{Op, Tx};

use super::deliver::Found;
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

/// After this many look-ups it stays unconfirmed, even if the carrier's list never answered.
const MAX_LOOKUPS: i64 = 40;

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
    let started = lookup.row.attempt_started_at.unwrap_or(now);
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

struct RecordLookup {
    env: Env,
    row: Row,
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
        let Some(mut row) = row.filter(|row| row.lease_epoch == self.row.lease_epoch) else { return Ok(()) };
        for found in &self.candidates {
            let known = store::messages::by_provider_id(desk.tx, desk.org, &found.provider_id).await?;
            if known.is_none() {
                return desk.adopt(id, Some(&found.provider_id), found.status, found.error_code).await;
            }
        }
        row.lookups += 1;
        row.lookups_ok += i64::from(self.answered);
        let settled = row.lookups >= LOOKUP_AFTER_MS.len() as i64 && row.lookups_ok >= 2;
        if settled || row.lookups >= MAX_LOOKUPS {
            return desk.leave_unconfirmed(id).await;
        }
        row.lease_epoch += 1;
        row.due_at = next_lookup(&row, desk.now);
        if store::outbox::update(desk.tx, &row, self.row.lease_epoch).await? {
            // When it is asked again is news.
            desk.emit(Event::Message(row.case_id, id)).await?;
        }
        Ok(())
    }
}

/// From now on the carrier is asked instead of called.
pub(crate) fn become_uncertain(row: &mut Row, now: Instant) {
    row.phase = Phase::Unknown;
    row.lease_epoch += 1;
    row.lookups = 0;
    row.lookups_ok = 0;
    row.due_at = next_lookup(row, now);
}

/// When the next look-up is due: by the plan, then at its last step again and again.
fn next_lookup(row: &Row, now: Instant) -> Instant {
    let started = row.attempt_started_at.unwrap_or(now);
    match usize::try_from(row.lookups).ok().and_then(|done| LOOKUP_AFTER_MS.get(done)) {
        Some(after_ms) => started.plus_ms(*after_ms).max(now),
        None => now.plus_ms(LOOKUP_AFTER_MS[LOOKUP_AFTER_MS.len() - 1]),
    }
}

/// When the carrier is next offered a message that it did not take, or asked about one whose answer was lost; none
/// while it is being called, and for a message that has not been tried yet.
pub(crate) fn next_try(row: &Row) -> Option<Instant> {
    match row.phase {
        Phase::Queued => (row.attempts > 0).then_some(row.due_at),
        Phase::Attempting => None,
        Phase::Unknown => {
            // While it is looked up, the row is due when that takes too long.
            let planned = usize::try_from(row.lookups).ok().and_then(|done| LOOKUP_AFTER_MS.get(done));
            let planned = row.attempt_started_at.zip(planned);
            Some(planned.map_or(row.due_at, |(started, after_ms)| started.plus_ms(*after_ms)))
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
