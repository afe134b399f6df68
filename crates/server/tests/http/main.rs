//! The server as its clients meet it: every route, every refusal, every header.

#[path = "../harness/mod.rs"]
mod harness;

mod access;
mod activity;
mod attachments;
mod events;
mod fields;
mod headers;
mod limits;
mod lists;
mod logs;
mod organizations;
mod pages;
mod requests;
mod session;
mod sockets;
mod story;
mod webhooks;
