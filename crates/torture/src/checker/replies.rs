//! What went to customers automatically.

use std::collections::HashMap;

use serde_json::Value;

use super::Violation;
use super::health::{PROMPT_MS, deadline};
use super::index::{Index, instant};
use crate::history::{Answer, Decision, Kind, Message, Ms, Webhook, Wish};

/// A hand-over at the end of the run is still under way: its lease of half a minute has hardly begun.
const STILL_AT_IT_MS: Ms = 20_000;
/// A hand-over to a well carrier takes less than this.
const HAND_OVER_MS: Ms = 2_000;
/// The reasons for which a reply is cancelled before hand-over (R19).
const CANCELLED: [&str; 4] = ["opted_out", "disabled", "answered", "outdated"];

fn replies<'a>(index: &Index<'a>) -> impl Iterator<Item = &'a Message> {
    index.history.stored.messages.iter().filter(|message| message.author == "auto_reply")
}

/// When the carrier may have taken this message.
fn taken_at(index: &Index<'_>, message_id: &str) -> Option<Ms> {
    let arrivals = index.arrivals.get(message_id)?.iter();
    arrivals
        .filter(|arrival| matches!(arrival.answer, Answer::Taken | Answer::Uncertain))
        .map(|arrival| arrival.at)
        .min()
}

/// R7: not two different replies for one case, operator and absence. The absence is taken from the facts of the
/// decisions, not from the keys that the store holds.
pub fn once_per_absence(index: &Index<'_>) -> Vec<Violation> {
    let mut by_absence: HashMap<(&str, &str, &str), Vec<&str>> = HashMap::new();
    for reply in replies(index).filter(|reply| taken_at(index, &reply.id).is_some()) {
        let decision = index.by_reply.get(&*reply.id).and_then(|decisions| decisions.last());
        let Some(decision) = decision else { continue };
        let operator = &decision.facts["operator"];
        let text = |value: &'_ Value| value.as_str().map(str::len).is_some();
        if text(&operator["id"]) && text(&operator["last_active_at"]) {
            let key = (
                &*reply.case_id,
                operator["id"].as_str().unwrap_or_default(),
                operator["last_active_at"].as_str().unwrap_or_default(),
            );
            by_absence.entry(key).or_default().push(&reply.id);
        }
    }
    let doubled = by_absence.into_iter().filter(|(_, replies)| replies.len() > 1);
    doubled
        .map(|((case, operator, since), replies)| {
            Violation::on(
                case,
                format!("{} replies for the absence of {operator} since {since}: {replies:?}", replies.len()),
            )
        })
        .collect()
}

/// R15: who opted out gets nothing automatic. What counts is when the transaction began that let the reply go: if
/// the opt-out was acknowledged before that, it had to see it.
pub fn none_after_stop(index: &Index<'_>) -> Vec<Violation> {
    let mut keywords: HashMap<&str, Vec<&Webhook>> = HashMap::new();
    for webhook in index.history.webhooks.iter().filter(|webhook| webhook.kind != Kind::Text) {
        keywords.entry(&webhook.from).or_default().push(webhook);
    }
    let mut found = Vec::new();
    for arrival in &index.history.arrivals {
        let Some(message) =
            index.messages.get(&*arrival.message_id).filter(|message| message.author == "auto_reply")
        else {
            continue;
        };
        let events = index.events.get(&*arrival.message_id).map_or(&[][..], Vec::as_slice);
        let let_go_at = events.iter().copied().filter(|at| *at <= arrival.at).max().unwrap_or(arrival.at);
        let words = keywords.get(&*arrival.to).map_or(&[][..], Vec::as_slice);
        let stop = words.iter().filter(|word| word.kind == Kind::Stop).find(|stop| {
            let Some(acknowledged_at) = stop.acknowledged_at().filter(|at| *at < let_go_at) else {
                return false;
            };
            // A START that may have been taken after it lets replies through again.
            let since = stop.first_sent_at().unwrap_or(acknowledged_at);
            let mut starts = words.iter().filter(|word| word.kind == Kind::Start);
            !starts.any(|start| {
                start.calls.iter().any(|call| call.ended_at >= since && call.sent_at <= arrival.at)
            })
        });
        if let Some(stop) = stop {
            let what = format!(
                "reply {} was let go at {let_go_at} and reached the carrier at {}, but {} was acknowledged at {:?}",
                message.id,
                arrival.at,
                stop.sid,
                stop.acknowledged_at()
            );
            found.push(Violation::on(&message.case_id, what));
        }
    }
    found
}

/// Every reply that was decided has an outcome or is looked up on time; a cancelled one says why and never went.
pub fn outcomes(index: &Index<'_>) -> Vec<Violation> {
    let decisions = index.history.stored.decisions.iter();
    decisions
        .filter_map(|decision| {
            let wrong = match &*decision.outcome {
                "sent" => wrong_outcome(index, decision),
                "cancelled" => wrong_cancellation(index, decision),
                _ => None,
            };
            wrong.map(|why| Violation::on(&decision.case_id, format!("decision {}: {why}", decision.id)))
        })
        .collect()
}

fn wrong_outcome(index: &Index<'_>, decision: &Decision) -> Option<String> {
    let Some(reply) = decision.reply_id.as_deref().and_then(|id| index.messages.get(id)) else {
        return Some("it says sent and has no reply".to_owned());
    };
    let told = reply.delivery_error.as_deref().is_some_and(|why| !why.is_empty());
    let row = index.outbox.get(&*reply.id);
    match reply.delivery.as_deref().unwrap_or_default() {
        "sent" | "delivered" if taken_at(index, &reply.id).is_none() => {
            Some("its reply is marked as sent, but the carrier never got it".to_owned())
        }
        "sent" | "delivered" => None,
        "failed" | "unconfirmed" if told => None,
        status @ ("failed" | "unconfirmed") => Some(format!("its reply is {status} and does not say why")),
        status @ ("queued" | "attempting") => match row {
            None => Some(format!("its reply is {status} for ever: it is not in the outbox")),
            Some(row) if is_overdue(index, row.due_at) && row.phase != "queued" && !in_line(index, reply) => {
                Some(format!("its reply is stuck: {} since {}", row.phase, row.due_at))
            }
            Some(row) if index.history.to_the_end => {
                Some(format!("its reply is still {} although there was time for every look-up", row.phase))
            }
            Some(_) => None,
        },
        status => Some(format!("it says sent, but its reply is {status:?}")),
    }
}

fn is_overdue(index: &Index<'_>, due_at: Ms) -> bool {
    due_at + PROMPT_MS < index.history.read_at
}

/// Whether another message to the customer is being handed over, or was when its node died and its lease has not run
/// out: look-ups wait for that, too.
fn in_line(index: &Index<'_>, reply: &Message) -> bool {
    let phone = |message: &Message| index.cases.get(&*message.case_id).map(|case| &case.phone);
    index.history.stored.outbox.iter().any(|other| {
        let message = index.messages.get(&*other.message_id).filter(|message| message.id != reply.id);
        let same = message.is_some_and(|message| phone(message) == phone(reply));
        same && other.phase == "attempting" && !is_overdue(index, other.due_at)
    })
}

fn wrong_cancellation(index: &Index<'_>, decision: &Decision) -> Option<String> {
    if !CANCELLED.contains(&&*decision.reason) {
        return Some(format!("{} is no reason to cancel", decision.reason));
    }
    let Some(reply) = decision.reply_id.as_deref().and_then(|id| index.messages.get(id)) else {
        return Some("what it cancelled is not there".to_owned());
    };
    if reply.delivery.as_deref() != Some("cancelled") || reply.delivery_error.is_none() {
        return Some(format!(
            "it is cancelled, but its reply is {:?}, {:?}",
            reply.delivery, reply.delivery_error
        ));
    }
    taken_at(index, &reply.id).map(|at| format!("it is cancelled, but the carrier got its reply at {at}"))
}

/// Only "certainly not processed" is tried again; that holds for people's messages, too.
pub fn not_twice(index: &Index<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    for (id, arrivals) in &index.arrivals {
        let mut earlier = arrivals.iter().take(arrivals.len() - 1);
        if earlier.any(|arrival| arrival.answer != Answer::TryLater) {
            let answers: Vec<_> = arrivals.iter().map(|arrival| (arrival.at, arrival.answer)).collect();
            let what = format!("message {id} was handed over again: {answers:?}");
            found.push(match index.messages.get(id) {
                Some(message) => Violation::on(&message.case_id, what),
                None => Violation::new(what),
            });
        }
    }
    found
}

/// Everything that the carrier got is a message of ours; what is automatic among it was decided.
pub fn decided(index: &Index<'_>) -> Vec<Violation> {
    let arrivals = index.history.arrivals.iter();
    arrivals
        .filter_map(|arrival| {
            let Some(message) = index.messages.get(&*arrival.message_id) else {
                return Some(Violation::new(format!("the carrier got {arrival:?}, which is not stored")));
            };
            let case = index.cases.get(&*message.case_id);
            if case.is_none_or(|case| case.phone != arrival.to) || message.body != arrival.body {
                return Some(Violation::on(
                    &message.case_id,
                    format!("the carrier got another text or address: {arrival:?}"),
                ));
            }
            let decisions = index.by_reply.get(&*message.id).map_or(&[][..], Vec::as_slice);
            let right = decisions.iter().any(|decision| matches!(&*decision.outcome, "sent" | "cancelled"));
            let wrong = message.author == "auto_reply" && !right;
            wrong.then(|| Violation::on(&message.case_id, format!("nobody decided to send {}", message.id)))
        })
        .collect()
}

/// A reply is handed over promptly once it is decided, and a watched message is decided promptly once it is due.
pub fn prompt(index: &Index<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    for reply in replies(index) {
        let due = reply.created_at;
        let by = deadline(&index.history.troubles, due);
        let first = index.first_arrival(&reply.id);
        let untouched =
            index.outbox.get(&*reply.id).is_some_and(|row| row.phase == "queued" && row.attempts == 0);
        let late = match first {
            Some(at) => at > by,
            None => untouched && index.history.read_at > by,
        };
        if late && !held_up(index, reply, first.unwrap_or(index.history.read_at)) {
            let what =
                format!("reply {} was decided at {due}, had to go by {by}, and went at {first:?}", reply.id);
            found.push(Violation::on(&reply.case_id, what));
        }
    }
    for decision in index.history.stored.decisions.iter().filter(|decision| decision.outcome == "sent") {
        if decision.facts["occasion"] == "due"
            && let Some(due) = due_at(index, decision)
            && decision.decided_at > deadline(&index.history.troubles, due)
        {
            let what =
                format!("decision {} was due at {due} and made at {}", decision.id, decision.decided_at);
            found.push(Violation::on(&decision.case_id, what));
        }
    }
    found
}

/// Whether another message to the same customer was on its way meanwhile: they go one after the other.
fn held_up(index: &Index<'_>, reply: &Message, until: Ms) -> bool {
    let Some(case) = index.cases.get(&*reply.case_id) else { return false };
    index.history.stored.messages.iter().any(|other| {
        other.author != "customer"
            && other.id != reply.id
            && other.created_at <= until
            && index.cases.get(&*other.case_id).is_some_and(|of_other| of_other.phone == case.phone)
            && (index.outbox.contains_key(&*other.id)
                || index
                    .events
                    .get(&*other.id)
                    .is_some_and(|events| events.iter().any(|at| *at >= reply.created_at)))
    })
}

/// When a watched message fell due, by the facts of its decision. While the threshold was longer for a moment, it
/// was not due before it was shortened again.
fn due_at(index: &Index<'_>, decision: &Decision) -> Option<Ms> {
    let facts = &decision.facts;
    let threshold_ms = facts["setting"]["threshold_minutes"].as_i64()? * 60_000;
    let last_active_at = instant(&facts["operator"]["last_active_at"])?;
    let since = instant(&facts["history"]["watch_from"]).unwrap_or(0).max(last_active_at);
    let due = since + threshold_ms + 1;
    let settings = index.history.requests.iter().filter_map(|request| match request.wish {
        Wish::Setting { minutes } => Some((minutes, request)),
        _ => None,
    });
    let longer = settings.clone().filter(|(minutes, _)| i64::from(*minutes) * 60_000 > threshold_ms);
    let first_longer = longer
        .filter_map(|(_, request)| request.calls.first().map(|call| call.sent_at))
        .filter(|at| *at <= decision.decided_at && *at > due - 30_000)
        .min();
    let Some(first_longer) = first_longer else { return Some(due) };
    let shortened = settings.filter_map(|(_, request)| request.acknowledged_at());
    let last = shortened.filter(|at| *at >= first_longer && *at <= decision.decided_at + PROMPT_MS).max();
    Some(last.unwrap_or(due).max(due))
}

/// What a node was about to hand over it hands over, and what the carrier answered it writes down, also if the
/// database is away at that moment: a message stays uncertain only if the node died or the carrier left it so.
pub fn remembered(index: &Index<'_>) -> Vec<Violation> {
    let messages = index.history.stored.messages.iter().filter(|message| message.author != "customer");
    messages
        .filter_map(|message| {
            let row = index.outbox.get(&*message.id);
            let in_doubt = message.delivery.as_deref() == Some("unconfirmed")
                || row.is_some_and(|row| row.phase == "unknown")
                || row.is_some_and(|row| row.phase == "attempting" && row.due_at < index.history.read_at + STILL_AT_IT_MS);
            let arrivals = index.arrivals.get(&*message.id).map_or(&[][..], Vec::as_slice);
            let given_up = arrivals.iter().filter(|arrival| arrival.answer == Answer::Uncertain).map(|arrival| arrival.at);
            // Without an arrival the hand-over began with the attempt, which is the event after the message's own.
            let attempt = index.events.get(&*message.id).and_then(|events| events.get(1).copied());
            let last = arrivals.last().map(|arrival| arrival.at).or(attempt);
            let doubted = given_up.chain(last.filter(|_| in_doubt)).find(|at| !unsettled(index, *at))?;
            let what = format!(
                "the hand-over of {} at {doubted} was given up or its answer forgotten: {:?}, {row:?}, {arrivals:?}",
                message.id, message.delivery
            );
            Some(Violation::on(&message.case_id, what))
        })
        .collect()
}

fn unsettled(index: &Index<'_>, at: Ms) -> bool {
    let mut troubles = index.history.troubles.iter().filter(|trouble| trouble.unsettles);
    troubles.any(|trouble| trouble.from < at + HAND_OVER_MS && trouble.until > at - HAND_OVER_MS)
}
