//! The server as its clients meet it: every route, every refusal, every header.

#[path = "../harness/mod.rs"]
mod harness;

mod access;
mod activity;
mod attachments;
mod backfill;
mod compress;
mod conversation;
mod customers;
mod events;
mod fields;
mod fuzz;
mod headers;
mod limits;
mod lists;
mod logs;
mod numbers;
mod office_hours;
mod organizations;
mod pages;
mod people;
mod personal;
mod reads_like_stop;
mod requests;
mod secondary;
mod session;
mod shapes;
mod sockets;
mod story;
mod test_text;
mod tokens;
mod typed;
mod webhooks;
