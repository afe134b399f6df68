//! Runs `scenarios/*.txt`: one table per rule, readable beside the rule book.
//!
//! A table's first line names its columns; what a table does not name has the default below, which is a message
//! that is answered: Ana, assigned, was last active 12 min ago, and everything is switched on. Columns before
//! the bar are facts, columns after it are what must be decided. A dot is the default, too.
//!
//! | fact | values | default |
//! |---|---|---|
//! | `text` | the customer's text in quotes | `"Hello"` |
//! | `sender` | `phone`, or a code of `not_repliable` | `phone` |
//! | `age` | how long ago the message came | `0 s` |
//! | `customer` | `in`, `opted_out` | `in` |
//! | `said_by` | who says that the customer is opted out, also at hand-over: `customer`, `carrier`, `operator`, or `unknown` | `unknown` |
//! | `active` | how long ago Ana was active; `nobody` if the case is unassigned | `12 min` |
//! | `by` | what that activity was | `input` |
//! | `deactivated` | how long ago Ana's account was deactivated, or `no` | `no` |
//! | `threshold` | the organization's | `10 min` |
//! | `org` | its reply: `on`, `off`, `later` (switched on after the message) | `on` |
//! | `own` | Ana's own reply: `none`, `on` (the organization's threshold), a threshold, `later` | `none` |
//! | `away` | Ana's away message: `none`, or how long ago its window in force began | `none` |
//! | `hours` | Ana's office hours: `none`, `open`, or how long ago they ended | `none` |
//! | `window` | whether the away window or closed period in force has had its reply on the case | `no` |
//! | `human` | how long ago a human wrote on the case, or `never` | `never` |
//! | `cover` | the secondary operator who is active, if that is respected, or `nobody` | `nobody` |
//! | `waiting` | `while_waiting` | `on` |
//! | `quiet` | the quiet period | `0 min` |
//! | `last_reply` | how long ago the case had an automatic reply and no human message since, or `never` | `never` |
//! | `replied` | whether this absence has had its reply on the case | `no` |
//! | `replies` | automatic replies to the customer within 24 h and no human message between them | `0` |
//! | `echo` | whether the text equals one of the last 5 automatic replies | `no` |
//! | `occasion` | `arrival`, `due`, `assignment` | `arrival` |
//! | `held` | how long Ana has had a case that changed hands while watched, or `always` | `always` |
//! | `ended` | the event that ended the watch, or `no` | `no` |
//! | `check` | at hand-over: how long after the decision, and what was found: `opted_out+off+answered`, or `no` | `no` |
//!
//! Expected: `outcome`, `reason`, `rule`, `due` (how long from now a watch falls due), `sentence` and `foretold`
//! (of a message that has not come; both in quotes).

use std::fmt::Write as _;

use domain::auto_reply::explain::{foretold, sentence};
use domain::auto_reply::facts::{
    AwayFacts, CoverFacts, HandOver, History, HoursFacts, MessageFacts, NoMark, NotRepliable, OperatorFacts,
    PersonalFacts, SettingFacts,
};
use domain::auto_reply::{Facts, Occasion, Reason, decide};
use domain::customer::OptedOutBy;
use domain::hours::Period;
use domain::id::{MessageId, UserId};
use domain::keyword::Keyword;
use domain::presence::{ActivityKind, Presence};
use domain::reads_like_stop::reads_like_stop;
use domain::time::{DAY_MS, HOUR_MS, Instant, MINUTE_MS, SECOND_MS};
use uuid::Uuid;

const NOW: Instant = Instant::from_ms(1_800_000_000_000);
const MESSAGE: u128 = 100;
const DEFAULTS: [(&str, &str); 26] = [
    ("text", "Hello"),
    ("sender", "phone"),
    ("age", "0 s"),
    ("customer", "in"),
    ("said_by", "unknown"),
    ("active", "12 min"),
    ("by", "input"),
    ("deactivated", "no"),
    ("threshold", "10 min"),
    ("org", "on"),
    ("own", "none"),
    ("away", "none"),
    ("hours", "none"),
    ("window", "no"),
    ("human", "never"),
    ("cover", "nobody"),
    ("waiting", "on"),
    ("quiet", "0 min"),
    ("last_reply", "never"),
    ("replied", "no"),
    ("replies", "0"),
    ("echo", "no"),
    ("occasion", "arrival"),
    ("held", "always"),
    ("ended", "no"),
    ("check", "no"),
];

/// "4 min 10 s", "24 h 1 ms" in milliseconds.
fn ms(words: &str) -> i64 {
    let parts: Vec<&str> = words.split_whitespace().collect();
    assert!(!parts.is_empty() && parts.len().is_multiple_of(2), "{words:?} is not a length of time");
    parts
        .chunks(2)
        .map(|pair| {
            let unit_ms = match pair[1] {
                "ms" => 1,
                "s" => SECOND_MS,
                "min" => MINUTE_MS,
                "h" => HOUR_MS,
                "d" => DAY_MS,
                other => panic!("{other:?} is not a unit of time"),
            };
            pair[0].parse::<i64>().expect("a number of units") * unit_ms
        })
        .sum()
}

fn minutes(words: &str) -> u32 {
    let length_ms = ms(words);
    assert_eq!(length_ms % MINUTE_MS, 0, "{words:?} is not in whole minutes");
    u32::try_from(length_ms / MINUTE_MS).expect("not negative")
}

fn ago(words: &str) -> Instant {
    NOW.plus_ms(-ms(words))
}

fn ago_unless(none: &str, words: &str) -> Option<Instant> {
    (words != none).then(|| ago(words))
}

fn flag(words: &str, yes: &str, no: &str) -> bool {
    assert!(words == yes || words == no, "{words:?} is neither {yes} nor {no}");
    words == yes
}

fn hand_over(words: &str, opted_out_by: Option<OptedOutBy>) -> Option<HandOver> {
    let (after, found) = match words.split_once(':') {
        _ if words == "no" => return None,
        Some((after, found)) => (after, found.trim()),
        None => (words, ""),
    };
    let found: Vec<&str> = found.split('+').filter(|name| !name.is_empty()).collect();
    assert!(
        found.iter().all(|name| ["opted_out", "off", "answered", "restored"].contains(name)),
        "{words:?}"
    );
    Some(HandOver {
        at: NOW.plus_ms(ms(after)),
        decided_at: NOW,
        opted_out: found.contains(&"opted_out"),
        opted_out_by: opted_out_by.filter(|_| found.contains(&"opted_out")),
        switched_off: found.contains(&"off"),
        answered: found.contains(&"answered"),
        restored: found.contains(&"restored"),
    })
}

fn hours(words: &str) -> Option<HoursFacts> {
    let period = match words {
        "none" => return None,
        "open" => Period { open: true, start: Some(ago("1 h")), end: None },
        ended => Period { open: false, start: Some(ago(ended)), end: None },
    };
    Some(HoursFacts { period, version: 1 })
}

fn facts(value: impl Fn(&str) -> String) -> Facts {
    let value = |column: &str| value(column);
    let opted_out = flag(&value("customer"), "opted_out", "in");
    let said_by = match value("said_by").as_str() {
        "unknown" => None,
        by => Some(OptedOutBy::from_code(by).expect("somebody")),
    };
    let personal_inactivity = match value("own").as_str() {
        "none" => None,
        own => Some(PersonalFacts {
            threshold_minutes: (own != "on").then(|| minutes(own)),
            version: 1,
            enabled_mark: NoMark,
        }),
    };
    let operator = (value("active") != "nobody").then(|| OperatorFacts {
        id: UserId(Uuid::from_u128(7)),
        name: "Ana".to_owned(),
        presence: Presence {
            last_active_at: ago(&value("active")),
            last_activity: ActivityKind::from_code(&value("by")).expect("a kind of activity"),
            deactivated_at: ago_unless("no", &value("deactivated")),
        },
        personal_inactivity,
        away: ago_unless("none", &value("away")).map(|starts_at| AwayFacts {
            starts_at,
            window: None,
            ends_at: None,
            back_at: None,
            version: 1,
        }),
        office_hours: hours(&value("hours")),
    });
    Facts {
        at: NOW,
        occasion: match value("occasion").as_str() {
            "arrival" => Occasion::Arrival,
            "due" => Occasion::Due,
            "assignment" => Occasion::Assignment,
            other => panic!("{other:?} is not an occasion"),
        },
        message: MessageFacts {
            id: MessageId(Uuid::from_u128(MESSAGE)),
            received_at: ago(&value("age")),
            keyword: Keyword::of_message(&value("text"), opted_out),
            reads_like_stop: reads_like_stop(&value("text")),
            not_repliable: match value("sender").as_str() {
                "phone" => None,
                "short_code" => Some(NotRepliable::ShortCode),
                "alphanumeric" => Some(NotRepliable::Alphanumeric),
                "own_number" => Some(NotRepliable::OwnNumber),
                "reaction" => Some(NotRepliable::Reaction),
                "automatic" => Some(NotRepliable::Automatic),
                other => panic!("{other:?} is not a sender"),
            },
            echo: flag(&value("echo"), "yes", "no"),
            before_restore: false,
        },
        opted_out,
        opted_out_by: said_by.filter(|_| opted_out),
        history: History {
            auto_replies_24h: value("replies").parse().expect("a number of replies"),
            absence_replied: flag(&value("replied"), "yes", "no"),
            last_auto_reply_at: ago_unless("never", &value("last_reply")),
            watch_from: ago_unless("always", &value("held")),
            window_replied: flag(&value("window"), "yes", "no"),
            last_human_at: ago_unless("never", &value("human")),
        },
        operator,
        covered_by: Some(value("cover"))
            .filter(|name| name != "nobody")
            .map(|name| CoverFacts { id: UserId(Uuid::from_u128(8)), name }),
        setting: SettingFacts {
            enabled: value("org") != "off",
            threshold_minutes: minutes(&value("threshold")),
            while_waiting: flag(&value("waiting"), "on", "off"),
            quiet_minutes: minutes(&value("quiet")),
            version: 3,
            enabled_mark: NoMark,
        },
        ended: match value("ended").as_str() {
            "no" => None,
            reason => Some(Reason::from_code(reason).expect("a reason")),
        },
        hand_over: hand_over(&value("check"), said_by),
    }
}

fn found(facts: &Facts, column: &str) -> String {
    let decision = decide(facts);
    match column {
        "outcome" => decision.outcome.code().to_owned(),
        "reason" => decision.reason.code().to_owned(),
        "rule" => decision.rule.to_string(),
        "sentence" => sentence(facts),
        "foretold" => foretold(facts),
        "due" => facts.due_at().map_or("never".to_owned(), |due_at| {
            let due_ms = due_at.since_ms(facts.at);
            format!("{} min {} s {} ms", due_ms / MINUTE_MS, due_ms / 1_000 % 60, due_ms % 1_000)
        }),
        other => panic!("{other:?} is not an expectation"),
    }
}

/// Cells are set apart by two spaces or more, so that a cell may hold single ones.
fn cells(line: &str) -> Vec<String> {
    let line = line.trim();
    if line.is_empty() {
        return Vec::new();
    }
    line.split("  ")
        .map(str::trim)
        .filter(|cell| !cell.is_empty())
        .map(|cell| cell.trim_matches('"').to_owned())
        .collect()
}

/// Runs one file; answers how many rows it has and writes what is wrong to `wrong`.
fn run(name: &str, text: &str, wrong: &mut String) -> usize {
    let mut header: Option<(Vec<String>, Vec<String>)> = None;
    let mut rows = 0;
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with('#') {
            continue;
        }
        if line.trim().is_empty() {
            header = None;
            continue;
        }
        let place = format!("{name}:{}", number + 1);
        let (left, right) = line.split_once('|').unwrap_or_else(|| panic!("{place}: a row has a bar"));
        let (given, expected) = (cells(left), cells(right));
        let Some((facts_named, outcomes_named)) = &header else {
            for column in &given {
                assert!(DEFAULTS.iter().any(|(known, _)| known == column), "{place}: no column {column:?}");
            }
            header = Some((given, expected));
            continue;
        };
        assert_eq!(given.len(), facts_named.len(), "{place}: {given:?}");
        assert_eq!(expected.len(), outcomes_named.len(), "{place}: {expected:?}");
        rows += 1;
        let facts = facts(|column| {
            let (_, default) = DEFAULTS.iter().find(|(known, _)| *known == column).expect("a known column");
            let given = facts_named.iter().zip(&given).find(|(name, _)| *name == column);
            given.map_or(*default, |(_, cell)| if cell == "." { default } else { cell }).to_owned()
        });
        for (column, expected) in outcomes_named.iter().zip(&expected) {
            if expected == "." {
                continue;
            }
            let is = found(&facts, column);
            let agrees = if column == "due" && expected != "never" && is != "never" {
                ms(&is) == ms(expected)
            } else {
                is == *expected
            };
            if !agrees {
                writeln!(wrong, "{place}: {column} is\n    {is}\n  and should be\n    {expected}").unwrap();
            }
        }
    }
    rows
}

#[test]
fn every_table_beside_the_rule_book_holds() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios");
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).expect("the folder of tables").map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut wrong = String::new();
    for path in &paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let rows = run(&name, &std::fs::read_to_string(path).unwrap(), &mut wrong);
        assert!(rows > 0, "{name} holds nothing");
    }
    assert!(paths.len() >= 20, "tables are missing: {paths:?}");
    assert!(wrong.is_empty(), "{wrong}");
}
