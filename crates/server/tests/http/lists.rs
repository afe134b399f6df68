//! Lists: pages of every size hold the same items once each, in the list's order.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Desk, PHONE, Who};

/// Every item of a list, read in pages of `limit`.
async fn walk(desk: &Desk, who: &Who, path: &str, limit: usize) -> Vec<Value> {
    let mut items = Vec::new();
    let mut cursor = String::new();
    for _ in 0..1_000 {
        let sign = if path.contains('?') { '&' } else { '?' };
        let answer = desk.get(&format!("{path}{sign}limit={limit}{cursor}"), who).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
        let page = answer.json();
        let found = page["items"].as_array().expect("items").clone();
        assert!(found.len() <= limit, "{path}");
        items.extend(found);
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
    panic!("{path} never ends");
}

#[tokio::test]
async fn every_list_can_be_walked_in_pages_of_any_size() {
    let mut desk = Desk::new().await;
    desk.leave_outbox();
    let acme = desk.organization("Acme", "+15559870000").await;
    let case = desk.case(&acme, PHONE).await;
    for n in 0..7 {
        desk.case(&acme, &format!("+1555123{:04}", n + 10)).await;
        assert_eq!(
            desk.text("+15559870000", PHONE, n + 1, &format!("Text {n}")).await.status,
            StatusCode::OK
        );
        let body = json!({ "body": format!("Answer {n}") });
        desk.post(&format!("/api/v1/cases/{case}/messages"), &acme.operator, body).await;
        let path = format!("/api/v1/users/{}", acme.operator.id());
        desk.json(Method::PATCH, &path, &acme.admin, json!({ "name": format!("Olga {n}") })).await;
    }
    let lists = [
        ("/api/v1/cases".to_owned(), &acme.operator, 8),
        ("/api/v1/cases?status=open&assigned_to=me".to_owned(), &acme.operator, 8),
        (format!("/api/v1/cases/{case}/messages"), &acme.operator, 14),
        (format!("/api/v1/cases/{case}/decisions"), &acme.operator, 7),
        ("/api/v1/decisions".to_owned(), &acme.operator, 7),
        ("/api/v1/users".to_owned(), &acme.admin, 3),
        ("/api/v1/channels".to_owned(), &acme.admin, 1),
        ("/api/v1/audit".to_owned(), &acme.admin, 12),
        ("/api/v1/customers".to_owned(), &acme.admin, 8),
        ("/api/v1/customers?q=carla".to_owned(), &acme.admin, 8),
        ("/api/v1/customers?q=%2B1%20(555)%20123-0001".to_owned(), &acme.admin, 1),
    ];
    for (path, who, count) in lists {
        let whole = walk(&desk, who, &path, 200).await;
        assert_eq!(whole.len(), count, "{path}");
        for limit in [1, 2, 3, count, count + 1] {
            assert_eq!(walk(&desk, who, &path, limit).await, whole, "{path} in pages of {limit}");
        }
    }
    let newest = &walk(&desk, &acme.operator, "/api/v1/cases", 50).await[0];
    assert_eq!(newest["id"], case, "newest customer message first");
    let bodies: Vec<Value> = walk(&desk, &acme.operator, &format!("/api/v1/cases/{case}/messages"), 50)
        .await
        .iter()
        .map(|message| message["body"].clone())
        .collect();
    assert_eq!(bodies[..3], [json!("Text 0"), json!("Answer 0"), json!("Text 1")], "oldest first");
}

#[tokio::test]
async fn the_inbox_is_filtered_as_asked() {
    let mut desk = Desk::new().await;
    desk.leave_outbox();
    let acme = desk.organization("Acme", "+15559870000").await;
    let mine = desk.case(&acme, PHONE).await;
    desk.text("+15559870000", PHONE, 1, "Where is it?").await;
    desk.text("+15559870000", "+15551239999", 2, "Hello").await;
    let closed = desk.case(&acme, "+15551230003").await;
    let path = format!("/api/v1/cases/{closed}");
    desk.json(Method::PATCH, &path, &acme.operator, json!({ "status": "closed" })).await;
    let other = acme.both.id();
    let table = [
        ("", 3),
        ("?status=open", 2),
        ("?status=closed", 1),
        ("?assigned_to=me", 2),
        ("?assigned_to=none", 1),
        (&format!("?assigned_to={other}"), 0),
        ("?waiting=true", 2),
        ("?waiting=false", 1),
        ("?status=open&assigned_to=me&waiting=true&q=&limit=10", 1),
        ("?q=parcel", 2),
        ("?q=%2B15551239999", 1),
        ("?q=carla", 2),
        ("?q=%25", 0),
    ];
    for (query, count) in table {
        let answer = desk.get(&format!("/api/v1/cases{query}"), &acme.operator).await.json();
        assert_eq!(answer["items"].as_array().map(Vec::len), Some(count), "{query}: {answer}");
    }
    let case = desk.get(&format!("/api/v1/cases/{mine}"), &acme.operator).await.json();
    assert_eq!(case["last_message"]["body"], "Where is it?");
    assert_eq!(case["last_message"]["direction"], "inbound");
    assert_eq!(case["last_message"]["author_kind"], "customer");
    assert!(case["last_message"]["author"].is_null());
    assert_eq!(
        case["customer"],
        json!({ "id": case["customer"]["id"], "name": "Carla Customer", "phone": PHONE, "phone_display": "+1 555 123 0001", "opted_out": false,
            "opted_out_by": null })
    );
    assert_eq!(case["channel"]["number"], "+15559870000");
    assert_eq!(case["assigned_operator"]["name"], "Olga Acme");
    assert!(case["waiting_since"].is_string() && case["unanswered_since"].is_string());
    desk.post(&format!("/api/v1/cases/{mine}/messages"), &acme.operator, json!({ "body": "On its way." }))
        .await;
    let case = desk.get(&format!("/api/v1/cases/{mine}"), &acme.operator).await.json();
    assert_eq!(case["last_message"]["author_kind"], "operator");
    assert_eq!(case["last_message"]["author"], case["assigned_operator"]);
}

/// Those that wait come first, the longest waiting before the others, in pages of any size; all of them are counted.
#[tokio::test]
async fn who_waits_comes_first_and_is_counted() {
    let mut desk = Desk::new().await;
    desk.leave_outbox();
    let acme = desk.organization("Acme", "+15559870000").await;
    let mut cases = Vec::new();
    for n in 1..=4 {
        cases.push(desk.case(&acme, &format!("+1555123000{n}")).await);
    }
    // The first two wait, the second one for longer; somebody new, whom nobody has, has just begun.
    for (sid, phone) in [(1, "+15551230002"), (2, "+15551230001"), (3, "+15551239999")] {
        desk.pass_ms(60_000);
        desk.text("+15559870000", phone, sid, "Hello?").await;
    }
    let closed = format!("/api/v1/cases/{}", cases[3]);
    desk.json(Method::PATCH, &closed, &acme.operator, json!({ "status": "closed" })).await;
    let phones = |items: &[Value]| -> Vec<String> {
        items.iter().map(|case| case["customer"]["phone"].as_str().unwrap()[8..].to_owned()).collect()
    };
    let table = [
        ("?order=waiting", vec!["0002", "0001", "9999", "0004", "0003"]),
        ("?order=waiting&status=open", vec!["0002", "0001", "9999", "0003"]),
        ("?order=waiting&assigned_to=me", vec!["0002", "0001", "0004", "0003"]),
        ("?order=waiting&waiting=true", vec!["0002", "0001", "9999"]),
        ("?order=waiting&q=9999", vec!["9999"]),
        ("?order=newest&waiting=true", vec!["9999", "0001", "0002"]),
        ("?failed=true", vec![]),
        ("?failed=true&order=waiting", vec![]),
        ("?failed=false&waiting=true", vec!["9999", "0001", "0002"]),
    ];
    for (query, expected) in table {
        for limit in [50, 1, 2, 3] {
            let found = walk(&desk, &acme.operator, &format!("/api/v1/cases{query}"), limit).await;
            assert_eq!(phones(&found), expected, "{query} in pages of {limit}");
        }
    }
    let cursor = async |order: &str| {
        let page = desk.get(&format!("/api/v1/cases?limit=1&order={order}"), &acme.operator).await.json();
        page["next_cursor"].as_str().unwrap().to_owned()
    };
    for (order, other) in [("newest", "waiting"), ("waiting", "newest")] {
        let path = format!("/api/v1/cases?order={order}&cursor={}", cursor(other).await);
        let refused = desk.get(&path, &acme.operator).await;
        assert_eq!(refused.bad_fields(), ["cursor"], "{order} with a cursor of {other}");
    }

    let counts = desk.get("/api/v1/cases/counts", &acme.operator).await.json();
    let count = |open: i64, waiting: i64, oldest: Option<&str>| json!({ "open": open, "waiting": waiting, "failed": 0, "oldest_waiting_since": oldest });
    assert_eq!(
        counts,
        json!({
            "mine": count(3, 2, Some("2026-11-23T09:01:00.000Z")),
            "unassigned": count(1, 1, Some("2026-11-23T09:03:00.000Z")),
            "all": count(4, 3, Some("2026-11-23T09:01:00.000Z")),
            "counted_up_to": 1000,
        })
    );
    let nobodys = desk.get("/api/v1/cases/counts", &acme.both).await.json();
    assert_eq!(nobodys["mine"], count(0, 0, None));
}

/// Operators see which numbers there are; what else a number has is for System Admins.
#[tokio::test]
async fn v15_3_1_an_operator_sees_only_what_they_need_of_a_channel() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", "+15559870000").await;
    let fields = async |who: &Who| -> Vec<String> {
        let page = desk.get("/api/v1/channels", who).await.json();
        page["items"][0].as_object().expect("a channel").keys().cloned().collect()
    };
    assert_eq!(fields(&acme.operator).await, ["active", "id", "kind", "number", "number_display"]);
    let all = fields(&acme.admin).await;
    assert_eq!(
        all,
        [
            "account_sid",
            "active",
            "assign_to",
            "created_at",
            "id",
            "kind",
            "last_failure",
            "last_in_at",
            "last_out_at",
            "number",
            "number_display",
            "paused_reason",
            "webhook_url"
        ]
    );
    let channel = desk.get("/api/v1/channels", &acme.admin).await.json();
    assert_eq!(
        channel["items"][0]["webhook_url"],
        "https://desk.example/webhooks/twilio/messages#rc=5&rp=all"
    );
}
