//! What must hold for any facts and any text, tried on random ones (proptest prints the smallest that fails).

use domain::auto_reply::explain::sentence;
use domain::auto_reply::facts::{
    AwayFacts, CoverFacts, HandOver, History, HoursFacts, MessageFacts, NoMark, NotRepliable, OperatorFacts,
    PersonalFacts, SettingFacts,
};
use domain::auto_reply::template::{Template, Values, Variable};
use domain::auto_reply::{Facts, Layer, Occasion, Outcome, Reason, decide};
use domain::hours::Period;
use domain::id::{MessageId, UserId};
use domain::keyword::Keyword;
use domain::message::{MAX_BODY_UNITS, utf16_units};
use domain::presence::{ActivityKind, Presence};
use domain::segment::{Encoding, size};
use domain::time::{Instant, MINUTE_MS};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

const NOW_MS: i64 = 1_800_000_000_000;

/// Distances that matter: around 0, 5, 10, 15, 20 and 30 minutes and 24 h, to the millisecond, and any other.
fn distance_ms() -> impl Strategy<Value = i64> {
    let near = select(vec![0, 5, 10, 15, 20, 30, 60, 24 * 60]);
    prop_oneof![
        4 => (near, -1..=1_i64).prop_map(|(minutes, off)| minutes * MINUTE_MS + off),
        1 => -MINUTE_MS..(3 * 24 * 60 * MINUTE_MS),
    ]
}

fn ago() -> impl Strategy<Value = Instant> {
    distance_ms().prop_map(|ms| Instant::from_ms(NOW_MS - ms))
}

fn message() -> impl Strategy<Value = MessageFacts> {
    use NotRepliable::*;
    (
        (0..5_u128).prop_map(Uuid::from_u128),
        ago(),
        option::weighted(0.1, select(Keyword::ALL.to_vec())),
        prop::bool::weighted(0.1),
        option::weighted(0.1, select(vec![ShortCode, Alphanumeric, OwnNumber, Reaction, Automatic])),
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.1),
    )
        .prop_map(|(id, received_at, keyword, reads_like_stop, not_repliable, echo, before_restore)| {
            MessageFacts {
                id: MessageId(id),
                received_at,
                keyword,
                reads_like_stop,
                not_repliable,
                echo,
                before_restore,
            }
        })
}

fn history() -> impl Strategy<Value = History> {
    let windows = (prop::bool::weighted(0.2), option::of(ago()));
    (0..7_u32, prop::bool::weighted(0.2), option::of(ago()), option::weighted(0.3, ago()), windows).prop_map(
        |(
            auto_replies_24h,
            absence_replied,
            last_auto_reply_at,
            watch_from,
            (window_replied, last_human_at),
        )| {
            History {
                auto_replies_24h,
                absence_replied,
                window_replied,
                last_human_at,
                last_auto_reply_at,
                watch_from,
            }
        },
    )
}

fn operator() -> impl Strategy<Value = OperatorFacts> {
    let personal =
        (option::of(select(vec![1, 5, 20, 10_080])), 0..9_i64).prop_map(|(threshold_minutes, version)| {
            PersonalFacts { threshold_minutes, version, enabled_mark: NoMark }
        });
    (
        ".{0,20}",
        ago(),
        select(ActivityKind::ALL.to_vec()),
        option::weighted(0.2, ago()),
        option::weighted(0.3, personal),
        option::weighted(0.2, (ago(), option::of(ago()))),
        option::weighted(0.2, (any::<bool>(), option::of(ago()), option::of(ago()))),
    )
        .prop_map(
            |(name, last_active_at, last_activity, deactivated_at, personal_inactivity, away, hours)| {
                OperatorFacts {
                    id: UserId(Uuid::from_u128(7)),
                    name,
                    presence: Presence { last_active_at, last_activity, deactivated_at },
                    personal_inactivity,
                    away: away.map(|(starts_at, ends_at)| AwayFacts {
                        starts_at,
                        window: None,
                        ends_at,
                        back_at: ends_at,
                        version: 2,
                    }),
                    office_hours: hours.map(|(open, start, end)| HoursFacts {
                        period: Period { open, start, end },
                        version: 3,
                    }),
                }
            },
        )
}

fn setting() -> impl Strategy<Value = SettingFacts> {
    (
        prop::bool::weighted(0.8),
        select(vec![1, 5, 10, 20, 10_080]),
        any::<bool>(),
        select(vec![0, 0, 1, 10, 30]),
    )
        .prop_map(|(enabled, threshold_minutes, while_waiting, quiet_minutes)| SettingFacts {
            enabled,
            threshold_minutes,
            while_waiting,
            quiet_minutes,
            version: 4,
            enabled_mark: NoMark,
        })
}

fn hand_over() -> impl Strategy<Value = HandOver> {
    let rarely = || prop::bool::weighted(0.2);
    (distance_ms(), rarely(), rarely(), rarely(), rarely()).prop_map(
        |(after_ms, opted_out, switched_off, answered, restored)| HandOver {
            at: Instant::from_ms(NOW_MS + after_ms),
            decided_at: Instant::from_ms(NOW_MS),
            opted_out,
            opted_out_by: None,
            switched_off,
            answered,
            restored,
        },
    )
}

fn facts() -> impl Strategy<Value = Facts> {
    (
        select(vec![Occasion::Arrival, Occasion::Due, Occasion::Assignment]),
        message(),
        prop::bool::weighted(0.1),
        history(),
        (option::weighted(0.9, operator()), prop::bool::weighted(0.1)),
        setting(),
        option::weighted(0.1, select(Reason::ALL.to_vec())),
        option::weighted(0.4, hand_over()),
    )
        .prop_map(
            |(occasion, message, opted_out, history, (operator, covered), setting, ended, hand_over)| Facts {
                at: Instant::from_ms(NOW_MS),
                occasion,
                message,
                opted_out,
                opted_out_by: None,
                history,
                operator,
                covered_by: covered
                    .then(|| CoverFacts { id: UserId(Uuid::from_u128(8)), name: "Bob".to_owned() }),
                setting,
                ended,
                hand_over,
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, max_global_rejects: 1_000_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn section_7_a_decision_replays_from_its_recorded_facts(facts in facts()) {
        let decision = decide(&facts);
        prop_assert_eq!(decide(&facts), decision);
        let record = serde_json::to_string(&facts).unwrap();
        let read: Facts = serde_json::from_str(&record).unwrap();
        prop_assert_eq!(decide(&read), decision);
        prop_assert_eq!(sentence(&read), sentence(&facts));
        prop_assert_eq!(read, facts);
    }

    #[test]
    fn what_is_sent_had_every_reason_to_be(facts in facts()) {
        let decision = decide(&facts);
        prop_assume!(decision.outcome == Outcome::Sent);
        let operator = facts.operator.as_ref().expect("R3: somebody is assigned");
        let setting = &facts.setting;
        prop_assert!(!facts.opted_out, "R15: opted out");
        prop_assert!(facts.message.keyword.is_none(), "R1: a keyword");
        prop_assert!(facts.message.not_repliable.is_none(), "R1: nobody to answer");
        prop_assert!(!facts.message.echo && facts.history.auto_replies_24h < 5, "R9: loop guard");
        prop_assert!(facts.covered_by.is_none(), "R24: covered");
        prop_assert!(facts.ended.is_none(), "a watch ends for good");
        prop_assert!(facts.at.since_ms(facts.message.received_at) <= 24 * 60 * MINUTE_MS, "stale");
        prop_assert!(!facts.message.before_restore, "stale: from before a restore");
        let stands = operator.presence.deactivated_at.is_none();
        if decision.layer == Some(Layer::Away) || decision.layer == Some(Layer::OfficeHours) {
            prop_assert!(stands && !facts.history.window_replied, "R11, R12: once");
            let closed = operator.office_hours.is_some_and(|hours| !hours.period.open);
            prop_assert!(operator.away.is_some() || closed, "R10: in force");
            return Ok(());
        }
        prop_assert!(!stands || operator.away.is_none(), "R14: away speaks first");
        prop_assert!(!facts.history.absence_replied, "R7: this absence has had its reply");
        let own = operator.personal_inactivity.filter(|_| operator.presence.deactivated_at.is_none());
        let minutes = own.and_then(|own| own.threshold_minutes).unwrap_or(setting.threshold_minutes);
        let inactive_ms = facts.at.since_ms(operator.presence.last_active_at);
        let deactivated = operator.presence.deactivated_at.is_some_and(|at| at <= facts.at);
        prop_assert!(inactive_ms > i64::from(minutes) * MINUTE_MS || deactivated, "R2: {inactive_ms} ms");
        if let Some(from) = facts.history.watch_from {
            prop_assert!(facts.at.since_ms(from) > i64::from(minutes) * MINUTE_MS, "R17: a full threshold");
        }
        if let (true, Some(last)) = (setting.quiet_minutes > 0, facts.history.last_auto_reply_at) {
            prop_assert!(facts.at.since_ms(last) >= i64::from(setting.quiet_minutes) * MINUTE_MS, "R8");
        }
        if own.is_some() {
            prop_assert_eq!(decision.layer, Some(Layer::PersonalInactivity), "R14: one responder");
        } else {
            prop_assert_eq!(decision.layer, Some(Layer::Organization), "R4");
            prop_assert!(setting.enabled, "R18");
        }
        if let Some(check) = facts.hand_over {
            let stopped = check.opted_out || check.switched_off || check.answered;
            prop_assert!(!stopped, "R19: cancelled instead");
            prop_assert!(check.at.since_ms(check.decided_at) <= 15 * MINUTE_MS, "R19: outdated");
        }
    }

    #[test]
    fn r5_only_while_waiting_watches_and_a_watch_with_an_operator_has_a_due_instant(facts in facts()) {
        let decision = decide(&facts);
        if decision.outcome == Outcome::Watching {
            prop_assert!(facts.setting.while_waiting);
            match facts.due_at() {
                Some(due_at) => {
                    prop_assert!(due_at > facts.at, "the instant lies ahead");
                    prop_assert_eq!(decision.reason, Reason::OperatorActive);
                }
                None => prop_assert_eq!(decision.reason, Reason::Unassigned),
            }
        }
    }

    #[test]
    fn r5_a_watch_that_nothing_disturbs_is_due_at_its_instant_and_not_a_millisecond_before(facts in facts()) {
        let decision = decide(&facts);
        prop_assume!(!facts.message.before_restore);
        prop_assume!(decision.outcome == Outcome::Watching && facts.operator.is_some());
        let due_at = facts.due_at().unwrap();
        let at = |at: Instant| decide(&Facts { at, occasion: Occasion::Due, ..facts.clone() }).outcome;
        // A message that is or becomes stale on the way ends as that and is not waited for any longer.
        let age_ms = due_at.since_ms(facts.message.received_at);
        if age_ms <= 24 * 60 * MINUTE_MS {
            prop_assert_eq!(at(due_at.plus_ms(-1)), Outcome::Watching);
        }
        prop_assert_ne!(at(due_at), Outcome::Watching);
    }

    #[test]
    fn section_7_a_sentence_is_whole(facts in facts()) {
        let text = sentence(&facts);
        prop_assert!(text.len() > 10 && text.ends_with('.') && !text.ends_with(".."), "{text:?}");
        prop_assert!(text.starts_with(char::is_uppercase) || text.contains("'s own"), "{text:?}");
        let decision = decide(&facts);
        let start = match decision.outcome {
            Outcome::Sent => "",
            Outcome::NotSent => "No automatic reply: ",
            Outcome::Watching if decision.reason == Reason::Unassigned => "Nobody is assigned",
            Outcome::Watching => "Waiting: ",
            Outcome::Cancelled => "Automatic reply cancelled before it was sent: ",
        };
        prop_assert!(text.starts_with(start), "{text:?}");
    }
}

/// Texts out of pieces that a template stumbles over.
fn template_text() -> impl Strategy<Value = String> {
    let names: Vec<String> =
        Variable::ALL.iter().map(|variable| format!("{{{{ {} }}}}", variable.name())).collect();
    let piece = prop_oneof![
        select(names),
        select(vec!["{{", "}}", "{", "}", " ", "  ", "\n", "", "word", "é", "😀"]).prop_map(str::to_owned),
        "\\PC{0,8}",
        Just("long words ".repeat(60)),
        Just("x".repeat(900)),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn values() -> impl Strategy<Value = Values> {
    let value = || prop_oneof![Just(String::new()), "\\PC{0,30}", Just("y z ".repeat(500))];
    (value(), value(), value(), value()).prop_map(
        |(operator_name, customer_name, case_number, organization_name)| Values {
            operator_name,
            customer_name,
            case_number,
            organization_name,
            back_at: String::new(),
        },
    )
}

proptest! {
    #[test]
    fn r23_a_rendered_text_fits_one_message(text in template_text(), values in values()) {
        let Ok(template) = Template::parse(&text) else { return Ok(()) };
        let sent = template.render(&values);
        prop_assert!(utf16_units(&sent) <= MAX_BODY_UNITS);
        prop_assert_eq!(sent.trim(), sent.as_str());
    }

    #[test]
    fn r23_a_text_without_variables_is_sent_as_it_stands(text in "[^{]{0,300}") {
        let sent = Template::parse(&text).unwrap().render(&Values::default());
        prop_assert_eq!(sent, text.trim());
    }

    #[test]
    fn r22_segments_never_shrink_as_a_text_grows(text in "(\\PC|[a-z €^😀]){0,200}", more in "\\PC{1,40}") {
        let (before, after) = (size(&text), size(&format!("{text}{more}")));
        prop_assert!(after.segments >= before.segments);
        prop_assert_eq!(after.characters, before.characters + utf16_units(&more));
        prop_assert!(before.encoding == Encoding::Gsm7 || after.encoding == Encoding::Ucs2);
        // No segment holds more than 160 characters, and no character needs a segment of its own.
        prop_assert!(after.segments * 160 >= after.characters && after.segments <= after.characters);
    }

    #[test]
    fn r15_case_space_and_punctuation_do_not_make_or_break_a_keyword(
        body in prop_oneof![
            4 => select(vec![
                "STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "OPT OUT",
                "STOP ALL", "REMOVE", "ARRET", "START", "UNSTOP", "YES", "HELP", "INFO",
            ]).prop_map(str::to_owned),
            1 => "[a-zA-Z .!]{0,12}",
        ],
        upper in any::<u64>(),
        ends in ("[ .!?,\"'…\n\u{200b}\u{2068}\u{fe0f}\u{fffd}🙏]{0,4}", "[ .!?,\"'…\n\u{ad}\u{2069}\u{301}🛑]{0,4}"),
        opted_out in any::<bool>(),
    ) {
        let plain = Keyword::of_message(&body, opted_out);
        let flipped: String = body
            .chars()
            .enumerate()
            .map(|(i, c)| if upper >> (i % 64) & 1 == 1 { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() })
            .collect();
        prop_assert_eq!(Keyword::of_message(&flipped, opted_out), plain);
        prop_assert_eq!(Keyword::of_message(&format!("{}{flipped}{}", ends.0, ends.1), opted_out), plain);
        // R15: the whole message, never a part of it.
        prop_assert_eq!(Keyword::of_message(&format!("never {body} here"), opted_out), None);
    }
}
