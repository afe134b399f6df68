//! The places for streams of events: so many in all, and so many of one person, who cannot take those of the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::id::UserId;

/// The most streams at once.
const MOST: usize = 1_000;
/// The most of one person, on all devices: each open page has one.
const MOST_OF_ONE: usize = 20;

/// How many streams each person has.
#[derive(Default)]
pub struct Streams(Mutex<HashMap<UserId, usize>>);

/// One stream's place, until it is dropped.
pub struct Place {
    streams: Arc<Streams>,
    user: UserId,
}

impl Streams {
    /// A place for one more stream of this person, if there is one.
    pub fn take(self: &Arc<Self>, user: UserId) -> Option<Place> {
        let mut open = self.open();
        let own = open.get(&user).copied().unwrap_or(0);
        if own >= MOST_OF_ONE || open.values().sum::<usize>() >= MOST {
            return None;
        }
        open.insert(user, own + 1);
        Some(Place { streams: Arc::clone(self), user })
    }

    fn open(&self) -> MutexGuard<'_, HashMap<UserId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.streams.open();
        if let Some(own) = open.get_mut(&self.user) {
            *own -= 1;
        }
        open.retain(|_, own| *own > 0);
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn nobody_takes_the_places_of_others() {
        let streams = Arc::new(Streams::default());
        let person = |n: usize| UserId::from(Uuid::from_u128(n as u128));
        let of_one: Vec<_> = (0..=MOST_OF_ONE).map_while(|_| streams.take(person(0))).collect();
        assert_eq!(of_one.len(), MOST_OF_ONE);
        let all: Vec<_> = (MOST_OF_ONE..=MOST).map_while(|n| streams.take(person(n))).collect();
        assert_eq!(of_one.len() + all.len(), MOST, "in all");
        drop(of_one);
        assert!(streams.take(person(0)).is_some());
        drop(all);
        assert!(streams.open().is_empty());
    }
}
