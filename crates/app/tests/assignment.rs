//! R28: texts of new customers go to whom the channel says, and none of them is overlooked.

use std::collections::BTreeMap;

use app::caller::Caller;
use app::cases::{CaseFilter, CasePatch};
use app::channels::ChannelPatch;
use app::users::UserPatch;
use cluster::Cluster;
use domain::assignment::AssignTo;
use domain::auto_reply::setting::Setting;
use domain::case::{AssignedBy, Case, CaseStatus};
use domain::id::UserId;
use domain::presence::ActivityKind;
use domain::time::Instant;
use domain::user::Role;
use sim::World;
use sim::world::{Keep, deliver};
use tokio::task::JoinSet;

fn start() -> Instant {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

/// A world with some operators, of whom nobody has been seen yet.
async fn desk(world: &World, names: &[&str]) -> Vec<Caller> {
    let setting = Setting { enabled: true, ..Setting::default() };
    world.app.setting_put(&world.admin, setting, None).await.unwrap();
    let mut people = Vec::new();
    for name in names {
        people.push(world.add_person(name, &[Role::Operator]).await);
    }
    people
}

async fn assign_to(world: &World, to: AssignTo) {
    let patch = ChannelPatch { assign_to: Some(to), ..ChannelPatch::default() };
    world.app.channel_update(&world.admin, world.channel_id, patch).await.unwrap();
}

/// The case of this customer.
async fn case(world: &World, reader: &Caller, phone: &str) -> Case {
    let filter = CaseFilter { q: Some(phone.to_owned()), limit: 2, ..CaseFilter::default() };
    let mut found = world.app.case_list(reader, filter).await.unwrap();
    assert_eq!(found.len(), 1, "{phone}");
    found.remove(0).case
}

/// A new customer texts; whose case it is, and how it came to them.
async fn arrives(world: &mut World, reader: &Caller, phone: &str) -> (Option<UserId>, Option<AssignedBy>) {
    world.text(phone, "Hello?").await.unwrap();
    let case = case(world, reader, phone).await;
    (case.assigned_operator_id, case.assigned_by)
}

#[tokio::test]
async fn r28_a_new_customer_goes_to_whom_the_channel_says() {
    let mut world = World::start(1, start(), Keep::InMemory).await;
    let [ana, ben] = desk(&world, &["Ana", "Ben"]).await[..] else { panic!("two operators") };
    assert_eq!(arrives(&mut world, &ana, "+15551230001").await, (None, None), "to nobody unless said");
    let named = (Some(ana.user_id), Some(AssignedBy::Channel));
    assign_to(&world, AssignTo::Operator(ana.user_id)).await;
    assert_eq!(arrives(&mut world, &ana, "+15551230002").await, named);
    assert_eq!(arrives(&mut world, &ana, "+15551230001").await, (None, None), "a known customer stays");
    // A keyword is nobody's question; the first text after it is.
    world.text("+15551230003", "HELP").await.unwrap();
    assert_eq!(case(&world, &ana, "+15551230003").await.assigned_operator_id, None);
    assert_eq!(arrives(&mut world, &ana, "+15551230003").await, named);
    // A case that was closed unassigned comes in again.
    let id = case(&world, &ana, "+15551230001").await.id;
    let close = CasePatch { status: Some(CaseStatus::Closed), ..CasePatch::default() };
    world.app.case_update(&ana, id, close).await.unwrap();
    assert_eq!(arrives(&mut world, &ana, "+15551230001").await, named);
    // Somebody's hand counts for more.
    let to_ben = CasePatch { assigned_operator_id: Some(Some(ben.user_id)), ..CasePatch::default() };
    assert_eq!(world.app.case_update(&ana, id, to_ben).await.unwrap().case.assigned_by, None);

    // Whoever is deactivated gets none any more: then it is the others' turn.
    let off = UserPatch { active: Some(false), ..UserPatch::default() };
    world.app.users_update(&world.admin, ana.user_id, off).await.unwrap();
    world.app.activity(&ben, ActivityKind::Input).await.unwrap();
    let in_turn = (Some(ben.user_id), Some(AssignedBy::InTurn));
    assert_eq!(arrives(&mut world, &ben, "+15551230004").await, in_turn);
    let again = ChannelPatch { assign_to: Some(AssignTo::Operator(ana.user_id)), ..ChannelPatch::default() };
    world.app.channel_update(&world.admin, world.channel_id, again).await.expect("what stands may stay");
    assign_to(&world, AssignTo::InTurn).await;
    let again = ChannelPatch { assign_to: Some(AssignTo::Operator(ana.user_id)), ..ChannelPatch::default() };
    world.app.channel_update(&world.admin, world.channel_id, again).await.unwrap_err();
}

/// With nobody active the case goes to somebody all the same, whose absence answers the customer at once.
#[tokio::test]
async fn r28_with_nobody_eligible_a_new_customer_is_answered() {
    let mut world = World::start(1, start(), Keep::InMemory).await;
    let people = desk(&world, &["Ana", "Ben"]).await;
    assign_to(&world, AssignTo::InTurn).await;
    world.advance_to(start().plus_ms(3_600_000)).await.unwrap();
    let (id, by) = arrives(&mut world, &people[0], "+15551230001").await;
    assert_eq!(by, Some(AssignedBy::InTurnNobodyEligible));
    assert_eq!(arrives(&mut world, &people[0], "+15551230002").await.1, by);
    assert_ne!(
        case(&world, &people[0], "+15551230002").await.assigned_operator_id,
        id,
        "in turn all the same"
    );
    world.advance_to(start().plus_ms(3_601_000)).await.unwrap();
    assert_eq!(world.carrier.phone("+15551230001").len(), 1, "the first text of a new customer is answered");
    // Whoever comes back first gets the next ones.
    world.app.activity(&people[1], ActivityKind::Input).await.unwrap();
    for phone in ["+15551230003", "+15551230004"] {
        let found = arrives(&mut world, &people[0], phone).await;
        assert_eq!(found, (Some(people[1].user_id), Some(AssignedBy::InTurn)));
    }
}

/// Fifty new customers at once are spread evenly among five active operators.
async fn spread(world: World, nodes: Vec<app::App>) {
    let people = desk(&world, &["Ana", "Ben", "Cleo", "Dan", "Eve"]).await;
    for person in &people {
        world.app.activity(person, ActivityKind::Input).await.unwrap();
    }
    assign_to(&world, AssignTo::InTurn).await;
    let mut deliveries = JoinSet::new();
    for number in 0..50_u64 {
        let node = nodes[number as usize % nodes.len()].clone();
        deliveries.spawn(async move {
            deliver(&node, &format!("+1555000{number:04}"), "Is anybody there?", number, &[]).await.unwrap()
        });
    }
    deliveries.join_all().await;
    let filter = CaseFilter { limit: 200, ..CaseFilter::default() };
    let cases = world.app.case_list(&people[0], filter).await.unwrap();
    let mut shares: BTreeMap<UserId, usize> = BTreeMap::new();
    for view in &cases {
        assert_eq!(view.case.assigned_by, Some(AssignedBy::InTurn));
        *shares.entry(view.case.assigned_operator_id.unwrap()).or_default() += 1;
    }
    assert_eq!(shares.into_values().collect::<Vec<_>>(), [10; 5]);
}

#[tokio::test]
async fn r28_fifty_at_once_are_spread_evenly_on_sqlite() {
    let world = World::start(1, start(), Keep::InMemory).await;
    let nodes = vec![world.app.clone()];
    spread(world, nodes).await;
}

#[tokio::test]
async fn r28_fifty_at_once_are_spread_evenly_by_two_nodes_on_postgres() {
    let cluster = Cluster::start(&["fsync=off"]);
    let world = World::start_on(7, start(), cluster.empty_database()).await;
    let nodes = vec![world.app.clone(), world.another_node().await];
    spread(world, nodes).await;
}
