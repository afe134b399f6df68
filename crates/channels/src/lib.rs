//! The only carrier formats in the product: what a carrier sends us, what we send it, how both are signed.
//!
//! Guaranteed: every value that leaves this crate is bounded in size and free of control characters where an
//! address or an id is meant; a send is classified so that "safe to send again" is claimed only where the
//! carrier cannot have processed it. Not guaranteed: anything about what to do next. There is no storage, no
//! web server and no decision here.

pub mod twilio;
