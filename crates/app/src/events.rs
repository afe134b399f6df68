//! What readers of `/api/v1/events` are told: that something changed, by id. Bodies never travel here.

use domain::id::{CaseId, DecisionId, MessageId, OrganizationId, UserId};
use domain::time::Instant;
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
    };
    store::events::insert(tx, organization_id, env.id(now), kind, &subject.to_string(), now).await
}

/// One event as a reader gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventView {
    /// Its id: what `Last-Event-ID` names.
    pub id: Uuid,
    /// `message`, `case`, `decision` or `presence`.
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
        let now = self.env().now();
        self.read(EventsAfter { organization_id: caller.organization_id, after, now }).await
    }
}
