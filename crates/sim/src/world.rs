//! The world: one organization with its people, its number and the carrier behind it, around the production app.

use std::path::PathBuf;
use std::sync::Arc;

use app::caller::Caller;
use app::channels::NewChannel;
use app::clock::Clock;
use app::error::AppError;
use app::receive_message::Received;
use app::seal::SecretKey;
use app::webhooks::WebhookError;
use app::worker::reconcile::Round;
use app::{App, Env, Parts};
use channels::twilio::client::Client;
use channels::twilio::signature;
use domain::id::{ChannelId, IdSource, MessageId, OrganizationId, UserId};
use domain::presence::{ActivityKind, Presence};
use domain::time::Instant;
use domain::user::{Role, Roles, User};
use store::{Op, Store, StoreError, Tx};
use tempfile::TempDir;

use crate::carrier::{Carrier, HandOver, Text};

/// The organization's number.
pub const NUMBER: &str = "+15559870000";
const PUBLIC_URL: &str = "https://desk.example";
/// The carrier account that the number belongs to.
pub const ACCOUNT_SID: &str = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
/// The account's secret.
pub const AUTH_TOKEN: &str = "a-token-that-signs";
const SECRET: [u8; 32] = [7; 32];
const INBOUND_PATH: &str = "/webhooks/twilio/messages";

/// Where the data is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// In memory: lost when the app dies.
    InMemory,
    /// In a file: [`World::restart`] opens it again.
    InFile,
}

/// The production app and everything around it.
pub struct World {
    /// The app: replaced by a restart.
    pub app: App,
    /// The carrier.
    pub carrier: Carrier,
    /// The clock: it stands still until it is moved.
    pub clock: Clock,
    /// A System Admin.
    pub admin: Caller,
    /// The organization.
    pub organization_id: OrganizationId,
    /// Its number.
    pub channel_id: ChannelId,
    store: Store,
    url: String,
    seed: u64,
    restarts: u64,
    inbound_count: u64,
    _folder: Option<TempDir>,
}

impl World {
    /// A world in which nothing has happened yet but that an organization, its number and one System Admin
    /// exist.
    pub async fn start(seed: u64, start: Instant, keep: Keep) -> Self {
        let folder = (keep == Keep::InFile).then(folder);
        let url = folder.as_ref().map_or("sqlite::memory:".to_owned(), |folder| {
            format!("sqlite:{}", folder.path().join("world.db").display())
        });
        Self { _folder: folder, ..Self::start_on(seed, start, url).await }
    }

    /// The same on the empty database at this address.
    pub async fn start_on(seed: u64, start: Instant, url: String) -> Self {
        let clock = Clock::manual(start);
        let carrier = Carrier::start(clock.clone()).await;
        let (store, app) = open(&url, &clock, &carrier, IdSource::from_seed(seed)).await;
        let organization_id =
            app.organization_create("Acme", "Europe/Berlin", None).await.expect("an organization");
        let new = NewChannel {
            account_sid: ACCOUNT_SID.to_owned(),
            number: NUMBER.to_owned(),
            auth_token: AUTH_TOKEN.to_owned(),
            ..NewChannel::default()
        };
        let channel_id = app.channel_create(organization_id, new).await.expect("a channel").id;
        let env = app.env().clone();
        let admin = person(&store, &env, organization_id, "Adam", &[Role::SystemAdmin]).await;
        Self {
            app,
            carrier,
            clock,
            admin,
            organization_id,
            channel_id,
            store,
            url,
            seed,
            restarts: 0,
            inbound_count: 0,
            _folder: None,
        }
    }

    /// Adds somebody.
    pub async fn add_person(&self, name: &str, roles: &[Role]) -> Caller {
        person(&self.store, self.app.env(), self.organization_id, name, roles).await
    }

    /// Another process on the same database, which is in a file.
    pub async fn another_node(&self) -> App {
        open(&self.url, &self.clock, &self.carrier, IdSource::from_seed(!self.seed)).await.1
    }

    /// A customer texts. Each text has a carrier's id of its own.
    pub async fn text(&mut self, from: &str, body: &str) -> Result<Received, WebhookError> {
        self.keep_text(from, body, false, 0);
        deliver(&self.app, from, body, self.inbound_count, &[]).await
    }

    /// The carrier posts the newest text once more, as it does when an answer of ours was lost.
    pub async fn repeat_text(&self, from: &str, body: &str) -> Result<Received, WebhookError> {
        deliver(&self.app, from, body, self.inbound_count, &[]).await
    }

    /// The carrier posts a text with further parameters.
    pub async fn text_with(
        &mut self,
        from: &str,
        body: &str,
        more: &[(&str, &str)],
    ) -> Result<Received, WebhookError> {
        self.keep_text(from, body, false, 0);
        deliver(&self.app, from, body, self.inbound_count, more).await
    }

    /// A customer texts and the carrier's webhook is lost; one that it takes for a machine's never had one. The
    /// carrier's list shows it so much later.
    pub fn lose_text(&mut self, from: &str, body: &str, automatic: bool, lag_ms: i64) {
        self.keep_text(from, body, automatic, lag_ms);
    }

    /// The desk goes through the carrier's list, as it does at start.
    pub async fn reconcile(&self) -> Result<(), AppError> {
        self.app.reconcile(Round::AtStart).await
    }

    fn keep_text(&mut self, from: &str, body: &str, automatic: bool, lag_ms: i64) {
        self.inbound_count += 1;
        let at = self.clock.now();
        self.carrier.keep(Text {
            sid: inbound_sid(self.inbound_count),
            from: from.to_owned(),
            body: body.to_owned(),
            at,
            listed_at: at.plus_ms(lag_ms),
            automatic,
        });
    }

    /// How many different texts customers have sent.
    pub fn texts_sent(&self) -> u64 {
        self.inbound_count
    }

    /// The carrier reports what became of its `index`-th hand-over, at the address that it was given: a status, and
    /// an error code after a colon.
    pub async fn report(&self, index: usize, status: &str) -> Result<(), WebhookError> {
        let (status, code) = status.split_once(':').unwrap_or((status, ""));
        let hand_over = self.carrier.hand_overs().remove(index);
        let sid = hand_over.sid.clone().expect("the carrier reports about what it processed");
        let params = pairs(&[("MessageSid", &sid), ("MessageStatus", status), ("ErrorCode", code)]);
        let path = hand_over.callback.strip_prefix(PUBLIC_URL).expect("the address is ours").to_owned();
        let signature = signature::sign(AUTH_TOKEN, &hand_over.callback, &params);
        self.app.receive_status(hand_over.signed_id(), &path, &params.as_slice().into(), &signature).await
    }

    /// Moves the clock to `to`; what falls due on the way runs at its own instant, and what is due at the end
    /// runs too, hand-over included. Answers false if the app died on the way (a fault of the carrier): then it
    /// has been started again, and the clock stands where it died.
    pub async fn advance_to(&mut self, to: Instant) -> Result<bool, AppError> {
        let whole_seconds = to.since_ms(self.clock.now()) / 1_000;
        if !self.advance(whole_seconds.max(0)).await? {
            return Ok(false);
        }
        // The app is moved by whole seconds; the rest of the last one is gone through here.
        while self.clock.now() < to {
            let next = self.store.read(NextDue { after: self.clock.now() }).await?;
            self.pass_time(next.filter(|next| *next < to).unwrap_or(to));
            if !self.advance(0).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn advance(&mut self, seconds: i64) -> Result<bool, AppError> {
        let died = tokio::select! {
            done = self.app.advance_clock(&self.admin, seconds) => {
                done?;
                false
            }
            () = self.carrier.crashed() => true,
        };
        if died {
            self.restart().await;
        }
        Ok(!died)
    }

    /// Lets time pass while no app runs.
    pub fn pass_time(&self, to: Instant) {
        self.clock.pin(to);
        self.clock.unpin();
    }

    /// The app dies and is started again on the same file: whatever it held in memory is gone.
    pub async fn restart(&mut self) {
        self.store.clone().close().await;
        self.open_again().await;
    }

    /// A backup is made beside the running app; an older one goes.
    pub async fn backup(&self) {
        let file = self.backup_file();
        // There may be none yet.
        let _ = std::fs::remove_file(&file);
        self.store.backup(&file).await.expect("a backup");
    }

    /// The newest backup is put back, and the app is started on it.
    pub async fn restore(&mut self) {
        self.store.clone().close().await;
        let file = self.url.strip_prefix("sqlite:").expect("a file");
        std::fs::copy(self.backup_file(), file).expect("a backup was made");
        self.open_again().await;
    }

    fn backup_file(&self) -> PathBuf {
        PathBuf::from(format!("{}.backup", self.url.strip_prefix("sqlite:").expect("a file")))
    }

    async fn open_again(&mut self) {
        self.restarts += 1;
        // The new process knows nothing of the old one's ids but what is stored.
        let seed = self.seed ^ (self.restarts << 32);
        let ids = IdSource::from_seed(seed);
        (self.store, self.app) = open(&self.url, &self.clock, &self.carrier, ids).await;
    }

    /// The app's id of the message that the carrier was handed with this callback address.
    pub fn message_of(&self, hand_over: &HandOver) -> MessageId {
        let key = SecretKey::from_bytes(SECRET);
        let (_, id) = key.verify_ids(hand_over.signed_id()).expect("the app signed the address");
        id
    }

    /// Somebody swaps the secret key file: the number's credentials do not open any more.
    pub async fn spoil_credentials(&self) {
        let spoil = SpoilCredentials { organization_id: self.organization_id, channel_id: self.channel_id };
        self.store.write(spoil).await.expect("a stored channel");
    }

    /// Runs a reading operation on the app's data, for what the app itself does not show.
    pub async fn read<O: Op>(&self, op: O) -> Result<O::Out, O::Error> {
        self.store.read(op).await
    }

    /// Runs a changing operation on the app's data, for what no outside world asks for.
    pub async fn write<O: Op>(&self, op: O) -> Result<O::Out, O::Error> {
        self.store.write(op).await
    }
}

/// The carrier delivers the customers' text with this number to this node.
pub async fn deliver(
    app: &App,
    from: &str,
    body: &str,
    number: u64,
    more: &[(&str, &str)],
) -> Result<Received, WebhookError> {
    let sid = inbound_sid(number);
    let mut params = pairs(&[
        ("MessageSid", &sid),
        ("AccountSid", ACCOUNT_SID),
        ("From", from),
        ("To", NUMBER),
        ("Body", body),
        ("NumMedia", "0"),
    ]);
    params.extend(pairs(more));
    let signature = signature::sign(AUTH_TOKEN, &format!("{PUBLIC_URL}{INBOUND_PATH}"), &params);
    app.receive_webhook(INBOUND_PATH, &params.as_slice().into(), &signature).await
}

/// The carrier's id of the customers' `number`-th text.
pub fn inbound_sid(number: u64) -> String {
    format!("SMe{number:031x}")
}

fn pairs(params: &[(&str, &str)]) -> Vec<(String, String)> {
    params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A folder in memory where there is one: a simulated crash loses nothing that was written.
fn folder() -> TempDir {
    let memory = PathBuf::from("/dev/shm");
    let made = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
    made.expect("a folder for the database")
}

async fn open(url: &str, clock: &Clock, carrier: &Carrier, ids: IdSource) -> (Store, App) {
    let store = Store::open(url).await.expect("a database");
    store.migrate(clock.now()).await.expect("a schema");
    ids.start_after(store.read(NewestId).await.expect("the newest id"));
    let parts = Parts {
        store: store.clone(),
        env: Env { clock: clock.clone(), outside: clock.clone(), ids: Arc::new(ids) },
        secrets: SecretKey::from_bytes(SECRET),
        carrier: Client::new(&carrier.base_url).expect("the carrier's address"),
        public_url: PUBLIC_URL.to_owned(),
    };
    let app = App::new(parts);
    app.finish_restore().await.expect("a database that is not a backup, or can be put to use");
    (store, app)
}

struct NewestId;

impl Op for NewestId {
    type Out = uuid::Uuid;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, StoreError> {
        store::newest_id(tx).await
    }
}

/// When the app's next timer or message falls due.
struct NextDue {
    after: Instant,
}

impl Op for NextDue {
    type Out = Option<Instant>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, StoreError> {
        let timer = store::timers::next(tx).await?;
        let outbox = store::outbox::next_due(tx, self.after).await?;
        Ok([timer, outbox].into_iter().flatten().filter(|at| *at > self.after).min())
    }
}

struct SpoilCredentials {
    organization_id: OrganizationId,
    channel_id: ChannelId,
}

impl Op for SpoilCredentials {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        store::channels::set_sealed_token(tx, self.organization_id, self.channel_id, &[1, 2, 3]).await?;
        Ok(())
    }
}

struct AddPerson {
    user: User,
}

impl Op for AddPerson {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        store::users::insert(tx, &self.user, "no password").await
    }
}

/// Adds somebody who never signs in: hashing passwords is no part of this world, and slow on purpose.
async fn person(
    store: &Store,
    env: &Env,
    organization_id: OrganizationId,
    name: &str,
    roles: &[Role],
) -> Caller {
    let now = env.clock.now();
    let id: UserId = env.id(now);
    let presence =
        Presence { last_active_at: now, last_activity: ActivityKind::AccountCreated, deactivated_at: None };
    let user = User {
        id,
        organization_id,
        name: name.to_owned(),
        email: format!("{}@acme.example", name.to_lowercase()),
        roles: Roles::of(roles),
        created_at: now,
        presence,
    };
    let caller = Caller::of(&user);
    store.write(AddPerson { user }).await.expect("a person");
    caller
}
