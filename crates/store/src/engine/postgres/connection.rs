//! One connection: its prepared statements, and how statements run on it.
//!
//! What needs no answer at once (`BEGIN`, locks, the end of a reading transaction) is sent ahead of the next
//! statement and answered together with it: one way to the server and back instead of two.

use std::collections::HashMap;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use futures_util::future::{join, join_all};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Statement};

use super::connect::Connect;
use super::failure::{Again, Failure, explain};
use crate::engine::row::{Cell, Rows};
use crate::engine::value::Value;
use crate::error::StoreError;
use crate::sql::Sql;

static ENTER: Sql = Sql::new("organizations", "enter", "SELECT pg_advisory_xact_lock_shared($1)");
static ENTER_ALONE: Sql = Sql::new("organizations", "enter_alone", "SELECT pg_advisory_xact_lock($1)");

/// The lock under which migrations are applied: any number that no organization has.
const MIGRATION_LOCK: i64 = 0x6261_636b_736f_6f6e;

type Ahead = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// A connection with its prepared statements.
pub(in crate::engine) struct Connection {
    client: Arc<Client>,
    /// By the address of their text.
    statements: HashMap<usize, Statement>,
    ahead: Vec<Ahead>,
    /// Set while a call waits for the server.
    calling: Arc<AtomicBool>,
    /// What failed in this transaction: the server refuses everything after it.
    failure: Option<Failure>,
    /// Its state is not known any more.
    broken: bool,
}

impl Connection {
    pub(super) async fn open(connect: &Connect) -> Result<Self, StoreError> {
        let (client, driver) = connect.raw().await?;
        tokio::spawn(async move {
            if let Err(error) = driver.await {
                tracing::debug!(%error, "a connection to the database ended");
            }
        });
        connect.set_up(&client).await?;
        Ok(Self {
            client: Arc::new(client),
            statements: HashMap::new(),
            ahead: Vec::new(),
            calling: Arc::default(),
            failure: None,
            broken: false,
        })
    }

    pub(super) fn is_closed(&self) -> bool {
        self.broken || self.client.is_closed()
    }

    /// Set while a call waits for the server.
    pub(super) fn calling(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.calling)
    }

    pub(super) fn take_failure(&mut self) -> Option<Failure> {
        self.failure.take()
    }

    pub(super) fn begin(&mut self, read_only: bool) {
        self.control_ahead(if read_only {
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        } else {
            "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
        });
    }

    pub(super) fn end_reading(&mut self) {
        self.control_ahead("COMMIT");
    }

    pub(super) async fn commit(&mut self) -> Result<(), Failure> {
        let client = Arc::clone(&self.client);
        self.answered(client.batch_execute("COMMIT")).await.map_err(|error| {
            let failure = explain(&error).at_commit();
            self.broken |= client.is_closed();
            failure
        })
    }

    /// Ends the transaction without its changes.
    pub(super) async fn roll_back(&mut self) {
        let client = Arc::clone(&self.client);
        let rolled_back = self.answered(client.batch_execute("ROLLBACK")).await;
        self.failure = None;
        if let Err(error) = rolled_back {
            // What failed ahead of it has been told already; then the connection is not worth keeping either.
            self.broken = true;
            tracing::debug!(
                error = explain(&error).error.log_text(),
                "a transaction could not be rolled back"
            );
        }
    }

    pub(in crate::engine) async fn query(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
        read_only: bool,
    ) -> Result<Rows, StoreError> {
        let (client, statement) = self.prepared(sql, params.len(), read_only).await?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|param| param as _).collect();
        let result = self.answered(client.query(&statement, &params)).await;
        let found = result.map_err(|error| self.failed(&error, sql, read_only))?;
        let width = statement.columns().len();
        let names = if cfg!(debug_assertions) {
            statement.columns().iter().map(|column| column.name().to_owned()).collect()
        } else {
            Vec::new()
        };
        let mut cells = Vec::with_capacity(width * found.len());
        for row in &found {
            for column in 0..width {
                cells.push(
                    row.try_get::<_, Cell>(column)
                        .unwrap_or(Cell::Unreadable("bytes that do not fit the column's type")),
                );
            }
        }
        Ok(Rows { sql, names, width, cells })
    }

    pub(in crate::engine) async fn execute(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
        read_only: bool,
    ) -> Result<u64, StoreError> {
        let (client, statement) = self.prepared(sql, params.len(), read_only).await?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|param| param as _).collect();
        let result = self.answered(client.execute(&statement, &params)).await;
        result.map_err(|error| self.failed(&error, sql, read_only))
    }

    /// Locks rows; what follows in the transaction sees what was committed until then.
    pub(in crate::engine) async fn lock(
        &mut self,
        sql: &'static Sql,
        params: Vec<Value<'static>>,
    ) -> Result<(), StoreError> {
        let (client, statement) = self.prepared(sql, params.len(), false).await?;
        self.send_ahead(async move {
            let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|param| param as _).collect();
            client.query(&statement, &params).await.map(drop)
        });
        Ok(())
    }

    /// Enters an organization, shared or alone, until the transaction ends.
    pub(in crate::engine) async fn enter(&mut self, key: i64, alone: bool) -> Result<(), StoreError> {
        self.lock(if alone { &ENTER_ALONE } else { &ENTER }, vec![Value::I64(key)]).await
    }

    /// The statements of a migration, while no other process migrates.
    pub(in crate::engine) async fn migrate(&mut self, text: &str) -> Result<(), StoreError> {
        let client = Arc::clone(&self.client);
        let text =
            format!("SET LOCAL lock_timeout = '60s'; SELECT pg_advisory_xact_lock({MIGRATION_LOCK}); {text}");
        self.answered(client.batch_execute(&text)).await.map_err(|error| self.noted(explain(&error)))
    }

    async fn prepared(
        &mut self,
        sql: &'static Sql,
        params: usize,
        read_only: bool,
    ) -> Result<(Arc<Client>, Statement), StoreError> {
        if let Some(failure) = &self.failure {
            return Err(failure.error.clone());
        }
        let client = Arc::clone(&self.client);
        let text = sql.for_postgres(read_only);
        let address = text.as_ptr() as usize;
        let statement = match self.statements.get(&address) {
            Some(statement) => statement.clone(),
            None => {
                let prepared = self.answered(client.prepare(text)).await;
                let statement = prepared.map_err(|error| self.failed(&error, sql, read_only))?;
                self.statements.insert(address, statement.clone());
                statement
            }
        };
        if statement.params().len() != params {
            return Err(self.noted(Failure::never(StoreError::other(format!(
                "{} takes {} parameters and got {params}",
                sql.name(),
                statement.params().len(),
            )))));
        }
        Ok((client, statement))
    }

    /// Waits for the answer to a call, and for those to what was sent ahead of it. The first error counts: what
    /// follows it in the transaction fails because of it.
    async fn answered<T>(&mut self, call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let _calling = Calling::new(&self.calling);
        if self.ahead.is_empty() {
            return call.await;
        }
        let (ahead, own) = join(join_all(self.ahead.drain(..)), call).await;
        ahead.into_iter().collect::<Result<Vec<()>, _>>()?;
        own
    }

    /// Sends a call; its answer is waited for together with the next one's.
    fn send_ahead(&mut self, call: impl Future<Output = Result<(), Error>> + Send + 'static) {
        let mut call: Ahead = Box::pin(call);
        // Polling once sends it.
        match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(error)) => self.ahead.push(Box::pin(ready(Err(error)))),
            Poll::Pending => self.ahead.push(call),
        }
    }

    fn control_ahead(&mut self, text: &'static str) {
        let client = Arc::clone(&self.client);
        self.send_ahead(async move { client.batch_execute(text).await });
    }

    fn failed(&mut self, error: &Error, sql: &Sql, read_only: bool) -> StoreError {
        let mut failure = explain(error);
        if read_only && error.code() == Some(&tokio_postgres::error::SqlState::READ_ONLY_SQL_TRANSACTION) {
            let sentence = format!("{} writes inside a reading operation", sql.name());
            failure = Failure::never(StoreError::other(sentence));
        } else if let StoreError::Other { detail } = failure.error {
            failure.error = StoreError::other(format!("{}: {detail}", sql.name()));
        }
        self.noted(failure)
    }

    fn noted(&mut self, failure: Failure) -> StoreError {
        self.broken |= failure.again == Again::Lost;
        self.failure.insert(failure).error.clone()
    }
}

struct Calling(Arc<AtomicBool>);

impl Calling {
    fn new(flag: &Arc<AtomicBool>) -> Self {
        flag.store(true, Ordering::Relaxed);
        Self(Arc::clone(flag))
    }
}

impl Drop for Calling {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}
