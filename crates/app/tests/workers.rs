//! The workers as they run in a process: nobody's trouble holds up anybody else.

use std::sync::Arc;
use std::time::Duration;

use app::caller::Caller;
use app::cases::CaseFilter;
use app::channels::{ChannelPatch, NewChannel};
use app::error::AppError;
use app::new_case::NewCase;
use app::webhooks::WebhookError;
use cluster::{Cluster, Stop};
use domain::auto_reply::setting::Setting;
use domain::delivery::DeliveryStatus;
use domain::id::{CaseId, ChannelId};
use domain::time::Instant;
use domain::user::Role;
use sim::World;
use sim::carrier::Fault;
use sim::world::{ACCOUNT_SID, AUTH_TOKEN, Keep};

fn start() -> Instant {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

/// Longer than anything here may take in real time; only a failure waits for it.
const PATIENCE: Duration = Duration::from_secs(8);

async fn world() -> (World, app::caller::Caller) {
    let world = World::start(1, start(), Keep::InMemory).await;
    let ana = world.add_person("Ana", &[Role::Operator]).await;
    let setting = Setting { enabled: true, ..Setting::default() };
    world.app.setting_put(&world.admin, setting, None).await.unwrap();
    (world, ana)
}

async fn case(world: &World, ana: &app::caller::Caller, phone: &str, channel_id: ChannelId) -> CaseId {
    let new = NewCase {
        customer_phone: phone.to_owned(),
        customer_name: String::new(),
        subject: String::new(),
        assigned_operator_id: Some(ana.user_id),
        channel_id: Some(channel_id),
        ..NewCase::default()
    };
    world.app.case_create(ana, new).await.unwrap().case.id
}

/// More watched cases than one transaction judges fall due at one instant, and every customer gets the reply.
#[tokio::test]
async fn r5_many_watches_fall_due_together() {
    let (mut world, ana) = world().await;
    let phones: Vec<String> = (0..230).map(|number| format!("+1555200{number:04}")).collect();
    for phone in &phones {
        case(&world, &ana, phone, world.channel_id).await;
        world.text(phone, "Hello").await.unwrap();
    }
    world.advance_to(start().plus_ms(600_000)).await.unwrap();
    assert!(world.carrier.hand_overs().is_empty(), "nobody gets a reply at exactly the threshold (R2)");
    world.advance_to(start().plus_ms(600_001)).await.unwrap();
    assert_eq!(world.carrier.hand_overs().len(), phones.len());
    assert!(phones.iter().all(|phone| world.carrier.phone(phone).len() == 1));
    let waiting = CaseFilter { limit: 200, ..CaseFilter::default() };
    let cases = world.app.case_list(&ana, waiting).await.unwrap();
    assert!(cases.iter().all(|view| view.case.watch.is_none() && view.case.unanswered_since.is_none()));
}

/// A number whose auth token does not open (the secret key file was swapped) is paused and keeps its messages, and the
/// other numbers send theirs. When its token is entered again, what waited goes out.
#[tokio::test]
async fn a_number_in_trouble_holds_up_no_other() {
    let (mut world, ana) = world().await;
    let other = NewChannel {
        account_sid: ACCOUNT_SID.to_owned(),
        number: "+15559870001".to_owned(),
        auth_token: AUTH_TOKEN.to_owned(),
        ..NewChannel::default()
    };
    let other = world.app.channel_create(world.organization_id, other).await.unwrap().id;
    let stuck = case(&world, &ana, "+15551230001", world.channel_id).await;
    let free = case(&world, &ana, "+15551230002", other).await;
    world.spoil_credentials().await;
    for id in [stuck, free] {
        world.app.message_send(&ana, id, "Hello".to_owned(), None).await.unwrap();
    }
    world.advance_to(start().plus_ms(60_000)).await.unwrap();
    assert_eq!(world.carrier.phone("+15551230002"), ["Hello"]);
    let kept = world.app.messages(&ana, stuck, 0, 10).await.unwrap().messages;
    assert_eq!(kept[0].delivery.as_ref().unwrap().status, DeliveryStatus::Queued);
    let refused = world.text("+15551230001", "Anybody?").await;
    assert!(matches!(refused, Err(WebhookError::App(AppError::Sealed { .. }))), "{refused:?}");
    let paused = world.app.channels_list(&world.admin).await.unwrap();
    let paused: Vec<bool> = paused.iter().map(|channel| channel.paused_reason.is_some()).collect();
    assert_eq!(paused, [true, false]);

    let patch = ChannelPatch { auth_token: Some(AUTH_TOKEN.to_owned()), ..ChannelPatch::default() };
    let again = world.app.channel_update(&world.admin, world.channel_id, patch).await.unwrap();
    assert_eq!(again.paused_reason, None);
    world.advance_to(start().plus_ms(90_000)).await.unwrap();
    assert_eq!(world.carrier.phone("+15551230001"), ["Hello"], "once");
    world.repeat_text("+15551230001", "Anybody?").await.unwrap();
}

/// While a hand-over hangs at the carrier, a watch falls due and is judged all the same.
#[tokio::test]
async fn a_hanging_carrier_holds_up_no_watch() {
    let (mut world, ana) = world().await;
    case(&world, &ana, "+15551230001", world.channel_id).await;
    let hanging = case(&world, &ana, "+15551230002", world.channel_id).await;
    world.carrier.fail_next([Fault::Crash { processed: false }]);
    let workers = world.app.start_workers();
    let mut changes = world.app.subscribe();
    world.app.message_send(&ana, hanging, "Hello".to_owned(), None).await.unwrap();
    tokio::time::timeout(PATIENCE, world.carrier.crashed()).await.expect("the hand-over is under way");
    let received: Result<_, WebhookError> = world.text("+15551230001", "Anyone?").await;
    received.unwrap();
    world.pass_time(start().plus_ms(600_001));
    let judged = async {
        while world.carrier.phone("+15551230001").is_empty() {
            changes.changed().await.unwrap();
        }
    };
    tokio::time::timeout(PATIENCE, judged)
        .await
        .expect("the watch is judged while the other hand-over hangs");
    drop(workers);
}

/// The database goes away while a message is being handed over: the hand-over goes on, and what the carrier answers
/// is written down when the database is back, instead of being forgotten and looked up.
#[tokio::test]
async fn a_hand_over_outlives_the_database() {
    let cluster = Arc::new(Cluster::start(&["fsync=off"]));
    let world = World::start_on(1, start(), cluster.empty_database()).await;
    let ana = world.add_person("Ana", &[Role::Operator]).await;
    let id = case(&world, &ana, "+15551230001", world.channel_id).await;
    let workers = world.app.start_workers();
    world.carrier.fail_next([Fault::Held]);
    world.app.message_send(&ana, id, "Hello".to_owned(), None).await.unwrap();
    tokio::time::timeout(PATIENCE, world.carrier.crashed()).await.expect("the hand-over is under way");
    let server = Arc::clone(&cluster);
    tokio::task::spawn_blocking(move || server.stop(Stop::Fast)).await.unwrap();
    // The workers look again while the database is away, and the answer comes while it is.
    for _ in 0..8 {
        world.app.ready().await.unwrap_err();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    world.carrier.release();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let server = Arc::clone(&cluster);
    tokio::task::spawn_blocking(move || server.start_again()).await.unwrap();
    let written = async {
        while status(&world, &ana, id).await != Some(DeliveryStatus::Sent) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, written).await.expect("the carrier's answer is written down");
    assert_eq!(world.carrier.hand_overs().len(), 1);
    drop(workers);
}

/// What became of the first message on a case; none while the database is away.
async fn status(world: &World, ana: &Caller, id: CaseId) -> Option<DeliveryStatus> {
    let messages = world.app.messages(ana, id, 0, 10).await.ok()?.messages;
    messages.first()?.delivery.as_ref().map(|delivery| delivery.status)
}
