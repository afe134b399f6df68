//! What PostgreSQL's errors mean for the person who runs the program, and whether to run an operation again.

use std::error::Error as _;

use tokio_postgres::Error;
use tokio_postgres::error::{DbError, SqlState};

use crate::error::{ConstraintKind, StoreError};

/// Whether an operation that met this may be run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// The server asks for it: two transactions were in each other's way.
    Conflict,
    /// Another transaction took the same key since this one looked: running it again sees that one's row.
    Duplicate,
    /// The connection broke; nothing of the transaction is kept.
    Lost,
    /// The commit was sent and its answer never came: it may be stored.
    Unknown,
    /// No.
    Never,
}

impl Again {
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Conflict => "conflict",
            Self::Duplicate => "duplicate",
            Self::Lost => "connection",
            Self::Unknown => "unknown",
            Self::Never => "none",
        }
    }
}

/// A failed statement.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub error: StoreError,
    pub again: Again,
}

impl Failure {
    pub(super) fn never(error: StoreError) -> Self {
        Self { error, again: Again::Never }
    }

    /// The commit was sent and its answer never came.
    pub(super) fn at_commit(self) -> Self {
        if self.again != Again::Lost {
            return self;
        }
        let sentence = "The connection to the database broke while it was committing: the change may or may not be stored. Look before you repeat it.";
        Self { error: StoreError::unavailable(sentence, self.error.log_text()), again: Again::Unknown }
    }
}

/// The error in our words.
pub(super) fn explain(error: &Error) -> Failure {
    if let Some(failure) = error.as_db_error() {
        return explain_db(failure);
    }
    let io = error.source().is_some_and(|source| source.is::<std::io::Error>());
    if error.is_closed() || io {
        return Failure {
            error: StoreError::unavailable(
                "The connection to the database is broken: check that the database server runs and can be reached.",
                with_source(error),
            ),
            again: Again::Lost,
        };
    }
    Failure::never(StoreError::other(with_source(error)))
}

/// What the driver says and why: it holds no customer text.
pub(super) fn with_source(error: &Error) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

fn explain_db(error: &DbError) -> Failure {
    let code = error.code();
    // `detail` may quote what is stored; `message` does not.
    let detail = format!("{}: {}", code.code(), error.message());
    let class = &code.code()[..2];
    let unavailable =
        |sentence: &str, again| Failure { error: StoreError::unavailable(sentence, &detail), again };
    match *code {
        SqlState::UNIQUE_VIOLATION => {
            Failure { error: constraint(error, ConstraintKind::Unique), again: Again::Duplicate }
        }
        SqlState::FOREIGN_KEY_VIOLATION => Failure::never(constraint(error, ConstraintKind::ForeignKey)),
        SqlState::NOT_NULL_VIOLATION | SqlState::CHECK_VIOLATION => {
            Failure::never(constraint(error, ConstraintKind::Value))
        }
        SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => unavailable(
            "The database is too busy with changes of the same thing: try again.",
            Again::Conflict,
        ),
        SqlState::LOCK_NOT_AVAILABLE => unavailable(
            "The database did not let go of a row in time: try again, and look for a transaction that hangs.",
            Again::Never,
        ),
        SqlState::READ_ONLY_SQL_TRANSACTION => unavailable(
            "The database cannot be written: it is a standby or set to read-only. Point the address at the primary.",
            Again::Lost,
        ),
        SqlState::UNDEFINED_TABLE => Failure::never(StoreError::NotMigrated {
            missing: error.message().replacen("relation", "table", 1).replace(" does not exist", ""),
        }),
        SqlState::QUERY_CANCELED => Failure::never(StoreError::TooSlow),
        SqlState::DISK_FULL => {
            unavailable("The disk that holds the database is full: free some space.", Again::Never)
        }
        SqlState::TOO_MANY_CONNECTIONS => unavailable(
            "The database server has no connection left: raise its max_connections, or lower max_connections in the address.",
            Again::Never,
        ),
        SqlState::INVALID_CATALOG_NAME => {
            unavailable("There is no such database on the server: create it first (createdb).", Again::Never)
        }
        SqlState::INSUFFICIENT_PRIVILEGE => unavailable(
            "The database refuses this user: it needs to own the database, or to be granted its tables.",
            Again::Never,
        ),
        SqlState::CANNOT_CONNECT_NOW
        | SqlState::ADMIN_SHUTDOWN
        | SqlState::CRASH_SHUTDOWN
        | SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT => {
            unavailable("The database server is starting or stopping: try again in a moment.", Again::Lost)
        }
        _ => match class {
            "08" => unavailable("The connection to the database is broken.", Again::Lost),
            "28" => unavailable(
                "The database server refuses the user or the password: check the address and the server's pg_hba.conf.",
                Again::Never,
            ),
            "53" | "57" | "58" => {
                unavailable("The database server is in trouble: look at its log.", Again::Never)
            }
            "XX" => unavailable("The database is damaged: look at its log, restore a backup.", Again::Never),
            "22" => Failure::never(constraint(error, ConstraintKind::Value)),
            _ => Failure::never(StoreError::other(detail)),
        },
    }
}

fn constraint(error: &DbError, kind: ConstraintKind) -> StoreError {
    let columns = match (error.column(), error.detail()) {
        (Some(column), _) => column.to_owned(),
        (None, detail) => key_columns(detail.unwrap_or("")).to_owned(),
    };
    StoreError::Constraint { kind, table: whole_table(error.table().unwrap_or("")).to_owned(), columns }
}

/// The table of a partition or shard, which the server names instead: `messages` of `messages_7`, `messages_p7` and
/// `messages_102008`. No table of ours ends in a number.
fn whole_table(name: &str) -> &str {
    let table = name.trim_end_matches(|c: char| c.is_ascii_digit());
    if table.len() == name.len() {
        return name;
    }
    table.strip_suffix("_p").or_else(|| table.strip_suffix('_')).unwrap_or(name)
}

/// `Key (organization_id, email)=(…) already exists.`, in whatever language the server speaks.
fn key_columns(detail: &str) -> &str {
    let Some((before, _)) = detail.split_once(")=(") else { return "" };
    before.split_once('(').map_or("", |(_, columns)| columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_stands_for_its_table() {
        let table = [
            ("messages", "messages"),
            ("messages_7", "messages"),
            ("messages_p20261122", "messages"),
            ("reply_claims_102008", "reply_claims"),
            ("x7", "x7"),
        ];
        for (name, whole) in table {
            assert_eq!(whole_table(name), whole);
        }
    }

    #[test]
    fn the_columns_of_a_key_are_found() {
        let table = [
            ("Key (organization_id, email)=(1, (a)=(b)) already exists.", "organization_id, email"),
            ("Schlüssel »(email)=(x@y)« existiert bereits.", "email"),
            ("", ""),
        ];
        for (detail, columns) in table {
            assert_eq!(key_columns(detail), columns);
        }
    }

    #[test]
    fn a_commit_without_an_answer_is_not_repeated() {
        let lost = Failure { error: StoreError::unavailable("It broke.", "io"), again: Again::Lost };
        let at_commit = lost.at_commit();
        assert_eq!(at_commit.again, Again::Unknown);
        assert!(at_commit.error.to_string().contains("may or may not be stored"));
    }
}
