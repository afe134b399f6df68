//! Each story is a row's way through its phases, in seconds after it was queued.

use uuid::Uuid;

use super::*;

/// What happens to a row.
enum Step {
    Attempt,
    TurnedAway { asked_s: i64 },
    LoseAnswer,
    LookUp,
    Missed { answered: bool },
    PutOff { until_s: i64 },
    Suspect { at_s: i64 },
}

use Step::*;

const fn at(s: i64) -> Instant {
    Instant::from_ms(1_795_000_000_000 + s * SECOND_MS)
}

fn row() -> OutboxRow {
    let id = Uuid::from_u128;
    let (message, to) = ((id(2).into(), id(3).into()), (id(4).into(), id(5).into()));
    OutboxRow::queued(id(1).into(), message, to, at(0))
}

/// The row after the step at this second; none if it was given up.
fn after(row: OutboxRow, second: i64, step: &Step) -> Option<OutboxRow> {
    let now = at(second);
    let before = row.state().lease_epoch;
    let change = match step {
        Attempt => row.attempt(now),
        TurnedAway { asked_s } => row.turned_away(now, 0.0, asked_s * SECOND_MS),
        LoseAnswer => row.lose_answer(now),
        LookUp => row.look_up(now),
        Missed { answered } => match row.not_found(*answered, now) {
            NotFound::Again(change) => change,
            NotFound::GiveUp => return None,
        },
        PutOff { until_s } => row.put_off(at(*until_s)),
        Suspect { at_s } => row.suspect_attempt(at(*at_s), now),
    };
    assert_eq!(change.from_epoch(), before, "it is written over what was read");
    assert_eq!(change.row().state().lease_epoch, before + 1, "every transition raises the lease");
    Some(change.row().clone())
}

#[test]
fn a_row_goes_through_its_phases() {
    type Then = Option<(Phase, i64, Option<i64>)>;
    type Story = Vec<(i64, Step, Then)>;
    let queued = |due_s, next| Some((Phase::Queued, due_s, next));
    let attempting = |due_s| Some((Phase::Attempting, due_s, None));
    let unknown = |due_s, next_s| Some((Phase::Unknown, due_s, Some(next_s)));
    // Name; then of each step: its second, what happens, and the phase, when it is due and when it is tried next.
    let stories: Vec<(&str, Story)> = vec![
        ("it is handed over under a lease", vec![(7, Attempt, attempting(37))]),
        (
            "one that the carrier has no room for is offered again, later each time",
            vec![
                (0, Attempt, attempting(30)),
                (1, TurnedAway { asked_s: 2 }, queued(3, Some(3))),
                (3, Attempt, attempting(33)),
                (4, TurnedAway { asked_s: 60 }, queued(64, Some(64))),
            ],
        ),
        (
            "one that waits for its channel has not been tried",
            vec![(0, PutOff { until_s: 30 }, queued(30, None))],
        ),
        (
            "a lost answer is looked up after 20, 60 and 180 s, and then given up",
            vec![
                (0, Attempt, attempting(30)),
                (10, LoseAnswer, unknown(20, 20)),
                (20, LookUp, unknown(50, 20)),
                (21, Missed { answered: true }, unknown(60, 60)),
                (60, LookUp, unknown(90, 60)),
                (61, Missed { answered: true }, unknown(180, 180)),
                (180, LookUp, unknown(210, 180)),
                (181, Missed { answered: true }, None),
            ],
        ),
        (
            "look-ups that the carrier does not answer count for nothing",
            vec![
                (0, Attempt, attempting(30)),
                (30, LoseAnswer, unknown(30, 20)),
                (31, Missed { answered: false }, unknown(60, 60)),
                (61, Missed { answered: false }, unknown(180, 180)),
                (181, Missed { answered: true }, unknown(361, 361)),
                (362, Missed { answered: true }, None),
            ],
        ),
        (
            "after a crash long ago it is looked up at once",
            vec![(0, Attempt, attempting(30)), (500, LoseAnswer, unknown(500, 20))],
        ),
        (
            "one that a restored copy still meant to send may have been sent",
            vec![(900, Suspect { at_s: 0 }, unknown(900, 20))],
        ),
    ];
    for (name, steps) in stories {
        let mut row = row();
        for (number, (second, step, then)) in steps.into_iter().enumerate() {
            let found = after(row.clone(), second, &step);
            let seen = found.as_ref().map(|row| {
                let seconds = |instant: Instant| instant.since_ms(at(0)) / SECOND_MS;
                (row.phase(), seconds(row.state().due_at), row.next_try_at().map(seconds))
            });
            assert_eq!(seen, then, "{name}, step {number}");
            let Some(found) = found else { break };
            row = found;
        }
    }
}

#[test]
fn a_carrier_that_never_answers_is_asked_a_bounded_number_of_times() {
    let mut row = row().attempt(at(0)).row().clone().lose_answer(at(1)).row().clone();
    let mut asked = 0;
    loop {
        asked += 1;
        match row.clone().not_found(false, at(asked)) {
            NotFound::Again(change) => row = change.row().clone(),
            NotFound::GiveUp => break,
        }
    }
    assert_eq!(asked, MAX_LOOKUPS);
}

#[test]
fn who_was_overtaken_sees_it() {
    let found = row();
    let taken = found.clone().attempt(at(0)).row().clone();
    let table = [
        ("as it was found, and due", &found, 0, true, true),
        ("not due yet", &found, -1, false, true),
        ("taken by somebody else", &taken, 100, false, false),
    ];
    for (name, row, second, due, same) in table {
        assert_eq!((row.is_due_as(&found, at(second)), row.has_lease_of(&found)), (due, same), "{name}");
    }
    assert!(taken.is_being_handed_over(at(29)) && !taken.is_being_handed_over(at(30)));
    assert!(!found.is_being_handed_over(at(0)));
}
