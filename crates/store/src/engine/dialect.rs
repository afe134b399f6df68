//! The one place where engines differ in SQL: placeholders and tokens in statements, types in migrations.
//!
//! | token | PostgreSQL, writing | PostgreSQL, reading; SQLite |
//! |---|---|---|
//! | `/*lock*/`, `/*lock t*/` | `FOR NO KEY UPDATE`, of the table `t`: waits for other writers of the row, then reads it anew | nothing |
//! | `/*skip locked*/` | `FOR UPDATE SKIP LOCKED` | nothing |
//! | `transaction_number()` | the number of the transaction, which grows in the order in which they began to write | 0 on SQLite, whose transactions follow one another |
//! | `transaction_horizon()` | every transaction with a smaller number has ended | 1 on SQLite |
//!
//! A line of a migration that begins with `--sqlite ` is for SQLite alone; PostgreSQL reads a comment.
//!
//! A text with `/*lock*/` takes what it decides by from the locked row alone: after a wait PostgreSQL reads that
//! row anew, and others that it is joined with not.

/// A statement as SQLite reads it. `$N` becomes `?N`, because SQLite numbers `$name` by first appearance; there
/// is only one writer, so there is nothing to skip.
pub(crate) fn statement_for_sqlite(text: &str) -> String {
    outside_quotes(text, |part| without_tokens(&transactions_for_sqlite(&part.replace('$', "?"))))
}

/// A statement as PostgreSQL reads it. Reading operations run in READ ONLY transactions, which may not lock.
pub(crate) fn statement_for_postgres(text: &str, read_only: bool) -> String {
    outside_quotes(text, |part| {
        let part = &transactions_for_postgres(part);
        if read_only {
            return without_tokens(part);
        }
        let mut parts = part.split("/*");
        let mut translated = parts.next().unwrap_or("").to_owned();
        for token_and_rest in parts {
            let (token, rest) = token_and_rest.split_once("*/").unwrap_or((token_and_rest, ""));
            match token.split_once(' ') {
                _ if token == "skip locked" => translated.push_str("FOR UPDATE SKIP LOCKED"),
                Some(("lock", table)) => translated.push_str(&format!("FOR NO KEY UPDATE OF {table}")),
                _ => translated.push_str("FOR NO KEY UPDATE"),
            }
            translated.push_str(rest);
        }
        translated
    })
}

/// The same statement of PostgreSQL for many sets of parameters, each of which comes as an array of all its values:
/// an insert of a row, or an update, for each set; a query of the rows of every set, with the number of their set,
/// from 1, after them; the rows of a set are in the query's order. None for a text of any other form.
pub(crate) fn statement_for_many(text: &str, types: &[&str]) -> Option<String> {
    types.first()?;
    let joined = |parts: Vec<String>| parts.join(", ");
    let arrays = joined((1..).zip(types).map(|(n, ty)| format!("${n}::{ty}[]")).collect());
    let names = joined((1..=types.len()).map(|n| format!("v{n}")).collect());
    let given = format!("unnest({arrays}) WITH ORDINALITY AS given ({names}, nth)");
    let text = &outside_quotes(text, |part| part.replace('$', "given.v"));
    // LIMIT or OFFSET keeps a subselect as it is, run for each set; else it could be joined as a whole with all sets.
    let fence = if text.contains("LIMIT ") { "" } else { " OFFSET 0" };
    match text.split_once(' ')?.0 {
        "SELECT" => Some(format!(
            "SELECT found.*, given.nth FROM {given} CROSS JOIN LATERAL ({text}{fence}) AS found"
        )),
        "INSERT" if !text.contains(" ON CONFLICT ") => {
            let (head, values) = text.split_once("VALUES (")?;
            Some(format!("{head}SELECT {} FROM {given}", values.strip_suffix(')')?))
        }
        "UPDATE" if !text.contains(" RETURNING ") => {
            let (head, condition) = text.split_once("WHERE ")?;
            Some(format!("{head}FROM {given} WHERE {condition}"))
        }
        _ => None,
    }
}

fn transactions_for_sqlite(part: &str) -> String {
    part.replace("transaction_number()", "0").replace("transaction_horizon()", "1")
}

fn transactions_for_postgres(part: &str) -> String {
    part.replace("transaction_number()", "(pg_current_xact_id()::text::bigint)")
        .replace("transaction_horizon()", "(pg_snapshot_xmin(pg_current_snapshot())::text::bigint)")
}

fn without_tokens(part: &str) -> String {
    let mut parts = part.split("/*");
    let first = parts.next().unwrap_or("").to_owned();
    parts.fold(first, |text, token_and_rest| {
        text + token_and_rest.split_once("*/").map_or("", |(_, rest)| rest)
    })
}

/// A migration as SQLite reads it: its types, and every table STRICT. `BIGINT PRIMARY KEY` becomes `INTEGER
/// PRIMARY KEY`, which SQLite treats as the row's own number, as wanted: no table has another integer key.
pub(crate) fn migration_for_sqlite(text: &str) -> String {
    let without_comments: String = text
        .lines()
        .map(|line| line.strip_prefix("--sqlite ").unwrap_or(line))
        .map(|line| line.split("--").next().unwrap_or(""))
        .flat_map(|line| [line, "\n"])
        .collect();
    let mut translated = outside_quotes(&transactions_for_sqlite(&without_comments), |part| {
        let mut words = String::with_capacity(part.len());
        let mut rest = part;
        while let Some(start) = rest.find(|c: char| c.is_ascii_alphabetic()) {
            let end = rest[start..]
                .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                .map_or(rest.len(), |length| start + length);
            words.push_str(&rest[..start]);
            words.push_str(match &rest[start..end] {
                "BIGINT" | "BOOLEAN" => "INTEGER",
                "UUID" | "BYTEA" => "BLOB",
                other => other,
            });
            rest = &rest[end..];
        }
        words.push_str(rest);
        words
    });
    let mut from = 0;
    while let Some(create) = translated[from..].find("CREATE TABLE").map(|at| from + at) {
        let Some(end) = translated[create..].find(");").map(|at| create + at + 1) else { break };
        translated.insert_str(end, " STRICT");
        from = end;
    }
    translated
}

/// A migration as PostgreSQL reads it.
pub(crate) fn migration_for_postgres(text: &str) -> String {
    outside_quotes(text, transactions_for_postgres)
}

/// Applies `change` to everything that does not stand between single quotes.
fn outside_quotes(text: &str, change: impl Fn(&str) -> String) -> String {
    text.split('\'')
        .enumerate()
        .map(|(i, part)| if i % 2 == 0 { change(part) } else { part.to_owned() })
        .collect::<Vec<_>>()
        .join("'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_become_sqlite() {
        let table = [
            ("SELECT $1, '$2', $10", "SELECT ?1, '$2', ?10"),
            ("SELECT id FROM t /*skip locked*/", "SELECT id FROM t "),
            ("SELECT transaction_number() < transaction_horizon()", "SELECT 0 < 1"),
        ];
        for (text, sqlite) in table {
            assert_eq!(statement_for_sqlite(text), sqlite);
        }
    }

    #[test]
    fn statements_become_postgres() {
        let table = [
            ("SELECT '/*lock*/', $1", "SELECT '/*lock*/', $1", "SELECT '/*lock*/', $1"),
            ("SELECT id /*lock*/", "SELECT id FOR NO KEY UPDATE", "SELECT id "),
            ("SELECT id /*lock u*/", "SELECT id FOR NO KEY UPDATE OF u", "SELECT id "),
            ("SELECT id /*skip locked*/;", "SELECT id FOR UPDATE SKIP LOCKED;", "SELECT id ;"),
        ];
        for (text, writing, reading) in table {
            assert_eq!(statement_for_postgres(text, false), writing);
            assert_eq!(statement_for_postgres(text, true), reading);
        }
    }

    #[test]
    fn statements_become_one_for_many() {
        let given = "unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS given (v1, v2, nth)";
        let table = [
            (
                "INSERT INTO t (a, b)\n  VALUES ($1, COALESCE($2, (SELECT '$2' FROM u WHERE v = $1)))",
                Some(
                    "INSERT INTO t (a, b)\n  SELECT given.v1, COALESCE(given.v2, (SELECT '$2' FROM u WHERE v = given.v1)) FROM {}",
                ),
            ),
            ("INSERT INTO t (a) VALUES ($1) ON CONFLICT (a) DO UPDATE SET b = ($2)", None),
            (
                "UPDATE t SET b = $2\n  WHERE a = $1",
                Some("UPDATE t SET b = given.v2\n  FROM {} WHERE a = given.v1"),
            ),
            ("UPDATE t SET b = $2 WHERE a = $1 RETURNING a", None),
            (
                "SELECT a FROM t WHERE a = $1 LIMIT $2",
                Some(
                    "SELECT found.*, given.nth FROM {} CROSS JOIN LATERAL (SELECT a FROM t WHERE a = given.v1 LIMIT given.v2) AS found",
                ),
            ),
            (
                "SELECT a FROM t WHERE a = $1 AND b = $2",
                Some(
                    "SELECT found.*, given.nth FROM {} CROSS JOIN LATERAL (SELECT a FROM t WHERE a = given.v1 AND b = given.v2 OFFSET 0) AS found",
                ),
            ),
            ("DELETE FROM t WHERE a = $1 AND b = $2", None),
        ];
        for (text, expected) in table {
            let expected = expected.map(|expected| expected.replace("{}", given));
            assert_eq!(statement_for_many(text, &["uuid", "text"]), expected);
        }
        assert_eq!(statement_for_many("SELECT a FROM t", &[]), None);
    }

    #[test]
    fn migrations_become_strict_sqlite() {
        let text = "-- a UUID\nCREATE TABLE t (\n id UUID PRIMARY KEY, n BIGINT DEFAULT 'BIGINT', UUIDS BYTEA, b BOOLEAN\n);\n--sqlite CREATE INDEX i ON t (n);";
        assert_eq!(
            migration_for_sqlite(text).trim(),
            "CREATE TABLE t (\n id BLOB PRIMARY KEY, n INTEGER DEFAULT 'BIGINT', UUIDS BLOB, b INTEGER\n) STRICT;\nCREATE INDEX i ON t (n);"
        );
    }
}
