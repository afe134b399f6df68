//! Slows the guessing of passwords, per account and per address, without ever locking an account for good.
//!
//! Guaranteed: after a few failures each further attempt has to wait twice as long as the one before, up to a
//! limit; parallel attempts are counted as they come, not as they end. Who signed in from a device before is counted
//! apart there, so that strangers who guess at an account do not keep its owner out (decision 0033).
//! Not guaranteed: the counts live in memory, so a restart forgets them, and several servers count apart. The map is
//! bounded; when it is full of recent entries the oldest gives way.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Mutex;

use domain::time::{HOUR_MS, Instant, MINUTE_MS, SECOND_MS};

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
/// The most that is counted at once.
const MAX_ENTRIES: usize = 10_000;

/// The counters of one process.
#[derive(Default)]
pub struct Throttle(Mutex<HashMap<Key, Attempts>>);

/// The id of a device from which an account has signed in before.
pub type KnownDevice = [u8; 16];

#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    Account(String),
    Address(IpAddr),
    /// The first 48 bits of an IPv6 address: what one customer may have at most.
    Site(Ipv6Addr),
    /// An account on a device that is known for it.
    Known(String, KnownDevice),
}

#[derive(Clone, Copy)]
struct Attempts {
    failures: u32,
    last_at: Instant,
}

impl Throttle {
    /// Counts an attempt to sign in, as a failure until [`Throttle::succeeded`] says otherwise, or refuses it
    /// uncounted with the time to wait.
    pub fn attempt(
        &self,
        account: &str,
        address: IpAddr,
        device: Option<KnownDevice>,
        now: Instant,
    ) -> Result<(), AppError> {
        let mut counts = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let keys = keys(account, address, device);
        let wait_ms = keys.iter().map(|key| wait_ms(&counts, key, now)).max().unwrap_or(0);
        if wait_ms > 0 {
            let retry_after_s = (wait_ms as u64).div_ceil(SECOND_MS as u64);
            return Err(AppError::TooMany { retry_after_s });
        }
        for key in keys {
            make_room(&mut counts, &key, now);
            let attempts = counts.entry(key).or_insert(Attempts { failures: 0, last_at: now });
            if now.since_ms(attempts.last_at) > FORGET_AFTER_MS {
                attempts.failures = 0;
            }
            attempts.failures = attempts.failures.saturating_add(1);
            attempts.last_at = now;
        }
        Ok(())
    }

    /// Takes back the count of an attempt that succeeded, and forgets the account's earlier failures.
    pub fn succeeded(&self, account: &str, address: IpAddr, device: Option<KnownDevice>) {
        let mut counts = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        for key in keys(account, address, device) {
            match &key {
                Key::Address(_) | Key::Site(_) => {
                    if let Some(attempts) = counts.get_mut(&key) {
                        attempts.failures = attempts.failures.saturating_sub(1);
                    }
                }
                Key::Account(_) | Key::Known(..) => {
                    counts.remove(&key);
                }
            }
        }
    }
}

/// What an attempt counts for.
fn keys(account: &str, address: IpAddr, device: Option<KnownDevice>) -> Vec<Key> {
    if let Some(device) = device {
        return vec![Key::Known(account.to_owned(), device)];
    }
    let network = network(address);
    let site = match network {
        IpAddr::V6(v6) => Some(Key::Site(prefix(v6, 3))),
        IpAddr::V4(_) => None,
    };
    [Key::Account(account.to_owned()), Key::Address(network)].into_iter().chain(site).collect()
}

fn wait_ms(counts: &HashMap<Key, Attempts>, key: &Key, now: Instant) -> i64 {
    let Some(attempts) = counts.get(key) else { return 0 };
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
fn make_room(counts: &mut HashMap<Key, Attempts>, key: &Key, now: Instant) {
    if counts.len() < MAX_ENTRIES || counts.contains_key(key) {
        return;
    }
    counts.retain(|_, attempts| now.since_ms(attempts.last_at) <= FORGET_AFTER_MS);
    if counts.len() >= MAX_ENTRIES
        && let Some(oldest) =
            counts.iter().min_by_key(|(_, attempts)| attempts.last_at).map(|(oldest, _)| oldest.clone())
    {
        counts.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 1));
    const AWAY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9));

    const LAPTOP: KnownDevice = [1; 16];

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
            assert_eq!(wait_s(throttle.attempt("ana@x", AWAY, None, at(second))), wait, "at {second} s");
        }
    }

    #[test]
    fn v6_3_1_success_resets_the_account_and_strangers_do_not_keep_its_owner_out() {
        let throttle = Throttle::default();
        for _ in 0..5 {
            throttle.attempt("ana@x", HOME, None, at(0)).unwrap();
        }
        throttle.succeeded("ana@x", HOME, None);
        for _ in 0..5 {
            assert_eq!(wait_s(throttle.attempt("ana@x", AWAY, None, at(1))), 0);
        }
        assert_eq!(wait_s(throttle.attempt("ana@x", HOME, None, at(1))), 1, "a browser that nobody knows");
        for _ in 0..5 {
            assert_eq!(wait_s(throttle.attempt("ana@x", HOME, Some(LAPTOP), at(1))), 0, "the owner's");
        }
        assert_eq!(wait_s(throttle.attempt("ana@x", HOME, Some(LAPTOP), at(1))), 1, "counted, too");
        throttle.attempt("ana@x", HOME, Some(LAPTOP), at(2)).unwrap();
        throttle.succeeded("ana@x", HOME, Some(LAPTOP));
        assert_eq!(wait_s(throttle.attempt("ana@x", HOME, Some(LAPTOP), at(2))), 0);
    }

    #[test]
    fn v6_3_1_one_address_cannot_try_account_after_account() {
        let throttle = Throttle::default();
        for n in 0..FREE_PER_ADDRESS {
            assert_eq!(wait_s(throttle.attempt(&format!("user{n}@x"), AWAY, None, at(0))), 0);
        }
        assert_eq!(wait_s(throttle.attempt("another@x", AWAY, None, at(0))), 1);
        assert_eq!(wait_s(throttle.attempt("another@x", HOME, None, at(0))), 0);
        for n in 0..FREE_PER_SITE {
            let address = format!("2001:db8:7:{n:x}::1").parse().unwrap();
            assert_eq!(wait_s(throttle.attempt(&format!("user{n}@y"), address, None, at(0))), 0, "{n}");
        }
        let of_the_site = "2001:db8:7:ffff::1".parse().unwrap();
        assert_eq!(
            wait_s(throttle.attempt("another@y", of_the_site, None, at(0))),
            1,
            "network after network"
        );
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
    fn what_is_counted_is_bounded() {
        let throttle = Throttle::default();
        for n in 0..(MAX_ENTRIES as i64 + 50) {
            let address = IpAddr::V4((n as u32).into());
            throttle.attempt(&format!("user{n}@x"), address, None, at(n)).unwrap();
        }
        assert!(throttle.0.lock().unwrap().len() <= MAX_ENTRIES);
    }
}
