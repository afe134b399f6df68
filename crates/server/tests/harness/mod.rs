//! A desk to test against: the production router, application and SQLite store on a manual clock, asked without a
//! socket.
//!
//! Suspicious by nature: a desk that is dropped with messages left in its outbox fails the test, unless the test
//! said that it expects some ([`Desk::leave_outbox`]); a restart is one call.

mod answer;
mod documented;

use std::path::Path;
use std::sync::Arc;

use app::channels::NewChannel;
use app::clock::Clock;
use app::seal::SecretKey;
use app::users::NewUser;
use app::{App, Env, Parts};
use axum::Router;
use axum::body::Body;
use backsoon::connections::{self, Limits};
use backsoon::http::{Options, router};
use channels::twilio::client::Client;
use channels::twilio::signature;
use domain::id::{IdSource, OrganizationId, UserId};
use domain::message::Message;
use domain::time::Instant;
use domain::user::Role;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, ORIGIN};
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use store::{Op, Store, StoreError, Tx};
use tempfile::TempDir;
use tokio::sync::watch;
use tower::ServiceExt;

pub use answer::Answer;

/// Where every clock starts: 2026-11-23T09:00:00Z.
pub const START_MS: i64 = 1_795_424_400_000;
pub const PASSWORD: &str = "correct horse battery staple";
/// A customer's phone.
pub const PHONE: &str = "+15551230001";
const INBOUND: &str = "/webhooks/twilio/messages";

/// How a desk is set up.
pub struct Setup {
    pub public_url: String,
    pub manual_clock: bool,
    pub carrier_url: String,
    /// The clock outside; the desk's own unless it is given.
    pub outside: Option<Clock>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            public_url: "https://desk.example".to_owned(),
            manual_clock: true,
            // Nobody listens there: a hand-over fails before anything is sent, and is tried again later.
            carrier_url: "http://127.0.0.1:9".to_owned(),
            outside: None,
        }
    }
}

/// The server without its socket.
pub struct Desk {
    pub app: App,
    router: Router,
    store: Store,
    setup: Setup,
    clock: Clock,
    closing: watch::Sender<bool>,
    folder: TempDir,
    leaves_outbox: bool,
}

/// Somebody who can ask: a session's cookie or an API token.
#[derive(Clone, Debug)]
pub enum Who {
    Nobody,
    Session { cookie: String, id: UserId },
    Token(String),
}

/// An organization with one person of each kind and one number.
pub struct Organization {
    pub id: OrganizationId,
    pub admin: Who,
    pub operator: Who,
    pub both: Who,
    pub channel_id: String,
}

pub const AUTH_TOKEN: &str = "a-token-that-signs";
pub const ACCOUNT_SID: &str = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

impl Desk {
    pub async fn new() -> Self {
        Self::with(Setup::default()).await
    }

    pub async fn with(setup: Setup) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock =
            if setup.manual_clock { Clock::manual(Instant::from_ms(START_MS)) } else { Clock::system() };
        let closing = watch::Sender::new(false);
        let (store, app, router) = open(folder.path(), &setup, &clock, &closing).await;
        Self { app, router, store, setup, clock, closing, folder, leaves_outbox: false }
    }

    /// An organization whose people have e-mail addresses at `domain` and whose number is `number`.
    pub async fn organization(&self, name: &str, number: &str) -> Organization {
        let id = self.app.organization_create(name, "Europe/Berlin", None).await.expect("an organization");
        let new = NewChannel {
            account_sid: ACCOUNT_SID.to_owned(),
            number: number.to_owned(),
            auth_token: AUTH_TOKEN.to_owned(),
            ..NewChannel::default()
        };
        let channel_id = self.app.channel_create(id, new).await.expect("a channel").id.to_string();
        let admin = self.person(id, &format!("Adam {name}"), &[Role::SystemAdmin]).await;
        let operator = self.person(id, &format!("Olga {name}"), &[Role::Operator]).await;
        let both = self.person(id, &format!("Bea {name}"), &[Role::SystemAdmin, Role::Operator]).await;
        Organization { id, admin, operator, both, channel_id }
    }

    /// Somebody new, signed in.
    pub async fn person(&self, organization_id: OrganizationId, name: &str, roles: &[Role]) -> Who {
        let email = format!("{}@desk.example", name.to_lowercase().replace(' ', "."));
        let new = NewUser {
            name: name.to_owned(),
            email: email.clone(),
            roles: roles.to_vec(),
            password: PASSWORD.to_owned(),
        };
        let id = self.app.user_create(organization_id, new).await.expect("a user").id;
        let answer =
            self.post("/api/v1/session", &Who::Nobody, json!({ "email": email, "password": PASSWORD })).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        Who::Session { cookie: answer.cookie(), id }
    }

    /// An API token of this person.
    pub async fn token(&self, email: &str) -> Who {
        Who::Token(self.app.token_create(email, "test", None).await.expect("a token").token)
    }

    /// Allows messages to be left in the outbox at the end.
    pub fn leave_outbox(&mut self) {
        self.leaves_outbox = true;
    }

    /// The server dies and is started again on the same file.
    pub async fn restart(&mut self) {
        self.closing.send_replace(true);
        let old = std::mem::replace(&mut self.store, Store::open("sqlite::memory:").await.expect("a store"));
        old.close().await;
        self.closing = watch::Sender::new(false);
        let (store, app, router) = open(self.folder.path(), &self.setup, &self.clock, &self.closing).await;
        (self.store, self.app, self.router) = (store, app, router);
    }

    /// The store stops taking anything, as if its disk had gone.
    pub async fn lose_store(&self) {
        self.store.clone().close().await;
    }

    /// Serves on a socket as well, for a carrier that posts to us.
    pub fn serve(&self, listener: tokio::net::TcpListener) {
        self.serve_within(listener, Limits::default());
    }

    /// Serves on a socket as well, with these time limits.
    pub fn serve_within(&self, listener: tokio::net::TcpListener, limits: Limits) {
        tokio::spawn(connections::serve(listener, self.router.clone(), limits, self.closing.subscribe()));
    }

    /// Tells streams of events that the server closes.
    pub fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Moves the clock without working off what falls due.
    pub fn pass_ms(&self, ms: i64) {
        self.clock.pin(self.clock.now().plus_ms(ms));
        self.clock.unpin();
    }

    pub async fn get(&self, path: &str, who: &Who) -> Answer {
        self.send(self.request(Method::GET, path, who).body(Body::empty()).expect("a request")).await
    }

    pub async fn post(&self, path: &str, who: &Who, body: Value) -> Answer {
        self.json(Method::POST, path, who, body).await
    }

    pub async fn json(&self, method: Method, path: &str, who: &Who, body: Value) -> Answer {
        let request = self.request(method, path, who).header(CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).expect("a request")).await
    }

    /// A request with credentials and, as a browser would send it, our own origin.
    pub fn request(&self, method: Method, path: &str, who: &Who) -> http::request::Builder {
        let mut request = Request::builder().method(method).uri(path);
        match who {
            Who::Nobody => {}
            Who::Session { cookie, .. } => {
                request = request.header(COOKIE, cookie).header(ORIGIN, &self.setup.public_url);
            }
            Who::Token(token) => request = request.header(AUTHORIZATION, format!("Bearer {token}")),
        }
        request
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let asked = (request.method().clone(), request.uri().path().to_owned());
        let response = self.stream(request).await;
        documented::holds(&asked.0, &asked.1, response.status());
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// The answer whose body is read by the test.
    pub async fn stream(&self, request: Request<Body>) -> http::Response<Body> {
        self.router.clone().oneshot(request).await.expect("the router always answers")
    }

    /// A customer texts: the carrier posts it, signed.
    pub async fn text(&self, to: &str, from: &str, sid_digit: u32, body: &str) -> Answer {
        let parameters = inbound(to, from, sid_digit, body);
        self.webhook(INBOUND, &parameters, &self.sign(INBOUND, &parameters)).await
    }

    /// What the carrier would sign this post with.
    pub fn sign(&self, path: &str, parameters: &[(String, String)]) -> String {
        signature::sign(AUTH_TOKEN, &format!("{}{path}", self.setup.public_url), parameters)
    }

    /// Posts a form as the carrier does.
    pub async fn webhook(&self, path: &str, parameters: &[(String, String)], signature: &str) -> Answer {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("X-Twilio-Signature", signature)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form(parameters))).expect("a request")).await
    }

    /// The message that the carrier knows by this id, if it is stored.
    pub async fn stored(&self, organization: &Organization, provider_id: &str) -> Option<Message> {
        let (organization_id, provider_id) = (organization.id, provider_id.to_owned());
        self.store.read(Stored { organization_id, provider_id }).await.expect("a message or none")
    }

    /// Opens a case of a customer, and answers its id.
    pub async fn case(&self, organization: &Organization, phone: &str) -> String {
        let body = json!({
            "customer": { "phone": phone, "name": "Carla Customer" },
            "subject": "Parcel",
            "assigned_operator_id": organization.operator.id(),
        });
        let answer = self.post("/api/v1/cases", &organization.operator, body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        answer.json()["id"].as_str().expect("an id").to_owned()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if self.leaves_outbox || std::thread::panicking() {
            return;
        }
        let store = self.store.clone();
        let count = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(store.read(OutboxCount))
        });
        match count.join().expect("the outbox can be counted") {
            Ok(count) => assert_eq!(count, 0, "messages are left in the outbox"),
            Err(error) => assert!(matches!(error, StoreError::Unavailable { .. }), "{error}"),
        }
    }
}

struct Stored {
    organization_id: OrganizationId,
    provider_id: String,
}

impl Op for Stored {
    type Out = Option<Message>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx) -> Result<Option<Message>, StoreError> {
        store::messages::by_provider_id(tx, self.organization_id, &self.provider_id).await
    }
}

struct OutboxCount;

impl Op for OutboxCount {
    type Out = i64;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx) -> Result<i64, StoreError> {
        Ok(store::outbox::depth(tx).await?.0)
    }
}

async fn open(
    folder: &Path,
    setup: &Setup,
    clock: &Clock,
    closing: &watch::Sender<bool>,
) -> (Store, App, Router) {
    let store = Store::open(&format!("sqlite:{}", folder.join("desk.db").display())).await.expect("a store");
    store.migrate(clock.now()).await.expect("a schema");
    let ids = Arc::new(IdSource::from_entropy());
    ids.start_after(store.read(NewestId).await.expect("an id"));
    let app = App::new(Parts {
        store: store.clone(),
        env: Env {
            clock: clock.clone(),
            outside: setup.outside.clone().unwrap_or_else(|| clock.clone()),
            ids,
        },
        secrets: SecretKey::from_bytes([7; 32]),
        carrier: Client::new(&setup.carrier_url).expect("a client"),
        public_url: setup.public_url.clone(),
    });
    let router =
        router(app.clone(), Options { metrics: None, closing: closing.subscribe(), demo_people: Vec::new() });
    (store, app, router)
}

struct NewestId;

impl Op for NewestId {
    type Out = uuid::Uuid;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx) -> Result<uuid::Uuid, StoreError> {
        store::newest_id(tx).await
    }
}

impl Who {
    pub fn id(&self) -> String {
        match self {
            Who::Session { id, .. } => id.to_string(),
            _ => panic!("only a session knows its user"),
        }
    }
}

/// A week in which every day has these windows.
pub fn week(windows: Value) -> Value {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    Value::Object(days.iter().map(|day| ((*day).to_owned(), windows.clone())).collect())
}

/// The parameters of a customer's text; `sid_digit` makes its id.
pub fn inbound(to: &str, from: &str, sid_digit: u32, body: &str) -> Vec<(String, String)> {
    let sid = format!("SM{sid_digit:032x}");
    pairs(&[
        ("MessageSid", &sid),
        ("AccountSid", ACCOUNT_SID),
        ("From", from),
        ("To", to),
        ("Body", body),
        ("NumMedia", "0"),
    ])
}

pub fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A form's encoding.
pub fn form(parameters: &[(String, String)]) -> String {
    let encode = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => (byte as char).to_string(),
                b' ' => "+".to_owned(),
                _ => format!("%{byte:02X}"),
            })
            .collect()
    };
    let pairs: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}
