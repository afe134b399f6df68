//! What came with a message, when the carrier does not give it.

use http::StatusCode;
use tokio::net::TcpListener;

use crate::harness::{ACCOUNT_SID, Desk, PHONE, Setup, inbound};

const NUMBER: &str = "+15559870000";

#[tokio::test]
async fn an_attachment_that_the_carrier_does_not_give_is_the_carriers_failure() {
    let theirs = TcpListener::bind("127.0.0.1:0").await.expect("a socket on loopback");
    let carrier_url = format!("http://{}", theirs.local_addr().expect("an address"));
    // The carrier answers with the status that the file is called after.
    let carrier = axum::Router::new().fallback(async |uri: http::Uri| {
        let status = uri.path().rsplit("ME").next().and_then(|status| status.parse().ok());
        StatusCode::from_u16(status.expect("a status")).expect("a status")
    });
    let carrier = tokio::spawn(async move { axum::serve(theirs, carrier).await });
    let setup = Setup { carrier_url: carrier_url.clone(), ..Setup::default() };
    let desk = Desk::with(setup).await;
    let acme = desk.organization("Acme", NUMBER).await;
    let files = format!("{carrier_url}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/MM1/Media");
    let table = [
        (format!("{files}/ME500"), 502),
        (format!("{files}/ME401"), 502),
        (format!("{files}/ME429"), 502),
        (format!("{files}/ME404"), 404),
        ("https://elsewhere.example/ME200".to_owned(), 409),
        (format!("{files}/ME200"), 200),
    ];
    let mut text = inbound(NUMBER, PHONE, 1, "Look");
    text.retain(|(name, _)| name != "NumMedia");
    text.push(("NumMedia".to_owned(), table.len().to_string()));
    for (n, (url, _)) in table.iter().enumerate() {
        text.push((format!("MediaUrl{n}"), url.clone()));
        text.push((format!("MediaContentType{n}"), "image/png".to_owned()));
    }
    let path = "/webhooks/twilio/messages";
    assert_eq!(desk.webhook(path, &text, &desk.sign(path, &text)).await.status, StatusCode::OK);
    let case = desk.get("/api/v1/cases", &acme.operator).await.json()["items"][0]["id"].clone();
    let messages = format!("/api/v1/cases/{}/messages", case.as_str().expect("an id"));
    let message = desk.get(&messages, &acme.operator).await.json()["items"][0].clone();
    let answer = async |n: usize| {
        let url = message["attachments"][n]["url"].as_str().expect("an address").to_owned();
        desk.get(&url, &acme.operator).await
    };
    for (n, (url, status)) in table.iter().enumerate() {
        let answer = answer(n).await;
        assert_eq!(answer.status.as_u16(), *status, "{url}: {}", answer.text());
        if *status != 200 {
            answer.problem();
        }
    }
    carrier.abort();
    assert!(carrier.await.is_err_and(|error| error.is_cancelled()));
    let unreachable = answer(0).await;
    assert_eq!(unreachable.status, StatusCode::BAD_GATEWAY);
    assert!(!unreachable.problem()["detail"].to_string().contains(ACCOUNT_SID), "no address in it");
}
