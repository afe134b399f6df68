//! Texts from phones, the control API and the page.

use std::time::Duration;

use serde_json::{Value, json};

use crate::desk::{self, get};
use crate::{ACCOUNT, Carrier, OURS, PHONE, TOKEN};

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
    // (overrides, answers of the desk, (status seen, attempts, error code))
    type Seen = (Option<u16>, u32, Option<u32>);
    let table: [(&str, &[u16], Seen); 6] = [
        ("#rc=5&rp=all", &[503, 500, 200], (Some(200), 3, None)),
        ("#rc=2&rp=all", &[500, 500, 500, 200], (Some(500), 3, Some(11200))),
        ("#rc=5&rp=4xx", &[500, 200], (Some(500), 1, Some(11200))),
        ("", &[500, 200], (Some(500), 1, Some(11200))),
        ("#rc=1&rp=all", &[404, 404], (Some(404), 2, Some(11200))),
        ("", &[302], (Some(302), 1, Some(11200))),
    ];
    for (overrides, answers, seen) in table {
        let carrier = Carrier::start_with(overrides).await;
        carrier.desk.answer_with(answers);
        let handover = carrier.text("Hi").await.handover.unwrap();
        let got = (handover.status, handover.attempts, handover.error_code);
        assert_eq!(got, seen, "{overrides} {answers:?}");
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

/// A page of another site reaches the phones neither by a name of its own nor with what it makes a browser send.
#[tokio::test]
async fn the_control_api_is_for_people_here() {
    let carrier = Carrier::start().await;
    let own = carrier.base.strip_prefix("http://").unwrap();
    let evil = "http://evil.example";
    for path in ["/sandbox/phones", "/sandbox/faults", "/", "/phones.js"] {
        let own_origin = format!("http://{own}");
        let table = [
            (own, None, 200),
            ("localhost:1", None, 200),
            (own, Some(own_origin.as_str()), 200),
            ("evil.example", None, 403),
            ("127.0.0.1.evil.example", Some(own_origin.as_str()), 403),
            ("evil.example", Some(evil), 403),
            (own, Some(evil), 403),
            (own, Some("null"), 403),
            (own, Some("http://127.0.0.1:1"), 403),
        ];
        for (host, origin, status) in table {
            let mut request = carrier.http.get(format!("{}{path}", carrier.base)).header("Host", host);
            if let Some(origin) = origin {
                request = request.header("Origin", origin);
            }
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status().as_u16(), status, "{path} at {host} from {origin:?}");
        }
    }
    // The carrier's own API has a password, and businesses reach it by whatever name it has.
    let api = carrier.http.get(carrier.url(".json")).basic_auth(ACCOUNT, Some(TOKEN));
    assert_eq!(api.header("Host", "carrier.example").send().await.unwrap().status(), 200);
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
