//! The workers: they take no input, read what is due, and act on it. Woken by every change and by period, they
//! do the same after a crash as after a signal: recovery is the normal path.
//!
//! `watch` fires the operators' timers, `deliver` brings the outbox to the carrier, `reconcile` takes in what the
//! carrier's webhook never delivered, `clean_up` deletes what is no longer kept. Each has a loop of its own: a
//! carrier that keeps us waiting must not hold up a watch that falls due, and neither may a long clean-up. Workers
//! of several processes are kept apart by conditions and leases in the store. Who ends is started again (`supervise`).

mod clean_up;
mod deliver;
mod hand_over;
mod lookup;
pub mod reconcile;
mod supervise;
mod watch;

pub(crate) use clean_up::ERASED_KEPT_MS;

use std::collections::HashSet;
use std::future::Future;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::id::ChannelId;
use domain::time::Instant;
use store::cases::Assigned;
use store::{Op, Tx};
use tokio::sync::{RwLock, watch as signal};
use tokio::task::JoinHandle;

use crate::caller::Caller;
use crate::cases::COUNT_LIMIT;
use crate::error::AppError;
use crate::fail_point::panic_point;
use crate::{App, Env};
use reconcile::Round;
pub(crate) use supervise::Worker;
use supervise::stopping;

/// How often the workers look for what fell due, in real time. A change wakes them at once, unless they have just looked.
const PERIOD: Duration = Duration::from_millis(500);

/// How long a worker rests before a change wakes it again, in real time: under load one pass sees to many changes.
const REST: Duration = Duration::from_millis(50);

/// The farthest that one fast-forward goes, in seconds: 400 days.
pub const MAX_ADVANCE_SECONDS: i64 = 400 * 24 * 3_600;

/// The workers' names, as logs and metrics have them.
pub const NAMES: [&str; 5] = [
    Worker::Timers.name(),
    Worker::Outbox.name(),
    Worker::Reconcile.name(),
    Worker::CleanUp.name(),
    Worker::OtherNodes.name(),
];

/// What the workers of one process share.
#[derive(Default)]
pub(crate) struct State {
    /// Shared by passes; fast-forward has it alone from its first to its last step.
    turn: RwLock<()>,
    /// Set while the workers are being stopped: nothing more is taken in hand.
    stopping: AtomicBool,
    pacing: deliver::Pacing,
    last_clean_up: clean_up::LastCleanUp,
    /// The channels of which the log says that their auth tokens do not open here.
    closed: Mutex<HashSet<ChannelId>>,
    pub(crate) health: supervise::Health,
}

/// Running workers.
pub struct Workers {
    app: App,
    stop: signal::Sender<bool>,
    tasks: [JoinHandle<()>; 5],
}

impl Workers {
    /// Resolves if the process cannot do its work any more: a worker ended again and again. The sentence says which.
    pub fn given_up(&self) -> impl Future<Output = String> + Send + 'static {
        let app = self.app.clone();
        async move { app.0.worker.health.given_up().await }
    }

    /// Lets what is at hand finish, hand-overs included, and takes up nothing more.
    pub async fn stop(self) {
        self.app.0.worker.stopping.store(true, Ordering::Relaxed);
        self.stop.send_replace(true);
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a worker ended abnormally");
            }
        }
    }
}

impl App {
    /// Starts the workers of this process.
    pub fn start_workers(&self) -> Workers {
        self.0.worker.stopping.store(false, Ordering::Relaxed);
        let (stop, stopped) = signal::channel(false);
        let tasks = Worker::ALL.map(|worker| {
            let (app, stopped) = (self.clone(), stopped.clone());
            match worker {
                Worker::Timers | Worker::Outbox | Worker::CleanUp => {
                    let again = move |app: App, stopped| app.pass_again_and_again(worker, stopped);
                    tokio::spawn(app.supervise(worker, stopped, again))
                }
                Worker::Reconcile => {
                    tokio::spawn(app.supervise(worker, stopped, Self::reconcile_again_and_again))
                }
                Worker::OtherNodes => tokio::spawn(app.supervise(worker, stopped, Self::hear_other_nodes)),
            }
        });
        Workers { app: self.clone(), stop, tasks }
    }

    async fn pass_again_and_again(self, worker: Worker, mut stopped: signal::Receiver<bool>) {
        let mut changes = self.subscribe();
        while !stopping(&stopped) {
            self.0.worker.health.alive(worker);
            changes.mark_unchanged();
            self.pass(worker).await;
            let change = async {
                tokio::time::sleep(REST).await;
                changes.changed().await
            };
            tokio::select! {
                _ = change => {}
                () = tokio::time::sleep(PERIOD) => {}
                _ = stopped.changed() => {}
            }
        }
    }

    /// Goes by real time, and stops at once: whatever it leaves is found again.
    async fn reconcile_again_and_again(self, mut stopped: signal::Receiver<bool>) {
        let mut round = Round::AtStart;
        loop {
            let pass = async {
                self.0.worker.health.alive(Worker::Reconcile);
                panic_point("worker_reconcile");
                if let Err(error) = self.reconcile(round).await {
                    tracing::error!(
                        error = error.log_text(),
                        "the carrier's texts could not be gone through"
                    );
                }
                tokio::time::sleep(reconcile::LOOK).await;
            };
            tokio::select! {
                () = pass => round = Round::Due,
                _ = stopped.changed() => return,
            }
        }
    }

    /// What another node writes is a change here, too: for its workers and its readers of events.
    async fn hear_other_nodes(self, mut stopped: signal::Receiver<bool>) {
        let mut elsewhere = self.store().changes();
        loop {
            panic_point("worker_other_nodes");
            tokio::select! {
                Ok(()) = elsewhere.changed() => self.changed(),
                _ = stopped.changed() => return,
            }
        }
    }

    /// One pass over everything that is due. Errors are logged; the next pass tries again.
    async fn pass(&self, worker: Worker) {
        let (what, result) = match worker {
            // It takes its turn for each step, so that fast-forward does not wait for a whole round.
            Worker::CleanUp => {
                panic_point("worker_clean_up");
                ("the clean-up", self.clean_up(clean_up::Pace::Pausing).await)
            }
            Worker::Timers => {
                panic_point("worker_timers");
                let _turn = self.0.worker.turn.read().await;
                ("the timers", self.fire_due_timers().await)
            }
            Worker::Outbox => {
                panic_point("worker_outbox");
                let _turn = self.0.worker.turn.read().await;
                ("the outbox", self.deliver_due().await)
            }
            Worker::Reconcile | Worker::OtherNodes => return,
        };
        if let Err(error) = result {
            tracing::error!(error = error.log_text(), "{what} could not be worked off");
        }
    }

    /// Moves a manual or demo clock forward. Whatever falls due on the way runs in order, each at its own
    /// instant; what is due already runs first, hand-over to the carrier included.
    pub async fn advance_clock(&self, caller: &Caller, seconds: i64) -> Result<Instant, AppError> {
        caller.require_system_admin()?;
        if !self.clock().can_advance() {
            return Err(AppError::NotFound("clock to advance"));
        }
        if !(0..=MAX_ADVANCE_SECONDS).contains(&seconds) {
            let message = format!("must be a whole number from 0 to {MAX_ADVANCE_SECONDS}");
            return Err(AppError::field("advance_seconds", message));
        }
        let _turn = self.0.worker.turn.write().await;
        let start = self.clock().now();
        let unpin = Unpin(self);
        self.clock().pin(start);
        let target = start.plus_ms(seconds * domain::time::SECOND_MS);
        loop {
            self.settle().await?;
            match self.read(NextDue { env: self.env().clone() }).await? {
                Some(next) if next <= target => self.clock().pin(next),
                _ => break,
            }
        }
        self.clock().pin(target);
        self.settle().await?;
        drop(unpin);
        self.changed();
        Ok(target)
    }

    /// Works until nothing is due at the current instant.
    async fn settle(&self) -> Result<(), AppError> {
        self.fire_due_timers().await?;
        self.deliver_due().await?;
        self.clean_up(clean_up::Pace::AtOnce).await
    }
}

struct Measure;

/// What is stored, all organizations together.
#[derive(Default)]
struct Measured {
    outbox_rows: i64,
    oldest_due_at: Option<Instant>,
    waiting: i64,
    unassigned_waiting: i64,
    oldest_waiting_since: Option<Instant>,
}

impl Op for Measure {
    type Out = Measured;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Measured, AppError> {
        let (outbox_rows, oldest_due_at) = store::outbox::depth(tx).await?;
        let mut measured = Measured { outbox_rows, oldest_due_at, ..Measured::default() };
        for organization in store::organizations::list(tx).await? {
            let all = store::cases::counts(tx, organization.id, None, COUNT_LIMIT).await?;
            let unassigned =
                store::cases::counts(tx, organization.id, Some(Assigned::Nobody), COUNT_LIMIT).await?;
            measured.waiting += all.waiting;
            measured.unassigned_waiting += unassigned.waiting;
            measured.oldest_waiting_since =
                [measured.oldest_waiting_since, all.oldest_waiting_since].into_iter().flatten().min();
        }
        Ok(measured)
    }
}

impl App {
    /// Brings the gauges that are read from the store up to date: called for each reading of the metrics.
    pub async fn measure(&self) -> Result<(), AppError> {
        let found = self.read(Measure).await?;
        let now = self.clock().now();
        let seconds_since = |at: Option<Instant>| at.map_or(0, |at| now.since_ms(at).max(0)) as f64 / 1_000.0;
        metrics::gauge!("backsoon_outbox_rows").set(found.outbox_rows as f64);
        metrics::gauge!("backsoon_outbox_oldest_late_seconds").set(seconds_since(found.oldest_due_at));
        metrics::gauge!("backsoon_customers_waiting").set(found.waiting as f64);
        metrics::gauge!("backsoon_customers_waiting_unassigned").set(found.unassigned_waiting as f64);
        metrics::gauge!("backsoon_customers_oldest_waiting_seconds")
            .set(seconds_since(found.oldest_waiting_since));
        if let Some(bytes) = self.0.parts.store.file_bytes() {
            metrics::gauge!("backsoon_database_bytes").set(bytes as f64);
        }
        let closed = self.channels_that_do_not_open().await?.into_iter().filter(|channel| channel.active);
        metrics::gauge!("backsoon_channels_not_opening").set(closed.count() as f64);
        for (worker, idle) in self.0.worker.health.idle(tokio::time::Instant::now()) {
            metrics::gauge!("backsoon_worker_idle_seconds", "worker" => worker.name())
                .set(idle.as_secs_f64());
        }
        Ok(())
    }
}

/// Lets the clock go on however fast-forward ends.
struct Unpin<'a>(&'a App);

impl Drop for Unpin<'_> {
    fn drop(&mut self) {
        self.0.clock().unpin();
    }
}

/// When something falls due next, after now.
struct NextDue {
    env: Env,
}

impl Op for NextDue {
    type Out = Option<Instant>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Option<Instant>, AppError> {
        let now = self.env.at(tx)?;
        let timer = store::timers::next(tx).await?;
        let outbox = store::outbox::next_due(tx, now).await?;
        Ok([timer, outbox].into_iter().flatten().min())
    }
}
