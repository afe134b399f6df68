//! Whatever the carrier posts or lists, well signed, nothing of it is refused and nothing is lost (R4): random bytes
//! through the whole server into its database. Each test tries inputs for two seconds, or for as many as
//! `BACKSOON_FUZZ_SECONDS` says, and prints how many it has tried (`--nocapture`; README.md, "Checking").

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use app::worker::reconcile::Round;
use axum::Router;
use domain::message::Message;
use domain::visible::shows_something;
use http::header::{CONTENT_TYPE, DATE};
use http::{Method, Request, StatusCode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::json;
use tokio::net::TcpListener;

use crate::harness::{Desk, Setup};
use crate::webhooks::signed_bytes;

const NUMBER: &str = "+15559870000";
const MESSAGES: &str = "/webhooks/twilio/messages";

/// Random inputs for as long as the test may run.
struct Inputs {
    runner: TestRunner,
    over: Instant,
    tried: u64,
}

impl Inputs {
    fn new() -> Self {
        let seconds = std::env::var("BACKSOON_FUZZ_SECONDS").ok();
        let seconds = seconds.map_or(2, |seconds| seconds.parse().expect("a number of seconds"));
        let over = Instant::now() + Duration::from_secs(seconds);
        Self { runner: TestRunner::default(), over, tried: 0 }
    }

    fn next<T: std::fmt::Debug>(&mut self, strategy: &impl Strategy<Value = T>) -> Option<T> {
        if Instant::now() > self.over {
            return None;
        }
        self.tried += 1;
        Some(strategy.new_tree(&mut self.runner).expect("an input").current())
    }

    fn said(&self, what: &str) {
        println!("{what}: {} tried", self.tried);
        assert!(self.tried > 20, "too few {what} to say anything: {}", self.tried);
    }
}

/// Bytes as they stand in a form: random ones, and what its readers trip over.
fn raw() -> impl Strategy<Value = Vec<u8>> {
    let tricky: Vec<&[u8]> = vec![
        b"%ED%A0%BD",
        b"%F0%9F%98",
        b"%C0%80",
        b"%00",
        b"\0",
        b"%",
        b"%4",
        b"%zz",
        b"+",
        b"=",
        b"%3D",
        b"%26",
        b";",
        b"%0D%0A",
        b"\xff\xfe",
        b"caf\xe9",
        "é😀".as_bytes(),
        b"%E2%81%A8STOP%E2%81%A9",
        b"Reacted%20",
        b"%u20AC",
        b"\xe2\x80\x8b",
        b"Liked+%E2%80%9Cx%E2%80%9D",
        b"START",
        b"{{ customer.name }}",
        b"%25",
        b"'; --",
        b"%EF%BB%BF",
    ];
    let piece = prop_oneof![
        3 => select(tricky).prop_map(<[u8]>::to_vec),
        2 => vec(any::<u8>(), 0..12),
        1 => "\\PC{0,8}".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..600).prop_map(|bytes| bytes.iter().flat_map(|byte| format!("%{byte:02x}").into_bytes()).collect()),
    ];
    vec(piece, 0..6).prop_map(|pieces| pieces.concat().into_iter().filter(|byte| *byte != b'&').collect())
}

/// The name of a parameter: one of the carrier's, or none.
fn name() -> impl Strategy<Value = Vec<u8>> {
    let known = [
        "Body",
        "NumMedia",
        "MediaUrl0",
        "MediaContentType0",
        "MediaUrl9",
        "AccountSid",
        "SmsStatus",
        "OptOutType",
        "ErrorCode",
        "ErrorMessage",
        "NumSegments",
        "MessageStatus",
        "FromCity",
        "ApiVersion",
        "ReferralNumMedia",
        "SmsSid",
        "SmsMessageSid",
        "",
    ];
    let odd = raw().prop_map(|bytes| bytes.into_iter().filter(|byte| *byte != b'=').collect());
    prop_oneof![3 => select(known.to_vec()).prop_map(|name| name.as_bytes().to_vec()), 1 => odd]
}

/// A form's parameters in any order, some of them without a value.
fn parameters() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let parameter = (name(), proptest::option::weighted(0.9, raw()));
    vec(parameter, 0..8).prop_map(|parameters| {
        let written = |(name, value): (Vec<u8>, Option<Vec<u8>>)| match value {
            Some(value) => [&name[..], b"=", &value].concat(),
            None => name,
        };
        parameters.into_iter().map(written).collect()
    })
}

/// The bytes that a form's name or value stands for.
fn decoded(bytes: &[u8]) -> Vec<u8> {
    let (mut decoded, mut rest) = (Vec::new(), bytes);
    while let Some((first, more)) = rest.split_first() {
        let hex = rest.get(1..3).and_then(|hex| std::str::from_utf8(hex).ok());
        let hex = hex.filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match (first, hex) {
            (b'%', Some(hex)) => {
                decoded.push(u8::from_str_radix(hex, 16).expect("two digits"));
                rest = &rest[3..];
                continue;
            }
            (b'+', _) => decoded.push(b' '),
            (byte, _) => decoded.push(*byte),
        }
        rest = more;
    }
    decoded
}

/// What a form says, as its sender means it: each pair once, in the order of the signature.
fn said_by(form: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut pairs: Vec<_> = form
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            (decoded(&pair[..at]), decoded(pair.get(at + 1..).unwrap_or_default()))
        })
        .collect();
    pairs.sort();
    pairs.dedup();
    pairs
}

/// Posts a form whose parameters are these, the needed ones among them.
async fn post(desk: &Desk, path: &str, form: Vec<u8>) -> StatusCode {
    let request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header("X-Twilio-Signature", signed_bytes(path, &said_by(&form)))
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    desk.send(request.body(form.into()).expect("a request")).await.status
}

/// The text that is stored for these bytes.
fn stored_text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes).replace('\0', "\u{fffd}");
    match text.char_indices().nth(10_000) {
        Some(_) => text.chars().take(9_999).chain(['…']).collect(),
        None => text,
    }
}

fn escaped(form: &[u8]) -> String {
    form.escape_ascii().to_string()
}

#[tokio::test]
async fn r4_whatever_a_text_is_made_of_it_is_taken_in() {
    let mut desk = Desk::new().await;
    desk.leave_outbox();
    let acme = desk.organization("Acme", NUMBER).await;
    let from = prop_oneof![
        4 => (0..400_u32).prop_map(|n| format!("%2B1555123{n:04}").into_bytes()),
        1 => raw().prop_filter("somebody wrote it", |from| shows_something(&stored_text(&decoded(from)))),
    ];
    let strategy = (from, parameters(), any::<prop::sample::Index>());
    let mut inputs = Inputs::new();
    while let Some((from, mut others, at)) = inputs.next(&strategy) {
        // What the needed parameters say stands in them alone.
        let needed: [&[u8]; 3] = [b"MessageSid", b"From", b"To"];
        others.retain(|other| said_by(other).iter().all(|(name, _)| !needed.contains(&&name[..])));
        let sid = format!("SM{:032x}", inputs.tried);
        let ids = [
            format!("MessageSid={sid}").into_bytes(),
            [b"From=", &from[..]].concat(),
            b"To=%2B15559870000".to_vec(),
        ];
        let at = at.index(others.len() + 1);
        others.splice(at..at, ids);
        let form = others.join(&b'&');
        let status = post(&desk, MESSAGES, form.clone()).await;
        assert_eq!(status, StatusCode::OK, "{}", escaped(&form));
        let stored: Option<Message> = desk.stored(&acme, &sid).await;
        let body = stored.unwrap_or_else(|| panic!("it is lost: {}", escaped(&form))).body;
        let said = said_by(&form);
        let expected = said
            .iter()
            .find(|(name, _)| name == b"Body")
            .map_or(String::new(), |(_, value)| stored_text(value));
        assert_eq!(body, expected, "{}", escaped(&form));
    }
    inputs.said("texts by webhook");
}

#[tokio::test]
async fn r4_whatever_a_report_is_made_of_it_is_taken_in() {
    let mut desk = Desk::new().await;
    desk.leave_outbox();
    let acme = desk.organization("Acme", NUMBER).await;
    let strategy = (
        parameters(),
        select(vec![
            "",
            "MessageStatus=delivered",
            "MessageStatus=failed&ErrorCode=30003",
            "MessageStatus=sent",
        ]),
    );
    let secrets = app::seal::SecretKey::from_bytes([7; 32]);
    let mut inputs = Inputs::new();
    let mut path = String::new();
    while let Some((mut others, plain)) = inputs.next(&strategy) {
        if inputs.tried % 20 == 1 {
            // Reports that opt a customer out leave nothing more to send them.
            let case = desk.case(&acme, &format!("+1555124{:04}", inputs.tried / 20 % 10_000)).await;
            let messages = format!("/api/v1/cases/{case}/messages");
            let sent = desk.post(&messages, &acme.operator, json!({ "body": "Hello" })).await;
            let id = sent.json()["id"].as_str().expect("a message").parse().expect("an id");
            path = format!("/webhooks/twilio/status/{}", secrets.sign_ids(acme.id, id));
        }
        others.push(plain.as_bytes().to_vec());
        let form = others.join(&b'&');
        let status = post(&desk, &path, form.clone()).await;
        assert_eq!(status, StatusCode::NO_CONTENT, "{}", escaped(&form));
    }
    inputs.said("reports");
}

/// A carrier whose every answer is the one that is set.
async fn carrier() -> (String, Arc<Mutex<Vec<u8>>>) {
    let answer = Arc::new(Mutex::new(Vec::new()));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket on loopback");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let shown = answer.clone();
    let router = Router::new().fallback(move || async move {
        let body = shown.lock().expect("an answer").clone();
        ([(DATE, "Mon, 23 Nov 2026 09:00:00 GMT"), (CONTENT_TYPE, "application/json")], body)
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, answer)
}

/// An entry of the list with something amiss: bytes within its texts, a piece cut out or put in, or no entry at all.
fn entry() -> impl Strategy<Value = Vec<u8>> {
    let whole = |body: Vec<u8>| {
        let start = br#"{"sid":"SMmiddle","direction":"inbound","status":"received","from":"+15551230003","to":"+15559870000","num_media":"0","error_code":null,"date_created":"Mon, 23 Nov 2026 08:59:00 +0000","subresource_uris":{"media":"/x"},"body":""#;
        [&start[..], &body, b"\"}"].concat()
    };
    let tricky =
        ["\\ud83d", "\\u0000", "\\x", "\"", "{", "}", "[", "]", "},{", "\\", "\n", ":", ",", "null", "\\\""];
    let inside = vec(
        prop_oneof![
            select(tricky.to_vec()).prop_map(|text| text.as_bytes().to_vec()),
            vec(any::<u8>(), 0..6)
        ],
        0..6,
    );
    let inside = inside.prop_map(|pieces| pieces.concat());
    prop_oneof![
        inside.clone().prop_map(whole),
        (inside.clone(), any::<prop::sample::Index>(), any::<prop::sample::Index>(), inside.clone())
            .prop_map(move |(body, from, to, put)| {
                let entry = whole(body);
                let (from, to) = (from.index(entry.len() + 1), to.index(entry.len() + 1));
                [&entry[..from.min(to)], &put, &entry[from.max(to)..]].concat()
            }),
        inside,
        vec(any::<u8>(), 0..80),
    ]
}

#[tokio::test]
async fn r4_whatever_stands_in_a_list_its_other_texts_are_taken_in() {
    let (carrier_url, answer) = carrier().await;
    let desk = Desk::with(Setup { carrier_url, ..Setup::default() }).await;
    let acme = desk.organization("Acme", NUMBER).await;
    desk.pass_ms(60_000);
    let text = |sid: &str| {
        format!(
            r#"{{"sid":"{sid}","direction":"inbound","status":"received","from":"+15551230002","to":"+15559870000",
            "num_media":"0","error_code":null,"date_created":"Mon, 23 Nov 2026 08:59:30 +0000","body":"of {sid}"}}"#
        )
    };
    let show = |page: Vec<u8>| *answer.lock().expect("an answer") = page;
    let strategy = (entry(), proptest::option::weighted(0.1, vec(any::<u8>(), 0..200)));
    let mut inputs = Inputs::new();
    while let Some((entry, instead)) = inputs.next(&strategy) {
        let sids = ["A", "Z"].map(|side| format!("SM{side}{:030x}", inputs.tried));
        let [before, after] = [text(&sids[0]), text(&sids[1])];
        let page = [
            br#"{"messages":["#,
            before.as_bytes(),
            b",",
            &entry,
            b",",
            after.as_bytes(),
            br#"],"next_page_uri":null}"#,
        ]
        .concat();
        if let Some(nonsense) = instead {
            // An answer that is no list is asked for again, and loses nothing.
            show(nonsense);
            desk.app.reconcile(Round::AtStart).await.expect("a round");
        }
        show(page);
        desk.app.reconcile(Round::AtStart).await.expect("a round");
        for sid in &sids {
            let stored = desk.stored(&acme, sid).await;
            let stored = stored.unwrap_or_else(|| panic!("{sid} is lost beside {}", escaped(&entry)));
            assert_eq!(stored.body, format!("of {sid}"), "{}", escaped(&entry));
        }
    }
    inputs.said("lists");
}
