//! Webhooks are verified by what a process remembers of their channel, and taken in by what is stored.

use app::cases::CaseFilter;
use app::channels::ChannelPatch;
use app::receive_message::Received;
use app::webhooks::WebhookError;
use domain::time::Instant;
use domain::user::Role;
use sim::world::{Keep, World};

const CARLA: &str = "+15550000001";
const START_MS: i64 = 1_780_000_000_000;

fn active(active: bool) -> ChannelPatch {
    ChannelPatch { active: Some(active), auth_token: None }
}

fn token(token: &str) -> ChannelPatch {
    ChannelPatch { active: None, auth_token: Some(token.to_owned()) }
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
