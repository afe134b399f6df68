//! Places on a message's path where the process can be told to die, so that the torture harness (`crates/torture`)
//! can kill it exactly there. They exist with the build feature `fail-points` alone, which no shipped program has;
//! without it they are nothing.
//!
//! `BACKSOON_FAIL_POINT=name:visit` names the point and on which visit to die; it dies by abort, as from `kill -9`.

/// The variable that names the point. A test looks for this text in the default build.
#[cfg(feature = "fail-points")]
const VARIABLE: &str = "BACKSOON_FAIL_POINT";

/// A place to die at.
#[cfg(not(feature = "fail-points"))]
#[inline(always)]
pub(crate) const fn fail_point(_name: &str) {}

/// Dies here if told to, on the visit that was named.
#[cfg(feature = "fail-points")]
pub(crate) fn fail_point(name: &str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static ARMED: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static VISITS: AtomicU64 = AtomicU64::new(0);
    let armed = ARMED.get_or_init(|| {
        let value = std::env::var(VARIABLE).ok()?;
        let (name, visit) = value.split_once(':')?;
        Some((name.to_owned(), visit.parse().ok()?))
    });
    if let Some((armed, visit)) = armed
        && armed == name
        && VISITS.fetch_add(1, Ordering::Relaxed) + 1 == *visit
    {
        eprintln!("fail point {name}");
        std::process::abort();
    }
}
