//! Registered statements: the only way to SQL. A test prepares every one of them on every engine.

use std::sync::OnceLock;

use crate::engine::dialect;

/// One SQL text: `$1` placeholders and the few tokens that each engine reads its own way.
#[derive(Debug)]
pub struct Sql {
    table: &'static str,
    name: &'static str,
    text: &'static str,
    /// The text as SQLite reads it, translated once.
    sqlite: OnceLock<String>,
    /// The texts as PostgreSQL reads them: in a writing operation, in a reading one.
    postgres: [OnceLock<String>; 2],
}

impl Sql {
    /// Registers a text; for `statements!` and tests alone.
    pub(crate) const fn new(table: &'static str, name: &'static str, text: &'static str) -> Self {
        Self { table, name, text, sqlite: OnceLock::new(), postgres: [const { OnceLock::new() }; 2] }
    }

    /// The table that its rows are reported under when one is damaged.
    pub const fn table(&self) -> &'static str {
        self.table
    }

    /// Its name: module and constant.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The text as written.
    pub const fn text(&self) -> &'static str {
        self.text
    }

    /// The text as SQLite reads it.
    pub fn for_sqlite(&self) -> &str {
        self.sqlite.get_or_init(|| dialect::statement_for_sqlite(self.text))
    }

    /// The text as PostgreSQL reads it; a reading operation locks nothing.
    pub fn for_postgres(&self, read_only: bool) -> &str {
        self.postgres[usize::from(read_only)]
            .get_or_init(|| dialect::statement_for_postgres(self.text, read_only))
    }

    /// The same for many sets of parameters of these types at once, if there can be one.
    pub fn for_many_on_postgres(&self, read_only: bool, types: &[&str]) -> Option<String> {
        dialect::statement_for_many(self.for_postgres(read_only), types)
    }
}

/// Declares a module's statements as statics, and the list of them as `STATEMENTS`.
macro_rules! statements {
    ($table:literal: $($(#[$doc:meta])* $name:ident = $text:expr;)+) => {
        $($(#[$doc])* static $name: $crate::sql::Sql = $crate::sql::Sql::new(
            $table,
            concat!(module_path!(), "::", stringify!($name)),
            $text,
        );)+

        /// Every statement of this module.
        pub(crate) static STATEMENTS: &[&$crate::sql::Sql] = &[$(&$name),+];
    };
}
pub(crate) use statements;
