//! Operations at once: what one reads to change it, no other changes in between, whatever the engine.

use domain::customer::Customer;
use domain::id::{CustomerId, OrganizationId};
use domain::presence::ActivityKind;
use domain::time::MINUTE_MS;
use store::{
    Store, StoreError, Tx, cases, customers, events, organizations, outbox, settings, timers, users,
};
use tokio::task::JoinSet;

use crate::support::{World, at, events_of, keep};
use crate::{read, write};

const AT_ONCE: i64 = 60;

const DEADLOCKED: usize = 20;

pub async fn nobody_overwrites_what_another_wrote(store: Store) {
    let world = World::in_store(&store).await;
    let (org, ana) = (world.org(), world.ana.id);
    let case = world.stored_case(&store, 1).await.id;
    write!(store, tx => timers::arm(tx, org, ana, Some(at(0))).await).unwrap();
    let mut running = JoinSet::new();
    for i in 0..AT_ONCE {
        let store = store.clone();
        running.spawn(async move {
            match i % 3 {
                0 => write!(store, tx => {
                    organizations::enter(tx, org).await?;
                    let mut case = cases::get(tx, org, case).await?.unwrap();
                    case.last_sequence += 1;
                    cases::save(tx, org, &case).await.map(drop)
                }),
                1 => write!(store, tx => {
                    let due_at = timers::get(tx, org, ana).await?.unwrap();
                    timers::arm(tx, org, ana, Some(due_at.plus_ms(MINUTE_MS))).await
                }),
                _ => write!(store, tx => {
                    organizations::enter_alone(tx, org).await?;
                    let mut stored = settings::get(tx, org).await?;
                    stored.version += 1;
                    assert!(settings::update(tx, org, &stored, stored.version - 1).await?);
                    Ok(())
                }),
            }
            .unwrap();
        });
    }
    running.join_all().await;
    let third = AT_ONCE / 3;
    assert_eq!(read!(store, tx => cases::get(tx, org, case).await).unwrap().unwrap().last_sequence, third);
    assert_eq!(read!(store, tx => timers::get(tx, org, ana).await), Ok(Some(at(third))));
    assert_eq!(read!(store, tx => settings::get(tx, org).await).unwrap().version, 1 + third);
    let later = at(999);
    assert_eq!(write!(store, tx => users::touch(tx, org, ana, later, ActivityKind::Request).await), Ok(true));
}

pub async fn a_due_row_is_taken_by_one(store: Store) {
    let world = World::in_store(&store).await;
    let org = world.org();
    let case = world.stored_case(&store, 1).await;
    let message = keep(world.outbound(case, 1, world.by_ana()));
    let row = keep(world.on_its_way(case, message, at(1)));
    write!(store, tx => {
        store::messages::insert(tx, org, case.customer.id, message).await?;
        outbox::insert(tx, row).await
    })
    .unwrap();
    let mut running = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (store, id) = (store.clone(), message.id);
        running.spawn(async move {
            write!(store, tx => {
                let row = outbox::get(tx, org, id).await?.unwrap();
                if row.state().lease_epoch != 0 {
                    return Ok(false);
                }
                assert!(outbox::update(tx, &row.attempt(at(1))).await?, "nobody came between");
                Ok(true)
            })
            .unwrap()
        });
    }
    let taken = running.join_all().await;
    assert_eq!(taken.into_iter().filter(|taken| *taken).count(), 1);
}

/// Both look, neither finds, both insert: the second one looks again.
pub async fn a_customer_is_made_once(store: Store) {
    let world = World::in_store(&store).await;
    let org = world.org();
    for round in 0..10 {
        let mut running = JoinSet::new();
        for _ in 0..6 {
            let (store, id) = (store.clone(), world.ids.next::<CustomerId>(at(1)));
            running
                .spawn(async move { write!(store, tx => find_or_make(tx, org, id, round).await).unwrap() });
        }
        let made = running.join_all().await;
        assert_eq!(made.into_iter().filter(|made| *made).count(), 1, "round {round}");
    }
}

async fn find_or_make(
    tx: &mut Tx,
    org: OrganizationId,
    id: CustomerId,
    round: u32,
) -> Result<bool, StoreError> {
    let address = format!("+1555000200{round}");
    if customers::by_address(tx, org, &address).await?.is_some() {
        return Ok(false);
    }
    let customer = Customer {
        id,
        address,
        name: String::new(),
        opted_out_at: None,
        opted_out_by: None,
        created_at: at(1),
    };
    customers::insert(tx, org, &customer).await?;
    Ok(true)
}

/// Two timers, locked in both orders: whoever is in another's way is run again.
pub async fn a_deadlock_is_resolved(store: Store) {
    let world = World::in_store(&store).await;
    let (org, one, two) = (world.org(), world.ana.id, world.ben.id);
    let mut running = JoinSet::new();
    for i in 0..DEADLOCKED {
        let (store, event) = (store.clone(), world.ids.next(at(1)));
        let (first, second) = if i % 2 == 0 { (one, two) } else { (two, one) };
        running.spawn(async move {
            write!(store, tx => {
                timers::get(tx, org, first).await?;
                timers::get(tx, org, second).await?;
                events::insert(tx, org, event, "case", "{}", at(1)).await
            })
            .unwrap();
        });
    }
    running.join_all().await;
    assert_eq!(events_of(&store, org).await, DEADLOCKED);
}
