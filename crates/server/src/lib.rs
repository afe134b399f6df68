//! The server: HTTP, pages, configuration, command line, telemetry. The binary `backsoon` is a thin shell over it.

pub mod api;
pub mod http;
pub mod webhooks;
