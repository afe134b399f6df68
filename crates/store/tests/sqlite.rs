//! What only a file shows: several processes on it, restarts, other histories, bad places.

use std::path::Path;

use domain::customer::Customer;
use domain::id::{IdSource, OrganizationId};
use domain::organization::Organization;
use domain::search::terms;
use domain::time::Instant;
use store::{Op, Store, StoreError, Tx, customers, organizations};

const NOW: Instant = Instant::from_ms(1_795_000_000_000);

async fn open(path: &Path) -> Result<Store, StoreError> {
    Store::open(&format!("sqlite:{}", path.display())).await
}

struct Found(Organization);

impl Op for Found {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        organizations::insert(tx, &self.0).await
    }
}

struct TakeNumber(OrganizationId);

impl Op for TakeNumber {
    type Out = i64;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx) -> Result<i64, StoreError> {
        organizations::take_case_number(tx, self.0).await
    }
}

struct Count;

impl Op for Count {
    type Out = usize;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx) -> Result<usize, StoreError> {
        Ok(organizations::list(tx).await?.len())
    }
}

fn organization() -> Organization {
    Organization {
        id: IdSource::from_seed(1).next(NOW),
        name: "Harbor Dental".to_owned(),
        time_zone: "UTC".to_owned(),
        country: None,
        created_at: NOW,
    }
}

/// The command line beside the server: two processes' handles on one file, each with its own writer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_writers_on_one_file_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let (one, two) = (open(&path).await.unwrap(), open(&path).await.unwrap());
    let all = one.pending_migrations().await.unwrap();
    let (first, second) = tokio::join!(one.migrate(NOW), two.migrate(NOW));
    let mut applied = [first.unwrap(), second.unwrap()].concat();
    applied.sort_unstable();
    assert_eq!(applied, all, "each applied once");
    let org = organization();
    one.write(Found(org.clone())).await.unwrap();
    assert_eq!(two.read(Count).await, Ok(1), "seen at once");
    let mut running = tokio::task::JoinSet::new();
    for i in 0..400 {
        let store = if i % 2 == 0 { one.clone() } else { two.clone() };
        let op = TakeNumber(org.id);
        running.spawn(async move { store.write(op).await.unwrap() });
    }
    let mut numbers = running.join_all().await;
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=400).collect::<Vec<i64>>());
    one.close().await;
    assert_eq!(two.write(TakeNumber(org.id)).await, Ok(401));
    two.close().await;
}

#[tokio::test]
async fn a_restart_finds_everything_with_and_without_a_proper_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let org = organization();
    let store = open(&path).await.unwrap();
    store.migrate(NOW).await.unwrap();
    store.write(Found(org.clone())).await.unwrap();
    store.close().await;
    assert!(!path.with_extension("db-wal").exists(), "the log is written back at a proper end");
    // Dropped, not closed: its threads may still be there when the next one opens.
    {
        let store = open(&path).await.unwrap();
        assert_eq!(store.migrate(NOW).await, Ok(vec![]));
        assert_eq!(store.write(TakeNumber(org.id)).await, Ok(1));
    }
    let store = open(&path).await.unwrap();
    assert_eq!(store.write(TakeNumber(org.id)).await, Ok(2));
}

#[tokio::test]
async fn another_history_is_refused() {
    let table = [
        ("INSERT INTO schema_migrations VALUES (99, '0099_future', 'x', 1)", "NewerSchema { database: 99"),
        (
            "UPDATE schema_migrations SET checksum = 'x' WHERE version = 1",
            r#"ChecksumChanged { name: "0001_start""#,
        ),
    ];
    for (change, expected) in table {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        let store = open(&path).await.unwrap();
        store.migrate(NOW).await.unwrap();
        rusqlite::Connection::open(&path).unwrap().execute_batch(change).unwrap();
        for refused in [store.migrate(NOW).await.unwrap_err(), store.pending_migrations().await.unwrap_err()]
        {
            assert!(format!("{refused:?}").starts_with(expected), "{change}: {refused:?}");
        }
        // During an upgrade the older nodes go on.
        assert_eq!(store.ping().await.is_ok(), expected.starts_with("NewerSchema"), "{change}");
    }
}

struct Insert(Organization, Customer);

impl Op for Insert {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        organizations::insert(tx, &self.0).await?;
        customers::insert(tx, self.0.id, &self.1).await.map(drop)
    }
}

struct Search(OrganizationId, &'static str);

impl Op for Search {
    type Out = Vec<Customer>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx) -> Result<Vec<Customer>, StoreError> {
        customers::page(tx, self.0, &terms(self.1, None), None, 9).await
    }
}

/// What an older program wrote is found after the next start.
#[tokio::test]
async fn rows_without_a_text_to_search_are_filled_in() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let org = organization();
    let customer = Customer {
        id: IdSource::from_seed(2).next(NOW),
        address: "+15553020005".to_owned(),
        name: "Μαρία Straße".to_owned(),
        opted_out_at: None,
        opted_out_by: None,
        created_at: NOW,
    };
    let store = open(&path).await.unwrap();
    store.migrate(NOW).await.unwrap();
    store.write(Insert(org.clone(), customer.clone())).await.unwrap();
    rusqlite::Connection::open(&path).unwrap().execute_batch("UPDATE customers SET search = NULL").unwrap();
    assert_eq!(store.read(Search(org.id, "ΜΑΡΙΑ strasse")).await, Ok(vec![]));
    assert_eq!(store.migrate(NOW).await, Ok(vec![]));
    assert_eq!(store.read(Search(org.id, "ΜΑΡΙΑ strasse 302-0005")).await, Ok(vec![customer]));
}

/// Bad places: a clear sentence each.
#[tokio::test]
async fn a_bad_place_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let garbage = folder.path().join("garbage.db");
    std::fs::write(&garbage, "This is no database, however long one looks at it. ".repeat(40)).unwrap();
    let table = [
        ("mysql://localhost".to_owned(), "The database address is not understood"),
        ("sqlite:".to_owned(), "The database address is not understood"),
        (
            format!("sqlite:{}/no/such/folder/test.db", folder.path().display()),
            "check that its folder exists",
        ),
        (format!("sqlite:{}", folder.path().display()), "cannot be opened for writing"),
        (format!("sqlite:{}", garbage.display()), "is not an SQLite database"),
    ];
    for (url, sentence) in table {
        let error = Store::open(&url).await.unwrap_err().to_string();
        assert!(error.contains(sentence), "{url}: {error}");
    }
}

/// Pages that nobody reads for weeks may be damaged: what one statement has found stays known until the next start.
#[tokio::test]
async fn damage_that_one_statement_met_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let store = open(&path).await.unwrap();
    store.migrate(NOW).await.unwrap();
    store.write(Found(organization())).await.unwrap();
    store.close().await;
    let file = rusqlite::Connection::open(&path).unwrap();
    let root = "SELECT rootpage, (SELECT page_size FROM pragma_page_size) FROM sqlite_schema WHERE name = 'organizations'";
    let (page, size) =
        file.query_row(root, [], |row| Ok((row.get::<_, u32>(0)?, row.get::<_, u32>(1)?))).unwrap();
    file.close().unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    let noise = vec![0xA5; size as usize];
    std::os::unix::fs::FileExt::write_all_at(&file, &noise, u64::from(page - 1) * u64::from(size)).unwrap();

    let store = open(&path).await.unwrap();
    assert_eq!(store.ping().await, Ok(()), "nobody has touched that page");
    let found = store.read(Count).await.unwrap_err();
    assert!(found.to_string().starts_with("The database file is damaged"), "{found}");
    assert_eq!(store.ping().await, Err(found.clone()), "from now on /readyz says so");
    assert_eq!(store.ping().await, Err(found));
    store.close().await;
    assert_eq!(open(&path).await.unwrap().ping().await, Ok(()), "forgotten at the next start");
}

/// The file holds people's conversations: its owner alone may read it.
#[cfg(unix)]
#[tokio::test]
async fn the_file_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let store = open(&path).await.unwrap();
    store.migrate(NOW).await.unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.path());
    }
}
