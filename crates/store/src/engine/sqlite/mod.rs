//! SQLite: one writer thread and a few threads that read or search, each with a connection of its own.
//!
//! Writes queue up; the writer takes as many as wait (at most [`MAX_BATCH`]), runs each in a savepoint of one
//! transaction, commits once and only then answers. `synchronous=FULL`: what is answered survives a power cut.
//! Other processes may write beside this one. An in-memory database has one connection, and its reads go
//! through the writer too.

mod backup;
mod connection;
mod failure;
mod readers;
#[cfg(test)]
mod tests;
mod work;
mod writer;

use std::path::{Path, PathBuf};

use tokio::sync::{mpsc, oneshot, watch};

pub(super) use connection::Connection;
use connection::Damage;

use super::{Op, SEARCH, Tx};
use crate::error::StoreError;
use crate::installation::{self, Installation};
use backup::Backup;
use work::{Task, Waiting};

/// The most operations in one commit.
const MAX_BATCH: usize = 256;

/// The most operations that wait in a queue; further callers wait for a place in it.
const QUEUE: usize = 4 * MAX_BATCH;

/// How many connections read.
const READERS: usize = 3;

/// How many connections search.
const SEARCHERS: usize = 2;

/// A running SQLite database.
#[derive(Debug)]
pub(super) struct Sqlite {
    path: Option<PathBuf>,
    /// Device and inode of the file that is open.
    file: Option<(u64, u64)>,
    damage: Damage,
    writer: mpsc::Sender<Task>,
    /// None in memory, where the writer reads too.
    readers: Option<mpsc::Sender<Task>>,
    /// None in memory, likewise.
    searchers: Option<mpsc::Sender<Task>>,
    /// Never turns: whoever writes beside this process is found by the periodic looks.
    changes: watch::Sender<u64>,
}

impl Sqlite {
    pub(super) fn open_in_memory() -> Result<Self, StoreError> {
        let writer = writer::start(Connection::open_in_memory()?)?;
        let changes = watch::Sender::new(0);
        Ok(Self {
            path: None,
            file: None,
            damage: Damage::default(),
            writer,
            readers: None,
            searchers: None,
            changes,
        })
    }

    pub(super) fn open(path: &str) -> Result<Self, StoreError> {
        let path = Path::new(path);
        let damage = Damage::default();
        let writer = writer::start(Connection::open_writer(path)?.reporting(&damage))?;
        let reader = |_| Ok(Connection::open_reader(path)?.reporting(&damage));
        let connections = |count| (0..count).map(reader).collect::<Result<_, StoreError>>();
        let readers = readers::start("reader", connections(READERS)?, None)?;
        let searchers = readers::start("searcher", connections(SEARCHERS)?, Some(SEARCH))?;
        Ok(Self {
            path: Some(path.to_owned()),
            file: identity(path),
            damage,
            writer,
            readers: Some(readers),
            searchers: Some(searchers),
            changes: watch::Sender::new(0),
        })
    }

    /// Makes sure that the file at the path is the one that is open: what is written into one that was moved away is
    /// gone at the next start.
    pub(super) fn in_place(&self) -> Result<(), StoreError> {
        let Some(path) = &self.path else { return Ok(()) };
        if self.file.is_some() && identity(path) != self.file {
            return Err(StoreError::unavailable(
                "The database file was moved away or replaced under the running server: stop the server and put the file back.",
                path.display(),
            ));
        }
        Ok(())
    }

    /// How large the file is, with its log.
    pub(super) fn bytes(&self) -> Option<u64> {
        let path = self.path.as_ref()?;
        let mut log = path.clone().into_os_string();
        log.push("-wal");
        let of = |path: &Path| std::fs::metadata(path).map(|file| file.len()).ok();
        Some(of(path)? + of(Path::new(&log)).unwrap_or(0))
    }

    /// Says so if a statement has found the file damaged since it was opened.
    pub(super) fn undamaged(&self) -> Result<(), StoreError> {
        self.damage.get().cloned().map_or(Ok(()), Err)
    }

    /// A connection of its own that sees one instant of the file.
    pub(super) fn snapshot(&self) -> Result<Tx, StoreError> {
        let Some(path) = &self.path else {
            return Err(StoreError::unavailable("A database in memory cannot be copied.", ""));
        };
        let mut connection = Connection::open_reader(path)?.reporting(&self.damage);
        connection.control("BEGIN")?;
        Ok(transaction(connection, true))
    }

    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    pub(super) async fn write<O: Op>(&self, op: O) -> Result<O::Out, O::Error> {
        self.run(&self.writer, op, false).await
    }

    pub(super) async fn read<O: Op>(&self, op: O) -> Result<O::Out, O::Error> {
        let queue = if op.searches() { &self.searchers } else { &self.readers };
        self.run(queue.as_ref().unwrap_or(&self.writer), op, true).await
    }

    async fn run<O: Op>(
        &self,
        queue: &mpsc::Sender<Task>,
        op: O,
        read_only: bool,
    ) -> Result<O::Out, O::Error> {
        let (work, answer) = Waiting::queue(op, read_only);
        queue.send(Task::Run(work)).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    /// Writes a consistent copy to `target`, marked as a backup, while everything goes on; answers its bytes.
    pub(super) async fn backup(&self, target: &Path) -> Result<u64, StoreError> {
        let Some(source) = self.path.clone() else {
            return Err(StoreError::unavailable("A database in memory cannot be backed up.", ""));
        };
        let target = target.to_owned();
        let written = tokio::task::spawn_blocking(move || Backup::write(&source, &target));
        let backup = written.await.map_err(|error| StoreError::other(error.to_string()))??;
        let copy = Self::open(&backup.path().to_string_lossy()).map_err(|error| backup.named(error))?;
        let marked = copy.write(MarkAsBackup).await;
        copy.close().await;
        marked.map_err(|error| backup.named(error))?;
        backup.finish()
    }

    /// Readers end first, so that the writer is the last connection and writes the log back into the file.
    pub(super) async fn close(&self) {
        for queue in
            [self.searchers.as_ref(), self.readers.as_ref(), Some(&self.writer)].into_iter().flatten()
        {
            let (done, closed) = oneshot::channel();
            if queue.send(Task::Close(done)).await.is_ok() {
                // An error means that the thread is gone already.
                let _ = closed.await;
            }
        }
        tracing::debug!(path = ?self.path, "database closed");
    }
}

/// Whether anybody has the file open: then it cannot be had alone.
pub(super) fn is_in_use(path: &str) -> Result<bool, StoreError> {
    let file = rusqlite::Connection::open(path).map_err(|error| failure::explain(&error))?;
    let alone = file.busy_timeout(std::time::Duration::ZERO).and_then(|()| {
        file.execute_batch("PRAGMA locking_mode = EXCLUSIVE; SELECT count(*) FROM sqlite_schema")
    });
    match alone {
        Ok(()) => Ok(false),
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => Ok(true),
        Err(error) => Err(failure::explain(&error)),
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

/// Says of a copy that it is one.
struct MarkAsBackup;

impl Op for MarkAsBackup {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let before = installation::get(tx).await?;
        installation::set(tx, Installation { backup: true, ..before }).await
    }
}

fn closed() -> StoreError {
    StoreError::unavailable("The database is closed: the program is shutting down.", "")
}

/// A transaction on this connection.
fn transaction(connection: Connection, read_only: bool) -> Tx {
    Tx::new(super::Connection::Sqlite(connection), read_only)
}

/// The SQLite connection of a transaction.
fn connection(tx: &mut Tx) -> &mut Connection {
    match &mut tx.connection {
        super::Connection::Sqlite(connection) => connection,
        super::Connection::Postgres(_) => unreachable!("the threads of SQLite open no other connections"),
    }
}

fn spawn(name: String, body: impl FnOnce() + Send + 'static) -> Result<(), StoreError> {
    std::thread::Builder::new()
        .name(name)
        .spawn(body)
        .map(drop)
        .map_err(|error| StoreError::unavailable("The system refuses another thread.", error))
}
