//! Who else uses the server's sessions: other programs of ours, and a pooler.
//!
//! A pooler in front of the server that shares its sessions among transactions (pgbouncer with `pool_mode = transaction`
//! or `statement`): prepared statements, settings and `LISTEN` are then those of somebody else a moment later.

use tokio_postgres::{Client, SimpleQueryMessage};

use super::connect::Connect;
use super::failure::explain;
use crate::error::StoreError;

/// How often it is looked. A pooler usually shows itself at once.
const LOOKS: usize = 3;

/// Looks whether one of our connections stays with one session of the server while another one is in a transaction.
pub(super) async fn refuse_if_sessions_are_shared(connect: &Connect) -> Result<(), StoreError> {
    let (one, driver) = connect.raw().await?;
    let one_drives = tokio::spawn(driver);
    let (other, driver) = connect.raw().await?;
    let other_drives = tokio::spawn(driver);
    let shared = are_shared(&one, &other).await;
    // The server hears of the end; nobody waits for it.
    drop((one, other));
    let _ended = (one_drives.await, other_drives.await);
    if !shared? {
        return Ok(());
    }
    Err(StoreError::unavailable(
        "The pooler in front of the database shares sessions among transactions: it must keep them (pgbouncer: pool_mode = session).",
        "",
    ))
}

/// Whether other connections to the same database call themselves what this one does.
pub(super) async fn are_others_there(connect: &Connect) -> Result<bool, StoreError> {
    let (client, driver) = connect.raw().await?;
    let drives = tokio::spawn(driver);
    let others = value(
        &client,
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
            AND application_name = current_setting('application_name') AND pid <> pg_backend_pid()",
    )
    .await;
    drop(client);
    let _ended = drives.await;
    Ok(others?.is_some_and(|count| count != "0"))
}

async fn are_shared(one: &Client, other: &Client) -> Result<bool, StoreError> {
    let first = session(one).await?;
    for _ in 0..LOOKS {
        // What the other one holds in its transaction a pooler cannot give to this one.
        match run(other, "BEGIN").await {
            // It has no transactions at all (`pool_mode = statement`), and tells it as a fault of the protocol.
            Err(error) if error.log_text().contains("08P01") => return Ok(true),
            began => drop(began?),
        }
        // This one is asked only if its session is not the one that is taken: it would wait for the pooler's patience.
        let shared = session(other).await? == first || session(one).await? != first;
        run(other, "ROLLBACK").await?;
        if shared {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The process of the server that answers.
async fn session(client: &Client) -> Result<Option<String>, StoreError> {
    value(client, "SELECT pg_backend_pid()").await
}

async fn value(client: &Client, question: &str) -> Result<Option<String>, StoreError> {
    let answers = run(client, question).await?;
    Ok(answers.into_iter().find_map(|answer| match answer {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    }))
}

async fn run(client: &Client, text: &str) -> Result<Vec<SimpleQueryMessage>, StoreError> {
    client.simple_query(text).await.map_err(|error| explain(&error).error)
}
