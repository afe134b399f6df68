//! An operation in a queue, its type erased.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use tokio::sync::oneshot;

use super::super::{Op, Tx};
use crate::error::StoreError;

/// What a thread is asked to do.
pub(super) enum Task {
    /// Run this.
    Run(Box<dyn Work>),
    /// Finish what is queued, close the connection, then say so.
    Close(oneshot::Sender<()>),
}

/// An operation that waits, has run, or is answered.
pub(super) trait Work: Send {
    /// Runs it; answers whether its changes are to be kept.
    fn run(&mut self, tx: &mut Tx) -> bool;

    /// Whether its caller has gone away.
    fn is_abandoned(&self) -> bool;

    /// Answers the caller, once it is known what became of the transaction.
    fn answer(self: Box<Self>, transaction: Result<(), StoreError>);
}

/// The one [`Work`] there is: an operation and its caller.
pub(super) struct Waiting<O: Op> {
    op: O,
    read_only: bool,
    result: Option<Result<O::Out, O::Error>>,
    caller: oneshot::Sender<Result<O::Out, O::Error>>,
}

impl<O: Op> Waiting<O> {
    #[expect(clippy::type_complexity, reason = "a caller's end and a thread's end of one answer")]
    pub(super) fn queue(
        op: O,
        read_only: bool,
    ) -> (Box<dyn Work>, oneshot::Receiver<Result<O::Out, O::Error>>) {
        let (caller, answer) = oneshot::channel();
        (Box::new(Self { op, read_only, result: None, caller }), answer)
    }
}

impl<O: Op> Work for Waiting<O> {
    fn run(&mut self, tx: &mut Tx) -> bool {
        tx.begin_operation(self.read_only);
        let op = &self.op;
        // The transaction is rolled back to before the operation, so nothing half-done can be seen afterwards.
        let result = catch_unwind(AssertUnwindSafe(|| run_to_end(op.run(tx))));
        let result = result.unwrap_or_else(|panic| {
            Err(StoreError::other(format!("an operation panicked: {}", panic_text(&*panic))).into())
        });
        self.result.insert(result).is_ok()
    }

    fn is_abandoned(&self) -> bool {
        self.caller.is_closed()
    }

    fn answer(self: Box<Self>, transaction: Result<(), StoreError>) {
        let result = match (self.result, transaction) {
            (Some(Err(own)), _) => Err(own),
            (_, Err(error)) => Err(error.into()),
            (Some(Ok(out)), Ok(())) => Ok(out),
            (None, Ok(())) => Err(StoreError::other("an operation was not run").into()),
        };
        // The caller may have gone away; the work is done all the same.
        let _ = self.caller.send(result);
    }
}

/// Polls once: the functions of the store never wait on this engine, so whatever waits is a mistake, and
/// waiting for it would stop every writer.
pub(super) fn run_to_end<T, E: From<StoreError>>(future: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => {
            Err(StoreError::other("an operation waited for something that is not the database").into())
        }
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no text")
}
