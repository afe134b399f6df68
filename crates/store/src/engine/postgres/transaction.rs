//! Running an operation's body: panics become answers, and waiting for anything but the database is an error.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use super::panic_error;
use crate::error::StoreError;

/// Runs a body to its end. `calling` is set while it waits for the database.
pub(super) async fn guarded<T, E>(
    body: impl Future<Output = Result<T, E>>,
    calling: &AtomicBool,
) -> Result<Result<T, E>, StoreError> {
    let mut body = pin!(body);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| body.as_mut().poll(context))) {
        Ok(Poll::Ready(result)) => Poll::Ready(Ok(result)),
        Ok(Poll::Pending) if calling.load(Ordering::Relaxed) => Poll::Pending,
        Ok(Poll::Pending) => {
            Poll::Ready(Err(StoreError::other("an operation waited for something that is not the database")))
        }
        Err(panic) => Poll::Ready(Err(panic_error(&*panic))),
    })
    .await
}

/// The text of a panic.
pub(super) fn panicked(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no text")
}
