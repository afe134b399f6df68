//! The outbox: order, leases, and when to look again.

use domain::customer::Customer;
use domain::id::MessageId;
use store::outbox::{self, Phase, Row};
use store::{Store, cases, customers, messages};

use crate::support::{World, at, customer, keep};
use crate::{read, write};

/// Queued messages, one per entry: to this customer, due at this minute. A greater index is a younger message.
async fn enqueued(store: &Store, world: &'static World, entries: &[(&Customer, i64)]) -> Vec<&'static Row> {
    let org = world.org();
    let mut rows = Vec::new();
    for ((person, minute), number) in entries.iter().zip(1..) {
        let mut case = world.case(number);
        case.customer = (*person).clone();
        let case = keep(case);
        let message = keep(world.outbound(case, 1, world.by_ana()));
        let row = keep(Row {
            organization_id: org,
            message_id: message.id,
            case_id: case.id,
            channel_id: world.channel.id,
            customer_id: case.customer.id,
            phase: Phase::Queued,
            due_at: at(*minute),
            lease_epoch: 0,
            attempts: 0,
            attempt_started_at: None,
            lookups: 0,
            lookups_ok: 0,
        });
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

async fn change(store: &Store, row: &Row) {
    let row = keep(row.clone());
    assert_eq!(write!(store, tx => outbox::update(tx, row, row.lease_epoch).await), Ok(true));
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

    let attempting = Row { phase: Phase::Attempting, due_at: at(20), ..rows[0].clone() };
    change(&store, &attempting).await;
    assert_eq!(due(&store, 19, 10).await, [ids[2]], "nothing of Carla's while one is being handed over");
    assert_eq!(due(&store, 20, 10).await, [ids[1], ids[2], ids[0]], "the lease has ended");
    let unknown = Row { phase: Phase::Unknown, due_at: at(30), ..attempting };
    change(&store, &unknown).await;
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
    let taken = keep(Row {
        phase: Phase::Attempting,
        due_at: at(5),
        lease_epoch: 1,
        attempts: 1,
        attempt_started_at: Some(at(1)),
        lookups: 2,
        lookups_ok: 1,
        ..rows[0].clone()
    });
    assert_eq!(write!(store, tx => outbox::update(tx, taken, 0).await), Ok(true));
    assert_eq!(write!(store, tx => outbox::update(tx, taken, 0).await), Ok(false));
    let (org, id) = (world.org(), taken.message_id);
    assert_eq!(read!(store, tx => outbox::get(tx, org, id).await), Ok(Some(taken.clone())));
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
