//! Webhooks are verified by what a process remembers of their channel, and taken in by what is stored.

use std::collections::HashSet;

use app::cases::CaseFilter;
use app::channels::ChannelPatch;
use app::receive_message::Received;
use app::webhooks::WebhookError;
use cluster::Cluster;
use domain::time::Instant;
use domain::user::Role;
use sim::world::{Keep, World, deliver};
use tokio::task::JoinSet;

const CARLA: &str = "+15550000001";
const START_MS: i64 = 1_780_000_000_000;

fn active(active: bool) -> ChannelPatch {
    ChannelPatch { active: Some(active), ..ChannelPatch::default() }
}

fn token(token: &str) -> ChannelPatch {
    ChannelPatch { auth_token: Some(token.to_owned()), ..ChannelPatch::default() }
}

/// Another node changes a channel that this one remembers: from then on its webhooks are taken in or refused here
/// as they are there, the one in between included.
#[tokio::test]
async fn a_channel_that_another_node_changed_counts_as_it_is_stored() {
    let mut world = World::start(7, Instant::from_ms(START_MS), Keep::InFile).await;
    let other = world.another_node().await;
    let own_token = sim::world::AUTH_TOKEN;
    type Expected = fn(&Result<Received, WebhookError>) -> bool;
    let stored: Expected = |received| matches!(received, Ok(Received::Stored { .. }));
    let unknown: Expected = |received| matches!(received, Err(WebhookError::UnknownNumber));
    let unsigned: Expected = |received| matches!(received, Err(WebhookError::BadSignature));
    let table = [
        ("nothing", None, stored),
        ("switched off", Some(active(false)), unknown),
        ("still off", None, unknown),
        ("switched on", Some(active(true)), stored),
        ("another token", Some(token("another-token")), unsigned),
        ("still another token", None, unsigned),
        ("the token again", Some(token(own_token)), stored),
        ("off and on again", Some(active(false)), unknown),
        ("on again", Some(active(true)), stored),
    ];
    for (what, patch, expected) in table {
        if let Some(patch) = patch {
            other.channel_update(&world.admin, world.channel_id, patch).await.unwrap();
        }
        let received = world.text(CARLA, what).await;
        assert!(expected(&received), "{what}: {received:?}");
    }
    let ana = world.add_person("Ana", &[Role::Operator]).await;
    let cases = other.case_list(&ana, CaseFilter { limit: 5, ..Default::default() }).await;
    assert_eq!(cases.unwrap()[0].case.last_sequence, 4, "only what was taken in is stored");
}

/// The carrier delivers every text of customers who were not known to two nodes at once: each is stored once, and
/// each customer has one case.
#[tokio::test]
async fn two_nodes_get_everything_at_once() {
    let cluster = Cluster::start(&["fsync=off"]);
    let world = World::start_on(7, Instant::from_ms(START_MS), cluster.empty_database()).await;
    let nodes = [world.app.clone(), world.another_node().await];
    let mut deliveries = JoinSet::new();
    for number in 0..100 {
        for node in nodes.clone() {
            deliveries.spawn(async move {
                let from = format!("+1555000{:04}", number % 50);
                (number, deliver(&node, &from, "Is anybody there?", number, &[]).await.unwrap())
            });
        }
    }
    let mut received = deliveries.join_all().await;
    received.sort_by_key(|(number, received)| (*number, *received == Received::Duplicate));
    for both in received.chunks(2) {
        assert!(matches!(both[0].1, Received::Stored { .. }), "{both:?}");
        assert_eq!(both[1].1, Received::Duplicate, "{both:?}");
    }
    let ana = world.add_person("Ana", &[Role::Operator]).await;
    let cases = world.app.case_list(&ana, CaseFilter { limit: 200, ..Default::default() }).await.unwrap();
    assert!(cases.iter().all(|row| row.case.last_sequence == 2), "both texts of each customer");
    let numbers: HashSet<_> = cases.iter().map(|row| row.case.number).collect();
    assert_eq!((cases.len(), numbers.len()), (50, 50), "one case each, with a number of its own");
}
