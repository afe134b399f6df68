//! The reader threads: each operation in a read transaction of its own, on a connection that cannot write.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;

use super::work::{Task, Work};
use super::{Connection, QUEUE, connection, spawn, transaction};
use crate::engine::Tx;
use crate::error::StoreError;

/// Starts one thread per connection on one queue. Operations end after `limit`, if there is one.
pub(super) fn start(
    name: &str,
    connections: Vec<Connection>,
    limit: Option<Duration>,
) -> Result<mpsc::Sender<Task>, StoreError> {
    let (sender, queue) = mpsc::channel(QUEUE);
    let queue = Arc::new(Mutex::new(queue));
    // Dropped by the last reader, so that a closer hears only when every connection is closed.
    let closers = Arc::new(Mutex::new(Vec::new()));
    for (i, connection) in connections.into_iter().enumerate() {
        let (queue, closers) = (Arc::clone(&queue), Arc::clone(&closers));
        spawn(format!("store-{name}-{i}"), move || {
            let mut tx = transaction(connection, true);
            while let Some(task) = next(&queue) {
                match task {
                    // Nobody waits any more, for example because a newer search took its place.
                    Task::Run(work) if work.is_abandoned() => {}
                    Task::Run(mut work) => {
                        let result = read(&mut tx, &mut *work, limit);
                        work.answer(result);
                    }
                    Task::Close(done) => closers.lock().unwrap_or_else(PoisonError::into_inner).push(done),
                }
            }
            drop(tx);
            drop(closers);
        })?;
    }
    Ok(sender)
}

/// The next task. The lock is held while waiting: the others wait for the lock instead of for the queue. So the
/// queue is closed here, where the lock is held already; what is queued still comes out of it.
fn next(queue: &Mutex<mpsc::Receiver<Task>>) -> Option<Task> {
    let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    let task = queue.blocking_recv();
    if matches!(task, Some(Task::Close(_))) {
        queue.close();
    }
    task
}

pub(super) fn read(tx: &mut Tx, work: &mut dyn Work, limit: Option<Duration>) -> Result<(), StoreError> {
    connection(tx).control("BEGIN")?;
    // The limit holds for the operation alone: a transaction that cannot be ended would spoil the connection for good.
    connection(tx).end_after(limit)?;
    work.run(tx);
    let lifted = connection(tx).end_after(None);
    connection(tx).roll_back();
    lifted
}
