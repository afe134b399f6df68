//! Proves from a history that the desk kept its promises, property by property. Pure functions: their tests hand
//! them histories in which one promise is broken each.

mod desk;
pub mod health;
mod inbound;
mod index;
mod replies;
mod story;
#[cfg(test)]
mod tests;

use crate::history::History;
use index::Index;

/// The most violations of one property that are told.
const TOLD: usize = 5;

/// A broken promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What is wrong.
    pub what: String,
    /// On which case, if it is about one.
    pub case_id: Option<String>,
}

impl Violation {
    fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), case_id: None }
    }

    fn on(case_id: &str, what: impl Into<String>) -> Self {
        Self { what: what.into(), case_id: Some(case_id.to_owned()) }
    }
}

/// A promise, and what breaks it.
type Property = (&'static str, fn(&Index<'_>) -> Vec<Violation>);

/// Every promise.
const PROPERTIES: [Property; 15] = [
    (
        "a text that was acknowledged, or could be fetched later, is stored exactly once, and nothing else is",
        inbound::stored_once,
    ),
    ("a text has exactly one decision", inbound::decided_once),
    ("what is watched is so by the rules, and what was due is decided", inbound::settled),
    ("at most one automatic reply for a case and an absence reached the carrier", replies::once_per_absence),
    (
        "no automatic reply to somebody whose opt-out was acknowledged before it was handed over",
        replies::none_after_stop,
    ),
    (
        "a reply has an outcome, or is looked up on time; a cancelled one says why and stayed here",
        replies::outcomes,
    ),
    ("nothing is handed over again unless the carrier said that it did not take it", replies::not_twice),
    ("what the carrier got automatically was decided so", replies::decided),
    ("a due reply goes out within 5 s of recovery, or carries the reason why not", replies::prompt),
    ("a node that lives gives no hand-over up and forgets no answer of a well carrier", replies::remembered),
    ("a person's message is stored once however often it was asked for", desk::messages_once),
    ("acknowledged activity is stored, and every later decision on any node knows it", desk::activity_seen),
    ("every later decision on any node knows an acknowledged setting", desk::setting_seen),
    ("readers of events are told of every message", desk::readers),
    ("nodes end only when told to, never panic, and `backsoon check` finds nothing", desk::complaints),
];

/// Prints what was looked at and what was found, with the story of each case concerned; ends with the counts.
/// Answers whether every promise was kept.
pub fn report(history: &History, name: &str) -> bool {
    let index = Index::of(history);
    println!("{}", story::summary(&index));
    let mut failed = 0;
    for (promise, check) in PROPERTIES {
        let violations = check(&index);
        println!("{} {promise}", if violations.is_empty() { "ok     " } else { "BROKEN " });
        failed += usize::from(!violations.is_empty());
        for violation in violations.iter().take(TOLD) {
            println!("    [{name}] {}", violation.what);
            if let Some(case_id) = &violation.case_id {
                print!("{}", story::of_case(&index, case_id));
            }
        }
        if violations.len() > TOLD {
            println!("    and {} more", violations.len() - TOLD);
        }
    }
    println!("{} passed, {failed} failed", PROPERTIES.len() - failed);
    failed == 0
}
