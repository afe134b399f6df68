//! What an operation may rely on, whatever the engine.

use std::collections::HashSet;

use domain::time::Instant;
use store::{ConstraintKind, Moment, Store, StoreError, events, messages, organizations};
use uuid::Uuid;

use crate::support::{World, at, events_of, keep, op, told};
use crate::{read, write};

pub async fn an_error_rolls_back_its_operation_alone(store: Store) {
    let world = World::in_store(&store).await;
    let org = world.org();
    let mut running = tokio::task::JoinSet::new();
    for i in 0..300_u32 {
        let (store, id) = (store.clone(), world.ids.next::<Uuid>(at(1)));
        running.spawn(async move {
            let result = write!(store, tx => {
                events::insert(tx, org, id, "case", "{}", at(1)).await?;
                if i % 3 == 0 {
                    return Err(StoreError::Other { detail: "on purpose".to_owned() });
                }
                Ok(())
            });
            (id, result)
        });
    }
    let answers = running.join_all().await;
    assert_eq!(answers.iter().filter(|(_, result)| result.is_ok()).count(), 200);
    for (id, result) in answers {
        assert_eq!(told(&store, org, id).await, result.is_ok(), "stored exactly if it was answered so");
    }
}

pub async fn a_panic_is_an_answer(store: Store) {
    let world = World::in_store(&store).await;
    let (org, id) = (world.org(), world.ids.next::<Uuid>(at(1)));
    let answer: Result<(), StoreError> = write!(store, tx => {
        events::insert(tx, org, id, "case", "{}", at(1)).await?;
        assert_eq!(org.to_string(), "", "a defect");
        Ok(())
    });
    assert!(answer.unwrap_err().log_text().contains("a defect"));
    assert!(!told(&store, org, id).await);
    let answer: Result<(), StoreError> = read!(store, tx => {
        organizations::list(tx).await?;
        panic!("while reading")
    });
    assert!(answer.unwrap_err().log_text().contains("while reading"));
    assert_eq!(write!(store, tx => organizations::take_case_number(tx, org).await), Ok(1), "it goes on");
}

pub async fn waiting_inside_an_operation_is_an_error(store: Store) {
    let world = World::in_store(&store).await;
    let (org, id) = (world.org(), world.ids.next::<Uuid>(at(1)));
    let answer: Result<(), StoreError> = write!(store, tx => {
        events::insert(tx, org, id, "case", "{}", at(1)).await?;
        std::future::pending().await
    });
    assert!(answer.unwrap_err().log_text().contains("waited for something"));
    assert!(!told(&store, org, id).await);
}

pub async fn reading_operations_cannot_write(store: Store) {
    let world = World::in_store(&store).await;
    let (org, id) = (world.org(), world.ids.next::<Uuid>(at(1)));
    let answer = read!(store, tx => events::insert(tx, org, id, "case", "{}", at(1)).await);
    assert!(answer.unwrap_err().log_text().contains("events::INSERT writes inside a reading operation"));
    assert!(!told(&store, org, id).await);
    write!(store, tx => events::insert(tx, org, id, "case", "{}", at(1)).await).unwrap();
}

/// Nothing is acknowledged that is not stored: an answer means that a reader sees it.
pub async fn what_is_answered_is_seen_by_readers(store: Store) {
    let world = World::in_store(&store).await;
    let org = world.org();
    for _ in 0..50 {
        let id = world.ids.next::<Uuid>(at(1));
        write!(store, tx => events::insert(tx, org, id, "case", "{}", at(1)).await).unwrap();
        assert!(told(&store, org, id).await);
    }
}

pub async fn many_writers_at_once(store: Store) {
    let world = World::in_store(&store).await;
    let org = world.org();
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..2_000 {
        let (store, id) = (store.clone(), world.ids.next::<Uuid>(at(1)));
        running.spawn(async move {
            let number = write!(store, tx => {
                events::insert(tx, org, id, "case", "{}", at(1)).await?;
                organizations::take_case_number(tx, org).await
            });
            number.unwrap()
        });
    }
    let numbers: HashSet<i64> = running.join_all().await.into_iter().collect();
    assert_eq!(
        (numbers.len(), events_of(&store, org).await),
        (2_000, 2_000),
        "each number and each event once"
    );
}

pub async fn foreign_keys_hold(store: Store) {
    let world = World::in_store(&store).await;
    let org = world.org();
    let nowhere = keep(world.inbound(&world.case(1), 1, "Hi"));
    let refused =
        write!(store, tx => messages::insert(tx, org, world.customer.id, nowhere).await).unwrap_err();
    assert!(
        matches!(refused, StoreError::Constraint { kind: ConstraintKind::ForeignKey, .. }),
        "{refused:?}"
    );
}

pub async fn a_closed_store_says_so(store: Store) {
    let world = World::in_store(&store).await;
    let org = world.org();
    let other = store.clone();
    // Queued before the end, so it still runs.
    let last = store.clone();
    let last =
        tokio::spawn(async move { write!(last, tx => organizations::take_case_number(tx, org).await) });
    tokio::task::yield_now().await;
    store.close().await;
    assert_eq!(last.await.unwrap(), Ok(1));
    for answer in [
        write!(other, tx => organizations::take_case_number(tx, org).await).map(drop),
        read!(other, tx => organizations::list(tx).await).map(drop),
        other.ping().await,
    ] {
        assert!(answer.unwrap_err().to_string().contains("shutting down"));
    }
}

pub async fn migrating_again_changes_nothing(store: Store) {
    assert_eq!(store.pending_migrations().await, Ok(vec![]));
    assert_eq!(store.migrate(Instant::from_ms(1)).await, Ok(vec![]));
    World::in_store(&store).await;
    assert_eq!(store.migrate(Instant::from_ms(2)).await, Ok(vec![]));
}

pub async fn ping_needs_the_schema_and_a_commit(store: Store) {
    assert_eq!(store.ping().await, Ok(()));
    assert_eq!(store.ping().await, Ok(()));
    // Not an operation of the suite's store: a fresh one of the only engine that needs no place.
    let empty = Store::open("sqlite::memory:").await.unwrap();
    assert_eq!(empty.ping().await, Err(StoreError::NotMigrated { missing: "0001_start".to_owned() }));
    let unused = op(|_tx: &mut store::Tx| Box::pin(async move { Ok(()) }));
    assert_eq!(empty.write(unused).await, Ok(()));
}

/// An operation happens at one moment, which lies before everything that it reads.
pub async fn an_operation_happens_before_it_reads(store: Store) {
    let world = World::in_store(&store).await;
    let org = world.org();
    let moment = |ms| Moment { here: at(ms), outside: at(ms + 1) };
    for ms in [1, 2] {
        let happens = write!(store, tx => {
            let first = tx.moment(|| moment(ms))?;
            organizations::get(tx, org).await?;
            Ok((first, tx.moment(|| panic!("the clocks are read once"))?))
        });
        assert_eq!(happens, Ok((moment(ms), moment(ms))), "each operation at its own");
    }
    let asks = write!(store, tx => {
        organizations::get(tx, org).await?;
        tx.moment(|| moment(3))
    });
    let counts = write!(store, tx => {
        organizations::take_case_number(tx, org).await?;
        tx.moment(|| moment(3))
    });
    let looks = read!(store, tx => {
        organizations::get(tx, org).await?;
        tx.moment(|| moment(3))
    });
    let inserts = write!(store, tx => {
        events::insert(tx, org, Uuid::nil(), "case", "{}", at(1)).await?;
        tx.moment(|| moment(3))
    });
    for late in [asks, counts, looks, inserts] {
        assert!(late.unwrap_err().log_text().contains("after it had read something"));
    }
}
