//! Status callbacks, and everything that can be made to go wrong.

use std::time::Duration;

use sandbox::{Fault, FaultKind};
use serde_json::Value;

use crate::desk::{self, get};
use crate::{ACCOUNT, Carrier, OURS, PHONE, TOKEN};

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

/// What may befall a phone's text: the desk is not told, and finds it in the list.
#[tokio::test]
async fn faults_of_the_webhook() {
    use FaultKind::*;
    let carrier = Carrier::start().await;
    for (kind, error_code) in [(LostWebhooks, Value::Null), (MachineMade, Value::from(30039))] {
        carrier.sandbox.set_faults(vec![Fault::new(kind, Some(1))]).unwrap();
        carrier.send(&[("To", PHONE), ("From", OURS), ("Body", "from the desk")]).await;
        assert_eq!(carrier.text("lost").await.handover, None, "{kind:?}");
        assert!(carrier.sandbox.faults().is_empty(), "used up by the text, not by the send");
        let (_, list) = carrier.read("/Messages.json?PageSize=1").await;
        assert_eq!(list["messages"][0]["error_code"], error_code, "{kind:?}");
        assert!(carrier.text("told").await.handover.is_some(), "{kind:?}");
    }
}
