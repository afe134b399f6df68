//! The carrier seen from outside: a business's API client on one side, its webhooks on the other.

mod desk;

use std::sync::Arc;
use std::time::Duration;

use desk::{Desk, get};
use sandbox::{Account, Config, Fault, FaultKind, Number, Sandbox, Text};
use serde_json::{Value, json};

const ACCOUNT: &str = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const OTHER: &str = "ACbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const TOKEN: &str = "secret";
const OURS: &str = "+15559870000";
const PHONE: &str = "+15551230001";
/// 2026-11-22 17:38:05 UTC.
const NOW_MS: i64 = 1_795_369_085_000;

struct Carrier {
    sandbox: Sandbox,
    base: String,
    http: reqwest::Client,
    desk: Desk,
}

impl Carrier {
    async fn start() -> Self {
        Self::start_with("#rc=5&rp=all").await
    }

    async fn start_with(overrides: &str) -> Self {
        let desk = Desk::start().await;
        let number = |number: &str| Number {
            number: number.to_owned(),
            inbound_webhook_url: format!("{}/messages{overrides}", desk.base),
        };
        let account = |sid: &str, numbers| Account {
            account_sid: sid.to_owned(),
            auth_token: TOKEN.to_owned(),
            numbers,
        };
        let sandbox = Sandbox::new(Config {
            accounts: vec![
                account(ACCOUNT, vec![number(OURS)]),
                account(OTHER, vec![number("+15559870002")]),
            ],
            clock: Arc::new(|| NOW_MS),
        });
        let base = desk::serve(sandbox.router()).await;
        Self { sandbox, base, http: reqwest::Client::new(), desk }
    }

    fn url(&self, rest: &str) -> String {
        format!("{}/2010-04-01/Accounts/{ACCOUNT}{rest}", self.base)
    }

    async fn send(&self, form: &[(&str, &str)]) -> (u16, Value) {
        let request = self.http.post(self.url("/Messages.json")).basic_auth(ACCOUNT, Some(TOKEN)).form(form);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn send_text(&self, body: &str) -> (u16, Value) {
        self.send(&[("To", PHONE), ("From", OURS), ("Body", body)]).await
    }

    async fn read(&self, rest: &str) -> (u16, Value) {
        let url = if rest.starts_with("/2010") { format!("{}{rest}", self.base) } else { self.url(rest) };
        let response = self.http.get(url).basic_auth(ACCOUNT, Some(TOKEN)).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn control(&self, method: reqwest::Method, path: &str, body: Value) -> (u16, Value) {
        let response =
            self.http.request(method, format!("{}{path}", self.base)).json(&body).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn text(&self, body: &str) -> sandbox::TextOutcome {
        self.sandbox
            .text(Text { from: PHONE.into(), to: OURS.into(), body: body.into(), ..Text::default() })
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn a_message_in_twilios_shape() {
    let carrier = Carrier::start().await;
    let (status, message) = carrier.send_text("Grüße 👋").await;
    assert_eq!(status, 201);
    let sid = message["sid"].as_str().unwrap().to_owned();
    assert!(sid.starts_with("SM") && sid.len() == 34);
    let expected = json!({
        "sid": sid,
        "account_sid": ACCOUNT,
        "api_version": "2010-04-01",
        "body": "Grüße 👋",
        "date_created": "Sun, 22 Nov 2026 17:38:05 +0000",
        "date_sent": null,
        "date_updated": "Sun, 22 Nov 2026 17:38:05 +0000",
        "direction": "outbound-api",
        "error_code": null,
        "error_message": null,
        "from": OURS,
        "messaging_service_sid": null,
        "num_media": "0",
        "num_segments": "1",
        "price": null,
        "price_unit": "USD",
        "status": "queued",
        "subresource_uris": { "media": format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}/Media.json") },
        "tags": null,
        "to": PHONE,
        "uri": format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}.json"),
    });
    assert_eq!(message, expected);
    let (status, fetched) = carrier.read(&format!("/Messages/{sid}.json")).await;
    assert_eq!((status, &fetched["sid"]), (200, &json!(sid)));
    let (status, account) = carrier.read(".json").await;
    assert_eq!((status, &account["sid"], &account["status"]), (200, &json!(ACCOUNT), &json!("active")));
}

#[tokio::test]
async fn refusals_in_twilios_shape() {
    let carrier = Carrier::start().await;
    let long = "x".repeat(1_601);
    let (to, from, body) = (("To", PHONE), ("From", OURS), ("Body", "Hi"));
    let table: &[(&[(&str, &str)], u32)] = &[
        (&[from, body], 21604),
        (&[("To", ""), from, body], 21604),
        (&[("To", "abc"), from, body], 21211),
        (&[("To", "5551230001"), from, body], 21211),
        (&[to, body], 21603),
        (&[to, ("From", "abc"), body], 21212),
        (&[to, ("From", "+15550000000"), body], 21659),
        (&[to, ("From", "+15559870002"), body], 21606),
        (&[("To", OURS), from, body], 21266),
        (&[to, from], 21602),
        (&[to, from, ("Body", "")], 21602),
        (&[to, from, ("Body", &long)], 21617),
        (&[to, from, body, ("StatusCallback", "nonsense")], 21609),
        (&[to, from, body, ("StatusCallback", "http://under_score.example.com/")], 21609),
        (&[to, from, body, ("ValidityPeriod", "0")], 20001),
    ];
    for (form, code) in table {
        let (status, error) = carrier.send(form).await;
        assert_eq!((status, &error["code"]), (400, &json!(code)), "{form:?}");
        assert_eq!(error["status"], 400);
        assert_eq!(error["more_info"], format!("https://www.twilio.com/docs/errors/{code}"));
        assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()));
    }
    let (status, error) = carrier.read("/Messages/SM00000000000000000000000000000000.json").await;
    assert_eq!((status, &error["code"]), (404, &json!(20404)));
    let (status, error) = carrier.read("/Calls.json").await;
    assert_eq!((status, &error["code"]), (404, &json!(20404)));
}

#[tokio::test]
async fn nobody_else_is_let_in() {
    let carrier = Carrier::start().await;
    let (_, message) = carrier.send_text("Hi").await;
    let one = format!("/Messages/{}.json", message["sid"].as_str().unwrap());
    for path in [".json", "/Messages.json", &one] {
        for (user, token) in [(ACCOUNT, "wrong"), (ACCOUNT, ""), (OTHER, TOKEN), ("", TOKEN)] {
            let request = carrier.http.get(carrier.url(path)).basic_auth(user, Some(token));
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), 401, "{path} {user}");
            assert!(response.headers().contains_key("www-authenticate"));
            let error: Value = response.json().await.unwrap();
            assert_eq!(error["code"], 20003, "{path} {user}");
        }
        assert_eq!(carrier.http.get(carrier.url(path)).send().await.unwrap().status(), 401, "{path}");
    }
    // Another account's message is not found, even by somebody who is let in.
    let url = carrier.url(&one).replace(ACCOUNT, OTHER);
    let response = carrier.http.get(url).basic_auth(OTHER, Some(TOKEN)).send().await.unwrap();
    assert_eq!(response.status(), 404);
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let carrier = Carrier::start().await;
    for index in 0..5 {
        carrier.send_text(&format!("to the phone {index}")).await;
        carrier.text(&format!("from the phone {index}")).await;
    }
    let bodies = |page: &Value| -> Vec<String> {
        let messages = page["messages"].as_array().unwrap();
        messages.iter().map(|message| message["body"].as_str().unwrap().to_owned()).collect()
    };
    // (query, number of messages); the ones on their way have no date yet, so only the others match a date.
    let table = [
        ("", 10),
        ("?To=%2B15551230001", 5),
        ("?From=%2B15551230001", 5),
        ("?To=%2B15550000000", 0),
        ("?PageSize=3", 3),
        ("?From=%2B15551230001&DateSent=2026-11-22", 5),
        ("?From=%2B15551230001&DateSent=2026-11-21", 0),
        ("?From=%2B15551230001&DateSent%3E=2026-11-22", 5),
        ("?From=%2B15551230001&DateSent%3E=2026-11-23", 0),
        ("?From=%2B15551230001&DateSent%3C=2026-11-22T00:00:00Z", 5),
        ("?From=%2B15551230001&DateSent%3C=2026-11-21", 0),
    ];
    for (query, count) in table {
        let (status, page) = carrier.read(&format!("/Messages.json{query}")).await;
        assert_eq!((status, bodies(&page).len()), (200, count), "{query}");
    }
    let (_, page) = carrier.read("/Messages.json?From=%2B15551230001&PageSize=2").await;
    assert_eq!(bodies(&page), ["from the phone 4", "from the phone 3"]);
    // A message that arrives meanwhile does not shift the pages.
    carrier.text("from the phone 5").await;
    let mut rest = Vec::new();
    let mut next = page["next_page_uri"].as_str().map(str::to_owned);
    while let Some(uri) = next {
        let (status, page) = carrier.read(&uri).await;
        assert_eq!(status, 200);
        rest.extend(bodies(&page));
        next = page["next_page_uri"].as_str().map(str::to_owned);
    }
    assert_eq!(rest, ["from the phone 2", "from the phone 1", "from the phone 0"]);
    for query in ["?PageSize=x", "?DateSent=yesterday", "?Page=-1"] {
        assert_eq!(carrier.read(&format!("/Messages.json{query}")).await.0, 400, "{query}");
    }
}

#[tokio::test]
async fn reports_come_in_order_and_signed() {
    let mut carrier = Carrier::start().await;
    let callback = format!("{}/status/1.abc", carrier.desk.base);
    let (_, message) =
        carrier.send(&[("To", PHONE), ("From", OURS), ("Body", "Hi"), ("StatusCallback", &callback)]).await;
    for status in ["sent", "delivered"] {
        let post = carrier.desk.next().await;
        assert_eq!(get(&post.form, "MessageStatus"), status);
        assert_eq!(get(&post.form, "MessageSid"), message["sid"].as_str().unwrap());
        assert_eq!(get(&post.form, "AccountSid"), ACCOUNT);
        assert_eq!(post.path, "/status/1.abc");
        assert!(desk::is_signed(&post, TOKEN, &callback));
    }
    let (_, now) = carrier.read(&format!("/Messages/{}.json", message["sid"].as_str().unwrap())).await;
    assert_eq!(now["status"], "delivered");
    assert_eq!(now["date_sent"], "Sun, 22 Nov 2026 17:38:05 +0000");
}

/// Every fault of an answer, and whether the phone got the text all the same.
#[tokio::test]
async fn faults_of_the_answer() {
    use FaultKind::*;
    // (fault, HTTP status or none for a connection that was closed, error code, processed)
    let refuse = Fault { code: Some(30034), ..Fault::new(Refuse, Some(1)) };
    let table: Vec<(Fault, Option<u16>, u64, bool)> = vec![
        (Fault::new(TooManyRequests, Some(1)), Some(429), 20429, false),
        (refuse, Some(400), 30034, false),
        (Fault::new(ErrorProcessed, Some(1)), Some(500), 20500, true),
        (Fault::new(ErrorNotProcessed, Some(1)), Some(500), 20500, false),
        (Fault::new(ResetProcessed, Some(1)), None, 0, true),
        (Fault::new(ResetNotProcessed, Some(1)), None, 0, false),
        (Fault::new(HangProcessed, Some(1)), None, 0, true),
        (Fault::new(HangNotProcessed, Some(1)), None, 0, false),
    ];
    for (fault, expected, code, processed) in table {
        let carrier = Carrier::start().await;
        carrier.sandbox.set_faults(vec![fault.clone()]).unwrap();
        let request = carrier
            .http
            .post(carrier.url("/Messages.json"))
            .basic_auth(ACCOUNT, Some(TOKEN))
            .timeout(Duration::from_millis(300))
            .form(&[("To", PHONE), ("From", OURS), ("Body", "Hi")]);
        match (request.send().await, expected) {
            (Ok(response), Some(status)) => {
                assert_eq!(response.status(), status, "{fault:?}");
                assert_eq!(response.json::<Value>().await.unwrap()["code"], code, "{fault:?}");
            }
            (Err(error), None) => {
                let hangs = matches!(fault.kind, HangProcessed | HangNotProcessed);
                assert_eq!(error.is_timeout(), hangs, "{fault:?} {error:?}");
            }
            (answer, _) => panic!("{fault:?}: {answer:?}"),
        }
        let (_, list) = carrier.read("/Messages.json").await;
        assert_eq!(list["messages"].as_array().unwrap().len(), usize::from(processed), "{fault:?}");
        assert!(carrier.sandbox.faults().is_empty(), "{fault:?} is used up");
        assert_eq!(carrier.send_text("Again").await.0, 201, "{fault:?}");
    }
}

#[tokio::test]
async fn faults_of_what_follows() {
    use FaultKind::*;
    let late = Fault { delay_ms: Some(50), ..Fault::new(LateCallbacks, None) };
    let table: Vec<(Vec<Fault>, &[&str])> = vec![
        (vec![late], &["sent", "delivered"]),
        (vec![Fault::new(DuplicateCallbacks, None)], &["sent", "delivered", "sent", "delivered"]),
        (vec![Fault::new(Undelivered, None)], &["sent", "undelivered"]),
        (vec![Fault::new(LostCallbacks, Some(1))], &[]),
    ];
    for (faults, expected) in table {
        let mut carrier = Carrier::start().await;
        carrier.sandbox.set_faults(faults.clone()).unwrap();
        let callback = format!("{}/status", carrier.desk.base);
        let form = [("To", PHONE), ("From", OURS), ("Body", "Hi"), ("StatusCallback", callback.as_str())];
        carrier.send(&form).await;
        let mut got = Vec::new();
        for _ in expected {
            let post = carrier.desk.next().await;
            if get(&post.form, "MessageStatus") == "undelivered" {
                assert_eq!(get(&post.form, "ErrorCode"), "30003");
            }
            got.push(get(&post.form, "MessageStatus").to_owned());
        }
        assert_eq!(got, expected, "{faults:?}");
        if expected.is_empty() {
            // The next message's reports come first: those of this one are really lost.
            let (_, next) = carrier.send(&form).await;
            assert_eq!(get(&carrier.desk.next().await.form, "MessageSid"), next["sid"].as_str().unwrap());
        }
    }
}

#[tokio::test]
async fn a_text_is_posted_as_twilio_posts_it() {
    let mut carrier = Carrier::start().await;
    let outcome = carrier.text("Hello?  ").await;
    let handover = outcome.handover.unwrap();
    assert_eq!((handover.status, handover.attempts, handover.error), (Some(200), 1, None));
    let post = carrier.desk.next().await;
    for (name, value) in [
        ("MessageSid", outcome.message_sid.as_str()),
        ("SmsSid", &outcome.message_sid),
        ("SmsMessageSid", &outcome.message_sid),
        ("AccountSid", ACCOUNT),
        ("From", PHONE),
        ("To", OURS),
        ("Body", "Hello?  "),
        ("NumMedia", "0"),
        ("NumSegments", "1"),
        ("SmsStatus", "received"),
        ("ApiVersion", "2010-04-01"),
        ("FromCountry", "US"),
        ("ToCity", ""),
    ] {
        assert_eq!(get(&post.form, name), value, "{name}");
    }
    // The fragment is not part of what is signed.
    assert!(desk::is_signed(&post, TOKEN, &format!("{}/messages", carrier.desk.base)));
    let (_, list) = carrier.read("/Messages.json").await;
    assert_eq!(list["messages"][0]["direction"], "inbound");
    assert_eq!(list["messages"][0]["status"], "received");
}

#[tokio::test]
async fn webhooks_are_retried_as_the_address_says() {
    // (overrides, answers of the desk, status seen, attempts, error code)
    let table: Vec<(&str, &[u16], Option<u16>, u32, Option<u32>)> = vec![
        ("#rc=5&rp=all", &[503, 500, 200], Some(200), 3, None),
        ("#rc=2&rp=all", &[500, 500, 500, 200], Some(500), 3, Some(11200)),
        ("#rc=5&rp=4xx", &[500, 200], Some(500), 1, Some(11200)),
        ("", &[500, 200], Some(500), 1, Some(11200)),
        ("#rc=1&rp=all", &[404, 404], Some(404), 2, Some(11200)),
        ("", &[302], Some(302), 1, Some(11200)),
    ];
    for (overrides, answers, status, attempts, error_code) in table {
        let carrier = Carrier::start_with(overrides).await;
        carrier.desk.answer_with(answers);
        let handover = carrier.text("Hi").await.handover.unwrap();
        let got = (handover.status, handover.attempts, handover.error_code);
        assert_eq!(got, (status, attempts, error_code), "{overrides} {answers:?}");
    }
    let carrier = Carrier::start_with("").await;
    carrier.desk.answer_as("application/json");
    assert_eq!(carrier.text("Hi").await.handover.unwrap().error_code, Some(12300));
}

/// What a carrier does with keywords, whatever the business does (rule R15 relies on it).
#[tokio::test]
async fn keywords() {
    let mut carrier = Carrier::start().await;
    carrier.text("Stop").await;
    assert_eq!(get(&carrier.desk.next().await.form, "Body"), "Stop");
    let (status, error) = carrier.send_text("Hi").await;
    assert_eq!((status, &error["code"]), (400, &json!(21610)));
    let phone = "/sandbox/phones/+15551230001";
    let (_, view) = carrier.control(reqwest::Method::GET, phone, json!(null)).await;
    assert_eq!(view["opted_out"], json!([OURS]));
    let directions: Vec<&str> =
        view["messages"].as_array().unwrap().iter().map(|m| m["direction"].as_str().unwrap()).collect();
    assert_eq!(directions, ["inbound", "outbound-reply"]);
    carrier.text("stop").await;
    carrier.text("help").await;
    carrier.text("START").await;
    assert_eq!(carrier.send_text("Hi").await.0, 201);
    let (_, view) = carrier.control(reqwest::Method::GET, phone, json!(null)).await;
    // Confirmed: the first stop, help, start; not the second stop.
    let replies = view["messages"].as_array().unwrap().iter().filter(|m| m["direction"] == "outbound-reply");
    assert_eq!(replies.count(), 3);
    assert_eq!(view["opted_out"], json!([]));
}

#[tokio::test]
async fn the_control_api() {
    let mut carrier = Carrier::start().await;
    use reqwest::Method;
    let sid = "SM0123456789abcdef0123456789abcdef";
    // (method, path, body, status)
    let table: Vec<(Method, &str, Value, u16)> = vec![
        (Method::POST, "/sandbox/phones", json!({"number": "+15551230009", "name": "Ana"}), 201),
        (Method::POST, "/sandbox/phones", json!({"number": "72345"}), 201),
        (Method::POST, "/sandbox/phones", json!({"number": "+1"}), 422),
        (Method::POST, "/sandbox/phones", json!({"number": OURS}), 422),
        (Method::POST, "/sandbox/phones", json!({"number": "+15551230008", "colour": 1}), 422),
        (Method::GET, "/sandbox/phones/+15550000000", json!(null), 404),
        (Method::POST, "/sandbox/phones/+15551230009/messages", json!({"to": OURS, "body": "Hi"}), 200),
        (Method::POST, "/sandbox/phones/72345/messages", json!({"to": OURS, "body": "Hi"}), 200),
        (
            Method::POST,
            "/sandbox/phones/+15551230009/messages",
            json!({"to": "+15550000000", "body": "Hi"}),
            422,
        ),
        (Method::POST, "/sandbox/phones/+15551230009/messages", json!({"to": OURS}), 422),
        (Method::POST, "/sandbox/phones/+15551230009/messages", json!({"body": "Hi"}), 422),
        (
            Method::POST,
            "/sandbox/phones/+15551230009/messages",
            json!({"to": OURS, "body": "x".repeat(1_601)}),
            422,
        ),
        (
            Method::POST,
            "/sandbox/phones/+15551230009/messages",
            json!({"to": OURS, "body": "Hi", "message_sid": "x"}),
            422,
        ),
        (Method::PUT, "/sandbox/faults", json!({"faults": [{"kind": "refuse"}]}), 422),
        (Method::PUT, "/sandbox/faults", json!({"faults": [{"kind": "fire"}]}), 422),
        (Method::PUT, "/sandbox/faults", json!({"faults": [{"kind": "late_callbacks", "delay_ms": 5}]}), 200),
        (Method::PUT, "/sandbox/faults", json!({"faults": []}), 200),
    ];
    for (method, path, body, status) in table {
        let (got, answer) = carrier.control(method.clone(), path, body.clone()).await;
        assert_eq!(got, status, "{method} {path} {body} -> {answer}");
        assert_eq!(answer["error"].is_string(), status >= 400, "{answer}");
    }
    for _ in 0..2 {
        carrier.desk.next().await;
    }
    // The same message twice: posted twice, kept once.
    let text = json!({"to": OURS, "body": "Twice", "message_sid": sid});
    for _ in 0..2 {
        let (_, answer) =
            carrier.control(Method::POST, "/sandbox/phones/+15551230009/messages", text.clone()).await;
        assert_eq!(answer, json!({"message_sid": sid, "webhook_status": 200, "attempts": 1, "error": null}));
        assert_eq!(get(&carrier.desk.next().await.form, "MessageSid"), sid);
    }
    // Lost and machine-made ones are in the list alone.
    for (flag, error_code) in [("lost", json!(null)), ("judged_machine_made", json!(30039))] {
        let text = json!({"to": OURS, "body": flag, flag: true});
        let (_, answer) = carrier.control(Method::POST, "/sandbox/phones/+15551230009/messages", text).await;
        assert_eq!(answer["webhook_status"], json!(null));
        let (_, list) = carrier.read("/Messages.json?PageSize=1").await;
        assert_eq!(
            (&list["messages"][0]["body"], &list["messages"][0]["error_code"]),
            (&json!(flag), &error_code)
        );
    }
    let (_, phones) = carrier.control(Method::GET, "/sandbox/phones?q=ana", json!(null)).await;
    assert_eq!(phones["total"], 1);
    assert_eq!(phones["phones"][0]["name"], "Ana");
    assert_eq!(phones["phones"][0]["messages"].as_array().unwrap().len(), 4);
    assert_eq!(phones["numbers"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn pictures_need_the_accounts_credentials() {
    let mut carrier = Carrier::start().await;
    let text = json!({"to": OURS, "media": true});
    let (_, answer) =
        carrier.control(reqwest::Method::POST, "/sandbox/phones/+15551230001/messages", text).await;
    let sid = answer["message_sid"].as_str().unwrap().to_owned();
    assert!(sid.starts_with("MM"));
    let post = carrier.desk.next().await;
    assert_eq!((get(&post.form, "NumMedia"), get(&post.form, "MediaContentType0")), ("1", "image/png"));
    let url = get(&post.form, "MediaUrl0").to_owned();
    assert!(url.starts_with(&carrier.base), "the address by which the carrier was used: {url}");
    assert_eq!(carrier.http.get(&url).send().await.unwrap().status(), 401);
    let response = carrier.http.get(&url).basic_auth(ACCOUNT, Some(TOKEN)).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "image/png");
    assert!(response.bytes().await.unwrap().starts_with(b"\x89PNG"));
    let (_, list) = carrier.read(&format!("/Messages/{sid}/Media.json")).await;
    assert_eq!(list["media_list"][0]["content_type"], "image/png");
}

#[tokio::test]
async fn pages_are_told() {
    use futures_util::StreamExt;
    let carrier = Carrier::start().await;
    let response = carrier.http.get(format!("{}/sandbox/events", carrier.base)).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut stream = response.bytes_stream();
    carrier.sandbox.add_phone(PHONE, "Ana");
    carrier.text("Hello").await;
    let mut seen = String::new();
    while !(seen.contains("event: phone") && seen.contains("\"status\":200")) {
        let chunk = tokio::time::timeout(Duration::from_secs(5), stream.next()).await.expect(&seen);
        seen.push_str(std::str::from_utf8(&chunk.unwrap().unwrap()).unwrap());
    }
    assert!(seen.contains("event: message"));
}

/// V3.4.3: nothing is loaded from elsewhere, nothing runs inline.
#[tokio::test]
async fn the_page_has_a_strict_policy() {
    let carrier = Carrier::start().await;
    for (path, kind) in [
        ("/", "text/html"),
        ("/phones.css", "text/css"),
        ("/phones.js", "text/javascript"),
        ("/icon.svg", "image/svg"),
    ] {
        let response = carrier.http.get(format!("{}{path}", carrier.base)).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        let headers = response.headers();
        assert!(headers["content-type"].to_str().unwrap().starts_with(kind), "{path}");
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
    }
    let page = carrier.http.get(&carrier.base).send().await.unwrap().text().await.unwrap();
    let script =
        carrier.http.get(format!("{}/phones.js", carrier.base)).send().await.unwrap().text().await.unwrap();
    for forbidden in [" style=", " onclick=", "<style", "javascript:"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    for forbidden in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
        assert!(!script.contains(forbidden), "{forbidden}");
    }
}

#[tokio::test]
async fn accounts_and_numbers_can_be_added_while_it_runs() {
    let carrier = Carrier::start().await;
    let number = |number: &str| Number {
        number: number.into(),
        inbound_webhook_url: format!("{}/messages", carrier.desk.base),
    };
    let unknown = carrier.sandbox.add_number("ACnobody", number("+15559870003"));
    assert!(unknown.unwrap_err().to_string().contains("ACnobody"));
    carrier.sandbox.add_number(ACCOUNT, number("+15559870003")).unwrap();
    let (status, _) = carrier.send(&[("To", PHONE), ("From", "+15559870003"), ("Body", "Hi")]).await;
    assert_eq!(status, 201);
    let rotated = Account { account_sid: ACCOUNT.into(), auth_token: "new".into(), numbers: vec![] };
    carrier.sandbox.add_account(rotated);
    assert_eq!(carrier.send_text("Hi").await.0, 401);
}
