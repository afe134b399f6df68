//! This crate against the sandbox carrier, an independent implementation of Twilio's side: what one signs the
//! other verifies, what one sends the other takes, what one answers the other understands.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, Uri};
use channels::twilio::inbound;
use channels::twilio::list::{CarrierError, Direction};
use channels::twilio::list_inbound::Window;
use channels::twilio::send::{Client, Credentials, Outgoing, SendOutcome};
use channels::twilio::signature;
use channels::twilio::status::{self, CarrierStatus};
use sandbox::{Account, Config, Fault, FaultKind, Number, Sandbox, Text};
use tokio::sync::mpsc;

const ACCOUNT: &str = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const TOKEN: &str = "secret";
const OURS: &str = "+15559870000";
const PHONE: &str = "+15551230001";
const NOW_MS: i64 = 1_795_369_085_000;

type Pairs = Vec<(String, String)>;
type Post = (String, Pairs, String);

struct World {
    sandbox: Sandbox,
    client: Client,
    desk: String,
    posts: mpsc::UnboundedReceiver<Post>,
}

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    base
}

async fn take(
    State(posts): State<mpsc::UnboundedSender<Post>>,
    uri: Uri,
    headers: HeaderMap,
    Form(form): Form<Pairs>,
) -> ([(&'static str, &'static str); 1], &'static str) {
    let header = headers["X-Twilio-Signature"].to_str().unwrap().to_owned();
    posts.send((uri.path().to_owned(), form, header)).unwrap();
    ([("content-type", "text/xml")], "<Response/>")
}

impl World {
    async fn start() -> Self {
        let (sender, posts) = mpsc::unbounded_channel();
        let desk = serve(Router::new().fallback(take).with_state(sender)).await;
        let sandbox = Sandbox::new(Config {
            accounts: vec![Account {
                account_sid: ACCOUNT.into(),
                auth_token: TOKEN.into(),
                numbers: vec![Number {
                    number: OURS.into(),
                    inbound_webhook_url: format!("{desk}/messages#rc=5&rp=all"),
                }],
            }],
            clock: Arc::new(|| NOW_MS),
        });
        let base = serve(sandbox.router()).await;
        sandbox.set_api_url(&base);
        Self { client: Client::new(&base).unwrap(), sandbox, desk, posts }
    }

    async fn post(&mut self) -> Post {
        tokio::time::timeout(Duration::from_secs(10), self.posts.recv()).await.expect("a post").unwrap()
    }

    async fn send(&self, body: &str) -> SendOutcome {
        self.client.send(&credentials(), &outgoing(body, None)).await
    }
}

fn credentials() -> Credentials {
    Credentials { account_sid: ACCOUNT.into(), auth_token: TOKEN.into() }
}

fn outgoing(body: &str, status_callback: Option<String>) -> Outgoing {
    Outgoing {
        from: OURS.into(),
        to: PHONE.into(),
        body: body.into(),
        status_callback,
        validity_period_s: Some(600),
    }
}

fn text(body: &str) -> Text {
    Text { from: PHONE.into(), to: OURS.into(), body: body.into(), ..Text::default() }
}

#[tokio::test]
async fn a_text_arrives_signed_and_whole() {
    let mut world = World::start().await;
    for body in ["Hello?", "  spaces  ", "a+b&c=d%20", "Grüße 👋\nline two", "<script>alert(1)</script>"]
    {
        let outcome = world.sandbox.text(text(body)).await.unwrap();
        let (_, form, header) = world.post().await;
        let url = format!("{}/messages", world.desk);
        assert!(signature::verify(TOKEN, &url, &form.as_slice().into(), &header), "{body}");
        assert!(!signature::verify("old", &url, &form.as_slice().into(), &header), "{body}");
        let message = inbound::parse(&form.as_slice().into()).unwrap();
        assert_eq!((message.body.as_str(), message.provider_id), (body, outcome.message_sid));
        assert_eq!((message.from.as_str(), message.to.as_str()), (PHONE, OURS));
    }
}

#[tokio::test]
async fn a_picture_is_fetched_with_our_credentials_only() {
    let mut world = World::start().await;
    world.sandbox.text(Text { media: true, ..text("") }).await.unwrap();
    let (_, form, _) = world.post().await;
    let media = inbound::parse(&form.as_slice().into()).unwrap().media.remove(0);
    let file = world.client.media(&credentials(), &media.url).await.unwrap();
    assert_eq!(file.content_type, "image/png");
    assert!(file.bytes.starts_with(b"\x89PNG"));
    let wrong = Credentials { auth_token: "wrong".into(), ..credentials() };
    assert_eq!(world.client.media(&wrong, &media.url).await, Err(CarrierError::Unauthorized));
}

#[tokio::test]
async fn a_message_is_taken_and_reported() {
    let mut world = World::start().await;
    let callback = format!("{}/status/7.mac", world.desk);
    let outcome = world.client.send(&credentials(), &outgoing("Hi", Some(callback.clone()))).await;
    let SendOutcome::Accepted { provider_id, status: CarrierStatus::Queued } = outcome else {
        panic!("{outcome:?}");
    };
    for expected in [CarrierStatus::Sent, CarrierStatus::Delivered] {
        let (path, form, header) = world.post().await;
        assert_eq!(path, "/status/7.mac");
        assert!(signature::verify(TOKEN, &callback, &form.as_slice().into(), &header));
        let update = status::parse(&form.as_slice().into());
        assert_eq!((update.status, update.provider_id.as_ref()), (expected, Some(&provider_id)));
    }
    let listed = world.client.list_to(&credentials(), PHONE, 50).await.unwrap();
    let [kept] = &listed[..] else { panic!("{listed:?}") };
    assert_eq!(kept.provider_id, provider_id);
    assert_eq!((kept.status, kept.date_created_ms), (CarrierStatus::Delivered, Some(NOW_MS)));
    assert_eq!(kept.age_ms, Some(0), "the carrier dates its answers by the clock that it dates messages by");
    let account = world.client.check_account(&credentials()).await.unwrap();
    assert_eq!(account.status, "active");
    let setup = world.client.number_setup(&credentials(), OURS).await.unwrap().unwrap();
    assert_eq!((setup.method.as_str(), setup.application), ("POST", false));
    assert!(setup.url.starts_with(&world.desk), "{}", setup.url);
    assert_eq!(world.client.number_setup(&credentials(), PHONE).await, Ok(None));
}

#[tokio::test]
async fn a_message_that_does_not_arrive_says_why() {
    let mut world = World::start().await;
    world.sandbox.set_faults(vec![Fault::new(FaultKind::Undelivered, None)]).unwrap();
    world.client.send(&credentials(), &outgoing("Hi", Some(format!("{}/status", world.desk)))).await;
    world.post().await;
    let update = status::parse(&world.post().await.1.as_slice().into());
    assert_eq!((update.status, update.error_code), (CarrierStatus::Undelivered, Some(30003)));
}

/// What the carrier does, and what may be done next; in the unknown cases the list tells (docs/carrier.md, "Sending").
#[tokio::test]
async fn faults_and_their_outcomes() {
    use FaultKind::*;
    let code = |code| Fault { code: Some(code), ..Fault::new(Refuse, Some(1)) };
    // (fault, outcome, whether the list then holds the message)
    let table = [
        (Fault { delay_ms: Some(2_000), ..Fault::new(TooManyRequests, Some(1)) }, "NotProcessed", false),
        (code(21610), "Refused", false),
        (code(20003), "Refused", false),
        (Fault::new(ErrorProcessed, Some(1)), "Unknown", true),
        (Fault::new(ErrorNotProcessed, Some(1)), "Unknown", false),
        (Fault::new(ResetProcessed, Some(1)), "Unknown", true),
        (Fault::new(ResetNotProcessed, Some(1)), "Unknown", false),
    ];
    for (fault, expected, listed) in table {
        let world = World::start().await;
        world.sandbox.set_faults(vec![fault.clone()]).unwrap();
        let outcome = world.send("Hi").await;
        assert!(format!("{outcome:?}").starts_with(expected), "{fault:?}: {outcome:?}");
        match &outcome {
            SendOutcome::NotProcessed { retry_after_ms, .. } => assert_eq!(*retry_after_ms, Some(2_000)),
            SendOutcome::Refused { code, opted_out, configuration, .. } => {
                assert_eq!((*opted_out, *configuration), (*code == Some(21610), *code == Some(20003)));
            }
            _ => {}
        }
        let found = world.client.list_to(&credentials(), PHONE, 50).await.unwrap();
        assert_eq!(found.len(), usize::from(listed), "{fault:?}");
    }
}

#[tokio::test]
async fn an_opted_out_phone_is_refused() {
    let world = World::start().await;
    world.sandbox.text(text("STOP")).await.unwrap();
    let outcome = world.send("Hi").await;
    assert!(
        matches!(outcome, SendOutcome::Refused { code: Some(21610), opted_out: true, .. }),
        "{outcome:?}"
    );
    let directions: Vec<_> = world
        .client
        .list_to(&credentials(), PHONE, 50)
        .await
        .unwrap()
        .iter()
        .map(|message| message.direction)
        .collect();
    assert_eq!(directions, [Direction::OutboundReply], "the carrier's own confirmation is told apart");
}

#[tokio::test]
async fn lost_texts_are_found_in_the_list_over_several_pages() {
    let world = World::start().await;
    for index in 0..5 {
        world.sandbox.text(Text { lost: true, ..text(&index.to_string()) }).await.unwrap();
    }
    world.sandbox.text(Text { judged_machine_made: true, ..text("5") }).await.unwrap();
    world.send("from us").await;
    let since = |since_ms| Window { since_ms, one_day: false };
    let listing = world.client.list_inbound(&credentials(), OURS, since(NOW_MS), 2).await.unwrap();
    let bodies: Vec<_> = listing.messages.iter().map(|message| message.body.as_str()).collect();
    assert_eq!(bodies, ["5", "4", "3", "2", "1", "0"]);
    assert!(listing.complete);
    assert!(listing.messages[0].is_automatic() && !listing.messages[1].is_automatic());
    assert_eq!(listing.date_ms, Some(NOW_MS));
    for (since_ms, one_day, expected) in [
        (NOW_MS + 86_400_000, false, 0),
        (NOW_MS + 1_000, false, 0),
        (NOW_MS - 1_000, true, 6),
        (NOW_MS - 86_400_000, false, 6),
        (NOW_MS - 86_400_000, true, 0),
    ] {
        let window = Window { since_ms, one_day };
        let listing = world.client.list_inbound(&credentials(), OURS, window, 2).await.unwrap();
        assert_eq!(listing.messages.len(), expected, "{window:?}");
    }
}

/// A lost picture has in the list the address that the webhook would have told.
#[tokio::test]
async fn a_lost_picture_is_found_with_its_address() {
    let mut world = World::start().await;
    world.sandbox.text(Text { media: true, ..text("look") }).await.unwrap();
    let (_, form, _) = world.post().await;
    let by_webhook = inbound::parse(&form.as_slice().into()).unwrap();
    let window = Window { since_ms: NOW_MS, one_day: false };
    let listing = world.client.list_inbound(&credentials(), OURS, window, 50).await.unwrap();
    let listed = world.client.listed_inbound(&credentials(), &listing.messages[0]).await.unwrap();
    assert_eq!(listed, Ok(by_webhook));
}

#[tokio::test]
async fn wrong_credentials_are_a_matter_of_configuration() {
    let world = World::start().await;
    let wrong = Credentials { auth_token: "wrong".into(), ..credentials() };
    let outcome = world.client.send(&wrong, &outgoing("Hi", None)).await;
    assert!(
        matches!(outcome, SendOutcome::Refused { code: Some(20003), configuration: true, .. }),
        "{outcome:?}"
    );
    assert_eq!(world.client.check_account(&wrong).await, Err(CarrierError::Unauthorized));
    assert_eq!(world.client.list_to(&wrong, PHONE, 50).await, Err(CarrierError::Unauthorized));
}
