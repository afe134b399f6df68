//! The production app in a world of its own: a clock that stands still until it is moved, people who text,
//! work and change settings, and a carrier that can fail in every way a real one does.
//!
//! [`World`] is that world; app's scenario tests and this crate's random walk both run in it. Guaranteed: the
//! app is the production one, store and carrier client included; time and ids follow the seed. Not guaranteed:
//! the order of hand-overs to different customers at one instant, which really run side by side.

pub mod carrier;
mod http;
mod oracle;
pub mod walk;
pub mod world;

pub use world::World;
