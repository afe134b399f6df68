//! A connection's statements, each prepared once.

use tokio_postgres::Statement;
use tokio_postgres::types::Type;

use super::connection::{Connection, failed};
use super::failure::Failure;
use crate::error::StoreError;
use crate::sql::Sql;

impl Connection {
    /// The statement with so many parameters.
    pub(super) async fn prepared(
        &mut self,
        sql: &'static Sql,
        params: usize,
    ) -> Result<Statement, StoreError> {
        let text = sql.for_postgres(self.read_only);
        let statement = self.prepared_text(sql, (text.as_ptr().addr(), false), text).await?;
        if statement.params().len() != params {
            return Err(self.noted(Failure::never(StoreError::other(format!(
                "{} takes {} parameters and got {params}",
                sql.name(),
                statement.params().len(),
            )))));
        }
        Ok(statement)
    }

    /// The same statement for many sets of parameters, if there can be one.
    pub(super) async fn prepared_for_many(
        &mut self,
        sql: &'static Sql,
    ) -> Result<Option<Statement>, StoreError> {
        let text = sql.for_postgres(self.read_only);
        let (address, plain) = (text.as_ptr().addr(), self.statements.get(&(text.as_ptr().addr(), false)));
        if let Some(statement) = self.statements.get(&(address, true)) {
            return Ok(Some(statement.clone()));
        }
        let types: Vec<&str> = plain.into_iter().flat_map(Statement::params).map(Type::name).collect();
        match sql.for_many_on_postgres(self.read_only, &types) {
            Some(text) => self.prepared_text(sql, (address, true), &text).await.map(Some),
            None => Ok(None),
        }
    }

    async fn prepared_text(
        &mut self,
        sql: &'static Sql,
        key: (usize, bool),
        text: &str,
    ) -> Result<Statement, StoreError> {
        if let Some(failure) = &self.failure {
            return Err(failure.error.clone());
        }
        if let Some(statement) = self.statements.get(&key) {
            return Ok(statement.clone());
        }
        let (client, read_only) = (self.wire.client(), self.read_only);
        let preparing = async { client.prepare(text).await.map_err(|error| failed(&error, sql, read_only)) };
        let statement = self.answered(preparing).await?;
        self.statements.insert(key, statement.clone());
        Ok(statement)
    }
}
