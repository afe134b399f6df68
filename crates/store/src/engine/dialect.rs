//! The one place where engines differ in SQL: placeholders and tokens in statements, types in migrations.

/// A statement as SQLite reads it. `$N` becomes `?N`, because SQLite numbers `$name` by first appearance; there
/// is only one writer, so there is nothing to skip.
pub(crate) fn statement_for_sqlite(text: &str) -> String {
    outside_quotes(text, |part| part.replace('$', "?").replace("/*skip locked*/", ""))
}

/// A migration as SQLite reads it: its types, and every table STRICT. `BIGINT PRIMARY KEY` becomes `INTEGER
/// PRIMARY KEY`, which SQLite treats as the row's own number, as wanted: no table has another integer key.
pub(crate) fn migration_for_sqlite(text: &str) -> String {
    let without_comments: String = text
        .lines()
        .map(|line| line.split("--").next().unwrap_or(""))
        .flat_map(|line| [line, "\n"])
        .collect();
    let mut translated = outside_quotes(&without_comments, |part| {
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
        ];
        for (text, sqlite) in table {
            assert_eq!(statement_for_sqlite(text), sqlite);
        }
    }

    #[test]
    fn migrations_become_strict_sqlite() {
        let text = "-- a UUID\nCREATE TABLE t (\n id UUID PRIMARY KEY, n BIGINT DEFAULT 'BIGINT', UUIDS BYTEA, b BOOLEAN\n);\nCREATE INDEX i ON t (n);";
        assert_eq!(
            migration_for_sqlite(text).trim(),
            "CREATE TABLE t (\n id BLOB PRIMARY KEY, n INTEGER DEFAULT 'BIGINT', UUIDS BLOB, b INTEGER\n) STRICT;\nCREATE INDEX i ON t (n);"
        );
    }
}
