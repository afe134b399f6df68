//! What the carrier posts: only what is signed for the public address gets in, once, and only when it is durable.

use http::header::CONTENT_TYPE;
use http::{Method, Request, StatusCode};
use serde_json::Value;

use crate::harness::{
    ACCOUNT_SID, AUTH_TOKEN, Answer, Desk, Organization, PHONE, Setup, Who, form, inbound, pairs,
};

const PATH: &str = "/webhooks/twilio/messages";
const NUMBER: &str = "+15559870000";

async fn messages(desk: &Desk, acme: &Organization) -> Vec<Value> {
    let cases = desk.get("/api/v1/cases", &acme.operator).await.json();
    let mut all = Vec::new();
    for case in cases["items"].as_array().expect("cases") {
        let path = format!("/api/v1/cases/{}/messages", case["id"].as_str().expect("an id"));
        let page = desk.get(&path, &acme.operator).await.json();
        all.extend(page["items"].as_array().expect("messages").clone());
    }
    all
}

fn accepted(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.header("content-type"), "text/xml; charset=utf-8");
    assert_eq!(answer.text(), "<Response/>");
}

#[tokio::test]
async fn a_signed_text_is_durable_when_it_is_answered_and_stored_once() {
    let mut desk = Desk::new().await;
    let acme = desk.organization("Acme", NUMBER).await;
    let naughty = "<script>alert(1)</script> ' OR 1=1 -- \u{202e}\n{{ customer.name }} é €";
    accepted(&desk.text(NUMBER, PHONE, 1, naughty).await);
    accepted(&desk.text(NUMBER, PHONE, 1, naughty).await);
    desk.restart().await;
    accepted(&desk.text(NUMBER, PHONE, 1, naughty).await);
    let found = messages(&desk, &acme).await;
    assert_eq!(found.len(), 1, "the same id is stored once, also after a restart");
    assert_eq!(found[0]["body"], naughty, "exactly as it was sent");
    assert_eq!(found[0]["direction"], "inbound");
    assert!(found[0]["delivery"].is_null());
    let decisions = desk.get("/api/v1/decisions", &acme.operator).await.json();
    assert_eq!(decisions["items"].as_array().map(Vec::len), Some(1), "one decision for each message");
    let decision = &decisions["items"][0];
    assert_eq!(decision["message_id"], found[0]["id"]);
    for field in ["outcome", "reason", "rule", "sentence", "decided_at"] {
        assert!(decision[field].is_string(), "{field} in {decision}");
    }
}

#[tokio::test]
async fn what_is_not_signed_for_our_address_is_refused_and_not_stored() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", NUMBER).await;
    let text = inbound(NUMBER, PHONE, 1, "Hello");
    let good = desk.sign(PATH, &text);
    let mut more = text.clone();
    more.push(("Extra".to_owned(), "1".to_owned()));
    let mut changed = text.clone();
    changed[4].1 = "Hello!".to_owned();
    let stranger = inbound("+15550000000", PHONE, 1, "Hello");
    let table = [
        ("no signature", PATH, &text, String::new(), 403),
        ("a wrong signature", PATH, &text, "AAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned(), 403),
        ("a changed text", PATH, &changed, good.clone(), 403),
        ("an unsigned parameter more", PATH, &more, good.clone(), 403),
        ("another query", "/webhooks/twilio/messages?a=1", &text, good.clone(), 403),
        ("a number that is not ours", PATH, &stranger, desk.sign(PATH, &stranger), 403),
        ("a number that is not ours, unsigned", PATH, &stranger, String::new(), 403),
    ];
    let of_ours = desk.webhook(PATH, &text, "").await;
    let of_others = desk.webhook(PATH, &stranger, "").await;
    assert_eq!(of_ours.problem(), of_others.problem(), "nobody learns which numbers are ours");
    for (name, path, parameters, signature, status) in table {
        let answer = desk.webhook(path, parameters, &signature).await;
        assert_eq!(answer.status.as_u16(), status, "{name}");
        answer.problem();
    }
    assert_eq!(messages(&desk, &acme).await, [Value::Null; 0]);
    // Unknown parameters are fine if they are signed, and so is a query.
    accepted(&desk.webhook(PATH, &more, &desk.sign(PATH, &more)).await);
    let with_query = "/webhooks/twilio/messages?a=1&b=%20";
    let second = inbound(NUMBER, PHONE, 2, "Hello");
    accepted(&desk.webhook(with_query, &second, &desk.sign(with_query, &second)).await);
    assert_eq!(messages(&desk, &acme).await.len(), 2);
}

/// V4.1.3: the address that was signed is the configured one; what a proxy or an attacker says of hosts is not read.
#[tokio::test]
async fn v4_1_3_host_and_forwarded_headers_change_nothing() {
    let desk =
        Desk::with(Setup { public_url: "https://public.example".to_owned(), ..Setup::default() }).await;
    desk.organization("Acme", NUMBER).await;
    let text = inbound(NUMBER, PHONE, 1, "Hello");
    let signature = desk.sign(PATH, &text);
    for host in ["127.0.0.1:8080", "evil.example", "public.example"] {
        let request = Request::builder()
            .method(Method::POST)
            .uri(PATH)
            .header("Host", host)
            .header("X-Forwarded-Host", "evil.example")
            .header("X-Forwarded-Proto", "http")
            .header("Forwarded", "host=evil.example;proto=http")
            .header("X-Twilio-Signature", &signature)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded; charset=UTF-8")
            .body(form(&text).into());
        accepted(&desk.send(request.expect("a request")).await);
    }
}

#[tokio::test]
async fn a_form_that_is_none_is_refused() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", NUMBER).await;
    let post = async |path: &str, media_type: &str, body: &[u8]| {
        let request = Request::builder().method(Method::POST).uri(path).header(CONTENT_TYPE, media_type);
        desk.send(request.body(body.to_vec().into()).expect("a request")).await
    };
    const FORM: &str = "application/x-www-form-urlencoded";
    let table: [(&str, &str, &[u8], u16); 7] = [
        (PATH, FORM, b"Body=%zz", 403),
        (PATH, FORM, b"To=%2B15559870000&Body=%C3", 403),
        (PATH, FORM, b"", 403),
        (PATH, "application/json", b"{}", 415),
        (PATH, "", b"", 415),
        ("/webhooks/twilio/status/nonsense", FORM, b"MessageStatus=sent", 404),
        ("/webhooks/twilio/status/a.b", FORM, b"MessageStatus=%f", 404),
    ];
    for (path, media_type, body, status) in table {
        let answer = post(path, media_type, body).await;
        assert_eq!(answer.status.as_u16(), status, "{path} {media_type} {}", String::from_utf8_lossy(body));
        answer.problem();
    }
    // Signed by the carrier, but not a message.
    for missing in ["MessageSid", "From"] {
        let parameters: Vec<(String, String)> =
            inbound(NUMBER, PHONE, 1, "Hello").into_iter().filter(|(name, _)| name != missing).collect();
        let answer = desk.webhook(PATH, &parameters, &desk.sign(PATH, &parameters)).await;
        assert!(answer.status == StatusCode::BAD_REQUEST, "{missing}: {}", answer.text());
        answer.problem();
    }
    assert_eq!(messages(&desk, &acme).await, [Value::Null; 0]);
    assert_eq!(desk.get(PATH, &Who::Nobody).await.status, StatusCode::METHOD_NOT_ALLOWED);
}

/// V15.3.7: nobody chooses between two values by the order of the form, because the signature does not cover it.
#[tokio::test]
async fn v15_3_7_of_two_texts_the_same_one_counts_in_any_order() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", NUMBER).await;
    for (sid, first, second) in [(1, "Hello", "Bye"), (2, "Bye", "Hello")] {
        let twice = [inbound(NUMBER, PHONE, sid, first), pairs(&[("Body", second)])].concat();
        accepted(&desk.webhook(PATH, &twice, &desk.sign(PATH, &twice)).await);
    }
    let found = messages(&desk, &acme).await;
    let bodies: Vec<_> = found.iter().map(|message| &message["body"]).collect();
    assert_eq!(bodies, ["Bye", "Bye"]);
}

/// The signature that the carrier makes over these bytes of the parameters, in the order of their names.
pub fn signed_bytes<N: AsRef<[u8]> + Ord + Clone>(path: &str, parameters: &[(N, Vec<u8>)]) -> String {
    use base64::Engine;
    use hmac::{Hmac, KeyInit, Mac};
    let mut sorted = parameters.to_vec();
    sorted.sort();
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(AUTH_TOKEN.as_bytes()).expect("a key");
    mac.update(format!("{}{path}", Setup::default().public_url).as_bytes());
    for (name, value) in sorted {
        mac.update(name.as_ref());
        mac.update(&value);
    }
    base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
}

/// Posts these bytes, each escaped, as a carrier does that signs what it sends.
async fn post_bytes(desk: &Desk, path: &str, parameters: &[(&str, Vec<u8>)]) -> Answer {
    let escaped = |value: &[u8]| value.iter().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let form: Vec<String> =
        parameters.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    let request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header("X-Twilio-Signature", signed_bytes(path, parameters))
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded; charset=ISO-8859-1");
    desk.send(request.body(form.join("&").into()).expect("a request")).await
}

fn text_of(sid: &str, body: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("MessageSid", sid.into()),
        ("AccountSid", ACCOUNT_SID.into()),
        ("From", PHONE.into()),
        ("To", NUMBER.into()),
        ("Body", body.to_vec()),
    ]
}

/// A report that bears another message's id is not refused for ever, and takes nothing away from either.
#[tokio::test]
async fn a_report_with_the_id_of_another_message_changes_nothing() {
    let mut desk = Desk::new().await;
    desk.leave_outbox();
    let acme = desk.organization("Acme", NUMBER).await;
    let messages = format!("/api/v1/cases/{}/messages", desk.case(&acme, PHONE).await);
    let secrets = app::seal::SecretKey::from_bytes([7; 32]);
    let mut paths = Vec::new();
    for body in ["One", "Two"] {
        let sent = desk.post(&messages, &acme.operator, serde_json::json!({ "body": body })).await.json();
        let id = sent["id"].as_str().expect("a message").parse().expect("an id");
        paths.push(format!("/webhooks/twilio/status/{}", secrets.sign_ids(acme.id, id)));
    }
    let states = async || {
        let found = desk.get(&messages, &acme.operator).await.json();
        let states = found["items"].as_array().expect("messages").iter();
        states
            .map(|message| message["delivery"]["status"].as_str().expect("a state").to_owned())
            .collect::<Vec<_>>()
    };
    let table = [
        (0, "SM1", "delivered", ["delivered", "queued"]),
        (1, "SM1", "failed", ["delivered", "queued"]),
        (1, "SM2", "delivered", ["delivered", "delivered"]),
        (0, "SM2", "failed", ["delivered", "delivered"]),
    ];
    for (message, sid, status, expected) in table {
        let report = [("MessageSid", sid.into()), ("MessageStatus", status.into())];
        let answer = post_bytes(&desk, &paths[message], &report).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{sid} {status}: {answer:?}");
        assert_eq!(states().await, expected, "{sid} {status}");
    }
}

/// A text that cannot be read in full is taken in and judged like any other (R4).
#[tokio::test]
async fn r4_a_text_that_cannot_be_read_in_full_is_taken_in() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", NUMBER).await;
    let long = vec![b'a'; 20_000];
    let cut = "a".repeat(9_999) + "…";
    let table: [(&[u8], &str); 8] = [
        (b"I will contact you \xed\xa0\xbd", "I will contact you \u{fffd}\u{fffd}\u{fffd}"),
        (b"caf\xe9", "caf\u{fffd}"),
        (b"\xff\xfeH\0i\0", "\u{fffd}\u{fffd}H\u{fffd}i\u{fffd}"),
        (b"\xf0\x9f\x98", "\u{fffd}"),
        (b"\xc0\x80", "\u{fffd}\u{fffd}"),
        (b"\0", "\u{fffd}"),
        (b"", ""),
        (&long, &cut),
    ];
    for (number, (body, _)) in table.iter().enumerate() {
        for _ in 0..2 {
            accepted(&post_bytes(&desk, PATH, &text_of(&format!("SM{number}"), body)).await);
        }
    }
    for sid in ["SM-1", "SM 1\r\n", "../../x", "\u{1f600}", &"S".repeat(300)] {
        accepted(&post_bytes(&desk, PATH, &text_of(sid, b"odd id")).await);
    }
    let found = messages(&desk, &acme).await;
    let mut stored: Vec<_> = found.iter().map(|message| message["body"].as_str().expect("a text")).collect();
    let mut expected: Vec<_> = table.iter().map(|(_, body)| *body).chain(["odd id"; 5]).collect();
    stored.sort_unstable();
    expected.sort_unstable();
    assert_eq!(stored, expected, "each once");
    let decisions = desk.get("/api/v1/decisions?limit=100", &acme.operator).await.json();
    assert_eq!(decisions["items"].as_array().map(Vec::len), Some(expected.len()), "each judged");
    let cases = desk.get("/api/v1/cases", &acme.operator).await.json();
    assert_eq!(cases["items"][0]["last_message"]["attachments"], 0, "the page need not guess");
}
