//! Twilio's API: shapes, refusals, lists, pictures.

use sandbox::{Account, Number};
use serde_json::{Value, json};

use crate::desk::get;
use crate::{ACCOUNT, Carrier, OTHER, OURS, PHONE, TOKEN};

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
