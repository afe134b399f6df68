//! One connection: its prepared statements, and how statements run on it.
//!
//! What needs no answer at once (`BEGIN`, locks, most inserts, questions whose answers are wanted later) is sent
//! ahead of the next statement and answered together with it: one way to the server and back instead of many. The
//! first failure in the order of sending counts, whoever learns of it. `COMMIT` is sent only after every answer.
//!
//! The driver of a connection has no task of its own: whoever waits for an answer polls it. So everything that was
//! sent ahead leaves in one piece when the next answer is waited for, and nobody is woken for a part of it.

use std::collections::HashMap;
use std::future::{Future, poll_fn, ready};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use futures_util::future::{join, join_all};
use tokio::sync::oneshot;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Row, Statement};
use uuid::Uuid;

use super::connect::{Connect, Driver};
use super::failure::{Again, Failure, explain};
use super::value::Encoded;
use crate::engine::changed_one;
use crate::engine::row::{Cell, Rows};
use crate::engine::value::Value;
use crate::error::StoreError;
use crate::sql::Sql;

static ENTER: Sql = Sql::new("organizations", "enter", "SELECT pg_advisory_xact_lock_shared($1)");
static ENTER_ALONE: Sql = Sql::new("organizations", "enter_alone", "SELECT pg_advisory_xact_lock($1)");

/// The turn of an organization: other numbers than those of [`ENTER`], because there are two of them.
static TURN: Sql = Sql::new(
    "organizations",
    "turn",
    "SELECT pg_advisory_xact_lock(($1::int8 >> 32)::int4, ($1::int8 & 2147483647)::int4)",
);

/// The lock under which migrations are applied: any number that no organization has.
const MIGRATION_LOCK: i64 = 0x6261_636b_736f_6f6e;

/// Settings that hold for every statement of a session.
///
/// Every statement on the way of a message goes by an index, which a test shows; so plans need not depend on
/// statistics, which an empty, quickly growing database does not have yet. What must read a whole table still
/// does. What is answered is durable: a server or role that relaxes this is overruled.
const SESSION: &str = "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan; SET jit = off;
    SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '10s';
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';";

type Ahead = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

/// A question that was sent ahead.
struct Asked {
    sql: &'static Sql,
    params: Vec<Encoded>,
    /// Filled when everything that was sent ahead is answered.
    answer: oneshot::Receiver<Vec<Row>>,
}

/// What is known of an answer.
enum Found {
    Nothing,
    /// It comes with the other answers.
    Asked(oneshot::Receiver<Vec<Row>>, Vec<Encoded>),
    Known(Rows),
}

/// An answer that holds for the whole of a reading transaction.
struct Known {
    params: Vec<Encoded>,
    rows: Rows,
}

/// A connection with its prepared statements.
pub(in crate::engine) struct Connection {
    client: Arc<Client>,
    /// Moves bytes while it is polled; none once the connection has ended.
    driver: Option<Pin<Box<Driver>>>,
    /// By the address of their text.
    statements: HashMap<usize, Statement>,
    ahead: Vec<Ahead>,
    asked: Vec<Asked>,
    /// Answers to what was asked ahead in this reading transaction: many ask the same.
    known: Vec<Known>,
    /// The organization that this transaction has entered last.
    entered: Option<(i64, bool)>,
    /// The last number that this transaction has taken, and of what.
    counted: Option<(Uuid, i64)>,
    /// How many transactions it has begun.
    transactions: u64,
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
        let mut connection = Self {
            client: Arc::new(client),
            driver: Some(Box::pin(driver)),
            statements: HashMap::new(),
            ahead: Vec::new(),
            asked: Vec::new(),
            known: Vec::new(),
            entered: None,
            counted: None,
            transactions: 0,
            calling: Arc::default(),
            failure: None,
            broken: false,
        };
        connection.control(SESSION).await.map_err(|failure| failure.error)?;
        Ok(connection)
    }

    /// Whether it cannot be used any more, as far as is known here by now.
    pub(super) fn is_closed(&mut self) -> bool {
        self.push();
        self.broken || self.driver.is_none()
    }

    /// Moves what can be moved without waiting.
    fn push(&mut self) {
        drive(&mut self.driver, &mut Context::from_waker(Waker::noop()));
    }

    /// Set while a call waits for the server.
    pub(super) fn calling(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.calling)
    }

    pub(super) fn take_failure(&mut self) -> Option<Failure> {
        self.failure.take()
    }

    /// Plans are made once and kept. Those that were made while tables were small are wrong for large ones, so
    /// they are made anew after 1, 2, 4, 8 … transactions.
    pub(super) fn begin(&mut self, read_only: bool) {
        self.asked.clear();
        self.known.clear();
        self.entered = None;
        self.counted = None;
        self.transactions += 1;
        if self.transactions.is_power_of_two() {
            self.control_ahead("DISCARD PLANS");
        }
        self.control_ahead(if read_only {
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        } else {
            "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
        });
    }

    /// Waits for what was asked; the end itself needs no answer.
    pub(super) async fn end_reading(&mut self) -> Result<(), Failure> {
        self.settle().await?;
        self.control_ahead("COMMIT");
        self.push();
        Ok(())
    }

    /// Waits for all answers, and only if everything went well commits.
    pub(super) async fn commit(&mut self) -> Result<(), Failure> {
        self.settle().await?;
        let committed = self.control("COMMIT").await;
        committed.map_err(|failure| {
            self.broken |= failure.again == Again::Lost;
            failure.at_commit()
        })
    }

    /// Waits for the answers to everything that was sent ahead.
    pub(super) async fn settle(&mut self) -> Result<(), Failure> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        let settled = self.answered(ready(Ok(()))).await;
        if let Err(failure) = &settled {
            self.noted(failure.clone());
        }
        settled
    }

    /// Ends the transaction without its changes.
    pub(super) async fn roll_back(&mut self) {
        self.asked.clear();
        let rolled_back = self.control("ROLLBACK").await;
        self.failure = None;
        if let Err(failure) = rolled_back {
            // What failed ahead of it has been told already; then the connection is not worth keeping either.
            self.broken = true;
            tracing::debug!(error = failure.error.log_text(), "a transaction could not be rolled back");
        }
    }

    pub(in crate::engine) async fn query(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
        read_only: bool,
    ) -> Result<Rows, StoreError> {
        let (client, statement) = self.prepared(sql, params.len(), read_only).await?;
        let mut known = None;
        let found = match self.asked(sql, &statement, params, read_only)? {
            Found::Known(rows) => return Ok(rows),
            Found::Asked(mut answer, params) => {
                known = read_only.then_some(params);
                let answered = self.answered(ready(Ok(()))).await.map(|()| answer.try_recv());
                answered.map_err(|failure| self.noted(failure))?.map_err(|_| {
                    self.noted(Failure::never(StoreError::other("a question sent ahead was not answered")))
                })?
            }
            Found::Nothing => {
                let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|param| param as _).collect();
                let call = async {
                    client.query(&statement, &params).await.map_err(|error| failed(&error, sql, read_only))
                };
                self.answered(call).await.map_err(|failure| self.noted(failure))?
            }
        };
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
        let rows = Rows { sql, names, width, cells };
        if let Some(params) = known {
            self.known.push(Known { params, rows: rows.clone() });
        }
        Ok(rows)
    }

    /// Sends a question whose answer [`Connection::query`] will want.
    pub(in crate::engine) async fn ask(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
        read_only: bool,
    ) -> Result<(), StoreError> {
        let (client, statement) = self.prepared(sql, params.len(), read_only).await?;
        let params = self.encoded(&statement, params)?;
        let same = |asked: &Asked| std::ptr::eq(asked.sql, sql) && asked.params == params;
        if read_only && self.asked.iter().any(same) {
            return Ok(());
        }
        let (answer, wanted) = oneshot::channel();
        self.asked.push(Asked { sql, params: params.clone(), answer: wanted });
        self.send_ahead(async move {
            let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|param| param as _).collect();
            let rows =
                client.query(&statement, &params).await.map_err(|error| failed(&error, sql, read_only))?;
            // Nobody may want it any more.
            let _ = answer.send(rows);
            Ok(())
        });
        Ok(())
    }

    /// What is known of the answer to this question.
    fn asked(
        &mut self,
        sql: &'static Sql,
        statement: &Statement,
        params: &[Value<'_>],
        read_only: bool,
    ) -> Result<Found, StoreError> {
        if self.asked.is_empty() && self.known.is_empty() {
            return Ok(Found::Nothing);
        }
        let params = self.encoded(statement, params)?;
        let same = |known: &&Known| std::ptr::eq(known.rows.sql, sql) && known.params == params;
        if let Some(known) = self.known.iter().find(same).filter(|_| read_only) {
            return Ok(Found::Known(known.rows.clone()));
        }
        let asked =
            self.asked.iter().position(|asked| std::ptr::eq(asked.sql, sql) && asked.params == params);
        Ok(asked.map_or(Found::Nothing, |at| Found::Asked(self.asked.swap_remove(at).answer, params)))
    }

    pub(in crate::engine) async fn execute(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
        read_only: bool,
    ) -> Result<u64, StoreError> {
        let (client, statement) = self.prepared(sql, params.len(), read_only).await?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|param| param as _).collect();
        let call = async {
            client.execute(&statement, &params).await.map_err(|error| failed(&error, sql, read_only))
        };
        self.answered(call).await.map_err(|failure| self.noted(failure))
    }

    /// Sends a statement that must change one row, without waiting for its answer.
    pub(in crate::engine) async fn execute_one_ahead(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
        id: String,
    ) -> Result<(), StoreError> {
        let (client, statement) = self.prepared(sql, params.len(), false).await?;
        let params = self.encoded(&statement, params)?;
        self.send_ahead(async move {
            let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|param| param as _).collect();
            let rows = client.execute(&statement, &params).await;
            let rows = rows.map_err(|error| failed(&error, sql, false))?;
            changed_one(sql, rows, id).map_err(Failure::never)
        });
        Ok(())
    }

    /// Locks rows; what follows in the transaction sees what was committed until then.
    pub(in crate::engine) async fn lock(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
    ) -> Result<(), StoreError> {
        let (client, statement) = self.prepared(sql, params.len(), false).await?;
        let params = self.encoded(&statement, params)?;
        self.send_ahead(async move {
            let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|param| param as _).collect();
            client.query(&statement, &params).await.map(drop).map_err(|error| failed(&error, sql, false))
        });
        Ok(())
    }

    /// Enters an organization, shared or alone, until the transaction ends.
    pub(in crate::engine) async fn enter(&mut self, key: i64, alone: bool) -> Result<(), StoreError> {
        if self.entered == Some((key, alone)) {
            return Ok(());
        }
        self.entered = Some((key, alone));
        self.lock(if alone { &ENTER_ALONE } else { &ENTER }, &[Value::I64(key)]).await
    }

    /// The last number that this transaction has taken of this counter, whose row it has locked since.
    pub(in crate::engine) fn counted(&mut self) -> &mut Option<(Uuid, i64)> {
        &mut self.counted
    }

    /// Waits for the organization's turn, which lasts until the transaction ends.
    pub(super) async fn take_turn(&mut self, key: i64) -> Result<(), StoreError> {
        self.lock(&TURN, &[Value::I64(key)]).await
    }

    /// The statements of a migration, while no other process migrates.
    pub(in crate::engine) async fn migrate(&mut self, text: &str) -> Result<(), StoreError> {
        let text =
            format!("SET LOCAL lock_timeout = '60s'; SELECT pg_advisory_xact_lock({MIGRATION_LOCK}); {text}");
        self.control(&text).await.map_err(|failure| self.noted(failure))
    }

    fn encoded(&mut self, statement: &Statement, params: &[Value<'_>]) -> Result<Vec<Encoded>, StoreError> {
        Encoded::all(params, statement.params())
            .map_err(|detail| self.noted(Failure::never(StoreError::other(detail))))
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
                let preparing =
                    async { client.prepare(text).await.map_err(|error| failed(&error, sql, read_only)) };
                let statement = self.answered(preparing).await.map_err(|failure| self.noted(failure))?;
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
    async fn answered<T>(&mut self, call: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let _calling = Calling::new(&self.calling);
        let driver = &mut self.driver;
        let mut answers = pin!(join(join_all(self.ahead.drain(..)), call));
        let (ahead, own) = poll_fn(|context| {
            // What is asked now is to be sent, and what has been answered to be heard.
            if let Poll::Ready(answers) = answers.as_mut().poll(context) {
                return Poll::Ready(answers);
            }
            drive(driver, context);
            answers.as_mut().poll(context)
        })
        .await;
        ahead.into_iter().collect::<Result<Vec<()>, _>>()?;
        own
    }

    /// Sends a call; its answer is waited for together with the next one's.
    fn send_ahead(&mut self, call: impl Future<Output = Result<(), Failure>> + Send + 'static) {
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
        self.send_ahead(async move { client.batch_execute(text).await.map_err(|error| explain(&error)) });
    }

    async fn control(&mut self, text: &str) -> Result<(), Failure> {
        let client = Arc::clone(&self.client);
        self.answered(async { client.batch_execute(text).await.map_err(|error| explain(&error)) }).await
    }

    fn noted(&mut self, failure: Failure) -> StoreError {
        self.broken |= failure.again == Again::Lost;
        self.failure.insert(failure).error.clone()
    }
}

/// Polls the driver. When it has ended, its end of the calls is dropped, which is their answer.
fn drive(driver: &mut Option<Pin<Box<Driver>>>, context: &mut Context<'_>) {
    if let Some(running) = driver
        && let Poll::Ready(ended) = running.as_mut().poll(context)
    {
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection to the database ended");
        }
        *driver = None;
    }
}

/// A failed statement, named where its error is nothing that a person can act on.
fn failed(error: &Error, sql: &Sql, read_only: bool) -> Failure {
    let mut failure = explain(error);
    if read_only && error.code() == Some(&tokio_postgres::error::SqlState::READ_ONLY_SQL_TRANSACTION) {
        let sentence = format!("{} writes inside a reading operation", sql.name());
        failure = Failure::never(StoreError::other(sentence));
    } else if let StoreError::Other { detail } = failure.error {
        failure.error = StoreError::other(format!("{}: {detail}", sql.name()));
    }
    failure
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

#[cfg(test)]
mod tests {
    use super::*;

    static DURABLE: Sql =
        Sql::new("pg_settings", "durable", "SELECT current_setting('synchronous_commit') AS setting");

    /// What is answered is durable, whatever the database or the role says about it; more than that is left.
    #[tokio::test]
    async fn a_commit_waits_for_the_disk() {
        for (set, expected) in
            [("off", "on"), ("on", "on"), ("local", "local"), ("remote_apply", "remote_apply")]
        {
            let url = cluster::cluster().empty_database();
            let name = url.split('/').nth(3).and_then(|rest| rest.split('?').next()).unwrap();
            cluster::cluster().script(&url, &format!("ALTER DATABASE {name} SET synchronous_commit = {set}"));
            let connect = Connect::parse(&url, 1).unwrap();
            let mut connection = Connection::open(&connect).await.unwrap();
            let found = connection.query(&DURABLE, &[], true).await.unwrap();
            let found = found.first(|row| row.text("setting")).unwrap();
            assert_eq!(found.as_deref(), Some(expected), "{set}");
        }
    }
}
