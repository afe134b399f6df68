//! The writer thread: one transaction for all that wait. A failed operation is rolled back to its savepoint and
//! leaves its neighbours alone; a failed commit is everybody's error; nothing is answered before the commit.

use std::collections::VecDeque;
use std::time::Instant;

use tokio::sync::mpsc;

use super::work::{Task, Work};
use super::{Connection, MAX_BATCH, QUEUE, connection, spawn, transaction};
use crate::engine::Tx;
use crate::error::StoreError;

/// Starts the thread. It ends when asked to or when every sender is gone.
pub(super) fn start(connection: Connection) -> Result<mpsc::Sender<Task>, StoreError> {
    let (sender, queue) = mpsc::channel(QUEUE);
    spawn("store-writer".to_owned(), move || run(transaction(connection, false), queue))?;
    Ok(sender)
}

fn run(mut tx: Tx, mut queue: mpsc::Receiver<Task>) {
    let mut batch: VecDeque<Box<dyn Work>> = VecDeque::with_capacity(MAX_BATCH);
    let mut closers = Vec::new();
    while let Some(first) = queue.blocking_recv() {
        let mut next = Some(first);
        while let Some(task) = next {
            match task {
                Task::Run(work) => batch.push_back(work),
                Task::Close(done) => {
                    // What is queued already still runs.
                    queue.close();
                    closers.push(done);
                }
            }
            next = if batch.len() < MAX_BATCH { queue.try_recv().ok() } else { None };
        }
        while !batch.is_empty() {
            run_batch(&mut tx, &mut batch);
        }
    }
    connection(&mut tx).checkpoint();
    drop(tx);
    for done in closers {
        // The one who asked may have gone away.
        let _ = done.send(());
    }
}

/// Runs what is in `batch` in one transaction and answers it. What has not run when the transaction breaks
/// stays in `batch`.
pub(super) fn run_batch(tx: &mut Tx, batch: &mut VecDeque<Box<dyn Work>>) {
    metrics::histogram!("backsoon_commit_batch_size").record(batch.len() as f64);
    let mut ran = Vec::with_capacity(batch.len());
    let result = run_in_transaction(tx, batch, &mut ran);
    if let Err(error) = &result {
        connection(tx).roll_back();
        tracing::error!(operations = ran.len(), error = error.log_text(), "transaction failed");
        if ran.is_empty() {
            ran.extend(batch.drain(..));
        }
    }
    for work in ran {
        work.answer(result.clone());
    }
}

fn run_in_transaction(
    tx: &mut Tx,
    batch: &mut VecDeque<Box<dyn Work>>,
    ran: &mut Vec<Box<dyn Work>>,
) -> Result<(), StoreError> {
    connection(tx).control("BEGIN IMMEDIATE")?;
    while let Some(mut work) = batch.pop_front() {
        let result = run_in_savepoint(tx, &mut *work);
        ran.push(work);
        result?;
    }
    let started = Instant::now();
    connection(tx).control("COMMIT")?;
    metrics::histogram!("backsoon_commit_seconds").record(started.elapsed().as_secs_f64());
    Ok(())
}

fn run_in_savepoint(tx: &mut Tx, work: &mut dyn Work) -> Result<(), StoreError> {
    connection(tx).control("SAVEPOINT operation")?;
    let keep = work.run(tx);
    if !connection(tx).in_transaction() {
        // SQLite gives up the whole transaction on a full disk and some other failures.
        return Err(StoreError::unavailable(
            "The database gave up a transaction: the disk may be full or failing.",
            "the transaction ended inside an operation",
        ));
    }
    if !keep {
        connection(tx).control("ROLLBACK TO operation")?;
    }
    connection(tx).control("RELEASE operation")
}
