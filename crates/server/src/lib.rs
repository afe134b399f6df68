//! The server: HTTP, pages, configuration, command line, telemetry. The binary `backsoon` is a thin shell over it.

mod api;
pub mod cli;
mod config;
pub mod connections;
pub mod http;
mod pages;
mod peer;
mod telemetry;
mod webhooks;
mod wire;
