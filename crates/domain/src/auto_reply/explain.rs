//! One sentence in plain words for every decision: the same in page, API and command line (section 7).

use super::decision::{Decision, Layer, Outcome, Reason};
use super::facts::{Facts, NotRepliable};
use super::{LOOP_GUARD_REPLIES, decide};
use crate::customer::opted_out_clause;
use crate::presence::ActivityKind;
use crate::time::{Instant, MINUTE_MS, in_words};

/// The sentence for the decision that these facts give.
pub fn sentence(facts: &Facts) -> String {
    let decision = decide(facts);
    match decision.outcome {
        Outcome::Sent => sent(facts, decision),
        Outcome::NotSent => format!("No automatic reply: {}.", because(facts, decision.reason)),
        Outcome::Watching => watching(facts, decision.reason),
        Outcome::Cancelled => {
            format!(
                "Automatic reply cancelled before it was sent: {}.",
                cancelled_because(facts, decision.reason)
            )
        }
    }
}

/// The sentence for the decision that a message would get, whose facts these are: it has not come.
pub fn foretold(facts: &Facts) -> String {
    let decision = decide(facts);
    let name = name(facts);
    match (decision.outcome, decision.layer) {
        (Outcome::Sent, Some(Layer::Away)) => {
            format!("The away message would be sent: {name} would be away.")
        }
        (Outcome::Sent, Some(Layer::OfficeHours)) => {
            format!("An automatic reply would be sent: the message would come outside {name}'s office hours.")
        }
        (Outcome::Sent, Some(Layer::PersonalInactivity)) => format!(
            "{name}'s own automatic reply would be sent: {}; {}.",
            inactivity(facts, "would have been"),
            threshold(facts)
        ),
        (Outcome::Sent, Some(Layer::Organization) | None) => format!(
            "An automatic reply would be sent: {}; {}.",
            inactivity(facts, "would have been"),
            threshold(facts)
        ),
        (Outcome::Watching, _) if decision.reason != Reason::Unassigned => format!(
            "Nothing would be sent at once: {}; the automatic reply would be sent once {name} had been inactive for longer than {}.",
            activity(facts),
            minutes(facts.threshold_ms())
        ),
        (Outcome::NotSent, _) => {
            format!("No automatic reply would be sent: {}.", because(facts, decision.reason))
        }
        (Outcome::Watching | Outcome::Cancelled, _) => sentence(facts),
    }
}

fn sent(facts: &Facts, decision: Decision) -> String {
    match decision.layer {
        Some(Layer::Away) => format!("Away message sent: {} is away.", name(facts)),
        Some(Layer::OfficeHours) => {
            format!("Automatic reply sent: the message came outside {}'s office hours.", name(facts))
        }
        Some(Layer::PersonalInactivity) => {
            format!(
                "{}'s own automatic reply sent: {}; {}.",
                name(facts),
                inactivity(facts, "had been"),
                threshold(facts)
            )
        }
        Some(Layer::Organization) | None => {
            format!("Automatic reply sent: {}; {}.", inactivity(facts, "had been"), threshold(facts))
        }
    }
}

fn watching(facts: &Facts, reason: Reason) -> String {
    if reason == Reason::Unassigned {
        return "Nobody is assigned, so no automatic reply can go out.".to_owned();
    }
    let name = name(facts);
    match facts.history.watch_from.filter(|from| *from >= last_active_at(facts)) {
        Some(_) => format!(
            "Waiting: the case was handed to {name}; the automatic reply is sent once {name} has had it and been inactive for longer than {}.",
            minutes(facts.threshold_ms())
        ),
        None => format!(
            "Waiting: {}; the automatic reply is sent once {name} has been inactive for longer than {}.",
            activity(facts),
            minutes(facts.threshold_ms())
        ),
    }
}

fn because(facts: &Facts, reason: Reason) -> String {
    match reason {
        Reason::Keyword => "the message is a keyword, which the carrier answers itself".to_owned(),
        Reason::OptedOut => {
            let found = facts.hand_over.and_then(|found| found.opted_out_by);
            opted_out_clause(found.or(facts.opted_out_by)).to_owned()
        }
        Reason::ReadsLikeStop => {
            "a message reads like a request not to be written to any more, and an operator is asked what was meant"
                .to_owned()
        }
        Reason::NotRepliable => match facts.message.not_repliable {
            Some(NotRepliable::ShortCode) => "the sender is a short code, which nobody reads",
            Some(NotRepliable::Alphanumeric) => "the sender is a name, not a number that can be texted",
            Some(NotRepliable::OwnNumber) => "the sender is one of this installation's own numbers",
            Some(NotRepliable::Reaction) => "the message is a reaction to another message",
            Some(NotRepliable::Automatic) | None => "the message is marked as automatic",
        }
        .to_owned(),
        Reason::LoopGuard if facts.message.echo => {
            "the message repeats one of our own automatic replies, so a machine may be answering".to_owned()
        }
        Reason::LoopGuard => format!(
            "the customer got {LOOP_GUARD_REPLIES} automatic replies within 24 h and no human message between them, so a machine may be answering"
        ),
        Reason::Unassigned => "nobody is assigned to the case".to_owned(),
        Reason::Covered => {
            let who = facts.covered_by.as_ref().map_or("a secondary operator", |cover| cover.name.as_str());
            format!("{who} is active on the case as a secondary operator")
        }
        Reason::AlreadyReplied if facts.speaking_layer() == Some(Layer::Away) => {
            format!("the customer already got {}'s away message", name(facts))
        }
        Reason::AlreadyReplied if facts.speaking_layer() == Some(Layer::OfficeHours) => {
            "the customer already got the text for outside the office hours since they ended".to_owned()
        }
        Reason::AlreadyReplied => {
            format!("the customer already got an automatic reply since {} was last active", name(facts))
        }
        Reason::RecentHumanMessage => "somebody wrote to the customer within the last 5 min".to_owned(),
        Reason::RecentActivity => format!("{} was active within the last 5 min", name(facts)),
        Reason::PersonalSetUp if facts.speaking_layer().is_none() => {
            format!(
                "{} has their own Auto Reply set up, but none for inactivity inside the office hours",
                name(facts)
            )
        }
        Reason::PersonalSetUp => {
            format!("{} has their own Auto Reply, and it does not apply to this message", name(facts))
        }
        Reason::Disabled => "the Inactivity Auto Reply is switched off".to_owned(),
        Reason::Stale if facts.ended.is_some() || facts.message.before_restore => {
            "the desk was restored from a backup after the message came, and it may have been answered already"
                .to_owned()
        }
        Reason::Stale => "the message is more than 24 h old".to_owned(),
        Reason::OperatorActive if facts.ended.is_some() => {
            "replies while the customer waits were switched off".to_owned()
        }
        Reason::OperatorActive => format!("{}; {}", activity(facts), threshold(facts)),
        Reason::QuietPeriod => {
            let ago = facts.history.last_auto_reply_at.map_or(0, |last| facts.at.since_ms(last));
            format!(
                "the customer got an automatic reply {} ago; the quiet period is {}",
                in_words(ago),
                minutes(i64::from(facts.setting.quiet_minutes) * MINUTE_MS)
            )
        }
        Reason::Answered => "somebody wrote to the customer first".to_owned(),
        Reason::Seen => format!("{} opened it", name(facts)),
        Reason::Closed => "the case was closed".to_owned(),
        Reason::Outdated if facts.hand_over.is_some_and(|found| found.restored) => {
            "the desk was restored from a backup after it was decided, and it may have been sent already".to_owned()
        }
        Reason::Outdated => "more than 15 min had passed since it was decided".to_owned(),
        Reason::Sent => "another automatic reply answered it".to_owned(),
    }
}

fn cancelled_because(facts: &Facts, reason: Reason) -> String {
    match reason {
        Reason::Disabled => "it was switched off in the meantime".to_owned(),
        other => because(facts, other),
    }
}

fn name(facts: &Facts) -> &str {
    facts.operator.as_ref().map_or("the operator", |operator| operator.name.as_str())
}

fn last_active_at(facts: &Facts) -> Instant {
    facts.operator.as_ref().map_or(facts.at, |operator| operator.presence.last_active_at)
}

fn inactivity(facts: &Facts, was: &str) -> String {
    let deactivated =
        facts.operator.as_ref().is_some_and(|operator| operator.presence.deactivated_at.is_some());
    if deactivated {
        return format!("{}'s account is deactivated", name(facts));
    }
    format!("{} {was} inactive for {}", name(facts), in_words(facts.at.since_ms(last_active_at(facts))))
}

fn activity(facts: &Facts) -> String {
    let ago = in_words(facts.at.since_ms(last_active_at(facts)));
    let never_seen = facts
        .operator
        .as_ref()
        .is_some_and(|operator| operator.presence.last_activity == ActivityKind::AccountCreated);
    match never_seen {
        true => format!("{}'s account was created {ago} ago", name(facts)),
        false => format!("{} was active {ago} ago", name(facts)),
    }
}

fn threshold(facts: &Facts) -> String {
    format!("the threshold is {}", minutes(facts.threshold_ms()))
}

/// A setting in the unit in which it was set.
fn minutes(duration_ms: i64) -> String {
    format!("{} min", duration_ms / MINUTE_MS)
}
