//! Channels: what is refused, and what becomes of their auth tokens.

use app::channels::{ChannelPatch, NewChannel};

use crate::{Desk, fields, twilio};

#[tokio::test]
async fn v13_3_1_a_channels_token_is_sealed_and_replaced_and_never_shown() {
    let desk = Desk::open().await;
    let app = &desk.app;
    let channel = app.channel_add(&desk.admin, twilio(" +15550001111 ")).await.unwrap();
    assert_eq!(app.channel_webhook_url(), "https://desk.example/webhooks/twilio/messages#rc=5&rp=all");
    let token = async || {
        let channel = app.channel_of_number("+15550001111").await.unwrap();
        channel.map(|channel| app.auth_token(&channel).unwrap())
    };
    assert_eq!(token().await.as_deref(), Some("s3cret-auth-token"));
    let rotate = ChannelPatch { auth_token: Some("rotated-token".into()), ..ChannelPatch::default() };
    app.channel_update(&desk.admin, channel.id, rotate).await.unwrap();
    assert_eq!(token().await.as_deref(), Some("rotated-token"));
    let switch = |active| ChannelPatch { active: Some(active), ..ChannelPatch::default() };
    let off = app.channel_update(&desk.admin, channel.id, switch(false)).await.unwrap();
    assert!(!off.active);
    assert_eq!(token().await, None, "a deactivated channel takes no messages in");
    app.channel_update(&desk.admin, channel.id, switch(false)).await.unwrap();
    app.channel_update(&desk.admin, channel.id, switch(true)).await.unwrap();
    assert!(token().await.is_some());
    let log = desk.audit().await;
    let actions: Vec<&str> = log.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(
        actions,
        [
            "organization.create",
            "user.create",
            "channel.create",
            "channel.update",
            "channel.deactivate",
            "channel.activate"
        ]
    );
    assert_eq!(log[3].after["auth_token"], "replaced");
    assert_eq!(log[2].actor, Some(desk.admin.user_id));
    assert!(
        log.iter().all(
            |entry| !format!("{entry:?}").contains("token-") && !format!("{entry:?}").contains("rotated")
        )
    );
}

#[tokio::test]
async fn a_channel_is_refused_with_every_bad_field_at_once() {
    let desk = Desk::open().await;
    desk.app.channel_add(&desk.admin, twilio("+15550001111")).await.unwrap();
    let other = desk.app.organization_create("Other", "UTC", None).await.unwrap();
    let with = |account_sid: &str, number: &str, auth_token: &str| NewChannel {
        account_sid: account_sid.into(),
        number: number.into(),
        auth_token: auth_token.into(),
        ..NewChannel::default()
    };
    let sid = format!("AC{}", "0".repeat(32));
    let table: [(NewChannel, &[&str]); 7] = [
        (with("", "555", ""), &["account_sid", "number", "auth_token"]),
        (with(&sid[..33], "+15550002222", "t"), &["account_sid"]),
        (with(&sid.replace("AC", "SM"), "+15550002222", "t"), &["account_sid"]),
        (with(&sid.replace('0', "g"), "+15550002222", "t"), &["account_sid"]),
        (with(&sid, "+15550002222", &"t".repeat(201)), &["auth_token"]),
        (with(&sid, "+15550002222", "t t"), &["auth_token"]),
        (with(&sid, "+15550001111", "t"), &["number"]),
    ];
    for (new, bad) in table {
        let error = desk.app.channel_create(other, new.clone()).await.unwrap_err();
        assert_eq!(fields(&error), bad, "{} {}", new.account_sid, new.number);
    }
    desk.app.channel_create(other, with(&sid, "+15550002222", &"t".repeat(200))).await.unwrap();
}
