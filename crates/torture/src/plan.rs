//! Who does what and when, and what is done to the system: all of it follows from the seed. What the machine makes
//! of it (scheduling, who is first, how long something takes) does not.

use std::time::Duration;

use cluster::Stop;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use sandbox::{Fault, FaultKind};

use crate::history::Kind;
use crate::proxy::Mode;

/// The outline of a run.
#[derive(Clone, Debug)]
pub struct Outline {
    /// The seed.
    pub seed: u64,
    /// How long, in milliseconds.
    pub lasts_ms: u64,
    /// How many nodes.
    pub nodes: usize,
    /// Whether there is a server and a network between it and the nodes.
    pub postgres: bool,
    /// How many operators have cases.
    pub operators: usize,
    /// How many of them act.
    pub present: usize,
}

/// How a carrier goes about a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Care {
    /// Repeats it until it is answered with 200.
    Repeat,
    /// The same, each time at another node.
    RepeatElsewhere,
    /// Posts it once, whatever comes of it.
    Once,
    /// Posts it to two nodes at once, then repeats it.
    TwiceAtOnce,
    /// Posts it again although it was answered with 200.
    AgainAfterwards,
}

/// What somebody does.
#[derive(Clone, Debug)]
pub enum Act {
    /// A customer texts.
    Text(Kind, Care),
    /// The dispatcher opens a case for the customer, with this operator, and then the customer texts.
    OpenAndText(usize, Care),
    /// The dispatcher gives the customer's case to this operator.
    Assign(usize),
    /// The dispatcher finds somebody for the cases that nobody has.
    AssignTheUnassigned(usize),
    /// The dispatcher closes the customer's case.
    Close,
    /// A present operator is active.
    Activity(usize),
    /// A present operator writes to the customer; the request is made twice.
    Message(usize, bool),
    /// A present operator opens the customer's case.
    Seen(usize),
    /// The operator with the away message switches it on or off.
    Away(bool),
    /// The admin changes the setting: enabled, threshold in minutes, while waiting, number of the text.
    Setting(bool, u32, bool, u32),
}

/// One thing that happens.
#[derive(Clone, Debug)]
pub struct Step {
    /// When, from the beginning.
    pub at: Duration,
    /// At which node.
    pub node: usize,
    /// To or by which customer.
    pub customer: usize,
    /// What.
    pub act: Act,
}

/// What is done to the system.
#[derive(Clone, Debug)]
pub enum Blow {
    /// `kill -9`.
    Kill(Vec<usize>),
    /// Asked to stop, as by an upgrade.
    Restart(usize),
    /// Stands still, as a machine that is being moved.
    Pause(usize),
    /// The database server stops.
    Database(Stop),
    /// The way from a node to the database.
    Link(usize, Mode),
    /// The way to a node.
    Front(usize, Mode),
    /// Connections from a node to the database break, again and again, and can be made anew at once.
    Breaks(usize),
    /// The database server ends every connection, again and again, and stays.
    Terminate,
    /// All nodes are killed and the database server stops; all are started at once.
    Everything(Stop),
    /// Nobody reads a node's log any more, until it is started again.
    ClosedLog(usize),
    /// The disk of a node's log is full.
    FullLog(usize),
    /// The carrier misbehaves.
    Carrier(Vec<Fault>),
    /// A node dies at this point, on this visit.
    FailPoint(&'static str, u64),
}

/// A blow, how long until it is undone, and the calm after it.
#[derive(Clone, Debug)]
pub struct Episode {
    /// What.
    pub blow: Blow,
    /// How long.
    pub lasts: Duration,
    /// Then nothing for so long.
    pub calm: Duration,
}

/// Every fail point of the program, in the order in which they are visited: those of the look-ups last, because a
/// look-up comes 20 s after what it looks up; then those at which a worker panics until it is given up.
pub const FAIL_POINTS: [&str; 21] = [
    "received",
    "stored",
    "decided",
    "committed",
    "attempt_written",
    "attempt_committed",
    "sent",
    "recorded",
    "report_received",
    "report_committed",
    "message_committed",
    "watch_decided",
    "timer_committed",
    "lookup_committed",
    "listed",
    "lookup_recorded",
    "worker_timers",
    "worker_outbox",
    "worker_reconcile",
    "worker_clean_up",
    "worker_other_nodes",
];

/// What people do: about `per_second` steps a second, in order of time.
pub fn steps(outline: &Outline, per_second: u64) -> Vec<Step> {
    let mut rng = StdRng::seed_from_u64(outline.seed);
    let mut steps = Vec::new();
    let mut customers = 0;
    let mut stopped: Vec<usize> = Vec::new();
    let mut text = 0;
    let mut at_ms = 0;
    while at_ms < outline.lasts_ms {
        at_ms += rng.random_range(1..=2_000 / per_second);
        let at = Duration::from_millis(at_ms);
        let node = rng.random_range(0..outline.nodes);
        // Those who wrote lately write again; the others are left with what they have.
        let known = rng.random_range(usize::saturating_sub(customers, 40)..customers.max(1));
        let present = rng.random_range(0..outline.present);
        let operator = rng.random_range(0..outline.operators);
        let mut step = |customer, act| steps.push(Step { at, node, customer, act });
        match rng.random_range(0..100) {
            0..24 => {
                step(customers, Act::OpenAndText(operator, care(&mut rng)));
                customers += 1;
            }
            24..30 => {
                step(customers, Act::Text(Kind::Text, care(&mut rng)));
                customers += 1;
            }
            30..56 => step(known, Act::Text(Kind::Text, care(&mut rng))),
            56..61 => {
                step(known, Act::Text(Kind::Stop, care(&mut rng)));
                stopped.push(known);
            }
            61..65 => match stopped.choose(&mut rng) {
                Some(customer) => step(*customer, Act::Text(Kind::Start, care(&mut rng))),
                None => step(known, Act::Text(Kind::Text, Care::Repeat)),
            },
            65..73 => step(known, Act::Message(present, rng.random_bool(0.3))),
            73..78 => step(known, Act::Seen(present)),
            78..83 => step(known, Act::Close),
            83..89 => step(known, Act::Assign(operator)),
            89..92 => step(known, Act::AssignTheUnassigned(operator)),
            92..97 => step(known, Act::Activity(present)),
            97 => step(known, Act::Away(rng.random_bool(0.7))),
            _ => {
                // What is changed for a moment is changed back; the text bears a number.
                text += 1;
                let for_a_moment = match rng.random_range(0..12) {
                    0 => Some((false, 1, true)),
                    1 => Some((true, 2, true)),
                    2 => Some((true, 1, false)),
                    _ => None,
                };
                let back = Act::Setting(true, 1, true, text);
                match for_a_moment {
                    Some((enabled, minutes, while_waiting)) => {
                        step(known, Act::Setting(enabled, minutes, while_waiting, text));
                        let at = at + Duration::from_millis(rng.random_range(500..2_000));
                        steps.push(Step { at, node, customer: known, act: back });
                    }
                    None => step(known, back),
                }
            }
        }
    }
    steps.sort_by_key(|step| step.at);
    steps
}

fn care(rng: &mut StdRng) -> Care {
    match rng.random_range(0..100) {
        0..45 => Care::Repeat,
        45..70 => Care::RepeatElsewhere,
        70..80 => Care::Once,
        80..92 => Care::TwiceAtOnce,
        _ => Care::AgainAfterwards,
    }
}

/// What is done to the system, one thing after the other.
pub fn episodes(outline: &Outline) -> Vec<Episode> {
    let mut rng = StdRng::seed_from_u64(outline.seed ^ 0xb10);
    let mut episodes = Vec::new();
    let mut at_ms = 0;
    while at_ms < outline.lasts_ms {
        let lasts_ms = rng.random_range(100..2_500);
        // Now and then long enough for everything due to have gone, often not.
        let calm_ms = if rng.random_bool(0.15) { 6_000 } else { rng.random_range(100..1_500) };
        at_ms += lasts_ms + calm_ms;
        let (lasts, calm) = (Duration::from_millis(lasts_ms), Duration::from_millis(calm_ms));
        episodes.push(Episode { blow: blow(&mut rng, outline), lasts, calm });
    }
    episodes
}

fn blow(rng: &mut StdRng, outline: &Outline) -> Blow {
    let node = rng.random_range(0..outline.nodes);
    let mode = match rng.random_range(0..3) {
        0 => Mode::Cut,
        1 => Mode::Freeze,
        _ => Mode::Delay(Duration::from_millis(rng.random_range(5..60))),
    };
    let kinds = if outline.postgres { 0..108 } else { 0..73 };
    match rng.random_range(kinds) {
        0..22 => Blow::Kill(vec![node]),
        22..30 => Blow::Kill((0..outline.nodes).collect()),
        30..36 => Blow::Restart(node),
        36..42 => Blow::Pause(node),
        42..50 => Blow::Front(node, mode),
        50..65 => Blow::Carrier(faults(rng)),
        65..69 => Blow::ClosedLog(node),
        69..73 => Blow::FullLog(node),
        73..80 => Blow::Database(Stop::Fast),
        80..87 => Blow::Database(Stop::Immediate),
        87..91 => Blow::Everything(if rng.random_bool(0.5) { Stop::Fast } else { Stop::Immediate }),
        91..96 => Blow::Breaks(node),
        96..99 => Blow::Terminate,
        _ => Blow::Link(node, mode),
    }
}

/// Some faults of the carrier. Those that keep us waiting are few, so that they do not take up every hand.
fn faults(rng: &mut StdRng) -> Vec<Fault> {
    let spoiling = [
        Fault::new(FaultKind::TooManyRequests, Some(6)),
        Fault { code: Some(30_008), ..Fault::new(FaultKind::Refuse, Some(3)) },
        Fault::new(FaultKind::ErrorProcessed, Some(3)),
        Fault::new(FaultKind::ErrorNotProcessed, Some(3)),
        Fault::new(FaultKind::HangProcessed, Some(2)),
        Fault::new(FaultKind::HangNotProcessed, Some(2)),
        Fault::new(FaultKind::ResetProcessed, Some(3)),
        Fault::new(FaultKind::ResetNotProcessed, Some(3)),
    ];
    let following = [
        Fault::new(FaultKind::LateCallbacks, Some(4)),
        Fault::new(FaultKind::DuplicateCallbacks, Some(4)),
        Fault::new(FaultKind::LostCallbacks, Some(4)),
        Fault::new(FaultKind::Undelivered, Some(4)),
    ];
    let mut faults: Vec<Fault> = spoiling.choose(rng).into_iter().cloned().collect();
    if rng.random_bool(0.5) {
        faults.extend(following.choose(rng).cloned());
    }
    faults
}

/// The visits of the fail points, one after the other, after the carrier has made some hand-overs uncertain and the log
/// could not be written.
pub fn visits(seed: u64) -> Vec<Episode> {
    let mut rng = StdRng::seed_from_u64(seed ^ 0xfa11);
    let uncertain =
        vec![Fault::new(FaultKind::ErrorProcessed, Some(12)), Fault::new(FaultKind::LostCallbacks, Some(12))];
    let episode = |blow, lasts_ms| Episode {
        blow,
        lasts: Duration::from_millis(lasts_ms),
        calm: Duration::from_millis(100),
    };
    let mut episodes = vec![
        episode(Blow::Carrier(uncertain), 4_000),
        episode(Blow::ClosedLog(0), 2_000),
        episode(Blow::FullLog(0), 2_000),
    ];
    for name in FAIL_POINTS {
        let rare = name.starts_with("lookup")
            || name == "listed"
            || name.starts_with("watch")
            || name.starts_with("timer")
            || name.starts_with("worker");
        let visit = if rare { 1 } else { rng.random_range(1..=2) };
        episodes.push(episode(Blow::FailPoint(name, visit), 0));
    }
    episodes
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const OUTLINE: Outline =
        Outline { seed: 7, lasts_ms: 60_000, nodes: 2, postgres: true, operators: 8, present: 2 };

    #[test]
    fn the_seed_fixes_the_plan() {
        let all = |outline: &Outline| format!("{:?} {:?}", steps(outline, 12), episodes(outline));
        assert_eq!(all(&OUTLINE), all(&OUTLINE));
        assert_ne!(all(&OUTLINE), all(&Outline { seed: 8, ..OUTLINE }));
        let steps = steps(&OUTLINE, 12);
        assert!((500..1_000).contains(&steps.len()), "{} steps in a minute", steps.len());
    }

    /// The program's sources and the harness name the same points.
    #[test]
    fn every_fail_point_is_visited() {
        let mut named = BTreeSet::new();
        let mut folders = vec![std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../app/src")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let text = std::fs::read_to_string(path).unwrap();
                    let rest = text.split("_point(\"").skip(1);
                    named.extend(rest.map(|rest| rest.split('"').next().unwrap().to_owned()));
                }
            }
        }
        assert_eq!(named, FAIL_POINTS.iter().map(|name| (*name).to_owned()).collect());
        let visited = visits(1).into_iter().filter(|episode| matches!(episode.blow, Blow::FailPoint(..)));
        assert_eq!(visited.count(), FAIL_POINTS.len());
    }
}
