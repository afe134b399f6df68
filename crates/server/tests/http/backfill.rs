//! What the carrier's webhook did not deliver is found in its list, through sockets (R25).

use app::channels::NewChannel;
use app::worker::reconcile::Round;
use http::Method;
use sandbox::{Fault, FaultKind, Text};
use serde_json::{Value, json};

use crate::harness::{ACCOUNT_SID, AUTH_TOKEN};
use crate::story::{OTHER_NUMBER, Town, text, town};

async fn reconcile(town: &Town, round: Round) {
    town.desk.app.reconcile(round).await.expect("a round");
}

/// A text that is in the list alone.
async fn lose(town: &Town, body: &str) {
    town.sandbox.text(Text { lost: true, ..text(body) }).await.expect("a text");
}

/// Body, whether taken in late, and number of files of every message.
async fn messages(town: &Town) -> Vec<(String, bool, usize)> {
    let all = town.of_case("messages").await;
    let one = |message: &Value| {
        let files = message["attachments"].as_array().expect("a list").len();
        (message["body"].as_str().expect("a text").to_owned(), message["backfilled"] == true, files)
    };
    all.iter().map(one).collect()
}

fn late(body: &str, files: usize) -> (String, bool, usize) {
    (body.to_owned(), true, files)
}

#[tokio::test]
async fn r25_lost_texts_are_found_with_what_came_with_them() {
    let town = town().await;
    lose(&town, "One").await;
    town.sandbox.set_faults(vec![Fault::new(FaultKind::MachineMade, Some(1))]).expect("a fault");
    town.sandbox.text(text("Two")).await.expect("a text");
    let picture = Text { lost: true, media: true, ..text("Three") };
    let sid = town.sandbox.text(picture).await.expect("a text").message_sid;
    town.advance(60).await;
    for _ in 0..2 {
        reconcile(&town, Round::AtStart).await;
        assert_eq!(messages(&town).await, [late("One", 0), late("Two", 0), late("Three", 1)]);
    }
    let stored = town.of_case("messages").await;
    assert_eq!(stored[0]["sent_at"], "2026-11-23T09:00:00.000Z");
    assert_eq!(stored[0]["created_at"], "2026-11-23T09:01:00.000Z");
    assert_eq!(town.case().await["waiting_since"], "2026-11-23T09:00:00.000Z");
    let file = stored[2]["attachments"][0]["url"].as_str().expect("an address");
    assert_eq!(town.desk.get(file, &town.acme.operator).await.header("content-type"), "image/png");
    let decisions = town.of_case("decisions").await;
    assert_eq!(
        (&decisions[1]["outcome"], &decisions[1]["reason"]),
        (&json!("not_sent"), &json!("not_repliable"))
    );

    // The webhook comes after all.
    let again = Text { message_sid: Some(sid), media: true, ..text("Three") };
    let handover = town.sandbox.text(again).await.expect("a text").handover.expect("a post");
    assert_eq!(handover.status, Some(200));
    assert_eq!(messages(&town).await.len(), 3);
}

/// Webhook and list bring the same texts at the same time: each is stored once.
#[tokio::test]
async fn r25_webhook_and_list_at_once() {
    let town = town().await;
    let bodies: Vec<String> = (0..40).map(|number| format!("No {number}")).collect();
    let webhooks = async {
        for body in &bodies {
            let handover = town.sandbox.text(text(body)).await.expect("a text").handover.expect("a post");
            assert_eq!(handover.status, Some(200), "{handover:?}");
        }
    };
    let lists = async {
        for _ in 0..40 {
            reconcile(&town, Round::AtStart).await;
        }
    };
    tokio::join!(webhooks, lists);
    let mut stored: Vec<String> = messages(&town).await.into_iter().map(|(body, ..)| body).collect();
    assert_eq!(stored.len(), bodies.len());
    stored.sort();
    let mut expected = bodies.clone();
    expected.sort();
    assert_eq!(stored, expected);
    assert_eq!(town.of_case("decisions").await.len(), bodies.len());
}

/// A text of just now is left to its webhook, except at start; a number is listed once a minute.
#[tokio::test]
async fn r25_when_numbers_are_listed() {
    let town = town().await;
    lose(&town, "One").await;
    // (seconds that pass, a text that is lost then, how many are stored after the round)
    for (seconds, lost, stored) in
        [(0, None, 0), (19, None, 0), (1, None, 1), (40, Some("Two"), 1), (19, None, 1), (1, None, 2)]
    {
        town.advance(seconds).await;
        if let Some(body) = lost {
            lose(&town, body).await;
        }
        reconcile(&town, Round::Due).await;
        let cases = town.desk.get("/api/v1/cases", &town.acme.operator).await.json();
        let found = if cases["items"] == json!([]) { 0 } else { messages(&town).await.len() };
        assert_eq!(found, stored, "{seconds} s later");
    }
    lose(&town, "Three").await;
    reconcile(&town, Round::Due).await;
    assert_eq!(messages(&town).await.len(), 2);
    reconcile(&town, Round::AtStart).await;
    assert_eq!(messages(&town).await.len(), 3);
}

/// After a long time a round takes in so many, the oldest first, and the next one goes on at once.
#[tokio::test]
async fn r25_a_round_has_an_end() {
    let town = town().await;
    for number in 0..510 {
        lose(&town, &number.to_string()).await;
    }
    town.advance(60).await;
    for (count, newest) in [(500, "499"), (510, "509")] {
        reconcile(&town, Round::Due).await;
        let path =
            format!("/api/v1/cases/{}/messages?limit=200", town.case().await["id"].as_str().expect("an id"));
        let (mut stored, mut cursor) = (Vec::new(), json!(""));
        while let Some(after) = cursor.as_str() {
            let after = if after.is_empty() { String::new() } else { format!("&cursor={after}") };
            let page = town.desk.get(&format!("{path}{after}"), &town.acme.operator).await.json();
            stored.extend(page["items"].as_array().expect("items").iter().map(|text| text["body"].clone()));
            cursor = page["next_cursor"].clone();
        }
        assert_eq!((stored.len(), stored.last()), (count, Some(&json!(newest))));
    }
}

/// The credentials of one number are refused: noted, and the other number's texts are found.
#[tokio::test]
async fn r25_a_number_in_trouble_holds_up_no_other() {
    let town = town().await;
    let other = town.desk.organization("Other", OTHER_NUMBER).await;
    let path = format!("/api/v1/channels/{}", other.channel_id);
    let set_token = async |token: &str| {
        let patch = json!({ "auth_token": token });
        assert_eq!(town.desk.json(Method::PATCH, &path, &other.admin, patch).await.status, 200);
    };
    set_token("wrong").await;
    lose(&town, "One").await;
    let theirs = Text { to: OTHER_NUMBER.to_owned(), lost: true, ..text("Two") };
    town.sandbox.text(theirs).await.expect("a text");
    town.advance(60).await;
    reconcile(&town, Round::Due).await;
    assert_eq!(messages(&town).await, [late("One", 0)]);
    let channel = async || town.desk.get("/api/v1/channels", &other.admin).await.json()["items"][0].clone();
    let paused = channel().await["paused_reason"].clone();
    assert!(
        paused.as_str().is_some_and(|why| why.contains("credentials") || why.contains("token")),
        "{paused}"
    );

    set_token(AUTH_TOKEN).await;
    town.advance(60).await;
    reconcile(&town, Round::Due).await;
    let cases = town.desk.get("/api/v1/cases", &other.operator).await.json();
    assert_eq!(cases["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(channel().await["paused_reason"], json!(null));
}

/// What came before the number was this desk's, or while it was switched off, is not.
#[tokio::test]
async fn r25_nothing_from_before_the_number_was_here() {
    let town = town().await;
    let theirs = |body: &str| Text { to: OTHER_NUMBER.to_owned(), lost: true, ..text(body) };
    town.sandbox.text(theirs("Before")).await.expect("a text");
    town.advance(5).await;
    let new = NewChannel {
        account_sid: ACCOUNT_SID.to_owned(),
        number: OTHER_NUMBER.to_owned(),
        auth_token: AUTH_TOKEN.to_owned(),
        ..NewChannel::default()
    };
    let channel_id = town.desk.app.channel_create(town.acme.id, new).await.expect("a channel").id;
    let path = format!("/api/v1/channels/{channel_id}");
    let switch = async |active: bool| {
        let patch = json!({ "active": active });
        assert_eq!(town.desk.json(Method::PATCH, &path, &town.acme.admin, patch).await.status, 200);
    };
    town.advance(5).await;
    town.sandbox.text(theirs("First")).await.expect("a text");
    reconcile(&town, Round::AtStart).await;
    assert_eq!(messages(&town).await, [late("First", 0)]);
    switch(false).await;
    town.advance(5).await;
    town.sandbox.text(theirs("While off")).await.expect("a text");
    town.advance(5).await;
    reconcile(&town, Round::AtStart).await;
    switch(true).await;
    town.advance(5).await;
    town.sandbox.text(theirs("Second")).await.expect("a text");
    for _ in 0..2 {
        reconcile(&town, Round::AtStart).await;
        assert_eq!(messages(&town).await, [late("First", 0), late("Second", 0)]);
    }
}
