//! What a connection sends ahead of the answer: held writes and questions, those of one text as one statement, and
//! statements whose rows nobody wants.

use std::sync::Arc;

use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;

use super::connection::{Connection, failed};
use super::failure::Failure;
use super::held::{Group, Kind, Set};
use super::value::Encoded;
use crate::engine::changed_all;
use crate::engine::value::Value;
use crate::error::StoreError;
use crate::sql::Sql;

impl Connection {
    /// Runs a statement that must change one row, some time before the next answer. `insert`: the one that may just
    /// have written that row, and how many of this statement's parameters precede those that end its own.
    pub(in crate::engine) async fn execute_one_ahead(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
        id: String,
        insert: Option<(&'static Sql, usize)>,
    ) -> Result<(), StoreError> {
        let statement = self.prepared(sql, params.len()).await?;
        let params = self.encoded(&statement, params)?;
        if !insert.is_some_and(|(insert, keys)| self.held.amend(insert, &id, &params[keys..])) {
            self.held.write(sql, Set { params, id });
        }
        Ok(())
    }

    /// Sends what is held; the answers are waited for with the next one.
    pub(super) async fn send_held(&mut self) -> Result<(), StoreError> {
        let groups = self.held.take();
        self.send_groups(groups).await
    }

    pub(super) async fn send_groups(&mut self, groups: Vec<Group>) -> Result<(), StoreError> {
        for Group { sql, sets, kind } in groups {
            let many = if sets.len() > 1 { self.prepared_for_many(sql).await? } else { None };
            if let Some(many) = many {
                self.send(sql, many, sets, kind);
            } else {
                for set in sets {
                    let statement = self.prepared(sql, set.params.len()).await?;
                    self.send(sql, statement, vec![set], kind);
                }
            }
        }
        Ok(())
    }

    /// Sends a statement for these sets of parameters.
    fn send(&mut self, sql: &'static Sql, statement: Statement, sets: Vec<Set>, kind: Kind) {
        let params = match sets.as_slice() {
            [set] => Arc::clone(&set.params),
            sets => Encoded::arrays(sets.iter().map(|set| &set.params[..]), statement.params()),
        };
        let (client, read_only) = (self.wire.client(), self.read_only);
        match kind {
            Kind::Question => {
                let questions = sets.into_iter().map(|set| set.params);
                let answer = self.answers.sent(sql, &statement, questions);
                self.wire.send_ahead(async move {
                    let found = client.query(&statement, &all(&params)).await;
                    // Nobody may want it any more.
                    let _ = answer.send(found.map_err(|error| failed(&error, sql, read_only))?);
                    Ok(())
                });
            }
            Kind::Write => self.wire.send_ahead(async move {
                let changed = client.execute(&statement, &all(&params)).await;
                let changed = changed.map_err(|error| failed(&error, sql, read_only))?;
                let ids: Vec<String> = sets.into_iter().map(|set| set.id).collect();
                changed_all(sql, changed, &ids).map_err(Failure::never)
            }),
        }
    }

    /// Sends a statement whose rows nobody wants.
    pub(super) async fn call_ahead(
        &mut self,
        sql: &'static Sql,
        params: &[Value<'_>],
    ) -> Result<(), StoreError> {
        let statement = self.prepared(sql, params.len()).await?;
        let (params, client) = (self.encoded(&statement, params)?, self.wire.client());
        self.wire.send_ahead(async move {
            let called = client.query(&statement, &all(&params)).await;
            called.map(drop).map_err(|error| failed(&error, sql, false))
        });
        Ok(())
    }
}

fn all(params: &[Encoded]) -> Vec<&(dyn ToSql + Sync)> {
    params.iter().map(|param| param as _).collect()
}
