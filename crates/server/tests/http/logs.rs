//! What never stands in a log: phone numbers, what people write, passwords, tokens (V16.2.5, V14.2.1).

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};

use axum::body::Body;
use http::{Method, StatusCode};
use serde_json::json;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::harness::{AUTH_TOKEN, Desk, PASSWORD, Who, inbound};

const NUMBER: &str = "+15559870000";
const PHONE: &str = "+15557654321";
const WORDS: &str = "canary-in-a-coal-mine";

/// Everything that this process logs, in full.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("nobody panics while logging").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let log = Log::default();
        let ours = EnvFilter::new("backsoon=trace,app=trace,store=trace,channels=trace,domain=trace");
        let subscriber =
            tracing_subscriber::fmt().with_env_filter(ours).with_writer(log.clone()).json().finish();
        tracing::subscriber::set_global_default(subscriber).expect("the only log of this process");
        log
    })
}

#[tokio::test]
async fn v16_2_5_no_secret_and_no_customer_stands_in_the_log() {
    let log = log();
    let mut desk = Desk::new().await;
    desk.leave_outbox();
    let acme = desk.organization("Acme", NUMBER).await;
    let token = desk.token("olga.acme@desk.example").await;
    let case = desk.case(&acme, PHONE).await;
    assert_eq!(desk.text(NUMBER, PHONE, 1, WORDS).await.status, StatusCode::OK);
    // Refused in every way that is logged, with what must not be.
    let forged = inbound(NUMBER, PHONE, 2, WORDS);
    desk.webhook("/webhooks/twilio/messages", &forged, "forged").await;
    desk.text(PHONE, PHONE, 3, WORDS).await;
    desk.post(&format!("/api/v1/cases/{case}/messages"), &token, json!({ "body": WORDS })).await;
    desk.post(
        "/api/v1/session",
        &Who::Nobody,
        json!({ "email": "olga.acme@desk.example", "password": WORDS }),
    )
    .await;
    desk.get(&format!("/api/v1/cases?q={WORDS}&x={PHONE}"), &acme.operator).await;
    desk.get(&format!("/api/v1/cases/{PHONE}"), &acme.operator).await;
    desk.get(&format!("/cases/{}", PHONE.replace('+', "%2B")), &Who::Nobody).await;
    desk.get("/api/v1/audit", &acme.operator).await;
    let nasty =
        desk.request(Method::GET, "/x%0a%1b[31mforged", &Who::Nobody).body(Body::empty()).expect("a request");
    desk.send(nasty).await;
    desk.lose_store().await;
    desk.text(NUMBER, PHONE, 4, WORDS).await;

    let text = String::from_utf8_lossy(&log.0.lock().expect("nobody panics while logging")).into_owned();
    let cookie = match &acme.operator {
        Who::Session { cookie, .. } => cookie.split_once('=').expect("a value").1.to_owned(),
        _ => panic!("a session"),
    };
    let Who::Token(token) = &token else { panic!("a token") };
    let digits = PHONE.trim_start_matches('+');
    for (what, secret) in [
        ("a phone number", digits),
        ("what was written", WORDS),
        ("a password", PASSWORD),
        ("a session's token", &cookie),
        ("an API token", token),
        ("a carrier's token", AUTH_TOKEN),
    ] {
        let line = text.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "{what} stands in the log: {line:?}");
    }
    for expected in ["refused: not allowed", "sign-in failed", "not ours", "signature does not match", "4321"]
    {
        assert!(text.contains(expected), "{expected} is to be logged");
    }
    assert!(
        text.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()),
        "one event, one line"
    );
}
