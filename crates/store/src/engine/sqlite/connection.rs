//! One SQLite connection: how it is opened and how statements run on it.

use std::borrow::Cow;
use std::fs::OpenOptions;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, OpenFlags, ToSql};
use uuid::Uuid;

use super::failure::{explain, is_damage};
use crate::engine::row::{Cell, Rows};
use crate::engine::value::{Value, storable};
use crate::error::StoreError;
use crate::sql::Sql;

/// How often a connection asks again while another process writes, about every millisecond. SQLite's own waiting
/// grows to 100 ms between questions, and would rarely meet the short gaps that a busy server leaves.
const BUSY_QUESTIONS: i32 = 5_000;

/// The log is written back into the file when it has grown to this many pages (of 4 KiB).
const CHECKPOINT_PAGES: u32 = 4_000;

/// More than there are statements, so that each is prepared once per connection.
const CACHED_STATEMENTS: usize = 512;

/// After how many steps of SQLite's machine a search looks at the clock: well under a millisecond.
const STEPS_PER_LOOK: i32 = 10_000;

/// The first sign that the file is damaged, of all connections to it.
pub(super) type Damage = Arc<OnceLock<StoreError>>;

/// A connection with its prepared statements.
pub(in crate::engine) struct Connection(rusqlite::Connection, Damage);

impl Connection {
    pub(super) fn open_in_memory() -> Result<Self, StoreError> {
        let connection = rusqlite::Connection::open_in_memory().map_err(|error| explain(&error))?;
        Self::prepare(connection, "PRAGMA foreign_keys = ON;")
    }

    /// The connection that writes; creates the file, readable by its owner alone.
    pub(super) fn open_writer(path: &Path) -> Result<Self, StoreError> {
        create_private(path)?;
        let connection = Self::prepare(
            open(path)?,
            &format!(
                "PRAGMA journal_mode = WAL;
                 PRAGMA synchronous = FULL;
                 PRAGMA foreign_keys = ON;
                 PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES};
                 PRAGMA journal_size_limit = {};
                 PRAGMA cache_size = -16000;
                 PRAGMA temp_store = MEMORY;",
                u64::from(CHECKPOINT_PAGES) * 4096 * 2
            ),
        )?;
        let mode: String = connection
            .0
            .query_row("PRAGMA journal_mode", [], |row| row.get(0))
            .map_err(|error| explain(&error))?;
        if mode != "wal" {
            return Err(StoreError::unavailable(
                "The database's file system does not support SQLite's write-ahead log: put the file on a local disk.",
                format!("journal mode {mode}"),
            ));
        }
        Ok(connection)
    }

    /// A connection that cannot write.
    pub(super) fn open_reader(path: &Path) -> Result<Self, StoreError> {
        Self::prepare(
            open(path)?,
            "PRAGMA query_only = ON;
             PRAGMA cache_size = -4000;
             PRAGMA temp_store = MEMORY;",
        )
    }

    /// Writes down in `damage` what it finds damaged.
    pub(super) fn reporting(self, damage: &Damage) -> Self {
        Self(self.0, Arc::clone(damage))
    }

    /// The error in our words. What a statement finds damaged is remembered: others may not touch that page for weeks.
    fn failed(&self, error: &rusqlite::Error) -> StoreError {
        let explained = explain(error);
        if is_damage(error) {
            let _first = self.1.set(explained.clone());
        }
        explained
    }

    fn prepare(mut connection: rusqlite::Connection, pragmas: &str) -> Result<Self, StoreError> {
        connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
        connection.busy_handler(Some(ask_again)).map_err(|error| explain(&error))?;
        // Plans do not depend on what is bound. Without this, SQLite as bundled (with STAT4) prepares a statement
        // anew nearly every time that its parameters change.
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
            .map_err(|error| explain(&error))?;
        connection.execute_batch(pragmas).map_err(|error| explain(&error))?;
        // SQLite's own `lower` knows only ASCII.
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
        connection
            .create_scalar_function("lower", 1, flags, |context| {
                Ok(context.get::<Option<String>>(0)?.map(|text| text.to_lowercase()))
            })
            .map_err(|error| explain(&error))?;
        Ok(Self(connection, Damage::default()))
    }

    pub(in crate::engine) fn query(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
        read_only: bool,
    ) -> Result<Rows, StoreError> {
        let mut statement = self.bound(sql, params, read_only)?;
        let width = statement.column_count();
        let names = if cfg!(debug_assertions) {
            statement.column_names().map(str::to_owned).collect()
        } else {
            Vec::new()
        };
        let mut cells = Vec::new();
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(|error| self.failed(&error))? {
            cells.reserve(width);
            for column in 0..width {
                cells.push(cell(row.get_ref(column).map_err(|error| self.failed(&error))?));
            }
        }
        Ok(Rows { sql, names, width, cells })
    }

    pub(in crate::engine) fn execute(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
        read_only: bool,
    ) -> Result<u64, StoreError> {
        let mut statement = self.bound(sql, params, read_only)?;
        statement.raw_execute().map(|rows| rows as u64).map_err(|error| self.failed(&error))
    }

    fn bound(
        &self,
        sql: &'static Sql,
        params: &[Value<'_>],
        read_only: bool,
    ) -> Result<CachedStatement<'_>, StoreError> {
        let mut statement = self.0.prepare_cached(sql.for_sqlite()).map_err(|error| self.failed(&error))?;
        if read_only && !statement.readonly() {
            return Err(StoreError::other(format!("{} writes inside a reading operation", sql.name())));
        }
        if statement.parameter_count() != params.len() {
            return Err(StoreError::other(format!(
                "{} takes {} parameters and got {}",
                sql.name(),
                statement.parameter_count(),
                params.len()
            )));
        }
        for (i, param) in params.iter().enumerate() {
            statement.raw_bind_parameter(i + 1, param).map_err(|error| self.failed(&error))?;
        }
        Ok(statement)
    }

    /// Several statements without parameters.
    pub(in crate::engine) fn script(&mut self, text: &str) -> Result<(), StoreError> {
        self.0.execute_batch(text).map_err(|error| self.failed(&error))
    }

    /// A statement that begins or ends something.
    pub(super) fn control(&mut self, text: &'static str) -> Result<(), StoreError> {
        let mut statement = self.0.prepare_cached(text).map_err(|error| self.failed(&error))?;
        statement.raw_execute().map(drop).map_err(|error| self.failed(&error))
    }

    /// From now on statements end after `limit`, all together, with [`StoreError::TooSlow`]; none takes the limit away.
    pub(super) fn end_after(&mut self, limit: Option<Duration>) -> Result<(), StoreError> {
        let over = limit.map(|limit| {
            let end = Instant::now() + limit;
            move || Instant::now() >= end
        });
        self.0.progress_handler(STEPS_PER_LOOK, over).map_err(|error| self.failed(&error))
    }

    pub(super) fn in_transaction(&self) -> bool {
        !self.0.is_autocommit()
    }

    /// Ends whatever transaction is open, dropping its changes.
    pub(super) fn roll_back(&mut self) {
        if self.in_transaction()
            && let Err(error) = self.control("ROLLBACK")
        {
            tracing::error!(error = error.log_text(), "rollback failed");
        }
    }

    /// The first column of every row: for tests.
    #[cfg(test)]
    pub(super) fn numbers(&mut self, text: &str) -> Vec<i64> {
        let mut statement = self.0.prepare(text).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    /// Writes the log back into the file, as far as others let it.
    pub(super) fn checkpoint(&mut self) {
        if let Err(error) = self.script("PRAGMA wal_checkpoint(TRUNCATE)") {
            tracing::warn!(error = error.log_text(), "checkpoint failed; the next start will do it");
        }
    }
}

fn ask_again(questions: i32) -> bool {
    std::thread::sleep(Duration::from_millis(1));
    questions < BUSY_QUESTIONS
}

fn open(path: &Path) -> Result<rusqlite::Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    rusqlite::Connection::open_with_flags(path, flags).map_err(|error| explain(&error))
}

/// Creates the file if it does not exist. SQLite gives the files beside it the same mode.
fn create_private(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|error| {
        StoreError::unavailable(
            format!(
                "The database file {} cannot be opened for writing: check that its folder exists and that this user may write there.",
                path.display()
            ),
            error,
        )
    })
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::I64(value) => ValueRef::Integer(*value),
            Value::Text(value) => match storable(value) {
                Cow::Borrowed(text) => ValueRef::Text(text.as_bytes()),
                Cow::Owned(text) => return Ok(ToSqlOutput::Owned(text.into())),
            },
            Value::Bytes(value) => ValueRef::Blob(value),
            Value::Uuid(value) => ValueRef::Blob(value.as_bytes()),
            Value::Bool(value) => ValueRef::Integer(i64::from(*value)),
            Value::Null => ValueRef::Null,
        }))
    }
}

/// SQLite has no type for ids: sixteen bytes are one. What no column may hold is left to the reader of the row,
/// who can name it.
fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(value) => Cell::I64(value),
        ValueRef::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => Cell::Text(text.to_owned()),
            Err(_) => Cell::Unreadable("a text that is not UTF-8"),
        },
        ValueRef::Blob(bytes) => match Uuid::from_slice(bytes) {
            Ok(id) => Cell::Uuid(id),
            Err(_) => Cell::Bytes(bytes.to_vec()),
        },
        ValueRef::Real(_) => Cell::Unreadable("a fraction"),
    }
}
