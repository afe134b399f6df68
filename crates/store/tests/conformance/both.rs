//! One schema and one text on both databases: same columns, same types, every statement prepared on both.

use std::collections::BTreeMap;

use rusqlite::Connection;
use store::{Sql, Store, statements};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, NoTls};

use crate::support::at;
use cluster::cluster;

/// Statements that read a whole table on PostgreSQL, too, and why that is right.
const WHOLE: &[(&str, &str)] = &[
    ("store::organizations::LIST", "few rows"),
    ("store::channels::ALL", "few rows, at start"),
    ("store::sessions::DELETE_IDLE", "few rows, now and then"),
    ("store::outbox::COUNT", "few rows, for metrics"),
    ("store::events::DELETE_ALL", "when a backup is put back"),
    ("store::newest::", "few organizations, at start"),
    ("store::invariants::", "the check reads everything"),
    ("store::migrate::", "few rows, at start"),
];

async fn postgres() -> Client {
    let url = cluster().empty_database();
    let store = Store::open(&url).await.unwrap();
    store.migrate(at(0)).await.unwrap();
    store.close().await;
    let (client, driver) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(driver);
    client
}

async fn sqlite() -> (tempfile::TempDir, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let store = Store::open(&format!("sqlite:{}", path.display())).await.unwrap();
    store.migrate(at(0)).await.unwrap();
    store.close().await;
    let connection = Connection::open(path).unwrap();
    (folder, connection)
}

/// SQLite's type for one of PostgreSQL's.
fn sqlite_type(ty: &str) -> &'static str {
    match ty {
        "bigint" | "boolean" => "INTEGER",
        "uuid" | "bytea" => "BLOB",
        "text" => "TEXT",
        _ => "none of ours",
    }
}

/// Table and column, with its type and whether it may be empty.
type Columns = BTreeMap<(String, String), (String, bool)>;

#[tokio::test]
async fn both_databases_have_one_schema() {
    let client = postgres().await;
    let rows = client
        .query(
            "SELECT table_name::text, column_name::text, data_type::text, is_nullable = 'YES'
             FROM information_schema.columns WHERE table_schema = 'public'",
            &[],
        )
        .await
        .unwrap();
    let on_postgres: Columns = rows
        .iter()
        .map(|row| ((row.get(0), row.get(1)), (sqlite_type(row.get(2)).to_owned(), row.get(3))))
        .collect();
    let (_folder, connection) = sqlite().await;
    let mut statement = connection
        .prepare(
            "SELECT t.name, c.name, c.type, c.\"notnull\" = 0 AND c.pk = 0
             FROM sqlite_schema AS t JOIN pragma_table_info(t.name) AS c
             WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'",
        )
        .unwrap();
    let on_sqlite: Columns = statement
        .query_map([], |row| Ok(((row.get(0)?, row.get(1)?), (row.get(2)?, row.get(3)?))))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(on_postgres, on_sqlite);
    assert!(on_postgres.len() > 100);
}

/// The kinds of parameters are what `store::Value` can be; which statement takes and returns
/// what is the committed file, and binding another kind is an error on PostgreSQL.
#[tokio::test]
async fn every_statement_prepares_on_both_with_the_same_columns() {
    let client = postgres().await;
    let (_folder, connection) = sqlite().await;
    let (mut types, mut wrong) = (String::new(), Vec::new());
    for sql in statements() {
        let reading = client.prepare(sql.for_postgres(true)).await;
        let prepared = match (reading, client.prepare(sql.for_postgres(false)).await) {
            (Ok(_), Ok(prepared)) => prepared,
            (reading, writing) => {
                wrong.push(format!("{}: {:?} {:?}", sql.name(), reading.err(), writing.err()));
                continue;
            }
        };
        let on_sqlite = connection.prepare(sql.for_sqlite()).unwrap();
        let names: Vec<&str> = prepared.columns().iter().map(|column| column.name()).collect();
        let sqlite_names: Vec<&str> = on_sqlite.column_names().collect();
        if names != sqlite_names || prepared.params().len() != on_sqlite.parameter_count() {
            wrong.push(format!("{}: {names:?} and {sqlite_names:?}", sql.name()));
        }
        for ty in prepared.params().iter().chain(prepared.columns().iter().map(|column| column.type_())) {
            if ![Type::INT8, Type::TEXT, Type::UUID, Type::BOOL, Type::BYTEA].contains(ty) {
                wrong.push(format!("{}: {ty} is none of our types", sql.name()));
            }
        }
        types += &described(sql, &prepared);
    }
    assert_eq!(wrong, Vec::<String>::new());
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("types", types);
    });
}

fn described(sql: &Sql, prepared: &tokio_postgres::Statement) -> String {
    let params: Vec<&str> = prepared.params().iter().map(Type::name).collect();
    let columns: Vec<String> =
        prepared.columns().iter().map(|column| format!("{} {}", column.name(), column.type_())).collect();
    format!("{} ({}) -> ({})\n", sql.name(), params.join(", "), columns.join(", "))
}

/// The plan that the store's sessions make for this text, whatever its parameters.
async fn plan(client: &tokio_postgres::Client, text: &str, params: usize) -> String {
    let nulls = vec!["NULL"; params].join(", ");
    let nulls = if params > 0 { format!("({nulls})") } else { nulls };
    client.batch_execute(&format!("DEALLOCATE ALL; PREPARE plan AS {text}")).await.unwrap();
    let plan = client.simple_query(&format!("EXPLAIN EXECUTE plan{nulls}")).await.unwrap();
    let lines = plan.iter().filter_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// With the session's settings of the store every statement goes by an index, also for many
/// sets of parameters at once: then set by set.
#[tokio::test]
async fn no_statement_reads_a_whole_table_on_postgres() {
    let client = postgres().await;
    client.batch_execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan").await.unwrap();
    let (mut wrong, mut forms) = (Vec::new(), [0, 0, 0]);
    for sql in statements() {
        let prepared = client.prepare(sql.for_postgres(false)).await.unwrap();
        let params = prepared.params().len();
        let alone = plan(&client, sql.for_postgres(false), params).await;
        let known = WHOLE.iter().any(|(name, _)| sql.name().starts_with(name));
        if alone.contains("Seq Scan") && !known {
            wrong.push(format!("{}: {alone}", sql.name()));
        }
        let types: Vec<&str> = prepared.params().iter().map(Type::name).collect();
        let Some(text) = sql.for_many_on_postgres(false, &types) else { continue };
        let form = ["SELECT", "INSERT", "UPDATE"].iter().position(|form| text.starts_with(form)).unwrap();
        forms[form] += 1;
        let many = plan(&client, &text, params).await;
        let whole = ["Seq Scan", "Hash Join", "Merge Join"];
        if whole.iter().any(|way| many.contains(way) && !alone.contains(way)) && !known {
            wrong.push(format!("{} for many: {many}", sql.name()));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(forms.iter().all(|count| *count > 10), "{forms:?}");
}
