//! An empty store of each engine, and a small world to put into it.

use std::future::Future;
use std::pin::Pin;

use domain::auto_reply::absence::{Claim, ClaimKind};
use domain::auto_reply::facts::{
    Facts, History, MessageFacts, NoMark, Occasion, OperatorFacts, SettingFacts,
};
use domain::auto_reply::setting::{Setting, StoredSetting};
use domain::auto_reply::{Layer, decide};
use domain::case::{Case, CaseStatus};
use domain::channel::Channel;
use domain::customer::Customer;
use domain::delivery::DeliveryStatus;
use domain::id::{IdSource, OrganizationId, UserId};
use domain::message::{Author, Delivery, Message};
use domain::organization::Organization;
use domain::outbox::OutboxRow;
use domain::presence::{ActivityKind, Presence};
use domain::time::{Instant, MINUTE_MS};
use domain::user::{Role, Roles, User};
use store::decisions::Record;
use store::{Op, Store, StoreError, Turn, Tx};
use uuid::Uuid;

use cluster::cluster;

/// A store, and the folder that goes when it goes.
pub struct Fresh {
    pub store: Store,
    folder: Option<tempfile::TempDir>,
}

impl Fresh {
    /// A store without a file.
    pub fn new(store: Store) -> Fresh {
        Fresh { store, folder: None }
    }

    /// The file of a store that has one.
    pub fn path(&self) -> std::path::PathBuf {
        self.folder.as_ref().expect("a store with a file").path().join("test.db")
    }
}

pub async fn sqlite_file() -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite:{}", folder.path().join("test.db").display())).await.unwrap();
    store.migrate(at(0)).await.unwrap();
    Fresh { store, folder: Some(folder) }
}

pub async fn sqlite_in_memory() -> Fresh {
    let store = Store::open("sqlite::memory:").await.unwrap();
    store.migrate(at(0)).await.unwrap();
    Fresh::new(store)
}

/// A database of its own on the throwaway server, copied from a migrated one.
pub async fn postgres() -> Fresh {
    static MIGRATED: tokio::sync::OnceCell<String> = tokio::sync::OnceCell::const_new();
    let migrated = MIGRATED.get_or_init(|| async {
        let url = cluster().empty_database();
        let store = Store::open(&url).await.unwrap();
        store.migrate(at(0)).await.unwrap();
        store.close().await;
        url
    });
    Fresh::new(Store::open(&cluster().copy_of(migrated.await)).await.unwrap())
}

/// Minutes after some Sunday.
pub fn at(minute: i64) -> Instant {
    Instant::from_ms(1_795_000_000_000 + minute * MINUTE_MS)
}

pub type Running<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A closure as an operation.
pub struct Do<F>(pub F);

impl<T, F> Op for Do<F>
where
    T: Send + 'static,
    F: for<'a> Fn(&'a mut Tx) -> Running<'a, T> + Send + Sync + 'static,
{
    type Out = T;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx) -> Result<T, StoreError> {
        (self.0)(tx).await
    }
}

pub fn op<T, F>(body: F) -> Do<F>
where
    F: for<'a> Fn(&'a mut Tx) -> Running<'a, T> + Send + Sync + 'static,
{
    Do(body)
}

/// `write!(store, tx => body)`: the body in a write transaction; what it captures is `Copy`.
#[macro_export]
macro_rules! write {
    ($store:expr, $tx:ident => $body:expr) => {
        $store.write($crate::support::op(move |$tx: &mut store::Tx| Box::pin(async move { $body }))).await
    };
}

/// The same on a snapshot.
#[macro_export]
macro_rules! read {
    ($store:expr, $tx:ident => $body:expr) => {
        $store.read($crate::support::op(move |$tx: &mut store::Tx| Box::pin(async move { $body }))).await
    };
}

/// An operation that takes turns in its organization.
pub struct InTurn<F>(pub Turn, pub Do<F>);

impl<T, F> Op for InTurn<F>
where
    T: Send + 'static,
    F: for<'a> Fn(&'a mut Tx) -> Running<'a, T> + Send + Sync + 'static,
{
    type Out = T;
    type Error = StoreError;

    fn in_turn(&self) -> Option<Turn> {
        Some(self.0.clone())
    }

    async fn run(&self, tx: &mut Tx) -> Result<T, StoreError> {
        self.1.run(tx).await
    }
}

/// A reading operation that comes in crowds.
pub struct Crowd<F>(pub Do<F>);

impl<T, F> Op for Crowd<F>
where
    T: Send + 'static,
    F: for<'a> Fn(&'a mut Tx) -> Running<'a, T> + Send + Sync + 'static,
{
    type Out = T;
    type Error = StoreError;

    fn in_crowd(&self) -> bool {
        true
    }

    async fn run(&self, tx: &mut Tx) -> Result<T, StoreError> {
        self.0.run(tx).await
    }
}

/// `in_turn!(store, org, about, tx => body)`: as `write!`, in the organization's turn.
#[macro_export]
macro_rules! in_turn {
    ($store:expr, $org:expr, $about:expr, $tx:ident => $body:expr) => {{
        let turn = store::Turn { organization: $org, about: $about.to_string() };
        let op = $crate::support::op(move |$tx: &mut store::Tx| Box::pin(async move { $body }));
        $store.write($crate::support::InTurn(turn, op)).await
    }};
}

/// Keeps a value for the rest of the test, so that operations can borrow it.
pub fn keep<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// Whether readers are told of this event.
pub async fn told(store: &Store, org: OrganizationId, event: Uuid) -> bool {
    let found = read!(store, tx => store::events::after(tx, org, event, at(0), 1).await);
    found.unwrap().is_some()
}

/// How many events there are.
pub async fn events_of(store: &Store, org: OrganizationId) -> usize {
    let much_later = at(1_000);
    let found = read!(store, tx => store::events::after(tx, org, Uuid::nil(), much_later, 100_000).await);
    found.unwrap().unwrap().len()
}

/// One organization with two operators, a channel and a customer; and another organization.
pub struct World {
    pub ids: IdSource,
    pub organization: Organization,
    pub other: Organization,
    pub ana: User,
    pub ben: User,
    pub channel: Channel,
    pub customer: Customer,
    pub setting: StoredSetting,
}

impl World {
    pub async fn in_store(store: &Store) -> &'static World {
        let world = keep(Self::imagined());
        write!(store, tx => {
            for organization in [&world.organization, &world.other] {
                store::organizations::insert(tx, organization).await?;
                store::settings::insert(tx, organization.id, &world.setting).await?;
            }
            store::users::insert(tx, &world.ana, "hash of ana").await?;
            store::users::insert(tx, &world.ben, "hash of ben").await?;
            store::channels::insert(tx, &world.channel, b"sealed").await?;
            store::customers::insert(tx, world.organization.id, &world.customer).await.map(drop)
        })
        .unwrap();
        world
    }

    fn imagined() -> World {
        let ids = IdSource::from_seed(7);
        let organization = |name: &str| Organization {
            id: ids.next(at(0)),
            name: name.to_owned(),
            time_zone: "Europe/Berlin".to_owned(),
            country: None,
            created_at: at(0),
        };
        let (home, other) = (organization("Harbor Dental"), organization("Elsewhere"));
        let setting = StoredSetting {
            setting: Setting { enabled: true, ..Setting::default() },
            version: 1,
            updated_at: at(0),
            updated_by: None,
        };
        let ana = user(&ids, home.id, "Ana Lima", "ana@example.com", &[Role::Operator]);
        let ben = user(&ids, home.id, "Ben Ode", "ben@example.com", &[Role::Operator, Role::SystemAdmin]);
        let channel = Channel {
            id: ids.next(at(0)),
            organization_id: home.id,
            account_sid: "AC00000000000000000000000000000001".to_owned(),
            number: "+15550001000".parse().unwrap(),
            active: true,
            paused_reason: None,
            assign_to: domain::assignment::AssignTo::Nobody,
            created_at: at(0),
        };
        let customer = customer(&ids, "+15551230001", "Carla Diaz");
        World { organization: home, other, ana, ben, channel, customer, setting, ids }
    }

    pub fn org(&self) -> OrganizationId {
        self.organization.id
    }

    /// An open case of the customer, assigned to Ana.
    pub fn case(&self, number: i64) -> Case {
        Case {
            id: self.ids.next(at(1)),
            number,
            subject: format!("Case {number}"),
            status: CaseStatus::Open,
            customer: self.customer.clone(),
            channel_id: self.channel.id,
            assigned_operator_id: Some(self.ana.id),
            created_at: at(1),
            last_sequence: 0,
            last_customer_message_id: Uuid::nil().into(),
            last_customer_message_at: None,
            last_customer_sequence: 0,
            last_human_sequence: 0,
            last_human_at: None,
            seen_sequence: 0,
            waiting_since: None,
            unanswered_since: None,
            watch: None,
            loop_guarded: false,
            failed_message: None,
            assigned_by: None,
            reads_like_stop_id: None,
        }
    }

    /// Counts so many numbers of cases.
    pub async fn count_cases(&self, store: &Store, many: i64) {
        let org = self.org();
        for _ in 0..many {
            write!(store, tx => store::organizations::take_case_number(tx, org).await).unwrap();
        }
    }

    /// A stored case.
    pub async fn stored_case(&'static self, store: &Store, number: i64) -> &'static Case {
        let case = keep(self.case(number));
        write!(store, tx => store::cases::insert(tx, self.org(), case).await).unwrap();
        case
    }

    /// A customer's message on a case.
    pub fn inbound(&self, case: &Case, sequence: i64, body: &str) -> Message {
        Message {
            id: self.ids.next(at(sequence)),
            case_id: case.id,
            sequence,
            author: Author::Customer,
            body: body.to_owned(),
            attachments: vec![],
            keyword: None,
            provider_id: None,
            delivery: None,
            backfilled: false,
            sent_at: None,
            created_at: at(sequence),
        }
    }

    /// A message to the customer, queued.
    pub fn outbound(&self, case: &Case, sequence: i64, author: Author) -> Message {
        Message {
            author,
            delivery: Some(Delivery { status: DeliveryStatus::Queued, error: None }),
            ..self.inbound(case, sequence, "Back soon")
        }
    }

    /// Its way to the carrier, from this instant on.
    pub fn on_its_way(&self, case: &Case, message: &Message, due_at: Instant) -> OutboxRow {
        let to = (case.channel_id, case.customer.id);
        OutboxRow::queued(self.organization.id, (message.id, case.id), to, due_at)
    }

    pub fn by_ana(&self) -> Author {
        Author::Operator { id: self.ana.id, name: self.ana.name.clone() }
    }

    pub fn automatic(&self) -> Author {
        Author::AutoReply { layer: Layer::Organization, decision_id: self.ids.next(at(0)) }
    }

    /// The decision about a message at an instant, Ana last active at minute 0.
    pub fn record(&self, message: &Message, decided_at: Instant) -> Record {
        let facts = Facts {
            at: decided_at,
            occasion: Occasion::Arrival,
            message: MessageFacts {
                id: message.id,
                received_at: message.created_at,
                keyword: None,
                not_repliable: None,
                echo: false,
                before_restore: false,
                reads_like_stop: false,
            },
            opted_out: false,
            opted_out_by: None,
            history: History::default(),
            operator: Some(OperatorFacts {
                id: self.ana.id,
                name: self.ana.name.clone(),
                presence: self.ana.presence,
                personal_inactivity: None,
                away: None,
                office_hours: None,
            }),
            covered_by: None,
            setting: SettingFacts {
                enabled: true,
                threshold_minutes: 10,
                while_waiting: true,
                quiet_minutes: 0,
                version: 1,
                enabled_mark: NoMark,
            },
            ended: None,
            hand_over: None,
        };
        let decision = decide(&facts);
        Record {
            id: self.ids.next(decided_at),
            message_id: message.id,
            case_id: message.case_id,
            outcome: decision.outcome,
            reason: decision.reason,
            rule: decision.rule.to_string(),
            facts,
            reply_message_id: None,
            decided_at,
        }
    }

    /// Ana's absence since minute 0.
    pub fn absence(&self) -> Claim {
        let since = self.ana.presence.last_active_at;
        Claim { operator_id: self.ana.id, kind: ClaimKind::Absence, since }
    }
}

pub fn user(ids: &IdSource, org: OrganizationId, name: &str, email: &str, roles: &[Role]) -> User {
    User {
        id: ids.next::<UserId>(at(0)),
        organization_id: org,
        name: name.to_owned(),
        email: email.to_owned(),
        roles: Roles::of(roles),
        created_at: at(0),
        presence: Presence {
            last_active_at: at(0),
            last_activity: ActivityKind::AccountCreated,
            deactivated_at: None,
        },
    }
}

pub fn customer(ids: &IdSource, address: &str, name: &str) -> Customer {
    Customer {
        id: ids.next(at(0)),
        address: address.to_owned(),
        name: name.to_owned(),
        opted_out_at: None,
        opted_out_by: None,
        created_at: at(0),
    }
}
