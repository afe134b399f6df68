//! The server: HTTP, pages, configuration, command line, telemetry. The binary `backsoon` is a thin shell over it.

pub mod api;
pub mod cli;
pub mod config;
pub mod connections;
pub mod http;
pub mod pages;
pub mod peer;
pub mod telemetry;
pub mod webhooks;
pub mod wire;
