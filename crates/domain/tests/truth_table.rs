//! Every small combination of facts against a truth table that was written from section 5 of the rule book.
//!
//! The table speaks of the situation in words ("exactly the threshold", "on, 20 min");
//! [`facts`] turns the words into facts. Neither computes a decision: the first row that fits is the law, and
//! what "inactive" means is read off [`INACTIVE`]. It guarantees that [`decide`] agrees everywhere in this
//! space; the rule book's events over time are held by the scenario tests.

use std::fmt::Write as _;

use domain::auto_reply::facts::{
    HandOver, History, MessageFacts, NoMark, NotRepliable, OperatorFacts, PersonalFacts, SettingFacts,
};
use domain::auto_reply::{Facts, Layer, Occasion, Outcome, Reason, Rule, check_hand_over, decide};
use domain::id::{MessageId, UserId};
use domain::keyword::Keyword;
use domain::presence::{ActivityKind, Presence};
use domain::time::Instant;
use uuid::Uuid;

const MIN: i64 = 60_000;
const DAY: i64 = 24 * 60 * MIN;
const NOW: Instant = Instant::from_ms(1_800_000_000_000);

/// How long ago something was, against the two thresholds (10 min the organization's, 20 min an own one).
const AGO: [(&str, i64); 5] = [
    ("1 min", MIN),
    ("10 min", 10 * MIN),
    ("10 min 1 ms", 10 * MIN + 1),
    ("20 min", 20 * MIN),
    ("20 min 1 ms", 20 * MIN + 1),
];

/// R2: whether somebody last active that long ago is inactive, for a threshold of 10 and of 20 minutes. R17
/// reads the same table for how long the operator has had the case.
const INACTIVE: [(&str, bool, bool); 5] = [
    ("1 min", false, false),
    ("10 min", false, false),
    ("10 min 1 ms", true, false),
    ("20 min", true, false),
    ("20 min 1 ms", true, true),
];

/// The law, in the order of section 5: the first row that fits decides. A dot fits everything.
///
/// - `text`: a keyword, a text that reads like a stop, or any other
/// - `customer`: opted out or not
/// - `sender`: repliable or not
/// - `loop`: below the guard, at five replies, an echo
/// - `operator`: none, or somebody
/// - `personal`: none, a reply that is on; a deactivated operator has none
/// - `organization`: its reply on or off
/// - `age`: up to 24 h, or more
/// - `away`: whether the operator is inactive and, after a reassignment, has had the case for long enough
/// - `absence`: whether it has had its reply
/// - `quiet`: whether a quiet period runs
/// - `waiting`: the setting `while_waiting`
/// - `occasion`: the message's arrival, a watch that falls due, a reassignment
const TABLE: &str = "
text    customer  sender  loop   operator personal organization age   away absence quiet waiting occasion   | outcome  reason          rule layer
keyword .         .       .      .        .        .            .     .    .       .     .       .          | not_sent keyword         R15  -
.       opted_out .       .      .        .        .            .     .    .       .     .       .          | not_sent opted_out       R15  -
request .         .       .      .        .        .            .     .    .       .     .       .          | not_sent reads_like_stop R15  -
.       .         nobody  .      .        .        .            .     .    .       .     .       .          | not_sent not_repliable   R1   -
.       .         .       five   .        .        .            .     .    .       .     .       .          | not_sent loop_guard      R9   -
.       .         .       echo   .        .        .            .     .    .       .     .       .          | not_sent loop_guard      R9   -
.       .         .       .      none     .        .            .     .    .       .     on      .          | watching unassigned      R3   -
.       .         .       .      none     .        .            .     .    .       .     off     .          | not_sent unassigned      R3   -
.       .         .       .      .        none     off          .     .    .       .     .       .          | not_sent disabled        R18  -
.       .         .       .      .        .        .            older .    .       .     .       arrival    | not_sent stale           R5   -
.       .         .       .      .        .        .            older .    .       .     .       due        | not_sent stale           R5   -
.       .         .       .      .        on       .            .     no   .       .     on      .          | watching operator_active R5   personal_inactivity
.       .         .       .      .        none     .            .     no   .       .     on      .          | watching operator_active R5   inactivity
.       .         .       .      .        .        .            .     no   .       .     off     .          | not_sent operator_active R2   -
.       .         .       .      .        .        .            older .    .       .     .       .          | not_sent stale           R5   -
.       .         .       .      .        .        .            .     .    replied .     .       .          | not_sent already_replied R7   -
.       .         .       .      .        .        .            .     .    .       runs  .       .          | not_sent quiet_period    R8   -
.       .         .       .      .        on       .            .     .    .       .     .       .          | sent     sent            R13  personal_inactivity
.       .         .       .      .        none     .            .     .    .       .     .       arrival    | sent     sent            R4   inactivity
.       .         .       .      .        none     .            .     .    .       .     .       .          | sent     sent            R5   inactivity
";

struct Row {
    cells: Vec<&'static str>,
    outcome: Outcome,
    reason: Reason,
    rule: String,
    layer: Option<Layer>,
}

fn rows() -> Vec<Row> {
    let lines = TABLE.lines().filter(|line| !line.is_empty()).skip(1);
    lines
        .map(|line| {
            let (cells, law) = line.split_once('|').expect("a row has a law");
            let [outcome, reason, rule, layer] = law.split_whitespace().collect::<Vec<_>>()[..] else {
                panic!("four words after the bar: {line}");
            };
            let cells: Vec<&str> = cells.split_whitespace().collect();
            assert_eq!(cells.len(), 13, "{line}");
            Row {
                cells,
                outcome: Outcome::from_code(outcome).expect("an outcome"),
                reason: Reason::from_code(reason).expect("a reason"),
                rule: rule.to_owned(),
                layer: Layer::from_code(layer),
            }
        })
        .collect()
}

/// One combination, in words; every word is one that [`facts`] and [`situation`] know.
#[derive(Clone, Copy, Debug)]
struct Case {
    text: &'static str,
    opted_out: bool,
    repliable: bool,
    guard: &'static str,
    operator: &'static str,
    deactivated: bool,
    personal: &'static str,
    organization: &'static str,
    age: &'static str,
    absence_replied: bool,
    quiet: &'static str,
    while_waiting: bool,
    occasion: Occasion,
    held: &'static str,
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn ago(words: &str) -> Instant {
    let (_, ms) = AGO.iter().find(|(name, _)| *name == words).expect("a known distance");
    NOW.plus_ms(-ms)
}

fn facts(case: &Case) -> Facts {
    const MESSAGE: u128 = 100;
    let personal_inactivity = match case.personal {
        "none" => None,
        "on, 20 min" => Some(PersonalFacts { threshold_minutes: Some(20), version: 1, enabled_mark: NoMark }),
        "on" => Some(PersonalFacts { threshold_minutes: None, version: 1, enabled_mark: NoMark }),
        other => panic!("{other}"),
    };
    let operator = (case.operator != "none").then(|| OperatorFacts {
        id: UserId(id(7)),
        name: "Ana".to_owned(),
        presence: Presence {
            last_active_at: ago(case.operator),
            last_activity: ActivityKind::Input,
            deactivated_at: case.deactivated.then_some(NOW.plus_ms(-1)),
        },
        personal_inactivity,
        away: None,
        office_hours: None,
    });
    let (quiet_minutes, last_auto_reply_at) = match case.quiet {
        "off" => (0, Some(NOW)),
        "never replied" => (30, None),
        "inside" => (30, Some(NOW.plus_ms(-30 * MIN + 1))),
        "exactly over" => (30, Some(NOW.plus_ms(-30 * MIN))),
        other => panic!("{other}"),
    };
    let age_ms = match case.age {
        "fresh" => 0,
        "24 h" => DAY,
        "24 h 1 ms" => DAY + 1,
        other => panic!("{other}"),
    };
    Facts {
        at: NOW,
        occasion: case.occasion,
        message: MessageFacts {
            id: MessageId(id(MESSAGE)),
            received_at: NOW.plus_ms(-age_ms),
            keyword: (case.text == "keyword").then_some(Keyword::Help),
            reads_like_stop: case.text == "request",
            not_repliable: (!case.repliable).then_some(NotRepliable::ShortCode),
            echo: case.guard == "echo",
            before_restore: false,
        },
        opted_out: case.opted_out,
        opted_out_by: None,
        history: History {
            auto_replies_24h: if case.guard == "five" { 5 } else { 4 },
            absence_replied: case.absence_replied,
            last_auto_reply_at,
            watch_from: (case.held != "always").then(|| ago(case.held)),
            window_replied: false,
            last_human_at: None,
        },
        operator,
        covered_by: None,
        setting: SettingFacts {
            enabled: case.organization != "off",
            threshold_minutes: 10,
            while_waiting: case.while_waiting,
            quiet_minutes,
            version: 3,
            enabled_mark: NoMark,
        },
        ended: None,
        hand_over: None,
    }
}

/// The combination in the words of the table's columns.
fn situation(case: &Case) -> [&'static str; 13] {
    let personal = match case.personal {
        _ if case.deactivated => "none",
        "on, 20 min" => "on",
        other => other,
    };
    let own_threshold = case.personal == "on, 20 min" && !case.deactivated;
    let long_enough = |words: &str| {
        let (_, ten, twenty) = INACTIVE.iter().find(|(name, ..)| *name == words).expect("a known distance");
        if own_threshold { *twenty } else { *ten }
    };
    let away = case.operator != "none"
        && (case.deactivated || long_enough(case.operator))
        && (case.held == "always" || long_enough(case.held));
    [
        case.text,
        if case.opted_out { "opted_out" } else { "in" },
        if case.repliable { "somebody" } else { "nobody" },
        case.guard,
        if case.operator == "none" { "none" } else { "somebody" },
        personal,
        case.organization,
        if case.age == "24 h 1 ms" { "older" } else { "fresh" },
        if away { "yes" } else { "no" },
        if case.absence_replied { "replied" } else { "new" },
        if case.quiet == "inside" { "runs" } else { "over" },
        if case.while_waiting { "on" } else { "off" },
        match case.occasion {
            Occasion::Arrival => "arrival",
            Occasion::Due => "due",
            Occasion::Assignment => "assignment",
        },
    ]
}

const FLAGS: [bool; 2] = [false, true];
const OCCASIONS: [Occasion; 3] = [Occasion::Arrival, Occasion::Due, Occasion::Assignment];
const HELD: [&str; 4] = ["always", "10 min", "10 min 1 ms", "20 min 1 ms"];
/// Last activity, and whether the account is deactivated.
const OPERATORS: [(&str, bool); 8] = [
    ("none", false),
    ("1 min", false),
    ("10 min", false),
    ("10 min 1 ms", false),
    ("20 min", false),
    ("20 min 1 ms", false),
    ("1 min", true),
    ("20 min 1 ms", true),
];

/// Visits every combination of what is judged before the operator (the rest is told by the caller).
fn for_each(front: &[(&'static str, bool, bool, &'static str)], mut visit: impl FnMut(Case)) {
    for &(text, opted_out, repliable, guard) in front {
        for (operator, deactivated) in OPERATORS {
            for personal in ["none", "on", "on, 20 min"] {
                for organization in ["on", "off"] {
                    for age in ["fresh", "24 h", "24 h 1 ms"] {
                        for absence_replied in FLAGS {
                            for quiet in ["off", "never replied", "inside", "exactly over"] {
                                for while_waiting in FLAGS {
                                    for occasion in OCCASIONS {
                                        for held in HELD {
                                            visit(Case {
                                                text,
                                                opted_out,
                                                repliable,
                                                guard,
                                                operator,
                                                deactivated,
                                                personal,
                                                organization,
                                                age,
                                                absence_replied,
                                                quiet,
                                                while_waiting,
                                                occasion,
                                                held,
                                            });
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn section_5_every_combination_is_decided_by_the_first_row_that_fits() {
    let rows = rows();
    let mut used = vec![0_u32; rows.len()];
    let mut wrong = String::new();
    let (mut count, mut wrong_count) = (0_u32, 0);
    let mut front = Vec::new();
    for text in ["text", "request", "keyword"] {
        for opted_out in FLAGS {
            for repliable in FLAGS {
                front.extend(["four", "five", "echo"].map(|guard| (text, opted_out, repliable, guard)));
            }
        }
    }
    for_each(&front, |case| {
        let words = situation(&case);
        let fits = |row: &Row| row.cells.iter().zip(words).all(|(cell, word)| *cell == "." || *cell == word);
        let index = rows.iter().position(fits).unwrap_or_else(|| panic!("no row fits {case:?}"));
        let (row, decision) = (&rows[index], decide(&facts(&case)));
        used[index] += 1;
        count += 1;
        let agrees = (decision.outcome, decision.reason, decision.layer)
            == (row.outcome, row.reason, row.layer)
            && decision.rule.to_string() == row.rule;
        if !agrees {
            wrong_count += 1;
            if wrong_count <= 5 {
                let law = (row.outcome, row.reason, row.rule.as_str(), row.layer);
                writeln!(wrong, "{case:?}\n  decided {decision:?}\n  the table says {law:?}").unwrap();
            }
        }
    });
    assert_eq!(count, 995_328, "the space of combinations changed");
    assert!(wrong.is_empty(), "{wrong_count} of {count} disagree, the first of them:\n{wrong}");
    for (row, uses) in rows.iter().zip(used) {
        // A row that nothing reaches would hold nothing.
        assert!(uses > 0, "no combination reaches the row {:?}", row.cells);
    }
}

/// What ended a watch, and the rule that is told for it ("Ends of a watch", R16, R15, R18, R3).
const ENDS: [(Reason, u8); 7] = [
    (Reason::Answered, 5),
    (Reason::Seen, 5),
    (Reason::OperatorActive, 5),
    (Reason::Closed, 16),
    (Reason::OptedOut, 15),
    (Reason::Disabled, 18),
    (Reason::Unassigned, 3),
];

/// R19, in its order: opted out, switched off, answered, minutes since the decision.
const HAND_OVER: [(bool, bool, bool, i64, Option<Reason>); 11] = [
    (false, false, false, 0, None),
    (false, false, false, 15 * MIN, None),
    (false, false, false, 15 * MIN + 1, Some(Reason::Outdated)),
    (false, false, true, 0, Some(Reason::Answered)),
    (false, false, true, 15 * MIN + 1, Some(Reason::Answered)),
    (false, true, false, 0, Some(Reason::Disabled)),
    (false, true, true, 0, Some(Reason::Disabled)),
    (true, false, false, 0, Some(Reason::OptedOut)),
    (true, true, false, 0, Some(Reason::OptedOut)),
    (true, false, true, 0, Some(Reason::OptedOut)),
    (true, true, true, 15 * MIN + 1, Some(Reason::OptedOut)),
];

fn hand_over(
    (opted_out, switched_off, answered, age_ms, _): (bool, bool, bool, i64, Option<Reason>),
) -> HandOver {
    HandOver {
        at: NOW.plus_ms(age_ms),
        decided_at: NOW,
        opted_out,
        opted_out_by: None,
        switched_off,
        answered,
        restored: false,
    }
}

/// What came or was decided before the database was put back from a backup is as good as too old.
#[test]
fn a_restore_makes_stale_and_outdated() {
    let cases =
        [("text", false, true, "four"), ("text", true, true, "four"), ("keyword", false, true, "four")];
    for_each(&cases, |case| {
        let mut restored = facts(&Case { age: "fresh", ..case });
        restored.message.before_restore = true;
        let old = facts(&Case { age: "24 h 1 ms", ..case });
        assert_eq!(decide(&restored), decide(&old), "{case:?}");
    });
    for row in HAND_OVER {
        let found = HandOver { restored: true, ..hand_over(row) };
        assert_eq!(check_hand_over(&found), row.4.or(Some(Reason::Outdated)), "{row:?}");
    }
}

#[test]
fn an_event_that_ended_a_watch_decides_whatever_else_holds() {
    for_each(&[("text", false, true, "four"), ("keyword", true, false, "five")], |case| {
        for (reason, rule) in ENDS {
            let mut facts = facts(&case);
            facts.ended = Some(reason);
            let decision = decide(&facts);
            assert_eq!((decision.outcome, decision.reason), (Outcome::NotSent, reason), "{case:?}");
            assert_eq!((decision.rule, decision.layer), (Rule(rule), None), "{case:?}");
        }
    });
}

#[test]
fn r19_the_check_before_hand_over_cancels_what_was_to_be_sent_and_touches_nothing_else() {
    for_each(&[("text", false, true, "four"), ("text", true, true, "four")], |case| {
        let plain = facts(&case);
        let decided = decide(&plain);
        for row in HAND_OVER {
            let decision = decide(&Facts { hand_over: Some(hand_over(row)), ..plain.clone() });
            match row.4 {
                Some(reason) if decided.outcome == Outcome::Sent => {
                    assert_eq!((decision.outcome, decision.reason), (Outcome::Cancelled, reason), "{case:?}");
                    assert_eq!((decision.rule, decision.layer), (Rule(19), decided.layer), "{case:?}");
                }
                _ => assert_eq!(decision, decided, "{case:?} {row:?}"),
            }
        }
    });
}
