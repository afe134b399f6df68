//! Who may come in, and what changes of people and channels leave behind: on simulated time, over a database in
//! memory.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use app::caller::Caller;
use app::channels::{ChannelPatch, NewChannel};
use app::clock::Clock;
use app::error::AppError;
use app::login::{ABSOLUTE_EXPIRY_MS, IDLE_EXPIRY_MS};
use app::seal::SecretKey;
use app::users::{NewUser, UserPatch};
use app::{App, Env, Parts};
use domain::audit::AuditEntry;
use domain::id::{IdSource, OrganizationId};
use domain::time::{DAY_MS, HOUR_MS, Instant, MINUTE_MS, SECOND_MS};
use domain::user::{Role, User};
use store::{Op, Store, StoreError, Tx};

const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PASSWORD: &str = "correct horse battery";

/// An installation with one organization and its System Admin.
struct Desk {
    app: App,
    store: Store,
    clock: Clock,
    org: OrganizationId,
    admin: Caller,
}

impl Desk {
    async fn open() -> Self {
        let clock = Clock::manual("2026-11-22T09:00:00Z".parse().unwrap());
        let store = Store::open("sqlite::memory:").await.unwrap();
        store.migrate(clock.now()).await.unwrap();
        let app = App::new(Parts {
            store: store.clone(),
            env: Env { clock: clock.clone(), outside: clock.clone(), ids: Arc::new(IdSource::from_seed(1)) },
            secrets: SecretKey::from_bytes([7; 32]),
            carrier: channels::twilio::client::Client::new("http://127.0.0.1:1").unwrap(),
            public_url: "https://desk.example".to_owned(),
        });
        let org = app.organization_create("Desk", "Europe/Berlin").await.unwrap();
        let admin = app.user_create(org, person("Ada", &[Role::SystemAdmin])).await.unwrap();
        Self { app, store, clock, org, admin: Caller::of(&admin) }
    }

    fn pass(&self, ms: i64) {
        self.clock.pin(self.clock.now().plus_ms(ms));
        self.clock.unpin();
    }

    async fn add(&self, name: &str, roles: &[Role]) -> User {
        self.app.users_create(&self.admin, person(name, roles)).await.unwrap()
    }

    async fn sign_in(&self, name: &str) -> (String, Caller) {
        self.app.sign_in(&email(name), PASSWORD, PEER).await.unwrap()
    }

    async fn live(&self, token: &str) -> bool {
        self.app.caller_of_session(token).await.unwrap().is_some()
    }

    async fn audit(&self) -> Vec<AuditEntry> {
        self.store.read(Audit(self.org)).await.unwrap()
    }
}

struct Audit(OrganizationId);

impl Op for Audit {
    type Out = Vec<AuditEntry>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx) -> Result<Vec<AuditEntry>, StoreError> {
        let page = store::audit::page(tx, self.0, None, 100).await?;
        Ok(page.into_iter().map(|(entry, _)| entry).rev().collect())
    }
}

fn email(name: &str) -> String {
    format!("{}@desk.example", name.to_lowercase())
}

fn person(name: &str, roles: &[Role]) -> NewUser {
    NewUser { name: name.into(), email: email(name), roles: roles.to_vec(), password: PASSWORD.into() }
}

fn fields(error: &AppError) -> Vec<&str> {
    match error {
        AppError::Invalid(errors) => errors.iter().map(|error| error.field.as_str()).collect(),
        other => panic!("{other:?}"),
    }
}

fn sentence<T>(result: Result<T, AppError>) -> String {
    result.err().map_or(String::new(), |error| error.to_string())
}

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
        let said = sentence(desk.app.sign_in(email, password, PEER).await);
        assert_eq!(said, "The e-mail address or the password is wrong.", "{email}");
    }
    desk.app.sign_in(" ADA@desk.example ", PASSWORD, PEER).await.expect("an address has no case");
}

#[tokio::test]
async fn v6_3_1_guessing_is_slowed_down_on_the_apps_clock() {
    let desk = Desk::open().await;
    for _ in 0..5 {
        let tried = desk.app.sign_in("ada@desk.example", "guess", PEER).await;
        assert!(matches!(tried, Err(AppError::Unauthorized(_))));
    }
    let refused = desk.app.sign_in("ada@desk.example", PASSWORD, PEER).await;
    assert!(matches!(refused, Err(AppError::TooMany { retry_after_s: 1 })), "{refused:?}");
    desk.pass(SECOND_MS);
    desk.sign_in("Ada").await;
    desk.app.sign_in("ada@desk.example", "guess", PEER).await.unwrap_err();
    desk.sign_in("Ada").await;
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
    desk.app.sign_in("bob@desk.example", PASSWORD, PEER).await.unwrap_err();
    let (second, _) = desk.app.sign_in("bob@desk.example", "another good one", PEER).await.unwrap();
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
        assert!(matches!(said, Err(AppError::Conflict(_))), "{said:?}");
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
    let other = desk.app.organization_create("Other", "UTC").await.unwrap();
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
        app.channel_update(&mallory, channel.id, ChannelPatch { active: Some(false), auth_token: None })
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

fn twilio(number: &str) -> NewChannel {
    NewChannel {
        account_sid: "AC0123456789abcdef0123456789ABCDEF".into(),
        number: number.into(),
        auth_token: "s3cret-auth-token".into(),
    }
}

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
    app.credentials_open().await.unwrap();
    let rotate = ChannelPatch { auth_token: Some("rotated-token".into()), ..ChannelPatch::default() };
    app.channel_update(&desk.admin, channel.id, rotate).await.unwrap();
    assert_eq!(token().await.as_deref(), Some("rotated-token"));
    let switch = |active| ChannelPatch { active: Some(active), auth_token: None };
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
    let other = desk.app.organization_create("Other", "UTC").await.unwrap();
    let with = |account_sid: &str, number: &str, auth_token: &str| NewChannel {
        account_sid: account_sid.into(),
        number: number.into(),
        auth_token: auth_token.into(),
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
    let error = desk.app.organization_create("", "Mars/Olympus").await.unwrap_err();
    assert_eq!(fields(&error), ["name", "time_zone"]);
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
