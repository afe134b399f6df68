//! Identifiers: typed, opaque outside, and ordered by creation.
//!
//! They are UUIDs of version 7 drawn from an [`IdSource`], which never goes backward: even under a clock that
//! stands still, a later id is greater than an earlier one. The rule book's "after, newer, since" between
//! things that are not on one case (a setting and a message) rests on that.

use std::fmt;
use std::str::FromStr;
use std::sync::Mutex;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::time::Instant;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }
    )*};
}

ids! {
    /// An organization: the tenant that everything belongs to.
    OrganizationId,
    /// A person who signs in: operator, System Admin or both.
    UserId,
    /// A customer, known by a phone number.
    CustomerId,
    /// A case: one conversation with one customer on one channel.
    CaseId,
    /// A message on a case, in either direction.
    MessageId,
    /// The decision record of one customer message (section 7 of the rule book).
    DecisionId,
    /// A carrier number that the organization texts from.
    ChannelId,
    /// An API token.
    TokenId,
    /// One line of the audit log.
    AuditId,
}

/// Smaller than every id that bears `at` or a later instant, and greater than every one that bears an earlier.
pub fn first_at(at: Instant) -> Uuid {
    Uuid::from_u128(u128::from(at.ms().max(0) as u64) << 80)
}

/// The instant that an id bears.
pub fn instant_of(id: Uuid) -> Instant {
    Instant::from_ms((id.as_u128() >> 80) as i64)
}

/// Draws ids that only grow. Share one per process: it is cheap and thread-safe.
#[derive(Debug)]
pub struct IdSource(Mutex<State>);

#[derive(Debug)]
struct State {
    rng: StdRng,
    ms: u64,
    /// The 74 bits after the time: random at each new millisecond, counted up within one.
    tail: u128,
}

const TAIL_BITS: u32 = 74;

impl IdSource {
    /// A source seeded by the operating system.
    pub fn from_entropy() -> Self {
        Self::new(StdRng::from_os_rng())
    }

    /// A source that draws the same ids for the same seed and instants: for tests and simulation.
    pub fn from_seed(seed: u64) -> Self {
        Self::new(StdRng::seed_from_u64(seed))
    }

    fn new(rng: StdRng) -> Self {
        Self(Mutex::new(State { rng, ms: 0, tail: 0 }))
    }

    /// Makes every later id greater than `id`: called at start with the newest stored id, so that a clock set
    /// back between two runs does not reorder anything.
    pub fn start_after(&self, id: Uuid) {
        let mut state = self.0.lock().expect("no panic while drawing an id");
        let bits = id.as_u128();
        let ms = (bits >> 80) as u64;
        if ms >= state.ms {
            let rand_a = (bits >> 64) & 0xfff;
            let rand_b = bits & ((1 << 62) - 1);
            state.ms = ms;
            state.tail = (rand_a << 62) | rand_b;
        }
    }

    /// The next id, bearing `now` unless an earlier id bore a later instant.
    pub fn next<T: From<Uuid>>(&self, now: Instant) -> T {
        let mut state = self.0.lock().expect("no panic while drawing an id");
        let ms = now.ms().max(0) as u64;
        if ms > state.ms {
            state.ms = ms;
            // The top bit stays free, so that counting within one millisecond cannot overflow.
            state.tail = state.rng.random::<u128>() >> (128 - TAIL_BITS + 1);
        } else {
            let step = u128::from(state.rng.random::<u32>()) + 1;
            state.tail += step;
        }
        let rand_a = (state.tail >> 62) & 0xfff;
        let rand_b = state.tail & ((1 << 62) - 1);
        let bits = (u128::from(state.ms) << 80) | (7 << 76) | (rand_a << 64) | (0b10 << 62) | rand_b;
        T::from(Uuid::from_u128(bits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_whatever_the_clock_does() {
        let source = IdSource::from_seed(1);
        let instants = [5, 5, 5, 9, 3, 3, 10].map(Instant::from_ms);
        let ids: Vec<MessageId> = instants.iter().map(|now| source.next(*now)).collect();
        assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
        assert!(ids.iter().all(|id| id.0.get_version_num() == 7));
    }

    #[test]
    fn ids_are_cut_by_their_instant() {
        let source = IdSource::from_seed(1);
        let ids: [Uuid; 3] = [4, 5, 6].map(|ms| source.next(Instant::from_ms(ms)));
        let cut = first_at(Instant::from_ms(5));
        assert_eq!(ids.map(|id| id < cut), [true, false, false]);
        assert_eq!(ids.map(|id| instant_of(id).ms()), [4, 5, 6]);
        assert_eq!(first_at(Instant::from_ms(-1)), Uuid::nil());
    }

    #[test]
    fn a_restart_with_an_earlier_clock_goes_on_above_the_newest_id() {
        let before: MessageId = IdSource::from_seed(1).next(Instant::from_ms(1_000));
        let source = IdSource::from_seed(2);
        source.start_after(before.0);
        let after: MessageId = source.next(Instant::from_ms(10));
        assert!(after > before);
    }
}
