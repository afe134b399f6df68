//! Backsoon.
fn main() {}
