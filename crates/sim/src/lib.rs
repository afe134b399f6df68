//! Backsoon.
