//! Kills nodes, databases and connections under the real program while customers text and people work, and proves
//! from the histories that nothing was lost, doubled or sent to somebody who opted out. See `docs/torture.md`.
//!
//! The seed fixes the plan: who does what when, and what is done to the system. What the machine's scheduling makes
//! of it varies from run to run.

mod carrier;
mod checker;
mod database;
mod desk;
mod history;
mod log_disk;
mod nemesis;
mod node;
mod plan;
mod proxy;
mod readers;
mod run;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::ensure;
use clap::Parser;

use run::{Engine, Order};

/// Tortures the program and checks what became of its promises.
#[derive(Parser)]
struct Arguments {
    /// The program: a build of `backsoon`, with the feature fail-points if those are to be visited
    #[arg(long)]
    binary: PathBuf,
    /// On what
    #[arg(long, value_enum)]
    engine: Engine,
    /// How many nodes; SQLite has one
    #[arg(long, default_value_t = 2)]
    nodes: usize,
    /// For how many seconds
    #[arg(long, default_value_t = 25)]
    seconds: u64,
    /// What fixes the plan; made up unless it is given
    #[arg(long)]
    seed: Option<u64>,
    /// Visit every fail point instead of dealing blows at random
    #[arg(long)]
    fail_points: bool,
    /// Wait until it is known what became of every message: up to four minutes more
    #[arg(long)]
    to_the_end: bool,
    /// Keep logs and data in this folder, which is made
    #[arg(long)]
    folder: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match torture(Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("the run itself failed: {error:#}");
            println!("0 passed, 1 failed");
            ExitCode::FAILURE
        }
    }
}

async fn torture(arguments: Arguments) -> anyhow::Result<bool> {
    let seed = arguments.seed.unwrap_or_else(|| rand::random_range(0..1_000_000));
    let has_fail_points = program_has(&arguments.binary, "BACKSOON_FAIL_POINT")?;
    ensure!(has_fail_points || !arguments.fail_points, "this program has no fail points");
    let thrown_away = tempfile::Builder::new().prefix("backsoon-torture").tempdir()?;
    let folder = arguments.folder.unwrap_or_else(|| thrown_away.path().to_owned());
    std::fs::create_dir_all(&folder)?;
    let nodes = if arguments.engine == Engine::Sqlite || arguments.fail_points { 1 } else { arguments.nodes };
    let order = Order {
        binary: arguments.binary.canonicalize()?,
        engine: arguments.engine,
        nodes,
        lasts: Duration::from_secs(arguments.seconds),
        seed,
        fail_points: arguments.fail_points,
        to_the_end: arguments.to_the_end,
        folder: folder.canonicalize()?,
    };
    let what =
        if order.fail_points { "every fail point".to_owned() } else { format!("{} s", arguments.seconds) };
    let name = format!("{:?}, {nodes} node(s), {what}, seed {seed}", order.engine);
    println!("{name}");
    let started = Instant::now();
    let history = run::run(&order).await?;
    println!("ran for {} s", started.elapsed().as_secs());
    let good = checker::report(&history, &name);
    if !good {
        let kept = thrown_away.keep();
        println!("logs and data: {}", if folder.starts_with(&kept) { kept } else { folder }.display());
    }
    Ok(good)
}

/// Whether the text stands in the program.
fn program_has(binary: &PathBuf, text: &str) -> anyhow::Result<bool> {
    let program = std::fs::read(binary)?;
    Ok(program.windows(text.len()).any(|window| window == text.as_bytes()))
}
