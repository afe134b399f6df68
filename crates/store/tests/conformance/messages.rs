//! Messages in both directions.

use domain::delivery::DeliveryStatus;
use domain::id::MessageId;
use domain::keyword::Keyword;
use domain::message::{Attachment, Author, Delivery, Message};
use store::messages::{self, AutoReply, Recent};
use store::{Store, StoreError};

use crate::support::{World, at, keep};
use crate::{read, write};

async fn insert(store: &Store, world: &'static World, message: Message) -> &'static Message {
    let message = keep(message);
    write!(store, tx => messages::insert(tx, world.org(), world.customer.id, message).await).unwrap();
    message
}

pub async fn messages_come_back_as_they_were_written(store: Store) {
    let world = World::in_store(&store).await;
    let org = world.org();
    let case = world.stored_case(&store, 1).await;
    let hostile = "<script>alert(1)</script>\u{0} ' \" ; DROP TABLE messages; -- \u{202e}😀";
    let written = [
        Message {
            attachments: vec![Attachment {
                url: "https://api.example.com/media/1".to_owned(),
                content_type: "image/png".to_owned(),
            }],
            provider_id: Some("SM1".to_owned()),
            backfilled: true,
            sent_at: Some(at(-90)),
            ..world.inbound(case, 1, hostile)
        },
        Message { keyword: Some(Keyword::OptOut), ..world.inbound(case, 2, "STOP") },
        world.outbound(case, 3, world.by_ana()),
        Message {
            delivery: Some(Delivery {
                status: DeliveryStatus::Failed,
                error: Some("The number does not exist.".to_owned()),
            }),
            ..world.outbound(case, 4, world.automatic())
        },
        world.inbound(case, 5, ""),
    ];
    for message in written.clone() {
        insert(&store, world, message).await;
    }
    let mut written = written;
    written[0].body = hostile.replace('\0', "\u{fffd}");
    let id = case.id;
    assert_eq!(read!(store, tx => messages::page_of_case(tx, org, id, 0, 50).await), Ok(written.to_vec()));
    assert_eq!(
        read!(store, tx => messages::page_of_case(tx, org, id, 2, 2).await),
        Ok(written[2..4].to_vec())
    );
    let newest_first: Vec<Message> = written.iter().rev().cloned().collect();
    for (before, limit, expected) in [
        (i64::MAX, 50, &newest_first[..]),
        (i64::MAX, 2, &newest_first[..2]),
        (4, 2, &newest_first[2..4]),
        (1, 9, &[]),
    ] {
        let found = read!(store, tx => messages::newest_of_case(tx, org, id, before, limit).await);
        assert_eq!(found, Ok(expected.to_vec()), "before {before}");
    }
    // More than one statement asks for.
    let ids: &'static [MessageId] = (0..40)
        .map(|n| written.get(n % 8).map_or(uuid::Uuid::from_u128(n as u128).into(), |message| message.id))
        .collect::<std::collections::BTreeSet<MessageId>>()
        .into_iter()
        .collect::<Vec<_>>()
        .leak();
    assert!(ids.len() > 16);
    let found = read!(store, tx => messages::of_case_by_id(tx, org, id, ids).await);
    assert_eq!(found, Ok(newest_first));
    let other = world.stored_case(&store, 2).await.id;
    assert_eq!(read!(store, tx => messages::of_case_by_id(tx, org, other, ids).await), Ok(vec![]));
    let first = written[0].id;
    assert_eq!(read!(store, tx => messages::get(tx, org, first).await), Ok(Some(written[0].clone())));

    let same_place = keep(world.inbound(case, 5, "again"));
    let refused =
        write!(store, tx => messages::insert(tx, org, world.customer.id, same_place).await).unwrap_err();
    assert!(refused.is_duplicate("messages", "sequence"), "{refused:?}");
}

/// R-section 5: a message whose provider id is stored already leaves no second record.
pub async fn a_provider_id_is_stored_once(store: Store) {
    let world = World::in_store(&store).await;
    let (org, who) = (world.org(), world.customer.id);
    let case = world.stored_case(&store, 1).await;
    let with_sid = |sequence, sid: Option<&str>| Message {
        provider_id: sid.map(str::to_owned),
        ..world.inbound(case, sequence, "Hi")
    };
    let first = insert(&store, world, with_sid(1, Some("SM1"))).await;
    insert(&store, world, with_sid(2, None)).await;
    let third = insert(&store, world, with_sid(3, None)).await;
    let again = keep(with_sid(4, Some("SM1")));
    let refused = write!(store, tx => messages::insert(tx, org, who, again).await).unwrap_err();
    assert!(refused.is_duplicate("messages", "provider_id"), "{refused:?}");
    let (first, third) = (first.clone(), third.id);
    assert_eq!(read!(store, tx => messages::by_provider_id(tx, org, "SM1").await), Ok(Some(first)));
    assert_eq!(read!(store, tx => messages::by_provider_id(tx, org, "SM2").await), Ok(None));
    let refused = write!(store, tx => messages::set_provider_id(tx, org, third, "SM1").await).unwrap_err();
    assert!(refused.is_duplicate("messages", "provider_id"), "{refused:?}");
    write!(store, tx => messages::set_provider_id(tx, org, third, "SM3").await).unwrap();
    let found = read!(store, tx => messages::by_provider_id(tx, org, "SM3").await).unwrap().unwrap();
    assert_eq!(found.id, third);
}

/// R9, R6: what the loop guard, the echo test and "newer than the last message to the customer" read.
pub async fn the_history_leaves_cancelled_messages_out(store: Store) {
    let world = World::in_store(&store).await;
    let (org, address) = (world.org(), &world.customer.address);
    let case = world.stored_case(&store, 1).await;
    let id = case.id;
    assert_eq!(read!(store, tx => messages::last_to_customer_sequence(tx, org, id).await), Ok(0));
    assert_eq!(read!(store, tx => messages::oldest_customer_after(tx, org, id, 0).await), Ok(None));
    let authors = [Author::Customer, world.by_ana(), world.automatic(), Author::Customer, world.automatic()];
    let mut all = Vec::new();
    for (author, sequence) in authors.into_iter().zip(1..) {
        let message = match author {
            Author::Customer => world.inbound(case, sequence, "Hi"),
            author => Message { body: format!("text {sequence}"), ..world.outbound(case, sequence, author) },
        };
        all.push(insert(&store, world, message).await);
    }
    let keyword = Message { keyword: Some(Keyword::Help), ..world.inbound(case, 6, "HELP") };
    insert(&store, world, keyword).await;

    let recent = |automatic, minute| Recent { automatic, at: at(minute) };
    let reply = |sequence| AutoReply { sequence, body: format!("text {sequence}"), at: at(sequence) };
    let expected = [recent(true, 5), recent(true, 3), recent(false, 2)];
    assert_eq!(
        read!(store, tx => messages::recent_to_customer(tx, org, address, 5).await),
        Ok(expected.to_vec())
    );
    assert_eq!(
        read!(store, tx => messages::recent_to_customer(tx, org, address, 2).await),
        Ok(expected[..2].to_vec())
    );
    assert_eq!(
        read!(store, tx => messages::last_auto_replies(tx, org, id, 5).await),
        Ok(vec![reply(5), reply(3)])
    );
    assert_eq!(read!(store, tx => messages::last_to_customer_sequence(tx, org, id).await), Ok(5));
    for (after, expected) in [(0, Some(at(1))), (1, Some(at(4))), (4, None)] {
        let found = read!(store, tx => messages::oldest_customer_after(tx, org, id, after).await);
        assert_eq!(found, Ok(expected), "after {after}");
    }

    let late = Message { sent_at: Some(at(-7)), ..world.inbound(case, 7, "late") };
    insert(&store, world, late).await;
    let waits_since = read!(store, tx => messages::oldest_customer_after(tx, org, id, 6).await);
    assert_eq!(waits_since, Ok(Some(at(-7))), "since it was sent, not since it was taken in");

    let cancelled = all[4].id;
    write!(store, tx => messages::set_delivery(tx, org, cancelled, DeliveryStatus::Cancelled, Some("why")).await)
        .unwrap();
    assert_eq!(
        read!(store, tx => messages::recent_to_customer(tx, org, address, 5).await),
        Ok(expected[1..].to_vec())
    );
    assert_eq!(read!(store, tx => messages::last_auto_replies(tx, org, id, 5).await), Ok(vec![reply(3)]));
    assert_eq!(read!(store, tx => messages::last_to_customer_sequence(tx, org, id).await), Ok(3));
    let found = read!(store, tx => messages::get(tx, org, cancelled).await).unwrap().unwrap();
    let delivery = Delivery { status: DeliveryStatus::Cancelled, error: Some("why".to_owned()) };
    assert_eq!(found.delivery, Some(delivery));

    let sent = all[2].id;
    assert_eq!(read!(store, tx => messages::handed_over_at(tx, org, sent).await), Ok(None));
    for later in [at(4), at(8)] {
        write!(store, tx => messages::hand_over(tx, org, sent, later).await).unwrap();
        assert_eq!(read!(store, tx => messages::handed_over_at(tx, org, sent).await), Ok(Some(later)));
    }
    let found = read!(store, tx => messages::get(tx, org, sent).await).unwrap().unwrap();
    assert_eq!(found.delivery, Some(Delivery { status: DeliveryStatus::Attempting, error: None }));

    let nothing = world.ids.next(at(9));
    assert_eq!(
        write!(store, tx => messages::set_delivery(tx, org, nothing, DeliveryStatus::Sent, None).await),
        Err(StoreError::Missing { table: "messages", id: nothing.to_string() })
    );
}

pub async fn last_messages_of_many_cases(store: Store) {
    let world = World::in_store(&store).await;
    let org = world.org();
    let mut ids = Vec::new();
    for number in 1..=35 {
        let mut case = world.case(number);
        // The last case has no message yet.
        case.last_sequence = if number == 35 { 0 } else { 2 };
        let case = keep(case);
        write!(store, tx => store::cases::insert(tx, org, case).await).unwrap();
        if number != 35 {
            insert(&store, world, world.inbound(case, 1, "first")).await;
            insert(&store, world, world.outbound(case, 2, world.by_ana())).await;
        }
        ids.push(case.id);
    }
    let ids: &'static [_] = ids.leak();
    let found = read!(store, tx => messages::last_of_cases(tx, org, ids).await).unwrap();
    assert_eq!(found.len(), 34);
    assert!(found.iter().all(|message| message.sequence == 2 && message.author == world.by_ana()));
    assert!(ids[..34].iter().all(|id| found.iter().any(|message| message.case_id == *id)));
    assert_eq!(read!(store, tx => messages::last_of_cases(tx, org, &[]).await), Ok(vec![]));
}
