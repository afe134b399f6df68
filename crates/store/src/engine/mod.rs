//! The store, the same for every engine: how it is opened and how operations run on it. What a transaction offers them
//! is in `tx`, what an engine must do in its own module; nothing outside this folder knows which one is running.

pub(crate) mod dialect;
mod postgres;
pub(crate) mod row;
#[cfg(test)]
mod searches;
mod sqlite;
mod tx;
pub(crate) mod value;

use std::fmt;
use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::id::OrganizationId;
use domain::time::Instant;
use tokio::sync::watch;

use crate::error::StoreError;
use crate::migrate;
pub(crate) use tx::Update;
use tx::{Connection, changed_all, lock_number};
pub use tx::{Moment, Tx};

/// How long a search may take ([`Op::searches`]).
pub const SEARCH: Duration = Duration::from_secs(2);

/// A use case as a value: everything it needs is in it, so that it can be run again if the engine asks for it.
/// So it does nothing outside its transaction.
///
/// It awaits nothing but the functions of this crate: an operation that waits for anything else is answered
/// with an error and rolled back, because it would hold up every other writer.
pub trait Op: Send + Sync + 'static {
    /// What it answers.
    type Out: Send + 'static;
    /// How it fails; an error rolls everything back.
    type Error: From<StoreError> + Send + 'static;

    /// Whether it takes turns, and with whom: such operations of an organization run one after another, on all
    /// nodes together, and those that wait may share a transaction. For short ones that come in crowds and would
    /// wait for each other's rows anyway.
    fn in_turn(&self) -> Option<Turn> {
        None
    }

    /// Whether, when it only reads, it comes in crowds: those that wait may share a snapshot, taken after they were
    /// asked for.
    fn in_crowd(&self) -> bool {
        false
    }

    /// Whether, when it only reads, it looks through rows one by one: such operations have connections of their own,
    /// so that nobody else waits behind them, and end with [`StoreError::TooSlow`] after [`SEARCH`].
    fn searches(&self) -> bool {
        false
    }

    /// Asks ahead ([`Tx::ask`]) what [`Op::run`] will ask first. Operations that share a transaction all do so
    /// before the first of them runs: so what one of them writes must not bear on what another one asks here,
    /// unless they are about the same thing ([`Turn::about`]).
    fn ask(&self, _tx: &mut Tx) -> impl Future<Output = Result<(), StoreError>> + Send {
        async { Ok(()) }
    }

    /// Asks ahead what depends on the answers to [`Op::ask`], after all operations of the transaction have asked
    /// that. An answer is used up by the first who reads it: what is read here and again in [`Op::run`] has to be
    /// asked for twice in [`Op::ask`].
    fn ask_next(&self, _tx: &mut Tx) -> impl Future<Output = Result<(), StoreError>> + Send {
        async { Ok(()) }
    }

    /// The work, inside one transaction. Write it as `async fn run(&self, tx: &mut Tx)`.
    fn run(&self, tx: &mut Tx) -> impl Future<Output = Result<Self::Out, Self::Error>> + Send;
}

/// What operations that take turns have in common, and what keeps them apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Turn {
    /// The organization whose turns they are.
    pub organization: OrganizationId,
    /// Two about the same thing never share a transaction.
    pub about: String,
}

/// The database. Cheap to clone; every clone is the same one.
#[derive(Clone)]
pub struct Store {
    engine: Engine,
}

#[derive(Clone)]
enum Engine {
    Sqlite(Arc<sqlite::Sqlite>),
    Postgres(Arc<postgres::Postgres>),
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.engine {
            Engine::Sqlite(engine) => f.debug_tuple("Store").field(engine).finish(),
            Engine::Postgres(engine) => f.debug_tuple("Store").field(engine).finish(),
        }
    }
}

/// What the database was at one instant: that of the first operation. It has a connection of its own.
pub(crate) struct Snapshot(Tx);

impl Snapshot {
    /// Runs `op` on it. An attempt to write is an error.
    pub(crate) async fn read<O: Op>(&mut self, op: O) -> Result<O::Out, O::Error> {
        self.0.begin_operation(true);
        op.run(&mut self.0).await
    }
}

impl Store {
    /// Opens `sqlite:PATH`, created if it does not exist, `sqlite::memory:`, or a database of a PostgreSQL server,
    /// `postgres://USER:PASSWORD@HOST/DATABASE`. Does not migrate.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let engine = match url.split_once(':') {
            Some(("sqlite", ":memory:")) => Engine::Sqlite(Arc::new(sqlite::Sqlite::open_in_memory()?)),
            Some(("sqlite", path)) if !path.is_empty() => {
                Engine::Sqlite(Arc::new(sqlite::Sqlite::open(path)?))
            }
            Some(("postgres" | "postgresql", _)) => {
                Engine::Postgres(Arc::new(postgres::Postgres::open(url).await?))
            }
            _ => {
                return Err(StoreError::unavailable(
                    "The database address is not understood: write `sqlite:PATH`, such as `sqlite:backsoon.db`, or `postgres://USER:PASSWORD@HOST/DATABASE`.",
                    "",
                ));
            }
        };
        Ok(Self { engine })
    }

    /// Whether any process is at work on the database at `url`, this one included.
    pub async fn is_in_use(url: &str) -> Result<bool, StoreError> {
        match url.strip_prefix("sqlite:") {
            Some(path) => sqlite::is_in_use(path),
            None => postgres::is_in_use(url).await,
        }
    }

    /// Brings the schema up to date and answers the names of the migrations that it applied. Two processes may
    /// do so at once. Refuses a database that a newer program has changed, and one whose applied migrations are
    /// not this program's.
    pub async fn migrate(&self, now: Instant) -> Result<Vec<String>, StoreError> {
        migrate::run(self, now).await
    }

    /// The names of the migrations that [`Store::migrate`] would apply; refuses what it refuses.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, StoreError> {
        migrate::pending(self).await
    }

    /// Runs `op` in one transaction, answered only after it is durable. Dropping the future does not stop an
    /// operation that is already queued.
    pub async fn write<O: Op>(&self, op: O) -> Result<O::Out, O::Error> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.write(op).await,
            Engine::Postgres(engine) => engine.write(op).await,
        }
    }

    /// Runs `op` on a snapshot of what is committed. An attempt to write is an error.
    pub async fn read<O: Op>(&self, op: O) -> Result<O::Out, O::Error> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.read(op).await,
            Engine::Postgres(engine) => engine.read(op).await,
        }
    }

    /// One instant of the database, to be read in as many operations as it takes, whoever writes meanwhile.
    pub(crate) async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let tx = match &self.engine {
            Engine::Sqlite(engine) => engine.snapshot()?,
            Engine::Postgres(engine) => engine.snapshot().await?,
        };
        Ok(Snapshot(tx))
    }

    /// How large a SQLite file is, its log included; none of a database that is not a file here.
    pub fn file_bytes(&self) -> Option<u64> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.bytes(),
            Engine::Postgres(_) => None,
        }
    }

    /// Turns whenever another node has written to the same database, and whenever it may have. It carries nothing
    /// else: whoever is woken reads the state. On SQLite it never turns.
    pub fn changes(&self) -> watch::Receiver<u64> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.changes(),
            Engine::Postgres(engine) => engine.changes(),
        }
    }

    /// Whether the store can write now, into the file that will be found at the next start: it commits a change of one small row, durably. A newer program may have
    /// brought the schema up to date beside this one, which goes on until it is replaced, too.
    pub async fn ping(&self) -> Result<(), StoreError> {
        if let Engine::Sqlite(engine) = &self.engine {
            engine.in_place()?;
            engine.undamaged()?;
        }
        let missing = match self.pending_migrations().await {
            Err(StoreError::NewerSchema { .. }) => None,
            pending => pending?.into_iter().next(),
        };
        match missing {
            Some(missing) => Err(StoreError::NotMigrated { missing }),
            None => self.write(migrate::Probe).await,
        }
    }

    /// Writes a consistent copy of a SQLite file to `target`, a new file, while everything goes on; answers its
    /// bytes. Whoever opens the copy for use finds it marked as a backup.
    pub async fn backup(&self, target: &Path) -> Result<u64, StoreError> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.backup(target).await,
            Engine::Postgres(_) => Err(StoreError::unavailable(
                "PostgreSQL is backed up with its own tools, such as pg_dump; run `backsoon restored` after putting such a backup back.",
                "",
            )),
        }
    }

    /// Finishes what is queued, writes everything back into the database file and closes it. Later operations
    /// of other clones are refused.
    pub async fn close(self) {
        match &self.engine {
            Engine::Sqlite(engine) => engine.close().await,
            Engine::Postgres(engine) => engine.close().await,
        }
    }
}
