//! What a transaction locks by name: rows, an organization's door ([`Tx::enter`](crate::engine::Tx::enter)), and its
//! organization's turn ([`turns`](super::turns)).

use super::connection::Connection;
use crate::engine::value::Value;
use crate::error::StoreError;
use crate::sql::Sql;

static ENTER: Sql = Sql::new("organizations", "enter", "SELECT pg_advisory_xact_lock_shared($1)");
static ENTER_ALONE: Sql = Sql::new("organizations", "enter_alone", "SELECT pg_advisory_xact_lock($1)");

/// The turn of an organization ([`turns`](super::turns)), and its end: other numbers than those of [`ENTER`], because
/// there are two of them.
static TURN: Sql = Sql::new(
    "organizations",
    "turn",
    "SELECT pg_advisory_lock(($1::int8 >> 32)::int4, ($1::int8 & 2147483647)::int4)",
);
static END_TURN: Sql = Sql::new(
    "organizations",
    "end_turn",
    "SELECT pg_advisory_unlock(($1::int8 >> 32)::int4, ($1::int8 & 2147483647)::int4)",
);

impl Connection {
    /// Locks rows; what follows in the transaction sees what was committed until then.
    pub(in crate::engine) async fn lock(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
    ) -> Result<(), StoreError> {
        self.send_held().await?;
        self.call_ahead(sql, params).await
    }

    /// Enters an organization, shared or alone, until the transaction ends.
    pub(in crate::engine) async fn enter(&mut self, key: i64, alone: bool) -> Result<(), StoreError> {
        if self.entered == Some((key, alone)) {
            return Ok(());
        }
        self.entered = Some((key, alone));
        self.lock(if alone { &ENTER_ALONE } else { &ENTER }, &[Value::I64(key)]).await
    }

    /// Waits for the organization's turn, which lasts until it is passed on or the transaction is rolled back.
    pub(super) async fn take_turn(&mut self, key: i64) -> Result<(), StoreError> {
        self.turn = Some(key);
        self.lock(&TURN, &[Value::I64(key)]).await
    }

    /// Lets the next one have the turn: this transaction locks nothing more but what it writes.
    pub(super) async fn pass_on_turn(&mut self) -> Result<(), StoreError> {
        match self.turn.take() {
            Some(key) => self.call_ahead(&END_TURN, &[Value::I64(key)]).await,
            None => Ok(()),
        }
    }

    /// Whether this transaction has locked what the next one in its organization is likely to want, too: operators'
    /// timers.
    pub(super) fn keeps_others_waiting(&self) -> bool {
        !self.locked.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::engine::postgres::connect::Connect;
    use crate::engine::tx::{Connection as Either, Tx};

    /// A row that was changed is as much in the way of the next transaction as one that was read.
    #[tokio::test]
    async fn who_has_locked_a_row_keeps_others_waiting() {
        let connect = Connect::parse(&cluster::cluster().empty_database(), 1).unwrap();
        let connection = Connection::open(&connect).await.unwrap();
        assert!(!connection.keeps_others_waiting());
        let mut tx = Tx::new(Either::Postgres(Box::new(connection)), false);
        tx.changes_locked(Uuid::max());
        let Either::Postgres(mut connection) = tx.connection else { unreachable!() };
        assert!(connection.keeps_others_waiting());
        connection.begin(false);
        assert!(!connection.keeps_others_waiting());
    }
}
