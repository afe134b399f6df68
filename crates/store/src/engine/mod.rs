//! The store and its transactions, the same for every engine. What an engine must do is in its own module;
//! nothing outside this folder knows which one is running.

pub(crate) mod dialect;
mod postgres;
pub(crate) mod row;
mod sqlite;
pub(crate) mod value;

use std::fmt;
use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use domain::id::OrganizationId;
use domain::time::Instant;
use tokio::sync::watch;
use uuid::Uuid;

use crate::error::StoreError;
use crate::migrate;
use crate::sql::Sql;
use row::Rows;
use value::Value;

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

    /// Asks ahead ([`Tx::ask`]) what [`Op::run`] will ask first. Operations that share a transaction all do so
    /// before the first of them runs: so what one of them writes must not bear on what another one asks here,
    /// unless they are about the same thing ([`Turn::about`]).
    fn ask(&self, _tx: &mut Tx) -> impl Future<Output = Result<(), StoreError>> + Send {
        async { Ok(()) }
    }

    /// Asks ahead what depends on the answers to [`Op::ask`], after all operations of the transaction have asked
    /// that. What is read here and in [`Op::run`] is to be asked there twice.
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

    /// Turns whenever another node has written to the same database, and whenever it may have. It carries nothing
    /// else: whoever is woken reads the state. On SQLite it never turns.
    pub fn changes(&self) -> watch::Receiver<u64> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.changes(),
            Engine::Postgres(engine) => engine.changes(),
        }
    }

    /// Whether the store can write now: it commits a change of one small row, durably. A newer program may have
    /// brought the schema up to date beside this one, which goes on until it is replaced, too.
    pub async fn ping(&self) -> Result<(), StoreError> {
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

/// How a row is updated.
pub(crate) struct Update {
    /// The text.
    pub whole: &'static Sql,
    /// The same without indexed columns that rarely change: it changes no row if one of them would change. SQLite
    /// rewrites every index of which a statement names a column, a random page each in a large table; PostgreSQL
    /// compares what is in the columns itself.
    pub in_place: Option<&'static Sql>,
    /// The insert of such a row. Its last parameters are those of the update after the first `keys`: while PostgreSQL
    /// has not been sent it, it is sent as the row shall be.
    pub insert: &'static Sql,
    /// How many parameters say which row it is.
    pub keys: usize,
}

/// A transaction. One concrete type whatever the engine, so that operations are not generic.
pub struct Tx {
    connection: Connection,
    read_only: bool,
}

enum Connection {
    Sqlite(sqlite::Connection),
    Postgres(Box<postgres::Connection>),
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx").field("read_only", &self.read_only).finish_non_exhaustive()
    }
}

impl Tx {
    /// Runs a statement and returns its rows.
    pub(crate) async fn query(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
    ) -> Result<Rows, StoreError> {
        match &mut self.connection {
            Connection::Sqlite(connection) => connection.query(sql, params, self.read_only),
            Connection::Postgres(connection) => connection.query(sql, params).await,
        }
    }

    /// Runs a statement and answers how many rows it changed.
    pub(crate) async fn execute(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
    ) -> Result<u64, StoreError> {
        match &mut self.connection {
            Connection::Sqlite(connection) => connection.execute(sql, params, self.read_only),
            Connection::Postgres(connection) => connection.execute(sql, params).await,
        }
    }

    /// Runs a statement that must change exactly one row: the one with this id.
    pub(crate) async fn execute_one(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
        id: impl ToString,
    ) -> Result<(), StoreError> {
        let rows = self.execute(sql, params).await?;
        changed_one(sql, rows, id)
    }

    /// The same without waiting for its answer, where waiting would cost a way to the server: what fails is told
    /// by a later statement or at the end, and fails the operation all the same. For what no operation handles.
    /// Of a row that is updated twice by the same text, the engine may write the last update alone.
    pub(crate) async fn execute_one_ahead(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
        id: impl ToString,
    ) -> Result<(), StoreError> {
        match &mut self.connection {
            Connection::Postgres(connection) if !self.read_only => {
                connection.execute_one_ahead(sql, params, id.to_string(), None).await
            }
            Connection::Sqlite(_) | Connection::Postgres(_) => self.execute_one(sql, params, id).await,
        }
    }

    /// The same for an update of a row that this operation may just have written.
    pub(crate) async fn update_ahead(
        &mut self,
        update: &'static Update,
        params: &[Value<'_>],
        id: impl ToString,
    ) -> Result<(), StoreError> {
        match &mut self.connection {
            Connection::Postgres(connection) if !self.read_only => {
                let insert = Some((update.insert, update.keys));
                return connection.execute_one_ahead(update.whole, params, id.to_string(), insert).await;
            }
            Connection::Sqlite(connection) => {
                if let Some(in_place) = update.in_place
                    && connection.execute(in_place, params, self.read_only)? == 1
                {
                    return Ok(());
                }
            }
            Connection::Postgres(_) => {}
        }
        self.execute_one(update.whole, params, id).await
    }

    /// Asks ahead what [`Tx::query`] will ask with the same parameters: several questions, one way to the server.
    /// The answer is as of now, so what the operation writes until then must not bear on it.
    pub(crate) async fn ask(&mut self, sql: &'static Sql, params: &[Value<'_>]) -> Result<(), StoreError> {
        match &mut self.connection {
            Connection::Sqlite(_) => Ok(()),
            Connection::Postgres(connection) => connection.ask(sql, params).await,
        }
    }

    /// Locks rows before they are read to be changed, if other writers can be at work; see `/*lock*/` in
    /// [`dialect`]. What is read afterwards is what was committed last.
    pub(crate) async fn lock(&mut self, sql: &'static Sql, params: &[Value<'_>]) -> Result<(), StoreError> {
        match &mut self.connection {
            Connection::Postgres(connection) if !self.read_only => connection.lock(sql, params).await,
            // There is one writer, or nothing is going to be changed.
            Connection::Sqlite(_) | Connection::Postgres(_) => Ok(()),
        }
    }

    /// Runs a query that locks the row with this id. Nobody else can change it until the transaction ends, so the
    /// answer is remembered, until [`Tx::changes_locked`].
    pub(crate) async fn query_locked(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
        id: Uuid,
    ) -> Result<Rows, StoreError> {
        if let Connection::Postgres(connection) = &mut self.connection
            && let Some(rows) = connection.locked().get(&id)
        {
            return Ok(rows.clone());
        }
        let rows = self.query(sql, params).await?;
        if let Connection::Postgres(connection) = &mut self.connection {
            connection.locked().insert(id, rows.clone());
        }
        Ok(rows)
    }

    /// What is known of this row holds no longer.
    pub(crate) fn changes_locked(&mut self, id: Uuid) {
        if let Connection::Postgres(connection) = &mut self.connection {
            connection.locked().remove(&id);
        }
    }

    /// Enters an organization until the transaction ends: many at once, or one alone. To be done before anything
    /// is read. One writer needs no door.
    pub(crate) async fn enter(&mut self, org: OrganizationId, alone: bool) -> Result<(), StoreError> {
        match &mut self.connection {
            Connection::Postgres(connection) if !self.read_only => {
                connection.enter(lock_number(org), alone).await
            }
            Connection::Sqlite(_) | Connection::Postgres(_) => Ok(()),
        }
    }

    /// Counts on: `take` adds one to a counter and answers with the number. After that the row is this transaction's
    /// own until it ends, so the next numbers are known without asking, and `set` writes the last of them.
    pub(crate) async fn count_on(
        &mut self,
        take: &'static Sql,
        set: &'static Sql,
        id: Uuid,
    ) -> Result<i64, StoreError> {
        let counted = match &mut self.connection {
            Connection::Postgres(connection) => connection.counted().filter(|(counter, _)| *counter == id),
            Connection::Sqlite(_) => None,
        };
        let number = match counted {
            Some((_, last)) => {
                self.execute_one_ahead(set, &[id.into(), (last + 1).into()], id).await?;
                last + 1
            }
            None => self.query(take, &[id.into()]).await?.one(id, |row| row.i64("number"))?,
        };
        if let Connection::Postgres(connection) = &mut self.connection {
            *connection.counted() = Some((id, number));
        }
        Ok(number)
    }

    /// Runs the statements of a migration.
    pub(crate) async fn migrate(&mut self, text: &str) -> Result<(), StoreError> {
        match &mut self.connection {
            Connection::Sqlite(connection) => connection.script(&dialect::migration_for_sqlite(text)),
            Connection::Postgres(connection) => {
                connection.migrate(&dialect::migration_for_postgres(text)).await
            }
        }
    }
}

/// The number under which PostgreSQL locks an organization.
fn lock_number(org: OrganizationId) -> i64 {
    let (high, low) = org.0.as_u64_pair();
    (high ^ low) as i64
}

fn changed_one(sql: &Sql, rows: u64, id: impl ToString) -> Result<(), StoreError> {
    changed_all(sql, rows, &[id.to_string()])
}

/// An error unless as many rows were changed as were to be: the ones with these ids.
fn changed_all(sql: &Sql, rows: u64, ids: &[String]) -> Result<(), StoreError> {
    let expected = ids.len() as u64;
    if rows < expected {
        return Err(StoreError::missing(sql.table(), ids.join(" or ")));
    }
    if rows > expected {
        return Err(StoreError::other(format!("{} changed {rows} rows instead of {expected}", sql.name())));
    }
    Ok(())
}
