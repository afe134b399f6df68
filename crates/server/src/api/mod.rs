//! The API by version.

pub mod v1;
