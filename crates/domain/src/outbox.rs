//! A message on its way to the carrier, from the transaction that makes it until its outcome is known: a state machine.
//!
//! ```text
//! queued --attempt--> attempting --turned_away--> queued
//!                         |
//!                     lose_answer
//!                         v
//!                      unknown --look_up, not_found--> unknown, or given up
//! ```
//!
//! Guaranteed: every transition takes the row as it was read and raises its lease. The store writes a [`Change`] only
//! while the lease is the one that was read, so of two who act on the same row one changes nothing. A row whose
//! outcome is known is deleted; that is not a transition.

use crate::id::{CaseId, ChannelId, CustomerId, MessageId, OrganizationId};
use crate::retry::{LOOKUP_AFTER_MS, backoff_ms};
use crate::time::{Instant, SECOND_MS};

/// How long a hand-over or a look-up may take before others take over; longer than the carrier client's own limit.
pub const LEASE_MS: i64 = 30 * SECOND_MS;

/// After this many look-ups the message stays unconfirmed, even if the carrier never answered one.
pub const MAX_LOOKUPS: i64 = 40;

/// How many look-ups the carrier must have answered before "not found" counts.
const ANSWERED_LOOKUPS: i64 = 2;

/// How far a message has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Waiting for its turn, from `due_at` on.
    Queued,
    /// Being handed over under a lease that ends at `due_at`.
    Attempting,
    /// The carrier's answer was lost; to be looked up at `due_at`.
    Unknown,
}

impl Phase {
    /// Every phase.
    pub const ALL: [Phase; 3] = [Self::Queued, Self::Attempting, Self::Unknown];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Attempting => "attempting",
            Self::Unknown => "unknown",
        }
    }

    /// The phase with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.code() == code)
    }
}

/// What changes on a row, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// How far it has come.
    pub phase: Phase,
    /// When it is to be looked at next.
    pub due_at: Instant,
    /// Counts the leases.
    pub lease_epoch: i64,
    /// How often it was handed over.
    pub attempts: i64,
    /// When the newest hand-over began.
    pub attempt_started_at: Option<Instant>,
    /// How often it was looked up at the carrier.
    pub lookups: i64,
    /// How many of the look-ups were answered.
    pub lookups_ok: i64,
}

/// One message on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// The message.
    pub message_id: MessageId,
    /// Its case.
    pub case_id: CaseId,
    /// The channel that it goes out on.
    pub channel_id: ChannelId,
    /// Whom it goes to.
    pub customer_id: CustomerId,
    state: State,
}

/// A transition: the row as it is to be stored, if its lease is still the one that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a transition holds only once it is stored"]
pub struct Change {
    row: OutboxRow,
    from_epoch: i64,
}

impl Change {
    /// The row after the transition.
    pub const fn row(&self) -> &OutboxRow {
        &self.row
    }

    /// The lease that the row must still have.
    pub const fn from_epoch(&self) -> i64 {
        self.from_epoch
    }
}

/// What follows from a look-up that did not find the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotFound {
    /// It is looked up again later.
    Again(Change),
    /// The carrier was asked often enough: the message stays unconfirmed.
    GiveUp,
}

impl OutboxRow {
    /// A message of this organization that is due now.
    pub const fn queued(
        organization_id: OrganizationId,
        (message_id, case_id): (MessageId, CaseId),
        (channel_id, customer_id): (ChannelId, CustomerId),
        now: Instant,
    ) -> Self {
        let state = State {
            phase: Phase::Queued,
            due_at: now,
            lease_epoch: 0,
            attempts: 0,
            attempt_started_at: None,
            lookups: 0,
            lookups_ok: 0,
        };
        Self { organization_id, message_id, case_id, channel_id, customer_id, state }
    }

    /// The row with the state that was stored of it: for the store and its tests.
    pub fn stored(self, state: State) -> Self {
        Self { state, ..self }
    }

    /// What is stored of it.
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// How far it has come.
    pub const fn phase(&self) -> Phase {
        self.state.phase
    }

    /// When the newest hand-over began.
    pub const fn attempt_started_at(&self) -> Option<Instant> {
        self.state.attempt_started_at
    }

    /// Whether this is the row as it was found, and due: nobody else has taken it in hand since.
    pub fn is_due_as(&self, found: &Self, now: Instant) -> bool {
        self.has_lease_of(found) && self.state.due_at <= now
    }

    /// Whether nobody has changed it since.
    pub const fn has_lease_of(&self, found: &Self) -> bool {
        self.state.lease_epoch == found.state.lease_epoch
    }

    /// Whether it is being handed over right now.
    pub fn is_being_handed_over(&self, now: Instant) -> bool {
        self.state.phase == Phase::Attempting && self.state.due_at > now
    }

    /// The carrier is about to be called, once.
    pub fn attempt(self, now: Instant) -> Change {
        self.change(now.plus_ms(LEASE_MS), |state| {
            state.phase = Phase::Attempting;
            state.attempts += 1;
            state.attempt_started_at = Some(now);
        })
    }

    /// The carrier certainly did not take the message; it is offered again after a growing pause, and not before
    /// `asked_ms`, which the carrier may have asked for. `jitter` is from 0 to 1.
    pub fn turned_away(self, now: Instant, jitter: f64, asked_ms: i64) -> Change {
        let pause_ms = backoff_ms(self.state.attempts, jitter).max(asked_ms);
        self.change(now.plus_ms(pause_ms), |state| state.phase = Phase::Queued)
    }

    /// Whether the carrier has the message is not known: from now on it is asked instead of called.
    pub fn lose_answer(self, now: Instant) -> Change {
        let due_at = self.lookup_at(self.state.lookups, now);
        self.change(due_at, |state| state.phase = Phase::Unknown)
    }

    /// It may have been handed over at `at` already, by a process that this database does not know of.
    pub fn suspect_attempt(mut self, at: Instant, now: Instant) -> Change {
        self.state.attempt_started_at = Some(at);
        self.lose_answer(now)
    }

    /// The carrier is about to be asked for the message.
    pub fn look_up(self, now: Instant) -> Change {
        self.change(now.plus_ms(LEASE_MS), |_| {})
    }

    /// A look-up did not find the message; `answered` says whether the carrier answered at all.
    pub fn not_found(self, answered: bool, now: Instant) -> NotFound {
        let lookups = self.state.lookups + 1;
        let lookups_ok = self.state.lookups_ok + i64::from(answered);
        let settled = lookups >= LOOKUP_AFTER_MS.len() as i64 && lookups_ok >= ANSWERED_LOOKUPS;
        if settled || lookups >= MAX_LOOKUPS {
            return NotFound::GiveUp;
        }
        let due_at = self.lookup_at(lookups, now);
        NotFound::Again(self.change(due_at, |state| {
            state.lookups = lookups;
            state.lookups_ok = lookups_ok;
        }))
    }

    /// It cannot be worked on now, and is left as it is until then.
    pub fn put_off(self, until: Instant) -> Change {
        self.change(until, |_| {})
    }

    /// When the carrier is next offered a message that it did not take, or asked about one whose answer was lost; none
    /// while it is being called, and for a message that has not been tried yet.
    pub fn next_try_at(&self) -> Option<Instant> {
        let state = &self.state;
        match state.phase {
            Phase::Queued => (state.attempts > 0).then_some(state.due_at),
            Phase::Attempting => None,
            Phase::Unknown => {
                // While it is looked up, the row is due when that takes too long.
                let planned = state.attempt_started_at.zip(after_ms(state.lookups));
                Some(planned.map_or(state.due_at, |(started, after_ms)| started.plus_ms(after_ms)))
            }
        }
    }

    /// When the next look-up is due: by the plan, then at its last step again and again.
    fn lookup_at(&self, lookups: i64, now: Instant) -> Instant {
        let started = self.state.attempt_started_at.unwrap_or(now);
        match after_ms(lookups) {
            Some(after_ms) => started.plus_ms(after_ms).max(now),
            None => now.plus_ms(LOOKUP_AFTER_MS[LOOKUP_AFTER_MS.len() - 1]),
        }
    }

    fn change(mut self, due_at: Instant, set: impl FnOnce(&mut State)) -> Change {
        let from_epoch = self.state.lease_epoch;
        set(&mut self.state);
        self.state.lease_epoch = from_epoch + 1;
        self.state.due_at = due_at;
        Change { row: self, from_epoch }
    }
}

fn after_ms(lookups: i64) -> Option<i64> {
    usize::try_from(lookups).ok().and_then(|done| LOOKUP_AFTER_MS.get(done)).copied()
}

#[cfg(test)]
mod tests;
