//! The people around the desk: customers whose carrier posts their texts, and those who work at it. Everything
//! that they do and hear is written into the history.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Client, Method};
use sandbox::{Sandbox, Text};
use serde_json::{Value, json};
use sha1::Sha1;
use tokio::time::sleep;

use crate::carrier::{ACCOUNT_SID, AUTH_TOKEN};
use crate::desk::{People, Person};
use crate::history::{Call, Kind, Request, Shared, Webhook, Wish, now_ms};
use crate::plan::{Act, Care, Step};

/// Where messages are posted to.
const WEBHOOK: &str = "/webhooks/twilio/messages";
/// How long a client waits for an answer.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// How often something is tried that is to succeed in the end.
const TRIES: usize = 40;

/// Everybody around the desk.
pub struct World {
    /// What they do and hear.
    pub history: Shared,
    /// The nodes, by the proxies in front of them.
    pub fronts: Vec<String>,
    /// The desk's address, which signatures are made over.
    pub public_url: String,
    /// Our numbers.
    pub numbers: Vec<String>,
    /// Who works at the desk.
    pub people: People,
    /// Set once nobody begins anything new.
    pub closing: AtomicBool,
    /// Set once nobody tries anything again.
    pub over: AtomicBool,
    carrier: Sandbox,
    http: Client,
    next: AtomicU64,
    changing: tokio::sync::Mutex<()>,
    /// Customers' cases, as far as anybody was told of them.
    cases: Mutex<HashMap<usize, String>>,
}

impl World {
    /// People who have done nothing yet.
    pub fn new(
        history: Shared,
        carrier: Sandbox,
        fronts: Vec<String>,
        public_url: String,
        numbers: Vec<String>,
        people: People,
    ) -> anyhow::Result<World> {
        Ok(World {
            history,
            fronts,
            public_url,
            numbers,
            people,
            closing: AtomicBool::new(false),
            over: AtomicBool::new(false),
            carrier,
            http: client()?,
            next: AtomicU64::new(1),
            changing: tokio::sync::Mutex::default(),
            cases: Mutex::default(),
        })
    }

    /// Does one step to its end.
    pub async fn perform(self: Arc<Self>, step: Step) {
        let Step { node, customer, act, .. } = step;
        let case = self.cases.lock().unwrap_or_else(PoisonError::into_inner).get(&customer).cloned();
        let operators = self.people.operators();
        match (act, case) {
            (Act::Text(kind, care), _) => self.text(customer, kind, care, node).await,
            (Act::OpenAndText(operator, care), _) => {
                self.open(customer, &operators[operator], node).await;
                self.text(customer, Kind::Text, care, node).await;
            }
            (Act::AssignTheUnassigned(operator), _) => {
                self.assign_the_unassigned(&operators[operator], node).await
            }
            (Act::Assign(operator), Some(case)) => {
                self.patch(&case, json!({ "assigned_operator_id": operators[operator] }), node).await
            }
            (Act::Close, Some(case)) => self.patch(&case, json!({ "status": "closed" }), node).await,
            (Act::Seen(who), Some(case)) => {
                let path = format!("/api/v1/cases/{case}/seen");
                let wish = Wish::Other(format!("seen {case}"));
                self.once(&self.people.present[who], wish, Method::POST, &path, Value::Null, node).await;
            }
            (Act::Activity(who), _) => {
                let body = json!({ "kind": "im_here" });
                let path = "/api/v1/me/activity";
                self.once(&self.people.present[who], Wish::Activity, Method::POST, path, body, node).await;
            }
            (Act::Message(who, twice), Some(case)) => {
                let n = self.next.fetch_add(1, Ordering::Relaxed);
                let body = format!("This is message {n} from a person.");
                let wish = Wish::Message { case_id: case.clone(), body: body.clone() };
                let path = format!("/api/v1/cases/{case}/messages");
                let tries = if twice { TRIES } else { 1 };
                let body = json!({ "body": body });
                let who = &self.people.present[who];
                self.request(who, wish, Method::POST, &path, body, node, Some(n), tries, twice).await;
            }
            (Act::Away(on), _) => self.away(on, node).await,
            (Act::Setting(enabled, minutes, while_waiting, n), _) => {
                self.set(enabled, minutes, while_waiting, n, node).await;
            }
            // Nobody was told of a case.
            (Act::Assign(_) | Act::Close | Act::Seen(_) | Act::Message(..), None) => {}
        }
    }

    /// A customer texts: posted as carefully as the carrier is told to be.
    async fn text(&self, customer: usize, kind: Kind, care: Care, node: usize) {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        let body = match kind {
            Kind::Text => format!("Hello, this is text {n}: when can I pick it up?"),
            // Not a word that the carrier obeys: only we keep replies back.
            Kind::Stop => "Opt out.".to_owned(),
            Kind::Start => "START".to_owned(),
        };
        let webhook = Webhook {
            sid: format!("SM70270{n:027x}"),
            from: phone(customer),
            to: self.numbers[customer % self.numbers.len()].clone(),
            body,
            kind,
            calls: Vec::new(),
        };
        let index = {
            let mut history = self.history.lock();
            history.webhooks.push(webhook.clone());
            history.webhooks.len() - 1
        };
        // The carrier keeps it in its list, whether or not anybody takes it.
        let text = Text {
            from: webhook.from.clone(),
            to: webhook.to.clone(),
            body: webhook.body.clone(),
            message_sid: Some(webhook.sid.clone()),
            lost: true,
            ..Text::default()
        };
        self.carrier.text(text).await.expect("the carrier takes every text of ours");
        let mut good = if care == Care::TwiceAtOnce {
            let other = (node + 1) % self.fronts.len();
            let (one, two) =
                tokio::join!(self.post(index, &webhook, node), self.post(index, &webhook, other));
            one || two
        } else {
            self.post(index, &webhook, node).await
        };
        for again in 1..TRIES {
            if care == Care::Once || (good && care != Care::AgainAfterwards) || self.is_over() {
                return;
            }
            sleep(pause(again)).await;
            let elsewhere = if care == Care::RepeatElsewhere { again } else { 0 };
            good = self.post(index, &webhook, (node + elsewhere) % self.fronts.len()).await;
            if good {
                return;
            }
        }
    }

    /// Posts a webhook once; answers whether it was acknowledged.
    async fn post(&self, index: usize, webhook: &Webhook, node: usize) -> bool {
        let fields = [
            ("AccountSid", ACCOUNT_SID),
            ("ApiVersion", "2010-04-01"),
            ("Body", &webhook.body),
            ("From", &webhook.from),
            ("MessageSid", &webhook.sid),
            ("NumMedia", "0"),
            ("NumSegments", "1"),
            ("SmsStatus", "received"),
            ("To", &webhook.to),
        ];
        let signature = sign(&format!("{}{WEBHOOK}", self.public_url), &fields);
        let request = self.http.post(format!("{}{WEBHOOK}", self.fronts[node])).form(&fields);
        let request = request.header("X-Twilio-Signature", signature).timeout(PATIENCE);
        let sent_at = now_ms();
        let call = {
            let calls = &mut self.history.lock().webhooks[index].calls;
            calls.push(Call { node, sent_at, ended_at: i64::MAX, status: None });
            calls.len() - 1
        };
        let status = match request.send().await {
            Ok(answer) => Some(answer.status().as_u16()),
            Err(_) => None,
        };
        let call = &mut self.history.lock().webhooks[index].calls[call];
        (call.ended_at, call.status) = (now_ms(), status);
        status == Some(200)
    }

    async fn open(&self, customer: usize, operator: &str, node: usize) {
        let phone = phone(customer);
        let body = json!({ "customer": { "phone": phone, "name": format!("Customer {customer}") }, "subject": "",
            "assigned_operator_id": operator, "channel_id": self.people.channels[customer % self.numbers.len()] });
        let wish = Wish::Other(format!("open a case for {phone}"));
        let who = &self.people.dispatcher;
        let answer = self.request(who, wish, Method::POST, "/api/v1/cases", body, node, None, 3, false).await;
        if let Some(case) = answer["id"].as_str() {
            self.cases.lock().unwrap_or_else(PoisonError::into_inner).insert(customer, case.to_owned());
        }
    }

    async fn assign_the_unassigned(&self, operator: &str, node: usize) {
        let path = "/api/v1/cases?assigned_to=none&status=open&limit=5";
        let wish = Wish::Other("look for cases that nobody has".to_owned());
        let who = &self.people.dispatcher;
        let list = self.once(who, wish, Method::GET, path, Value::Null, node).await;
        for case in list["items"].as_array().into_iter().flatten().filter_map(|case| case["id"].as_str()) {
            self.patch(case, json!({ "assigned_operator_id": operator }), node).await;
        }
    }

    async fn patch(&self, case: &str, change: Value, node: usize) {
        let path = format!("/api/v1/cases/{case}");
        let wish = Wish::Other(format!("change {case}: {change}"));
        self.once(&self.people.dispatcher, wish, Method::PATCH, &path, change, node).await;
    }

    /// The operator with the away message switches it on or off, and insists.
    pub async fn away(&self, on: bool, node: usize) {
        let body = json!({
            "inactivity": { "enabled": false, "message": "", "threshold_minutes": null }, "office_hours": null,
            "away": { "enabled": on, "title": "Leave", "message": "On leave: case {{ case.number }} waits.",
                "starts_at": "2026-01-01T00:00:00Z", "ends_at": null },
        });
        let wish = Wish::Other(format!("away message on: {on}"));
        let _one_at_a_time = self.changing.lock().await;
        self.request(
            &self.people.away,
            wish,
            Method::PUT,
            "/api/v1/me/auto-reply",
            body,
            node,
            None,
            TRIES,
            false,
        )
        .await;
    }

    /// The admin changes the setting, and insists.
    pub async fn set(&self, enabled: bool, minutes: u32, while_waiting: bool, n: u32, node: usize) {
        // What is asked for later is to hold in the end.
        let _one_at_a_time = self.changing.lock().await;
        let body = json!({ "enabled": enabled, "threshold_minutes": minutes, "while_waiting": while_waiting,
            "quiet_minutes": 0, "message": format!("{{{{ operator.first_name }}}} is away, case {{{{ case.number }}}}, text {n}.") });
        let path = "/api/v1/organization/inactivity-reply";
        let who = &self.people.admin;
        self.request(who, Wish::Setting { minutes }, Method::PUT, path, body, node, None, TRIES, false).await;
    }

    async fn once(
        &self,
        who: &Person,
        wish: Wish,
        method: Method,
        path: &str,
        body: Value,
        node: usize,
    ) -> Value {
        self.request(who, wish, method, path, body, node, None, 1, false).await
    }

    /// Makes a request until it is answered with anything but 5xx, at another node each time; `again` makes it once
    /// more after that.
    #[expect(clippy::too_many_arguments, reason = "one place makes every request")]
    async fn request(
        &self,
        who: &Person,
        wish: Wish,
        method: Method,
        path: &str,
        body: Value,
        node: usize,
        key: Option<u64>,
        tries: usize,
        mut again: bool,
    ) -> Value {
        let request = Request { user_id: who.id.clone(), wish, calls: Vec::new(), answer: Value::Null };
        let index = {
            let mut history = self.history.lock();
            history.requests.push(request);
            history.requests.len() - 1
        };
        let mut answer = Value::Null;
        for attempt in 0..tries {
            if attempt > 0 {
                if self.is_over() {
                    break;
                }
                sleep(pause(attempt)).await;
            }
            let node = (node + attempt) % self.fronts.len();
            let mut request = self.http.request(method.clone(), format!("{}{path}", self.fronts[node]));
            request = request.bearer_auth(&who.token).timeout(PATIENCE);
            if !body.is_null() {
                request = request.json(&body);
            }
            if let Some(key) = key {
                request = request.header("Idempotency-Key", format!("torture-{key}"));
            }
            let sent_at = now_ms();
            let got = request.send().await;
            let status = got.as_ref().ok().map(|answer| answer.status().as_u16());
            if let Ok(got) = got {
                answer = got.json().await.unwrap_or_default();
            }
            let mut history = self.history.lock();
            let request = &mut history.requests[index];
            request.calls.push(Call { node, sent_at, ended_at: now_ms(), status });
            request.answer = answer.clone();
            match status {
                Some(0..500) if again => again = false,
                Some(0..500) => break,
                _ => {}
            }
        }
        answer
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }
}

/// A client that repeats nothing by itself.
pub fn client() -> anyhow::Result<Client> {
    // Another part of the program may have chosen the provider first; both choose the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder().no_proxy().retry(reqwest::retry::never()).tls_certs_only([]);
    Ok(builder.build()?)
}

/// A customer's number.
pub fn phone(customer: usize) -> String {
    format!("+1415{customer:07}")
}

/// How long to wait before trying again.
fn pause(attempt: usize) -> Duration {
    Duration::from_millis(150 * (1 << attempt.min(4) as u32))
}

/// Twilio's signature: the address and every field, names and values run together, under HMAC-SHA1. The fields are
/// in the order of their names.
fn sign(url: &str, fields: &[(&str, &str)]) -> String {
    let mut mac =
        Hmac::<Sha1>::new_from_slice(AUTH_TOKEN.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(url.as_bytes());
    for (name, value) in fields {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    STANDARD.encode(mac.finalize().into_bytes())
}
