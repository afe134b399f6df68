//! What only a server shows: several nodes on one database, broken connections, other histories, bad addresses.

use std::time::Duration;

use domain::id::OrganizationId;
use domain::retention::StoredRetention;
use store::cases::CaseFilter;
use store::{Store, StoreError, events, organizations, retention, timers};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{World, at, events_of, keep};
use crate::{in_turn, read, write};
use cluster::cluster;

/// A transaction that has locked every operator's timer, until it ends.
async fn holding_the_timers(url: &str) -> tokio_postgres::Client {
    let (holder, driver) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(driver);
    holder.batch_execute("BEGIN; SELECT id FROM users FOR UPDATE").await.unwrap();
    holder
}

async fn until_somebody_waits(holder: &tokio_postgres::Client) {
    let waiting =
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    while holder.query(waiting, &[]).await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
}

/// Two stores on one new database.
async fn two_nodes() -> (String, Store, Store) {
    let url = cluster().empty_database();
    let (one, two) = (Store::open(&url).await.unwrap(), Store::open(&url).await.unwrap());
    let all = one.pending_migrations().await.unwrap();
    let (first, second) = tokio::join!(one.migrate(at(0)), two.migrate(at(0)));
    let mut applied = [first.unwrap(), second.unwrap()].concat();
    applied.sort_unstable();
    assert_eq!(applied, all, "each applied once");
    (url, one, two)
}

async fn take_number(store: &Store, org: OrganizationId) -> Result<i64, StoreError> {
    write!(store, tx => organizations::take_case_number(tx, org).await)
}

/// Stores an event and takes a number.
async fn tell_and_count(store: &Store, org: OrganizationId, id: Uuid) -> Result<i64, StoreError> {
    write!(store, tx => {
        events::insert(tx, org, id, "case", "{}", at(1)).await?;
        organizations::take_case_number(tx, org).await
    })
}

#[tokio::test]
async fn two_nodes_lose_nothing() {
    let (_, one, two) = two_nodes().await;
    let world = World::in_store(&one).await;
    let org = world.org();
    assert_eq!(read!(two, tx => organizations::list(tx).await).unwrap().len(), 2, "seen at once");
    let mut running = JoinSet::new();
    for i in 0..400 {
        let (store, id) = (if i % 2 == 0 { one.clone() } else { two.clone() }, world.ids.next(at(1)));
        running.spawn(async move { tell_and_count(&store, org, id).await.unwrap() });
    }
    let mut numbers = running.join_all().await;
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!((numbers.len(), events_of(&two, org).await), (400, 400), "each number and each event once");
    one.close().await;
    assert!(take_number(&two, org).await.unwrap() > 400);
    two.close().await;
}

async fn told(changes: &mut tokio::sync::watch::Receiver<u64>) {
    tokio::time::timeout(Duration::from_secs(10), changes.changed()).await.expect("it was told").unwrap();
}

#[tokio::test]
async fn a_node_hears_of_what_others_write() {
    let (_, one, two) = two_nodes().await;
    let org = World::in_store(&one).await.org();
    let (mut at_one, mut at_two) = (one.changes(), two.changes());
    for changes in [&mut at_one, &mut at_two] {
        assert!(changes.has_changed().unwrap(), "what was told before must not be missed");
    }
    // Until both listen, a write is not told to them; then every one is.
    for (writer, reader) in [(&one, &mut at_two), (&two, &mut at_one)] {
        while tokio::time::timeout(Duration::from_millis(300), reader.changed()).await.is_ok() {}
        take_number(writer, org).await.unwrap();
        told(reader).await;
    }
    at_one.mark_unchanged();
    take_number(&one, org).await.unwrap();
    told(&mut at_two).await;
    assert!(!at_one.has_changed().unwrap(), "nobody is told of their own writes");
    one.close().await;
    two.close().await;
}

/// What commits late is not passed over by a reader who has seen what began later and was faster (decision 0017).
#[tokio::test]
async fn a_late_commit_is_not_passed_over() {
    let (url, one, two) = two_nodes().await;
    let world = World::in_store(&one).await;
    let org = world.org();
    let [start, late, fast] = [(); 3].map(|()| world.ids.next::<Uuid>(at(1)));
    write!(one, tx => events::insert(tx, org, start, "case", "{}", at(1)).await).unwrap();
    let seen = async |after: Uuid| {
        let found = read!(two, tx => events::after(tx, org, after, at(1), 50).await);
        found.unwrap().unwrap().into_iter().map(|event| event.id).collect::<Vec<_>>()
    };
    // Other tests share the server: their transactions are waited for as well.
    let sees = async |after: Uuid, expected: &[Uuid]| while seen(after).await != expected {};
    sees(Uuid::nil(), &[start]).await;

    let holder = holding_the_timers(&url).await;
    let writing = tokio::spawn({
        let (one, ana) = (one.clone(), world.ana.id);
        async move {
            write!(one, tx => {
                events::insert(tx, org, late, "case", "{}", at(1)).await?;
                timers::get(tx, org, ana).await
            })
        }
    });
    until_somebody_waits(&holder).await;
    write!(two, tx => events::insert(tx, org, fast, "case", "{}", at(1)).await).unwrap();
    assert_eq!(seen(start).await, Vec::<Uuid>::new(), "what is before it has not ended");
    assert_eq!(read!(two, tx => events::newest(tx, org, at(1)).await), Ok(start), "nor is it where to begin");
    let much_later = read!(two, tx => events::after(tx, org, start, at(60), 50).await);
    assert_eq!(much_later.unwrap().unwrap().len(), 1, "a stranger's transaction is not waited for for ever");

    holder.batch_execute("COMMIT").await.unwrap();
    writing.await.unwrap().unwrap();
    sees(start, &[late, fast]).await;
    sees(late, &[fast]).await;
    one.close().await;
    two.close().await;
}

/// The number of a case is taken before its transaction has ended: others go on, and one that fails leaves a gap.
#[tokio::test]
async fn who_has_taken_a_number_is_in_nobodys_way() {
    let (url, one, two) = two_nodes().await;
    let world = World::in_store(&one).await;
    let org = world.org();
    let holder = holding_the_timers(&url).await;
    let slow = tokio::spawn({
        let (one, ana) = (one.clone(), world.ana.id);
        async move {
            write!(one, tx => {
                let number = organizations::take_case_number(tx, org).await?;
                timers::get(tx, org, ana).await?;
                Ok(number)
            })
        }
    });
    until_somebody_waits(&holder).await;
    assert_eq!(take_number(&two, org).await, Ok(2));
    holder.batch_execute("COMMIT").await.unwrap();
    assert_eq!(slow.await.unwrap(), Ok(1));
    let failed: Result<(), StoreError> = write!(one, tx => {
        organizations::take_case_number(tx, org).await?;
        Err(StoreError::Other { detail: "on purpose".to_owned() })
    });
    assert!(failed.is_err());
    assert_eq!(take_number(&two, org).await, Ok(4));
    one.close().await;
    two.close().await;
}

/// A connection that breaks between operations costs nothing; one that breaks inside an operation is replaced
/// and the operation run again; only a commit whose answer is lost is told as such.
#[tokio::test]
async fn broken_connections_are_replaced() {
    const BREAK_ALL: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let (url, one, two) = two_nodes().await;
    let world = World::in_store(&one).await;
    let org = world.org();
    let tell = async || tell_and_count(&one, org, world.ids.next(at(1))).await;
    cluster().script(&url, BREAK_ALL);
    let first = tell().await.unwrap();
    let breaking = std::thread::spawn({
        let url = url.clone();
        move || {
            for _ in 0..10 {
                cluster().script(&url, BREAK_ALL);
            }
        }
    });
    let (mut numbers, mut unknown) = (vec![first], 0);
    while !breaking.is_finished() || numbers.len() < 50 {
        match tell().await {
            Ok(number) => numbers.push(number),
            Err(error) if error.to_string().contains("may or may not") => unknown += 1,
            // Broken again and again.
            Err(StoreError::Unavailable { .. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    breaking.join().unwrap();
    assert!(numbers.is_sorted_by(|before, after| before < after), "each number once: {numbers:?}");
    let (answered, stored) = (numbers.len(), events_of(&two, org).await);
    assert!(
        (answered..=answered + unknown).contains(&stored),
        "{answered} answered, {unknown} unknown, {stored} stored"
    );
    let mut changes = two.changes();
    told(&mut changes).await;
    while tokio::time::timeout(Duration::from_millis(300), changes.changed()).await.is_ok() {}
    take_number(&one, org).await.unwrap();
    told(&mut changes).await;
    one.close().await;
    two.close().await;
}

/// The same for operations that share a transaction: each is stored once, or its caller knows that it may be.
#[tokio::test]
async fn turns_survive_broken_connections() {
    const BREAK_ALL: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let (url, one, two) = two_nodes().await;
    let world = World::in_store(&one).await;
    let org = world.org();
    let breaking = std::thread::spawn(move || {
        for _ in 0..10 {
            cluster().script(&url, BREAK_ALL);
        }
    });
    let (mut stored, mut unknown, mut refused) = (Vec::new(), 0, 0);
    while !breaking.is_finished() || stored.len() < 100 {
        let mut running = JoinSet::new();
        for i in 0..20 {
            let store = if i % 2 == 0 { one.clone() } else { two.clone() };
            let id = world.ids.next::<Uuid>(at(1));
            running.spawn(async move {
                let taken = in_turn!(store, org, i % 9, tx => {
                    organizations::ask_case_number(tx);
                    events::insert(tx, org, id, "case", "{}", at(1)).await?;
                    organizations::take_case_number(tx, org).await
                });
                (id, taken)
            });
        }
        for (id, taken) in running.join_all().await {
            match taken {
                Ok(number) => stored.push((id, number)),
                Err(error) if error.to_string().contains("may or may not") => unknown += 1,
                Err(StoreError::Unavailable { .. }) => refused += 1,
                Err(other) => panic!("{other:?}"),
            }
        }
    }
    breaking.join().unwrap();
    for (id, _) in stored.clone() {
        assert!(crate::support::told(&two, org, id).await, "answered and not stored");
    }
    let mut numbers: Vec<i64> = stored.iter().map(|(_, number)| *number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), stored.len(), "a number was given twice");
    let (answered, stored) = (stored.len(), events_of(&two, org).await);
    assert!(
        (answered..=answered + unknown).contains(&stored),
        "{answered} answered, {unknown} unknown, {refused} refused, {stored} stored"
    );
    one.close().await;
    two.close().await;
}

#[tokio::test]
async fn an_operation_goes_on_without_its_caller() {
    let (_, one, two) = two_nodes().await;
    let world = World::in_store(&one).await;
    let org = world.org();
    {
        let mut caller = Box::pin(tell_and_count(&one, org, world.ids.next(at(1))));
        let polled = std::future::poll_fn(|context| std::task::Poll::Ready(caller.as_mut().poll(context)));
        assert!(polled.await.is_pending());
    }
    one.close().await;
    assert_eq!(events_of(&two, org).await, 1);
    two.close().await;
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
        let (url, one, two) = two_nodes().await;
        cluster().script(&url, change);
        for refused in [one.migrate(at(0)).await.unwrap_err(), two.pending_migrations().await.unwrap_err()] {
            assert!(format!("{refused:?}").starts_with(expected), "{change}: {refused:?}");
        }
        // During an upgrade the older nodes go on.
        assert_eq!(two.ping().await.is_ok(), expected.starts_with("NewerSchema"), "{change}");
    }
}

/// Bad places: a clear sentence each.
#[tokio::test]
async fn a_bad_place_is_explained() {
    let url = cluster().empty_database();
    cluster().script(&url, "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    let elsewhere = |name: &str| {
        let (before, after) = (url.rfind('/').unwrap(), url.find('?').unwrap());
        let folder = &url[after..];
        let start = url[..after].rfind('/').unwrap().min(before);
        format!("{}/{name}{folder}", &url[..start])
    };
    let table = [
        ("postgres://desk@127.0.0.1:1/desk".to_owned(), "at 127.0.0.1 cannot be reached"),
        ("postgres://desk@127.0.0.1:port/desk".to_owned(), "The database address is not understood"),
        (format!("{url}&max_connections=0"), "The database address is not understood"),
        (
            format!("{url}&sslmode=require"),
            "cannot be reached: check the address, that the server runs, and sslmode",
        ),
        (elsewhere("nowhere"), "There is no such database"),
        (elsewhere("latin"), "create it with the encoding UTF8"),
    ];
    for (url, sentence) in table {
        let error = Store::open(&url).await.unwrap_err();
        assert!(error.to_string().contains(sentence), "{url}: {error:?}");
    }
}

#[tokio::test]
async fn an_empty_database_is_not_ready() {
    let store = Store::open(&cluster().empty_database()).await.unwrap();
    assert_eq!(store.ping().await, Err(StoreError::NotMigrated { missing: "0001_start".to_owned() }));
    store.close().await;
}

/// What an older node wrote is found after the next start, however many start at once.
#[tokio::test]
async fn rows_without_a_text_to_search_are_filled_in() {
    let (url, one, two) = two_nodes().await;
    let world = World::in_store(&one).await;
    let org = world.org();
    let case = keep(world.case(7));
    write!(one, tx => store::cases::insert(tx, org, case).await).unwrap();
    let (client, driver) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(driver);
    client.batch_execute("UPDATE customers SET search = NULL; UPDATE cases SET search = NULL").await.unwrap();
    let filter = CaseFilter { q: Some("CÁRLA case".to_owned()), limit: 9, ..CaseFilter::default() };
    let filter = keep(filter);
    assert_eq!(read!(one, tx => store::cases::list(tx, org, filter).await), Ok(vec![]));
    let (first, second) = tokio::join!(one.migrate(at(1)), two.migrate(at(1)));
    assert_eq!((first, second), (Ok(vec![]), Ok(vec![])));
    assert_eq!(read!(one, tx => store::cases::list(tx, org, filter).await), Ok(vec![case.clone()]));
    one.close().await;
    two.close().await;
}

/// What one node cleans up another leaves alone, and waits for nothing.
#[tokio::test]
async fn one_node_cleans_up_after_an_organization() {
    let (url, one, two) = two_nodes().await;
    let org = World::in_store(&one).await.org();
    let new = keep(StoredRetention::new(at(0)));
    write!(one, tx => retention::add(tx, org, new).await).unwrap();
    let (mut client, driver) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(driver);
    let cleaning = client.transaction().await.unwrap();
    cleaning.execute("SELECT 1 FROM retention FOR UPDATE", &[]).await.unwrap();
    assert_eq!(write!(two, tx => retention::take(tx, org).await), Ok(None));
    write!(two, tx => retention::add(tx, org, new).await).unwrap();
    assert_eq!(write!(two, tx => retention::take(tx, org).await), Ok(None));
    cleaning.commit().await.unwrap();
    assert_eq!(write!(two, tx => retention::take(tx, org).await), Ok(Some(new.clone())));
    one.close().await;
    two.close().await;
}
