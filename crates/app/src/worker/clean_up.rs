//! Deletes what nobody keeps any longer, once an hour of the app's clock: messages, decisions and events by what
//! their organization has set (decision 0016), and ended sessions, used keys and marks of erased messages.
//!
//! Guaranteed: a transaction looks at a few hundred rows of one organization and no node waits for another's;
//! between two of them there is a pause, so that messages come through; a round ends after a bounded number of
//! them, and the next goes on. Not guaranteed: that a row goes the hour it may.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant as RealInstant};

use domain::id::{OrganizationId, first_at};
use domain::retention::StoredRetention;
use domain::time::{DAY_MS, HOUR_MS, Instant, MINUTE_MS};
use store::retention::{Part, Step};
use store::{Op, Tx};
use uuid::Uuid;

use super::Worker;
use crate::error::AppError;
use crate::login::{ABSOLUTE_EXPIRY_MS, IDLE_EXPIRY_MS};
use crate::{App, Env, retention};

/// How many rows one transaction looks at.
const ROWS_AT_ONCE: u32 = 500;
/// How many transactions a round spends on one part of one organization: a million rows an hour.
const STEPS_A_ROUND: u32 = 2_000;
/// Between two transactions, in real time.
const PAUSE: Duration = Duration::from_millis(20);
/// How soon a round that failed is tried again.
const AGAIN_MS: i64 = MINUTE_MS;
/// How long an `Idempotency-Key` is remembered.
const KEYS_KEPT_MS: i64 = DAY_MS;
/// How long it is remembered that a message was erased: longer than the carrier's list is looked at.
pub(crate) const ERASED_KEPT_MS: i64 = 30 * DAY_MS;

/// When the last clean-up was, in milliseconds since 1970.
#[derive(Default)]
pub(super) struct LastCleanUp(AtomicI64);

/// Whether there is a pause between two steps: fast-forward has nobody to wait for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    Pausing,
    AtOnce,
}

/// What belongs to no organization, or is used up within a day.
struct Ended {
    env: Env,
}

impl Op for Ended {
    type Out = bool;
    type Error = AppError;

    /// Answers whether there may be more.
    async fn run(&self, tx: &mut Tx) -> Result<bool, AppError> {
        let now = self.env.at(tx)?;
        let (idle, old) = (now.plus_ms(-IDLE_EXPIRY_MS), now.plus_ms(-ABSOLUTE_EXPIRY_MS));
        store::sessions::delete_idle(tx, idle, old).await?;
        let keys = store::idempotency::delete_before(tx, now.plus_ms(-KEYS_KEPT_MS), ROWS_AT_ONCE).await?;
        let erased = now.plus_ms(-ERASED_KEPT_MS);
        let erased = store::erasure::delete_messages_before(tx, erased, ROWS_AT_ONCE).await?;
        Ok(keys.max(erased) == u64::from(ROWS_AT_ONCE))
    }
}

/// Every organization with the parts in which something is old enough to be looked at.
struct Due {
    env: Env,
}

impl Op for Due {
    type Out = Vec<(OrganizationId, Part)>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, AppError> {
        let now = self.env.at(tx)?;
        let mut due = Vec::new();
        for organization in store::organizations::list(tx).await? {
            let org = organization.id;
            let stored = retention::stored(tx, org).await?;
            for part in Part::ALL {
                if let Some(before) = cut(&stored, part, now)
                    && store::retention::any_before(tx, org, part, before).await?
                {
                    due.push((org, part));
                }
            }
        }
        Ok(due)
    }
}

/// The first id of a part that is young enough to stay, whatever else; none if all stay.
fn cut(stored: &StoredRetention, part: Part, now: Instant) -> Option<Uuid> {
    let days = match part {
        Part::Messages => stored.retention.messages_days?,
        Part::Decisions => stored.retention.decisions_days?,
        Part::Events => stored.retention.events_days,
    };
    Some(first_at(now.plus_ms(-i64::from(days) * DAY_MS)))
}

/// One transaction of the clean-up.
struct CleanUp {
    env: Env,
    organization_id: OrganizationId,
    part: Part,
    from: Uuid,
}

impl Op for CleanUp {
    type Out = Step;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Step, AppError> {
        let (org, now) = (self.organization_id, self.env.at(tx)?);
        const NOTHING: Step = Step { deleted: 0, next: None };
        store::organizations::enter(tx, org).await?;
        let stored = match store::retention::take(tx, org).await? {
            Some(stored) => Some(stored),
            None => {
                retention::add_missing(tx, org).await?;
                store::retention::take(tx, org).await?
            }
        };
        // Another node is at it, or everything is kept by now.
        let Some(stored) = stored else { return Ok(NOTHING) };
        let Some(before) = cut(&stored, self.part, now) else { return Ok(NOTHING) };
        let reached = match self.part {
            Part::Messages => (before, before),
            Part::Decisions => (Uuid::nil(), before),
            Part::Events => (Uuid::nil(), Uuid::nil()),
        };
        let messages_before = stored.messages_before.max(reached.0);
        let decisions_before = stored.decisions_before.max(reached.1);
        if (messages_before, decisions_before) != (stored.messages_before, stored.decisions_before) {
            store::retention::advance(tx, org, messages_before, decisions_before).await?;
        }
        Ok(store::retention::delete_some(tx, org, self.part, self.from, before, ROWS_AT_ONCE).await?)
    }
}

impl App {
    /// A round, if the last one was an hour ago.
    pub(super) async fn clean_up(&self, pace: Pace) -> Result<(), AppError> {
        let now = self.clock().now().ms();
        let last = &self.0.worker.last_clean_up.0;
        if now - last.load(Ordering::Relaxed) < HOUR_MS {
            return Ok(());
        }
        last.store(now, Ordering::Relaxed);
        let done = self.clean_all(pace).await;
        if done.is_err() {
            last.store(now - HOUR_MS + AGAIN_MS, Ordering::Relaxed);
        }
        done
    }

    async fn clean_all(&self, pace: Pace) -> Result<(), AppError> {
        let env = self.env().clone();
        while self.step(pace, Ended { env: env.clone() }).await? == Some(true) {}
        for (org, part) in self.read(Due { env }).await? {
            self.clean_part(pace, org, part).await?;
        }
        Ok(())
    }

    async fn clean_part(&self, pace: Pace, org: OrganizationId, part: Part) -> Result<(), AppError> {
        let mut from = Uuid::nil();
        for _ in 0..STEPS_A_ROUND {
            let env = self.env().clone();
            let clean_up = CleanUp { env, organization_id: org, part, from };
            let Some(done) = self.step(pace, clean_up).await? else { return Ok(()) };
            metrics::counter!("backsoon_cleaned_up_rows_total", "part" => part.code())
                .increment(done.deleted);
            match done.next {
                Some(next) => from = next,
                None => return Ok(()),
            }
        }
        tracing::info!(%org, part = part.code(), "there is more to clean up; the next round goes on");
        Ok(())
    }

    /// One transaction at this pace; none if the workers are being stopped.
    async fn step<O: Op<Error = AppError>>(&self, pace: Pace, op: O) -> Result<Option<O::Out>, AppError> {
        if pace == Pace::AtOnce {
            return self.write(op).await.map(Some);
        }
        if self.0.worker.stopping.load(Ordering::Relaxed) {
            return Ok(None);
        }
        self.0.worker.health.alive(Worker::CleanUp);
        tokio::time::sleep(PAUSE).await;
        let _turn = self.0.worker.turn.read().await;
        let started = RealInstant::now();
        // Nobody waits for what is deleted here: neither the other workers nor readers of events are woken.
        let out = self.store().write(op).await?;
        metrics::histogram!("backsoon_clean_up_seconds").record(started.elapsed().as_secs_f64());
        Ok(Some(out))
    }
}
