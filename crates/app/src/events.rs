//! What readers of `/api/v1/events` are told: that something changed, by id. Bodies never travel here.

use std::collections::BTreeSet;

use domain::id::{CaseId, CustomerId, DecisionId, MessageId, OrganizationId, UserId};
use domain::time::Instant;
use serde::Deserialize;
use serde_json::json;
use store::{Op, StoreError, Tx};
use uuid::Uuid;

use crate::caller::Caller;
use crate::error::AppError;
use crate::{App, Env};

/// How many events are read at once.
const BATCH: u32 = 200;

/// Something that changed.
pub(crate) enum Event {
    Message(CaseId, MessageId),
    Case(CaseId),
    Decision(CaseId, DecisionId),
    Presence(UserId),
    Customer(CustomerId),
}

/// Writes an event in the transaction that made it true.
pub(crate) async fn emit(
    tx: &mut Tx,
    env: &Env,
    organization_id: OrganizationId,
    now: Instant,
    event: Event,
) -> Result<(), StoreError> {
    let (kind, subject) = match event {
        Event::Message(case_id, id) => ("message", json!({ "case_id": case_id, "id": id })),
        Event::Case(id) => ("case", json!({ "case_id": id, "id": id })),
        Event::Decision(case_id, id) => ("decision", json!({ "case_id": case_id, "id": id })),
        Event::Presence(id) => ("presence", json!({ "id": id })),
        Event::Customer(id) => ("customer", json!({ "id": id })),
    };
    store::events::insert(tx, organization_id, env.id(now), kind, &subject.to_string(), now).await
}

/// One event as a reader gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventView {
    /// Its id: what `Last-Event-ID` names.
    pub id: Uuid,
    /// `message`, `case`, `decision`, `presence` or `customer`.
    pub kind: String,
    /// The ids concerned, as JSON.
    pub data: String,
}

/// The next events for a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventsPage {
    /// Those after the one named, oldest first.
    Events(Vec<EventView>),
    /// The one named is not known any more: the reader is to load everything again and go on after this id.
    Reset(Uuid),
}

/// How many events of an organization are looked through for what changed on one case. A page that listens goes on
/// from the event before, and one that has been gone for longer reads its newest messages anew.
const LOOK_THROUGH: u32 = 1_000;

/// What changed on a case, by the log of events.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Changed {
    pub messages: Vec<MessageId>,
    pub decisions: Vec<DecisionId>,
}

/// An event's subject, of those that are about a case.
#[derive(Deserialize)]
struct Subject {
    case_id: Option<CaseId>,
    id: Uuid,
}

/// The place in the log of events up to which a reader that reads now misses nothing.
pub(crate) async fn position(tx: &mut Tx, org: OrganizationId, now: Instant) -> Result<Uuid, StoreError> {
    store::events::newest(tx, org, now).await
}

/// What changed on this case after an event; none if that event is not known any more or too much happened since,
/// so that the reader has to read anew.
pub(crate) async fn changed_since(
    tx: &mut Tx,
    org: OrganizationId,
    case_id: CaseId,
    since: Uuid,
    now: Instant,
) -> Result<Option<Changed>, StoreError> {
    // The nil id is the place before the first event: old events may be gone by now.
    if since.is_nil() {
        return Ok(None);
    }
    let rows = store::events::after(tx, org, since, now, LOOK_THROUGH + 1).await?;
    let Some(rows) = rows.filter(|rows| rows.len() <= LOOK_THROUGH as usize) else { return Ok(None) };
    let (mut messages, mut decisions) = (BTreeSet::new(), BTreeSet::new());
    for row in rows {
        let changed = match row.kind.as_str() {
            "message" => &mut messages,
            "decision" => &mut decisions,
            _ => continue,
        };
        // Rows are written by `emit` above; one that cannot be read makes the reader read anew.
        let Ok(subject) = serde_json::from_str::<Subject>(&row.subject) else { return Ok(None) };
        if subject.case_id == Some(case_id) {
            changed.insert(subject.id);
        }
    }
    Ok(Some(Changed {
        messages: messages.into_iter().map(MessageId).collect(),
        decisions: decisions.into_iter().map(DecisionId).collect(),
    }))
}

struct EventsAfter {
    organization_id: OrganizationId,
    after: Option<Uuid>,
    now: Instant,
}

impl Op for EventsAfter {
    type Out = EventsPage;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<EventsPage, AppError> {
        let (org, now) = (self.organization_id, self.now);
        let found = match self.after {
            Some(after) => store::events::after(tx, org, after, now, BATCH).await?,
            None => None,
        };
        let Some(rows) = found else {
            return Ok(EventsPage::Reset(store::events::newest(tx, org, now).await?));
        };
        let events = rows.into_iter().map(|row| EventView { id: row.id, kind: row.kind, data: row.subject });
        Ok(EventsPage::Events(events.collect()))
    }
}

impl App {
    /// The events after `after`, at most 200 at once. Without `after`, or if it is not known any more, the id
    /// to go on from.
    pub async fn events_after(&self, caller: &Caller, after: Option<Uuid>) -> Result<EventsPage, AppError> {
        let now = self.clock().now();
        self.read(EventsAfter { organization_id: caller.organization_id, after, now }).await
    }
}
