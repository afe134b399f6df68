//! Operations that take turns, and what is sent ahead: on every engine as if one ran after another.

use store::{ConstraintKind, Store, StoreError, customers, events, messages, organizations};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{Crowd, World, at, customer, keep, op, told};
use crate::{in_turn, read, write};

pub async fn one_after_another_without_gaps(store: Store) {
    let world = World::in_store(&store).await;
    let (org, other) = (world.org(), world.other.id);
    let mut running = JoinSet::new();
    for i in 0..600 {
        let (store, org) = (store.clone(), if i % 3 == 0 { other } else { org });
        running.spawn(async move {
            let taken = in_turn!(store, org, i % 9, tx => organizations::take_case_number(tx, org).await);
            (org, taken.unwrap())
        });
    }
    let mut taken = running.join_all().await;
    taken.sort_unstable();
    let mut expected: Vec<_> = (1..=200).map(|n| (other, n)).chain((1..=400).map(|n| (org, n))).collect();
    expected.sort_unstable();
    assert_eq!(taken, expected, "each number once, without gaps");
}

/// Refusals, failed statements, panics and waiting, each amid operations that succeed.
pub async fn a_refused_operation_leaves_its_neighbours_alone(store: Store) {
    let world = World::in_store(&store).await;
    let org = world.org();
    let mut running = JoinSet::new();
    for i in 0..60_u32 {
        let (store, id) = (store.clone(), world.ids.next::<Uuid>(at(1)));
        running.spawn(async move {
            let result = in_turn!(store, org, i % 9, tx => {
                events::insert(tx, org, id, "case", "{}", at(1)).await?;
                match i {
                    10 => Err(StoreError::Other { detail: "on purpose".to_owned() }),
                    20 => events::insert(tx, org, id, "case", "{}", at(1)).await,
                    30 => panic!("a defect"),
                    40 => std::future::pending().await,
                    _ => Ok(()),
                }
            });
            (i, id, result)
        });
    }
    for (i, id, result) in running.join_all().await {
        assert_eq!(result.is_ok(), ![10, 20, 30, 40].contains(&i), "{i}: {result:?}");
        assert_eq!(told(&store, org, id).await, result.is_ok(), "{i}: stored exactly if it was answered so");
    }
}

pub async fn what_is_asked_ahead_is_answered(store: Store) {
    let world = World::in_store(&store).await;
    let org = world.org();
    let (known, unknown) = (&world.customer.address, "+15550009999");
    let answers = write!(store, tx => {
        customers::ask_by_address(tx, org, known).await?;
        customers::ask_by_address(tx, org, unknown).await?;
        messages::ask_by_provider_id(tx, org, "never wanted").await?;
        Ok([
            customers::by_address(tx, org, unknown).await?,
            customers::by_address(tx, org, known).await?,
            customers::by_address(tx, org, known).await?,
        ])
    });
    let known = Some(world.customer.clone());
    assert_eq!(answers, Ok([None, known.clone(), known.clone()]));
    let again = read!(store, tx => {
        customers::ask_by_address(tx, org, &world.customer.address).await?;
        customers::by_address(tx, org, &world.customer.address).await
    });
    assert_eq!(again, Ok(known));
}

/// Nobody waits for the answer to a write that is sent ahead; it counts all the same.
pub async fn a_failed_write_fails_its_operation(store: Store) {
    let world = World::in_store(&store).await;
    let (org, id) = (world.org(), world.ids.next::<Uuid>(at(1)));
    let nowhere = keep(world.inbound(&world.case(1), 1, "Hi"));
    let refused = write!(store, tx => {
        events::insert(tx, org, id, "case", "{}", at(1)).await?;
        messages::insert(tx, org, world.customer.id, nowhere).await
    });
    let Err(StoreError::Constraint { kind: ConstraintKind::ForeignKey, .. }) = refused else {
        panic!("{refused:?}");
    };
    assert!(!told(&store, org, id).await);
}

/// Readers who share a snapshot get an answer each, also those who ask the same, and beside one that fails.
pub async fn a_crowd_of_readers(store: Store) {
    let world = World::in_store(&store).await;
    let (org, address) = (world.org(), &world.customer.address);
    for _ in 0..20 {
        let readers = (0..20_u32).map(async |i| {
            let reading = op(move |tx: &mut store::Tx| {
                Box::pin(async move {
                    customers::ask_by_address(tx, org, address).await?;
                    if i == 10 {
                        return Err(StoreError::Other { detail: "on purpose".to_owned() });
                    }
                    customers::by_address(tx, org, address).await
                })
            });
            (i, store.read(Crowd(reading)).await)
        });
        for (i, found) in futures_util::future::join_all(readers).await {
            match i {
                10 => assert!(found.is_err()),
                _ => assert_eq!(found, Ok(Some(world.customer.clone()))),
            }
        }
    }
    // What was answered before it was asked for is in the snapshot.
    for n in 1..50 {
        let changed = keep(customer(&world.ids, &format!("+1555000{n:04}"), "New"));
        write!(store, tx => customers::insert(tx, org, changed).await).unwrap();
        let reading = op(move |tx: &mut store::Tx| {
            Box::pin(async move { customers::by_address(tx, org, &changed.address).await })
        });
        assert_eq!(store.read(Crowd(reading)).await, Ok(Some(changed.clone())));
    }
}
