//! The one clock of a process: every rule takes `now` from here, and nothing else reads the system's time.
//!
//! Three kinds. The system's clock never goes backward within a process. A manual clock stands still and is
//! moved by fast-forward alone. A demo clock is the system's plus an offset that fast-forward adds to. While
//! fast-forward works through what falls due, it pins the clock to each instant in turn.

use std::sync::{Arc, Mutex, MutexGuard};

use domain::time::Instant;

/// A shared clock; clones show the same time.
#[derive(Clone)]
pub struct Clock(Arc<Inner>);

struct Inner {
    kind: Kind,
    state: Mutex<State>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    System,
    Manual,
    Demo,
}

struct State {
    /// The latest instant shown: no later answer is before it.
    latest: Instant,
    /// What fast-forward added to the system's time.
    offset_ms: i64,
    pinned: bool,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self::new(Kind::System, Instant::from_ms(i64::MIN))
    }

    /// A clock that stands at `start` until it is advanced.
    pub fn manual(start: Instant) -> Self {
        Self::new(Kind::Manual, start)
    }

    /// The system's clock plus an offset, 0 at first.
    pub fn demo() -> Self {
        Self::new(Kind::Demo, Instant::from_ms(i64::MIN))
    }

    /// A demo clock that shows `start` now, and runs.
    pub fn demo_from(start: Instant) -> Self {
        let clock = Self::new(Kind::Demo, start);
        clock.state().offset_ms = start.since_ms(system_now());
        clock
    }

    fn new(kind: Kind, latest: Instant) -> Self {
        let state = Mutex::new(State { latest, offset_ms: 0, pinned: false });
        Self(Arc::new(Inner { kind, state }))
    }

    /// The current instant.
    pub fn now(&self) -> Instant {
        let mut state = self.state();
        if self.0.kind != Kind::Manual && !state.pinned {
            state.latest = state.latest.max(system_now().plus_ms(state.offset_ms));
        }
        state.latest
    }

    /// Whether fast-forward is possible: on a manual and on a demo clock.
    pub fn can_advance(&self) -> bool {
        self.0.kind != Kind::System
    }

    /// Whether the clock stands still but for fast-forward.
    pub fn is_manual(&self) -> bool {
        self.0.kind == Kind::Manual
    }

    /// Stops the clock at exactly `at`, or at the latest instant shown if that is later.
    ///
    /// # Panics
    /// If the clock cannot be advanced: [`Clock::can_advance`] is to be asked first.
    pub fn pin(&self, at: Instant) {
        assert!(self.can_advance(), "the system's clock cannot be pinned");
        let mut state = self.state();
        state.latest = state.latest.max(at);
        state.pinned = true;
    }

    /// Ends a pin: a demo clock goes on from the pinned instant, a manual clock stays at it.
    pub fn unpin(&self) {
        let mut state = self.state();
        if state.pinned && self.0.kind == Kind::Demo {
            state.offset_ms = state.latest.since_ms(system_now());
        }
        state.pinned = false;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that holds the lock can panic halfway through a change.
        self.0.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

#[allow(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
fn system_now() -> Instant {
    Instant::from_ms(jiff::Timestamp::now().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Instant = Instant::from_ms(1_000_000);

    #[test]
    fn a_manual_clock_moves_by_pins_alone_and_never_back() {
        let clock = Clock::manual(START);
        assert!(clock.can_advance() && clock.is_manual());
        assert_eq!(clock.now(), START);
        for (pin_ms, shown_ms) in [(1_000_500, 1_000_500), (1_000_100, 1_000_500), (1_002_000, 1_002_000)] {
            clock.pin(Instant::from_ms(pin_ms));
            assert_eq!(clock.clone().now().ms(), shown_ms);
            clock.unpin();
            assert_eq!(clock.now().ms(), shown_ms);
        }
    }

    #[test]
    fn a_demo_clock_goes_on_from_the_pinned_instant() {
        let clock = Clock::demo();
        assert!(clock.can_advance() && !clock.is_manual());
        let target = clock.now().plus_ms(600_000);
        clock.pin(target);
        assert_eq!(clock.now(), target, "a pinned clock stands still");
        assert_eq!(clock.now(), target);
        clock.unpin();
        let later = clock.now().since_ms(target);
        assert!((0..60_000).contains(&later), "went on {later} ms after the pinned instant");
    }

    #[test]
    fn a_demo_clock_can_begin_in_the_past() {
        let clock = Clock::demo_from(START);
        let passed_ms = clock.now().since_ms(START);
        assert!((0..60_000).contains(&passed_ms), "{passed_ms} ms after its start");
    }

    #[test]
    fn the_system_clock_runs_and_cannot_be_advanced() {
        let clock = Clock::system();
        assert!(!clock.can_advance() && !clock.is_manual());
        let (first, second) = (clock.now(), clock.now());
        assert!(first <= second && first.ms() > 1_600_000_000_000);
        assert!(std::panic::catch_unwind(|| clock.pin(second)).is_err());
    }
}
