//! What the product wrote for one message, read from its database: the look of the rows that the floor inserts.
//!
//! This file and `floor.rs` name tables outside the store on purpose: a floor that went through the store would
//! measure the store.

use std::path::Path;

use anyhow::{Context, ensure};
use rusqlite::{Connection, OpenFlags, params};

/// Tables that a message may add rows to.
const TABLES: [&str; 5] = ["customers", "cases", "messages", "decisions", "events"];

/// The parts of the rows that a bare insert cannot make up.
pub struct Sample {
    /// Whether the case is watched.
    pub watched: bool,
    /// Decision: outcome, reason, rule, facts.
    pub decision: [String; 4],
    /// For each event of one message: kind and subject.
    pub events: Vec<(String, String)>,
}

/// Opens a database for reading.
pub fn open(path: &Path) -> anyhow::Result<Connection> {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .with_context(|| format!("opening {}", path.display()))
}

/// Reads the newest decision, and as many of the newest events as there are per message.
pub fn read(path: &Path) -> anyhow::Result<Sample> {
    let database = open(path)?;
    let watched =
        database.query_row("SELECT watched FROM cases ORDER BY id DESC LIMIT 1", [], |row| row.get(0))?;
    let decision = database.query_row(
        "SELECT outcome, reason, rule, facts FROM decisions ORDER BY id DESC LIMIT 1",
        [],
        |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]),
    )?;
    let messages: i64 = database.query_row("SELECT count(*) FROM messages", [], |row| row.get(0))?;
    ensure!(messages > 0, "the product has stored no message");
    let events: i64 = database.query_row("SELECT count(*) FROM events", [], |row| row.get(0))?;
    let per_message = (events + messages / 2) / messages;
    let events = database
        .prepare("SELECT kind, subject FROM events ORDER BY id DESC LIMIT $1")?
        .query_map(params![per_message], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    Ok(Sample { watched, decision, events })
}

/// How many messages a database holds.
pub fn messages(path: &Path) -> anyhow::Result<usize> {
    let count: i64 = open(path)?.query_row("SELECT count(*) FROM messages", [], |row| row.get(0))?;
    Ok(usize::try_from(count)?)
}

/// Rows per message of each table, as words.
pub fn rows_per_message(path: &Path) -> anyhow::Result<String> {
    let database = open(path)?;
    let mut counts = Vec::new();
    for table in TABLES {
        let count: i64 =
            database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
        counts.push((table, count as f64));
    }
    let messages =
        counts.iter().find(|(table, _)| *table == "messages").map_or(1.0, |(_, count)| count.max(1.0));
    let words: Vec<_> =
        counts.iter().map(|(table, count)| format!("{:.2} {table}", count / messages)).collect();
    Ok(words.join(", "))
}
