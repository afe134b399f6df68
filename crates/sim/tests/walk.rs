//! Random walks with a fixed set of seeds. `SIM_SEED=7 SIM_STEPS=500` walks one seed alone, for as many steps as
//! wanted; `SIM_SEEDS=1000` walks more of them.

use sim::walk::{Report, walk};

const SEEDS: u64 = 24;
const STEPS: u32 = 120;

fn number<T: std::str::FromStr>(variable: &str) -> Option<T> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().ok().unwrap_or_else(|| panic!("{variable}={text:?} is not a number")))
}

#[tokio::test]
async fn whatever_happens_the_rule_book_holds() {
    let steps = number("SIM_STEPS").unwrap_or(STEPS);
    let seeds = match number("SIM_SEED") {
        Some(seed) => seed..=seed,
        None => 1..=number("SIM_SEEDS").unwrap_or(SEEDS),
    };
    let mut all = Report::default();
    for seed in seeds.clone() {
        let report = walk(seed, steps).await.unwrap_or_else(|found| {
            panic!("{found}\n\nagain: SIM_SEED={seed} SIM_STEPS={steps} cargo test -p backsoon-sim")
        });
        all.texts += report.texts;
        all.late += report.late;
        all.sent += report.sent;
        all.watched += report.watched;
        all.cancelled += report.cancelled;
        all.faults += report.faults;
        all.restarts += report.restarts;
    }
    println!("{all:?}");
    if seeds.count() >= 10 {
        let dull = [all.late, all.sent, all.watched, all.cancelled, all.faults, all.restarts].contains(&0);
        assert!(!dull, "the walks did not see everything: {all:?}");
    }
}
