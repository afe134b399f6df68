//! A decision is never later than its facts (section 2 of the rule book): what was acknowledged to somebody before a
//! decision's instant is among what it was judged by, however long the machine takes between asking for the facts and
//! judging them.
//!
//! Two texts share a transaction, as in a crowd. When the facts of both have been asked for, half a second passes
//! before the second one is judged, and somebody changes one of its facts on another node meanwhile. Either they are
//! not answered before the decision has been stored (a lock), or the decision's instant is not later than their answer.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, mpsc};
use std::task::{Context, Waker};
use std::time::Duration;

use app::App;
use app::caller::Caller;
use app::cases::CasePatch;
use app::clock::Clock;
use app::error::AppError;
use app::new_case::NewCase;
use app::receive_message::{InboundMessage, ReceiveMessage, Received};
use app::users::UserPatch;
use domain::auto_reply::Facts;
use domain::auto_reply::setting::Setting;
use domain::id::CaseId;
use domain::presence::ActivityKind;
use domain::time::{Instant, MINUTE_MS, SECOND_MS};
use domain::user::Role;
use sim::World;
use sim::world::{deliver, inbound_sid};
use store::{Op, StoreError, Turn, Tx};
use tempfile::TempDir;

/// How long nothing happens between asking and judging.
const PAUSE: Duration = Duration::from_millis(500);

type Hook = Box<dyn FnOnce() + Send>;

/// A text at whose judgement something else happens first.
struct Delayed {
    text: ReceiveMessage,
    first: Mutex<Option<Hook>>,
}

impl Op for Delayed {
    type Out = Option<Received>;
    type Error = AppError;

    fn in_turn(&self) -> Option<Turn> {
        self.text.in_turn()
    }

    async fn ask(&self, tx: &mut Tx) -> Result<(), StoreError> {
        self.text.ask(tx).await
    }

    async fn ask_next(&self, tx: &mut Tx) -> Result<(), StoreError> {
        self.text.ask_next(tx).await
    }

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, AppError> {
        let first = self.first.lock().unwrap().take();
        if let Some(first) = first {
            first();
        }
        self.text.run(tx).await
    }
}

const CUSTOMER: &str = "+15551230001";

/// Another node, and what happens at it.
#[derive(Clone)]
struct Scene {
    node: App,
    clock: Clock,
    admin: Caller,
    ana: Caller,
    ben: Caller,
    case_id: CaseId,
}

type Change = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A fact of Ana's case: how it is changed, and whether a decision's facts show the change.
struct Fact {
    name: &'static str,
    change: fn(Scene) -> Change,
    known: fn(&Facts, &Scene) -> bool,
    /// On PostgreSQL nothing keeps the change waiting: this test shows something only if it is answered meanwhile.
    free: bool,
}

const FACTS: [Fact; 6] = [
    Fact {
        name: "R2: the operator's activity",
        change: |scene| {
            Box::pin(async move { scene.node.activity(&scene.ana, ActivityKind::Input).await.unwrap() })
        },
        known: |facts, _| {
            facts.operator.as_ref().is_some_and(|ana| ana.presence.last_activity == ActivityKind::Input)
        },
        free: true,
    },
    Fact {
        name: "R2: the operator's account",
        change: |Scene { node, admin, ana, .. }| {
            Box::pin(async move {
                let patch = UserPatch { active: Some(false), ..UserPatch::default() };
                node.users_update(&admin, ana.user_id, patch).await.unwrap();
            })
        },
        known: |facts, _| facts.operator.as_ref().is_some_and(|ana| ana.presence.deactivated_at.is_some()),
        free: false,
    },
    Fact {
        name: "R15: whether the customer opted out",
        change: |scene| {
            Box::pin(async move {
                deliver(&scene.node, CUSTOMER, "STOP", 90, &[]).await.unwrap();
            })
        },
        known: |facts, _| facts.opted_out,
        free: false,
    },
    Fact {
        name: "R17: who is assigned",
        change: |Scene { node, ben, case_id, .. }| {
            Box::pin(async move {
                let patch =
                    CasePatch { assigned_operator_id: Some(Some(ben.user_id)), ..CasePatch::default() };
                node.case_update(&ben, case_id, patch).await.unwrap();
            })
        },
        known: |facts, scene| {
            facts.operator.as_ref().is_some_and(|operator| operator.id == scene.ben.user_id)
        },
        free: false,
    },
    Fact {
        name: "R18: the setting",
        change: |Scene { node, admin, .. }| {
            Box::pin(async move {
                node.setting_put(&admin, Setting::default(), None).await.unwrap();
            })
        },
        known: |facts, _| !facts.setting.enabled,
        free: false,
    },
    Fact {
        name: "R24: a secondary operator's activity",
        change: |scene| {
            Box::pin(async move { scene.node.activity(&scene.ben, ActivityKind::Input).await.unwrap() })
        },
        known: |facts, _| facts.covered_by.is_some(),
        free: true,
    },
];

/// The world: Ana and Ben have been away for 20 minutes; Ana has the customer's case, and Ben covers it.
async fn world(url: String) -> (World, Scene) {
    let start: Instant = "2026-11-23T09:00:00Z".parse().unwrap();
    let world = World::start_on(1, start, url.clone()).await;
    let ana = world.add_person("Ana", &[Role::Operator]).await;
    let ben = world.add_person("Ben", &[Role::Operator]).await;
    let setting = Setting { enabled: true, respect_secondary: true, ..Setting::default() };
    world.app.setting_put(&world.admin, setting, None).await.unwrap();
    let new = NewCase {
        customer_phone: CUSTOMER.to_owned(),
        customer_name: String::new(),
        subject: String::new(),
        assigned_operator_id: Some(ana.user_id),
        channel_id: None,
        ..NewCase::default()
    };
    let case_id = world.app.case_create(&ana, new).await.unwrap().case.id;
    world.app.case_secondary(&ana, case_id, ben.user_id, true).await.unwrap();
    world.pass_time(start.plus_ms(20 * MINUTE_MS));
    let node = world.another_node().await;
    let (clock, admin) = (world.clock.clone(), world.admin);
    (world, Scene { node, clock, admin, ana, ben, case_id })
}

fn text(world: &World, number: u64, from: &str, first: Hook) -> Delayed {
    let inbound = InboundMessage {
        provider_id: inbound_sid(number),
        from: from.to_owned(),
        body: "Is anybody there?".to_owned(),
        attachments: Vec::new(),
        carrier_keyword: None,
        automatic: false,
        late: None,
    };
    let text = ReceiveMessage {
        env: world.app.env().clone(),
        organization_id: world.organization_id,
        channel_id: world.channel_id,
        inbound,
        verified: None,
    };
    Delayed { text, first: Mutex::new(Some(first)) }
}

async fn hold(fact: &Fact, url: String, postgres: bool) {
    let (world, scene) = world(url).await;
    let began = scene.clock.now();
    let move_on = |clock: &Clock| {
        clock.pin(clock.now().plus_ms(SECOND_MS));
        clock.unpin();
    };

    // A first transaction is at work until the other two texts wait for the next one, and so share it.
    let (queued, all_queued) = mpsc::channel();
    let gate = text(&world, 1, "+15551230007", Box::new(move || all_queued.recv().unwrap()));
    let (answered, answer) = mpsc::channel();
    let (change, clock, here) =
        ((fact.change)(scene.clone()), scene.clock.clone(), tokio::runtime::Handle::current());
    let (acknowledged, meanwhile) = mpsc::channel();
    let judged = text(
        &world,
        3,
        CUSTOMER,
        Box::new(move || {
            move_on(&clock);
            std::thread::spawn(move || {
                here.block_on(change);
                // Nobody may listen any more: the change had to wait for the decision.
                let _ = answered.send(());
            });
            if answer.recv_timeout(PAUSE).is_ok() {
                acknowledged.send(clock.now()).unwrap();
            }
            move_on(&clock);
        }),
    );
    let asking = text(&world, 2, "+15551230008", Box::new(|| ()));
    let mut running = [gate, asking, judged].map(|text| Box::pin(world.write(text)));
    for text in &mut running {
        assert!(text.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending(), "it waits");
    }
    queued.send(()).unwrap();
    for text in running {
        assert!(matches!(text.await.unwrap(), Some(Received::Stored { .. })));
    }

    let decisions = world.app.decisions_of_case(&scene.ben, scene.case_id, None, 10).await.unwrap();
    let facts = &decisions[0].record.facts;
    let acknowledged_at = meanwhile.try_recv().ok();
    assert_eq!(acknowledged_at.is_some(), postgres && fact.free, "{}: {acknowledged_at:?}", fact.name);
    if let Some(acknowledged_at) = acknowledged_at {
        assert!(
            facts.at < acknowledged_at || (fact.known)(facts, &scene),
            "{}: decided at {}, without what was acknowledged at {acknowledged_at}",
            fact.name,
            facts.at
        );
    }
    assert!(facts.at >= began, "{}", fact.name);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_decision_is_later_than_its_facts_on_postgresql() {
    for fact in &FACTS {
        hold(fact, cluster::cluster().empty_database(), true).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_decision_is_later_than_its_facts_on_sqlite() {
    for fact in &FACTS {
        let folder = TempDir::new().unwrap();
        hold(fact, format!("sqlite:{}", folder.path().join("desk.db").display()), false).await;
    }
}
