//! Accounts: what is refused, who may change them, and what is audited.

use app::caller::Caller;
use app::channels::ChannelPatch;
use app::error::AppError;
use app::users::{NewUser, UserPatch};
use domain::id::OrganizationId;
use domain::time::Instant;
use domain::user::Role;
use store::{Op, StoreError, Tx};

use crate::{Desk, PASSWORD, fields, person, sentence, twilio};

#[tokio::test]
async fn an_account_is_refused_with_every_bad_field_at_once() {
    let desk = Desk::open().await;
    let new = |name: &str, email: &str, roles: &[Role], password: &str| NewUser {
        name: name.into(),
        email: email.into(),
        roles: roles.to_vec(),
        password: password.into(),
    };
    let long = format!("{}@x.example", "a".repeat(250));
    let (admin, operator) = (Role::SystemAdmin, Role::Operator);
    let table: [(NewUser, &[&str]); 11] = [
        (new(" ", "nonsense", &[], "short"), &["name", "email", "roles", "password"]),
        (
            new(&"é".repeat(101), &long, &[operator, operator], "12345678"),
            &["name", "email", "roles", "password"],
        ),
        (new("Bob", "ADA@desk.example", &[operator], PASSWORD), &["email"]),
        (new("Bob", "bob@", &[operator], PASSWORD), &["email"]),
        (new("Bob", "@desk.example", &[operator], PASSWORD), &["email"]),
        (new("Bob", "bob@desk@example", &[operator], PASSWORD), &["email"]),
        (new("Bob", "bob b@desk.example", &[operator], PASSWORD), &["email"]),
        (new("Bob", "bob@-desk.example", &[operator], PASSWORD), &["email"]),
        (new("Bob", "bob@desk..example", &[operator], PASSWORD), &["email"]),
        (new("Bob", "bob\n@desk.example", &[operator], PASSWORD), &["email"]),
        (new("Bob", "bob@desk.example", &[admin, operator], "bob@desk.example"), &["password"]),
    ];
    for (new, bad) in table {
        let error = desk.app.users_create(&desk.admin, new.clone()).await.unwrap_err();
        assert_eq!(fields(&error), bad, "{:?} {:?}", new.name, new.email);
    }
    let right = new("  Bob O'Neil ", " Bob.O'Neil+desk@Mail.Example ", &[operator, admin], PASSWORD);
    let bob = desk.app.users_create(&desk.admin, right).await.unwrap();
    assert_eq!((bob.name.as_str(), bob.email.as_str()), ("Bob O'Neil", "bob.o'neil+desk@mail.example"));
    assert_eq!(bob.roles.list(), [admin, operator]);
    assert_eq!(bob.presence.last_active_at, desk.clock.now(), "never seen: inactive since created");
    let patch = UserPatch {
        name: Some("".into()),
        email: Some("x".into()),
        roles: Some(vec![]),
        active: None,
        password: Some("short".into()),
        hand_open_cases_to: None,
        end_tokens: false,
    };
    let error = desk.app.users_update(&desk.admin, bob.id, patch).await.unwrap_err();
    assert_eq!(fields(&error), ["name", "email", "roles", "password"]);
    let taken = UserPatch { email: Some("ada@desk.example".into()), ..UserPatch::default() };
    let error = desk.app.users_update(&desk.admin, bob.id, taken).await.unwrap_err();
    assert_eq!(fields(&error), ["email"]);
    let unknown = desk.app.user_create(uuid::Uuid::nil().into(), person("Eve", &[operator])).await;
    assert!(matches!(unknown, Err(AppError::NotFound("organization"))));
}

#[tokio::test]
async fn there_is_always_an_active_system_admin() {
    let desk = Desk::open().await;
    let me = desk.admin.user_id;
    let bob = desk.add("Bob", &[Role::Operator]).await;
    let roles = |roles: &[Role]| UserPatch { roles: Some(roles.to_vec()), ..UserPatch::default() };
    let active = |active| UserPatch { active: Some(active), ..UserPatch::default() };
    let conflict = async |id, patch| {
        let said = desk.app.users_update(&desk.admin, id, patch).await;
        assert!(matches!(said, Err(AppError::Conflict(..))), "{said:?}");
        sentence(said)
    };
    assert!(conflict(me, active(false)).await.contains("your own account"));
    assert!(conflict(me, roles(&[Role::Operator])).await.contains("last active System Admin"));
    desk.app.users_update(&desk.admin, bob.id, roles(&[Role::SystemAdmin])).await.unwrap();
    desk.app.users_update(&desk.admin, bob.id, active(false)).await.unwrap();
    assert!(conflict(me, roles(&[Role::Operator])).await.contains("last active"), "Bob is not active");
    desk.app.users_update(&desk.admin, bob.id, active(true)).await.unwrap();
    assert!(conflict(me, active(false)).await.contains("your own account"));
    desk.app.users_update(&desk.admin, me, roles(&[Role::Operator])).await.expect("Bob is one now");
}

#[tokio::test]
async fn v8_2_only_a_system_admin_of_the_same_organization_reaches_people_and_channels() {
    let desk = Desk::open().await;
    let bob = desk.add("Bob", &[Role::Operator]).await;
    let other = desk.app.organization_create("Other", "UTC", None).await.unwrap();
    let mallory = desk.app.user_create(other, person("Mallory", &[Role::SystemAdmin])).await.unwrap();
    let mallory = Caller::of(&mallory);
    let channel = desk.app.channel_add(&desk.admin, twilio("+15550001111")).await.unwrap();
    let operator = Caller::of(&bob);
    let app = &desk.app;
    let forbidden = [
        app.users_list(&operator, None, 10).await.map(|_| ()),
        app.users_create(&operator, person("Eve", &[Role::SystemAdmin])).await.map(|_| ()),
        app.users_update(&operator, bob.id, UserPatch::default()).await.map(|_| ()),
        app.channel_add(&operator, twilio("+15550002222")).await.map(|_| ()),
        app.channel_update(&operator, channel.id, ChannelPatch::default()).await.map(|_| ()),
    ];
    assert!(forbidden.iter().all(|said| matches!(said, Err(AppError::Forbidden(_)))), "{forbidden:?}");
    assert_eq!(app.channels_list(&operator).await.unwrap().len(), 1, "an operator chooses among them");
    let rename = UserPatch { name: Some("Owned".into()), ..UserPatch::default() };
    let unseen = [
        app.users_update(&mallory, bob.id, rename).await.map(|_| ()),
        app.channel_update(
            &mallory,
            channel.id,
            ChannelPatch { active: Some(false), ..ChannelPatch::default() },
        )
        .await
        .map(|_| ()),
    ];
    assert!(unseen.iter().all(|said| matches!(said, Err(AppError::NotFound(_)))), "{unseen:?}");
    assert_eq!(app.users_list(&mallory, None, 10).await.unwrap().len(), 1);
    assert!(app.channels_list(&mallory).await.unwrap().is_empty());
    let page = app.users_list(&desk.admin, None, 1).await.unwrap();
    let rest = app.users_list(&desk.admin, Some(page[0].id), 10).await.unwrap();
    assert_eq!((page[0].name.as_str(), rest[0].name.as_str(), rest.len()), ("Ada", "Bob", 1));
}

#[tokio::test]
async fn r22_a_new_organization_has_everything_prefilled_and_the_feature_disabled() {
    let desk = Desk::open().await;
    struct Settings(OrganizationId);
    impl Op for Settings {
        type Out = domain::auto_reply::setting::StoredSetting;
        type Error = StoreError;
        async fn run(&self, tx: &mut Tx) -> Result<Self::Out, StoreError> {
            store::settings::get(tx, self.0).await
        }
    }
    let stored = desk.store.read(Settings(desk.org)).await.unwrap();
    assert_eq!((stored.version, stored.updated_by), (1, None));
    assert_eq!(stored.setting, domain::auto_reply::setting::Setting::default());
    assert!(!stored.setting.enabled);
    let error = desk.app.organization_create("", "Mars/Olympus", None).await.unwrap_err();
    assert_eq!(fields(&error), ["name", "time_zone"]);
    let error = desk.app.organization_create("Acme", "localtime", None).await.unwrap_err();
    assert_eq!(fields(&error), ["time_zone"], "every page would break on it");
    let names: Vec<String> =
        desk.app.organizations().await.unwrap().into_iter().map(|organization| organization.name).collect();
    assert_eq!(names, ["Desk"]);
}

#[tokio::test]
async fn every_change_of_a_person_is_audited_with_before_and_after_and_without_secrets() {
    let desk = Desk::open().await;
    let bob = desk.add("Bob", &[Role::Operator]).await;
    let patch = UserPatch {
        name: Some("Robert".into()),
        password: Some("another good one".into()),
        ..UserPatch::default()
    };
    desk.app.users_update(&desk.admin, bob.id, patch).await.unwrap();
    desk.app.users_update(&desk.admin, bob.id, UserPatch::default()).await.unwrap();
    let log = desk.audit().await;
    let entry = log.last().unwrap();
    assert_eq!(log.len(), 4, "nothing changed, nothing recorded");
    assert_eq!((entry.action.as_str(), entry.actor), ("user.update", Some(desk.admin.user_id)));
    assert_eq!((&entry.before["name"], &entry.after["name"]), (&"Bob".into(), &"Robert".into()));
    assert_eq!(entry.after["password"], "replaced");
    assert_eq!(entry.at, Instant::from_ms(desk.clock.now().ms()));
    assert!(!format!("{log:?}").contains("good one") && !format!("{log:?}").contains("$argon2id"));
}
