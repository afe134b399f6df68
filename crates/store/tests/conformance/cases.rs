//! Customers and cases: the inbox, its filters and pages.

use domain::case::{Case, CaseStatus, FailedMessage, Watch};
use domain::customer::{Customer, OptedOutBy};
use domain::delivery::DeliveryStatus;
use domain::id::{CaseId, MessageId};
use store::cases::{Assigned, CaseFilter, Counts, Order};
use store::{Store, StoreError, cases, customers};

use crate::support::{World, at, customer, keep};
use crate::{read, write};

pub async fn customers_have_one_address_per_organization(store: Store) {
    let world = World::in_store(&store).await;
    let (org, other) = (world.org(), world.other.id);
    let again = keep(customer(&world.ids, "+15551230001", "Somebody"));
    let refused = write!(store, tx => customers::insert(tx, org, again).await).unwrap_err();
    assert!(refused.is_duplicate("customers", "address"), "{refused:?}");
    write!(store, tx => customers::insert(tx, other, again).await).unwrap();
    for (organization, expected) in [(org, &world.customer), (other, again)] {
        let found = read!(store, tx => customers::by_address(tx, organization, "+15551230001").await);
        assert_eq!(found.unwrap().as_ref(), Some(expected));
    }
    let changed = keep(Customer {
        name: "Carla".to_owned(),
        opted_out_at: Some(at(3)),
        opted_out_by: Some(OptedOutBy::Operator),
        ..world.customer.clone()
    });
    write!(store, tx => customers::update(tx, org, changed).await).unwrap();
    let id = changed.id;
    assert_eq!(read!(store, tx => customers::get(tx, org, id).await), Ok(Some(changed.clone())));
}

pub async fn a_case_comes_back_as_it_was_saved(store: Store) {
    let world = World::in_store(&store).await;
    let org = world.org();
    let case = world.stored_case(&store, 1).await;
    let id = case.id;
    assert_eq!(read!(store, tx => cases::get(tx, org, id).await), Ok(Some(case.clone())));
    let changed = keep(Case {
        subject: "Ünïcode".to_owned(),
        status: CaseStatus::Closed,
        assigned_operator_id: None,
        last_sequence: 9,
        last_customer_message_id: world.ids.next(at(8)),
        last_customer_message_at: Some(at(8)),
        last_customer_sequence: 8,
        last_human_sequence: 7,
        last_human_at: Some(at(7)),
        seen_sequence: 6,
        waiting_since: Some(at(8)),
        unanswered_since: Some(at(9)),
        watch: Some(Watch { from: Some(at(4)) }),
        loop_guarded: true,
        reads_like_stop_id: Some(domain::id::MessageId(uuid::Uuid::from_u128(77))),
        ..case.clone()
    });
    assert_eq!(write!(store, tx => cases::save(tx, org, changed).await), Ok(()));
    assert_eq!(read!(store, tx => cases::by_number(tx, org, 1).await), Ok(Some(changed.clone())));
    let watch = Some(Watch { from: None });
    let watched = keep(Case { watch, ..changed.clone() });
    write!(store, tx => cases::save(tx, org, watched).await).unwrap();
    assert_eq!(read!(store, tx => cases::get(tx, org, id).await).unwrap().unwrap().watch, watch);

    // All but what cases are listed by, and then each of that alone.
    let rest = Case { status: CaseStatus::Closed, assigned_operator_id: None, watch, ..case.clone() };
    let opened = Case { status: CaseStatus::Open, ..rest.clone() };
    let assigned = Case { assigned_operator_id: case.assigned_operator_id, ..opened.clone() };
    let unwatched = Case { watch: None, ..assigned.clone() };
    assert!(case.assigned_operator_id.is_some());
    for case in [rest, opened, assigned, unwatched] {
        let case = keep(case);
        write!(store, tx => cases::save(tx, org, case).await).unwrap();
        assert_eq!(read!(store, tx => cases::get(tx, org, id).await), Ok(Some(case.clone())));
    }

    let same_number = keep(world.case(1));
    let refused = write!(store, tx => cases::insert(tx, org, same_number).await).unwrap_err();
    assert!(refused.is_duplicate("cases", "number"), "{refused:?}");
    let unknown = keep(world.case(2));
    assert_eq!(
        write!(store, tx => cases::save(tx, org, unknown).await),
        Err(StoreError::Missing { table: "cases", id: unknown.id.to_string() })
    );
}

/// The customer's most recent open case on the number, else their last closed one.
pub async fn an_inbound_message_finds_its_case(store: Store) {
    let world = World::in_store(&store).await;
    let (org, address, channel) = (world.org(), &world.customer.address, world.channel.id);
    let find = async || read!(store, tx => cases::for_inbound(tx, org, address, channel).await).unwrap();
    assert_eq!(find().await, None);
    let mut first = world.case(1);
    let mut second = world.case(2);
    let mut third = world.case(3);
    // The customer wrote on the first case after the third was made.
    first.last_customer_message_id = world.ids.next(at(9));
    for case in [&first, &second, &third] {
        let case = keep(case.clone());
        write!(store, tx => cases::insert(tx, org, case).await).unwrap();
    }
    let save = async |case: &Case| {
        let case = keep(case.clone());
        write!(store, tx => cases::save(tx, org, case).await).unwrap();
    };
    assert_eq!(find().await.unwrap().number, 1, "the newest message decides");
    first.status = CaseStatus::Closed;
    save(&first).await;
    assert_eq!(
        find().await.unwrap().number,
        3,
        "open before closed; among those without messages the newest"
    );
    second.last_customer_message_id = world.ids.next(at(10));
    save(&second).await;
    assert_eq!(find().await.unwrap().number, 2, "a message after the third was made");
    second.status = CaseStatus::Closed;
    third.status = CaseStatus::Closed;
    save(&second).await;
    save(&third).await;
    assert_eq!(find().await.unwrap().number, 2, "the last closed one");
}

/// Seven cases: odd ones are Ana's, number 4 is Ben's, the others nobody's; 3 and 6 are closed; from 5 on the
/// customers wait. The greater the number, the newer its message.
async fn inbox(store: &Store) -> (&'static World, Vec<Case>) {
    let world = World::in_store(store).await;
    let mut all = Vec::new();
    for number in 1..=7 {
        let person = customer(&world.ids, &format!("+1555777{number:04}"), &format!("Person No_{number}%"));
        let mut case = world.case(number);
        case.customer = person;
        case.assigned_operator_id = match number {
            4 => Some(world.ben.id),
            odd if odd % 2 == 1 => Some(world.ana.id),
            _ => None,
        };
        case.status = if [3, 6].contains(&number) { CaseStatus::Closed } else { CaseStatus::Open };
        case.waiting_since = (number >= 5).then_some(at(number));
        case.last_customer_message_id = world.ids.next(at(number));
        let case: &'static Case = keep(case);
        let org = world.org();
        write!(store, tx => {
            customers::insert(tx, org, &case.customer).await?;
            cases::insert(tx, org, case).await
        })
        .unwrap();
        all.push(case.clone());
    }
    (world, all)
}

pub async fn the_inbox_is_filtered_and_paged(store: Store) {
    let (world, all) = inbox(&store).await;
    let org = world.org();
    let (open, closed) = (Some(CaseStatus::Open), Some(CaseStatus::Closed));
    let (anas, nobodys) = (Some(Assigned::To(world.ana.id)), Some(Assigned::Nobody));
    let table = [
        (None, None, None, vec![7, 6, 5, 4, 3, 2, 1]),
        (open, None, None, vec![7, 5, 4, 2, 1]),
        (closed, None, None, vec![6, 3]),
        (open, anas, None, vec![7, 5, 1]),
        (None, anas, None, vec![7, 5, 3, 1]),
        (open, nobodys, None, vec![2]),
        (None, nobodys, Some(true), vec![6]),
        (open, None, Some(true), vec![7, 5]),
        (open, None, Some(false), vec![4, 2, 1]),
    ];
    for (status, assigned, waiting, expected) in table {
        for limit in [50, 1, 2] {
            let mut numbers = Vec::new();
            let mut after: Option<(MessageId, CaseId)> = None;
            loop {
                let filter =
                    keep(CaseFilter { status, assigned, waiting, after, limit, ..CaseFilter::default() });
                let page = read!(store, tx => cases::list(tx, org, filter).await).unwrap();
                assert!(page.len() <= limit as usize);
                let Some(last) = page.last() else { break };
                after = Some((last.last_customer_message_id, last.id));
                numbers.extend(page.iter().map(|case| case.number));
            }
            assert_eq!(numbers, expected, "{status:?} {assigned:?} {waiting:?} by {limit}");
        }
    }
    let filter = keep(CaseFilter { limit: 1, ..CaseFilter::default() });
    let newest = read!(store, tx => cases::list(tx, org, filter).await).unwrap();
    assert_eq!(newest, all[6..], "with its customer");
}

/// Those that wait come first, the longest waiting before the others; what failed is found; all of it is counted.
pub async fn who_waits_comes_first_and_is_counted(store: Store) {
    let (world, all) = inbox(&store).await;
    let org = world.org();
    // 5 and 7 wait and are open, 6 waits and is closed; 2 has been waiting for longest. 3 (closed), 4 and 7 failed.
    for case in all.iter().filter(|case| [2, 3, 4, 7].contains(&case.number)) {
        let failed = FailedMessage { id: world.ids.next(at(60)), status: DeliveryStatus::Failed };
        let case = keep(Case {
            waiting_since: if case.number == 2 { Some(at(0)) } else { case.waiting_since },
            failed_message: (case.number != 2).then_some(failed),
            ..case.clone()
        });
        write!(store, tx => cases::save(tx, org, case).await).unwrap();
        assert_eq!(read!(store, tx => cases::get(tx, org, case.id).await), Ok(Some(case.clone())));
    }
    let (open, closed) = (Some(CaseStatus::Open), Some(CaseStatus::Closed));
    let (anas, nobodys) = (Some(Assigned::To(world.ana.id)), Some(Assigned::Nobody));
    let table = [
        (Order::Waiting, None, None, None, None, vec![2, 5, 7, 6, 4, 3, 1]),
        (Order::Waiting, open, None, None, None, vec![2, 5, 7, 4, 1]),
        (Order::Waiting, closed, None, None, None, vec![6, 3]),
        (Order::Waiting, open, anas, None, None, vec![5, 7, 1]),
        (Order::Waiting, None, nobodys, None, None, vec![2, 6]),
        (Order::Waiting, None, None, Some(true), None, vec![2, 5, 7, 6]),
        (Order::Waiting, None, None, Some(false), None, vec![4, 3, 1]),
        (Order::Waiting, None, None, None, Some(true), vec![7, 4, 3]),
        (Order::Waiting, None, None, None, Some(false), vec![2, 5, 6, 1]),
        (Order::Newest, None, None, None, Some(true), vec![7, 4, 3]),
        (Order::Newest, open, anas, None, Some(true), vec![7]),
        (Order::Newest, None, nobodys, None, Some(true), vec![]),
        (Order::Newest, None, None, Some(false), Some(true), vec![4, 3]),
        (Order::Newest, open, None, None, Some(false), vec![5, 2, 1]),
    ];
    for (order, status, assigned, waiting, failed, expected) in table {
        for limit in [50, 1, 2, 3] {
            let mut numbers = Vec::new();
            let mut filter =
                CaseFilter { order, status, assigned, waiting, failed, limit, ..CaseFilter::default() };
            loop {
                let asked = keep(filter.clone());
                let page = read!(store, tx => cases::list(tx, org, asked).await).unwrap();
                assert!(page.len() <= limit as usize);
                let Some(last) = page.last() else { break };
                numbers.extend(page.iter().map(|case| case.number));
                (filter.after, filter.after_waiting) = match last.waiting_since {
                    Some(since) if order == Order::Waiting && last.status == CaseStatus::Open => {
                        (None, Some((since, last.id)))
                    }
                    _ => (Some((last.last_customer_message_id, last.id)), None),
                };
            }
            assert_eq!(
                numbers, expected,
                "{order:?} {status:?} {assigned:?} {waiting:?} {failed:?} by {limit}"
            );
        }
    }
    let count = |open, waiting, failed, oldest: Option<i64>| Counts {
        open,
        waiting,
        failed,
        oldest_waiting_since: oldest.map(at),
    };
    for (assigned, limit, expected) in [
        (None, 100, count(5, 3, 3, Some(0))),
        (None, 2, count(2, 2, 2, Some(0))),
        (anas, 100, count(3, 2, 2, Some(5))),
        (nobodys, 100, count(1, 1, 0, Some(0))),
        (Some(Assigned::To(world.ben.id)), 100, count(1, 0, 1, None)),
    ] {
        let counted = read!(store, tx => cases::counts(tx, org, assigned, limit).await);
        assert_eq!(counted, Ok(expected), "{assigned:?} up to {limit}");
    }
}

pub async fn the_inbox_is_searched(store: Store) {
    let (world, _) = inbox(&store).await;
    let org = world.org();
    let mut odd = world.case(40);
    odd.subject = "ÄRGER über 100% \\o/".to_owned();
    let odd = keep(odd);
    write!(store, tx => cases::insert(tx, org, odd).await).unwrap();
    let table: [(&str, &[i64]); 12] = [
        ("40", &[40]),
        ("#4", &[4]),
        ("case 4", &[4]),
        ("CARLA", &[40]),
        ("ärger", &[40]),
        ("Über", &[40]),
        ("100%", &[40]),
        ("o_7", &[7]),
        ("person", &[7, 6, 5, 4, 3, 2, 1]),
        ("+15557770006", &[6]),
        ("\\o/", &[40]),
        ("no such thing", &[]),
    ];
    for (q, expected) in table {
        let filter = keep(CaseFilter { q: Some(q.to_owned()), limit: 50, ..CaseFilter::default() });
        let found = read!(store, tx => cases::list(tx, org, filter).await).unwrap();
        let numbers: Vec<i64> = found.iter().map(|case| case.number).collect();
        assert_eq!(numbers, expected, "{q}");
    }
    let filter = keep(CaseFilter { q: Some("  ".to_owned()), limit: 50, ..CaseFilter::default() });
    assert_eq!(read!(store, tx => cases::list(tx, org, filter).await).unwrap().len(), 8, "blank");
}

/// Every spelling of what stands on a case, on every engine.
pub async fn the_inbox_is_searched_by_any_spelling(store: Store) {
    let world = World::in_store(&store).await;
    let org = world.org();
    let people = [
        ("+15553020005", "María López", "Water heater – 100% “broken”"),
        ("+306941234567", "ΝΙΚΟΣ ΠΑΠΠΑΣ", ""),
        ("+33612345678", "Anne\u{a0}Strauß", "Straße 7_b"),
        ("+905321234567", "İnönü Işıl", "IŞIK"),
    ];
    for (number, (address, name, subject)) in (100..).zip(people) {
        let customer = keep(crate::support::customer(&world.ids, address, name));
        write!(store, tx => customers::insert(tx, org, customer).await).unwrap();
        let subject = subject.to_owned();
        let case = keep(Case { customer: customer.clone(), subject, ..world.case(number) });
        write!(store, tx => cases::insert(tx, org, case).await).unwrap();
    }
    let table: [(&str, &str, &[i64]); 34] = [
        ("US", "+1 555-302-0005", &[100]),
        ("US", "(555) 302-0005", &[100]),
        ("", "555 302", &[100]),
        ("", "0005", &[100]),
        ("US", "\u{202d}555\u{2011}302\u{2011}0005\u{202c}", &[100]),
        ("FR", "06 12 34 56 78", &[102]),
        ("FR", "06 12 34", &[102]),
        ("TR", "0532 123 45 67", &[103]),
        ("GR", "694 123 4567", &[101]),
        ("US", "(555) 302-0006", &[]),
        ("", "maria lopez", &[100]),
        ("", "LOPEZ,MARIA", &[]),
        ("", "López Mari\u{301}a", &[100]),
        ("", "heater  - 100% \"broken\"", &[100]),
        ("", "νικος παππας", &[101]),
        ("", "ΝΊΚΟΣ", &[101]),
        ("", "νίκοσ", &[101]),
        ("", "anne strauss", &[102]),
        ("", "STRASSE", &[102]),
        ("", "straße", &[102]),
        ("", "ınonu", &[103]),
        ("", "INONU", &[103]),
        ("", "ışık", &[103]),
        ("", "100", &[100]),
        ("", "#101", &[101]),
        ("", "case 102", &[102]),
        ("", "Case #102", &[102]),
        ("", "Maria 0005", &[100]),
        ("", "0005 water maria 100 heater 302", &[100]),
        ("", "Maria 0006", &[]),
        ("", "0%", &[100]),
        ("", "7_b", &[102]),
        ("", "_a", &[]),
        ("", "water_heater", &[]),
    ];
    for (country, q, expected) in table {
        let (country, q) = (country.parse().ok(), Some(q.to_owned()));
        for assigned in [None, Some(Assigned::To(world.ana.id)), Some(Assigned::Nobody)] {
            let filter = CaseFilter { q: q.clone(), country, assigned, limit: 50, ..CaseFilter::default() };
            let filter = keep(filter);
            let found = read!(store, tx => cases::list(tx, org, filter).await).unwrap();
            let numbers: Vec<i64> = found.iter().map(|case| case.number).collect();
            let expected = if assigned == Some(Assigned::Nobody) { &[] } else { expected };
            assert_eq!(numbers, expected, "{q:?} {assigned:?}");
        }
    }
    let find = |q: &str| keep(CaseFilter { q: Some(q.to_owned()), limit: 50, ..CaseFilter::default() });
    let (old, new, both) = (find("heater"), find("BOILER"), find("pepe boiler"));
    let mut case = read!(store, tx => cases::by_number(tx, org, 100).await).unwrap().unwrap();
    case.subject = "Boiler".to_owned();
    case.customer.name = "Pepe".to_owned();
    let case = keep(case);
    write!(store, tx => {
        cases::save(tx, org, case).await?;
        cases::find_by_subject(tx, org, case).await?;
        customers::update(tx, org, &case.customer).await
    })
    .unwrap();
    for (filter, count) in [(old, 0), (new, 1), (both, 1)] {
        assert_eq!(read!(store, tx => cases::list(tx, org, filter).await).unwrap().len(), count);
    }
}

pub async fn watched_cases_are_found(store: Store) {
    let (world, all) = inbox(&store).await;
    let (org, ana) = (world.org(), world.ana.id);
    for case in all.iter().filter(|case| [1, 2, 5, 7].contains(&case.number)) {
        let case = keep(Case { watch: Some(Watch { from: None }), ..case.clone() });
        write!(store, tx => cases::save(tx, org, case).await).unwrap();
    }
    let number = |id: CaseId| all.iter().find(|case| case.id == id).unwrap().number;
    let numbers = |ids: Vec<CaseId>| ids.into_iter().map(number).collect::<Vec<_>>();
    let of_ana = read!(store, tx => cases::watched_of_operator(tx, org, ana, None, 2).await).unwrap();
    let after = of_ana.last().copied();
    assert_eq!(numbers(of_ana), [1, 5]);
    let rest = read!(store, tx => cases::watched_of_operator(tx, org, ana, after, 2).await).unwrap();
    assert_eq!(numbers(rest), [7]);
    let everywhere = read!(store, tx => cases::watched_of_organization(tx, org, None, 3).await).unwrap();
    let after = everywhere.last().copied();
    assert_eq!(numbers(everywhere), [1, 2, 5]);
    let rest = read!(store, tx => cases::watched_of_organization(tx, org, after, 3).await).unwrap();
    assert_eq!(numbers(rest), [7]);
    let person = all[4].customer.id;
    let theirs = read!(store, tx => cases::concerned_by_opt_out(tx, org, person).await).unwrap();
    assert_eq!(numbers(theirs), [5]);
}
