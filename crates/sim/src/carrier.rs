//! A carrier for tests: accepts texts over HTTP as Twilio does, keeps what it took, and fails as it is told.
//!
//! It is told what to do with the next hand-overs ([`Fault`]), one after another; without a fault it accepts.
//! Every hand-over is logged before it is answered, so that a test sees also those whose answer got lost.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use app::clock::Clock;
use domain::time::Instant;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::http;

/// How long a stalled answer keeps its client waiting before the connection is cut, in real time.
const STALL: Duration = Duration::from_millis(5);

/// What goes wrong with one hand-over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// HTTP 429: never processed.
    TooMany,
    /// HTTP 400 with this code: refused for good.
    Refuse(u32),
    /// HTTP 500; processed or not.
    Error {
        /// Whether the text went out all the same.
        processed: bool,
    },
    /// The connection is cut without an answer.
    Reset {
        /// Whether the text went out all the same.
        processed: bool,
    },
    /// The answer does not come, and after a while the connection is cut.
    Stall {
        /// Whether the text went out all the same.
        processed: bool,
    },
    /// Processed; the answer comes when [`Carrier::release`] says so.
    Held,
    /// The app dies while it waits for the answer: nobody reads it.
    Crash {
        /// Whether the text went out all the same.
        processed: bool,
    },
}

/// One hand-over: a request to send, whatever became of it.
#[derive(Clone, Debug)]
pub struct HandOver {
    /// When it came, by the simulated clock.
    pub at: Instant,
    /// The customer's number.
    pub to: String,
    /// The text.
    pub body: String,
    /// Where the app wants to be told what becomes of it: it bears the app's own id of the message.
    pub callback: String,
    /// The carrier's id, if the carrier processed it.
    pub sid: Option<String>,
    /// What went wrong.
    pub fault: Option<Fault>,
}

/// A text from a customer, as the carrier lists it.
#[derive(Clone, Debug)]
pub struct Text {
    /// The carrier's id.
    pub sid: String,
    /// The customer.
    pub from: String,
    /// The text.
    pub body: String,
    /// When it was sent, by the simulated clock.
    pub at: Instant,
    /// From when the list shows it: a real one may lag behind.
    pub listed_at: Instant,
    /// The carrier takes the sender for a machine (30039).
    pub automatic: bool,
}

impl HandOver {
    /// The app's signed id of the message.
    pub fn signed_id(&self) -> &str {
        self.callback.rsplit('/').next().unwrap_or_default()
    }
}

/// The carrier.
pub struct Carrier {
    state: Arc<Mutex<State>>,
    crash: Arc<Notify>,
    release: Arc<Notify>,
    server: JoinHandle<()>,
    /// Its API's address.
    pub base_url: String,
}

#[derive(Default)]
struct State {
    faults: VecDeque<Fault>,
    hand_overs: Vec<HandOver>,
    texts: Vec<Text>,
    opted_out: HashSet<String>,
    list_fails: u32,
}

impl Carrier {
    /// Starts one on a free port of this machine.
    pub async fn start(clock: Clock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base_url = format!("http://{}", listener.local_addr().expect("an address"));
        let (state, crash) = (Arc::new(Mutex::new(State::default())), Arc::new(Notify::new()));
        let release = Arc::new(Notify::new());
        let (shared, signal, released) = (state.clone(), crash.clone(), release.clone());
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (shared, signal, released) = (shared.clone(), signal.clone(), released.clone());
                tokio::spawn(serve(stream, clock.clone(), shared, signal, released));
            }
        });
        Self { state, crash, release, server, base_url }
    }

    /// What to do with the next hand-overs, in order.
    pub fn fail_next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state().faults.extend(faults);
    }

    /// Forgets the faults that have not come to pass.
    pub fn recover(&self) {
        let mut state = self.state();
        state.faults.clear();
        state.list_fails = 0;
    }

    /// Lets the next look-ups in the list fail.
    pub fn fail_lists(&self, count: u32) {
        self.state().list_fails = count;
    }

    /// Whether the next look-up in the list will fail.
    pub fn lists_fail(&self) -> bool {
        self.state().list_fails > 0
    }

    /// The carrier knows of an opt-out that did not reach the app: it refuses texts to this number (21610).
    pub fn opt_out(&self, number: &str) {
        self.state().opted_out.insert(number.to_owned());
    }

    /// A customer's text reaches the carrier, whatever becomes of its webhook.
    pub fn keep(&self, text: Text) {
        self.state().texts.push(text);
    }

    /// Every hand-over so far, oldest first.
    pub fn hand_overs(&self) -> Vec<HandOver> {
        self.state().hand_overs.clone()
    }

    /// The texts on this number's phone, oldest first.
    pub fn phone(&self, number: &str) -> Vec<String> {
        let state = self.state();
        let texts = state.hand_overs.iter().filter(|text| text.to == number && text.sid.is_some());
        texts.map(|text| text.body.clone()).collect()
    }

    /// Answers a [`Fault::Held`].
    pub fn release(&self) {
        self.release.notify_one();
    }

    /// Returns when a [`Fault::Crash`] or [`Fault::Held`] has come to pass.
    pub async fn crashed(&self) {
        self.crash.notified().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn rfc_2822(at: Instant) -> String {
    let timestamp = jiff::Timestamp::from_millisecond(at.ms()).expect("a simulated instant is in range");
    jiff::fmt::rfc2822::to_string(&timestamp.to_zoned(jiff::tz::TimeZone::UTC)).expect("a date has a form")
}

async fn serve(
    mut stream: TcpStream,
    clock: Clock,
    state: Arc<Mutex<State>>,
    crash: Arc<Notify>,
    release: Arc<Notify>,
) {
    let Some(request) = http::read_request(&mut stream).await else { return };
    let date = rfc_2822(clock.now());
    if request.method == "GET" {
        let listed = match request.param("DateSent>") {
            "" => list(&mut lock(&state), request.param("To")),
            day => list_inbound(&mut lock(&state), clock.now(), day, request.param("DateSent<")),
        };
        match listed {
            Some(body) => http::answer(stream, 200, &date, &body.to_string()).await,
            None => http::answer(stream, 503, &date, "{}").await,
        }
        return;
    }
    let hand_over = take(&mut lock(&state), &request, clock.now());
    let sid = hand_over.sid.as_deref();
    match hand_over.fault {
        None | Some(Fault::Held) => {
            if hand_over.fault.is_some() {
                crash.notify_one();
                release.notified().await;
            }
            let body = json!({ "sid": sid, "status": "queued" });
            http::answer(stream, 201, &date, &body.to_string()).await;
        }
        Some(Fault::TooMany) => http::answer(stream, 429, &date, &refusal(20429)).await,
        Some(Fault::Refuse(code)) => http::answer(stream, 400, &date, &refusal(code)).await,
        Some(Fault::Error { .. }) => http::answer(stream, 500, &date, &refusal(20500)).await,
        Some(Fault::Reset { .. }) => {}
        Some(Fault::Stall { .. }) => tokio::time::sleep(STALL).await,
        Some(Fault::Crash { .. }) => {
            crash.notify_one();
            // The connection stays open until the app is gone.
            std::future::pending::<()>().await;
        }
    }
}

/// Logs a request to send and decides what becomes of it.
fn take(state: &mut State, request: &http::Request, at: Instant) -> HandOver {
    let to = request.param("To").to_owned();
    let fault = match state.opted_out.contains(&to) {
        true => Some(Fault::Refuse(21610)),
        false => state.faults.pop_front(),
    };
    let processed = match fault {
        None | Some(Fault::Held) => true,
        Some(Fault::TooMany | Fault::Refuse(_)) => false,
        Some(Fault::Error { processed } | Fault::Reset { processed }) => processed,
        Some(Fault::Stall { processed } | Fault::Crash { processed }) => processed,
    };
    let hand_over = HandOver {
        at,
        to,
        body: request.param("Body").to_owned(),
        callback: request.param("StatusCallback").to_owned(),
        sid: processed.then(|| format!("SM{:032x}", state.hand_overs.len() + 1)),
        fault,
    };
    state.hand_overs.push(hand_over.clone());
    hand_over
}

/// What the carrier has for this number, newest first; nothing while look-ups fail.
fn list(state: &mut State, to: &str) -> Option<Value> {
    if state.list_fails > 0 {
        state.list_fails -= 1;
        return None;
    }
    let texts = state.hand_overs.iter().rev().filter(|text| text.to == to && text.sid.is_some());
    let messages: Vec<Value> = texts
        .map(|text| {
            json!({
                "sid": text.sid, "status": "delivered", "direction": "outbound-api", "from": crate::world::NUMBER,
                "to": text.to, "body": text.body, "date_created": rfc_2822(text.at), "error_code": null,
            })
        })
        .collect();
    Some(json!({ "messages": messages, "next_page_uri": null }))
}

/// The customers' texts of these days, both included, newest first; nothing while look-ups fail.
fn list_inbound(state: &mut State, now: Instant, from_day: &str, to_day: &str) -> Option<Value> {
    if state.list_fails > 0 {
        state.list_fails -= 1;
        return None;
    }
    let days = |text: &&Text| {
        let at = text.at.to_string();
        let day = &at[..10];
        text.listed_at <= now && day >= from_day && (to_day.is_empty() || day <= to_day)
    };
    let messages: Vec<Value> = state
        .texts
        .iter()
        .rev()
        .filter(days)
        .map(|text| {
            json!({
                "sid": text.sid, "status": "received", "direction": "inbound", "from": text.from,
                "to": crate::world::NUMBER, "body": text.body, "date_created": rfc_2822(text.at),
                "error_code": text.automatic.then_some(30039), "num_media": "0",
            })
        })
        .collect();
    Some(json!({ "messages": messages, "next_page_uri": null }))
}

fn refusal(code: u32) -> String {
    json!({ "code": code, "message": "no", "more_info": "", "status": 400 }).to_string()
}
