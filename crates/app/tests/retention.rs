//! What is kept and for how long, and customers as their data: on simulated time, with a carrier that fails as
//! told (decision 0016).

use app::audit::AuditFilter;
use app::caller::Caller;
use app::cases::{CaseFilter, CasePatch};
use app::customers::Actor;
use app::error::AppError;
use app::new_case::NewCase;
use app::receive_message::{InboundMessage, Late, ReceiveMessage, Received};
use app::webhooks::WebhookError;
use domain::auto_reply::setting::Setting;
use domain::auto_reply::{Outcome, Reason};
use domain::case::CaseStatus;
use domain::id::{CaseId, CustomerId};
use domain::presence::ActivityKind;
use domain::retention::Retention;
use domain::time::{DAY_MS, Instant, MINUTE_MS, SECOND_MS};
use domain::user::Role;
use sim::World;
use sim::carrier::Fault;
use sim::world::{Keep, inbound_sid};
use store::{Op, StoreError, Tx};

const CARLA: &str = "+15551230001";

fn start() -> Instant {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

struct Desk {
    world: World,
    ana: Caller,
    ben: Caller,
}

impl Desk {
    /// Replies are on, Ana has a case with Carla, and Ben works beside her.
    async fn open(keep: Keep) -> (Self, CaseId) {
        let world = World::start(1, start(), keep).await;
        let ana = world.add_person("Ana", &[Role::Operator]).await;
        let ben = world.add_person("Ben", &[Role::Operator]).await;
        let setting = Setting { enabled: true, ..Setting::default() };
        world.app.setting_put(&world.admin, setting, None).await.unwrap();
        let desk = Self { world, ana, ben };
        let case = desk.case(CARLA).await.unwrap();
        (desk, case)
    }

    async fn case(&self, phone: &str) -> Result<CaseId, AppError> {
        let new = NewCase {
            customer_phone: phone.to_owned(),
            customer_name: "Carla Diaz".to_owned(),
            subject: "A broken crown".to_owned(),
            assigned_operator_id: Some(self.ana.user_id),
            channel_id: None,
            ..NewCase::default()
        };
        Ok(self.world.app.case_create(&self.ana, new).await?.case.id)
    }

    async fn pass(&mut self, ms: i64) -> bool {
        let to = self.world.clock.now().plus_ms(ms);
        self.world.advance_to(to).await.unwrap()
    }

    async fn keep_for(&self, messages_days: Option<u32>, decisions_days: Option<u32>) {
        let retention = Retention { messages_days, decisions_days, ..Retention::default() };
        self.world.app.retention_put(&self.world.admin, retention, None).await.unwrap();
    }

    async fn close(&self, case: CaseId) {
        let patch = CasePatch { status: Some(CaseStatus::Closed), ..CasePatch::default() };
        self.world.app.case_update(&self.ben, case, patch).await.unwrap();
    }

    async fn bodies(&self, case: CaseId) -> Vec<String> {
        let view = self.world.app.messages(&self.ana, case, 0, 100).await.unwrap();
        view.messages.into_iter().map(|message| message.body).collect()
    }

    async fn customer(&self) -> CustomerId {
        let found = self.world.app.customers(&self.world.admin, Some(CARLA.to_owned()), None, 10).await;
        found.unwrap().first().expect("Carla is known").id
    }

    fn admin(&self) -> Actor {
        Actor::admin(&self.world.admin).unwrap()
    }

    /// The carrier lists a text of Carla's that it sent at this instant.
    async fn listed(&self, number: u64, sent_at: Instant) -> Received {
        let late = Late { sent_at, sent_outside: sent_at, before_restore: false };
        let inbound = InboundMessage {
            provider_id: inbound_sid(number),
            from: CARLA.to_owned(),
            body: "My crown broke".to_owned(),
            attachments: vec![],
            carrier_keyword: None,
            automatic: false,
            late: Some(late),
        };
        let receive = ReceiveMessage {
            env: self.world.app.env().clone(),
            organization_id: self.world.organization_id,
            channel_id: self.world.channel_id,
            inbound,
            verified: None,
        };
        self.world.write(receive).await.unwrap().unwrap()
    }

    async fn sound(&self) {
        assert_eq!(self.world.read(Invariants).await, Ok(vec![]));
    }
}

struct Invariants;

impl Op for Invariants {
    type Out = Vec<String>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx) -> Result<Vec<String>, StoreError> {
        store::invariants::all(tx).await
    }
}

async fn outcome(world: &mut World, text: &str) -> (Outcome, Reason) {
    match world.text(CARLA, text).await.unwrap() {
        Received::Stored { outcome, reason, .. } => (outcome, reason),
        Received::Duplicate => panic!("{text} was taken in before"),
    }
}

#[tokio::test]
async fn what_is_old_goes_and_what_is_young_stays() {
    let (mut desk, case) = Desk::open(Keep::InMemory).await;
    desk.keep_for(Some(30), Some(8)).await;
    outcome(&mut desk.world, "It hurts").await;
    desk.world.app.message_send(&desk.ana, case, "Come by at ten".to_owned(), None).await.unwrap();
    desk.pass(7 * DAY_MS).await;
    desk.world.app.activity(&desk.ana, ActivityKind::Request).await.unwrap();
    outcome(&mut desk.world, "Thank you").await;
    desk.world.app.message_send(&desk.ana, case, "Any time".to_owned(), None).await.unwrap();
    let decisions =
        async |desk: &Desk| desk.world.app.decisions_of_case(&desk.ana, case, None, 10).await.unwrap().len();
    assert_eq!((desk.bodies(case).await.len(), decisions(&desk).await), (4, 2));

    desk.pass(2 * DAY_MS).await;
    assert_eq!((desk.bodies(case).await.len(), decisions(&desk).await), (4, 1));
    let deleted = desk.world.app.messages(&desk.ana, case, 0, 100).await.unwrap().deleted;
    assert!(!deleted.earlier_messages);
    let before = deleted.decisions_before.expect("one record is gone");
    assert!(before > start() && before < start().plus_ms(DAY_MS + MINUTE_MS), "{before}");
    desk.sound().await;

    desk.pass(22 * DAY_MS).await;
    assert_eq!(desk.bodies(case).await, ["Thank you", "Any time"], "31 and 24 days old");
    let view = desk.world.app.messages(&desk.ana, case, 0, 100).await.unwrap();
    assert!(view.deleted.earlier_messages);
    assert!(!desk.world.app.messages(&desk.ana, case, 3, 100).await.unwrap().deleted.earlier_messages);
    desk.pass(30 * DAY_MS).await;
    assert_eq!(desk.bodies(case).await, ["Thank you", "Any time"], "the newest run of an open case stays");
    desk.sound().await;

    desk.close(case).await;
    desk.pass(DAY_MS).await;
    assert_eq!(desk.bodies(case).await, [""; 0]);
    let found =
        desk.world.app.case_list(&desk.ana, CaseFilter { limit: 9, ..CaseFilter::default() }).await.unwrap();
    assert!(found[0].last_message.is_none(), "the case itself stays");
    assert!(desk.world.app.messages(&desk.ana, case, 0, 100).await.unwrap().deleted.earlier_messages);
    desk.sound().await;

    // What the carrier lists once more may be what was deleted, unless it is younger than that.
    assert_eq!(desk.listed(1, start()).await, Received::Duplicate);
    let yesterday = desk.world.clock.now().plus_ms(-DAY_MS);
    assert!(matches!(desk.listed(99, yesterday).await, Received::Stored { .. }));
    desk.sound().await;
}

#[tokio::test]
async fn a_customer_who_waits_is_not_forgotten() {
    let (mut desk, case) = Desk::open(Keep::InMemory).await;
    desk.keep_for(Some(8), Some(8)).await;
    outcome(&mut desk.world, "Is anybody there?").await;
    desk.pass(60 * DAY_MS).await;
    let left = desk.bodies(case).await;
    assert_eq!(left.len(), 2, "the question and the automatic reply: {left:?}");
    desk.sound().await;
}

/// R7: the absence outlasts the messages, and what is remembered of its reply is that there was one.
#[tokio::test]
async fn r7_an_absence_gets_no_second_reply_when_its_messages_are_gone() {
    let (mut desk, case) = Desk::open(Keep::InMemory).await;
    desk.keep_for(Some(8), None).await;
    desk.pass(20 * MINUTE_MS).await;
    assert_eq!(outcome(&mut desk.world, "Hello?").await, (Outcome::Sent, Reason::Sent));
    desk.pass(SECOND_MS).await;
    desk.world.app.message_send(&desk.ben, case, "Ana is on leave".to_owned(), None).await.unwrap();
    desk.close(case).await;
    desk.pass(10 * DAY_MS).await;
    assert_eq!(desk.bodies(case).await, [""; 0]);
    assert_eq!(outcome(&mut desk.world, "Still on leave?").await, (Outcome::NotSent, Reason::AlreadyReplied));
    desk.sound().await;
}

/// The worker by itself, at its own pace.
#[tokio::test]
async fn the_worker_cleans_up_beside_the_others() {
    let (mut desk, case) = Desk::open(Keep::InMemory).await;
    for i in 0..600 {
        outcome(&mut desk.world, &format!("Text {i}")).await;
    }
    desk.close(case).await;
    desk.keep_for(Some(8), None).await;
    desk.world.pass_time(start().plus_ms(9 * DAY_MS));
    let workers = desk.world.app.start_workers();
    let cleaned = async {
        while !desk.bodies(case).await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), cleaned).await.expect("all of it goes");
    workers.stop().await;
    desk.sound().await;
}

#[tokio::test]
async fn the_setting_has_bounds_and_is_audited() {
    let (desk, _) = Desk::open(Keep::InMemory).await;
    let app = &desk.world.app;
    let new = app.retention_get(&desk.world.admin).await.unwrap();
    assert_eq!((new.stored.version, new.stored.retention), (1, Retention::default()));
    let bad = Retention { messages_days: Some(7), decisions_days: None, events_days: 0 };
    match app.retention_put(&desk.world.admin, bad, None).await {
        Err(AppError::Invalid(errors)) => assert_eq!(errors.len(), 2),
        other => panic!("{other:?}"),
    }
    let good = Retention { messages_days: Some(90), decisions_days: Some(30), events_days: 2 };
    assert!(matches!(app.retention_put(&desk.ana, good, None).await, Err(AppError::Forbidden(_))));
    assert!(matches!(app.retention_put(&desk.world.admin, good, Some(2)).await, Err(AppError::Stale)));
    for _ in 0..2 {
        let view = app.retention_put(&desk.world.admin, good, None).await.unwrap();
        assert_eq!((view.stored.version, view.updated_by_name.as_deref()), (2, Some("Adam")));
    }
    let audit = app.audit(&desk.world.admin, AuditFilter::default(), None, 10).await.unwrap();
    let changes: Vec<_> = audit.iter().filter(|(entry, _)| entry.action == "retention.update").collect();
    assert_eq!(changes.len(), 1, "saving the same changes nothing");
    assert_eq!(changes[0].0.after["messages_days"], 90);
    assert_eq!(changes[0].0.before["messages_days"], serde_json::Value::Null);
}

#[tokio::test]
async fn an_erased_customer_is_gone_and_can_come_back_as_a_stranger() {
    let (mut desk, case) = Desk::open(Keep::InMemory).await;
    assert_eq!(outcome(&mut desk.world, "My crown broke").await, (Outcome::Watching, Reason::OperatorActive));
    desk.world.app.message_send(&desk.ben, case, "Come by".to_owned(), Some("key".to_owned())).await.unwrap();
    desk.pass(SECOND_MS).await;
    assert_eq!(desk.world.carrier.phone(CARLA), ["Come by"]);
    outcome(&mut desk.world, "When?").await;
    desk.world.app.message_send(&desk.ben, case, "Never sent".to_owned(), None).await.unwrap();
    outcome(&mut desk.world, "Now?").await;
    let id = desk.customer().await;
    let erased = desk.world.app.customer_erase(desk.admin(), id).await.unwrap();
    assert_eq!((erased.cases, erased.messages, erased.opt_out_kept), (1, 5, false));

    // Nothing is sent any more, no watch fires, and the carrier's late report finds nothing.
    desk.pass(20 * MINUTE_MS).await;
    assert_eq!(desk.world.carrier.phone(CARLA), ["Come by"]);
    assert!(matches!(desk.world.report(0, "delivered").await, Err(WebhookError::UnknownMessage)));
    assert!(matches!(desk.world.app.case_get(&desk.ana, case).await, Err(AppError::NotFound("case"))));
    let again = desk.world.app.customer_erase(desk.admin(), id).await;
    assert!(matches!(again, Err(AppError::NotFound("customer"))));
    let audit = desk.world.app.audit(&desk.world.admin, AuditFilter::default(), None, 1).await.unwrap();
    let line = format!("{:?}", audit[0].0);
    assert!(line.contains("customer.erase") && line.contains(&id.to_string()), "{line}");
    assert!(!line.contains("Carla") && !line.contains("555"), "{line}");

    // The carrier lists what was erased once more; then the customer texts again.
    assert_eq!(desk.listed(1, start()).await, Received::Duplicate);
    outcome(&mut desk.world, "Hello, I am new here").await;
    let stranger = desk.customer().await;
    assert_ne!(stranger, id);
    let found =
        desk.world.app.case_list(&desk.ana, CaseFilter { limit: 9, ..CaseFilter::default() }).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].case.number, found[0].case.customer.name.as_str()), (2, ""));
    desk.sound().await;
}

/// R15: an erased customer who had opted out stays opted out.
#[tokio::test]
async fn r15_an_erased_number_stays_opted_out() {
    let (mut desk, _) = Desk::open(Keep::InMemory).await;
    outcome(&mut desk.world, "STOP").await;
    let id = desk.customer().await;
    let erased = desk.world.app.customer_erase(desk.admin(), id).await.unwrap();
    assert!(erased.opt_out_kept);
    desk.pass(20 * MINUTE_MS).await;
    let case = desk.case(CARLA).await.unwrap();
    let refused = desk.world.app.message_send(&desk.ana, case, "Hello".to_owned(), None).await;
    assert!(matches!(refused, Err(AppError::Conflict(..))), "{refused:?}");
    let id = desk.customer().await;
    desk.world.app.customer_erase(desk.admin(), id).await.unwrap();
    assert_eq!(outcome(&mut desk.world, "Hello").await, (Outcome::NotSent, Reason::OptedOut));
    // Only they themselves open it again, and then it is forgotten that they ever had opted out.
    outcome(&mut desk.world, "START").await;
    let id = desk.customer().await;
    assert!(!desk.world.app.customer_erase(desk.admin(), id).await.unwrap().opt_out_kept);
    desk.case(CARLA).await.unwrap();
    let found = desk.world.app.customers(&desk.world.admin, None, None, 9).await.unwrap();
    assert_eq!(found.iter().map(|found| found.opted_out_at).collect::<Vec<_>>(), [None]);
    desk.sound().await;
}

#[tokio::test]
async fn a_message_that_is_being_handed_over_is_waited_for() {
    let (mut desk, case) = Desk::open(Keep::InFile).await;
    desk.world.app.message_send(&desk.ana, case, "Hello".to_owned(), None).await.unwrap();
    desk.world.carrier.fail_next([Fault::Crash { processed: false }]);
    assert!(!desk.pass(SECOND_MS).await, "the process died during the hand-over");
    let id = desk.customer().await;
    let refused = desk.world.app.customer_erase(desk.admin(), id).await;
    assert!(matches!(refused, Err(AppError::Conflict(..))), "{refused:?}");
    assert_eq!(desk.bodies(case).await, ["Hello"], "nothing is erased by half");
    desk.world.pass_time(desk.world.clock.now().plus_ms(31 * SECOND_MS));
    desk.world.app.customer_erase(desk.admin(), id).await.unwrap();
    desk.pass(3_600 * SECOND_MS).await;
    desk.sound().await;
}

#[tokio::test]
async fn an_export_has_everything_in_order() {
    let (mut desk, case) = Desk::open(Keep::InMemory).await;
    for i in 0..5 {
        outcome(&mut desk.world, &format!("Text {i}")).await;
    }
    desk.world.app.message_send(&desk.ana, case, "Answer".to_owned(), None).await.unwrap();
    let id = desk.customer().await;
    assert!(Actor::admin(&desk.ana).is_err());
    let begun = desk.world.app.export_start(desk.admin(), id).await.unwrap();
    assert_eq!((begun.customer.name.as_str(), begun.cases.len()), ("Carla Diaz", 1));
    let org = desk.world.organization_id;
    let (mut read, mut after) = (Vec::new(), 0);
    loop {
        let part = desk.world.app.export_messages(org, case, after, 2).await.unwrap();
        let Some((last, _)) = part.last() else { break };
        after = last.sequence;
        read.extend(part);
    }
    let decided: Vec<bool> = read.iter().map(|(_, decision)| decision.is_some()).collect();
    assert_eq!(decided, [true, true, true, true, true, false]);
    let audit = desk.world.app.audit(&desk.world.admin, AuditFilter::default(), None, 1).await.unwrap();
    assert_eq!(audit[0].0.action, "customer.export");
    desk.pass(SECOND_MS).await;
}
