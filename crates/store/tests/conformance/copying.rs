//! From one database to another, in both directions.

use std::collections::BTreeMap;

use domain::customer::OptedOutBy;
use domain::time::Instant;
use store::copy::{CopyError, OWN, copy, tables};
use store::installation::{self, Installation};
use store::{Store, customers, events, invariants, organizations};

use crate::support::{Fresh, World, at, postgres, sqlite_file};
use crate::{read, write};

/// Later than any transaction of other tests is waited for.
const LATER: Instant = Instant::from_ms(i64::MAX);

/// More rows than are read or written at once.
async fn filled(fresh: &Fresh) -> &'static World {
    let store = &fresh.store;
    let world = World::in_store(store).await;
    let org = world.org();
    for lot in 0..5 {
        write!(store, tx => {
            for n in 0..250_u32 {
                let mut customer = world.customer.clone();
                customer.id = world.ids.next(at(1));
                customer.address = format!("+1555{:07}", lot * 1_000 + n);
                customer.name = format!("Zoë \"{n}\" '; DROP TABLE users; -- 漢字");
                customer.opted_out_at = (n % 3 == 0).then_some(at(i64::from(n)));
                customer.opted_out_by = customer.opted_out_at.map(|_| OptedOutBy::Customer);
                customers::insert(tx, org, &customer).await?;
                events::insert(tx, org, world.ids.next(at(1)), "case", "{}", at(1)).await?;
            }
            Ok(())
        })
        .unwrap();
    }
    world
}

async fn state(store: &Store) -> Installation {
    read!(store, tx => installation::get(tx).await).unwrap()
}

#[tokio::test]
async fn everything_arrives_on_the_other_engine_and_comes_back() {
    let source = sqlite_file().await;
    let world = filled(&source).await;
    let restored = Installation { restored_at: Some(at(3)), ..Installation::default() };
    write!(source.store, tx => installation::set(tx, restored).await).unwrap();
    let (there, back) = (postgres().await, sqlite_file().await);
    let mut told = Vec::new();
    let sent = copy(&source.store, &there.store, at(9), |progress| told.push(progress)).await.unwrap();
    let rows: BTreeMap<_, _> = sent.iter().map(|copied| (copied.table, copied.rows)).collect();
    assert_eq!((rows["organizations"], rows["users"], rows["customers"]), (2, 2, 1_251));
    assert_eq!(told.last().map(|last| last.steps), Some(told[0].steps_in_all));
    assert!(told.windows(2).all(|pair| pair[0].steps < pair[1].steps), "it only goes forward");
    let returned = copy(&there.store, &back.store, at(9), |_| {}).await.unwrap();
    assert_eq!(sent, returned, "counts and checksums");
    let org = world.org();
    for store in [&there.store, &back.store] {
        assert_eq!(
            read!(store, tx => customers::get(tx, org, world.customer.id).await),
            Ok(Some(world.customer.clone()))
        );
        assert_eq!(read!(store, tx => invariants::all(tx).await), Ok(vec![]));
        assert_eq!(state(store).await, restored, "what the source was");
        let event = read!(store, tx => events::newest(tx, org, LATER).await).unwrap();
        assert_eq!(
            read!(source.store, tx => events::newest(tx, org, LATER).await),
            Ok(event),
            "in the same order"
        );
    }
    assert_eq!(write!(there.store, tx => organizations::take_case_number(tx, org).await), Ok(1), "it works");
}

#[tokio::test]
async fn a_target_with_data_is_refused_and_an_unfinished_one_begun_anew() {
    let (source, target) = (sqlite_file().await, postgres().await);
    filled(&source).await;
    let other = World::in_store(&target.store).await;
    let refused = copy(&source.store, &target.store, at(9), |_| {}).await.unwrap_err();
    assert!(matches!(refused, CopyError::TargetNotEmpty("organizations")), "{refused}");
    let kept = read!(target.store, tx => organizations::list(tx).await).unwrap();
    assert_eq!(kept.len(), 2, "nothing was touched");

    let unfinished = Installation { unfinished_copy: true, ..Installation::default() };
    write!(target.store, tx => installation::set(tx, unfinished).await).unwrap();
    let refused = copy(&target.store, &sqlite_file().await.store, at(9), |_| {}).await.unwrap_err();
    assert!(matches!(refused, CopyError::SourceUnfinished), "{refused}");
    copy(&source.store, &target.store, at(9), |_| {}).await.unwrap();
    assert_eq!(state(&target.store).await, Installation::default());
    let org = other.org();
    assert_eq!(
        read!(target.store, tx => customers::get(tx, org, other.customer.id).await),
        read!(source.store, tx => customers::get(tx, org, other.customer.id).await),
    );
}

/// What a server writes meanwhile is neither half copied nor noticed: the copy is the source at one instant.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_is_written_to_meanwhile_is_copied_as_it_was_at_one_instant() {
    for source in [sqlite_file().await, postgres().await] {
        let world = filled(&source).await;
        let org = world.org();
        let target = sqlite_file().await;
        let beside = source.store.clone();
        let mut written = 0;
        copy(&source.store, &target.store, at(9), |_| {
            written += 1;
            // A writer that is at work between any two pages, and whose rows refer to each other.
            tokio::task::block_in_place(|| {
                tokio::runtime::Handle::current().block_on(async {
                    write!(beside, tx => {
                        let mut customer = world.customer.clone();
                        customer.id = world.ids.next(at(2));
                        customer.address = format!("+1666{written:07}");
                        organizations::take_case_number(tx, org).await?;
                        events::insert(tx, org, world.ids.next(at(2)), "case", "{}", at(2)).await?;
                        customers::insert(tx, org, &customer).await.map(drop)
                    })
                    .unwrap();
                });
            });
        })
        .await
        .unwrap();
        assert!(written > 3, "{written}");
        assert_eq!(state(&target.store).await, Installation::default());
        assert_eq!(
            write!(target.store, tx => organizations::take_case_number(tx, org).await),
            Ok(1),
            "nothing that came after the first look is in it"
        );
        assert_eq!(read!(target.store, tx => invariants::all(tx).await), Ok(vec![]));
    }
}

#[tokio::test]
async fn a_target_that_is_written_to_meanwhile_is_noticed() {
    let (source, target) = (postgres().await, sqlite_file().await);
    filled(&source).await;
    let path = target.path();
    let mut changed = false;
    let refused = copy(&source.store, &target.store, at(9), |progress| {
        if progress.table == "events" && !changed {
            changed = true;
            let beside = rusqlite::Connection::open(&path).unwrap();
            beside.execute("UPDATE users SET name = 'Somebody else'", []).unwrap();
        }
    });
    let refused = refused.await.unwrap_err();
    assert!(matches!(refused, CopyError::Differs("users")), "{refused}");
    assert!(state(&target.store).await.unfinished_copy, "it is not served");
    copy(&source.store, &target.store, at(9), |_| {}).await.unwrap();
    assert_eq!(state(&target.store).await, Installation::default());
}

/// A new table or column must not be forgotten.
#[tokio::test]
async fn every_table_and_column_is_copied() {
    let fresh = sqlite_file().await;
    let beside = rusqlite::Connection::open(fresh.path()).unwrap();
    let mut statement = beside
        .prepare(
            "SELECT t.name, c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
                WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' ORDER BY t.name, c.cid",
        )
        .unwrap();
    let mut schema: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    for row in rows {
        let (table, column): (String, String) = row.unwrap();
        if !OWN.contains(&table.as_str()) && (table.as_str(), column.as_str()) != ("events", "position") {
            schema.entry(table).or_default().push(column);
        }
    }
    let copied: BTreeMap<String, Vec<String>> = tables()
        .into_iter()
        .map(|(table, columns)| (table.to_owned(), columns.into_iter().map(str::to_owned).collect()))
        .collect();
    let sorted = |mut columns: Vec<String>| {
        columns.sort_unstable();
        columns
    };
    let (schema, copied) = (
        schema.into_iter().map(|(table, columns)| (table, sorted(columns))).collect::<Vec<_>>(),
        copied.into_iter().map(|(table, columns)| (table, sorted(columns))).collect::<Vec<_>>(),
    );
    assert_eq!(copied, schema);
}
