//! What happened, as everybody outside saw it, and what the database holds in the end: all that the checker reads.
//! Instants are milliseconds since 1970 by this machine's clock, which the nodes read, too.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

/// An instant.
pub type Ms = i64;

/// The current instant.
#[allow(clippy::disallowed_methods, reason = "the harness stands outside of simulated time")]
pub fn now_ms() -> Ms {
    jiff::Timestamp::now().as_millisecond()
}

/// What a text means to the carrier and to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Words.
    Text,
    /// Opts out (R15).
    Stop,
    /// Opts in again.
    Start,
}

/// One time that a webhook was posted, or a request made.
#[derive(Clone, Debug)]
pub struct Call {
    /// To which node.
    pub node: usize,
    /// When it began.
    pub sent_at: Ms,
    /// When its answer came, or it was given up.
    pub ended_at: Ms,
    /// The status; none if no answer came.
    pub status: Option<u16>,
}

/// A customer's text.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// The carrier's id.
    pub sid: String,
    /// The customer.
    pub from: String,
    /// Our number.
    pub to: String,
    /// The words.
    pub body: String,
    /// What they mean.
    pub kind: Kind,
    /// Every time that it was posted.
    pub calls: Vec<Call>,
}

impl Webhook {
    /// When it was first answered with 200.
    pub fn acknowledged_at(&self) -> Option<Ms> {
        self.calls.iter().filter(|call| call.status == Some(200)).map(|call| call.ended_at).min()
    }

    /// When it was first on its way.
    pub fn first_sent_at(&self) -> Option<Ms> {
        self.calls.iter().map(|call| call.sent_at).min()
    }
}

/// What somebody at the desk wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// `POST /me/activity`.
    Activity,
    /// A message under an `Idempotency-Key`.
    Message {
        /// On which case.
        case_id: String,
        /// The words, which no other message has.
        body: String,
    },
    /// A change of the setting.
    Setting {
        /// The threshold from then on.
        minutes: u32,
    },
    /// Anything else, in words.
    Other(String),
}

/// A request of somebody at the desk.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who: the id of their account.
    pub user_id: String,
    /// What.
    pub wish: Wish,
    /// Every time that it was made: a message is repeated under its key.
    pub calls: Vec<Call>,
    /// What the last answer said.
    pub answer: Value,
}

impl Request {
    /// When it was first answered with success.
    pub fn acknowledged_at(&self) -> Option<Ms> {
        let good = |call: &&Call| call.status.is_some_and(|status| (200..300).contains(&status));
        self.calls.iter().filter(good).map(|call| call.ended_at).min()
    }
}

/// How the carrier answered a message of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 201.
    Taken,
    /// 429: certainly not processed.
    TryLater,
    /// 4xx: certainly not processed.
    Refused,
    /// Anything else, or nobody was there any more to hear it: it may have been processed.
    Uncertain,
}

/// A message of ours at the carrier.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// When it came.
    pub at: Ms,
    /// Our own id of it, from its callback address.
    pub message_id: String,
    /// The customer.
    pub to: String,
    /// The words.
    pub body: String,
    /// How it was answered.
    pub answer: Answer,
}

/// A time in which nothing has to be prompt: from the blow until the harness saw the system whole again.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// From.
    pub from: Ms,
    /// Until.
    pub until: Ms,
    /// What was done.
    pub what: String,
    /// Whether it counts: with a node gone and another one there, the desk has no excuse.
    pub excuses: bool,
    /// Whether it may leave a node in doubt about a hand-over: a node died, or the carrier misbehaved.
    pub unsettles: bool,
}

/// What one reader of events saw.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    /// Who.
    pub name: String,
    /// When it first had a place in the events.
    pub since: Option<Ms>,
    /// When it was last told to load everything again: what came before, it need not have seen.
    pub reset_at: Option<Ms>,
    /// The ids of messages that it was told of.
    pub messages: std::collections::HashSet<String>,
    /// How often it came back, and to how many nodes.
    pub connections: Vec<usize>,
}

/// A stored message.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// Its id.
    pub id: String,
    /// Its case.
    pub case_id: String,
    /// `customer`, `operator` or `auto_reply`.
    pub author: String,
    /// The words.
    pub body: String,
    /// The carrier's id.
    pub provider_id: Option<String>,
    /// What became of it, if it is to the customer.
    pub delivery: Option<String>,
    /// Why, in words.
    pub delivery_error: Option<String>,
    /// When it was committed.
    pub created_at: Ms,
}

/// A stored decision.
#[derive(Clone, Debug, Default)]
pub struct Decision {
    /// Its id.
    pub id: String,
    /// The customer's message.
    pub message_id: String,
    /// Its case.
    pub case_id: String,
    /// `sent`, `not_sent`, `watching`, `cancelled`.
    pub outcome: String,
    /// Why.
    pub reason: String,
    /// The reply.
    pub reply_id: Option<String>,
    /// When.
    pub decided_at: Ms,
    /// What it looked at.
    pub facts: Value,
}

/// A message on its way.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    /// Which.
    pub message_id: String,
    /// `queued`, `attempting`, `unknown`.
    pub phase: String,
    /// When it is looked at next.
    pub due_at: Ms,
    /// How often it was handed over.
    pub attempts: i64,
}

/// A stored case.
#[derive(Clone, Debug, Default)]
pub struct Case {
    /// Its id.
    pub id: String,
    /// `open` or `closed`.
    pub status: String,
    /// The customer's phone.
    pub phone: String,
    /// Whose it is.
    pub operator_id: Option<String>,
    /// Whether the customer is opted out.
    pub opted_out: bool,
    /// Since when a watch counts, if it changed hands (R17).
    pub watch_from: Option<Ms>,
}

/// A stored operator.
#[derive(Clone, Debug, Default)]
pub struct User {
    /// Their id.
    pub id: String,
    /// Their latest activity.
    pub last_active_at: Ms,
    /// Their threshold: their own, else the organization's.
    pub threshold_ms: i64,
}

/// What the database holds.
#[derive(Clone, Debug, Default)]
pub struct Stored {
    /// All messages.
    pub messages: Vec<Message>,
    /// All decisions.
    pub decisions: Vec<Decision>,
    /// All that are on their way.
    pub outbox: Vec<Outbox>,
    /// All cases.
    pub cases: Vec<Case>,
    /// All people.
    pub users: Vec<User>,
    /// When something happened to a message, by its id, in order: its commit, its attempts, its outcomes.
    pub message_events: Vec<(String, Ms)>,
}

/// Everything.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Customers' texts.
    pub webhooks: Vec<Webhook>,
    /// Requests at the desk.
    pub requests: Vec<Request>,
    /// What the carrier got.
    pub arrivals: Vec<Arrival>,
    /// What was done to the system.
    pub troubles: Vec<Trouble>,
    /// What readers of events saw.
    pub readers: Vec<Reader>,
    /// What no node should have done: ended by itself, panicked, been slow to stop; and what `backsoon check` found.
    pub complaints: Vec<String>,
    /// What is stored.
    pub stored: Stored,
    /// Until when the nodes had time.
    pub read_at: Ms,
    /// Whether they had the time to find out what became of everything.
    pub to_the_end: bool,
}

/// A history that many write.
#[derive(Clone, Default)]
pub struct Shared(Arc<Mutex<History>>);

impl Shared {
    /// The history, for a moment.
    pub fn lock(&self) -> MutexGuard<'_, History> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
