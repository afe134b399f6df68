//! Signing in and out, what ends a session, and API tokens.

use app::error::AppError;
use app::login::{ABSOLUTE_EXPIRY_MS, IDLE_EXPIRY_MS};
use app::users::UserPatch;
use domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};
use domain::user::Role;

use crate::{Desk, PASSWORD, PEER, fields, sentence};

#[tokio::test]
async fn v7_2_a_session_lives_while_it_is_used_and_not_for_ever() {
    let desk = Desk::open().await;
    let (first, caller) = desk.sign_in("Ada").await;
    let (second, _) = desk.sign_in("Ada").await;
    assert_eq!(caller, desk.admin);
    assert_ne!(first, second, "V7.2.4: a new token at each sign-in");
    assert_eq!(first.len(), 43, "V7.2.3: 256 bits");
    let (user, organization) = desk.app.whoami(&caller).await.unwrap();
    assert_eq!((user.name.as_str(), organization.name.as_str()), ("Ada", "Desk"));
    desk.app.sign_out(&second).await.unwrap();
    assert!(desk.live(&first).await && !desk.live(&second).await, "V7.4.1: signed out is out");
    desk.app.sign_out(&second).await.unwrap();
    assert!(!desk.live("nonsense").await);
    // V7.3.1: idle; V7.3.2: absolute.
    desk.pass(IDLE_EXPIRY_MS - MINUTE_MS);
    assert!(desk.live(&first).await);
    desk.pass(IDLE_EXPIRY_MS - 1);
    assert!(desk.live(&first).await, "used since");
    let mut age_ms = 2 * IDLE_EXPIRY_MS - MINUTE_MS - 1;
    while age_ms + 11 * HOUR_MS < ABSOLUTE_EXPIRY_MS {
        desk.pass(11 * HOUR_MS);
        age_ms += 11 * HOUR_MS;
        assert!(desk.live(&first).await, "after {age_ms} ms");
    }
    desk.pass(ABSOLUTE_EXPIRY_MS - age_ms);
    assert!(!desk.live(&first).await, "too old, however lively");
    let (third, _) = desk.sign_in("Ada").await;
    desk.pass(IDLE_EXPIRY_MS);
    assert!(!desk.live(&third).await, "idle");
}

#[tokio::test]
async fn v6_3_8_a_failed_sign_in_does_not_say_what_was_wrong() {
    let desk = Desk::open().await;
    let gone = desk.add("Gone", &[Role::Operator]).await;
    let deactivate = UserPatch { active: Some(false), ..UserPatch::default() };
    desk.app.users_update(&desk.admin, gone.id, deactivate).await.unwrap();
    let table = [
        ("ada@desk.example", "wrong password"),
        ("nobody@desk.example", PASSWORD),
        ("gone@desk.example", PASSWORD),
        ("", ""),
        (&"x".repeat(300), PASSWORD),
        ("ada@desk.example", &"x".repeat(300)),
    ];
    for (email, password) in table {
        let said = sentence(desk.app.sign_in(email, password, PEER, None).await);
        assert_eq!(said, "The e-mail address or the password is wrong.", "{email}");
    }
    desk.app.sign_in(" ADA@desk.example ", PASSWORD, PEER, None).await.expect("an address has no case");
}

#[tokio::test]
async fn v6_3_1_guessing_is_slowed_down_on_the_apps_clock() {
    let desk = Desk::open().await;
    for _ in 0..5 {
        let tried = desk.app.sign_in("ada@desk.example", "guess", PEER, None).await;
        assert!(matches!(tried, Err(AppError::Unauthorized(_))));
    }
    let refused = desk.app.sign_in("ada@desk.example", PASSWORD, PEER, None).await.map(|_| ());
    assert!(matches!(refused, Err(AppError::TooMany { retry_after_s: 1 })), "{refused:?}");
    desk.pass(SECOND_MS);
    desk.sign_in("Ada").await;
    desk.app.sign_in("ada@desk.example", "guess", PEER, None).await.map(|_| ()).unwrap_err();
    desk.sign_in("Ada").await;
}

/// Strangers who guess at an account do not keep its owner out, on any node and after any restart (decision 0033).
#[tokio::test]
async fn v6_3_1_after_a_restart_the_owner_is_still_known() {
    let mut desk = Desk::open().await;
    let [home, stranger] = ["198.51.100.1", "203.0.113.9"].map(|address| address.parse().unwrap());
    let laptop = desk.app.sign_in("ada@desk.example", PASSWORD, home, None).await.unwrap().device;
    desk.add("Bob", &[Role::Operator]).await;
    let bobs = desk.app.sign_in("bob@desk.example", PASSWORD, stranger, None).await.unwrap().device;
    desk.restart();
    let sign_in = async |password: &str, address, device: Option<&str>| {
        desk.app.sign_in("ada@desk.example", password, address, device).await.map(|_| ())
    };
    for _ in 0..6 {
        sign_in("guess", stranger, Some(&bobs)).await.unwrap_err();
    }
    let refused = sign_in(PASSWORD, home, None).await;
    assert!(matches!(refused, Err(AppError::TooMany { .. })), "who is not known waits: {refused:?}");
    sign_in(PASSWORD, home, Some(&laptop)).await.expect("the owner's browser, at home");
    let abroad = "192.0.2.77".parse().unwrap();
    sign_in(PASSWORD, abroad, Some(&laptop)).await.expect("and anywhere else");
    for _ in 0..5 {
        sign_in("guess", home, Some(&laptop)).await.unwrap_err();
    }
    let refused = sign_in(PASSWORD, home, Some(&laptop)).await;
    assert!(
        matches!(refused, Err(AppError::TooMany { .. })),
        "who stole the laptop guesses no faster: {refused:?}"
    );
}

#[tokio::test]
async fn v7_4_2_deactivation_and_a_new_password_end_every_session() {
    let desk = Desk::open().await;
    let bob = desk.add("Bob", &[Role::Operator]).await;
    let token = desk.app.token_create("bob@desk.example", "script", None).await.unwrap().token;
    let (first, _) = desk.sign_in("Bob").await;
    let patch = UserPatch { password: Some("another good one".into()), ..UserPatch::default() };
    desk.app.users_update(&desk.admin, bob.id, patch).await.unwrap();
    assert!(!desk.live(&first).await);
    desk.app.sign_in("bob@desk.example", PASSWORD, PEER, None).await.map(|_| ()).unwrap_err();
    let second = desk.app.sign_in("bob@desk.example", "another good one", PEER, None).await.unwrap().token;
    assert!(desk.app.caller_of_token(&token).await.unwrap().is_some());
    desk.pass(HOUR_MS);
    let patch = |active| UserPatch { active: Some(active), ..UserPatch::default() };
    let gone = desk.app.users_update(&desk.admin, bob.id, patch(false)).await.unwrap();
    assert_eq!(gone.presence.deactivated_at, Some(desk.clock.now()));
    assert!(!desk.live(&second).await);
    assert!(desk.app.caller_of_token(&token).await.unwrap().is_none());
    desk.pass(HOUR_MS);
    let again = desk.app.users_update(&desk.admin, bob.id, patch(false)).await.unwrap();
    assert_eq!(again.presence.deactivated_at, gone.presence.deactivated_at, "since when does not move");
    let back = desk.app.users_update(&desk.admin, bob.id, patch(true)).await.unwrap();
    assert!(back.active());
    assert!(!desk.live(&second).await, "an ended session stays ended");
}

#[tokio::test]
async fn a_token_speaks_for_its_user_until_it_expires() {
    let desk = Desk::open().await;
    let app = &desk.app;
    let created = app.token_create("Ada@desk.example", "report", Some(2)).await.unwrap();
    assert!(created.token.starts_with("bks_") && created.token.len() == 47, "V11.5.1: 256 bits");
    assert_eq!(app.caller_of_token(&created.token).await.unwrap(), Some(desk.admin));
    desk.pass(2 * DAY_MS - 1);
    assert!(app.caller_of_token(&created.token).await.unwrap().is_some());
    desk.pass(1);
    assert!(app.caller_of_token(&created.token).await.unwrap().is_none());
    let forever = app.token_create("ada@desk.example", "forever", None).await.unwrap();
    desk.pass(3_650 * DAY_MS);
    assert!(app.caller_of_token(&forever.token).await.unwrap().is_some(), "never expires unless told to");
    let (session, _) = desk.sign_in("Ada").await;
    for wrong in ["", "bks_", "bks_wrong", &session, &forever.token[4..]] {
        assert!(app.caller_of_token(wrong).await.unwrap().is_none(), "{wrong}");
    }
    let refused = app.token_create("nobody@desk.example", "x", None).await.unwrap_err();
    assert_eq!(fields(&refused), ["user"]);
    let refused = app.token_create("ada@desk.example", " ", Some(0)).await.unwrap_err();
    assert_eq!(fields(&refused), ["name", "expires_days"]);
    let entry = desk.audit().await.pop().unwrap();
    assert_eq!((entry.action.as_str(), entry.actor), ("token.create", None));
    assert!(!entry.after.to_string().contains(&forever.token));
}
