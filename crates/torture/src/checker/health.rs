//! When the desk had to be prompt.

use crate::history::{Ms, Trouble};

/// How soon what is due has to happen once the system is whole.
pub const PROMPT_MS: Ms = 5_000;

/// Until when something that was due at `due` has to be done: within [`PROMPT_MS`] of the first instant from which
/// the system is whole for that long.
pub fn deadline(troubles: &[Trouble], due: Ms) -> Ms {
    let mut start = due;
    // Each trouble that reaches into the time pushes it behind itself; again until none does.
    while let Some(trouble) = troubles
        .iter()
        .find(|trouble| trouble.excuses && trouble.from < start + PROMPT_MS && trouble.until > start)
    {
        start = trouble.until;
        if start == Ms::MAX {
            return Ms::MAX;
        }
    }
    start + PROMPT_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn troubles_push_a_deadline_behind_themselves() {
        let trouble =
            |from, until, excuses| Trouble { from, until, what: String::new(), excuses, unsettles: false };
        let troubles = [
            trouble(10_000, 12_000, true),
            trouble(14_000, 15_000, true),
            trouble(40_000, 50_000, false),
            trouble(60_000, Ms::MAX, true),
        ];
        let table = [
            (0, 5_000),
            (4_999, 9_999),
            (5_001, 20_000),
            (11_000, 20_000),
            (15_000, 20_000),
            (41_000, 46_000),
            (56_000, Ms::MAX),
        ];
        for (due, expected) in table {
            assert_eq!(deadline(&troubles, due), expected, "due at {due}");
        }
    }
}
