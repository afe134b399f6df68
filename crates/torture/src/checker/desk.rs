//! What people at the desk were promised, and the nodes themselves.

use std::collections::HashMap;

use super::Violation;
use super::index::{Index, instant};
use crate::history::{Call, Ms, Request, Wish};

/// However often a message was asked for under one key, it is stored once; and once it was acknowledged.
pub fn messages_once(index: &Index<'_>) -> Vec<Violation> {
    let mut stored: HashMap<&str, usize> = HashMap::new();
    for message in index.history.stored.messages.iter().filter(|message| message.author == "operator") {
        *stored.entry(&message.body).or_default() += 1;
    }
    let requests = index.history.requests.iter();
    requests
        .filter_map(|request| {
            let Wish::Message { case_id, body } = &request.wish else { return None };
            let count = stored.get(&**body).copied().unwrap_or(0);
            let least = usize::from(request.acknowledged_at().is_some());
            (count < least || count > 1).then(|| {
                Violation::on(case_id, format!("{body:?} is stored {count} times: {:?}", request.calls))
            })
        })
        .collect()
}

/// Acknowledged requests of a person that count as activity: from when it can be dated at the earliest, and when it
/// was acknowledged. A change is answered with success as soon as it is stored, also if the database goes away before
/// it is stamped as activity: only reported activity is promised then.
fn activities<'a>(index: &Index<'a>) -> impl Iterator<Item = (&'a str, Ms, Ms)> {
    let reads = |request: &&Request| !matches!(&request.wish, Wish::Other(what) if what.starts_with("look"));
    let troubles = &index.history.troubles;
    index.history.requests.iter().filter(reads).flat_map(move |request| {
        let stamped = move |call: &&Call| {
            let mut away = troubles.iter().filter(|trouble| trouble.excuses);
            request.wish == Wish::Activity
                || !away.any(|trouble| trouble.from < call.ended_at && trouble.until > call.sent_at)
        };
        let good = request
            .calls
            .iter()
            .filter(|call| call.status.is_some_and(|status| (200..300).contains(&status)));
        good.filter(stamped).map(|call| (&*request.user_id, call.sent_at, call.ended_at))
    })
}

/// Acknowledged activity is stored, and no decision on any node that began afterwards thinks the operator was last
/// active before it.
pub fn activity_seen(index: &Index<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut of_user: HashMap<&str, Vec<(Ms, Ms)>> = HashMap::new();
    for (user, sent_at, acknowledged_at) in activities(index) {
        of_user.entry(user).or_default().push((sent_at, acknowledged_at));
        if index.users.get(user).is_some_and(|stored| stored.last_active_at < sent_at) {
            found.push(Violation::new(format!(
                "activity of {user} at {sent_at} was acknowledged and is not stored"
            )));
        }
    }
    for decision in index.history.stored.decisions.iter().filter(|decision| decision.facts["ended"].is_null())
    {
        let operator = &decision.facts["operator"];
        let Some(activities) = operator["id"].as_str().and_then(|id| of_user.get(id)) else { continue };
        let (Some(at), Some(known)) = (instant(&decision.facts["at"]), instant(&operator["last_active_at"]))
        else {
            continue;
        };
        let missed =
            activities.iter().find(|(sent_at, acknowledged_at)| *acknowledged_at < at && *sent_at > known);
        if let Some((sent_at, acknowledged_at)) = missed {
            let what = format!(
                "decision {} at {at} thinks that its operator was last active at {known}, but activity from {sent_at} \
                 was acknowledged at {acknowledged_at}",
                decision.id
            );
            found.push(Violation::on(&decision.case_id, what));
        }
    }
    found
}

/// No decision on any node that began after a setting was acknowledged goes by an older one.
pub fn setting_seen(index: &Index<'_>) -> Vec<Violation> {
    let settings =
        index.history.requests.iter().filter(|request| matches!(request.wish, Wish::Setting { .. }));
    let versions: Vec<(Ms, i64)> = settings
        .filter_map(|request| Some((request.acknowledged_at()?, request.answer["version"].as_i64()?)))
        .collect();
    let mut found = Vec::new();
    for decision in index.history.stored.decisions.iter().filter(|decision| decision.facts["ended"].is_null())
    {
        let known = decision.facts["setting"]["version"].as_i64();
        let (Some(at), Some(known)) = (instant(&decision.facts["at"]), known) else { continue };
        if let Some((acknowledged_at, version)) =
            versions.iter().find(|(acknowledged_at, version)| *acknowledged_at < at && *version > known)
        {
            let what = format!(
                "decision {} at {at} goes by version {known} of the setting, but {version} was acknowledged at \
                 {acknowledged_at}",
                decision.id
            );
            found.push(Violation::on(&decision.case_id, what));
        }
    }
    found
}

/// A reader of events who came back with the last id has been told of every message since they first had a place,
/// or was told to load everything again after it.
pub fn readers(index: &Index<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    for reader in &index.history.readers {
        let Some(since) = reader.since else {
            found.push(Violation::new(format!("{} never had a place in the events", reader.name)));
            continue;
        };
        for message in &index.history.stored.messages {
            let excused = reader.reset_at.is_some_and(|reset_at| reset_at >= message.created_at);
            if message.created_at > since && !excused && !reader.messages.contains(&message.id) {
                let what = format!(
                    "{} was not told of message {} of {}; it came to nodes {:?}",
                    reader.name, message.id, message.created_at, reader.connections
                );
                found.push(Violation::on(&message.case_id, what));
            }
        }
    }
    found
}

/// Nobody complained.
pub fn complaints(index: &Index<'_>) -> Vec<Violation> {
    index.history.complaints.iter().map(Violation::new).collect()
}
