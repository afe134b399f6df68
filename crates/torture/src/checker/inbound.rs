//! What customers sent: stored once, decided once, and watched only by the rules.

use std::collections::HashSet;

use super::Violation;
use super::health::deadline;
use super::index::Index;

/// An acknowledged text is stored exactly once; nothing is stored twice or made up.
pub fn stored_once(index: &Index<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    for webhook in &index.history.webhooks {
        let stored = index.by_sid.get(&*webhook.sid).map_or(&[][..], Vec::as_slice);
        let what = format!("{} of {} ({})", webhook.sid, webhook.from, webhook.body);
        match (stored, webhook.acknowledged_at()) {
            ([], Some(at)) => {
                found.push(Violation::new(format!("{what} was acknowledged at {at} and is not stored")))
            }
            ([message], _) if message.body != webhook.body => {
                found
                    .push(Violation::on(&message.case_id, format!("{what} is stored as {:?}", message.body)));
            }
            ([], None) if index.history.to_the_end => {
                found.push(Violation::new(format!("{what} is in the carrier's list and was not taken in")));
            }
            ([], None) | ([_], _) => {}
            ([message, ..], _) => {
                let times = stored.len();
                found.push(Violation::on(&message.case_id, format!("{what} is stored {times} times")));
            }
        }
    }
    let sent: HashSet<&str> = index.history.webhooks.iter().map(|webhook| &*webhook.sid).collect();
    for (sid, stored) in &index.by_sid {
        if !sent.contains(sid) {
            found.push(Violation::on(&stored[0].case_id, format!("nobody sent {sid}")));
        }
    }
    found
}

/// Every customer's message has one decision, and nothing else has any.
pub fn decided_once(index: &Index<'_>) -> Vec<Violation> {
    let customers = index.history.stored.messages.iter().filter(|message| message.author == "customer");
    let mut found: Vec<Violation> = customers
        .filter_map(|message| {
            let count = index.decisions.get(&*message.id).map_or(0, Vec::len);
            (count != 1).then(|| {
                Violation::on(&message.case_id, format!("message {} has {count} decisions", message.id))
            })
        })
        .collect();
    for (id, decisions) in &index.decisions {
        if index.messages.get(id).is_none_or(|message| message.author != "customer") {
            let what = format!("decision {} is not about a customer's message", decisions[0].id);
            found.push(Violation::on(&decisions[0].case_id, what));
        }
    }
    found
}

/// A message is watched while its case has nobody, or somebody who is not inactive yet; never on a closed case or
/// for a customer who opted out.
pub fn settled(index: &Index<'_>) -> Vec<Violation> {
    let watching = index.history.stored.decisions.iter().filter(|decision| decision.outcome == "watching");
    watching
        .filter_map(|decision| {
            let Some(case) = index.cases.get(&*decision.case_id) else {
                return Some(Violation::new(format!(
                    "decision {} watches a case that is not there",
                    decision.id
                )));
            };
            let wrong = |why: String| {
                Some(Violation::on(&case.id, format!("decision {} is watching, {why}", decision.id)))
            };
            if case.status != "open" {
                return wrong("but its case is closed".to_owned());
            }
            if case.opted_out {
                return wrong("but the customer opted out".to_owned());
            }
            let reason = if case.operator_id.is_some() { "operator_active" } else { "unassigned" };
            if decision.reason != reason {
                return wrong(format!("because {}, but it should be because {reason}", decision.reason));
            }
            let operator = index.users.get(case.operator_id.as_deref()?)?;
            let due = operator.last_active_at.max(case.watch_from.unwrap_or(0)) + operator.threshold_ms + 1;
            if deadline(&index.history.troubles, due) < index.history.read_at {
                return wrong(format!("but its operator is inactive since {due}"));
            }
            None
        })
        .collect()
}
