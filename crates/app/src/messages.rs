//! Reading a conversation: a case's messages, and on request the decisions about them.

use domain::customer::Customer;
use domain::delivery::DeliveryStatus;
use domain::id::{CaseId, MessageId, OrganizationId, instant_of};
use domain::message::Message;
use domain::outbox::OutboxRow;
use domain::retention::Retention;
use domain::time::Instant;
use store::{Op, Tx};
use uuid::Uuid;

use crate::caller::Caller;
use crate::decisions::{self, DecisionView};
use crate::error::AppError;
use crate::events::{changed_since, position};
use crate::{App, retention};

/// Which part of what a case has, and in which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<K> {
    /// Oldest first, after this one.
    After(Option<K>),
    /// Newest first, before this one.
    Before(Option<K>),
    /// What is new or changed since this place in the log of events, newest first. If that cannot be told any more,
    /// or is more than `limit`, the newest: [`Since::reset`] says so.
    Since(Uuid),
}

/// Up to where a reader knows, to ask for what changes later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since {
    /// The place in the log of events up to which this was read: the next [`Part::Since`].
    pub position: Uuid,
    /// What changed could not be told: these are the newest, and what the reader has may be out of date.
    pub reset: bool,
}

/// What of a conversation to read.
#[derive(Clone, Copy, Debug)]
pub struct MessagesQuery {
    /// Which messages, by sequence.
    pub part: Part<i64>,
    /// Whether with the decisions about them.
    pub decisions: bool,
    /// At most so many messages.
    pub limit: u32,
}

/// A part of a case's messages, and whose case it is.
#[derive(Clone, Debug, PartialEq)]
pub struct MessagesView {
    /// The author of the messages that came in.
    pub customer: Customer,
    /// In the order of the part that was asked for; one more than its limit if it goes on.
    pub messages: Vec<Message>,
    /// When the carrier is offered or asked about those of them next that it has not taken or confirmed.
    pub next_tries: Vec<(MessageId, Instant)>,
    /// Those about these messages, and, of what changed, those that did; none if not asked for.
    pub decisions: Option<Vec<DecisionView>>,
    /// What is not there any more.
    pub deleted: Deleted,
    /// To ask for what changes later.
    pub since: Since,
}

/// What of a case was deleted for its age (decision 0016).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deleted {
    /// Whether messages came before the oldest one of this part, the first of the case, that the organization did
    /// not keep.
    pub earlier_messages: bool,
    /// The decisions of messages from before this instant may be gone; none if all are there.
    pub decisions_before: Option<Instant>,
    /// How long the organization keeps what.
    pub retention: Retention,
}

struct ListMessages {
    caller: Caller,
    case_id: CaseId,
    query: MessagesQuery,
    now: Instant,
}

impl Op for ListMessages {
    type Out = MessagesView;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<MessagesView, AppError> {
        let (org, id, limit) = (self.caller.organization_id, self.case_id, self.query.limit);
        let case = store::cases::get(tx, org, id).await?.ok_or(AppError::NotFound("case"))?;
        let mut since = Since { position: position(tx, org, self.now).await?, reset: false };
        let mut part = self.query.part;
        let mut changed = None;
        if let Part::Since(place) = part {
            changed = changed_since(tx, org, id, place, self.now)
                .await?
                .filter(|changed| changed.messages.len().max(changed.decisions.len()) <= limit as usize);
            since.reset = changed.is_none();
            if since.reset {
                part = Part::Before(None);
            }
        }
        // One more than asked for tells whether the list goes on.
        let messages = match (&changed, part) {
            (Some(changed), _) => store::messages::of_case_by_id(tx, org, id, &changed.messages).await?,
            (None, Part::After(after)) => {
                store::messages::page_of_case(tx, org, id, after.unwrap_or(0), limit + 1).await?
            }
            (None, Part::Before(before)) => {
                let before = before.unwrap_or(i64::MAX);
                store::messages::newest_of_case(tx, org, id, before, limit + 1).await?
            }
            (None, Part::Since(_)) => Vec::new(),
        };
        let shown = &messages[..messages.len().min(limit as usize)];
        let decisions = match &changed {
            _ if !self.query.decisions => None,
            Some(changed) => Some(decisions::by_id(tx, org, &changed.decisions).await?),
            None => Some(decisions::of_messages(tx, org, id, shown).await?),
        };
        let next_tries = next_tries(tx, org, shown).await?;
        let earlier_messages = match part {
            // A case counts its messages from 1, without gaps.
            Part::After(None) => shown.first().map_or(case.last_sequence + 1, |oldest| oldest.sequence) > 1,
            Part::Before(before) if messages.len() == shown.len() => {
                let none = before.unwrap_or(case.last_sequence + 1);
                shown.last().map_or(none, |oldest| oldest.sequence) > 1
            }
            Part::After(Some(_)) | Part::Before(_) | Part::Since(_) => false,
        };
        let deleted = deleted(tx, &self.caller, earlier_messages).await?;
        Ok(MessagesView { customer: case.customer, messages, next_tries, decisions, deleted, since })
    }
}

async fn next_tries(
    tx: &mut Tx,
    org: OrganizationId,
    messages: &[Message],
) -> Result<Vec<(MessageId, Instant)>, AppError> {
    let mut tries = Vec::new();
    for message in messages {
        tries.extend(next_try_of(tx, org, message).await?.map(|at| (message.id, at)));
    }
    Ok(tries)
}

/// See [`MessagesView::next_tries`].
pub(crate) async fn next_try_of(
    tx: &mut Tx,
    org: OrganizationId,
    message: &Message,
) -> Result<Option<Instant>, AppError> {
    let status = message.delivery.as_ref().map(|delivery| delivery.status);
    if !matches!(status, Some(DeliveryStatus::Queued | DeliveryStatus::Attempting)) {
        return Ok(None);
    }
    Ok(store::outbox::get(tx, org, message.id).await?.as_ref().and_then(OutboxRow::next_try_at))
}

async fn deleted(tx: &mut Tx, caller: &Caller, earlier_messages: bool) -> Result<Deleted, AppError> {
    let stored = retention::stored(tx, caller.organization_id).await?;
    let before = stored.decisions_before;
    let decisions_before = (!before.is_nil()).then(|| instant_of(before));
    Ok(Deleted { earlier_messages, decisions_before, retention: stored.retention })
}

impl App {
    /// The messages of a case after a sequence (0 for all), oldest first, at most `limit`.
    pub async fn messages(
        &self,
        caller: &Caller,
        case_id: CaseId,
        after_sequence: i64,
        limit: u32,
    ) -> Result<MessagesView, AppError> {
        let part = Part::After((after_sequence > 0).then_some(after_sequence));
        let query = MessagesQuery { part, decisions: false, limit };
        let mut view = self.conversation(caller, case_id, query).await?;
        view.messages.truncate(limit as usize);
        Ok(view)
    }

    /// A part of a case's messages, with the decisions about them if asked for; one more than the limit if it
    /// goes on.
    pub async fn conversation(
        &self,
        caller: &Caller,
        case_id: CaseId,
        query: MessagesQuery,
    ) -> Result<MessagesView, AppError> {
        caller.require_operator()?;
        let now = self.clock().now();
        self.read(ListMessages { caller: *caller, case_id, query, now }).await
    }
}
