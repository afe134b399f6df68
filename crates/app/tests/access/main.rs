//! Who may come in, and what changes of people and channels leave behind: on simulated time, over a database in
//! memory.

mod channels;
mod people;
mod sessions;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use app::caller::Caller;
use app::channels::NewChannel;
use app::clock::Clock;
use app::error::AppError;
use app::seal::SecretKey;
use app::users::NewUser;
use app::{App, Env, Parts};
use domain::audit::AuditEntry;
use domain::id::{IdSource, OrganizationId};
use domain::user::{Role, User};
use store::{Op, Store, StoreError, Tx};

const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PASSWORD: &str = "correct horse battery";

/// An installation with one organization and its System Admin.
struct Desk {
    app: App,
    store: Store,
    clock: Clock,
    org: OrganizationId,
    admin: Caller,
}

impl Desk {
    async fn open() -> Self {
        let clock = Clock::manual("2026-11-22T09:00:00Z".parse().unwrap());
        let store = Store::open("sqlite::memory:").await.unwrap();
        store.migrate(clock.now()).await.unwrap();
        let app = app(&store, &clock);
        let org = app.organization_create("Desk", "Europe/Berlin", None).await.unwrap();
        let admin = app.user_create(org, person("Ada", &[Role::SystemAdmin])).await.unwrap();
        Self { app, store, clock, org, admin: Caller::of(&admin) }
    }

    /// The program is started again on the same database.
    fn restart(&mut self) {
        self.app = app(&self.store, &self.clock);
    }

    fn pass(&self, ms: i64) {
        self.clock.pin(self.clock.now().plus_ms(ms));
        self.clock.unpin();
    }

    async fn add(&self, name: &str, roles: &[Role]) -> User {
        self.app.users_create(&self.admin, person(name, roles)).await.unwrap()
    }

    async fn sign_in(&self, name: &str) -> (String, Caller) {
        let signed_in = self.app.sign_in(&email(name), PASSWORD, PEER, None).await.unwrap();
        (signed_in.token, signed_in.caller)
    }

    async fn live(&self, token: &str) -> bool {
        self.app.caller_of_session(token).await.unwrap().is_some()
    }

    async fn audit(&self) -> Vec<AuditEntry> {
        self.store.read(Audit(self.org)).await.unwrap()
    }
}

fn app(store: &Store, clock: &Clock) -> App {
    App::new(Parts {
        store: store.clone(),
        env: Env { clock: clock.clone(), outside: clock.clone(), ids: Arc::new(IdSource::from_entropy()) },
        secrets: SecretKey::from_bytes([7; 32]),
        carrier: ::channels::twilio::client::Client::new("http://127.0.0.1:1").unwrap(),
        public_url: "https://desk.example".to_owned(),
    })
}

struct Audit(OrganizationId);

impl Op for Audit {
    type Out = Vec<AuditEntry>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx) -> Result<Vec<AuditEntry>, StoreError> {
        let page = store::audit::page(tx, self.0, &store::audit::AuditFilter::default(), None, 100).await?;
        Ok(page.into_iter().map(|(entry, _)| entry).rev().collect())
    }
}

fn email(name: &str) -> String {
    format!("{}@desk.example", name.to_lowercase())
}

fn person(name: &str, roles: &[Role]) -> NewUser {
    NewUser { name: name.into(), email: email(name), roles: roles.to_vec(), password: PASSWORD.into() }
}

fn fields(error: &AppError) -> Vec<&str> {
    match error {
        AppError::Invalid(errors) => errors.iter().map(|error| error.field.as_str()).collect(),
        other => panic!("{other:?}"),
    }
}

fn sentence<T>(result: Result<T, AppError>) -> String {
    result.err().map_or(String::new(), |error| error.to_string())
}

fn twilio(number: &str) -> NewChannel {
    NewChannel {
        account_sid: "AC0123456789abcdef0123456789ABCDEF".into(),
        number: number.into(),
        auth_token: "s3cret-auth-token".into(),
        ..NewChannel::default()
    }
}
