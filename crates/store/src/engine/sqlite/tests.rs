//! One batch at a time, without the thread: what the callers of a batch are told, and when.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::oneshot;

use super::readers::read;
use super::work::{Waiting, Work};
use super::writer::run_batch;
use super::{Connection, connection, transaction};
use crate::engine::{Op, Tx};
use crate::error::{ConstraintKind, StoreError};
use crate::sql::Sql;

type Answer = oneshot::Receiver<Result<(), StoreError>>;

/// What the test's operations do, all after writing their number.
#[derive(Clone)]
enum Then {
    Succeed,
    Fail,
    Panic,
    Wait,
    /// A promise that is looked at only when the transaction commits.
    BreakAtCommit,
    FillTheDisk,
    /// Looks whether these callers have been answered.
    Look(Arc<Mutex<Vec<Answer>>>),
}

struct Number(i64, Then);

impl Op for Number {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        tx.migrate(&format!("INSERT INTO numbers (n) VALUES ({});", self.0)).await?;
        match &self.1 {
            Then::Succeed => Ok(()),
            Then::Fail => Err(StoreError::other("on purpose")),
            Then::Panic => panic!("a defect"),
            Then::Wait => std::future::pending().await,
            Then::BreakAtCommit => tx.migrate("INSERT INTO children (parent) VALUES (404);").await,
            Then::FillTheDisk => {
                tx.migrate("INSERT INTO numbers (n, body) VALUES (1000, zeroblob(100000000));").await
            }
            Then::Look(others) => {
                for other in others.lock().unwrap().iter_mut() {
                    assert_eq!(other.try_recv(), Err(oneshot::error::TryRecvError::Empty), "answered early");
                }
                Ok(())
            }
        }
    }
}

fn database(connection: Connection) -> Tx {
    let mut tx = transaction(connection, false);
    let schema = "CREATE TABLE numbers (n INTEGER PRIMARY KEY, body BLOB);
        CREATE TABLE parents (id INTEGER PRIMARY KEY);
        CREATE TABLE children (parent INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED);";
    super::connection(&mut tx).script(schema).unwrap();
    tx
}

fn in_memory() -> Tx {
    database(Connection::open_in_memory().unwrap())
}

/// Runs these in one batch and answers what their callers hear.
fn batch(tx: &mut Tx, operations: &[Then]) -> Vec<Result<(), StoreError>> {
    let (mut queue, mut answers) = (VecDeque::<Box<dyn Work>>::new(), Vec::new());
    for (then, n) in operations.iter().zip(1..) {
        let (work, answer) = Waiting::queue(Number(n, then.clone()), false);
        queue.push_back(work);
        answers.push(answer);
    }
    while !queue.is_empty() {
        run_batch(tx, &mut queue);
    }
    answers.into_iter().map(|mut answer| answer.try_recv().unwrap()).collect()
}

fn stored(tx: &mut Tx) -> Vec<i64> {
    connection(tx).numbers("SELECT n FROM numbers ORDER BY n")
}

#[test]
fn one_failure_leaves_its_neighbours_alone() {
    let mut tx = in_memory();
    let operations = [Then::Succeed, Then::Fail, Then::Panic, Then::Succeed, Then::Wait, Then::Succeed];
    let answers = batch(&mut tx, &operations);
    let ok: Vec<bool> = answers.iter().map(Result::is_ok).collect();
    assert_eq!(ok, [true, false, false, true, false, true]);
    assert_eq!(stored(&mut tx), [1, 4, 6]);
}

static ONE: Sql = Sql::new("tests", "ONE", "SELECT 1 AS n");

struct Search;

impl Op for Search {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        tx.query(&ONE, &[]).await.map(drop)
    }
}

/// SQLite looks at the limit once in so many steps of a statement, over all of its runs: often enough and the
/// statements that begin and end the transaction would meet one that has passed.
#[test]
fn a_limit_that_has_passed_ends_the_search_and_not_its_transaction() {
    let mut tx = transaction(Connection::open_in_memory().unwrap(), true);
    for _ in 0..20_000 {
        let (mut work, _answer) = Waiting::queue(Search, true);
        assert_eq!(read(&mut tx, &mut *work, Some(Duration::ZERO)), Ok(()));
        assert!(!connection(&mut tx).in_transaction());
    }
}

#[test]
fn nobody_is_answered_before_the_commit() {
    let mut tx = in_memory();
    let (first, answer) = Waiting::queue(Number(1, Then::Succeed), false);
    let others = Arc::new(Mutex::new(vec![answer]));
    let (second, mut looked) = Waiting::queue(Number(2, Then::Look(Arc::clone(&others))), false);
    let mut queue = VecDeque::from([first, second]);
    run_batch(&mut tx, &mut queue);
    assert_eq!(looked.try_recv().unwrap(), Ok(()));
    assert_eq!(others.lock().unwrap()[0].try_recv().unwrap(), Ok(()));
}

#[test]
fn a_failed_commit_is_everybodys_error() {
    let mut tx = in_memory();
    let answers = batch(&mut tx, &[Then::Succeed, Then::BreakAtCommit, Then::Fail]);
    for answer in &answers[..2] {
        assert!(
            matches!(answer, Err(StoreError::Constraint { kind: ConstraintKind::ForeignKey, .. })),
            "{answer:?}"
        );
    }
    assert_eq!(answers[2], Err(StoreError::other("on purpose")), "its own error");
    assert_eq!(stored(&mut tx), [] as [i64; 0]);
    assert_eq!(batch(&mut tx, &[Then::Succeed]), [Ok(())], "it goes on");
}

/// Nothing is acknowledged that is not stored, and the sentence says what to do.
#[test]
fn a_full_disk_is_said_and_survived() {
    let mut tx = in_memory();
    connection(&mut tx).script("PRAGMA max_page_count = 20;").unwrap();
    let answers = batch(&mut tx, &[Then::Succeed, Then::FillTheDisk, Then::Succeed]);
    let full = answers[1].clone().unwrap_err();
    assert!(full.to_string().starts_with("The disk that holds the database is full"), "{full:?}");
    let acknowledged: Vec<i64> =
        answers.iter().zip(1..).filter(|(answer, _)| answer.is_ok()).map(|(_, n)| n).collect();
    assert_eq!(stored(&mut tx), acknowledged);
    assert_eq!(answers[2], Ok(()), "what had not run yet runs anew");
}

#[test]
fn a_database_that_cannot_be_written_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let mut tx = database(Connection::open_writer(&path).unwrap());
    connection(&mut tx).script("PRAGMA busy_timeout = 0;").unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();

    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let locked = batch(&mut tx, &[Then::Succeed, Then::Succeed]);
    for answer in locked {
        let sentence = answer.unwrap_err().to_string();
        assert!(sentence.starts_with("The database is locked by another process"), "{sentence}");
    }
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(batch(&mut tx, &[Then::Succeed]), [Ok(())]);

    connection(&mut tx).script("PRAGMA query_only = ON;").unwrap();
    let read_only = batch(&mut tx, &[Then::Succeed])[0].clone().unwrap_err().to_string();
    assert!(read_only.starts_with("The database cannot be written"), "{read_only}");
    assert_eq!(stored(&mut tx), [1]);
}

/// R: durable before a request is answered. `synchronous` 2 is FULL.
#[test]
fn the_writer_is_durable() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Connection::open_writer(&folder.path().join("test.db")).unwrap();
    for (pragma, value) in [("synchronous", 2), ("foreign_keys", 1)] {
        assert_eq!(writer.numbers(&format!("SELECT * FROM pragma_{pragma}")), [value], "{pragma}");
    }
    assert_eq!(writer.numbers("SELECT journal_mode = 'wal' FROM pragma_journal_mode"), [1]);
    let mut reader = Connection::open_reader(&folder.path().join("test.db")).unwrap();
    assert_eq!(reader.numbers("SELECT * FROM pragma_query_only"), [1]);
}

/// A row that was damaged by hand is named instead of stopping the program.
#[test]
fn a_corrupt_row_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let mut tx = transaction(Connection::open_writer(&path).unwrap(), false);
    let schema =
        super::super::dialect::migration_for_sqlite(include_str!("../../../migrations/0001_start.sql"));
    connection(&mut tx).script(&schema).unwrap();
    connection(&mut tx).script("ALTER TABLE organizations ADD COLUMN country TEXT;").unwrap();
    let organization = "x'00112233445566778899aabbccddeeff'";
    let table = [
        ("name = name, time_zone = CAST(x'ff' AS TEXT)", "time_zone", "not UTF-8"),
        ("time_zone = 'UTC', id = x'01'", "id", "an id expected, bytes found"),
    ];
    for (change, column, detail) in table {
        connection(&mut tx)
            .script(&format!(
                "DELETE FROM organizations;
                 INSERT INTO organizations VALUES ({organization}, 'Harbor', 'UTC', 1, 0, NULL);
                 UPDATE organizations SET {change};"
            ))
            .unwrap();
        let found = super::work::run_to_end(crate::organizations::list(&mut tx)).unwrap_err();
        let StoreError::CorruptRow { table: "organizations", column: named, .. } = &found else {
            panic!("{found:?}")
        };
        assert_eq!(*named, column);
        assert!(found.log_text().contains(detail), "{}", found.log_text());
    }
}
