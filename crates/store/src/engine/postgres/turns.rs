//! Operations that take turns by organization ([`Op::in_turn`](super::super::Op::in_turn)), such as receiving a
//! message: they queue, and whoever gets the organization's turn runs all that wait in one transaction.
//!
//! The turn is a lock in the database, so only one of these transactions is locking rows in an organization, on all
//! nodes together: their operations lock many customers and timers in any order and cannot be in each other's way.
//! It is taken before anything else is locked, and passed on when nothing more will be: with the writes, so that the
//! next one asks while they are made. A node's next transaction lines up for it then, and gathers its operations only
//! when it has it: so nodes take turns with each other, and each finds as many operations waiting as there can
//! be. What they ask first ([`Op::ask`]) is asked for all of them in one go: a way to the server and back for a
//! transaction, not for an operation.
//!
//! Reading operations that come in crowds ([`Op::in_crowd`]) queue likewise and share a snapshot that is taken after
//! the last of them was asked for; nobody else waits for them.
//!
//! Guaranteed: nothing is answered before the commit. If anything fails before the commit is sent, an operation's
//! own refusal included, everything is rolled back and each operation is run in a transaction of its own. If the
//! answer to the commit is lost, nothing is run again and every caller is told so.

use std::collections::{HashMap, HashSet, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use domain::id::OrganizationId;
use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;

use super::bell::Bell;
use super::failure::{Again, Failure};
use super::pool::Pool;
use super::transaction::guarded;
use super::{into_connection, limit, run_until_settled};
use crate::engine::{Connection, Op, Turn, Tx, lock_number};
use crate::error::StoreError;

/// The most operations in one commit.
const MOST_TOGETHER: usize = 64;

/// The most operations of an organization that wait; further ones are refused.
const MOST_WAITING: usize = 10_000;

/// How many transactions of an organization there are at once on this node: one that writes, and the next one.
const AT_ONCE: usize = 2;

/// Whose turns they are: an organization's, or the readers'.
type Key = Option<OrganizationId>;

type Answer<O> = Result<<O as Op>::Out, <O as Op>::Error>;

/// An operation in the queue.
trait Work: Send {
    /// What it is about.
    fn about(&self) -> &str;

    /// Asks ahead, first or next; answers whether that went well.
    fn ask<'a>(
        &'a mut self,
        next: bool,
        tx: &'a mut Tx,
        calling: &'a AtomicBool,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>>;

    /// Runs it in this transaction; answers whether its changes can be kept.
    fn run<'a>(
        &'a mut self,
        tx: &'a mut Tx,
        calling: &'a AtomicBool,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>>;

    /// Runs it in a transaction of its own, as often as that may help, and answers.
    fn run_alone<'a>(self: Box<Self>, pool: &'a Pool) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

    /// Answers what it said, now that it is stored.
    fn stored(self: Box<Self>);

    /// Answers that it failed.
    fn failed(self: Box<Self>, error: StoreError);
}

struct Waiting<O: Op> {
    op: O,
    about: String,
    read_only: bool,
    out: Option<O::Out>,
    caller: oneshot::Sender<Answer<O>>,
}

impl<O: Op> Work for Waiting<O> {
    fn about(&self) -> &str {
        &self.about
    }

    fn ask<'a>(
        &'a mut self,
        next: bool,
        tx: &'a mut Tx,
        calling: &'a AtomicBool,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        Box::pin(async move {
            let asked = async { if next { self.op.ask_next(tx).await } else { self.op.ask(tx).await } };
            matches!(guarded(asked, calling).await, Ok(Ok(())))
        })
    }

    fn run<'a>(
        &'a mut self,
        tx: &'a mut Tx,
        calling: &'a AtomicBool,
    ) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        Box::pin(async move {
            let result = guarded(self.op.run(tx), calling).await;
            self.out = result.ok().and_then(Result::ok);
            self.out.is_some()
        })
    }

    fn run_alone<'a>(self: Box<Self>, pool: &'a Pool) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(async move {
            // The caller may have gone away; the work is done all the same. So below.
            let _ = self.caller.send(run_until_settled(pool, &self.op, self.read_only).await);
        })
    }

    fn stored(self: Box<Self>) {
        let result = self.out.ok_or_else(|| StoreError::other("an operation was not run").into());
        let _ = self.caller.send(result);
    }

    fn failed(self: Box<Self>, error: StoreError) {
        let _ = self.caller.send(Err(error.into()));
    }
}

/// The queue of one organization.
#[derive(Default)]
struct Queue {
    waiting: VecDeque<Box<dyn Work>>,
    at_work: usize,
    /// Held from lining up until the writes are sent, or until the operations of a transaction that failed before
    /// have run alone; by readers until the end.
    gate: Arc<tokio::sync::Mutex<()>>,
}

/// The queues of all organizations that have something to do.
pub(super) struct Turns {
    shared: Arc<Shared>,
    tasks: TaskTracker,
}

struct Shared {
    pool: Arc<Pool>,
    bell: Arc<Bell>,
    queues: Mutex<HashMap<Key, Queue>>,
}

impl Turns {
    pub(super) fn new(pool: Arc<Pool>, bell: Arc<Bell>) -> Self {
        Self { shared: Arc::new(Shared { pool, bell, queues: Mutex::default() }), tasks: TaskTracker::new() }
    }

    /// Queues an operation and waits for its answer.
    pub(super) async fn run<O: Op>(&self, turn: Turn, op: O) -> Answer<O> {
        self.queue(Some(turn.organization), turn.about, op).await
    }

    /// Queues a reading operation and waits for its answer.
    pub(super) async fn read<O: Op>(&self, op: O) -> Answer<O> {
        self.queue(None, String::new(), op).await
    }

    async fn queue<O: Op>(&self, key: Key, about: String, op: O) -> Answer<O> {
        let (caller, answer) = oneshot::channel();
        let read_only = key.is_none();
        if self.shared.push(key, Box::new(Waiting { op, about, read_only, out: None, caller }))? {
            self.tasks.spawn(take_turns(Arc::clone(&self.shared), key));
        }
        answer.await.map_err(|_| StoreError::other("an operation ended abnormally"))?
    }

    /// Waits for what is queued.
    pub(super) async fn close(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Shared {
    /// Answers whether there is to be another transaction for it.
    fn push(&self, key: Key, work: Box<dyn Work>) -> Result<bool, StoreError> {
        self.pool.check_open()?;
        let mut queues = self.queues();
        let queue = queues.entry(key).or_default();
        if queue.waiting.len() >= MOST_WAITING {
            return Err(StoreError::unavailable(
                "More comes in than the database can take: it may be slow or stuck.",
                format!("{MOST_WAITING} operations wait"),
            ));
        }
        queue.waiting.push_back(work);
        let more = queue.at_work < AT_ONCE;
        queue.at_work += usize::from(more);
        Ok(more)
    }

    /// The gate to go through if something waits; if not, the one who asks is at work no more.
    fn go_on(&self, key: Key) -> Option<Arc<tokio::sync::Mutex<()>>> {
        let mut queues = self.queues();
        let queue = queues.get_mut(&key)?;
        if !queue.waiting.is_empty() {
            return Some(Arc::clone(&queue.gate));
        }
        queue.at_work -= 1;
        if queue.at_work == 0 {
            queues.remove(&key);
        }
        None
    }

    /// The longest waiting, up to the first one about something that is among them already.
    fn take(&self, key: Key) -> Vec<Box<dyn Work>> {
        let mut queues = self.queues();
        let Some(queue) = queues.get_mut(&key) else { return Vec::new() };
        let mut about = HashSet::new();
        let together = queue.waiting.iter().take(MOST_TOGETHER);
        let many = together.take_while(|work| key.is_none() || about.insert(work.about().to_owned())).count();
        queue.waiting.drain(..many).collect()
    }

    fn take_all(&self, key: Key) -> VecDeque<Box<dyn Work>> {
        self.queues().get_mut(&key).map(|queue| std::mem::take(&mut queue.waiting)).unwrap_or_default()
    }

    fn wrote(&self, key: Key) {
        if key.is_some() {
            self.bell.ring();
        }
    }

    fn queues(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Queue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn take_turns(shared: Arc<Shared>, key: Key) {
    let mut lost = 0;
    while let Some(gate) = shared.go_on(key) {
        match take_turn(&shared, key, &gate).await {
            Ok(()) => lost = 0,
            Err(failure) if failure.again == Again::Lost && lost + 1 < limit(Again::Lost) => lost += 1,
            // Whoever waits has waited for this turn, too.
            Err(failure) => {
                for work in shared.take_all(key) {
                    work.failed(failure.error.clone());
                }
            }
        }
    }
}

/// One transaction. An error means that there was no turn, and nothing has left the queue.
async fn take_turn(shared: &Shared, key: Key, gate: &tokio::sync::Mutex<()>) -> Result<(), Failure> {
    let pool = &shared.pool;
    let gate = gate.lock().await;
    let _permit = pool.permit().await.map_err(Failure::never)?;
    let mut connection = pool.take().await.map_err(Failure::never)?;
    let read_only = key.is_none();
    connection.begin(read_only);
    let turn = match key {
        Some(org) => match connection.take_turn(lock_number(org)).await {
            Ok(()) => connection.settle().await,
            Err(error) => Err(connection.failed_with(error)),
        },
        None => Ok(()),
    };
    let mut batch = if turn.is_ok() { shared.take(key) } else { Vec::new() };
    if batch.is_empty() {
        // The other one was there first, or there is no turn.
        connection.roll_back().await;
        pool.put(connection);
        return turn;
    }
    if !read_only {
        metrics::histogram!("backsoon_commit_batch_size").record(batch.len() as f64);
    }
    let calling = connection.calling();
    let mut tx = Tx::new(Connection::Postgres(Box::new(connection)), read_only);
    let mut good = true;
    for next in [false, true] {
        for work in &mut batch {
            good = good && work.ask(next, &mut tx, &calling).await;
        }
    }
    for work in &mut batch {
        good = good && work.run(&mut tx, &calling).await;
    }
    let mut connection = into_connection(tx);
    let started = Instant::now();
    let committed = match connection.take_failure() {
        None if good && read_only => connection.end_reading().await,
        None if good => {
            drop(gate);
            connection.commit().await
        }
        None => Err(Failure::never(StoreError::other("an operation refused"))),
        Some(failure) => Err(failure),
    };
    if committed.is_err() {
        connection.roll_back().await;
    } else if !read_only {
        metrics::histogram!("backsoon_commit_seconds").record(started.elapsed().as_secs_f64());
    }
    pool.put(connection);
    match committed {
        Ok(()) => {
            shared.wrote(key);
            for work in batch {
                work.stored();
            }
        }
        Err(failure) if failure.again == Again::Unknown => {
            for work in batch {
                work.failed(failure.error.clone());
            }
        }
        Err(failure) => {
            metrics::counter!("backsoon_store_retries_total", "cause" => failure.again.code()).increment(1);
            for work in batch {
                work.run_alone(pool).await;
            }
            shared.wrote(key);
        }
    }
    Ok(())
}
