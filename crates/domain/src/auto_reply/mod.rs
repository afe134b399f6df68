//! The decision: does this customer message get an automatic reply, whose, and why (or why not).
//!
//! [`decide`] is the only place in the product that says "send". It is a pure function of [`Facts`]: the same
//! facts give the same decision for ever.

pub mod absence;
pub mod back_at;
pub mod decision;
pub mod explain;
pub mod facts;
pub mod personal;
pub mod remedy;
pub mod setting;
pub mod template;

pub use decision::{Decision, Layer, Outcome, Reason, Rule};
pub use facts::{Facts, HandOver, Occasion};

use crate::time::{DAY_MS, Instant, MINUTE_MS};

/// At most this many automatic replies to one customer address within 24 h (R9).
pub const LOOP_GUARD_REPLIES: u32 = 5;

/// How long an away message yields to a human message, and office hours to activity (R11, R12), in milliseconds.
pub const RECENT_MS: i64 = 5 * MINUTE_MS;

/// The longest time between decision and hand-over (R19), in milliseconds.
pub const OUTDATED_AFTER_MS: i64 = 15 * MINUTE_MS;

/// Decides about a customer's message, by section 5 of the rule book.
pub fn decide(facts: &Facts) -> Decision {
    if let Some(reason) = facts.ended {
        return not_sent(reason, rule_of_end(reason));
    }
    let decision = judge(facts);
    match facts.hand_over.as_ref().and_then(check_hand_over) {
        Some(reason) if decision.outcome == Outcome::Sent => {
            Decision { outcome: Outcome::Cancelled, reason, rule: Rule(19), layer: decision.layer }
        }
        _ => decision,
    }
}

/// The check immediately before hand-over (R19): the reason to cancel, if there is one.
pub fn check_hand_over(found: &HandOver) -> Option<Reason> {
    if found.opted_out {
        Some(Reason::OptedOut)
    } else if found.switched_off {
        Some(Reason::Disabled)
    } else if found.answered {
        Some(Reason::Answered)
    } else if found.restored || found.at.since_ms(found.decided_at) > OUTDATED_AFTER_MS {
        Some(Reason::Outdated)
    } else {
        None
    }
}

/// The reasons in their order: the first that holds decides.
fn judge(facts: &Facts) -> Decision {
    let Facts { at, message, history, setting, .. } = facts;
    if message.keyword.is_some() {
        return not_sent(Reason::Keyword, Rule(15));
    }
    if facts.opted_out {
        return not_sent(Reason::OptedOut, Rule(15));
    }
    if message.reads_like_stop {
        return not_sent(Reason::ReadsLikeStop, Rule(15));
    }
    if message.not_repliable.is_some() {
        return not_sent(Reason::NotRepliable, Rule(1));
    }
    if message.echo || history.auto_replies_24h >= LOOP_GUARD_REPLIES {
        return not_sent(Reason::LoopGuard, Rule(9));
    }
    if facts.operator.is_none() {
        return watched_if(setting.while_waiting, Reason::Unassigned, Rule(3), None);
    }
    if facts.covered_by.is_some() {
        return not_sent(Reason::Covered, Rule(24));
    }
    let due = facts.due_at().is_some_and(|due_at| *at >= due_at);
    let watched = |layer| {
        let rule = if setting.while_waiting { Rule(5) } else { Rule(2) };
        watched_if(setting.while_waiting, Reason::OperatorActive, rule, Some(layer))
    };
    let layer = match facts.speaking_layer() {
        Some(layer @ (Layer::Away | Layer::OfficeHours)) => {
            let decision = speak(facts, layer);
            // They answer a message that comes, or a watch that falls due; reassigning sends nothing (R14, R17).
            let waits = facts.occasion != Occasion::Arrival && !due;
            let speaks = matches!(decision.reason, Reason::Sent | Reason::Stale);
            return if waits && speaks { watched(layer) } else { decision };
        }
        Some(Layer::Organization) if !setting.enabled => return not_sent(Reason::Disabled, Rule(18)),
        Some(layer) => layer,
        None => return not_sent(Reason::PersonalSetUp, Rule(14)),
    };
    // R17: of a case that changes hands only the reasons up to `disabled` end the watch at once; `stale` waits
    // until it falls due.
    if stale(facts) && (due || facts.occasion != Occasion::Assignment) {
        return not_sent(Reason::Stale, Rule(5));
    }
    if !due {
        return watched(layer);
    }
    if history.absence_replied {
        return not_sent(Reason::AlreadyReplied, Rule(7));
    }
    if in_quiet_period(*at, history.last_auto_reply_at, setting.quiet_minutes) {
        return not_sent(Reason::QuietPeriod, Rule(8));
    }
    let rule = match (layer, facts.occasion) {
        (Layer::Organization, Occasion::Arrival) => Rule(4),
        (Layer::Organization, _) => Rule(5),
        _ => Rule(13),
    };
    Decision { outcome: Outcome::Sent, reason: Reason::Sent, rule, layer: Some(layer) }
}

/// An away message or the text for outside the hours speaks: on the message, whether or not the threshold has
/// passed, once per window or closed period (R11, R12).
fn speak(facts: &Facts, layer: Layer) -> Decision {
    let Facts { at, history, operator, .. } = facts;
    let within = |then: Option<Instant>| then.is_some_and(|then| at.since_ms(then) < RECENT_MS);
    let last_active_at = operator.as_ref().map(|operator| operator.presence.last_active_at);
    let rule = if layer == Layer::Away { Rule(11) } else { Rule(12) };
    if history.window_replied {
        not_sent(Reason::AlreadyReplied, rule)
    } else if layer == Layer::Away && within(history.last_human_at) {
        not_sent(Reason::RecentHumanMessage, rule)
    } else if layer == Layer::OfficeHours && within(last_active_at) {
        not_sent(Reason::RecentActivity, rule)
    } else if stale(facts) {
        not_sent(Reason::Stale, rule)
    } else {
        Decision { outcome: Outcome::Sent, reason: Reason::Sent, rule, layer: Some(layer) }
    }
}

/// Too old to be answered by a machine: more than 24 h, or from before the database was put back from a backup.
fn stale(facts: &Facts) -> bool {
    facts.message.before_restore || facts.at.since_ms(facts.message.received_at) > DAY_MS
}

/// R8: within the quiet period no other automatic reply is sent; exactly that long after is allowed. 0 is off,
/// also while a clock set back makes the last reply seem to come.
fn in_quiet_period(at: Instant, last_auto_reply_at: Option<Instant>, quiet_minutes: u32) -> bool {
    let quiet_ms = i64::from(quiet_minutes) * MINUTE_MS;
    quiet_ms > 0 && last_auto_reply_at.is_some_and(|last| at.since_ms(last) < quiet_ms)
}

fn rule_of_end(reason: Reason) -> Rule {
    match reason {
        Reason::OptedOut => Rule(15),
        Reason::Closed => Rule(16),
        Reason::Disabled => Rule(18),
        Reason::PersonalSetUp => Rule(14),
        Reason::Unassigned => Rule(3),
        _ => Rule(5),
    }
}

const fn not_sent(reason: Reason, rule: Rule) -> Decision {
    Decision { outcome: Outcome::NotSent, reason, rule, layer: None }
}

/// A watch while R5 is on; without it the reason is final.
const fn watched_if(while_waiting: bool, reason: Reason, rule: Rule, layer: Option<Layer>) -> Decision {
    if while_waiting {
        Decision { outcome: Outcome::Watching, reason, rule, layer }
    } else {
        not_sent(reason, rule)
    }
}
