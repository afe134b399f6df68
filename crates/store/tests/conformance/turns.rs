//! Operations that take turns, and what is sent ahead: on every engine as if one ran after another.

use std::collections::HashSet;

use domain::case::Case;
use domain::customer::Customer;
use domain::message::Message;
use store::decisions::{self, Record};
use store::{ConstraintKind, Store, StoreError, cases, customers, events, messages, organizations, timers};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{Crowd, World, at, customer, events_of, keep, op, told};
use crate::{in_turn, read, write};

pub async fn each_in_its_organizations_turn(store: Store) {
    let world = World::in_store(&store).await;
    let (org, other) = (world.org(), world.other.id);
    let mut running = JoinSet::new();
    for i in 0..600 {
        let (store, org) = (store.clone(), if i % 3 == 0 { other } else { org });
        let id = world.ids.next::<Uuid>(at(1));
        running.spawn(async move {
            let taken = in_turn!(store, org, i % 9, tx => {
                events::insert(tx, org, id, "case", "{}", at(1)).await?;
                organizations::take_case_number(tx, org).await
            });
            (org, taken.unwrap())
        });
    }
    let taken: HashSet<_> = running.join_all().await.into_iter().collect();
    assert_eq!(taken.len(), 600, "each number once");
    for (org, many) in [(org, 400), (other, 200)] {
        assert_eq!(taken.iter().filter(|(of, _)| *of == org).count(), many);
        assert_eq!(events_of(&store, org).await, many, "each event once");
    }
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
        let found = customers::by_address(tx, org, &world.customer.address).await?;
        customers::ask_by_address(tx, org, unknown).await?;
        Ok(found)
    });
    assert_eq!(again, Ok(known));
}

/// Questions of one kind are sent together: each gets its own rows, in their order, also one that is asked twice
/// and one whose answer is nothing.
pub async fn what_many_ask_is_told_apart(store: Store) {
    let world = World::in_store(&store).await;
    let org = world.org();
    let addresses = keep(["+15550000101", "+15550000102", "+15550000103"]);
    for (n, address) in (0..).zip(&addresses[..2]) {
        let customer = keep(customer(&world.ids, address, "New"));
        let case = keep(Case { customer: customer.clone(), ..world.case(10 + n) });
        write!(store, tx => {
            customers::insert(tx, org, customer).await?;
            cases::insert(tx, org, case).await
        })
        .unwrap();
        for sequence in 1..=4 {
            let author = if sequence == 3 - n { world.automatic() } else { world.by_ana() };
            let message =
                Message { created_at: at(10 * n + sequence), ..world.outbound(case, sequence, author) };
            let message = keep(message);
            write!(store, tx => messages::insert(tx, org, customer.id, message).await).unwrap();
        }
    }
    let expected = |n: i64| (2..=4).rev().map(move |sequence| (at(10 * n + sequence), sequence == 3 - n));
    let expected: [Vec<_>; 3] = [expected(0).collect(), expected(1).collect(), Vec::new()];
    for wanted in [[0, 1, 2, 0], [2, 0, 2, 1]] {
        let asked = async move |tx: &mut store::Tx| {
            for n in wanted {
                messages::ask_recent_to_customer(tx, org, addresses[n], 3).await?;
            }
            let mut found = Vec::new();
            for n in wanted {
                let recent = messages::recent_to_customer(tx, org, addresses[n], 3).await?;
                found.push(recent.iter().map(|recent| (recent.at, recent.automatic)).collect::<Vec<_>>());
            }
            Ok::<_, StoreError>(found)
        };
        let (asked, expected) = (keep(asked), wanted.map(|n| expected[n].clone()));
        assert_eq!(write!(store, tx => asked(tx).await).unwrap(), expected);
        assert_eq!(read!(store, tx => asked(tx).await).unwrap(), expected);
    }
}

/// Writes wait for an answer that somebody wants; a question that is asked after them is answered after them.
pub async fn what_is_asked_after_a_write_sees_it(store: Store) {
    let world = World::in_store(&store).await;
    let org = world.org();
    let (first, renamed) = (customer(&world.ids, "+15550000201", "New"), "Renamed");
    let later = keep(customer(&world.ids, "+15550000202", "New"));
    let first = keep(first);
    let seen = write!(store, tx => {
        customers::ask_by_address(tx, org, &later.address).await?;
        customers::insert(tx, org, first).await?;
        customers::insert(tx, org, later).await?;
        customers::ask_by_address(tx, org, &first.address).await?;
        customers::ask_by_address(tx, org, &later.address).await?;
        customers::update(tx, org, &Customer { name: renamed.to_owned(), ..first.clone() }).await?;
        let before = customers::by_address(tx, org, &first.address).await?;
        let known = customers::by_address(tx, org, &later.address).await?;
        let renamed_by_now = customers::by_address(tx, org, &first.address).await?;
        // One asks twice and takes one answer; what is asked after a write is not answered by the other one.
        customers::ask_by_address(tx, org, &later.address).await?;
        customers::ask_by_address(tx, org, &later.address).await?;
        customers::by_address(tx, org, &later.address).await?;
        customers::update(tx, org, &Customer { name: renamed.to_owned(), ..later.clone() }).await?;
        customers::ask_by_address(tx, org, &later.address).await?;
        organizations::enter(tx, org).await?;
        let later = customers::by_address(tx, org, &later.address).await?;
        Ok([before, known, renamed_by_now, later])
    });
    let [_, known, first, second] = seen.unwrap();
    assert_eq!(known.as_ref(), Some(later), "the question was asked again after it was written");
    for now in [first, second] {
        assert_eq!(now.map(|customer| customer.name).as_deref(), Some(renamed));
    }
}

/// A timer that a transaction has locked is read once; what the transaction changes about it, it sees.
pub async fn what_is_locked_is_seen_as_it_is(store: Store) {
    let world = World::in_store(&store).await;
    let (org, user) = (world.org(), world.ana.id);
    let seen = write!(store, tx => {
        let mut seen = vec![timers::get(tx, org, user).await?, timers::get(tx, org, user).await?];
        for due_at in [Some(at(5)), Some(at(3)), None, Some(at(7))] {
            timers::arm(tx, org, user, due_at).await?;
            seen.push(timers::get(tx, org, user).await?);
        }
        Ok(seen)
    });
    assert_eq!(seen, Ok(vec![None, None, Some(at(5)), Some(at(3)), None, Some(at(7))]));
    // The next transaction, on the same connection or another, reads it anew.
    write!(store, tx => timers::arm(tx, org, user, Some(at(9))).await).unwrap();
    assert_eq!(write!(store, tx => timers::get(tx, org, user).await), Ok(Some(at(9))));
}

/// A row that is changed in the operation that writes it is stored as it was last.
pub async fn what_is_written_twice_is_stored_as_it_was_last(store: Store) {
    let world = World::in_store(&store).await;
    let org = world.org();
    let [case, other] = [1, 2].map(|number| keep(world.case(number)));
    let message = keep(world.inbound(case, 1, "Hi"));
    let first = keep(world.record(message, at(2)));
    let second = keep(Record { id: first.id, ..world.record(message, at(30)) });
    let later = keep(Case { subject: "Renamed".to_owned(), last_sequence: 1, ..case.clone() });
    let latest = keep(Case { subject: "Renamed again".to_owned(), ..later.clone() });
    for refused in [true, false] {
        let done = write!(store, tx => {
            cases::insert(tx, org, case).await?;
            cases::insert(tx, org, other).await?;
            messages::insert(tx, org, world.customer.id, message).await?;
            decisions::insert(tx, org, first).await?;
            decisions::update(tx, org, second).await?;
            cases::save(tx, org, later).await?;
            if refused {
                return Err(StoreError::Other { detail: "on purpose".to_owned() });
            }
            assert_eq!(decisions::get_of_message(tx, org, message.id).await?.as_ref(), Some(second));
            cases::save(tx, org, case).await?;
            cases::save(tx, org, other).await?;
            cases::save(tx, org, latest).await
        });
        assert_eq!(done.is_err(), refused, "{done:?}");
        for (case, stored) in [(case, latest), (other, other)] {
            let found = read!(store, tx => cases::get(tx, org, case.id).await).unwrap();
            assert_eq!(found, (!refused).then(|| stored.clone()));
        }
    }
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
    // One of several is missing: the error names the rows in question.
    let (there, missing) = (world.stored_case(&store, 2).await, keep(world.case(3)));
    let refused = write!(store, tx => {
        cases::save(tx, org, there).await?;
        cases::save(tx, org, missing).await
    });
    let Err(StoreError::Missing { table, id, .. }) = refused else { panic!("{refused:?}") };
    assert!(table == "cases" && id.contains(&missing.id.to_string()), "{table} {id}");
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
                    // An answer that nobody wants, to a question that locks where there is something to write.
                    customers::ask_by_address(tx, org, "+15550009999").await?;
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
