//! One connection: its prepared statements, and how statements run on it.
//!
//! What needs no answer at once (`BEGIN`, locks, most writes, questions whose answers are wanted later) is sent ahead
//! of the next statement and answered together with it: one way to the server and back instead of many
//! ([`ahead`](super::ahead)). Of writes and questions, those of one text are held until then and sent as one statement
//! ([`held`](super::held)). `COMMIT` is sent only after every answer.

use std::collections::HashMap;
use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Statement};
use uuid::Uuid;

use super::answers::{Answers, question, rows_of};
use super::connect::Connect;
use super::counter::{Counter, Numbers};
use super::failure::{Again, Failure, explain};
use super::held::Held;
use super::value::Encoded;
use super::wire::Wire;
use crate::engine::row::Rows;
use crate::engine::value::Value;
use crate::error::StoreError;
use crate::sql::Sql;

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

/// A connection with its prepared statements.
pub(in crate::engine) struct Connection {
    pub(super) wire: Wire,
    /// By the address of their text, and whether they are for many sets of parameters.
    pub(super) statements: HashMap<(usize, bool), Statement>,
    pub(super) held: Held,
    pub(super) answers: Answers,
    /// This transaction only reads.
    pub(super) read_only: bool,
    /// The organization whose turn this transaction has.
    pub(super) turn: Option<i64>,
    /// The organization that this transaction has entered last.
    pub(super) entered: Option<(i64, bool)>,
    /// Where its transactions take numbers; none on the counter's own connection.
    pub(super) counter: Option<Arc<Counter>>,
    /// The numbers of this transaction.
    pub(super) numbers: Numbers,
    /// Rows that this transaction has locked, as they are if that is known.
    pub(super) locked: HashMap<Uuid, Option<Rows>>,
    /// How many transactions it has begun.
    transactions: u64,
    /// What failed in this transaction: the server refuses everything after it.
    pub(super) failure: Option<Failure>,
    /// Its state is not known any more.
    broken: bool,
}

impl Connection {
    pub(super) async fn open(connect: &Connect) -> Result<Self, StoreError> {
        let (client, driver) = connect.raw().await?;
        let mut connection = Self {
            wire: Wire::new(client, driver),
            statements: HashMap::new(),
            held: Held::default(),
            answers: Answers::default(),
            read_only: false,
            turn: None,
            entered: None,
            counter: None,
            numbers: Numbers::default(),
            locked: HashMap::new(),
            transactions: 0,
            failure: None,
            broken: false,
        };
        connection.wire.control(SESSION).await.map_err(|failure| failure.error)?;
        Ok(connection)
    }

    /// Whether it cannot be used any more, as far as is known here by now.
    pub(super) fn is_closed(&mut self) -> bool {
        self.broken || self.wire.has_ended()
    }

    /// Set while a call waits for the server.
    pub(super) fn calling(&self) -> Arc<AtomicBool> {
        self.wire.calling()
    }

    /// What failed, of which this error tells.
    pub(super) fn failed_with(&self, error: StoreError) -> Failure {
        self.failure.clone().unwrap_or(Failure::never(error))
    }

    pub(super) fn take_failure(&mut self) -> Option<Failure> {
        self.failure.take()
    }

    /// Plans are made once and kept. Those that were made while tables were small are wrong for large ones, so
    /// they are made anew after 1, 2, 4, 8 … transactions.
    pub(super) fn begin(&mut self, read_only: bool) {
        self.forget();
        self.read_only = read_only;
        self.turn = None;
        self.entered = None;
        self.numbers = Numbers::default();
        self.transactions += 1;
        if self.transactions.is_power_of_two() {
            self.wire.control_ahead("DISCARD PLANS");
        }
        self.wire.control_ahead(if read_only {
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        } else {
            "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
        });
    }

    /// From now on every statement of this transaction ends after `limit`, with [`StoreError::TooSlow`].
    pub(super) fn end_after(&mut self, limit: Duration) {
        self.wire.control_ahead(format!("SET LOCAL statement_timeout = {}", limit.as_millis()));
    }

    /// This transaction may wait for its next statement as long as it likes.
    pub(super) fn stay(&mut self) {
        self.wire.control_ahead("SET LOCAL idle_in_transaction_session_timeout = 0");
    }

    fn forget(&mut self) {
        self.held.clear();
        self.answers.clear();
        self.locked.clear();
    }

    /// Waits for what was asked; the end itself needs no answer.
    pub(super) async fn end_reading(&mut self) -> Result<(), Failure> {
        self.settle().await?;
        self.wire.control_ahead("COMMIT");
        self.wire.push();
        Ok(())
    }

    /// Writes what is held, waits for all answers, and only if everything went well commits.
    pub(super) async fn commit(&mut self) -> Result<(), Failure> {
        if self.failure.is_none() && self.turn.is_some() {
            let passed_on = self.write_and_pass_on().await;
            passed_on.map_err(|error| self.failed_with(error))?;
        }
        self.settle().await?;
        let committed = self.wire.control("COMMIT").await;
        committed.map_err(|failure| {
            self.broken |= failure.again == Again::Lost;
            failure.at_commit()
        })
    }

    /// Sends what is held, and among it the end of the turn: first of all if the next transaction is likely to find
    /// free what it wants. Otherwise in the middle, because that one would only wait for the end of this: it still
    /// asks meanwhile, and until then more operations have gathered for it.
    async fn write_and_pass_on(&mut self) -> Result<(), StoreError> {
        let mut groups = self.held.take();
        let first = if self.keeps_others_waiting() { groups.len() / 2 } else { 0 };
        let rest = groups.split_off(first);
        self.send_groups(groups).await?;
        self.pass_on_turn().await?;
        self.send_groups(rest).await
    }

    /// Sends what is held and waits for the answers to everything that was sent ahead.
    pub(super) async fn settle(&mut self) -> Result<(), Failure> {
        let settled = match &self.failure {
            None => self.send_held().await,
            Some(failure) => return Err(failure.clone()),
        };
        let settled = match settled {
            Ok(()) => self.answered(ready(Ok(()))).await,
            Err(error) => Err(error),
        };
        settled.map_err(|error| self.failed_with(error))
    }

    /// Ends the transaction without its changes.
    pub(super) async fn roll_back(&mut self) {
        self.forget();
        // A turn belongs to the session, and passing it on may have failed.
        let rolled_back = self.wire.control("ROLLBACK; SELECT pg_advisory_unlock_all()").await;
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
    ) -> Result<Rows, StoreError> {
        let statement = self.prepared(sql, params.len()).await?;
        if let Some(rows) = self.answer(sql, &statement, params).await? {
            return Ok(rows);
        }
        self.send_held().await?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|param| param as _).collect();
        let (client, read_only) = (self.wire.client(), self.read_only);
        let call =
            async { client.query(&statement, &params).await.map_err(|error| failed(&error, sql, read_only)) };
        let found = self.answered(call).await?;
        Ok(rows_of(sql, &statement, &found))
    }

    /// Asks a question whose answer [`Connection::query`] will want.
    pub(in crate::engine) async fn ask(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
    ) -> Result<(), StoreError> {
        if self.held.writes() {
            // It is to see them.
            self.send_held().await?;
        }
        let statement = self.prepared(sql, params.len()).await?;
        let params = self.encoded(&statement, params)?;
        // Held questions were asked before this transaction wrote anything more: one answer is as good for both.
        if self.answers.ask(question(sql, Arc::clone(&params)), self.read_only) {
            self.held.ask(sql, params);
        }
        Ok(())
    }

    /// The answer, if this was asked ahead.
    async fn answer(
        &mut self,
        sql: &'static Sql,
        statement: &Statement,
        params: &[Value<'_>],
    ) -> Result<Option<Rows>, StoreError> {
        if self.answers.is_empty() {
            return Ok(None);
        }
        let question = question(sql, self.encoded(statement, params)?);
        match self.answers.waits(&question) {
            None => return Ok(None),
            Some(false) => {}
            Some(true) => {
                self.send_held().await?;
                self.answered(ready(Ok(()))).await?;
            }
        }
        let unanswered = || Failure::never(StoreError::other("a question sent ahead was not answered"));
        self.answers.take(&question).map(Some).ok_or_else(|| self.noted(unanswered()))
    }

    pub(in crate::engine) async fn execute(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
    ) -> Result<u64, StoreError> {
        let statement = self.prepared(sql, params.len()).await?;
        self.send_held().await?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|param| param as _).collect();
        let (client, read_only) = (self.wire.client(), self.read_only);
        let call = async {
            client.execute(&statement, &params).await.map_err(|error| failed(&error, sql, read_only))
        };
        self.answered(call).await
    }

    /// The rows that this transaction has locked, as they are if that is known.
    pub(in crate::engine) fn locked(&mut self) -> &mut HashMap<Uuid, Option<Rows>> {
        &mut self.locked
    }

    /// The statements of a migration, while no other process migrates.
    pub(in crate::engine) async fn migrate(&mut self, text: &str) -> Result<(), StoreError> {
        let text =
            format!("SET LOCAL lock_timeout = '60s'; SELECT pg_advisory_xact_lock({MIGRATION_LOCK}); {text}");
        self.wire.control(&text).await.map_err(|failure| self.noted(failure))
    }

    pub(super) fn encoded(
        &mut self,
        statement: &Statement,
        params: &[Value<'_>],
    ) -> Result<Arc<[Encoded]>, StoreError> {
        Encoded::all(params, statement.params())
            .map_err(|detail| self.noted(Failure::never(StoreError::other(detail))))
    }

    /// Waits for the answer to a call, and for those to what was sent ahead of it.
    pub(super) async fn answered<T>(
        &mut self,
        call: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, StoreError> {
        let answered = self.wire.answered(call).await.map_err(|failure| self.noted(failure))?;
        self.answers.collect();
        Ok(answered)
    }

    pub(super) fn noted(&mut self, failure: Failure) -> StoreError {
        self.broken |= failure.again == Again::Lost;
        self.failure.insert(failure).error.clone()
    }
}

/// A failed statement, named where its error is nothing that a person can act on.
pub(super) fn failed(error: &Error, sql: &Sql, read_only: bool) -> Failure {
    let mut failure = explain(error);
    if read_only && error.code() == Some(&tokio_postgres::error::SqlState::READ_ONLY_SQL_TRANSACTION) {
        let sentence = format!("{} writes inside a reading operation", sql.name());
        failure = Failure::never(StoreError::other(sentence));
    } else if let StoreError::Other { detail } = failure.error {
        failure.error = StoreError::other(format!("{}: {detail}", sql.name()));
    }
    failure
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
            let found = connection.query(&DURABLE, &[]).await.unwrap();
            let found = found.first(|row| row.text("setting")).unwrap();
            assert_eq!(found.as_deref(), Some(expected), "{set}");
        }
    }
}
