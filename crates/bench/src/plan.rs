//! The order of a run: set up by the command line, start the product and the floors, then round by round the same
//! load on each of them, so that a slow minute of the machine hits all alike.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::desk::{Target, enable, set_up, start};
use crate::process::{Product, Server, free_authority};
use crate::report::{Report, Round};
use crate::request::{REPEATING_SENDERS, Senders};
use crate::sample;

/// The numbers of connections that are driven.
const CONNECTIONS: [usize; 3] = [1, 32, 128];

/// The options of `run`.
#[derive(clap::Args)]
pub struct Options {
    /// The release binary.
    #[arg(long)]
    pub binary: PathBuf,
    /// An empty folder for databases and logs, on the disk that shall be measured.
    #[arg(long)]
    pub folder: PathBuf,
    /// How long a round shall last.
    #[arg(long, default_value_t = 4.0)]
    pub seconds: f64,
}

impl Options {
    /// The binary and a new folder of this name.
    pub fn places(&self, name: &str) -> anyhow::Result<(PathBuf, PathBuf)> {
        let folder = std::path::absolute(&self.folder)?.join(name);
        std::fs::create_dir_all(&folder)?;
        ensure!(folder.read_dir()?.next().is_none(), "{} is not empty", folder.display());
        Ok((std::path::absolute(&self.binary)?, folder))
    }
}

/// Runs everything and prints the report.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let (binary, folder) = options.places("sqlite")?;
    let product = Product::on_sqlite(binary, folder.clone());
    let token = set_up(&product)?.token;
    let floor_database = folder.join("floor.db");
    sample::open(&product.database())?
        .execute("VACUUM INTO $1", [floor_database.to_str().context("a folder name that is not text")?])?;

    let mut backsoon = Target::new(start(&product, None).await?);
    enable(&backsoon.nodes[0].authority, &token).await?;
    // The rows that the floor copies are taken from these.
    backsoon.drive(8, Senders::New, 1000, None).await?;
    let mut inserts = Target::new(start_floor(&folder, Some((&floor_database, &product.database()))).await?);
    let mut nothing = Target::new(start_floor(&folder, None).await?);

    // Until here each of the senders that take turns is new; that is not what their rounds measure.
    for target in [&mut backsoon, &mut inserts] {
        target.drive(32, Senders::Repeating, usize::try_from(REPEATING_SENDERS)?, None).await?;
    }
    let mut rounds = Vec::new();
    for senders in [Senders::New, Senders::Repeating] {
        for connections in CONNECTIONS {
            eprintln!("  {connections} connections, {senders:?} senders");
            rounds.push(Round {
                senders,
                connections,
                backsoon: backsoon.measure(connections, senders, options.seconds).await?,
                inserts: inserts.measure(connections, senders, options.seconds).await?,
                nothing: nothing.measure(connections, senders, options.seconds / 2.0).await?,
            });
        }
    }
    let peak_mb = backsoon.nodes[0].memory_mb("VmHWM")?;

    eprintln!("  half of the maximum rate");
    let most = rounds.iter().filter(|round| round.senders == Senders::New && round.connections == 128);
    let rate = most.map(|round| round.backsoon.per_second()).fold(0.0, f64::max) / 2.0;
    let count = (rate * options.seconds * 2.0) as usize;
    let at_half =
        backsoon.drive(128, Senders::New, count.clamp(200, crate::desk::MOST_REQUESTS), Some(rate)).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let after_load_mb = backsoon.nodes[0].memory_mb("VmRSS")?;
    let acknowledged = backsoon.acknowledged;
    for target in [backsoon, inserts, nothing] {
        target.stop().await?;
    }

    eprintln!("  start on the database of this run");
    let stored = sample::messages(&product.database())?;
    ensure!(stored == acknowledged, "{acknowledged} messages were acknowledged, {stored} are stored");
    let mut starts_ms = Vec::new();
    let mut idle_mb = 0.0;
    for _ in 0..5 {
        let server = start(&product, None).await?;
        starts_ms.push(server.ready_after.as_secs_f64() * 1000.0);
        tokio::time::sleep(Duration::from_secs(1)).await;
        idle_mb = server.memory_mb("VmRSS")?;
        server.stop().await?;
    }
    starts_ms.sort_by(f64::total_cmp);

    let report = Report {
        rounds,
        rate,
        at_half,
        peak_mb,
        after_load_mb,
        idle_mb,
        start_ms: starts_ms[starts_ms.len() / 2],
        stored,
        rows_product: sample::rows_per_message(&product.database())?,
        rows_floor: sample::rows_per_message(&floor_database)?,
    };
    println!("{report}");
    Ok(())
}

async fn start_floor(folder: &Path, databases: Option<(&Path, &Path)>) -> anyhow::Result<Server> {
    let authority = free_authority()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["floor", "--listen", &authority]);
    if let Some((into, like)) = databases {
        command.arg("--database").arg(into).arg("--like").arg(like);
    }
    Server::start(command, &authority, "/readyz", &folder.join("floor.log")).await
}
