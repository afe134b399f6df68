//! A transaction: what operations ask of a database, whichever engine it runs on.

use std::fmt;

use domain::id::OrganizationId;
use domain::time::Instant;
use uuid::Uuid;

use super::row::Rows;
use super::value::Value;
use super::{dialect, postgres, sqlite};
use crate::error::StoreError;
use crate::sql::Sql;

/// How a row is updated.
pub(crate) struct Update {
    /// The text.
    pub whole: &'static Sql,
    /// The same without indexed columns that rarely change: it changes no row if one of them would change. SQLite
    /// rewrites every index of which a statement names a column, a random page each in a large table; PostgreSQL
    /// compares what is in the columns itself.
    pub in_place: Option<&'static Sql>,
    /// The insert of such a row; its last parameters are the update's without the first `keys`. An insert that still
    /// waits to be sent to PostgreSQL is changed instead of followed by the update.
    pub insert: &'static Sql,
    /// How many parameters say which row it is.
    pub keys: usize,
}

/// When an operation happens, by each of the process's clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// By the process's clock.
    pub here: Instant,
    /// By the clock that the carrier's world goes by.
    pub outside: Instant,
}

/// A transaction. One concrete type whatever the engine, so that operations are not generic.
pub struct Tx {
    pub(super) connection: Connection,
    pub(super) read_only: bool,
    /// When it happens, once somebody has asked.
    moment: Option<Moment>,
    /// Whether the database has been asked for anything.
    asked: bool,
}

pub(super) enum Connection {
    Sqlite(sqlite::Connection),
    Postgres(Box<postgres::Connection>),
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx").field("read_only", &self.read_only).finish_non_exhaustive()
    }
}

impl Tx {
    pub(super) fn new(connection: Connection, read_only: bool) -> Self {
        Self { connection, read_only, moment: None, asked: false }
    }

    /// Another operation begins on the same connection, at a moment of its own.
    pub(super) fn begin_operation(&mut self, read_only: bool) {
        self.read_only = read_only;
        self.moment = None;
        self.asked = false;
    }

    /// The moment at which this transaction happens: `read_clocks` is called by the first who asks, and must be
    /// before anything else is asked of the database. So whatever was acknowledged before that moment is among what
    /// the transaction reads, and no decision is later than its facts. Operations that share a transaction share its
    /// moment.
    ///
    /// # Errors
    /// If the database has been asked for something already: the moment would be later than what was read.
    pub fn moment(&mut self, read_clocks: impl FnOnce() -> Moment) -> Result<Moment, StoreError> {
        match self.moment {
            Some(moment) => Ok(moment),
            None if self.asked => {
                Err(StoreError::other("an operation asked when it happens after it had read something"))
            }
            None => Ok(*self.moment.insert(read_clocks())),
        }
    }

    /// Runs a statement and returns its rows.
    pub(crate) async fn query(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
    ) -> Result<Rows, StoreError> {
        self.asked = true;
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
        self.asked = true;
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

    /// The same without waiting for the answer, which would cost a round trip on PostgreSQL. A failure is told by a
    /// later statement or by the commit, and fails the operation all the same; so not for failures that an operation
    /// handles. Of a row that is updated twice by the same text, the engine may write the last update alone.
    pub(crate) async fn execute_one_ahead(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
        id: impl ToString,
    ) -> Result<(), StoreError> {
        self.asked = true;
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
        self.asked = true;
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
        self.asked = true;
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
        self.asked = true;
        if let Connection::Postgres(connection) = &mut self.connection
            && let Some(Some(rows)) = connection.locked().get(&id)
        {
            return Ok(rows.clone());
        }
        let rows = self.query(sql, params).await?;
        if let Connection::Postgres(connection) = &mut self.connection {
            connection.locked().insert(id, Some(rows.clone()));
        }
        Ok(rows)
    }

    /// This row is about to be changed, and so locked: what is known of it holds no longer.
    pub(crate) fn changes_locked(&mut self, id: Uuid) {
        if let Connection::Postgres(connection) = &mut self.connection {
            connection.locked().insert(id, None);
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

    /// Says ahead that [`Tx::count_on`] will be called once more.
    pub(crate) fn will_count(&mut self) {
        if let Connection::Postgres(connection) = &mut self.connection {
            connection.will_count();
        }
    }

    /// Counts on: the next number of the counter in the row with this id. `take` adds its second parameter to the
    /// counter and answers with the last `number`. On PostgreSQL it stays taken if the transaction fails.
    pub(crate) async fn count_on(&mut self, take: &'static Sql, id: Uuid) -> Result<i64, StoreError> {
        self.asked = true;
        match &mut self.connection {
            Connection::Postgres(connection) if !self.read_only => connection.count_on(take, id).await,
            Connection::Sqlite(_) | Connection::Postgres(_) => {
                self.query(take, &[id.into(), 1_i64.into()]).await?.one(id, |row| row.i64("number"))
            }
        }
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
pub(super) fn lock_number(org: OrganizationId) -> i64 {
    let (high, low) = org.0.as_u64_pair();
    (high ^ low) as i64
}

fn changed_one(sql: &Sql, rows: u64, id: impl ToString) -> Result<(), StoreError> {
    changed_all(sql, rows, &[id.to_string()])
}

/// An error unless as many rows were changed as were to be: the ones with these ids.
pub(super) fn changed_all(sql: &Sql, rows: u64, ids: &[String]) -> Result<(), StoreError> {
    let expected = ids.len() as u64;
    if rows < expected {
        return Err(StoreError::missing(sql.table(), ids.join(" or ")));
    }
    if rows > expected {
        return Err(StoreError::other(format!("{} changed {rows} rows instead of {expected}", sql.name())));
    }
    Ok(())
}
