//! Every worker is watched: one that ends although nobody asked it to, or panics, is started again after a pause; one
//! that does so three times within a minute is given up, and the process is to end, so that whatever supervises it
//! starts it anew. A worker that has not come round for longer than it may is named by [`App::ready`].
//!
//! Real time throughout: it is the process that is watched, not the world that it works in.

use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch as signal;
use tokio::time::Instant as RealInstant;

use crate::App;

/// How long to wait before a worker that ended is started again.
const RESTART_PAUSE: Duration = Duration::from_secs(1);

/// A worker that ends so often within [`GIVE_UP_WITHIN`] is not started again.
const GIVE_UP_AFTER: usize = 3;
const GIVE_UP_WITHIN: Duration = Duration::from_secs(60);

/// How long a worker may take from one sign of life to the next: longer than any single step waits for the database
/// or for the carrier.
const PATIENCE: Duration = Duration::from_secs(120);

/// A worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Worker {
    /// Fires the operators' timers.
    Timers,
    /// Brings the outbox to the carrier.
    Outbox,
    /// Takes in what the carrier's webhook never delivered.
    Reconcile,
    /// Deletes what is no longer kept.
    CleanUp,
    /// Hears what other nodes write. It has nothing to do as long as they write nothing.
    OtherNodes,
}

impl Worker {
    pub(crate) const ALL: [Worker; 5] =
        [Self::Timers, Self::Outbox, Self::Reconcile, Self::CleanUp, Self::OtherNodes];

    /// Its name in logs, metrics and sentences.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Timers => "timers",
            Self::Outbox => "outbox",
            Self::Reconcile => "reconcile",
            Self::CleanUp => "clean_up",
            Self::OtherNodes => "other_nodes",
        }
    }
}

/// How the workers of a process are.
pub(crate) struct Health {
    workers: Mutex<[Signs; Worker::ALL.len()]>,
    given_up: signal::Sender<Option<Worker>>,
}

#[derive(Clone, Default)]
struct Signs {
    /// Its last sign of life; none while it is not running.
    alive_at: Option<RealInstant>,
    /// When it ended without being asked to, within the last minute.
    ends: Vec<RealInstant>,
}

impl Default for Health {
    fn default() -> Self {
        Self { workers: Mutex::default(), given_up: signal::Sender::new(None) }
    }
}

impl Health {
    /// A worker is alive and at work.
    pub(crate) fn alive(&self, worker: Worker) {
        self.alive_at(worker, RealInstant::now());
    }

    fn alive_at(&self, worker: Worker, now: RealInstant) {
        self.signs()[worker as usize].alive_at = Some(now);
    }

    /// A worker ended; returns whether it is given up.
    fn ended(&self, worker: Worker, now: RealInstant) -> bool {
        let mut signs = self.signs();
        let ends = &mut signs[worker as usize].ends;
        ends.retain(|end| now.duration_since(*end) < GIVE_UP_WITHIN);
        ends.push(now);
        let given_up = ends.len() >= GIVE_UP_AFTER;
        drop(signs);
        if given_up {
            self.given_up.send_replace(Some(worker));
        }
        given_up
    }

    fn rests(&self, worker: Worker) {
        self.signs()[worker as usize].alive_at = None;
    }

    /// How long ago each running worker showed its last sign of life.
    pub(crate) fn idle(&self, now: RealInstant) -> impl Iterator<Item = (Worker, Duration)> {
        let signs = self.signs().clone();
        Worker::ALL.into_iter().zip(signs).filter_map(move |(worker, signs)| {
            signs.alive_at.map(|alive_at| (worker, now.saturating_duration_since(alive_at)))
        })
    }

    /// What is wrong, in a sentence, if something is.
    pub(crate) fn complaint(&self, now: RealInstant) -> Option<String> {
        if let Some(worker) = *self.given_up.borrow() {
            return Some(given_up_sentence(worker));
        }
        let stuck = self.idle(now).find(|(worker, idle)| *worker != Worker::OtherNodes && *idle > PATIENCE);
        stuck.map(|(worker, idle)| {
            format!(
                "The worker \"{}\" has not come round for {} s: it is stuck, and what it does is not being done.",
                worker.name(),
                idle.as_secs()
            )
        })
    }

    /// Resolves with a sentence when a worker is given up.
    pub(crate) async fn given_up(&self) -> String {
        let mut given_up = self.given_up.subscribe();
        let found = given_up.wait_for(Option::is_some).await.ok().and_then(|worker| *worker);
        match found {
            Some(worker) => given_up_sentence(worker),
            None => std::future::pending().await,
        }
    }

    fn signs(&self) -> MutexGuard<'_, [Signs; Worker::ALL.len()]> {
        // Nothing that holds the lock can panic halfway through a change.
        self.workers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn given_up_sentence(worker: Worker) -> String {
    format!(
        "The worker \"{}\" ended {GIVE_UP_AFTER} times within a minute: the process ends, so that it is started anew.",
        worker.name()
    )
}

/// Whether the workers have been asked to stop, or are on their own.
pub(super) fn stopping(stopped: &signal::Receiver<bool>) -> bool {
    *stopped.borrow() || stopped.has_changed().is_err()
}

impl App {
    /// Runs a worker until it is asked to stop, and again if it ends before.
    pub(super) async fn supervise<W>(
        self,
        worker: Worker,
        mut stopped: signal::Receiver<bool>,
        run: impl Fn(App, signal::Receiver<bool>) -> W,
    ) where
        W: Future<Output = ()> + Send + 'static,
    {
        let health = &self.0.worker.health;
        loop {
            health.alive(worker);
            let ended = tokio::spawn(run(self.clone(), stopped.clone())).await;
            health.rests(worker);
            let cause = match ended {
                Ok(()) if stopping(&stopped) => return,
                Ok(()) => "it returned".to_owned(),
                Err(error) => error.to_string(),
            };
            metrics::counter!("backsoon_worker_restarts_total", "worker" => worker.name()).increment(1);
            tracing::error!(worker = worker.name(), cause, "a worker ended");
            if stopping(&stopped) || health.ended(worker, RealInstant::now()) {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(RESTART_PAUSE) => {}
                _ = stopped.changed() => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn three_ends_within_a_minute_are_too_many() {
        let (health, start) = (Health::default(), RealInstant::now());
        for (after_s, given_up) in [(0, false), (40, false), (80, false), (90, true)] {
            let now = start + Duration::from_secs(after_s);
            assert_eq!(health.complaint(now), None);
            assert_eq!(health.ended(Worker::Outbox, now), given_up, "after {after_s} s");
        }
        let sentence = health.complaint(start).unwrap();
        assert!(sentence.contains("\"outbox\" ended 3 times"), "{sentence}");
        assert_eq!(health.given_up().await, sentence);
    }

    #[test]
    fn a_worker_that_does_not_come_round_is_named() {
        let (health, start) = (Health::default(), RealInstant::now());
        let late = start + PATIENCE + Duration::from_secs(1);
        assert_eq!(health.complaint(late), None, "nothing runs yet");
        for worker in Worker::ALL {
            health.alive_at(worker, start);
        }
        assert_eq!(health.complaint(start + PATIENCE), None);
        for worker in [Worker::Timers, Worker::Outbox, Worker::Reconcile] {
            health.alive_at(worker, late);
        }
        let sentence = health.complaint(late).unwrap();
        assert!(sentence.contains("\"clean_up\" has not come round for 121 s"), "{sentence}");
        health.rests(Worker::CleanUp);
        assert_eq!(
            health.complaint(late),
            None,
            "other nodes may have nothing to say for as long as they like"
        );
    }
}
