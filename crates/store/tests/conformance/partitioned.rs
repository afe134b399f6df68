//! The same suite on PostgreSQL with every large table partitioned by organization: nothing in a statement or in
//! the program has to change for that, and so not for distributing them over machines by the same column either.

use std::fmt::Write;
use std::path::Path;

use cluster::cluster;
use sha2::{Digest, Sha256};
use store::Store;

use crate::support::Fresh;

/// The tables that grow with messages, customers and people's work.
const LARGE: [&str; 10] = [
    "customers",
    "cases",
    "secondary_operators",
    "messages",
    "decisions",
    "reply_claims",
    "outbox",
    "idempotency_keys",
    "events",
    "audit_entries",
];

const PARTITIONS: u32 = 3;

/// An empty database with the committed schema, but partitioned.
pub async fn postgres() -> Fresh {
    static MADE: tokio::sync::OnceCell<String> = tokio::sync::OnceCell::const_new();
    let made = MADE.get_or_init(|| async {
        let url = cluster().empty_database();
        cluster().script(&url, &schema());
        url
    });
    let store = Store::open(&cluster().copy_of(made.await)).await.unwrap();
    assert_eq!(store.pending_migrations().await, Ok(vec![]), "the program takes it for its own");
    Fresh::new(store)
}

fn schema() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort_unstable();
    let mut all = "CREATE TABLE schema_migrations (version BIGINT PRIMARY KEY, name TEXT NOT NULL,
        checksum TEXT NOT NULL, applied_at BIGINT NOT NULL);\n"
        .to_owned();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let name = file.file_stem().unwrap().to_str().unwrap();
        let version: i64 = name[..4].parse().unwrap();
        let checksum = Sha256::digest(&text).iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        });
        all += &partitioned(&text.replace("transaction_number()", "(pg_current_xact_id()::text::bigint)"));
        writeln!(all, "INSERT INTO schema_migrations VALUES ({version}, '{name}', '{checksum}', 0);")
            .unwrap();
    }
    for table in LARGE {
        assert!(all.contains(&format!("CREATE TABLE {table}_0 PARTITION OF {table} ")), "{table} is a table");
    }
    all
}

/// A migration whose large tables are made as partitioned ones.
fn partitioned(text: &str) -> String {
    let mut statements: Vec<String> = Vec::new();
    for statement in text.split_inclusive(";\n") {
        let large = LARGE.iter().find(|table| statement.contains(&format!("CREATE TABLE {table} (")));
        match large {
            Some(table) => {
                let whole = statement.trim_end().strip_suffix(");").unwrap();
                statements.push(format!("{whole}) PARTITION BY HASH (organization_id);\n"));
                statements.extend((0..PARTITIONS).map(|n| {
                    format!("CREATE TABLE {table}_{n} PARTITION OF {table} FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {n});\n")
                }));
            }
            None => statements.push(statement.to_owned()),
        }
    }
    statements.concat()
}
