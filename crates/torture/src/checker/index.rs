//! A history with what is looked for in it.

use std::collections::HashMap;

use serde_json::Value;

use crate::history::{Arrival, Case, Decision, History, Message, Ms, Outbox, User};

/// A history, by the keys of what is in it.
pub struct Index<'a> {
    /// All of it.
    pub history: &'a History,
    /// Messages by id.
    pub messages: HashMap<&'a str, &'a Message>,
    /// Customers' messages by the carrier's id.
    pub by_sid: HashMap<&'a str, Vec<&'a Message>>,
    /// Decisions by the customer's message.
    pub decisions: HashMap<&'a str, Vec<&'a Decision>>,
    /// Decisions by their reply.
    pub by_reply: HashMap<&'a str, Vec<&'a Decision>>,
    /// What the carrier got, by our id, in order.
    pub arrivals: HashMap<&'a str, Vec<&'a Arrival>>,
    /// What is on its way, by our id.
    pub outbox: HashMap<&'a str, &'a Outbox>,
    /// Cases by id.
    pub cases: HashMap<&'a str, &'a Case>,
    /// People by id.
    pub users: HashMap<&'a str, &'a User>,
    /// When something happened to a message, by its id, in order.
    pub events: HashMap<&'a str, Vec<Ms>>,
}

impl<'a> Index<'a> {
    /// The index of a history.
    pub fn of(history: &'a History) -> Self {
        let stored = &history.stored;
        let customers = stored.messages.iter().filter(|message| message.author == "customer");
        let events = stored.message_events.iter();
        Self {
            history,
            messages: stored.messages.iter().map(|message| (&*message.id, message)).collect(),
            by_sid: groups(customers.filter_map(|message| Some((message.provider_id.as_deref()?, message)))),
            decisions: groups(stored.decisions.iter().map(|decision| (&*decision.message_id, decision))),
            by_reply: groups(
                stored
                    .decisions
                    .iter()
                    .filter_map(|decision| Some((decision.reply_id.as_deref()?, decision))),
            ),
            arrivals: groups(history.arrivals.iter().map(|arrival| (&*arrival.message_id, arrival))),
            outbox: stored.outbox.iter().map(|row| (&*row.message_id, row)).collect(),
            cases: stored.cases.iter().map(|case| (&*case.id, case)).collect(),
            users: stored.users.iter().map(|user| (&*user.id, user)).collect(),
            events: groups(events.map(|(id, at)| (&**id, *at))),
        }
    }

    /// The first time that the carrier got this message.
    pub fn first_arrival(&self, message_id: &str) -> Option<Ms> {
        self.arrivals.get(message_id)?.iter().map(|arrival| arrival.at).min()
    }
}

fn groups<'a, T>(pairs: impl Iterator<Item = (&'a str, T)>) -> HashMap<&'a str, Vec<T>> {
    let mut groups: HashMap<&str, Vec<T>> = HashMap::new();
    for (key, value) in pairs {
        groups.entry(key).or_default().push(value);
    }
    groups
}

/// An instant as the facts of a decision bear it.
pub fn instant(value: &Value) -> Option<Ms> {
    Some(value.as_str()?.parse::<jiff::Timestamp>().ok()?.as_millisecond())
}
