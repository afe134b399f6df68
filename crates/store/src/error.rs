//! What can go wrong in the store. `Display` is the sentence for outside: it says what to do and holds no data.
//! [`StoreError::log_text`] adds what the log needs.

/// Which promise of the schema a write would have broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConstraintKind {
    /// Another row has the same key.
    Unique,
    /// A row that it refers to is missing, or one that refers to it still exists.
    ForeignKey,
    /// A value that must be there is missing, or has the wrong type.
    Value,
}

/// An error of the store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be used now: full disk, locked, read-only, damaged, unreachable or closed.
    #[error("{sentence}")]
    Unavailable {
        /// What is the matter and what helps.
        sentence: String,
        /// What the engine said.
        detail: String,
    },
    /// A search looked through more rows than it has time for.
    #[error("There is too much to look through in the time that a search has.")]
    TooSlow,
    /// A write would have broken a promise of the schema; nothing of its operation is stored.
    #[error("{}", constraint_sentence(*.kind))]
    Constraint {
        /// Which kind of promise.
        kind: ConstraintKind,
        /// The table; empty where the engine does not tell.
        table: String,
        /// The columns, separated by a comma and a space; empty where the engine does not tell.
        columns: String,
    },
    /// A stored row cannot be read as what it should be.
    #[error("A stored row is damaged: table {table}, id {id}. The log names the column.")]
    CorruptRow {
        /// The table.
        table: &'static str,
        /// The row's id.
        id: String,
        /// The column.
        column: &'static str,
        /// What was found there; never customer text.
        detail: String,
    },
    /// A row that must exist does not.
    #[error("Nothing is stored under the id {id} in {table}.")]
    Missing {
        /// The table.
        table: &'static str,
        /// The id.
        id: String,
    },
    /// A newer program has changed the database.
    #[error(
        "The database has the schema version {database}, this program knows only up to {program}: run the newer program."
    )]
    NewerSchema {
        /// The version of the database.
        database: i64,
        /// The version of the program.
        program: i64,
    },
    /// An applied migration is not the one that this program has.
    #[error(
        "The migration {name} in the database is not the one in this program (their checksums differ): run the program that made the database, or restore a backup."
    )]
    ChecksumChanged {
        /// The migration's name.
        name: String,
    },
    /// The schema is older than the program needs.
    #[error("The database is not ready ({missing} is missing): run `backsoon migrate`.")]
    NotMigrated {
        /// The first migration that is missing.
        missing: String,
    },
    /// Anything else: a defect of the program rather than of the installation.
    #[error("The database refused an operation; the log says more.")]
    Other {
        /// What happened.
        detail: String,
    },
}

impl StoreError {
    /// The text for the log: the sentence and what the engine said. It holds no customer text.
    pub fn log_text(&self) -> String {
        match self {
            Self::Unavailable { detail, .. } if !detail.is_empty() => format!("{self} ({detail})"),
            Self::Constraint { table, columns, .. } => format!("{self} ({table}: {columns})"),
            Self::CorruptRow { column, detail, .. } => format!("{self} (column {column}: {detail})"),
            Self::Other { detail } => format!("{self} ({detail})"),
            _ => self.to_string(),
        }
    }

    /// Whether another row of `table` already has this value in `column`, which must be unique.
    pub fn is_duplicate(&self, table: &str, column: &str) -> bool {
        matches!(self, Self::Constraint { kind: ConstraintKind::Unique, table: found, columns }
            if found == table && columns.split(", ").any(|name| name == column))
    }

    pub(crate) fn unavailable(sentence: impl Into<String>, detail: impl ToString) -> Self {
        Self::Unavailable { sentence: sentence.into(), detail: detail.to_string() }
    }

    pub(crate) fn other(detail: impl Into<String>) -> Self {
        Self::Other { detail: detail.into() }
    }

    pub(crate) fn missing(table: &'static str, id: impl ToString) -> Self {
        Self::Missing { table, id: id.to_string() }
    }
}

const fn constraint_sentence(kind: ConstraintKind) -> &'static str {
    match kind {
        ConstraintKind::Unique => "It already exists.",
        ConstraintKind::ForeignKey => {
            "It refers to something that does not exist, or something refers to it."
        }
        ConstraintKind::Value => "A value is missing or has the wrong type.",
    }
}
