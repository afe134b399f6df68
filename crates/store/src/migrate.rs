//! Numbered migrations, each applied once and in one transaction. The checksum of every applied one is kept, so
//! that a database made by another history is refused instead of guessed at.

use std::fmt::Write;

use domain::time::Instant;
use sha2::{Digest, Sha256};

use crate::engine::{Op, Store, Tx};
use crate::error::StoreError;
use crate::search;
use crate::sql::statements;

/// A migration: `migrations/NNNN_name.sql`, one text for every engine.
#[derive(Clone, Copy, Debug)]
struct Migration {
    version: i64,
    name: &'static str,
    text: &'static str,
}

/// All of them, oldest first. An applied one is never edited: a change is a new one.
const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "0001_start", text: include_str!("../migrations/0001_start.sql") },
    Migration { version: 2, name: "0002_backfill", text: include_str!("../migrations/0002_backfill.sql") },
    Migration { version: 3, name: "0003_retention", text: include_str!("../migrations/0003_retention.sql") },
    Migration {
        version: 4,
        name: "0004_event_position",
        text: include_str!("../migrations/0004_event_position.sql"),
    },
    Migration {
        version: 5,
        name: "0005_installation",
        text: include_str!("../migrations/0005_installation.sql"),
    },
    Migration {
        version: 6,
        name: "0006_decisions_by_message",
        text: include_str!("../migrations/0006_decisions_by_message.sql"),
    },
    Migration {
        version: 7,
        name: "0007_unused_indexes",
        text: include_str!("../migrations/0007_unused_indexes.sql"),
    },
    Migration {
        version: 8,
        name: "0008_reads_like_stop",
        text: include_str!("../migrations/0008_reads_like_stop.sql"),
    },
    Migration { version: 9, name: "0009_people", text: include_str!("../migrations/0009_people.sql") },
    Migration {
        version: 10,
        name: "0010_waiting_failed_and_assignment",
        text: include_str!("../migrations/0010_waiting_failed_and_assignment.sql"),
    },
    Migration {
        version: 11,
        name: "0011_amended_rules",
        text: include_str!("../migrations/0011_amended_rules.sql"),
    },
    Migration {
        version: 13,
        name: "0013_opted_out_by",
        text: include_str!("../migrations/0013_opted_out_by.sql"),
    },
    Migration {
        version: 16,
        name: "0016_token_last_used",
        text: include_str!("../migrations/0016_token_last_used.sql"),
    },
];

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    version BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL,
    applied_at BIGINT NOT NULL
);";

statements! { "schema_migrations":
    APPLIED = "SELECT version, checksum FROM schema_migrations ORDER BY version";
    RECORD = "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES ($1, $2, $3, $4)";
    PROBE = "UPDATE write_probe SET counter = counter + 1 WHERE id = 1";
}

impl Migration {
    fn checksum(&self) -> String {
        Sha256::digest(self.text).iter().fold(String::new(), |mut hex, byte| {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

pub(crate) async fn run(store: &Store, now: Instant) -> Result<Vec<String>, StoreError> {
    let mut applied = Vec::new();
    for migration in missing(store).await? {
        if store.write(Apply { migration, now }).await? {
            tracing::info!(migration = migration.name, "applied");
            applied.push(migration.name.to_owned());
        }
    }
    search::fill(store).await?;
    Ok(applied)
}

pub(crate) async fn pending(store: &Store) -> Result<Vec<String>, StoreError> {
    Ok(missing(store).await?.into_iter().map(|migration| migration.name.to_owned()).collect())
}

/// Whether these pending migrations are those of a database in which nothing is.
pub fn lacks_everything(pending: &[String]) -> bool {
    pending.len() == MIGRATIONS.len()
}

async fn missing(store: &Store) -> Result<Vec<Migration>, StoreError> {
    match store.read(Missing).await {
        Err(StoreError::NotMigrated { .. }) => Ok(MIGRATIONS.to_vec()),
        other => other,
    }
}

/// What the database does not have yet; refuses what this program does not understand.
struct Missing;

impl Op for Missing {
    type Out = Vec<Migration>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx) -> Result<Vec<Migration>, StoreError> {
        let rows = tx.query(&APPLIED, &[]).await?;
        let applied = rows.list(|row| Ok((row.i64("version")?, row.text("checksum")?)))?;
        let newest = MIGRATIONS.last().map_or(0, |migration| migration.version);
        if let Some((version, _)) = applied.iter().find(|(version, _)| *version > newest) {
            return Err(StoreError::NewerSchema { database: *version, program: newest });
        }
        let mut missing = Vec::new();
        for migration in MIGRATIONS {
            match applied.iter().find(|(version, _)| *version == migration.version) {
                None => missing.push(*migration),
                Some((_, checksum)) if *checksum == migration.checksum() => {}
                Some(_) => return Err(StoreError::ChecksumChanged { name: migration.name.to_owned() }),
            }
        }
        Ok(missing)
    }
}

/// Applies one migration, unless another process has done so in the meantime: writers come one after another,
/// so what is seen here is final.
struct Apply {
    migration: Migration,
    now: Instant,
}

impl Op for Apply {
    type Out = bool;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        let Migration { version, name, text } = self.migration;
        tx.migrate(TABLE).await?;
        if !Missing.run(tx).await?.iter().any(|missing| missing.version == version) {
            return Ok(false);
        }
        tx.migrate(text).await?;
        let checksum = self.migration.checksum();
        let params = [version.into(), name.into(), (&checksum).into(), self.now.into()];
        tx.execute_one(&RECORD, &params, version).await?;
        Ok(true)
    }
}

/// One durable change of nothing that matters.
pub(crate) struct Probe;

impl Op for Probe {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        tx.execute_one(&PROBE, &[], 1).await
    }
}
