//! A carrier to test and demonstrate against: Twilio's side of the conversation, with customers' phones on a
//! page and faults that can be switched on.
//!
//! Guaranteed: Twilio's wire shapes for creating, fetching and listing messages, for errors, for signed webhooks
//! and status callbacks, checked against the official Python library. It is an independent implementation: it
//! shares no code with the `channels` crate, so each checks the other. Everything is in memory and bounded (the
//! last 10,000 messages of an account; 10,000 phones). Not guaranteed: durability, prices, rate limits, media
//! sent to phones, or that a real carrier is as polite.
//!
//! # The carrier's API (HTTP Basic authentication with account SID and auth token)
//!
//! | request | answer |
//! |---|---|
//! | `POST /2010-04-01/Accounts/{Sid}/Messages.json` | 201 and the message; refusals as `{code, message, more_info, status}` |
//! | `GET /2010-04-01/Accounts/{Sid}/Messages.json` | newest first; `To`, `From`, `DateSent`, `DateSent<`, `DateSent>` (whole days, both ends included), `PageSize`, `Page`, `PageToken` |
//! | `GET …/Messages/{Sid}.json`, `GET …/Accounts/{Sid}.json` | one message; the account |
//! | `GET …/Accounts/{Sid}/IncomingPhoneNumbers.json` | its numbers with `sms_url`, where texts to them go; `PhoneNumber` |
//! | `GET …/Messages/{Sid}/Media.json`, `…/Media/{Sid}.json`, `…/Media/{Sid}` | a text's pictures: list, description, file |
//!
//! # The control API (JSON, no authentication: it is for loopback, and refuses other sites' names and pages)
//!
//! | request | body, answer |
//! |---|---|
//! | `GET /sandbox/phones?q=&limit=` | `{numbers: [{number, account_sid}], phones: [phone], total, desk_url}`, most recently used first; a phone is `{number, name, opted_out: [number], messages: [message]}` |
//! | `POST /sandbox/phones` | `{number, name}`; 201 and the phone |
//! | `GET /sandbox/phones/{number}` | one phone with up to 200 messages |
//! | `POST /sandbox/phones/{number}/messages` | `{to, body, media, message_sid, lost, judged_machine_made}`, all optional but a body or a picture (`to` only while there is one business number). Answers once the webhook has: `{message_sid, webhook_status, attempts, error}` |
//! | `GET`, `PUT /sandbox/faults` | `{faults: [{kind, remaining, code, delay_ms}]}`; `PUT` replaces all, see [`FaultKind`] |
//! | `GET /sandbox/events` | server-sent events `message`, `phone`, `numbers`, `faults`, and `reload` after missed ones |
//! | `GET /sandbox/media/{sid}` | a picture as its phone shows it |
//!
//! `message_sid` sends a message under a chosen id, and the same message again if the id exists: a duplicate
//! webhook. `lost` keeps the webhook from being posted, `judged_machine_made` also marks the message with error
//! 30039; both leave the message to be found in the list. The faults `lost_webhooks` and `machine_made` do the
//! same to every text.

mod api;
mod control;
mod error;
mod fault;
mod guest;
mod keyword;
mod message;
mod page;
mod picture;
mod report;
mod segment;
mod sid;
mod signature;
mod state;
mod text;
mod webhook;

use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::{Semaphore, broadcast};

pub use control::{MessageView, PhoneView};
pub use fault::{Fault, FaultKind, InvalidFault};
pub use text::{Text, TextOutcome, TextRefused};
pub use webhook::Handover;

use state::{Event, State};

/// The time, in milliseconds since 1970. Only what is shown or listed follows it: waiting is done in real time.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// How many events a slow page may fall behind before it has to load everything again.
const EVENTS_KEPT: usize = 1_024;
/// How many status callbacks are on their way at once.
const CALLBACKS_AT_ONCE: usize = 128;

/// What the carrier starts with.
pub struct Config {
    /// Its customers: the businesses, not the people with phones.
    pub accounts: Vec<Account>,
    /// The time.
    pub clock: Clock,
}

/// A business's account.
#[derive(Debug, Clone)]
pub struct Account {
    /// `AC…`
    pub account_sid: String,
    /// The secret for its requests and our signatures.
    pub auth_token: String,
    /// Its numbers.
    pub numbers: Vec<Number>,
}

/// A business's number.
#[derive(Debug, Clone)]
pub struct Number {
    /// In E.164 form.
    pub number: String,
    /// Where texts to it are posted; a fragment such as `#rc=5&rp=all` says how often to retry.
    pub inbound_webhook_url: String,
}

/// No such account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the sandbox carrier has no account {0}")]
pub struct UnknownAccount(pub String);

/// The carrier. Cheap to clone; all clones are the same carrier.
#[derive(Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Clock,
    http: reqwest::Client,
    state: Mutex<State>,
    events: broadcast::Sender<Event>,
    callbacks: Semaphore,
}

impl Sandbox {
    /// A carrier with these accounts.
    ///
    /// # Panics
    /// If the machine cannot provide an HTTP client at all.
    pub fn new(config: Config) -> Self {
        let inner = Inner {
            clock: config.clock,
            http: webhook::client(),
            state: Mutex::default(),
            events: broadcast::channel(EVENTS_KEPT).0,
            callbacks: Semaphore::new(CALLBACKS_AT_ONCE),
        };
        let sandbox = Self { inner: Arc::new(inner) };
        for account in config.accounts {
            sandbox.add_account(account);
        }
        sandbox
    }

    /// Adds an account, or gives an existing one a new token and further numbers.
    pub fn add_account(&self, account: Account) {
        self.state().add_account(&account.account_sid, &account.auth_token);
        for number in account.numbers {
            self.add_number(&account.account_sid, number).expect("the account was just added");
        }
    }

    /// Gives an account a number, or a number of its own a new webhook address.
    pub fn add_number(&self, account_sid: &str, number: Number) -> Result<(), UnknownAccount> {
        self.state().add_number(account_sid, number)?;
        self.tell(Event::numbers);
        Ok(())
    }

    /// Adds a customer's phone to the page, or names one that is there.
    pub fn add_phone(&self, number: &str, name: &str) {
        self.state().name_phone(number, name);
        self.tell(|state| Event::phone(state, number));
    }

    /// Shows a link back to the desk on the page.
    pub fn set_desk_url(&self, url: &str) {
        self.state().desk_url = Some(url.to_owned());
        self.tell(Event::numbers);
    }

    /// Tells the carrier its own address, for example `http://127.0.0.1:8081`: it stands in the addresses of
    /// pictures until a business has used the API, from then on the address by which it did.
    pub fn set_api_url(&self, url: &str) {
        self.state().address.told = Some(url.trim_end_matches('/').to_owned());
    }

    /// Replaces all faults.
    pub fn set_faults(&self, faults: Vec<Fault>) -> Result<(), InvalidFault> {
        self.state().faults.replace(faults)?;
        self.tell(Event::faults);
        Ok(())
    }

    /// The faults that are on.
    pub fn faults(&self) -> Vec<Fault> {
        self.state().faults.list()
    }

    /// Everything that the carrier serves: its API, the control API and the page.
    pub fn router(&self) -> axum::Router {
        axum::Router::new()
            .merge(api::routes().layer(axum::middleware::map_response_with_state(self.clone(), api::dated)))
            .merge(control::routes().merge(page::routes()).layer(axum::middleware::from_fn(guest::guard)))
            .fallback(error::not_found)
            .method_not_allowed_fallback(error::method_not_allowed)
            .layer(axum::extract::DefaultBodyLimit::max(64 * 1024))
            .with_state(self.clone())
    }

    fn now_ms(&self) -> i64 {
        (self.inner.clock)()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Tells the pages, if there are any.
    fn tell(&self, event: impl FnOnce(&State) -> Event) {
        if self.inner.events.receiver_count() > 0 {
            let event = event(&self.state());
            // Nobody listening any more is no error.
            let _ = self.inner.events.send(event);
        }
    }
}
