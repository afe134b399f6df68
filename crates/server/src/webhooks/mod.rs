//! What carriers post to us.

pub mod twilio;
