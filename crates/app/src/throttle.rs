//! Slows the guessing of passwords, per account and per address, without ever locking an account for good.
//!
//! Guaranteed: after a few failures each further attempt has to wait twice as long as the one before, up to a
//! limit; parallel attempts are counted as they come, not as they end. Somebody who signed in from an address
//! before is counted apart there, so that strangers who guess at an account do not keep its owner out.
//! Not guaranteed: it lives in memory, so a restart forgets, and several servers count apart. The maps are
//! bounded; when one is full of recent entries the oldest gives way.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Mutex;

use domain::time::{DAY_MS, HOUR_MS, Instant, MINUTE_MS, SECOND_MS};

use crate::error::AppError;

/// Failures that cost nothing, per account.
const FREE_PER_ACCOUNT: u32 = 5;
/// Failures that cost nothing, per address: many people may share one.
const FREE_PER_ADDRESS: u32 = 20;
/// Failures that cost nothing, per IPv6 site, which has 65,536 networks.
const FREE_PER_SITE: u32 = 100;
/// The longest wait.
const LONGEST_WAIT_MS: i64 = 5 * MINUTE_MS;
/// After this long without an attempt the failures are forgotten.
const FORGET_AFTER_MS: i64 = HOUR_MS;
/// How long an address stays known for an account after a sign-in.
const KNOWN_FOR_MS: i64 = 30 * DAY_MS;
/// The most entries of either map.
const MAX_ENTRIES: usize = 10_000;

/// The counters of one process.
#[derive(Default)]
pub struct Throttle(Mutex<State>);

#[derive(Default)]
struct State {
    attempts: HashMap<Key, Attempts>,
    known: HashMap<(String, IpAddr), Instant>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    Account(String),
    Address(IpAddr),
    /// The first 48 bits of an IPv6 address: what one customer may have at most.
    Site(Ipv6Addr),
    /// An account at an address from which it has signed in before.
    Known(String, IpAddr),
}

#[derive(Clone, Copy)]
struct Attempts {
    failures: u32,
    last_at: Instant,
}

impl Throttle {
    /// Counts an attempt to sign in, as a failure until [`Throttle::succeeded`] says otherwise, or refuses it
    /// uncounted with the time to wait.
    pub fn attempt(&self, account: &str, address: IpAddr, now: Instant) -> Result<(), AppError> {
        let mut state = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let keys = state.keys(account, address, now);
        let wait_ms = keys.iter().map(|key| state.wait_ms(key, now)).max().unwrap_or(0);
        if wait_ms > 0 {
            let retry_after_s = (wait_ms as u64).div_ceil(SECOND_MS as u64);
            return Err(AppError::TooMany { retry_after_s });
        }
        for key in keys {
            make_room(&mut state.attempts, &key, now, FORGET_AFTER_MS, |attempts| attempts.last_at);
            let attempts = state.attempts.entry(key).or_insert(Attempts { failures: 0, last_at: now });
            if now.since_ms(attempts.last_at) > FORGET_AFTER_MS {
                attempts.failures = 0;
            }
            attempts.failures = attempts.failures.saturating_add(1);
            attempts.last_at = now;
        }
        Ok(())
    }

    /// Whether this account has signed in from there before.
    pub fn knows(&self, account: &str, address: IpAddr, now: Instant) -> bool {
        let state = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        matches!(state.keys(account, address, now)[..], [Key::Known(..)])
    }

    /// Takes back the count of an attempt that succeeded, and forgets the account's earlier failures.
    pub fn succeeded(&self, account: &str, address: IpAddr, now: Instant) {
        let mut state = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        for key in state.keys(account, address, now) {
            match &key {
                Key::Address(_) | Key::Site(_) => {
                    if let Some(attempts) = state.attempts.get_mut(&key) {
                        attempts.failures = attempts.failures.saturating_sub(1);
                    }
                }
                Key::Account(_) | Key::Known(..) => {
                    state.attempts.remove(&key);
                }
            }
        }
        let pair = (account.to_owned(), network(address));
        make_room(&mut state.known, &pair, now, KNOWN_FOR_MS, |at| *at);
        state.known.insert(pair, now);
    }
}

impl State {
    fn keys(&self, account: &str, address: IpAddr, now: Instant) -> Vec<Key> {
        let pair = (account.to_owned(), network(address));
        match self.known.get(&pair) {
            Some(at) if now.since_ms(*at) <= KNOWN_FOR_MS => vec![Key::Known(pair.0, pair.1)],
            _ => {
                let site = match pair.1 {
                    IpAddr::V6(v6) => Some(Key::Site(prefix(v6, 3))),
                    IpAddr::V4(_) => None,
                };
                [Key::Account(pair.0), Key::Address(pair.1)].into_iter().chain(site).collect()
            }
        }
    }

    fn wait_ms(&self, key: &Key, now: Instant) -> i64 {
        let Some(attempts) = self.attempts.get(key) else { return 0 };
        let free = match key {
            Key::Address(_) => FREE_PER_ADDRESS,
            Key::Site(_) => FREE_PER_SITE,
            Key::Account(_) | Key::Known(..) => FREE_PER_ACCOUNT,
        };
        let since_last_ms = now.since_ms(attempts.last_at);
        if attempts.failures < free || since_last_ms > FORGET_AFTER_MS {
            return 0;
        }
        let doublings = (attempts.failures - free).min(30);
        let delay_ms = (SECOND_MS << doublings).min(LONGEST_WAIT_MS);
        (delay_ms - since_last_ms).max(0)
    }
}

/// The address as it is counted: an IPv6 customer usually has a whole /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(prefix(v6, 4)),
        v4 => v4,
    }
}

/// The first so many 16 bits of an address.
fn prefix(address: Ipv6Addr, segments: usize) -> Ipv6Addr {
    let mut kept = address.segments();
    kept[segments..].fill(0);
    kept.into()
}

/// Makes room for `key` in a full map: first what is forgotten anyway goes, then the oldest.
fn make_room<K: Eq + Hash + Clone, V>(
    map: &mut HashMap<K, V>,
    key: &K,
    now: Instant,
    forget_after_ms: i64,
    last_at: impl Fn(&V) -> Instant,
) {
    if map.len() < MAX_ENTRIES || map.contains_key(key) {
        return;
    }
    map.retain(|_, value| now.since_ms(last_at(value)) <= forget_after_ms);
    if map.len() >= MAX_ENTRIES
        && let Some(oldest) =
            map.iter().min_by_key(|(_, value)| last_at(value)).map(|(oldest, _)| oldest.clone())
    {
        map.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 1));
    const AWAY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9));

    fn at(s: i64) -> Instant {
        Instant::from_ms(s * SECOND_MS)
    }

    fn wait_s(result: Result<(), AppError>) -> u64 {
        match result {
            Ok(()) => 0,
            Err(AppError::TooMany { retry_after_s }) => retry_after_s,
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn v6_3_1_each_failure_after_the_fifth_doubles_the_wait() {
        let throttle = Throttle::default();
        // (at second, seconds to wait; 0 = admitted)
        let table = [
            (0, 0),
            (0, 0),
            (0, 0),
            (0, 0),
            (0, 0),
            (0, 1),
            (1, 0),
            (1, 2),
            (2, 1),
            (3, 0),
            (3, 4),
            (7, 0),
            (7, 8),
            (15, 0),
            (31, 0),
            (63, 0),
            (127, 0),
            (255, 0),
            (511, 0),
            (511, 300),
            (811, 0),
            (811, 300),
            (811 + 3_601, 0),
            (811 + 3_601, 0),
        ];
        for (second, wait) in table {
            assert_eq!(wait_s(throttle.attempt("ana@x", AWAY, at(second))), wait, "at {second} s");
        }
    }

    #[test]
    fn v6_3_1_success_resets_the_account_and_strangers_do_not_keep_its_owner_out() {
        let throttle = Throttle::default();
        for _ in 0..4 {
            throttle.attempt("ana@x", HOME, at(0)).unwrap();
        }
        throttle.attempt("ana@x", HOME, at(0)).unwrap();
        throttle.succeeded("ana@x", HOME, at(0));
        for _ in 0..5 {
            assert_eq!(wait_s(throttle.attempt("ana@x", AWAY, at(1))), 0);
        }
        assert_eq!(wait_s(throttle.attempt("ana@x", AWAY, at(1))), 1);
        assert_eq!(wait_s(throttle.attempt("ana@x", HOME, at(1))), 0, "the owner at a known address");
    }

    #[test]
    fn v6_3_1_one_address_cannot_try_account_after_account() {
        let throttle = Throttle::default();
        for n in 0..FREE_PER_ADDRESS {
            assert_eq!(wait_s(throttle.attempt(&format!("user{n}@x"), AWAY, at(0))), 0);
        }
        assert_eq!(wait_s(throttle.attempt("another@x", AWAY, at(0))), 1);
        assert_eq!(wait_s(throttle.attempt("another@x", HOME, at(0))), 0);
        for n in 0..FREE_PER_SITE {
            let address = format!("2001:db8:7:{n:x}::1").parse().unwrap();
            assert_eq!(wait_s(throttle.attempt(&format!("user{n}@y"), address, at(0))), 0, "{n}");
        }
        let of_the_site = "2001:db8:7:ffff::1".parse().unwrap();
        assert_eq!(wait_s(throttle.attempt("another@y", of_the_site, at(0))), 1, "network after network");
        let table = [
            ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true),
            ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
            ("::ffff:198.51.100.1", "198.51.100.1", true),
            ("198.51.100.2", "198.51.100.1", false),
        ];
        for (one, other, same) in table {
            assert_eq!(
                network(one.parse().unwrap()) == network(other.parse().unwrap()),
                same,
                "{one} {other}"
            );
        }
    }

    #[test]
    fn the_maps_are_bounded() {
        let throttle = Throttle::default();
        for n in 0..(MAX_ENTRIES as i64 + 50) {
            let address = IpAddr::V4((n as u32).into());
            throttle.attempt(&format!("user{n}@x"), address, at(n)).unwrap();
            throttle.succeeded(&format!("user{n}@x"), address, at(n));
        }
        let state = throttle.0.lock().unwrap();
        assert!(state.attempts.len() <= MAX_ENTRIES && state.known.len() <= MAX_ENTRIES);
    }
}
