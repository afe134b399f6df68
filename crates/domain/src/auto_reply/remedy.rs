//! What would have to change for a reply to be sent: the sentence beside the one that says why none is.
//!
//! It names the first thing that stands against a reply. Something else may stand behind it, which the next
//! preview then tells.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::decision::{Layer, Outcome, Reason};
use super::facts::{Facts, NotRepliable};
use super::{LOOP_GUARD_REPLIES, RECENT_MS, decide};
use crate::time::{Instant, MINUTE_MS};

/// The sentence, open at the one instant that it may name, so that each reader sees it by their own clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// The words before the instant; all of them if there is none.
    pub before: String,
    /// A full minute, never earlier than what it tells.
    pub at: Option<Instant>,
    /// The words after the instant.
    pub after: String,
}

impl Remedy {
    fn timed(before: impl Into<String>, at: Instant, after: &str) -> Self {
        Self { before: before.into(), at: Some(at.to_whole_minute()), after: after.to_owned() }
    }

    /// The whole sentence, with the instant as wall time in `zone`, seen from `now`.
    pub fn sentence(&self, now: Instant, zone: &TimeZone) -> String {
        let time = self.at.map(|at| wall_time(at, now, zone)).unwrap_or_default();
        format!("{}{time}{}", self.before, self.after)
    }
}

/// What would have to change for the decision that these facts give; none if a reply is sent.
pub fn what_would_change(facts: &Facts) -> Option<Remedy> {
    let decision = decide(facts);
    (decision.outcome != Outcome::Sent).then(|| {
        let mut remedy = remedy(facts, decision.reason);
        if remedy.at.is_some() { &mut remedy.after } else { &mut remedy.before }.push('.');
        remedy
    })
}

fn remedy(facts: &Facts, reason: Reason) -> Remedy {
    timed(facts, reason).unwrap_or_else(|| Remedy {
        before: untimed(facts, reason),
        at: None,
        after: String::new(),
    })
}

/// What an instant alone would bring.
fn timed(facts: &Facts, reason: Reason) -> Option<Remedy> {
    let operator = facts.operator.as_ref()?;
    let name = &operator.name;
    Some(match reason {
        Reason::RecentHumanMessage => Remedy::timed(
            "The customer would have to write at ",
            facts.history.last_human_at?.plus_ms(RECENT_MS),
            " or later, 5 min after somebody last wrote to them",
        ),
        Reason::RecentActivity => Remedy::timed(
            format!("{name} would have to be inactive until "),
            operator.presence.last_active_at.plus_ms(RECENT_MS),
            "",
        ),
        Reason::PersonalSetUp if facts.speaking_layer().is_none() => Remedy::timed(
            format!(
                "{name} would have to switch on a reply for inactivity, or the customer would have to write outside the office hours, which end at "
            ),
            operator.hours()?.period.end?,
            "",
        ),
        // The first instant of inactivity is a millisecond beyond the threshold.
        Reason::OperatorActive if facts.ended.is_none() && facts.setting.while_waiting => {
            Remedy::timed(format!("{name} would have to be inactive until "), facts.due_at()?.plus_ms(-1), "")
        }
        Reason::OperatorActive if facts.ended.is_none() => Remedy::timed(
            "The customer would have to write after ",
            facts.due_at()?.plus_ms(-1),
            &format!(", and {name} to be inactive until then"),
        ),
        Reason::QuietPeriod => Remedy::timed(
            "The customer would have to write at ",
            facts.history.last_auto_reply_at?.plus_ms(i64::from(facts.setting.quiet_minutes) * MINUTE_MS),
            " or later, when the quiet period is over",
        ),
        _ => return None,
    })
}

fn untimed(facts: &Facts, reason: Reason) -> String {
    let name = facts.operator.as_ref().map_or("the operator", |operator| operator.name.as_str());
    let threshold = format!("{} min", facts.threshold_ms() / MINUTE_MS);
    match reason {
        Reason::Keyword => "The customer would have to write something that is not a keyword".to_owned(),
        Reason::OptedOut => "The customer would have to text START to get messages again".to_owned(),
        Reason::ReadsLikeStop => {
            "An operator would have to say under the message that it was not meant so".to_owned()
        }
        Reason::NotRepliable => match facts.message.not_repliable {
            Some(NotRepliable::Reaction) => "The customer would have to write a message of their own",
            Some(NotRepliable::OwnNumber) => {
                "The message would have to come from a number that is not one of this installation's"
            }
            Some(NotRepliable::ShortCode | NotRepliable::Alphanumeric) => {
                "The message would have to come from a number that can be texted"
            }
            Some(NotRepliable::Automatic) | None => "The message would have to come from a person",
        }
        .to_owned(),
        Reason::LoopGuard if facts.message.echo => {
            "The customer would have to write something other than our own automatic replies".to_owned()
        }
        Reason::LoopGuard => format!(
            "Somebody would have to write to the customer, or the oldest of the {LOOP_GUARD_REPLIES} automatic replies would have to be 24 h old"
        ),
        Reason::Unassigned => "Somebody would have to be assigned to the case".to_owned(),
        Reason::Covered => {
            let who = facts.covered_by.as_ref().map_or("The secondary operator", |cover| cover.name.as_str());
            format!("{who} would have to be inactive, or no longer be a secondary operator of the case")
        }
        Reason::AlreadyReplied => match facts.speaking_layer() {
            Some(Layer::Away) => {
                format!("{name}'s away message would have to end; each is sent once on a case")
            }
            Some(Layer::OfficeHours) => {
                "The office hours would have to begin and end again; the text is sent once on a case in between"
                    .to_owned()
            }
            _ => format!(
                "{name} would have to be active and then inactive again for longer than {threshold}"
            ),
        },
        Reason::RecentHumanMessage => {
            "5 min would have to pass since somebody last wrote to the customer".to_owned()
        }
        Reason::RecentActivity => format!("{name} would have to be inactive for 5 min"),
        Reason::PersonalSetUp if facts.speaking_layer().is_none() => format!(
            "{name} would have to switch on a reply for inactivity, or the customer would have to write outside the office hours"
        ),
        Reason::Disabled => {
            "A System Admin would have to switch on the Inactivity Auto Reply".to_owned()
        }
        Reason::OperatorActive if facts.ended.is_some() => {
            "A System Admin would have to switch on replies while the customer waits".to_owned()
        }
        Reason::OperatorActive => format!("{name} would have to be inactive for longer than {threshold}"),
        Reason::QuietPeriod => "The quiet period would have to be over".to_owned(),
        // Each new message is judged anew.
        Reason::PersonalSetUp
        | Reason::Stale
        | Reason::Sent
        | Reason::Answered
        | Reason::Seen
        | Reason::Closed
        | Reason::Outdated => "The customer would have to write again".to_owned(),
    }
}

/// "2:05 PM (America/New_York)", or with the day if it is another than that of `now`: "2:05 PM on Tuesday, November 24
/// (America/New_York)". The zone is named because whoever reads it may live in another one. The clock is that of
/// `{{ back_at }}` (R23).
fn wall_time(at: Instant, now: Instant, zone: &TimeZone) -> String {
    let read = |instant: Instant| Timestamp::from_millisecond(instant.ms()).map(|t| t.to_zoned(zone.clone()));
    let (Ok(at), Ok(now)) = (read(at), read(now)) else { return at.to_string() };
    let time = at.strftime("%-I:%M %p");
    let day = if at.date() == now.date() { String::new() } else { at.strftime(" on %A, %B %-d").to_string() };
    let place = zone.iana_name().map(|name| format!(" ({name})")).unwrap_or_default();
    format!("{time}{day}{place}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auto_reply::Occasion;
    use crate::auto_reply::facts::{
        AwayFacts, CoverFacts, History, HoursFacts, MessageFacts, NoMark, OperatorFacts, SettingFacts,
    };
    use crate::hours::Period;
    use crate::id::{MessageId, UserId};
    use crate::keyword::Keyword;
    use crate::presence::{ActivityKind, Presence};
    use uuid::Uuid;

    fn at(text: &str) -> Instant {
        format!("2026-11-23T{text}-05:00").parse().unwrap()
    }

    /// At 14:00 in New York Ana, active at 13:55, gets a message; the threshold is 10 min.
    fn facts() -> Facts {
        Facts {
            at: at("14:00:00"),
            occasion: Occasion::Arrival,
            message: MessageFacts {
                id: MessageId(Uuid::max()),
                received_at: at("14:00:00"),
                keyword: None,
                not_repliable: None,
                echo: false,
                before_restore: false,
                reads_like_stop: false,
            },
            opted_out: false,
            opted_out_by: None,
            history: History::default(),
            operator: Some(OperatorFacts {
                id: UserId(Uuid::nil()),
                name: "Ana".to_owned(),
                presence: Presence {
                    last_active_at: at("13:55:00"),
                    last_activity: ActivityKind::Input,
                    deactivated_at: None,
                },
                personal_inactivity: None,
                away: None,
                office_hours: None,
            }),
            covered_by: None,
            setting: SettingFacts {
                enabled: true,
                threshold_minutes: 10,
                while_waiting: true,
                quiet_minutes: 0,
                version: 1,
                enabled_mark: NoMark,
            },
            ended: None,
            hand_over: None,
        }
    }

    fn ana(facts: &mut Facts) -> &mut OperatorFacts {
        facts.operator.as_mut().unwrap()
    }

    fn away(facts: &mut Facts) {
        ana(facts).away = Some(AwayFacts {
            starts_at: at("09:00:00"),
            window: None,
            ends_at: None,
            back_at: None,
            version: 1,
        });
    }

    fn hours(facts: &mut Facts, open: bool) {
        let period = Period { open, start: Some(at("09:00:00")), end: Some(at("17:00:00")) };
        ana(facts).office_hours = Some(HoursFacts { period, version: 1 });
    }

    #[test]
    fn each_reason_says_what_would_have_to_change() {
        type Change = fn(&mut Facts);
        let absent: Change = |f| ana(f).presence.last_active_at = at("12:00:00");
        let table: [(Change, Option<&str>); 25] = [
            (absent, None),
            (|_| {}, Some("Ana would have to be inactive until 2:05 PM (America/New_York).")),
            (
                |f| ana(f).presence.last_active_at = at("13:55:30"),
                Some("Ana would have to be inactive until 2:06 PM (America/New_York)."),
            ),
            (
                |f| f.setting.threshold_minutes = 1_440,
                Some(
                    "Ana would have to be inactive until 1:55 PM on Tuesday, November 24 (America/New_York).",
                ),
            ),
            (
                |f| f.setting.while_waiting = false,
                Some(
                    "The customer would have to write after 2:05 PM (America/New_York), and Ana to be inactive until then.",
                ),
            ),
            (
                |f| f.ended = Some(Reason::OperatorActive),
                Some("A System Admin would have to switch on replies while the customer waits."),
            ),
            (
                |f| f.setting.enabled = false,
                Some("A System Admin would have to switch on the Inactivity Auto Reply."),
            ),
            (
                |f| f.message.keyword = Some(Keyword::Help),
                Some("The customer would have to write something that is not a keyword."),
            ),
            (|f| f.opted_out = true, Some("The customer would have to text START to get messages again.")),
            (
                |f| f.message.not_repliable = Some(NotRepliable::Reaction),
                Some("The customer would have to write a message of their own."),
            ),
            (
                |f| f.message.not_repliable = Some(NotRepliable::ShortCode),
                Some("The message would have to come from a number that can be texted."),
            ),
            (
                |f| f.message.echo = true,
                Some("The customer would have to write something other than our own automatic replies."),
            ),
            (
                |f| f.history.auto_replies_24h = 5,
                Some(
                    "Somebody would have to write to the customer, or the oldest of the 5 automatic replies would have to be 24 h old.",
                ),
            ),
            (|f| f.operator = None, Some("Somebody would have to be assigned to the case.")),
            (
                |f| f.covered_by = Some(CoverFacts { id: UserId(Uuid::max()), name: "Ben".to_owned() }),
                Some("Ben would have to be inactive, or no longer be a secondary operator of the case."),
            ),
            (away, None),
            (
                |f| {
                    away(f);
                    f.history.window_replied = true;
                },
                Some("Ana's away message would have to end; each is sent once on a case."),
            ),
            (
                |f| {
                    away(f);
                    f.history.last_human_at = Some(at("13:58:00"));
                },
                Some(
                    "The customer would have to write at 2:03 PM (America/New_York) or later, 5 min after somebody last wrote to them.",
                ),
            ),
            (|f| hours(f, false), None),
            (
                |f| {
                    hours(f, false);
                    ana(f).presence.last_active_at = at("13:59:00");
                },
                Some("Ana would have to be inactive until 2:04 PM (America/New_York)."),
            ),
            (
                |f| {
                    hours(f, false);
                    f.history.window_replied = true;
                },
                Some(
                    "The office hours would have to begin and end again; the text is sent once on a case in between.",
                ),
            ),
            (
                |f| hours(f, true),
                Some(
                    "Ana would have to switch on a reply for inactivity, or the customer would have to write outside the office hours, which end at 5:00 PM (America/New_York).",
                ),
            ),
            (
                |f| {
                    ana(f).presence.last_active_at = at("12:00:00");
                    f.history.absence_replied = true;
                },
                Some("Ana would have to be active and then inactive again for longer than 10 min."),
            ),
            (
                |f| {
                    ana(f).presence.last_active_at = at("12:00:00");
                    f.setting.quiet_minutes = 60;
                    f.history.last_auto_reply_at = Some(at("13:30:00"));
                },
                Some(
                    "The customer would have to write at 2:30 PM (America/New_York) or later, when the quiet period is over.",
                ),
            ),
            (
                |f| {
                    ana(f).presence.last_active_at = at("12:00:00");
                    f.message.received_at = Instant::from_ms(0);
                },
                Some("The customer would have to write again."),
            ),
        ];
        let zone = TimeZone::get("America/New_York").unwrap();
        for (i, (change, sentence)) in table.into_iter().enumerate() {
            let mut facts = facts();
            change(&mut facts);
            let told = what_would_change(&facts).map(|remedy| remedy.sentence(facts.at, &zone));
            assert_eq!(told.as_deref(), sentence, "row {i}");
        }
    }
}
