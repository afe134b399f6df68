//! The main job from end to end, through sockets, with the sandbox carrier: a customer texts, the operator is away,
//! the customer gets an answer, and the desk says why.

use axum::body::Body;
use http::{Method, StatusCode};
use sandbox::{Account, Config, Number, Sandbox, Text};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::harness::{ACCOUNT_SID, AUTH_TOKEN, Desk, Organization, PHONE, Setup};

pub const NUMBER: &str = "+15559870000";
/// Another number of the carrier's.
pub const OTHER_NUMBER: &str = "+15559870001";
const REPLY: &str = "Hello! {{ operator.first_name }} is away and will answer you.";

/// A desk and a carrier, on sockets.
pub struct Town {
    pub desk: Desk,
    pub acme: Organization,
    pub sandbox: Sandbox,
}

pub async fn town() -> Town {
    let (ours, theirs) = (listener().await, listener().await);
    let public_url = format!("http://{}", ours.local_addr().expect("an address"));
    let carrier_url = format!("http://{}", theirs.local_addr().expect("an address"));
    let setup =
        Setup { public_url: public_url.clone(), carrier_url: carrier_url.clone(), ..Setup::default() };
    let desk = Desk::with(setup).await;
    let clock = desk.app.clock().clone();
    let sandbox = Sandbox::new(Config {
        accounts: vec![Account {
            account_sid: ACCOUNT_SID.to_owned(),
            auth_token: AUTH_TOKEN.to_owned(),
            numbers: [NUMBER, OTHER_NUMBER]
                .map(|number| Number {
                    number: number.to_owned(),
                    inbound_webhook_url: format!("{public_url}/webhooks/twilio/messages#rc=5&rp=all"),
                })
                .to_vec(),
        }],
        clock: std::sync::Arc::new(move || clock.now().ms()),
    });
    sandbox.set_api_url(&carrier_url);
    let router = sandbox.router();
    tokio::spawn(async move { axum::serve(theirs, router).await });
    desk.serve(ours);
    let acme = desk.organization("Acme", NUMBER).await;
    Town { desk, acme, sandbox }
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("a socket on loopback")
}

/// A text from the customer's phone.
pub fn text(body: &str) -> Text {
    Text { from: PHONE.to_owned(), to: NUMBER.to_owned(), body: body.to_owned(), ..Text::default() }
}

impl Town {
    async fn text(&self, body: &str, media: bool) {
        let text = Text { media, ..text(body) };
        let outcome = self.sandbox.text(text).await.expect("a text");
        let handover = outcome.handover.expect("it was posted");
        assert_eq!(handover.status, Some(200), "{handover:?}");
    }

    pub async fn advance(&self, seconds: i64) {
        let body = json!({ "advance_seconds": seconds });
        let answer = self.desk.post("/api/v1/dev/clock", &self.acme.admin, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }

    pub async fn case(&self) -> Value {
        self.desk.get("/api/v1/cases", &self.acme.operator).await.json()["items"][0].clone()
    }

    pub async fn of_case(&self, part: &str) -> Vec<Value> {
        let path = format!("/api/v1/cases/{}/{part}", self.case().await["id"].as_str().expect("an id"));
        let page = self.desk.get(&path, &self.acme.operator).await.json();
        page["items"].as_array().expect("items").clone()
    }
}

#[tokio::test]
async fn a_customer_texts_the_operator_is_away_the_customer_gets_an_answer() {
    let town = town().await;
    let (desk, acme) = (&town.desk, &town.acme);
    let setting = json!({ "enabled": true, "threshold_minutes": 10, "message": REPLY, "while_waiting": true,
        "quiet_minutes": 0 });
    let answer = desk.json(Method::PUT, "/api/v1/organization/inactivity-reply", &acme.admin, setting).await;
    assert_eq!(answer.status, StatusCode::OK);

    // R3: nobody is assigned, so the message is watched without a due instant.
    town.text("Where is my parcel?", false).await;
    let case = town.case().await;
    assert_eq!(case["watch"], json!({ "reason": "unassigned", "due_at": null }));
    let path = format!("/api/v1/cases/{}", case["id"].as_str().expect("an id"));

    // R17: handed to Olga, it falls due a full threshold after the assignment, by her own request.
    let body = json!({ "assigned_operator_id": acme.operator.id() });
    let case = desk.json(Method::PATCH, &path, &acme.operator, body).await.json();
    assert_eq!(case["assigned_operator"]["name"], "Olga Acme");
    assert_eq!(case["watch"]["reason"], "operator_active");
    assert_eq!(case["watch"]["due_at"], "2026-11-23T09:10:00.001Z");
    let preview = json!({ "case_id": case["id"], "at": "2026-11-23T09:10:00.001Z" });
    let preview = desk.post("/api/v1/auto-reply/preview", &acme.operator, preview).await.json();
    assert_eq!(preview["outcome"], "sent");
    assert_eq!(preview["text"], "Hello! Olga is away and will answer you.");

    // R2: at exactly the threshold she is still active; strictly longer, she is not.
    town.advance(600).await;
    assert_eq!(town.of_case("messages").await.len(), 1);
    town.advance(1).await;
    let messages = town.of_case("messages").await;
    assert_eq!(messages.len(), 2);
    let reply = &messages[1];
    assert_eq!(reply["body"], "Hello! Olga is away and will answer you.");
    assert_eq!(reply["direction"], "outbound");
    assert_eq!(reply["author"]["kind"], "auto_reply");
    assert_eq!(reply["auto_reply"]["kind"], "inactivity");
    assert_eq!(reply["created_at"], "2026-11-23T09:10:00.001Z");
    let status = reply["delivery"]["status"].as_str().expect("a status");
    assert!(["sent", "delivered"].contains(&status), "{reply}");

    let decisions = town.of_case("decisions").await;
    assert_eq!(decisions.len(), 1);
    assert_eq!(decisions[0]["outcome"], "sent");
    assert_eq!(decisions[0]["reply_message_id"], reply["id"]);
    assert_eq!(decisions[0]["id"], reply["auto_reply"]["decision_id"]);
    let sentence = decisions[0]["sentence"].as_str().expect("a sentence");
    assert!(sentence.contains("Olga Acme") && sentence.contains("10 min"), "{sentence}");

    // An automatic reply ends "unanswered", never "waiting"; in the same absence there is no second one (R7).
    let case = town.case().await;
    assert!(case["unanswered_since"].is_null() && case["waiting_since"].is_string());
    town.text("Hello?", false).await;
    let decisions = town.of_case("decisions").await;
    assert_eq!(decisions[1]["outcome"], "not_sent");
    assert_eq!(decisions[1]["reason"], "already_replied");
    let filtered =
        desk.get("/api/v1/decisions?outcome=not_sent&reason=already_replied", &acme.operator).await;
    assert_eq!(filtered.json()["items"], json!([decisions[1]]));

    // The operator answers; what she writes goes the same way.
    let body = json!({ "body": "It comes tomorrow." });
    let answer = desk.post(&format!("{path}/messages"), &acme.operator, body).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    town.advance(0).await;
    let last = town.of_case("messages").await.pop().expect("a message");
    assert_eq!(last["author"], json!({ "kind": "operator", "id": acme.operator.id(), "name": "Olga Acme" }));
    assert!(town.case().await["waiting_since"].is_null());

    // R15: an opted-out customer is not written to.
    town.text("STOP", false).await;
    let answer = desk.post(&format!("{path}/messages"), &acme.operator, json!({ "body": "Sorry" })).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    let customer = &town.case().await["customer"];
    assert_eq!((&customer["opted_out"], &customer["opted_out_by"]), (&json!(true), &json!("customer")));
    let keyword = town.of_case("messages").await.pop().expect("a message");
    assert_eq!(keyword["keyword"], "opt_out");
}

/// V5.4.1: a customer's file is fetched by the server for who may see the case, and never runs as our page.
#[tokio::test]
async fn v5_4_1_an_attachment_is_shown_through_us_and_boxed_in() {
    let town = town().await;
    town.text("Look", true).await;
    let message = town.of_case("messages").await.pop().expect("a message");
    let file = &message["attachments"][0];
    let url = file["url"].as_str().expect("an address");
    assert!(url.starts_with("/api/v1/cases/"), "not the carrier's address: {url}");
    let answer = town.desk.get(url, &town.acme.operator).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    assert_eq!(answer.header("content-type"), file["content_type"].as_str().expect("a type"));
    assert_eq!(answer.header("content-disposition"), "inline");
    assert_eq!(
        answer.header("content-security-policy"),
        "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'"
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(!answer.body.is_empty());
    assert_eq!(town.desk.get(url, &town.acme.admin).await.status, StatusCode::FORBIDDEN);
    for missing in
        [url.replace("attachments/0", "attachments/1"), url.replace("attachments/0", "attachments/-1")]
    {
        assert_eq!(
            town.desk.get(&missing, &town.acme.operator).await.status,
            StatusCode::NOT_FOUND,
            "{missing}"
        );
    }
}

/// A System Admin sees how a number does, and whether the carrier sends its texts here.
#[tokio::test]
async fn a_number_tells_its_last_texts_and_where_the_carrier_sends_them() {
    let town = town().await;
    let (desk, acme) = (&town.desk, &town.acme);
    let channel = async || desk.get("/api/v1/channels", &acme.admin).await.json()["items"][0].clone();
    let fresh = channel().await;
    assert_eq!((&fresh["last_in_at"], &fresh["last_out_at"]), (&Value::Null, &Value::Null));
    town.text("Hello", false).await;
    let used = channel().await;
    assert_eq!(used["last_in_at"], town.case().await["last_customer_message_at"]);
    assert_eq!((&used["last_out_at"], &used["last_failure"]), (&Value::Null, &Value::Null));

    let path = format!("/api/v1/channels/{}/check", acme.channel_id);
    let request = desk.request(Method::POST, &path, &acme.admin).body(Body::empty()).expect("a request");
    let found = desk.send(request).await.json();
    assert_eq!((&found["seen"], &found["webhook"]["seen"]), (&json!("active"), &json!("here")), "{found}");
}
