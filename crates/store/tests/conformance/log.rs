//! Events, audit, the newest id.

use std::slice::from_ref;

use domain::audit::AuditEntry;
use domain::id::IdSource;
use domain::time::Instant;
use serde_json::json;
use store::audit::AuditFilter;
use store::events::EventRow;
use store::retention::{Part, Step};
use store::{Store, audit, events, newest_id, retention};
use uuid::Uuid;

use crate::support::{World, at, keep, told};
use crate::{read, write};

/// When no transaction of other tests, which share the server, is waited for any more.
const LATER: Instant = Instant::from_ms(i64::MAX);

pub async fn events_are_read_after_an_id(store: Store) {
    let world = World::in_store(&store).await;
    let (org, other) = (world.org(), world.other.id);
    assert_eq!(read!(store, tx => events::newest(tx, org, LATER).await), Ok(Uuid::nil()));
    let mut rows = Vec::new();
    for minute in 1..=3 {
        let id: Uuid = world.ids.next(at(minute));
        let row = EventRow { id, kind: "case".to_owned(), subject: format!(r#"{{"minute":{minute}}}"#) };
        let subject: &'static str = row.subject.clone().leak();
        write!(store, tx => events::insert(tx, org, id, "case", subject, at(minute)).await).unwrap();
        rows.push(row);
    }
    let (first, last) = (rows[0].id, rows[2].id);
    for (after, limit, expected) in
        [(Uuid::nil(), 50, &rows[..]), (first, 50, &rows[1..]), (first, 1, &rows[1..2]), (last, 50, &[])]
    {
        let found = read!(store, tx => events::after(tx, org, after, LATER, limit).await);
        assert_eq!(found, Ok(Some(expected.to_vec())));
    }
    assert_eq!(read!(store, tx => events::after(tx, other, Uuid::nil(), LATER, 50).await), Ok(Some(vec![])));
    assert_eq!(read!(store, tx => events::newest(tx, org, LATER).await), Ok(last));
    let cut = domain::id::first_at(at(2));
    let deleted =
        write!(store, tx => retention::delete_some(tx, org, Part::Events, Uuid::nil(), cut, 50).await);
    assert_eq!(deleted, Ok(Step { deleted: 1, next: None }));
    assert!(!told(&store, org, first).await);
    assert!(told(&store, org, last).await);
    assert!(!told(&store, other, last).await);
}

/// R20: who, when, before, after.
pub async fn audit_is_read_newest_first(store: Store) {
    let world = World::in_store(&store).await;
    let (org, other) = (world.org(), world.other.id);
    let mut entries = Vec::new();
    for (minute, actor) in [(1, None), (2, Some(world.ben.id))] {
        let entry = AuditEntry {
            id: world.ids.next(at(minute)),
            at: at(minute),
            actor,
            action: "inactivity_reply.update".to_owned(),
            subject: org.to_string(),
            before: json!(null),
            after: json!({"threshold_minutes": minute}),
        };
        let kept = keep(entry.clone());
        write!(store, tx => audit::insert(tx, org, kept).await).unwrap();
        entries.push(entry);
    }
    let newest = (entries[1].clone(), Some("Ben Ode".to_owned()));
    let oldest = (entries[0].clone(), None);
    let after = entries[1].id;
    let page = async |org, filter: AuditFilter, after, limit| {
        let filter = keep(filter);
        read!(store, tx => audit::page(tx, org, filter, after, limit).await).unwrap()
    };
    let all = AuditFilter::default;
    assert_eq!(page(org, all(), None, 50).await, [newest.clone(), oldest.clone()]);
    assert_eq!(page(org, all(), None, 1).await, from_ref(&newest));
    assert_eq!(page(org, all(), Some(after), 50).await, from_ref(&oldest));
    assert_eq!(page(other, all(), None, 50).await, []);
    let kind = |kind: &str| AuditFilter { kind: Some(kind.to_owned()), ..all() };
    assert_eq!(
        page(org, AuditFilter { actor: Some(world.ben.id), ..all() }, None, 50).await,
        from_ref(&newest)
    );
    assert_eq!(page(org, kind("inactivity_reply"), None, 1).await, from_ref(&newest));
    assert_eq!(page(org, kind("inactivity"), None, 50).await, []);
    assert_eq!(page(org, AuditFilter { from: Some(at(2)), ..all() }, None, 50).await, from_ref(&newest));
    assert_eq!(page(org, AuditFilter { to: Some(at(2)), ..all() }, None, 50).await, from_ref(&oldest));
}

/// A restart goes on above everything that is stored, whatever the clock says.
pub async fn the_newest_id_is_the_greatest_of_all(store: Store) {
    assert_eq!(read!(store, tx => newest_id(tx).await), Ok(Uuid::nil()), "an empty database");
    let world = World::in_store(&store).await;
    let (org, other) = (world.org(), world.other.id);
    assert_eq!(read!(store, tx => newest_id(tx).await), Ok(world.customer.id.0));
    let event: Uuid = world.ids.next(at(1));
    write!(store, tx => events::insert(tx, other, event, "case", "{}", at(1)).await).unwrap();
    assert_eq!(read!(store, tx => newest_id(tx).await), Ok(event));
    let entry: Uuid = world.ids.next(at(2));
    write!(store, tx => events::insert(tx, org, entry, "case", "{}", at(2)).await).unwrap();
    let newest = read!(store, tx => newest_id(tx).await).unwrap();
    assert_eq!(newest, entry);
    let ids = IdSource::from_seed(1);
    ids.start_after(newest);
    assert!(ids.next::<Uuid>(at(-1_000)) > newest);
}
