//! Use cases: load the facts, decide, and write decision, reply and events in one transaction; and the workers
//! that act on what was written.
//!
//! No SQL text, no HTTP and no carrier format stands here. A use case is a value (`store::Op`) that takes its
//! instant and its ids from [`Env`], so that it can be retried and runs on simulated time.

pub mod activity;
mod assignment;
mod attachments;
pub mod audit;
pub mod caller;
pub mod cases;
pub mod channel_check;
pub mod channels;
pub mod clock;
mod consent;
pub mod coverage;
pub mod customers;
pub mod decisions;
mod delivery_status;
pub mod error;
pub mod events;
mod fail_point;
mod give_up_key;
mod judging;
mod keys;
pub mod known_channels;
pub mod login;
pub mod lookup;
pub mod messages;
pub mod new_case;
pub mod organizations;
pub mod personal;
pub mod preview;
pub mod reads_like_stop;
pub mod receive_message;
pub mod restored;
pub mod retention;
pub mod seal;
mod secondaries;
pub mod seldom;
mod send_message;
pub mod settings;
pub mod test_text;
mod throttle;
pub mod tokens;
pub mod traffic;
pub mod users;
mod watching;
pub mod webhooks;
pub mod worker;

use std::sync::Arc;

use domain::id::IdSource;
use domain::time::Instant;
use store::{Moment, Op, Store, StoreError, Tx};
use tokio::sync::watch;

use crate::clock::Clock;
use crate::error::AppError;
use crate::login::Login;
use crate::seal::SecretKey;
use crate::seldom::Seldom;

/// Time and chance for a use case.
#[derive(Clone)]
pub struct Env {
    /// The process's clock.
    pub clock: Clock,
    /// The clock that the carrier's world goes by: the same, unless the process's is manual. It tells when to ask
    /// the carrier, and which of a customer's STOPs and STARTs was sent last (R25); all other rules go by the
    /// process's clock.
    pub outside: Clock,
    /// The process's ids.
    pub ids: Arc<IdSource>,
}

impl Env {
    /// When this operation happens. To be asked before anything is read in it, so that no decision is later than its
    /// facts ([`Tx::moment`]).
    pub(crate) fn moment(&self, tx: &mut Tx) -> Result<Moment, StoreError> {
        tx.moment(|| Moment { here: self.clock.now(), outside: self.outside.now() })
    }

    /// When this operation happens, by the process's clock.
    pub(crate) fn at(&self, tx: &mut Tx) -> Result<Instant, StoreError> {
        Ok(self.moment(tx)?.here)
    }

    /// A new id that bears `now`.
    pub fn id<T: From<uuid::Uuid>>(&self, now: Instant) -> T {
        self.ids.next(now)
    }
}

/// What an [`App`] is built from.
pub struct Parts {
    /// The migrated store.
    pub store: Store,
    /// Time and chance.
    pub env: Env,
    /// Seals carrier credentials and signs callback addresses.
    pub secrets: SecretKey,
    /// How to reach the carrier.
    pub carrier: ::channels::twilio::client::Client,
    /// The address that the world uses, without a slash at its end.
    pub public_url: String,
}

/// The application: cheap to clone, shared by every handler and worker.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    parts: Parts,
    login: Login,
    /// Counts the changes: wakes workers and readers of events. It carries nothing else; those who wake read
    /// the state.
    changes: watch::Sender<u64>,
    worker: worker::State,
    known_channels: known_channels::KnownChannels,
    seldom: Seldom,
}

impl App {
    /// An application over these parts. Nothing runs by itself until [`App::start_workers`].
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Inner {
            parts,
            login: Login::default(),
            changes: watch::Sender::new(0),
            worker: worker::State::default(),
            known_channels: known_channels::KnownChannels::default(),
            seldom: Seldom::default(),
        }))
    }

    /// Runs a changing use case and then wakes workers and readers of events.
    pub(crate) async fn write<O: Op>(&self, op: O) -> Result<O::Out, O::Error> {
        let out = self.0.parts.store.write(op).await?;
        self.changed();
        Ok(out)
    }

    fn changed(&self) {
        self.0.changes.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Runs a reading use case.
    pub(crate) async fn read<O: Op>(&self, op: O) -> Result<O::Out, O::Error> {
        self.0.parts.store.read(op).await
    }

    /// Time and chance.
    pub fn env(&self) -> &Env {
        &self.0.parts.env
    }

    /// The process's clock.
    pub fn clock(&self) -> &Clock {
        &self.0.parts.env.clock
    }

    /// The address that the world uses, without a slash at its end.
    pub fn public_url(&self) -> &str {
        &self.0.parts.public_url
    }

    /// Whether the store can take a write now, and every worker comes round; the sentence says why not.
    pub async fn ready(&self) -> Result<(), AppError> {
        if let Some(complaint) = self.0.worker.health.complaint(tokio::time::Instant::now()) {
            return Err(AppError::NotReady(complaint));
        }
        Ok(self.0.parts.store.ping().await?)
    }

    /// Turns whenever something may have changed, in any organization.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    /// What is logged no more than once a second.
    pub fn seldom(&self) -> &Seldom {
        &self.0.seldom
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.parts.store
    }

    pub(crate) fn secrets(&self) -> &SecretKey {
        &self.0.parts.secrets
    }

    pub(crate) fn carrier(&self) -> &::channels::twilio::client::Client {
        &self.0.parts.carrier
    }

    pub(crate) fn login(&self) -> &Login {
        &self.0.login
    }
}
