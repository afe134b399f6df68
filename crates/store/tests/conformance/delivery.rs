//! The outbox: order, leases, and when to look again.

use domain::customer::Customer;
use domain::id::MessageId;
use domain::outbox::{Change, LEASE_MS, NotFound, OutboxRow};
use store::{Store, cases, customers, messages, outbox};

use crate::support::{World, at, customer, keep};
use crate::{read, write};

/// Queued messages, one per entry: to this customer, due at this minute. A greater index is a younger message.
async fn enqueued(
    store: &Store,
    world: &'static World,
    entries: &[(&Customer, i64)],
) -> Vec<&'static OutboxRow> {
    let org = world.org();
    let mut rows = Vec::new();
    for ((person, minute), number) in entries.iter().zip(1..) {
        let mut case = world.case(number);
        case.customer = (*person).clone();
        let case = keep(case);
        let message = keep(world.outbound(case, 1, world.by_ana()));
        let row = keep(world.on_its_way(case, message, at(*minute)));
        write!(store, tx => {
            cases::insert(tx, org, case).await?;
            messages::insert(tx, org, case.customer.id, message).await?;
            outbox::insert(tx, row).await
        })
        .unwrap();
        rows.push(row);
    }
    rows
}

async fn second_customer(store: &Store, world: &'static World) -> &'static Customer {
    let person = keep(customer(&world.ids, "+15551230002", "Dan Eck"));
    write!(store, tx => customers::insert(tx, world.org(), person).await).unwrap();
    person
}

async fn due(store: &Store, minute: i64, limit: u32) -> Vec<MessageId> {
    let found = write!(store, tx => outbox::due(tx, at(minute), limit).await).unwrap();
    found.into_iter().map(|row| row.message_id).collect()
}

async fn change(store: &Store, change: Change) -> OutboxRow {
    let change = keep(change);
    assert_eq!(write!(store, tx => outbox::update(tx, change).await), Ok(true));
    change.row().clone()
}

/// A customer's messages on a channel go one after another, the oldest first.
pub async fn the_outbox_keeps_the_order_of_one_customer(store: Store) {
    let world = World::in_store(&store).await;
    let (carla, dan) = (&world.customer, second_customer(&store, world).await);
    let rows = enqueued(&store, world, &[(carla, 3), (carla, 1), (dan, 2), (carla, 4)]).await;
    let ids: Vec<MessageId> = rows.iter().map(|row| row.message_id).collect();
    assert_eq!(due(&store, 1, 10).await, [], "the second waits for the first, which is due later");
    assert_eq!(due(&store, 2, 10).await, [ids[2]]);
    assert_eq!(due(&store, 9, 10).await, [ids[2], ids[0]], "the longest due first; one of Carla's");
    assert_eq!(due(&store, 9, 1).await, [ids[2]]);

    let attempting = change(&store, rows[0].clone().attempt(at(20).plus_ms(-LEASE_MS))).await;
    assert_eq!(due(&store, 19, 10).await, [ids[2]], "nothing of Carla's while one is being handed over");
    assert_eq!(due(&store, 20, 10).await, [ids[1], ids[2], ids[0]], "the lease has ended");
    change(&store, attempting.lose_answer(at(30))).await;
    assert_eq!(due(&store, 20, 10).await, [ids[1], ids[2]], "a look-up does not hold up the younger ones");
    let (org, first, second) = (world.org(), ids[0], ids[1]);
    assert_eq!(write!(store, tx => outbox::delete(tx, org, first).await), Ok(true));
    assert_eq!(write!(store, tx => outbox::delete(tx, org, first).await), Ok(false));
    assert_eq!(write!(store, tx => outbox::delete(tx, org, second).await), Ok(true));
    assert_eq!(due(&store, 20, 10).await, [ids[2], ids[3]]);
}

/// Fencing: a write names the lease that it knows.
pub async fn a_lease_that_was_overtaken_changes_nothing(store: Store) {
    let world = World::in_store(&store).await;
    let rows = enqueued(&store, world, &[(&world.customer, 1)]).await;
    let (first, second) = (keep(rows[0].clone().attempt(at(1))), keep(rows[0].clone().attempt(at(2))));
    assert_eq!(write!(store, tx => outbox::update(tx, first).await), Ok(true));
    assert_eq!(write!(store, tx => outbox::update(tx, second).await), Ok(false));
    let NotFound::Again(again) = first.row().clone().not_found(true, at(3)) else {
        panic!("one look-up is not enough");
    };
    let taken = change(&store, again).await;
    let (org, id) = (world.org(), taken.message_id);
    assert_eq!(read!(store, tx => outbox::get(tx, org, id).await), Ok(Some(taken)));
}

pub async fn the_outbox_tells_when_to_look_again(store: Store) {
    let world = World::in_store(&store).await;
    assert_eq!(read!(store, tx => outbox::depth(tx).await), Ok((0, None)));
    assert_eq!(read!(store, tx => outbox::next_due(tx, at(0)).await), Ok(None));
    enqueued(&store, world, &[(&world.customer, 3), (&world.customer, 1), (&world.customer, 3)]).await;
    assert_eq!(read!(store, tx => outbox::depth(tx).await), Ok((3, Some(at(1)))));
    for (now, next) in [(0, Some(at(1))), (1, Some(at(3))), (2, Some(at(3))), (3, None)] {
        assert_eq!(read!(store, tx => outbox::next_due(tx, at(now)).await), Ok(next), "minute {now}");
    }
}
