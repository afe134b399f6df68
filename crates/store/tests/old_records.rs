//! Records of before the rule book was amended (decision 0023) still replay (section 7 of the rule book).

use domain::auto_reply::{Facts, decide};

const MIGRATION: &str = include_str!("../migrations/0011_amended_rules.sql");

/// Facts as they were written then, of a message with the id `…0100` that came at 12:00, 12 min after Ana was active.
fn facts(personal: &str, setting: &str, ended: &str) -> String {
    format!(
        r#"{{"at":"2026-11-18T11:18:40Z","occasion":"due","message":{{"id":"00000000-0000-0000-0000-000000000100","received_at":"2026-11-18T11:18:40Z","keyword":null,"reads_like_stop":false,"not_repliable":null,"echo":false,"before_restore":false}},"opted_out":false,"history":{{"auto_replies_24h":0,"absence_replied":false,"window_replied":false,"last_human_at":null,"last_auto_reply_at":null,"watch_from":null}},"operator":{{"id":"00000000-0000-0000-0000-000000000007","name":"Ana \"enabled\":true","last_active_at":"2026-11-18T11:06:40Z","last_activity":"input","deactivated_at":null,"personal_inactivity":{personal},"away":null,"office_hours":null}},"setting":{setting}{ended}}}"#
    )
}

fn setting(enabled: bool, mark: &str) -> String {
    format!(
        r#"{{"enabled":{enabled},"threshold_minutes":10,"while_waiting":true,"quiet_minutes":0,"version":3,"enabled_mark":"00000000-0000-0000-0000-000000000{mark}"}}"#
    )
}

#[test]
fn r18_what_was_switched_on_after_the_message_replays_as_it_was_decided() {
    let own = |mark: &str| {
        format!(
            r#"{{"threshold_minutes":null,"version":1,"enabled_mark":"00000000-0000-0000-0000-000000000{mark}"}}"#
        )
    };
    let none = "null".to_owned();
    let (earlier, later) = ("0ff", "101");
    let table = [
        (facts(&none, &setting(true, later), ""), "not_sent", "disabled", "R18"),
        (facts(&none, &setting(false, earlier), ""), "not_sent", "disabled", "R18"),
        (facts(&none, &setting(true, earlier), r#","ended":"disabled""#), "not_sent", "disabled", "R18"),
        (facts(&none, &setting(true, earlier), ""), "sent", "sent", "R5"),
        (facts(&own(later), &setting(true, earlier), ""), "not_sent", "personal_set_up", "R14"),
        (facts(&own(later), &setting(false, later), ""), "not_sent", "personal_set_up", "R14"),
        (facts(&own(earlier), &setting(true, later), ""), "sent", "sent", "R13"),
        (facts(&own(later), &setting(true, later), r#","ended":"answered""#), "not_sent", "answered", "R5"),
    ];
    let database = rusqlite::Connection::open_in_memory().unwrap();
    database
        .execute_batch(
            "CREATE TABLE decisions (outcome TEXT, reason TEXT, rule TEXT, facts TEXT);
            CREATE TABLE personal_replies (id); CREATE TABLE messages (id);",
        )
        .unwrap();
    for (facts, outcome, reason, rule) in &table {
        database
            .execute("INSERT INTO decisions VALUES (?1, ?2, ?3, ?4)", [outcome, reason, rule, facts.as_str()])
            .unwrap();
    }
    database.execute_batch(MIGRATION).unwrap();
    let mut statement = database.prepare("SELECT outcome, reason, rule, facts FROM decisions").unwrap();
    let text = |row: &rusqlite::Row<'_>, column| row.get::<_, String>(column).unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut replayed = 0;
    while let Some(row) = rows.next().unwrap() {
        let facts: Facts = serde_json::from_str(&text(row, 3)).unwrap();
        let again = decide(&facts);
        let got = (again.outcome.code().to_owned(), again.reason.code().to_owned(), again.rule.to_string());
        assert_eq!(got, (text(row, 0), text(row, 1), text(row, 2)), "{facts:?}");
        replayed += 1;
    }
    assert_eq!(replayed, table.len());
}
