//! Holds office hours (R12) to an independent implementation: `hours.json` is written by `tests/hours/oracle.py`
//! with Python's zoneinfo, and `make test` checks that it still writes the same.

use domain::hours::{Grid, Period, Week, Window};
use domain::time::{Instant, SECOND_MS};
use jiff::tz::TimeZone;

/// Zone, grid, instant, open, start and end of the period; instants in seconds since 1970.
type Row = (String, String, i64, bool, Option<i64>, Option<i64>);

fn week(grid: &str) -> Week {
    let windows = |texts: &[&str]| -> Vec<Window> {
        let parse = |text: &&str| {
            let (start, end) = text.split_once('-').expect("start-end");
            Window { start: start.parse().expect("a time"), end: end.parse().expect("a time") }
        };
        texts.iter().map(parse).collect()
    };
    let (days, texts): (usize, &[&str]) = match grid {
        "office" => (5, &["09:00-12:00", "13:00-17:00"]),
        "nights" => (7, &["22:00-06:00"]),
        "small_hours" => (7, &["01:30-02:30"]),
        "after_midnight" => (7, &["00:15-00:45"]),
        "four_days" => (4, &["00:00-24:00"]),
        other => panic!("no grid {other}"),
    };
    let on = |day: usize| if day < days { windows(texts) } else { Vec::new() };
    Week {
        monday: on(0),
        tuesday: on(1),
        wednesday: on(2),
        thursday: on(3),
        friday: on(4),
        saturday: on(5),
        sunday: on(6),
    }
}

#[test]
fn r12_office_hours_agree_with_an_independent_implementation() {
    let rows: Vec<Row> = serde_json::from_str(include_str!("hours.json")).expect("a table");
    assert!(rows.len() > 1_000, "{}", rows.len());
    let instant = |seconds: i64| Instant::from_ms(seconds * SECOND_MS);
    let mut wrong = Vec::new();
    for (zone, grid, at, open, start, end) in &rows {
        let week = week(grid);
        let zone_of = TimeZone::get(zone).expect("a zone");
        let found = Grid { week: &week, exceptions: &[], zone: zone_of }.period_at(instant(*at));
        let expected = Period { open: *open, start: start.map(instant), end: end.map(instant) };
        if found != expected {
            wrong.push(format!("{zone} {grid} at {}: {found:?}, should be {expected:?}", instant(*at)));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} differ:\n{}",
        wrong.len(),
        rows.len(),
        wrong[..wrong.len().min(8)].join("\n")
    );
}
