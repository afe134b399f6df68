//! Places on a message's path where the process can be told to die, so that the torture harness (`crates/torture`)
//! can kill it exactly there. They exist with the build feature `fail-points` alone, which no shipped program has;
//! without it they are nothing.
//!
//! `BACKSOON_FAIL_POINT=name:visit` names the point and on which visit to die; it dies by abort, as from `kill -9`. At a
//! point in a worker (`panic_point`) the worker panics instead, on that visit and on every later one: the process has to
//! deal with it.

/// The variable that names the point. A test looks for this text in the default build.
#[cfg(feature = "fail-points")]
const VARIABLE: &str = "BACKSOON_FAIL_POINT";

/// A place to die at.
#[cfg(not(feature = "fail-points"))]
#[inline(always)]
pub(crate) const fn fail_point(_name: &str) {}

/// A place at which a worker panics.
#[cfg(not(feature = "fail-points"))]
#[inline(always)]
pub(crate) const fn panic_point(_name: &str) {}

/// Dies here if told to, on the visit that was named.
#[cfg(feature = "fail-points")]
pub(crate) fn fail_point(name: &str) {
    if visited(name) == Some(std::cmp::Ordering::Equal) {
        eprintln!("fail point {name}");
        std::process::abort();
    }
}

/// Panics here if told to, from the visit that was named on.
#[cfg(feature = "fail-points")]
pub(crate) fn panic_point(name: &str) {
    assert!(visited(name).is_none_or(std::cmp::Ordering::is_lt), "fail point {name}");
}

/// Counts a visit of the point that is named, and compares it with the one at which something is to happen.
#[cfg(feature = "fail-points")]
fn visited(name: &str) -> Option<std::cmp::Ordering> {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static ARMED: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static VISITS: AtomicU64 = AtomicU64::new(0);
    let armed = ARMED.get_or_init(|| {
        let value = std::env::var(VARIABLE).ok()?;
        let (name, visit) = value.split_once(':')?;
        Some((name.to_owned(), visit.parse().ok()?))
    });
    let (armed, visit) = armed.as_ref()?;
    (armed == name).then(|| (VISITS.fetch_add(1, Ordering::Relaxed) + 1).cmp(visit))
}
