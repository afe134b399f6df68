use super::*;
use crate::twilio::testing::{RawServer, Reply, answer, credentials};

fn json(sid: &str, direction: &str, extra: &str) -> String {
    format!(
        r#"{{"sid":"{sid}","status":"delivered","direction":"{direction}","from":"+15559870000",
        "to":"+15551230001","body":"Hi","error_code":null,"num_media":"0",
        "date_created":"Sun, 22 Nov 2026 17:38:05 +0000","price":null{extra}}}"#
    )
}

fn page(messages: &[String], next: Option<&str>) -> Vec<u8> {
    let next = next.map_or("null".to_owned(), |uri| format!("{uri:?}"));
    let body = format!(r#"{{"messages":[{}],"next_page_uri":{next},"page":0}}"#, messages.join(","));
    answer(200, &[], body.as_bytes())
}

#[tokio::test]
async fn pages_are_followed_in_order() {
    let next = "/2010-04-01/Accounts/AC1/Messages.json?To=%2B15551230001&PageSize=2&Page=1&PageToken=PASM2";
    let server = RawServer::start(Reply::Script(vec![
        page(&[json("SM3", "outbound-api", ""), json("SM2", "inbound", "")], Some(next)),
        page(&[json("SM1", "outbound-reply", "")], None),
    ]))
    .await;
    let found = server.client().list_to(&credentials(), "+15551230001", 2).await.unwrap();
    let got: Vec<_> = found.iter().map(|m| (m.provider_id.as_str(), m.direction)).collect();
    use Direction::*;
    assert_eq!(got, [("SM3", Outbound), ("SM2", Inbound), ("SM1", OutboundReply)]);
    assert_eq!(found[0].date_created_ms, Some(1_795_369_085_000));
    assert_eq!(found[0].status, CarrierStatus::Delivered);
    let lines: Vec<String> = server.requests().iter().map(|r| r.lines().next().unwrap().to_owned()).collect();
    let first = "GET /2010-04-01/Accounts/AC1/Messages.json?To=%2B15551230001&PageSize=2 HTTP/1.1";
    assert_eq!(lines, [first.to_owned(), format!("GET {next} HTTP/1.1")]);
}

#[tokio::test]
async fn endless_pages_end() {
    let next = "/2010-04-01/Accounts/AC1/Messages.json?Page=1";
    let server = RawServer::start(Reply::Script(vec![page(&[json("SM1", "inbound", "")], Some(next))])).await;
    let found = server.client().list_to(&credentials(), "+15559870000", 1).await.unwrap();
    assert_eq!(found.len(), MAX_PAGES);
}

/// The credentials never go to an address that an answer made up.
#[tokio::test]
async fn a_next_page_elsewhere_is_refused() {
    for next in [
        "http://127.0.0.1:1/2010-04-01/Accounts/AC1/Messages.json",
        "https://evil.example.com/2010-04-01/Accounts/AC1/Messages.json",
        "//evil.example.com/2010-04-01/Accounts/AC1/Messages.json",
        "/2010-04-01/Accounts/AC2/Messages.json",
        "/2010-04-01/Accounts/AC1/../AC2/Messages.json",
    ] {
        let server = RawServer::start(Reply::Script(vec![page(&[], Some(next))])).await;
        let error = server.client().list_to(&credentials(), "+15551230001", 50).await.unwrap_err();
        assert!(matches!(error, CarrierError::NotAllowed(_)), "{next}: {error:?}");
        assert_eq!(server.requests().len(), 1, "{next}");
    }
}

#[tokio::test]
async fn refusals_and_broken_answers() {
    let table: Vec<(Reply, &str)> = vec![
        (Reply::answer(401, &[], r#"{"code":20003,"message":"Authenticate"}"#), "Unauthorized"),
        (Reply::answer(404, &[], ""), "NotFound"),
        (Reply::answer(429, &[("Retry-After", "1")], ""), "TooManyRequests"),
        (Reply::answer(500, &[], ""), "Unreachable"),
        (Reply::answer(400, &[], r#"{"code":20001,"message":"bad"}"#), "Refused"),
        (Reply::answer(302, &[("Location", "http://127.0.0.1:1/")], ""), "Refused"),
        (Reply::answer(200, &[], "<html>"), "Unreadable"),
        (Reply::answer(200, &[], r#"{"messages":{"sid":"SM1"}}"#), "Unreadable"),
        (Reply::answer(200, &[], &"x".repeat(200_000)), "Unreadable"),
        (Reply::CloseAfterRequest, "Unreachable"),
        (Reply::Hang, "Unreachable"),
    ];
    for (reply, expected) in table {
        let name = format!("{reply:?}");
        let server = RawServer::start(reply).await;
        let error = server.client().list_to(&credentials(), "+15551230001", 1).await.unwrap_err();
        let name = &name[..name.len().min(60)];
        assert!(format!("{error:?}").starts_with(expected), "{name}: {error:?}");
        assert!(!error.to_string().contains("1555"), "{error}");
    }
}

#[tokio::test]
async fn an_account_is_asked_about() {
    let server = RawServer::start(Reply::answer(
        200,
        &[],
        r#"{"sid":"AC1","friendly_name":"Desk","status":"active"}"#,
    ))
    .await;
    let expected = AccountInfo { friendly_name: "Desk".into(), status: "active".into() };
    assert_eq!(server.client().check_account(&credentials()).await.unwrap(), expected);
    let server = RawServer::start(Reply::answer(200, &[], r#"{"sid":"AC2"}"#)).await;
    assert!(server.client().check_account(&credentials()).await.is_err());
}
