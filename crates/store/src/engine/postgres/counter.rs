//! Numbers that are counted outside the transactions that need them: those of new cases.
//!
//! A number counted inside a transaction would be in the way of everybody who needs the next one until the commit is
//! on the disk. So numbers are taken on a connection of their own, with a statement that is committed at once: as
//! many as the transaction has said it needs. Guaranteed: none is given twice. Those that are not used leave gaps:
//! of a transaction that fails, of an operation that did not need what it had asked for.
//!
//! The server cannot see that a transaction waits here. So none may lock the counter's row, more than a foreign key
//! does: who then took a number would wait for itself.

use tokio::sync::Mutex;
use uuid::Uuid;

use super::connect::Connect;
use super::connection::Connection;
use super::failure::Failure;
use super::pool::WAIT;
use crate::error::StoreError;
use crate::sql::Sql;

/// Numbers need not outlive the server by themselves: a commit that uses one comes later in the log, and takes with
/// it to the disk what stands there before. The rest is what a transaction says when it begins.
const SESSION: &str = "SET synchronous_commit = off; SET default_transaction_read_only = off;
    SET default_transaction_isolation = 'read committed'";

/// The connection on which numbers are taken, opened when it is first needed.
pub(super) struct Counter {
    connect: Connect,
    connection: Mutex<Option<Connection>>,
}

impl Counter {
    pub(super) fn new(connect: Connect) -> Self {
        Self { connect, connection: Mutex::default() }
    }

    /// Counts on by so many; answers the last number. The transaction that wants it holds what others wait for, so
    /// this has to come to an end.
    async fn take(&self, sql: &'static Sql, id: Uuid, many: i64) -> Result<i64, Failure> {
        let taking = tokio::time::timeout(WAIT, self.take_in_turn(sql, id, many));
        taking.await.unwrap_or_else(|_elapsed| {
            Err(Failure::never(StoreError::unavailable(
                "No case number could be reserved in time: the database may be slow or stuck, or take too few connections.",
                "counter",
            )))
        })
    }

    async fn take_in_turn(&self, sql: &'static Sql, id: Uuid, many: i64) -> Result<i64, Failure> {
        let mut place = self.connection.lock().await;
        let mut connection = match place.take_if(|kept| !kept.is_closed()) {
            Some(kept) => kept,
            None => self.open().await?,
        };
        let taken = connection.query(sql, &[id.into(), many.into()]).await;
        let taken = taken.and_then(|rows| rows.one(id, |row| row.i64("number")));
        let failure = connection.take_failure();
        *place = Some(connection);
        taken.map_err(|error| failure.unwrap_or(Failure::never(error)))
    }

    async fn open(&self) -> Result<Connection, Failure> {
        let mut connection = Connection::open(&self.connect).await.map_err(Failure::never)?;
        connection.wire.control(SESSION).await?;
        Ok(connection)
    }

    /// Closes its connection.
    pub(super) async fn close(&self) {
        self.connection.lock().await.take();
    }
}

/// The numbers of one transaction.
#[derive(Default)]
pub(super) struct Numbers {
    /// How many it will want beside those that it has.
    wanted: i64,
    own: Option<Own>,
}

/// Numbers that were taken and not used yet.
struct Own {
    counter: Uuid,
    next: i64,
    last: i64,
}

impl Connection {
    /// This transaction will want one number more.
    pub(in crate::engine) fn will_count(&mut self) {
        self.numbers.wanted += 1;
    }

    /// The next number of this counter.
    pub(in crate::engine) async fn count_on(
        &mut self,
        sql: &'static Sql,
        id: Uuid,
    ) -> Result<i64, StoreError> {
        if let Some(own) = &mut self.numbers.own
            && own.counter == id
            && own.next <= own.last
        {
            own.next += 1;
            return Ok(own.next - 1);
        }
        let many = std::mem::take(&mut self.numbers.wanted).max(1);
        let counter = self.counter.clone();
        let taking = async {
            let none = || Failure::never(StoreError::other("numbers are taken on another connection"));
            counter.ok_or_else(none)?.take(sql, id, many).await
        };
        let last = self.answered(taking).await?;
        let first = last - many + 1;
        self.numbers.own = Some(Own { counter: id, next: first + 1, last });
        Ok(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static TAKE: Sql = Sql::new(
        "counters",
        "take",
        "UPDATE counters SET last = last + $2 WHERE id = $1 RETURNING last AS number",
    );

    /// As in a transaction that says so when it begins.
    #[tokio::test]
    async fn numbers_are_taken_whatever_the_database_presets() {
        let url = cluster::cluster().empty_database();
        let name = url.split('/').nth(3).and_then(|rest| rest.split('?').next()).unwrap();
        let (id, cluster) = (Uuid::max(), cluster::cluster());
        cluster.script(&url, "CREATE TABLE counters (id UUID PRIMARY KEY, last BIGINT NOT NULL)");
        cluster.script(&url, &format!("INSERT INTO counters VALUES ('{id}', 0)"));
        for preset in ["default_transaction_isolation = 'serializable'", "default_transaction_read_only = on"]
        {
            cluster.script(&url, &format!("ALTER DATABASE {name} SET {preset}"));
        }
        let counter = Counter::new(Connect::parse(&url, 1).unwrap());
        assert_eq!(counter.take(&TAKE, id, 3).await.unwrap(), 3);
        assert_eq!(counter.take(&TAKE, id, 1).await.unwrap(), 4);
        let nobody = counter.take(&TAKE, Uuid::nil(), 1).await.unwrap_err();
        assert_eq!(nobody.error, StoreError::missing("counters", Uuid::nil()));
        assert_eq!(counter.take(&TAKE, id, 1).await.unwrap(), 5, "it goes on");
    }
}
