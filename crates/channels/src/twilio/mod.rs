//! Twilio's Messages API, its webhooks and its signatures.
//!
//! One file per conversation: `form` (what was posted), `signature` (who is talking), `inbound` and `status` (what
//! they post to us), `client` (how we reach them), `send`, `list`, `list_inbound`, `number` and `media` (what we ask of them),
//! `answer` and `lenient` (how their answers are read), `error_code` (what their numbers mean). Checked against the official Python library and against the `sandbox` crate, which implements
//! the other side independently.

mod answer;
pub mod client;
pub mod error_code;
pub mod form;
pub mod inbound;
mod lenient;
pub mod list;
pub mod list_inbound;
pub mod media;
pub mod number;
pub mod send;
pub mod signature;
pub mod status;
#[cfg(test)]
mod testing;
