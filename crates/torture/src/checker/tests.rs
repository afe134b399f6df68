//! The checker can fail: a good history, and for every property histories in which it alone is broken.

use serde_json::json;

use super::PROPERTIES;
use super::index::Index;
use super::story;
use crate::history::{
    Answer, Arrival, Call, Case, Decision, History, Kind, Message, Outbox, Reader, Request, Trouble, User,
    Webhook, Wish,
};

/// When the good history begins; its instants are told from here.
const T: i64 = 1_700_000_000_000;

fn at(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(T + ms).unwrap().to_string()
}

fn call(sent: i64, ended: i64, status: u16) -> Call {
    Call { node: 0, sent_at: T + sent, ended_at: T + ended, status: Some(status) }
}

fn text(sid: &str, from: &str, kind: Kind, calls: Vec<Call>) -> Webhook {
    let body = match kind {
        Kind::Text => format!("Hello {sid}"),
        Kind::Stop => "Opt out.".to_owned(),
        Kind::Start => "START".to_owned(),
    };
    Webhook { sid: sid.into(), from: from.into(), to: "+1500".into(), body, kind, calls }
}

fn message(id: &str, case_id: &str, author: &str, body: &str, created: i64) -> Message {
    let is_ours = author != "customer";
    Message {
        id: id.into(),
        case_id: case_id.into(),
        author: author.into(),
        body: body.into(),
        provider_id: (!is_ours).then(|| body.trim_start_matches("Hello ").to_owned()),
        delivery: is_ours.then(|| "delivered".to_owned()),
        delivery_error: None,
        created_at: T + created,
    }
}

fn decision(id: &str, message_id: &str, outcome: &str, reason: &str, decided: i64) -> Decision {
    Decision {
        id: id.into(),
        message_id: message_id.into(),
        case_id: "case".into(),
        outcome: outcome.into(),
        reason: reason.into(),
        reply_id: None,
        decided_at: T + decided,
        facts: json!({
            "at": at(decided), "occasion": "arrival", "setting": { "version": 2, "threshold_minutes": 1 },
            "operator": { "id": "ana", "last_active_at": at(2_000) }, "history": { "watch_from": null },
        }),
    }
}

/// Ana was active at 2 s. A customer wrote at 3 s, which was watched, got its reply at 62.001 s, opted out at 70 s;
/// another one waits for somebody, and a third one was written to.
fn good() -> History {
    let mut history = History { read_at: T + 100_000, ..History::default() };
    history.webhooks = vec![
        text("SM1", "+1415", Kind::Text, vec![call(2_900, 3_100, 503), call(3_200, 3_300, 200)]),
        text("SM2", "+1415", Kind::Stop, vec![call(70_000, 70_100, 200)]),
        text("SM3", "+1416", Kind::Text, vec![call(4_000, 4_100, 200)]),
        text("SM4", "+1416", Kind::Text, vec![Call { status: None, ..call(5_000, 6_000, 0) }]),
    ];
    let wish = Wish::Message { case_id: "other".into(), body: "From Bo".into() };
    let request = |user: &str, wish, calls, answer| Request { user_id: user.into(), wish, calls, answer };
    history.requests = vec![
        request("ana", Wish::Activity, vec![call(1_900, 2_100, 204)], json!(null)),
        request("admin", Wish::Setting { minutes: 1 }, vec![call(100, 200, 200)], json!({ "version": 2 })),
        request("bo", wish, vec![call(80_000, 80_100, 500), call(80_200, 80_300, 201)], json!(null)),
    ];
    let arrival = |id: &str, to: &str, body: &str, ms, answer| Arrival {
        at: T + ms,
        message_id: id.into(),
        to: to.into(),
        body: body.into(),
        answer,
    };
    history.arrivals = vec![
        arrival("reply", "+1415", "Away", 62_100, Answer::TryLater),
        arrival("reply", "+1415", "Away", 62_300, Answer::Taken),
        arrival("from-bo", "+1416", "From Bo", 80_400, Answer::Taken),
    ];
    history.troubles = vec![
        Trouble {
            from: T + 10_000,
            until: T + 11_000,
            what: "Kill([0, 1])".into(),
            excuses: true,
            unsettles: true,
        },
        Trouble {
            from: T + 61_000,
            until: T + 63_000,
            what: "Kill([0])".into(),
            excuses: false,
            unsettles: true,
        },
    ];
    history.readers = vec![Reader {
        name: "reader".into(),
        since: Some(T + 3_500),
        messages: ["reply", "from-bo", "m2", "m3"].map(str::to_owned).into(),
        ..Reader::default()
    }];
    let mut stop = message("m2", "case", "customer", "Opt out.", 70_050);
    stop.provider_id = Some("SM2".into());
    history.stored.messages = vec![
        message("m1", "case", "customer", "Hello SM1", 3_250),
        message("reply", "case", "auto_reply", "Away", 62_001),
        stop,
        message("m3", "other", "customer", "Hello SM3", 4_050),
        message("from-bo", "other", "operator", "From Bo", 80_250),
    ];
    let mut sent = decision("d1", "m1", "sent", "sent", 62_001);
    sent.reply_id = Some("reply".into());
    sent.facts["occasion"] = json!("due");
    let mut keyword = decision("d2", "m2", "not_sent", "keyword", 70_050);
    keyword.facts["ended"] = json!(null);
    let mut watching = decision("d3", "m3", "watching", "unassigned", 4_050);
    watching.case_id = "other".into();
    watching.facts["operator"] = json!(null);
    history.stored.decisions = vec![sent, keyword, watching];
    let case = |id: &str, phone: &str, operator: Option<&str>, opted_out| Case {
        id: id.into(),
        status: "open".into(),
        phone: phone.into(),
        operator_id: operator.map(str::to_owned),
        opted_out,
        watch_from: None,
    };
    history.stored.cases =
        vec![case("case", "+1415", Some("ana"), true), case("other", "+1416", None, false)];
    let user = |id: &str, ms| User { id: id.into(), last_active_at: T + ms, threshold_ms: 60_000 };
    history.stored.users = vec![user("ana", 2_000), user("bo", 80_250), user("admin", 150)];
    let event = |id: &str, ms| (id.to_owned(), T + ms);
    history.stored.message_events = vec![
        event("m1", 3_250),
        event("reply", 62_001),
        event("reply", 62_050),
        event("reply", 62_250),
        event("reply", 62_400),
        event("from-bo", 80_250),
    ];
    history
}

fn broken(history: &History) -> Vec<&'static str> {
    let index = Index::of(history);
    let broken = PROPERTIES.iter().filter(|(_, check)| !check(&index).is_empty());
    broken.map(|(promise, _)| *promise).collect()
}

#[test]
fn a_good_history_breaks_nothing() {
    let history = good();
    assert_eq!(broken(&history), [""; 0]);
    let index = Index::of(&history);
    assert!(story::summary(&index).contains("1 sent (1 of them after a watch)"));
    let story = story::of_case(&index, "case");
    for part in [
        "SM1 Text posted to node 0: Some(503)",
        "the carrier got reply",
        "decision d1",
        "-- Kill([0]) begins",
    ] {
        assert!(story.contains(part), "{part:?} is not in\n{story}");
    }
}

/// A way to break a promise.
type Doctor = fn(&mut History);

fn to_case(history: &mut History, status: &str) {
    history.stored.cases[1].status = status.to_owned();
}

/// The watch of the other case gets an operator who was last active so long after the beginning.
fn watched_by(history: &mut History, last_active: i64) {
    history.stored.cases[1].operator_id = Some("cy".into());
    history.stored.users.push(User {
        id: "cy".into(),
        last_active_at: T + last_active,
        threshold_ms: 60_000,
    });
    history.stored.decisions[2].reason = "operator_active".into();
}

/// The reply's state, and its outbox row.
fn on_its_way(history: &mut History, status: &str, phase: &str, due: i64, attempts: i64) {
    history.stored.messages[1].delivery = Some(status.to_owned());
    let row = Outbox { message_id: "reply".into(), phase: phase.into(), due_at: T + due, attempts };
    history.stored.outbox.push(row);
}

fn cancel(history: &mut History, reason: &str) {
    history.stored.decisions[0].outcome = "cancelled".into();
    history.stored.decisions[0].reason = reason.into();
    history.stored.messages[1].delivery = Some("cancelled".into());
    history.stored.messages[1].delivery_error = Some("Cancelled.".into());
}

/// For each promise, in the order in which they stand, what breaks it and nothing else.
fn doctors() -> Vec<(usize, Doctor)> {
    vec![
        (0, |h| h.webhooks[3].calls[0].status = Some(200)),
        (0, |h| h.stored.messages[0].body = "Hello".into()),
        // Nobody took SM4, and nobody fetched it.
        (0, |h| h.to_the_end = true),
        (0, |h| {
            h.webhooks.remove(2);
        }),
        (0, |h| {
            // Stored twice, each with its decision, and told to readers.
            h.stored.messages.push(message("m1b", "case", "customer", "Hello SM1", 3_400));
            h.stored.decisions.push(decision("d1b", "m1b", "not_sent", "disabled", 3_400));
        }),
        (1, |h| {
            h.stored.decisions.remove(1);
        }),
        (1, |h| h.stored.decisions.push(decision("d2b", "m2", "not_sent", "keyword", 70_050))),
        (1, |h| h.stored.decisions.push(decision("d4", "nothing", "not_sent", "keyword", 70_050))),
        (2, |h| to_case(h, "closed")),
        (2, |h| h.stored.cases[1].opted_out = true),
        (2, |h| h.stored.decisions[2].reason = "operator_active".into()),
        (2, |h| watched_by(h, 34_000)),
        (3, |h| {
            // The same absence, on another of the customer's texts.
            h.webhooks.push(text("SM5", "+1415", Kind::Text, vec![call(63_000, 63_100, 200)]));
            h.stored.messages.push(message("m5", "case", "customer", "Hello SM5", 63_050));
            h.stored.messages.push(message("reply2", "case", "auto_reply", "Away", 63_050));
            h.readers[0].messages.extend(["m5".to_owned(), "reply2".to_owned()]);
            let mut second = decision("d5", "m5", "sent", "sent", 63_050);
            second.reply_id = Some("reply2".into());
            h.stored.decisions.push(second);
            let arrival = Arrival { at: T + 63_200, message_id: "reply2".into(), ..h.arrivals[1].clone() };
            h.arrivals.push(arrival);
        }),
        (4, |h| h.webhooks[1].calls = vec![call(62_000, 62_200, 200)]),
        (5, |h| h.stored.messages[1].delivery = Some("queued".into())),
        (5, |h| h.stored.messages[1].delivery = Some("failed".into())),
        (5, |h| h.stored.decisions[0].reply_id = Some("gone".into())),
        (5, |h| on_its_way(h, "attempting", "attempting", 94_000, 1)),
        (5, |h| on_its_way(h, "attempting", "unknown", 94_000, 1)),
        (5, |h| {
            on_its_way(h, "attempting", "unknown", 120_000, 1);
            h.to_the_end = true;
        }),
        (5, |h| cancel(h, "answered")),
        (5, |h| {
            cancel(h, "seen");
            h.arrivals.drain(..2);
        }),
        (5, |h| {
            h.arrivals.drain(..2);
        }),
        (6, |h| h.arrivals[0].answer = Answer::Uncertain),
        (6, |h| h.arrivals.push(Arrival { at: T + 81_000, ..h.arrivals[2].clone() })),
        (7, |h| h.arrivals.push(Arrival { message_id: "made-up".into(), ..h.arrivals[2].clone() })),
        (7, |h| h.arrivals[1].body = "Something else".into()),
        (7, |h| {
            h.stored.decisions[0].outcome = "not_sent".into();
            h.stored.decisions[0].reason = "seen".into();
        }),
        // Ready at 62.001 s, nothing that excuses, and it went ten seconds later.
        (8, |h| h.arrivals[..2].iter_mut().for_each(|arrival| arrival.at += 10_000)),
        // It never went at all, and nobody tried.
        (8, |h| {
            h.arrivals.drain(..2);
            on_its_way(h, "queued", "queued", 62_001, 0);
        }),
        (8, |h| {
            h.stored.decisions[0].decided_at += 10_000;
            h.stored.messages[1].created_at += 5_100;
            h.arrivals[..2].iter_mut().for_each(|arrival| arrival.at += 5_100);
        }),
        // The carrier answered, and nothing stood in the way of writing it down.
        (9, |h| h.arrivals[2].answer = Answer::Uncertain),
        (9, |h| h.stored.messages[4].delivery = Some("unconfirmed".into())),
        (9, |h| {
            let row = Outbox {
                message_id: "from-bo".into(),
                phase: "attempting".into(),
                due_at: T + 110_400,
                attempts: 1,
            };
            h.stored.outbox.push(row);
        }),
        (9, |h| {
            h.arrivals.pop();
            h.stored.messages[4].delivery = Some("unconfirmed".into());
            h.stored.message_events.push(("from-bo".into(), T + 80_300));
            h.stored.message_events.push(("from-bo".into(), T + 99_000));
        }),
        (10, |h| h.stored.messages.retain(|message| message.id != "from-bo")),
        (10, |h| {
            h.stored.messages.push(message("from-bo2", "other", "operator", "From Bo", 80_290));
            h.readers[0].messages.insert("from-bo2".into());
        }),
        (11, |h| h.requests[2].calls.push(call(95_000, 95_100, 201))),
        (11, |h| h.stored.users[0].last_active_at = T + 1_000),
        (11, |h| h.stored.decisions[1].facts["operator"]["last_active_at"] = json!(at(1_000))),
        (12, |h| h.stored.decisions[1].facts["setting"]["version"] = json!(1)),
        (13, |h| {
            h.readers[0].messages.remove("m3");
        }),
        (13, |h| h.readers[0].since = None),
        (14, |h| h.complaints.push("node 0 ended by itself with exit status 101".into())),
    ]
}

#[test]
fn every_property_can_be_broken() {
    for (property, (promise, _)) in PROPERTIES.iter().enumerate() {
        let its: Vec<Doctor> =
            doctors().into_iter().filter(|(of, _)| *of == property).map(|(_, d)| d).collect();
        assert!(!its.is_empty(), "nothing breaks {promise:?}");
        for (number, doctor) in its.iter().enumerate() {
            let mut history = good();
            doctor(&mut history);
            let found = broken(&history);
            assert!(found.contains(promise), "doctor {number} of {promise:?} breaks {found:?}");
        }
    }
}

/// What looks like a broken promise and is none.
#[test]
fn what_the_rules_allow_breaks_nothing() {
    let allowed: [Doctor; 10] = [
        // Its look-up waits for another message to the same customer, whose node died.
        |h| {
            on_its_way(h, "attempting", "unknown", 94_000, 1);
            h.arrivals[1].answer = Answer::Uncertain;
            h.stored.messages.push(message("next", "case", "operator", "Next", 97_000));
            h.stored
                .message_events
                .extend([("next".to_owned(), T + 97_000), ("next".to_owned(), T + 97_010)]);
            h.readers[0].messages.insert("next".into());
            let row = Outbox {
                message_id: "next".into(),
                phase: "attempting".into(),
                due_at: T + 127_010,
                attempts: 1,
            };
            h.stored.outbox.push(row);
            h.troubles.push(Trouble {
                from: T + 97_020,
                until: T + 98_000,
                what: "Kill([0])".into(),
                excuses: false,
                unsettles: true,
            });
        },
        // A change was stored, and the database went away before it was stamped as activity.
        |h| {
            h.requests[2].calls.push(call(95_000, 95_100, 201));
            h.troubles.push(Trouble {
                from: T + 95_050,
                until: T + 96_000,
                what: "Database".into(),
                excuses: true,
                unsettles: false,
            });
        },
        // Killed between the attempt and the call, and looked up in vain.
        |h| {
            h.arrivals.pop();
            h.stored.messages[4].delivery = Some("unconfirmed".into());
            h.stored.message_events.push(("from-bo".into(), T + 80_300));
            h.stored.message_events.push(("from-bo".into(), T + 99_000));
            h.troubles.push(Trouble {
                from: T + 80_310,
                until: T + 80_900,
                what: "Kill([0])".into(),
                excuses: false,
                unsettles: true,
            });
        },
        // The opt-out was on its way while the reply went.
        |h| h.webhooks[1].calls = vec![call(61_900, 62_300, 200)],
        // They opted in again before.
        |h| {
            h.webhooks[1].calls = vec![call(50_000, 50_100, 200)];
            h.webhooks.push(text(
                "SM6",
                "+1415",
                Kind::Start,
                vec![Call { status: None, ..call(51_000, 52_000, 0) }],
            ));
        },
        // Late, and in trouble until then.
        |h| {
            h.arrivals[..2].iter_mut().for_each(|arrival| arrival.at += 10_000);
            h.troubles.push(Trouble {
                from: T + 62_000,
                until: T + 69_000,
                what: "Database".into(),
                excuses: true,
                unsettles: false,
            });
        },
        // Looked up, on time.
        |h| on_its_way(h, "attempting", "unknown", 120_000, 1),
        // Watched for somebody who is not inactive yet.
        |h| watched_by(h, 60_000),
        // Told to load everything again.
        |h| {
            h.readers[0].messages.remove("m3");
            h.readers[0].reset_at = Some(T + 5_000);
        },
        // Cancelled, and it stayed here.
        |h| {
            cancel(h, "answered");
            h.arrivals.drain(..2);
        },
    ];
    for (number, doctor) in allowed.iter().enumerate() {
        let mut history = good();
        doctor(&mut history);
        assert_eq!(broken(&history), [""; 0], "number {number}");
    }
}
