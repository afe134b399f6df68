//! Reads what the database holds, past the store: a checker that asked the store would check the store by itself.
//! Ids come as texts with hyphens from both engines, truth values as 0 and 1.

use anyhow::Context;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use tokio_postgres::{NoTls, SimpleQueryMessage};

use crate::desk::Database;
use crate::history::{Case, Decision, Message, Ms, Outbox, Stored, User};

/// A row's columns, as texts.
struct Row(Vec<Option<String>>);

impl Row {
    fn text_or_none(&mut self, column: usize) -> Option<String> {
        self.0[column].take()
    }

    fn text(&mut self, column: usize) -> anyhow::Result<String> {
        self.text_or_none(column).with_context(|| format!("column {column} is null"))
    }

    fn number(&mut self, column: usize) -> anyhow::Result<i64> {
        Ok(self.text(column)?.parse()?)
    }
}

/// Everything that the checker needs.
pub async fn read(database: &Database) -> anyhow::Result<Stored> {
    Ok(Stored {
        messages: list(database, MESSAGES, message).await?,
        decisions: list(database, DECISIONS, decision).await?,
        outbox: list(database, OUTBOX, outbox).await?,
        cases: list(database, CASES, case).await?,
        users: list(database, USERS, user).await?,
        message_events: list(database, EVENTS, event).await?,
    })
}

const MESSAGES: &str =
    "SELECT id, case_id, author_kind, body, provider_id, delivery_status, delivery_error, created_at
    FROM messages ORDER BY id";

fn message(mut row: Row) -> anyhow::Result<Message> {
    Ok(Message {
        id: row.text(0)?,
        case_id: row.text(1)?,
        author: row.text(2)?,
        body: row.text(3)?,
        provider_id: row.text_or_none(4),
        delivery: row.text_or_none(5),
        delivery_error: row.text_or_none(6),
        created_at: row.number(7)?,
    })
}

const DECISIONS: &str = "SELECT id, message_id, case_id, outcome, reason, reply_message_id, decided_at, facts
    FROM decisions ORDER BY id";

fn decision(mut row: Row) -> anyhow::Result<Decision> {
    Ok(Decision {
        id: row.text(0)?,
        message_id: row.text(1)?,
        case_id: row.text(2)?,
        outcome: row.text(3)?,
        reason: row.text(4)?,
        reply_id: row.text_or_none(5),
        decided_at: row.number(6)?,
        facts: serde_json::from_str(&row.text(7)?)?,
    })
}

const OUTBOX: &str = "SELECT message_id, phase, due_at, attempts FROM outbox";

fn outbox(mut row: Row) -> anyhow::Result<Outbox> {
    let (message_id, phase) = (row.text(0)?, row.text(1)?);
    Ok(Outbox { message_id, phase, due_at: row.number(2)?, attempts: row.number(3)? })
}

const CASES: &str = "SELECT c.id, c.status, u.address, c.assigned_operator_id, u.opted_out_at, c.watch_from
    FROM cases AS c JOIN customers AS u ON u.organization_id = c.organization_id AND u.id = c.customer_id";

fn case(mut row: Row) -> anyhow::Result<Case> {
    Ok(Case {
        id: row.text(0)?,
        status: row.text(1)?,
        phone: row.text(2)?,
        operator_id: row.text_or_none(3),
        opted_out: row.text_or_none(4).is_some(),
        watch_from: row.text_or_none(5).map(|text| text.parse()).transpose()?,
    })
}

const USERS: &str = "SELECT u.id, u.last_active_at, s.threshold_minutes FROM users AS u
    JOIN inactivity_settings AS s ON s.organization_id = u.organization_id";

fn user(mut row: Row) -> anyhow::Result<User> {
    let threshold_ms = row.number(2)? * 60_000;
    Ok(User { id: row.text(0)?, last_active_at: row.number(1)?, threshold_ms })
}

const EVENTS: &str = "SELECT subject, created_at FROM events WHERE kind = 'message' ORDER BY created_at";

fn event(mut row: Row) -> anyhow::Result<(String, Ms)> {
    let subject: Value = serde_json::from_str(&row.text(0)?)?;
    let id = subject["id"].as_str().context("an event about nothing")?;
    Ok((id.to_owned(), row.number(1)?))
}

/// How many messages are on their way.
pub async fn on_their_way(database: &Database) -> anyhow::Result<usize> {
    Ok(rows(database, "SELECT message_id FROM outbox").await?.len())
}

async fn list<T>(
    database: &Database,
    text: &str,
    read: impl Fn(Row) -> anyhow::Result<T>,
) -> anyhow::Result<Vec<T>> {
    rows(database, text).await?.into_iter().map(read).collect()
}

async fn rows(database: &Database, text: &str) -> anyhow::Result<Vec<Row>> {
    match database {
        Database::Sqlite(path) => {
            let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            let mut statement = connection.prepare(text)?;
            let width = statement.column_count();
            let mut found = statement.query([])?;
            let mut rows = Vec::new();
            while let Some(row) = found.next()? {
                rows.push(Row((0..width)
                    .map(|column| row.get_ref(column).map(cell))
                    .collect::<Result<_, _>>()?));
            }
            Ok(rows)
        }
        Database::Postgres(_, url) => {
            let (client, driver) = tokio_postgres::connect(url, NoTls).await?;
            tokio::spawn(driver);
            let answered = client.simple_query(text).await?;
            let rows = answered.iter().filter_map(|message| match message {
                SimpleQueryMessage::Row(row) => {
                    Some(Row((0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect()))
                }
                _ => None,
            });
            Ok(rows.collect())
        }
    }
}

fn cell(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            Some(if hex.len() == 32 {
                [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
            } else {
                hex
            })
        }
    }
}
