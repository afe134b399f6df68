//! What a history tells: in sum, and everything about one case in order of time.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::index::Index;
use crate::history::{Answer, Ms, Wish};

/// How much was looked at.
pub fn summary(index: &Index<'_>) -> String {
    let history = index.history;
    let stored = &history.stored;
    let posted: usize = history.webhooks.iter().map(|webhook| webhook.calls.len()).sum();
    let acknowledged = history.webhooks.iter().filter(|webhook| webhook.acknowledged_at().is_some()).count();
    let requests: usize = history.requests.iter().map(|request| request.calls.len()).sum();
    let uncertain = history.arrivals.iter().filter(|arrival| arrival.answer == Answer::Uncertain).count();
    let count =
        |outcome: &str| stored.decisions.iter().filter(|decision| decision.outcome == outcome).count();
    let due = stored.decisions.iter().filter(|d| d.outcome == "sent" && d.facts["occasion"] == "due").count();
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for decision in stored.decisions.iter() {
        *reasons.entry(&decision.reason).or_default() += 1;
    }
    let mut text = format!(
        "{} texts posted {posted} times, {acknowledged} acknowledged; {requests} requests at the desk; the carrier got \
         {} messages, {uncertain} of them with an uncertain answer\n\
         {} messages and {} decisions stored: {} sent ({due} of them after a watch), {} not sent, {} cancelled, {} \
         watching; reasons: {reasons:?}; {} on their way; {} troubles:",
        history.webhooks.len(),
        history.arrivals.len(),
        stored.messages.len(),
        stored.decisions.len(),
        count("sent"),
        count("not_sent"),
        count("cancelled"),
        count("watching"),
        stored.outbox.len(),
        history.troubles.len(),
    );
    for trouble in &history.troubles {
        let lasted_ms = trouble.until.saturating_sub(trouble.from);
        let excuse = if trouble.excuses { "" } else { ", no excuse" };
        write!(text, "\n    {} {}, over after {lasted_ms} ms{excuse}", trouble.from, trouble.what)
            .expect("writing to a string");
    }
    text
}

/// Everything about one case and its customer.
pub fn of_case(index: &Index<'_>, case_id: &str) -> String {
    let history = index.history;
    let mut lines: Vec<(Ms, String)> = Vec::new();
    let phone = index.cases.get(case_id).map_or("", |case| &case.phone);
    for webhook in history.webhooks.iter().filter(|webhook| webhook.from == phone) {
        for call in &webhook.calls {
            let what = format!("{} {:?} posted to node {}", webhook.sid, webhook.kind, call.node);
            lines.push((
                call.sent_at,
                format!("{what}: {:?} after {} ms", call.status, call.ended_at.saturating_sub(call.sent_at)),
            ));
        }
    }
    for request in &history.requests {
        let concerned = match &request.wish {
            Wish::Message { case_id: of, .. } => of == case_id,
            Wish::Other(what) => what.contains(case_id),
            Wish::Setting { .. } => true,
            Wish::Activity => false,
        };
        for call in request.calls.iter().filter(|_| concerned) {
            let what = format!(
                "{:?} at node {}: {:?} until {}",
                request.wish, call.node, call.status, call.ended_at
            );
            lines.push((call.sent_at, what));
        }
    }
    for arrival in history.arrivals.iter().filter(|arrival| arrival.to == phone) {
        lines.push((arrival.at, format!("the carrier got {}: {:?}", arrival.message_id, arrival.answer)));
    }
    let stored = &history.stored;
    for message in stored.messages.iter().filter(|message| message.case_id == case_id) {
        let what = format!(
            "message {} by {}, {:?} {:?}",
            message.id, message.author, message.delivery, message.delivery_error
        );
        lines.push((message.created_at, what));
        let events = index.events.get(&*message.id).into_iter().flatten();
        lines.extend(events.map(|at| (*at, format!("an event about message {}", message.id))));
    }
    for decision in stored.decisions.iter().filter(|decision| decision.case_id == case_id) {
        let what = format!(
            "decision {} about {}: {} {}",
            decision.id, decision.message_id, decision.outcome, decision.reason
        );
        lines.push((decision.decided_at, format!("{what}, reply {:?}", decision.reply_id)));
    }
    for row in &stored.outbox {
        if index.messages.get(&*row.message_id).is_some_and(|message| message.case_id == case_id) {
            lines.push((row.due_at, format!("still in the outbox, due now: {row:?}")));
        }
    }
    for trouble in &history.troubles {
        lines.push((trouble.from, format!("-- {} begins", trouble.what)));
        lines.push((trouble.until, format!("-- {} is over", trouble.what)));
    }
    let times = lines.iter().filter(|(_, line)| !line.starts_with("--")).map(|(at, _)| *at);
    let (first, last) = (times.clone().min().unwrap_or(0), times.max().unwrap_or(0));
    lines.retain(|(at, _)| (first - 1_000..=last + 10_000).contains(at));
    lines.sort();
    lines.iter().map(|(at, line)| format!("        {at} {line}\n")).collect()
}
