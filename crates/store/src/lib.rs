//! The only SQL: one text and one Rust body per operation, for every engine.
//!
//! A use case is an [`Op`]: a value that runs inside one transaction of a [`Store`] and calls the functions of
//! the nouns below. Guaranteed: an operation is committed as a whole or not at all, and its caller is answered
//! only after the commit is durable. Not done here: decisions, time and chance; they come in as arguments.

mod engine;
mod error;
mod migrate;
mod newest;
mod sql;

pub mod assignment;
pub mod audit;
pub mod cases;
pub mod channels;
pub mod claims;
pub mod copy;
pub mod customers;
pub mod decisions;
pub mod default_hours;
pub mod erasure;
pub mod events;
pub mod idempotency;
pub mod installation;
pub mod invariants;
pub mod listings;
pub mod messages;
pub mod organizations;
pub mod outbox;
pub mod personal;
pub mod retention;
mod search;
pub mod secondaries;
pub mod sessions;
pub mod settings;
pub mod timers;
pub mod tokens;
pub mod traffic;
pub mod users;

pub use engine::value::Value;
pub use engine::{Moment, Op, SEARCH, Store, Turn, Tx};
pub use error::{ConstraintKind, StoreError};
pub use migrate::lacks_everything;
pub use newest::newest_id;
pub use sql::Sql;

/// A part of a list: what comes after `after` in the list's order, at most `limit` of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page<Id> {
    /// The last one of the part before; none for the first part.
    pub after: Option<Id>,
    /// How many at most.
    pub limit: u32,
}

/// Every registered statement: for the tests that prepare each one and compare its plan. A module that is left out
/// here has statements that nobody uses, and the compiler says so.
pub fn statements() -> Vec<&'static Sql> {
    [
        installation::STATEMENTS,
        organizations::STATEMENTS,
        settings::STATEMENTS,
        users::STATEMENTS,
        personal::STATEMENTS,
        default_hours::STATEMENTS,
        timers::STATEMENTS,
        sessions::STATEMENTS,
        tokens::STATEMENTS,
        channels::STATEMENTS,
        assignment::STATEMENTS,
        listings::STATEMENTS,
        customers::STATEMENTS,
        cases::STATEMENTS,
        secondaries::STATEMENTS,
        messages::STATEMENTS,
        decisions::STATEMENTS,
        claims::STATEMENTS,
        outbox::STATEMENTS,
        idempotency::STATEMENTS,
        events::STATEMENTS,
        audit::STATEMENTS,
        newest::STATEMENTS,
        retention::STATEMENTS,
        search::STATEMENTS,
        erasure::STATEMENTS,
        traffic::STATEMENTS,
        migrate::STATEMENTS,
        invariants::STATEMENTS,
    ]
    .concat()
}
