//! PostgreSQL: a small pool of connections, one operation in one transaction on one of them.
//!
//! Isolation: writing operations run in READ COMMITTED and take row locks on what they are about to change
//! (`/*lock*/`, [`Tx::enter`](super::Tx::enter)), reading ones see one snapshot (decision 0014). An
//! operation is run again, within bounds, if the server asks for it (serialization failure, deadlock), if it met
//! a key that another transaction took in the meantime, or if its connection broke before the commit was sent.
//! It is never run again once the commit was sent: then the caller is told that the outcome is unknown.
//! Every operation has a task of its own, so that dropping a caller's future stops nothing half-way. Those that
//! take turns ([`Op::in_turn`]) share transactions; see [`turns`].

mod ahead;
mod answers;
mod bell;
mod connect;
mod connection;
mod counter;
mod failure;
mod held;
mod locks;
mod password;
mod pool;
mod prepare;
mod sessions;
mod tls;
mod transaction;
mod turns;
mod value;
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tracing::Instrument;

pub(super) use connection::Connection;

use super::{Op, SEARCH, Tx, lock_number};
use crate::error::StoreError;
use bell::Bell;
use connect::Connect;
use failure::Again;
use pool::Pool;
use transaction::{guarded, panicked};
use turns::Turns;

/// How many connections there are at most, unless the address says `max_connections`.
const CONNECTIONS: usize = 10;

/// A running PostgreSQL database.
pub(super) struct Postgres {
    pool: Arc<Pool>,
    turns: Turns,
    bell: Arc<Bell>,
}

impl Postgres {
    /// Connects once, so that a wrong address is known at once.
    pub(super) async fn open(url: &str) -> Result<Self, StoreError> {
        let connect = Connect::parse(url, CONNECTIONS)?;
        sessions::refuse_if_sessions_are_shared(&connect).await?;
        let pool = Arc::new(Pool::new(connect.clone()));
        pool.put(pool.take().await?);
        let bell = Arc::new(Bell::new(connect));
        Ok(Self { turns: Turns::new(Arc::clone(&pool), Arc::clone(&bell)), pool, bell })
    }

    /// Turns whenever another node has written.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.bell.changes()
    }

    /// A connection that sees one instant, however long whoever reads it is busy in between.
    pub(super) async fn snapshot(&self) -> Result<Tx, StoreError> {
        let mut connection = self.pool.take().await?;
        connection.begin(true);
        connection.stay();
        Ok(Tx::new(super::Connection::Postgres(Box::new(connection)), true))
    }

    pub(super) async fn write<O: Op>(&self, op: O) -> Result<O::Out, O::Error> {
        if let Some(turn) = op.in_turn() {
            return self.turns.run(turn, op).await;
        }
        let result = self.run(op, false).await;
        if result.is_ok() {
            self.bell.ring();
        }
        result
    }

    pub(super) async fn read<O: Op>(&self, op: O) -> Result<O::Out, O::Error> {
        if op.in_crowd() {
            return self.turns.read(op).await;
        }
        self.run(op, true).await
    }

    async fn run<O: Op>(&self, op: O, read_only: bool) -> Result<O::Out, O::Error> {
        let permits = match read_only && op.searches() {
            true => self.pool.permits_to_search().await?,
            false => vec![self.pool.permit().await?],
        };
        let pool = Arc::clone(&self.pool);
        let work = async move {
            let result = run_until_settled(&pool, &op, read_only).await;
            drop(permits);
            result
        };
        match tokio::spawn(work.in_current_span()).await {
            Ok(result) => result,
            Err(error) => Err(StoreError::other(format!("an operation ended abnormally: {error}")).into()),
        }
    }

    /// Lets what runs finish, tells the other nodes, and closes every connection.
    pub(super) async fn close(&self) {
        self.turns.close().await;
        self.pool.close().await;
        self.bell.close().await;
    }
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres").finish_non_exhaustive()
    }
}

/// Whether any connection to the database is one of ours.
pub(super) async fn is_in_use(url: &str) -> Result<bool, StoreError> {
    sessions::are_others_there(&Connect::parse(url, CONNECTIONS)?).await
}

/// How often an operation is run at most, by what went wrong.
const fn limit(again: Again) -> u32 {
    match again {
        Again::Conflict => 12,
        Again::Lost => 3,
        Again::Duplicate => 2,
        Again::Unknown | Again::Never => 1,
    }
}

async fn run_until_settled<O: Op>(pool: &Pool, op: &O, read_only: bool) -> Result<O::Out, O::Error> {
    let mut runs = 0;
    loop {
        runs += 1;
        let (error, again) = match run_once(pool, op, read_only).await {
            Ok(out) => return Ok(out),
            Err(failed) => failed,
        };
        if runs >= limit(again) {
            return Err(error);
        }
        metrics::counter!("backsoon_store_retries_total", "cause" => again.code()).increment(1);
        if again == Again::Conflict {
            tokio::time::sleep(pause(runs)).await;
        }
    }
}

async fn run_once<O: Op>(pool: &Pool, op: &O, read_only: bool) -> Result<O::Out, (O::Error, Again)> {
    let mut connection = pool.take().await.map_err(|error| (error.into(), Again::Never))?;
    connection.begin(read_only);
    if read_only && op.searches() {
        connection.end_after(SEARCH);
    }
    if let (false, Some(turn)) = (read_only, op.in_turn()) {
        // If it fails, the operation's first statement says so.
        let _ = connection.take_turn(lock_number(turn.organization)).await;
    }
    let calling = connection.calling();
    let mut tx = Tx::new(super::Connection::Postgres(Box::new(connection)), read_only);
    let body = async {
        op.ask(&mut tx).await?;
        op.ask_next(&mut tx).await?;
        op.run(&mut tx).await
    };
    let result = guarded(body, &calling).await;
    let mut connection = into_connection(tx);
    let failure = connection.take_failure();
    let result = match (result, failure) {
        (Ok(Ok(out)), None) if read_only => {
            let ended = connection.end_reading().await;
            ended.map(|()| out).map_err(|failure| (failure.error.into(), failure.again))
        }
        (Ok(Ok(out)), None) => {
            let started = Instant::now();
            let committed = connection.commit().await;
            metrics::histogram!("backsoon_commit_seconds").record(started.elapsed().as_secs_f64());
            committed.map(|()| out).map_err(|failure| (failure.error.into(), failure.again))
        }
        // An operation that goes on after a failed statement has nothing that could be committed.
        (Ok(Ok(_)), Some(failure)) => Err((failure.error.into(), failure.again)),
        (Ok(Err(error)), failure) => Err((error, failure.map_or(Again::Never, |failure| failure.again))),
        (Err(error), _) => Err((error.into(), Again::Never)),
    };
    if result.is_err() {
        connection.roll_back().await;
    }
    pool.put(connection);
    result
}

/// The connection of a transaction, which it keeps.
fn into_connection(tx: Tx) -> Connection {
    match tx.connection {
        super::Connection::Postgres(connection) => *connection,
        super::Connection::Sqlite(_) => unreachable!("a transaction keeps its connection"),
    }
}

/// How long to wait after this many runs. Those who met each other are to come back one after another; which is
/// which does not matter, so a counter serves for chance.
fn pause(runs: u32) -> Duration {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let turn = NEXT.fetch_add(1, Ordering::Relaxed).wrapping_add(std::process::id()) % 8;
    Duration::from_millis(u64::from(1 + turn) << runs.min(6))
}

/// What an operation answers that panicked.
pub(super) fn panic_error(panic: &(dyn std::any::Any + Send)) -> StoreError {
    StoreError::other(format!("an operation panicked: {}", panicked(panic)))
}
