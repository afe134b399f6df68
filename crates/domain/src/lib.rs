//! What is true: the rule book as types and pure functions.
//!
//! Nothing here does I/O, reads a clock, draws a random number unasked, or knows of SQL, HTTP or a carrier.
//! Time and chance come in as arguments, so that every rule runs on simulated time.

pub mod assignment;
pub mod audit;
pub mod auto_reply;
pub mod case;
pub mod channel;
pub mod country;
pub mod customer;
pub mod delivery;
pub mod field;
pub mod fold;
pub mod hours;
pub mod id;
pub mod keyword;
pub mod message;
pub mod organization;
pub mod outbox;
pub mod phone;
pub mod presence;
pub mod reaction;
pub mod reads_like_stop;
pub mod retention;
pub mod retry;
pub mod search;
pub mod segment;
pub mod time;
pub mod user;
pub mod visible;
