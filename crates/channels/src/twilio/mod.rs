//! Twilio's Messages API, its webhooks and its signatures.
//!
//! One file per conversation: `signature` (who is talking), `inbound` and `status` (what they post to us),
//! `client` (how we reach them), `send`, `list`, `list_inbound` and `media` (what we ask of them), `error_code` (what their
//! numbers mean). Checked against the official Python library and against the `sandbox` crate, which implements
//! the other side independently.

mod answer;
pub mod client;
pub mod error_code;
mod form;
pub mod inbound;
pub mod list;
pub mod list_inbound;
pub mod media;
pub mod send;
pub mod signature;
pub mod status;
#[cfg(test)]
mod testing;
