//! Decisions, claims, and the invariants over all of it.

use domain::auto_reply::absence::{Claim, ClaimKind};
use domain::auto_reply::{Outcome, Reason};
use domain::case::{Case, FailedMessage, Watch};
use domain::customer::Customer;
use domain::delivery::DeliveryStatus;
use domain::message::{Author, Message};
use store::decisions::{self, DecisionFilter, Record};
use store::{Store, StoreError, cases, claims, customers, invariants, messages, outbox};

use crate::support::{World, at, keep};
use crate::{read, write};

/// A customer's message on a case, stored.
async fn arrives(
    store: &Store,
    world: &'static World,
    case: &'static Case,
    sequence: i64,
) -> &'static Message {
    let message = keep(world.inbound(case, sequence, "Hi"));
    write!(store, tx => messages::insert(tx, world.org(), world.customer.id, message).await).unwrap();
    message
}

/// Section 7: each customer message has exactly one decision.
pub async fn one_decision_per_message(store: Store) {
    let world = World::in_store(&store).await;
    let org = world.org();
    let case = world.stored_case(&store, 1).await;
    let message = arrives(&store, world, case, 1).await;
    let record = keep(world.record(message, at(2)));
    write!(store, tx => decisions::insert(tx, org, record).await).unwrap();
    let again = keep(Record { id: world.ids.next(at(3)), ..record.clone() });
    let refused = write!(store, tx => decisions::insert(tx, org, again).await).unwrap_err();
    assert!(refused.is_duplicate("decisions", "message_id"), "{refused:?}");
    let id = message.id;
    assert_eq!(read!(store, tx => decisions::get_of_message(tx, org, id).await), Ok(Some(record.clone())));
}

pub async fn decisions_are_rewritten_and_listed(store: Store) {
    let world = World::in_store(&store).await;
    let org = world.org();
    let case = world.stored_case(&store, 1).await;
    let case_id = case.id;
    // The first two are watched, the third is sent: Ana's threshold of 10 minutes has passed.
    let mut records = Vec::new();
    for (sequence, minute) in [(1, 5), (2, 5), (3, 15)] {
        let message = arrives(&store, world, case, sequence).await;
        let record = keep(world.record(message, at(minute)));
        write!(store, tx => decisions::insert(tx, org, record).await).unwrap();
        records.push(record.clone());
    }
    let outcomes: Vec<Outcome> = records.iter().map(|record| record.outcome).collect();
    assert_eq!(outcomes, [Outcome::Watching, Outcome::Watching, Outcome::Sent]);
    assert_eq!(
        read!(store, tx => decisions::watching_of_case(tx, org, case_id).await),
        Ok(records[..2].to_vec())
    );
    let first = records[0].id;
    for (after, limit, expected) in
        [(None, 50, &records[..]), (None, 1, &records[..1]), (Some(first), 50, &records[1..])]
    {
        let found = read!(store, tx => decisions::of_case(tx, org, case_id, after, limit).await);
        assert_eq!(found, Ok(expected.to_vec()));
    }
    let newest_first: Vec<Record> = records.iter().rev().cloned().collect();
    for (before, limit, expected) in [
        (None, 50, &newest_first[..]),
        (None, 1, &newest_first[..1]),
        (Some(first), 50, &[]),
        (Some(records[2].id), 50, &newest_first[1..]),
    ] {
        let found = read!(store, tx => decisions::newest_of_case(tx, org, case_id, before, limit).await);
        assert_eq!(found, Ok(expected.to_vec()));
    }
    let window = read!(store, tx => decisions::of_sequences(tx, org, case_id, (2, 3)).await);
    assert_eq!(window, Ok(newest_first[..2].to_vec()));
    assert_eq!(read!(store, tx => decisions::get(tx, org, first).await), Ok(Some(records[0].clone())));

    let all = DecisionFilter { limit: 50, ..DecisionFilter::default() };
    let (watching, sent) = (Some(Outcome::Watching), Some(Outcome::Sent));
    let last = &records[2];
    let table = [
        (all.clone(), vec![2, 1, 0]),
        (DecisionFilter { limit: 2, ..all.clone() }, vec![2, 1]),
        (DecisionFilter { outcome: watching, ..all.clone() }, vec![1, 0]),
        (DecisionFilter { outcome: sent, reason: Some(Reason::Disabled), ..all.clone() }, vec![]),
        (DecisionFilter { reason: Some(Reason::OperatorActive), ..all.clone() }, vec![1, 0]),
        (DecisionFilter { from: Some(at(15)), ..all.clone() }, vec![2]),
        (DecisionFilter { from: Some(at(5)), to: Some(at(15)), ..all.clone() }, vec![1, 0]),
        (DecisionFilter { after: Some((last.decided_at, last.id)), ..all.clone() }, vec![1, 0]),
        (DecisionFilter { after: Some((at(5), records[1].id)), to: Some(at(99)), ..all.clone() }, vec![0]),
        (DecisionFilter { after: Some((last.decided_at, last.id)), to: Some(at(5)), ..all }, vec![]),
    ];
    for (filter, expected) in table {
        let filter = keep(filter);
        let found = read!(store, tx => decisions::list(tx, org, filter).await).unwrap();
        let expected: Vec<Record> = expected.into_iter().map(|i: usize| records[i].clone()).collect();
        assert_eq!(found, expected, "{filter:?}");
    }

    let reply = world.ids.next(at(11));
    for record in &records[..2] {
        let ended = keep(Record {
            outcome: Outcome::NotSent,
            reason: Reason::Seen,
            rule: "R5".to_owned(),
            reply_message_id: Some(reply),
            decided_at: at(11),
            ..record.clone()
        });
        write!(store, tx => decisions::update(tx, org, ended).await).unwrap();
        let id = ended.message_id;
        assert_eq!(read!(store, tx => decisions::get_of_message(tx, org, id).await), Ok(Some(ended.clone())));
    }
    assert_eq!(read!(store, tx => decisions::watching_of_case(tx, org, case_id).await), Ok(vec![]));
    // What is sent to the customer ends every watch before it: looked at is only what comes after.
    let sent = keep(Message { ..world.outbound(case, 4, world.automatic()) });
    write!(store, tx => messages::insert(tx, org, world.customer.id, sent).await).unwrap();
    let newest = keep(world.record(arrives(&store, world, case, 5).await, at(5)));
    write!(store, tx => decisions::insert(tx, org, newest).await).unwrap();
    let watching = read!(store, tx => decisions::watching_of_case(tx, org, case_id).await);
    assert_eq!(watching, Ok(vec![newest.clone()]));

    let of_reply = read!(store, tx => decisions::by_reply(tx, org, reply).await).unwrap();
    assert_eq!(of_reply.len(), 2);
    let unknown = keep(Record { id: world.ids.next(at(12)), ..records[0].clone() });
    assert_eq!(
        write!(store, tx => decisions::update(tx, org, unknown).await),
        Err(StoreError::Missing { table: "decisions", id: unknown.id.to_string() })
    );
}

/// R7: once per case and absence; R19: a cancelled reply frees it.
pub async fn an_absence_is_claimed_once(store: Store) {
    let world = World::in_store(&store).await;
    let org = world.org();
    let (one, two) = (world.stored_case(&store, 1).await.id, world.stored_case(&store, 2).await.id);
    let absence = world.absence();
    let later = Claim { since: at(30), ..absence };
    let bens = Claim { operator_id: world.ben.id, ..absence };
    let away = Claim { kind: ClaimKind::Away, ..absence };
    let reply = world.ids.next(at(1));
    assert_eq!(read!(store, tx => claims::taken(tx, org, one, &absence).await), Ok(false));
    for (case, absence, first) in [
        (one, absence, true),
        (one, absence, false),
        (two, absence, true),
        (one, later, true),
        (one, bens, true),
        (one, away, true),
    ] {
        let reply = if first { reply } else { world.ids.next(at(2)) };
        let claimed = write!(store, tx => claims::claim(tx, org, case, &absence, reply).await);
        assert_eq!(claimed, Ok(first), "{absence:?}");
        assert_eq!(read!(store, tx => claims::taken(tx, org, case, &absence).await), Ok(true));
    }
    assert_eq!(write!(store, tx => claims::release(tx, org, reply).await), Ok(true));
    assert_eq!(write!(store, tx => claims::release(tx, org, reply).await), Ok(false));
    assert_eq!(write!(store, tx => claims::claim(tx, org, one, &absence, reply).await), Ok(true));
}

/// The check of stored data: silent about a sound world, and it names each single thing that is broken.
pub async fn invariants_name_what_is_wrong(store: Store) {
    let world = World::in_store(&store).await;
    let org = world.org();
    let problems = async || read!(store, tx => invariants::all(tx).await).unwrap();
    let case = world.stored_case(&store, 1).await;
    assert!(problems().await[0].contains("has a number that was not counted"));
    world.count_cases(&store, 2).await;
    let waiting_since = Some(at(1));
    let watched = keep(Case { watch: Some(Watch { from: None }), waiting_since, ..world.case(2) });
    write!(store, tx => cases::insert(tx, org, watched).await).unwrap();
    assert!(problems().await[0].contains("is watched, but none of its decisions is"));

    let waiting = arrives(&store, world, watched, 1).await;
    let watching = keep(world.record(waiting, at(5)));
    let message = arrives(&store, world, case, 1).await;
    assert_eq!(problems().await.iter().filter(|text| text.contains("has no decision")).count(), 2);
    assert!(problems().await.iter().any(|text| text.contains("does not wait, but its customer does")));
    let case = keep(Case { waiting_since, ..case.clone() });
    write!(store, tx => cases::save(tx, org, case).await).unwrap();

    // Sound: one message is watched, one is answered by a queued reply that holds its claim.
    let reply = keep(Message { ..world.outbound(case, 2, world.automatic()) });
    let sent = keep(Record { reply_message_id: Some(reply.id), ..world.record(message, at(15)) });
    let absence = world.absence();
    let row = keep(world.on_its_way(case, reply, at(15)));
    write!(store, tx => {
        decisions::insert(tx, org, watching).await?;
        decisions::insert(tx, org, sent).await?;
        messages::insert(tx, org, world.customer.id, reply).await?;
        claims::claim(tx, org, case.id, &absence, reply.id).await?;
        outbox::insert(tx, row).await
    })
    .unwrap();
    assert_eq!(problems().await, Vec::<String>::new());

    // Each breakage is made, named and mended.
    let failed = FailedMessage { id: reply.id, status: DeliveryStatus::Failed };
    let marked = keep(Case { failed_message: Some(failed), ..case.clone() });
    write!(store, tx => cases::save(tx, org, marked).await).unwrap();
    assert!(problems().await[0].contains("is marked as failed, but its newest human message is not"));
    write!(store, tx => cases::save(tx, org, case).await).unwrap();
    let out = keep(Customer { opted_out_at: Some(at(2)), ..world.customer.clone() });
    write!(store, tx => customers::update(tx, org, out).await).unwrap();
    assert!(problems().await[0].contains("waits, but its customer does not"));
    write!(store, tx => customers::update(tx, org, &world.customer).await).unwrap();

    let unwatched = keep(Case { watch: None, ..watched.clone() });
    write!(store, tx => cases::save(tx, org, unwatched).await).unwrap();
    assert!(problems().await[0].contains("watches, but its case is not watched"));
    write!(store, tx => cases::save(tx, org, watched).await).unwrap();

    write!(store, tx => outbox::delete(tx, org, reply.id).await).unwrap();
    assert!(problems().await[0].contains("is not in the outbox"));
    write!(store, tx => messages::set_delivery(tx, org, reply.id, DeliveryStatus::Sent, None).await).unwrap();
    assert_eq!(problems().await, Vec::<String>::new());
    write!(store, tx => outbox::insert(tx, row).await).unwrap();
    assert!(problems().await[0].contains("is not to be sent"));
    write!(store, tx => outbox::delete(tx, org, reply.id).await).unwrap();

    write!(store, tx => claims::release(tx, org, reply.id).await).unwrap();
    let found = problems().await;
    assert!(found[0].contains("has claimed nothing"), "{found:?}");
    assert!(found[1].contains("exactly its claim"), "{found:?}");
    let another = Claim { since: at(1), ..absence };
    write!(store, tx => claims::claim(tx, org, case.id, &another, reply.id).await).unwrap();
    assert!(problems().await[0].contains("exactly its claim"));
    write!(store, tx => {
        claims::release(tx, org, reply.id).await?;
        claims::claim(tx, org, case.id, &absence, reply.id).await
    })
    .unwrap();

    write!(store, tx => messages::set_delivery(tx, org, reply.id, DeliveryStatus::Cancelled, None).await)
        .unwrap();
    let found = problems().await;
    assert!(found[0].contains("says sent, but has no reply"), "{found:?}");
    assert!(found[1].contains("holds a claim, but is cancelled"), "{found:?}");
    write!(store, tx => messages::set_delivery(tx, org, reply.id, DeliveryStatus::Sent, None).await).unwrap();

    let wrong = keep(Record { reason: Reason::Seen, outcome: Outcome::NotSent, ..watching.clone() });
    write!(store, tx => decisions::update(tx, org, wrong).await).unwrap();
    assert!(
        problems().await.iter().any(|text| text.contains("but its facts give watching operator_active R5"))
    );
    write!(store, tx => decisions::update(tx, org, watching).await).unwrap();

    let lone = keep(Message { author: world.automatic(), ..world.outbound(case, 3, Author::Customer) });
    write!(store, tx => messages::insert(tx, org, world.customer.id, lone).await).unwrap();
    let found = problems().await;
    for expected in ["has no decision that says sent", "has claimed nothing", "is not in the outbox"] {
        assert!(found.iter().any(|text| text.contains(expected)), "{expected}: {found:?}");
    }

    let answer = keep(Message { ..world.outbound(watched, 2, world.automatic()) });
    write!(store, tx => messages::insert(tx, org, world.customer.id, answer).await).unwrap();
    assert!(problems().await.iter().any(|text| text.contains("watches, but its customer was written to")));
}
