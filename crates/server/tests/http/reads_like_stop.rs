//! What a message was meant as that reads like a stop (R15): asked once, audited, told to all.

use http::StatusCode;
use serde_json::json;

use crate::harness::{Desk, PHONE};

const NUMBER: &str = "+15559870000";

#[tokio::test]
async fn r15_an_operator_says_what_a_message_was_meant_as() {
    let desk = Desk::new().await;
    let acme = desk.organization("Acme", NUMBER).await;
    let case = desk.case(&acme, PHONE).await;
    let shown = async || desk.get(&format!("/api/v1/cases/{case}"), &acme.operator).await.json();
    for (sid, meant) in [(1, "ordinary"), (2, "opt_out")] {
        desk.text(NUMBER, PHONE, sid, "Please stop texting me").await;
        let asked = shown().await["reads_like_stop_message_id"].as_str().expect("a question").to_owned();
        let path = format!("/api/v1/cases/{case}/messages/{asked}/meant");
        let answer = desk.post(&path, &acme.operator, json!({ "meant": meant })).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        assert_eq!(answer.json()["reads_like_stop_message_id"], json!(null));
        let customer = &answer.json()["customer"];
        assert_eq!(customer["opted_out"], meant == "opt_out");
        let by = if meant == "opt_out" { json!("operator") } else { json!(null) };
        assert_eq!(customer["opted_out_by"], by);
        let again = desk.post(&path, &acme.operator, json!({ "meant": "opt_out" })).await;
        assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.text());
        let log = desk.get("/api/v1/audit", &acme.admin).await.json();
        assert_eq!(log["items"][0]["action"], "reads_like_stop.decide");
        assert_eq!(log["items"][0]["after"], json!({ "meant": meant }));
    }
    let unknown = format!("/api/v1/cases/{case}/messages/{case}/meant");
    let answer = desk.post(&unknown, &acme.operator, json!({ "meant": "opt_out" })).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}
