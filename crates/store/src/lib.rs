//! The only SQL: one text and one Rust body per operation, for every engine.
//!
//! A use case is an [`Op`]: a value that runs inside one transaction of a [`Store`] and calls the functions of
//! the nouns below. Guaranteed: an operation is committed as a whole or not at all, and its caller is answered
//! only after the commit is durable. Not done here: decisions, time and chance; they come in as arguments.

mod engine;
mod error;
mod migrate;
mod sql;

pub mod copy;
pub mod invariants;

pub use engine::value::Value;
pub use engine::{Op, Store, Turn, Tx};
pub use error::{ConstraintKind, StoreError};
pub use sql::Sql;

/// Declares the nouns and collects their statements, so that no noun can be left out of the test that prepares
/// every text.
macro_rules! nouns {
    ($($noun:ident),* $(,)?) => {
        $(pub mod $noun;)*

        /// Every registered statement: for the tests that prepare each one and compare its plan.
        pub fn statements() -> Vec<&'static Sql> {
            let mut all = Vec::new();
            $(all.extend_from_slice($noun::STATEMENTS);)*
            all.extend_from_slice(migrate::STATEMENTS);
            all.extend_from_slice(invariants::STATEMENTS);
            all
        }
    };
}

nouns!(
    installation,
    organizations,
    settings,
    users,
    personal,
    default_hours,
    timers,
    sessions,
    tokens,
    channels,
    listings,
    customers,
    cases,
    secondaries,
    messages,
    decisions,
    claims,
    outbox,
    idempotency,
    events,
    audit,
    newest,
    retention,
    erasure,
);

pub use newest::newest_id;

/// A part of a list: what comes after `after` in the list's order, at most `limit` of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page<Id> {
    /// The last one of the part before; none for the first part.
    pub after: Option<Id>,
    /// How many at most.
    pub limit: u32,
}
