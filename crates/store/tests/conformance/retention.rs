//! What is deleted by age and what stays, and what is left of an erased customer (decision 0016).

use domain::auto_reply::{Layer, decide};
use domain::case::{Case, CaseStatus, Watch};
use domain::customer::{Customer, OptedOutBy};
use domain::delivery::DeliveryStatus;
use domain::id::{CaseId, IdSource, first_at};
use domain::message::{Author, Message};
use domain::retention::{Retention, StoredRetention};
use domain::time::Instant;
use store::decisions::Record;
use store::idempotency::Made;
use store::retention::{Part, Step};
use store::{
    Store, cases, claims, customers, decisions, erasure, idempotency, invariants, messages, outbox, retention,
};
use uuid::Uuid;

use crate::support::{World, at, keep};
use crate::{read, write};

pub async fn retention_changes_by_version(store: Store) {
    let world = World::in_store(&store).await;
    let (org, other) = (world.org(), world.other.id);
    assert_eq!(read!(store, tx => retention::get(tx, org).await), Ok(None));
    let new = keep(StoredRetention::new(at(0)));
    let late = keep(StoredRetention::new(at(9)));
    for stored in [new, late] {
        write!(store, tx => retention::add(tx, org, stored).await).unwrap();
    }
    assert_eq!(write!(store, tx => retention::get(tx, org).await), Ok(Some(new.clone())), "added once");
    let changed = keep(StoredRetention {
        retention: Retention { messages_days: Some(90), decisions_days: None, events_days: 3 },
        version: 2,
        updated_at: at(1),
        updated_by: Some(world.ben.id),
        ..new.clone()
    });
    for (expected, done) in [(7, false), (1, true), (1, false)] {
        assert_eq!(write!(store, tx => retention::update(tx, org, changed, expected).await), Ok(done));
    }
    let (messages, decisions) = (first_at(at(2)), first_at(at(3)));
    write!(store, tx => retention::advance(tx, org, messages, decisions).await).unwrap();
    let advanced =
        StoredRetention { messages_before: messages, decisions_before: decisions, ..changed.clone() };
    assert_eq!(write!(store, tx => retention::take(tx, org).await), Ok(Some(advanced)));
    assert_eq!(read!(store, tx => retention::get(tx, other).await), Ok(None));
}

/// Who writes a message of a story.
#[derive(Clone, Copy, PartialEq)]
enum By {
    /// The customer; the decision is final.
    Customer,
    /// The customer; the decision still watches.
    Watched,
    /// An operator.
    Human,
    /// An operator, and the message is still on its way.
    Queued,
    /// The organization, about the message before it.
    Reply,
}

/// A case whose messages came one a minute, from minute `from` on.
async fn story(
    store: &Store,
    world: &'static World,
    number: i64,
    from: i64,
    case: Case,
    by: &[By],
) -> CaseId {
    let org = world.org();
    // Every story happens at the same time, and ids only grow.
    let ids = IdSource::from_seed(100 + number as u64);
    let watched = by.contains(&By::Watched);
    let case = keep(Case {
        number,
        last_sequence: by.len() as i64,
        watch: watched.then_some(Watch { from: None }),
        ..case
    });
    write!(store, tx => cases::insert(tx, org, case).await).unwrap();
    let mut asked: Option<&'static Record> = None;
    for (i, story_by) in by.iter().enumerate() {
        let sequence = i as i64 + 1;
        let now = at(from + i as i64);
        let message = match story_by {
            By::Customer | By::Watched => world.inbound(case, sequence, "Hi"),
            By::Human | By::Queued => world.outbound(case, sequence, world.by_ana()),
            By::Reply => {
                let decision_id = asked.expect("a message to reply to").id;
                world.outbound(case, sequence, Author::AutoReply { layer: Layer::Organization, decision_id })
            }
        };
        let message: &'static Message = keep(Message { id: ids.next(now), created_at: now, ..message });
        write!(store, tx => messages::insert(tx, org, world.customer.id, message).await).unwrap();
        match story_by {
            By::Customer | By::Watched => {
                // Ana's threshold of 10 minutes has passed, but for what she watches.
                let judged = world.record(message, if *story_by == By::Watched { at(5) } else { now });
                let mut facts = judged.facts;
                facts.opted_out = *story_by == By::Customer && by.get(i + 1) != Some(&By::Reply);
                let decision = decide(&facts);
                let record = keep(Record {
                    id: ids.next(now),
                    outcome: decision.outcome,
                    reason: decision.reason,
                    rule: decision.rule.to_string(),
                    facts,
                    ..judged
                });
                asked = Some(record);
                write!(store, tx => decisions::insert(tx, org, record).await).unwrap();
            }
            By::Reply => {
                let record = keep(Record {
                    reply_message_id: Some(message.id),
                    ..asked.expect("a message to reply to").clone()
                });
                let absence = world.absence();
                write!(store, tx => {
                    decisions::update(tx, org, record).await?;
                    claims::claim(tx, org, case.id, &absence, message.id).await?;
                    messages::set_delivery(tx, org, message.id, DeliveryStatus::Delivered, None).await
                })
                .unwrap();
            }
            By::Human => write!(store, tx =>
                messages::set_delivery(tx, org, message.id, DeliveryStatus::Delivered, None).await)
            .unwrap(),
            By::Queued => {
                let row = keep(world.on_its_way(case, message, message.created_at));
                write!(store, tx => outbox::insert(tx, row).await).unwrap();
            }
        }
    }
    case.id
}

async fn sequences(store: &Store, world: &'static World, case: CaseId) -> Vec<i64> {
    let org = world.org();
    let found = read!(store, tx => messages::page_of_case(tx, org, case, 0, 100).await).unwrap();
    found.into_iter().map(|message| message.sequence).collect()
}

/// Works a part off in steps of two rows, as the worker does; answers how many rows went.
async fn clean(store: &Store, world: &'static World, part: Part, before: Instant) -> u64 {
    let (org, cut) = (world.org(), first_at(before));
    let new = keep(StoredRetention::new(at(0)));
    let (mut deleted, mut from) = (0, Uuid::nil());
    loop {
        let step = write!(store, tx => {
            retention::add(tx, org, new).await?;
            let known = retention::take(tx, org).await?.expect("nobody else cleans");
            let messages = if part == Part::Messages { cut } else { known.messages_before };
            retention::advance(tx, org, messages, known.decisions_before.max(cut)).await?;
            retention::delete_some(tx, org, part, from, cut, 2).await
        })
        .unwrap();
        deleted += step.deleted;
        match step.next {
            Some(next) => from = next,
            None => return deleted,
        }
    }
}

/// What is kept of old cases: each row a case, with what stays of it when everything before minute 1,006 is old.
pub async fn old_messages_go_with_their_decisions(store: Store) {
    use By::{Customer, Human, Queued, Reply, Watched};
    let world = World::in_store(&store).await;
    world.count_cases(&store, 9).await;
    let open = world.case(0);
    let closed = Case { status: CaseStatus::Closed, ..open.clone() };
    let waits = |last_customer_sequence, minute: i64| Case {
        last_customer_sequence,
        waiting_since: Some(at(1_000 + minute)),
        ..open.clone()
    };
    let last = |last_customer_sequence| Case { last_customer_sequence, ..open.clone() };
    let fresh = |case: &Case| Case { id: world.ids.next(at(1)), ..case.clone() };
    let table: [(&str, Case, &[By], &[i64]); 9] = [
        ("closed, all old", closed.clone(), &[Customer, Reply, Human], &[]),
        (
            "closed, some young",
            closed,
            &[Customer, Reply, Human, Customer, Human, Customer, Customer, Human],
            &[7, 8],
        ),
        (
            "open and answered: the newest run",
            last(3),
            &[Customer, Human, Customer, Reply, Human],
            &[3, 4, 5],
        ),
        (
            "open, the customer waits: all since then",
            waits(4, 2),
            &[Customer, Human, Customer, Customer],
            &[3, 4],
        ),
        ("open, waiting after an automatic reply", waits(1, 0), &[Customer, Reply], &[1, 2]),
        ("open, the customer never wrote: the last", last(0), &[Human, Human, Human], &[3]),
        ("on its way", fresh(&open), &[Queued, Human, Human], &[1, 3]),
        ("watched", waits(3, 0), &[Watched, Watched, Watched], &[1, 2, 3]),
        (
            "open, old and young",
            last(7),
            &[Customer, Human, Human, Human, Human, Human, Customer, Human],
            &[7, 8],
        ),
    ];
    let mut stories = Vec::new();
    for (number, (name, case, by, stays)) in table.into_iter().enumerate() {
        let case = fresh(&case);
        stories.push((name, story(&store, world, number as i64 + 1, 1_000, case, by).await, by.len(), stays));
    }
    assert_eq!(read!(store, tx => invariants::all(tx).await), Ok(vec![]));
    let nothing = clean(&store, world, Part::Messages, at(1_000)).await;
    assert_eq!(nothing, 0, "all of it is younger");
    clean(&store, world, Part::Messages, at(1_006)).await;
    for (name, case, _, stays) in &stories {
        assert_eq!(sequences(&store, world, *case).await, *stays, "{name}");
    }
    assert_eq!(read!(store, tx => invariants::all(tx).await), Ok(vec![]));
    assert_eq!(clean(&store, world, Part::Messages, at(1_006)).await, 0, "done is done");

    // R7: what was claimed stays claimed, although the reply is gone.
    let (org, absence, first) = (world.org(), world.absence(), stories[0].1);
    assert_eq!(read!(store, tx => claims::taken(tx, org, first, &absence).await), Ok(true));
    let other = world.other.id;
    let cut = first_at(at(9_999));
    let elsewhere =
        write!(store, tx => retention::delete_some(tx, other, Part::Messages, Uuid::nil(), cut, 9).await);
    assert_eq!(elsewhere, Ok(Step { deleted: 0, next: None }), "another organization's stay");
}

pub async fn old_decisions_go_before_their_messages(store: Store) {
    use By::{Customer, Human, Reply, Watched};
    let world = World::in_store(&store).await;
    world.count_cases(&store, 2).await;
    let (org, open) = (world.org(), world.case(0));
    let again = Case { waiting_since: Some(at(1_003)), ..open.clone() };
    let answered = story(&store, world, 1, 1_000, again, &[Customer, Reply, Human, Customer, Customer]).await;
    let waiting = Case { id: world.ids.next(at(1)), waiting_since: Some(at(1_000)), ..open };
    let watched = story(&store, world, 2, 1_000, waiting, &[Watched]).await;
    assert_eq!(clean(&store, world, Part::Decisions, at(1_004)).await, 2);
    assert_eq!(sequences(&store, world, answered).await, [1, 2, 3, 4, 5], "the messages stay");
    for (case, left) in [(answered, 1), (watched, 1)] {
        let found = read!(store, tx => decisions::of_case(tx, org, case, None, 9).await).unwrap();
        assert_eq!(found.len(), left);
    }
    assert_eq!(read!(store, tx => invariants::all(tx).await), Ok(vec![]), "a missing record is explained");
    for (before, any) in [(at(1_000), false), (at(1_001), true)] {
        let cut = first_at(before);
        assert_eq!(read!(store, tx => retention::any_before(tx, org, Part::Decisions, cut).await), Ok(any));
    }
}

/// R15: whoever was erased while opted out is never texted again, and nothing else of them is kept.
pub async fn an_erased_customer_comes_back_opted_out(store: Store) {
    let world = World::in_store(&store).await;
    let (org, other, address) = (world.org(), world.other.id, world.customer.address.as_str());
    let case = world.stored_case(&store, 1).await;
    let written = keep(Message { provider_id: Some("SM1".to_owned()), ..world.inbound(case, 1, "Hi") });
    let sent = keep(world.outbound(case, 2, world.by_ana()));
    let (record, row, absence) = (
        keep(world.record(written, at(15))),
        keep(world.on_its_way(case, sent, sent.created_at)),
        world.absence(),
    );
    let (customer, ana) = (world.customer.id, world.ana.id);
    write!(store, tx => {
        messages::insert(tx, org, customer, written).await?;
        messages::insert(tx, org, customer, sent).await?;
        decisions::insert(tx, org, record).await?;
        claims::claim(tx, org, case.id, &absence, sent.id).await?;
        outbox::insert(tx, row).await?;
        store::secondaries::add(tx, org, case.id, world.ben.id, at(1)).await?;
        idempotency::insert(tx, org, ana, "key", &[1; 32], Made::Message(sent.id), at(1)).await?;
        idempotency::insert(tx, org, ana, "case", &[1; 32], Made::Case(case.id), at(1)).await
    })
    .unwrap();
    assert_eq!(read!(store, tx => cases::of_customer(tx, org, customer).await), Ok(vec![case.id]));
    assert_eq!(read!(store, tx => outbox::of_customer(tx, org, customer).await), Ok(vec![row.clone()]));
    for (since, expected) in [(at(1), vec!["SM1".to_owned()]), (at(2), vec![])] {
        let found = read!(store, tx => messages::inbound_provider_ids(tx, org, case.id, since).await);
        assert_eq!(found, Ok(expected));
    }
    let (opted_out_at, opted_out_by) = (Some(at(2)), Some(OptedOutBy::Carrier));
    let out = keep(Customer { opted_out_at, opted_out_by, ..world.customer.clone() });
    let erased = write!(store, tx => {
        outbox::delete_of_customer(tx, org, customer).await?;
        idempotency::delete_of_case(tx, org, case.id).await?;
        decisions::delete_of_case(tx, org, case.id).await?;
        claims::delete_of_case(tx, org, case.id).await?;
        store::secondaries::delete_of_case(tx, org, case.id).await?;
        let erased = messages::delete_of_case(tx, org, case.id).await?;
        cases::delete_of_customer(tx, org, customer).await?;
        customers::delete(tx, org, customer).await?;
        erasure::add_message(tx, org, "SM1", at(3)).await?;
        erasure::add_message(tx, org, "SM1", at(3)).await?;
        erasure::keep_opt_out(tx, org, out, Some(at(1))).await?;
        Ok(erased)
    });
    assert_eq!(erased, Ok(2));
    assert_eq!(read!(store, tx => customers::get(tx, org, customer).await), Ok(None));
    assert_eq!(read!(store, tx => cases::get(tx, org, case.id).await), Ok(None));
    assert_eq!(read!(store, tx => idempotency::get(tx, org, ana, "key").await), Ok(None));
    assert_eq!(read!(store, tx => idempotency::get(tx, org, ana, "case").await), Ok(None));
    assert_eq!(read!(store, tx => claims::taken(tx, org, case.id, &absence).await), Ok(false));
    assert_eq!(read!(store, tx => invariants::all(tx).await), Ok(vec![]));

    let again = keep(Customer { id: world.ids.next(at(4)), name: String::new(), ..world.customer.clone() });
    assert_eq!(
        write!(store, tx => customers::insert(tx, other, again).await),
        Ok(again.clone()),
        "elsewhere they had not"
    );
    let back = Customer { opted_out_at: out.opted_out_at, opted_out_by: out.opted_out_by, ..again.clone() };
    assert_eq!(write!(store, tx => customers::insert(tx, org, again).await), Ok(back.clone()));
    assert_eq!(read!(store, tx => customers::by_address(tx, org, address).await), Ok(Some(back)));
    assert_eq!(read!(store, tx => customers::consent_at(tx, org, again.id).await), Ok(Some(at(1))));

    // They opted in before they were erased once more: nothing is kept.
    let third = keep(Customer { id: world.ids.next(at(5)), ..again.clone() });
    let back = write!(store, tx => {
        customers::delete(tx, org, again.id).await?;
        erasure::keep_opt_out(tx, org, third, None).await?;
        customers::insert(tx, org, third).await
    });
    assert_eq!(back, Ok(third.clone()));

    for (org, provider_id, known) in [(org, "SM1", true), (org, "SM2", false), (other, "SM1", false)] {
        assert_eq!(read!(store, tx => erasure::has_message(tx, org, provider_id).await), Ok(known));
    }
    for (before, gone) in [(at(3), 0), (at(4), 1)] {
        assert_eq!(write!(store, tx => erasure::delete_messages_before(tx, before, 9).await), Ok(gone));
    }
}

/// What is searched for, the one after which it goes on, how many, and who is found.
type Search = (Option<&'static str>, Option<usize>, u32, &'static [usize]);

pub async fn customers_are_searched(store: Store) {
    let world = World::in_store(&store).await;
    let (org, other) = (world.org(), world.other.id);
    let mut ids = vec![world.customer.id];
    for (minute, address, name) in
        [(1, "+15559990002", "Karl 100%"), (2, "ACME_BANK", ""), (3, "+4917612345", "Carl")]
    {
        let new = keep(Customer {
            id: world.ids.next(at(minute)),
            ..crate::support::customer(&world.ids, address, name)
        });
        write!(store, tx => customers::insert(tx, org, new).await).unwrap();
        ids.push(new.id);
    }
    let table: [Search; 12] = [
        (None, None, 9, &[3, 2, 1, 0]),
        (None, Some(2), 1, &[1]),
        (Some("carl"), None, 9, &[3, 0]),
        (Some("CARL"), Some(3), 9, &[0]),
        (Some("+1555"), None, 9, &[1, 0]),
        (Some("+1 (555) 999-0002"), None, 9, &[1]),
        (Some("0002 karl"), None, 9, &[1]),
        (Some("cárl"), None, 9, &[3, 0]),
        (Some("acme_b"), None, 9, &[2]),
        (Some("100%"), None, 9, &[1]),
        (Some("_"), None, 9, &[2]),
        (Some("nobody"), None, 9, &[]),
    ];
    for (q, after, limit, expected) in table {
        let after = after.map(|i| ids[i]);
        let words = keep(q.map_or_else(Vec::new, |q| domain::search::terms(q, None)));
        let found = read!(store, tx => customers::page(tx, org, words, after, limit).await).unwrap();
        let found: Vec<usize> =
            found.iter().map(|found| ids.iter().position(|id| *id == found.id).unwrap()).collect();
        assert_eq!(found, expected, "{q:?}");
    }
    assert_eq!(read!(store, tx => customers::page(tx, other, &[], None, 9).await), Ok(vec![]));
}
