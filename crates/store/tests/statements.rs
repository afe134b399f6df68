//! Every registered statement against the migrated schema: it prepares, its plan is the committed one, and it
//! keeps to one organization.

use rusqlite::Connection;
use store::{Sql, Store, statements};

use domain::time::Instant;

/// Statements that read a whole table or all of an organization, or that sort, and why that is right.
const WHOLE: &[(&str, &str)] = &[
    ("store::organizations::LIST", "few rows, by primary key"),
    ("store::channels::ALL_SEALED", "few rows, at start"),
    ("store::listings::DUE", "few rows, now and then"),
    ("store::sessions::DELETE_IDLE", "few rows, now and then"),
    ("store::outbox::COUNT", "few rows, for metrics"),
    ("store::outbox::QUEUED", "few rows, after a restore"),
    ("store::cases::FOR_INBOUND", "sorts one customer's cases on one channel"),
    ("store::cases::CONCERNED_BY_OPT_OUT", "sorts one customer's cases"),
    ("store::cases::OF_CUSTOMER", "sorts one customer's cases"),
    ("store::cases::WAITING_OF_CUSTOMER", "sorts one customer's cases"),
    ("store::assignment::TAKE", "all channels of one organization"),
    ("store::assignment::LOADS", "all people of one organization"),
    ("store::traffic::NEWEST", "the last entries of the index, up to a limit"),
    ("store::cases::COUNTS", "counts what an index gives, up to a limit"),
    ("store::cases::COUNTS_ASSIGNED", "counts what an index gives, up to a limit"),
    ("store::cases::COUNTS_UNASSIGNED", "counts what an index gives, up to a limit"),
    ("store::settings::", "an organization has one"),
    ("store::retention::GET", "an organization has one"),
    ("store::retention::TAKE", "an organization has one"),
    ("store::retention::UPDATE", "an organization has one"),
    ("store::retention::ADVANCE", "an organization has one"),
    ("store::idempotency::DELETE_OF_CASE", "all keys of one organization, which live for a day"),
    ("store::default_hours::GET", "one row for each organization"),
    ("store::users::OPERATORS", "all people of one organization"),
    ("store::timers::ARMED", "all people of one organization"),
    ("store::tokens::LIST_OF_USER", "all tokens of one organization"),
    ("store::tokens::LIST", "all tokens of one organization"),
    ("store::tokens::DELETE_OF_USER", "all tokens of one organization"),
    ("store::channels::LIST", "all channels of one organization"),
    ("store::events::NEWEST", "the last entry of the index"),
    ("store::events::DELETE_ALL", "when a backup is put back"),
    ("store::newest::", "few organizations, at start"),
    ("store::invariants::", "the check reads everything"),
    ("store::migrate::", "few rows, at start"),
];

/// Statements without an organization, and why that is right.
const ACROSS: &[(&str, &str)] = &[
    ("store::organizations::", "an organization is its own"),
    ("store::users::CREDENTIALS", "signing in: an address belongs to one user"),
    ("store::users::BY_EMAIL", "command line: an address belongs to one user"),
    ("store::timers::DUE", "the worker serves every organization"),
    ("store::timers::NEXT", "the worker serves every organization"),
    ("store::sessions::", "a token's hash is the key"),
    ("store::tokens::GET", "a token's hash is the key"),
    ("store::tokens::TOUCH", "a token's hash is the key"),
    ("store::channels::BY_NUMBER", "an inbound message's number names the organization"),
    ("store::channels::BY_NUMBER_SEALED", "an inbound message's number names the organization"),
    ("store::channels::ALL_SEALED", "tokens of the whole installation, when the server starts or is checked"),
    ("store::listings::DUE", "the worker serves every organization"),
    ("store::outbox::DUE", "the worker serves every organization"),
    ("store::outbox::NEXT_DUE", "the worker serves every organization"),
    ("store::outbox::OLDEST", "metrics of the process"),
    ("store::outbox::COUNT", "metrics of the process"),
    ("store::idempotency::DELETE_BEFORE", "cleaning up by age"),
    ("store::events::DELETE_ALL", "when a backup is put back"),
    ("store::erasure::DELETE_MESSAGES_BEFORE", "cleaning up by age"),
    ("store::search::CUSTOMERS", "what has no text yet, at start"),
    ("store::search::CASES", "what has no text yet, at start"),
    ("store::newest::", "ids are drawn for every organization"),
    ("store::migrate::", "the schema"),
    ("store::installation::", "one row for all"),
];

async fn migrated() -> (tempfile::TempDir, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let store = Store::open(&format!("sqlite:{}", path.display())).await.unwrap();
    store.migrate(Instant::from_ms(0)).await.unwrap();
    store.close().await;
    let connection = Connection::open(path).unwrap();
    (folder, connection)
}

fn listed(list: &[(&str, &str)], sql: &Sql) -> bool {
    list.iter().any(|(name, _)| sql.name() == *name || (name.ends_with("::") && sql.name().starts_with(name)))
}

#[tokio::test]
async fn every_statement_prepares_on_sqlite() {
    let (_folder, connection) = migrated().await;
    let mut wrong = Vec::new();
    for sql in statements() {
        if let Err(error) = connection.prepare(sql.for_sqlite()) {
            wrong.push(format!("{}: {error}", sql.name()));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(statements().len() > 80);
}

/// No statement reads a whole table but those in [`WHOLE`]. `INSTA_UPDATE=always cargo test` writes the file anew.
#[tokio::test]
async fn the_plans_are_the_committed_ones_and_scan_nothing() {
    let (_folder, connection) = migrated().await;
    let mut plans = String::new();
    let mut wrong = Vec::new();
    for sql in statements() {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", sql.for_sqlite())).unwrap();
        let steps: Vec<String> = statement.raw_query().mapped(|row| row.get(3)).map(Result::unwrap).collect();
        if steps.iter().any(|step| whole(step)) && !listed(WHOLE, sql) {
            wrong.push(format!("{}: {steps:?}", sql.name()));
        }
        plans += &format!("{}\n", sql.name());
        for step in steps {
            plans += &format!("    {step}\n");
        }
    }
    assert_eq!(wrong, Vec::<String>::new(), "these read a whole table or sort");
    insta::assert_snapshot!("plans", plans);
}

/// Whether a step reads a whole table, everything of an organization, or sorts.
fn whole(step: &str) -> bool {
    (step.starts_with("SCAN ") && step != "SCAN CONSTANT ROW" && !step.contains("USING"))
        || step.ends_with("(organization_id=?)")
        || step.contains("USE TEMP B-TREE")
        || step.contains("AUTOMATIC")
}

/// V8.4.1, and the way to many machines: every statement on an organization's data names the organization.
#[test]
fn every_statement_keeps_to_one_organization() {
    let wrong: Vec<&str> = statements()
        .into_iter()
        .filter(|sql| {
            !sql.text().contains("organization_id = $1") && !sql.text().contains("(organization_id,")
        })
        .filter(|sql| !listed(ACROSS, sql))
        .map(Sql::name)
        .collect();
    assert_eq!(wrong, Vec::<&str>::new());
    for (name, _) in ACROSS.iter().chain(WHOLE) {
        assert!(statements().iter().any(|sql| sql.name().starts_with(name)), "{name} is not a statement");
    }
}
