//! Brings the outbox to the carrier: at most one message at a time to one customer from one number, several
//! customers side by side.
//!
//! An answer that says "not processed" is tried again; a refusal is final; anything uncertain is looked up
//! (`lookup`), never sent again.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant as RealInstant};

use ::channels::twilio::send::SendOutcome;
use domain::delivery::DeliveryStatus;
use domain::id::{ChannelId, MessageId};
use domain::outbox::{OutboxRow, Phase};
use domain::segment;
use rand::Rng;
use store::{Op, Tx};
use tokio::task::JoinSet;

use super::Worker;
use super::hand_over::{Attempt, Task};
use crate::delivery_status::explain;
use crate::error::AppError;
use crate::events::Event;
use crate::fail_point::fail_point;
use crate::judging::Desk;
use crate::{App, Env};

/// How many hand-overs are under way at once.
const AT_ONCE: usize = 16;

/// How many due rows one look sees: more than can be taken at once, because a look costs more than a hand-over.
const LOOK: u32 = 100;

/// The most that one look sees, when all before it has to pause.
const LOOK_MOST: u32 = 6_400;

/// How long a message is put off that could not be worked on, by the app's clock.
const PUT_OFF_MS: i64 = 30_000;

/// How long what the carrier answered is held ready while the database cannot take it, in real time. Together with
/// the call itself (10 s at most) it ends before the lease does, after which others look the message up.
const HOLD_ANSWER: Duration = Duration::from_secs(15);

/// How long to wait before trying again what the database could not take, in real time.
const TRY_AGAIN: Duration = Duration::from_millis(250);

/// How soon it looks for more while hand-overs are under way, in real time.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Segments that a number may send in a burst, and then per second: a long code sends one a second, and the carrier
/// queues the rest (docs/carrier.md, "Sending").
const BURST_SEGMENTS: f64 = 30.0;
const SEGMENTS_PER_SECOND: f64 = 1.0;

/// Paces each sending number by segments, on real time: it spares the carrier's queue, not our clock.
#[derive(Default)]
pub(super) struct Pacing(Mutex<HashMap<ChannelId, (f64, RealInstant)>>);

impl Pacing {
    /// Takes the segments out of the number's bucket; a message may overdraw it, the next one then waits.
    fn take(&self, channel_id: ChannelId, segments: usize) {
        let mut buckets = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let (tokens, _) = refilled(&mut buckets, channel_id);
        *tokens -= segments as f64;
    }

    fn may_send(&self, channel_id: ChannelId) -> bool {
        let mut buckets = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        *refilled(&mut buckets, channel_id).0 > 0.0
    }
}

fn refilled(
    buckets: &mut HashMap<ChannelId, (f64, RealInstant)>,
    channel_id: ChannelId,
) -> (&mut f64, &mut RealInstant) {
    let now = RealInstant::now();
    let (tokens, at) = buckets.entry(channel_id).or_insert((BURST_SEGMENTS, now));
    *tokens = (*tokens + at.elapsed().as_secs_f64() * SEGMENTS_PER_SECOND).min(BURST_SEGMENTS);
    *at = now;
    (tokens, at)
}

struct DueRows {
    env: Env,
    limit: u32,
}

impl Op for DueRows {
    type Out = Vec<OutboxRow>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Vec<OutboxRow>, AppError> {
        let now = self.env.at(tx)?;
        Ok(store::outbox::due(tx, now, self.limit).await?)
    }
}

impl App {
    /// Works off what is due now, until nothing more is or every sender has to pause. A hand-over that hangs
    /// holds up its own customer only: what becomes due meanwhile is taken in hand beside it. One that cannot be
    /// worked on (its row is corrupt) is put off and holds up nobody. If the database
    /// cannot be read, what is in hand is finished first: giving it up would leave it uncertain.
    pub(super) async fn deliver_due(&self) -> Result<(), AppError> {
        let mut set = JoinSet::new();
        let mut in_hand = HashSet::new();
        // What the last look saw and nobody has in hand yet. It may be out of date: taking in hand reads a row anew.
        let mut seen = VecDeque::new();
        loop {
            self.0.worker.health.alive(Worker::Outbox);
            if seen.is_empty() && in_hand.len() < AT_ONCE {
                seen = match self.due_rows(&in_hand).await {
                    Err(error) if set.is_empty() => return Err(error),
                    rows => rows.unwrap_or_default().into(),
                };
            }
            while in_hand.len() < AT_ONCE
                && !self.0.worker.stopping.load(Ordering::Relaxed)
                && let Some(row) = seen.pop_front()
            {
                if !self.may_go(&row) {
                    continue;
                }
                in_hand.insert(row.message_id);
                let app = self.clone();
                set.spawn(async move {
                    let id = row.message_id;
                    match app.deliver(row.clone()).await {
                        Ok(()) => {}
                        // It is the database's trouble, not the message's: it is due again at once.
                        Err(error) if error.is_unavailable() => tokio::time::sleep(TRY_AGAIN).await,
                        Err(error) => {
                            tracing::error!(%id, error = error.log_text(), "a message could not be worked on");
                            app.put_off(row).await;
                        }
                    }
                    id
                });
            }
            if set.is_empty() {
                return Ok(());
            }
            tokio::select! {
                Some(done) = set.join_next() => {
                    match done {
                        Ok(id) => drop(in_hand.remove(&id)),
                        // It stays in hand until this is over, and its lease runs out.
                        Err(error) => tracing::error!(%error, "a hand-over ended abnormally"),
                    }
                }
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
    }

    /// Whether its number may send now, if it has to be sent.
    fn may_go(&self, row: &OutboxRow) -> bool {
        row.phase() != Phase::Queued
            || self.clock().is_manual()
            || self.0.worker.pacing.may_send(row.channel_id)
    }

    /// The rows that can be taken in hand now, beside those that are.
    async fn due_rows(&self, in_hand: &HashSet<MessageId>) -> Result<Vec<OutboxRow>, AppError> {
        let mut limit = LOOK;
        loop {
            let mut rows = self.read(DueRows { env: self.env().clone(), limit }).await?;
            let all = rows.len() < limit as usize;
            rows.retain(|row| !in_hand.contains(&row.message_id) && self.may_go(row));
            // A number with a long queue has to pause; those behind it are not to wait with it.
            if !rows.is_empty() || all || limit >= LOOK_MOST {
                return Ok(rows);
            }
            limit = (limit * 8).min(LOOK_MOST);
        }
    }

    async fn put_off(&self, row: OutboxRow) {
        let id = row.message_id;
        if let Err(error) = self.write(PutOff { env: self.env().clone(), row }).await {
            tracing::error!(%id, error = error.log_text(), "a message could not be put off either");
        }
    }

    async fn deliver(&self, row: OutboxRow) -> Result<(), AppError> {
        match self.take_in_hand(row).await? {
            Task::Nothing => Ok(()),
            Task::Lookup(lookup) => self.look_up(*lookup).await,
            Task::Send(attempt) => {
                fail_point("attempt_committed");
                let Attempt { row, credentials, outgoing } = *attempt;
                self.0.worker.pacing.take(row.channel_id, segment::size(&outgoing.body).segments);
                let started = RealInstant::now();
                let outcome = self.carrier().send(&credentials, &outgoing).await;
                fail_point("sent");
                metrics::histogram!("backsoon_send_seconds").record(started.elapsed().as_secs_f64());
                let kind = match &outcome {
                    SendOutcome::Accepted { .. } => "accepted",
                    SendOutcome::NotProcessed { .. } => "not_processed",
                    SendOutcome::Refused { .. } => "refused",
                    SendOutcome::Unknown { .. } => "unknown",
                };
                metrics::counter!("backsoon_sends_total", "outcome" => kind).increment(1);
                self.record(&row, &outcome, self.jitter()).await?;
                fail_point("recorded");
                Ok(())
            }
        }
    }

    /// From 0 to 1: keeps senders apart who were turned away together. On a manual clock a run has to repeat exactly.
    #[allow(
        clippy::disallowed_methods,
        reason = "it moves when something is tried again, and decides nothing"
    )]
    fn jitter(&self) -> f64 {
        if self.clock().is_manual() { 0.0 } else { rand::rng().random() }
    }

    /// Writes down what the carrier answered; for a while also if the database cannot be written: what is known
    /// would be uncertain otherwise.
    async fn record(&self, row: &OutboxRow, outcome: &SendOutcome, jitter: f64) -> Result<(), AppError> {
        let answered = RealInstant::now();
        loop {
            let (env, row, outcome) = (self.env().clone(), row.clone(), outcome.clone());
            match self.write(RecordOutcome { env, row, outcome, jitter }).await {
                Err(error) if error.is_unavailable() && answered.elapsed() < HOLD_ANSWER => {
                    tracing::warn!(error = error.log_text(), "the carrier's answer could not be stored yet");
                    tokio::time::sleep(TRY_AGAIN).await;
                }
                done => return done,
            }
        }
    }
}

/// Puts a row off that could not be worked on, unless somebody took it in hand meanwhile.
struct PutOff {
    env: Env,
    row: OutboxRow,
}

impl Op for PutOff {
    type Out = ();
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let until = self.env.at(tx)?.plus_ms(PUT_OFF_MS);
        store::outbox::update(tx, &self.row.clone().put_off(until)).await?;
        Ok(())
    }
}

/// Writes down what the carrier answered.
struct RecordOutcome {
    env: Env,
    row: OutboxRow,
    outcome: SendOutcome,
    jitter: f64,
}

impl Op for RecordOutcome {
    type Out = ();
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let mut desk = Desk::open(tx, &self.env, self.row.organization_id).await?;
        let id = self.row.message_id;
        match &self.outcome {
            SendOutcome::Accepted { provider_id, status } => {
                desk.pause_channel(self.row.channel_id, None).await?;
                desk.adopt(id, Some(provider_id), *status, None).await
            }
            SendOutcome::NotProcessed { detail, retry_after_ms } => {
                tracing::info!(%id, detail, "the carrier did not take the message; it is tried again");
                let asked_ms = retry_after_ms.and_then(|ms| i64::try_from(ms).ok()).unwrap_or(0);
                let change = self.row.clone().turned_away(desk.now, self.jitter, asked_ms);
                if store::outbox::update(desk.tx, &change).await? {
                    store::messages::set_delivery(desk.tx, desk.org, id, DeliveryStatus::Queued, None)
                        .await?;
                    desk.emit(Event::Message(self.row.case_id, id)).await?;
                }
                Ok(())
            }
            SendOutcome::Refused { code, message, opted_out, configuration } => {
                tracing::warn!(%id, code, reason = message, "the carrier refused the message");
                let sentence = code.map_or_else(|| message.clone(), |code| explain(Some(code)));
                if *configuration {
                    desk.pause_channel(self.row.channel_id, Some(&sentence)).await?;
                }
                desk.refused(id, &sentence, *opted_out).await
            }
            SendOutcome::Unknown { detail } => {
                tracing::warn!(%id, detail, "it is uncertain whether the carrier has the message; it is looked up");
                if store::outbox::update(desk.tx, &self.row.clone().lose_answer(desk.now)).await? {
                    desk.emit(Event::Message(self.row.case_id, id)).await?;
                }
                Ok(())
            }
        }
    }
}

impl Desk<'_> {
    /// The carrier refused for good.
    async fn refused(&mut self, id: MessageId, sentence: &str, opted_out: bool) -> Result<(), AppError> {
        store::outbox::delete(self.tx, self.org, id).await?;
        let message = store::messages::get(self.tx, self.org, id).await?;
        let message = message.ok_or(AppError::NotFound("message"))?;
        if opted_out {
            self.opt_out_customer_of(&message).await?;
        }
        self.move_delivery(&message, DeliveryStatus::Failed, Some(sentence)).await?;
        Ok(())
    }

    /// Notes on the channel why the carrier turns everything away, or that it does not any more.
    pub(super) async fn pause_channel(&mut self, id: ChannelId, why: Option<&str>) -> Result<(), AppError> {
        let channel = store::channels::get(self.tx, self.org, id).await?;
        let mut channel = channel.ok_or(AppError::NotFound("channel"))?;
        if channel.paused_reason.as_deref() != why {
            channel.paused_reason = why.map(str::to_owned);
            store::channels::update(self.tx, &channel).await?;
        }
        Ok(())
    }
}
