//! The order of a run: set up by the command line, start the product and the floors, then round by round the same
//! load on each of them, so that a slow minute of the machine hits all alike.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::http::Connection;
use crate::load::{Measured, drive};
use crate::process::{Product, Server, free_authority};
use crate::report::{Report, Round};
use crate::request::{ACCOUNT_SID, AUTH_TOKEN, Mint, NUMBER, REPEATING_SENDERS, Senders};
use crate::sample;

/// The numbers of connections that are driven.
const CONNECTIONS: [usize; 3] = [1, 32, 128];
/// No round sends more, so that its requests fit into memory.
const MOST_REQUESTS: usize = 200_000;

/// The options of `run`.
#[derive(clap::Args)]
pub struct Options {
    /// The release binary.
    #[arg(long)]
    binary: PathBuf,
    /// An empty folder for databases and logs, on the disk that shall be measured.
    #[arg(long)]
    folder: PathBuf,
    /// How long a round shall last.
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
}

/// A server that can be driven.
struct Target {
    server: Server,
    mint: Mint,
    acknowledged: usize,
}

impl Target {
    fn new(server: Server) -> Target {
        let mint = Mint::new(&server.authority);
        Target { server, mint, acknowledged: 0 }
    }

    async fn drive(
        &mut self,
        connections: usize,
        senders: Senders,
        count: usize,
        per_second: Option<f64>,
    ) -> anyhow::Result<Measured> {
        let requests = self.mint.batch(senders, count);
        let cpu_before = self.server.cpu()?;
        let mut measured = drive(&self.server.authority, connections, requests, per_second).await?;
        measured.server_cpu = self.server.cpu()?.saturating_sub(cpu_before);
        self.acknowledged += measured.acknowledged;
        Ok(measured)
    }

    /// A short round to learn the speed, then one of about the wanted length.
    async fn measure(
        &mut self,
        connections: usize,
        senders: Senders,
        seconds: f64,
    ) -> anyhow::Result<Measured> {
        let warm_up = self.drive(connections, senders, 100 + 20 * connections, None).await?;
        let count = (warm_up.per_second() * seconds) as usize;
        self.drive(connections, senders, count.clamp(200, MOST_REQUESTS), None).await
    }
}

/// Runs everything and prints the report.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let folder = std::path::absolute(&options.folder)?;
    let binary = std::path::absolute(&options.binary)?;
    std::fs::create_dir_all(&folder)?;
    ensure!(folder.read_dir()?.next().is_none(), "{} is not empty", folder.display());
    let product = Product { binary, folder: folder.clone() };
    let token = set_up(&product)?;
    let floor_database = folder.join("floor.db");
    sample::open(&product.database())?
        .execute("VACUUM INTO $1", [floor_database.to_str().context("a folder name that is not text")?])?;

    let mut backsoon = Target::new(start(&product).await?);
    enable(&backsoon.server.authority, &token).await?;
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
    let peak_mb = backsoon.server.memory_mb("VmHWM")?;

    eprintln!("  half of the maximum rate");
    let most = rounds.iter().filter(|round| round.senders == Senders::New && round.connections == 128);
    let rate = most.map(|round| round.backsoon.per_second()).fold(0.0, f64::max) / 2.0;
    let count = (rate * options.seconds * 2.0) as usize;
    let at_half = backsoon.drive(128, Senders::New, count.clamp(200, MOST_REQUESTS), Some(rate)).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let after_load_mb = backsoon.server.memory_mb("VmRSS")?;
    let acknowledged = backsoon.acknowledged;
    for target in [backsoon, inserts, nothing] {
        target.server.stop().await?;
    }

    eprintln!("  start on the database of this run");
    let stored = sample::messages(&product.database())?;
    ensure!(stored == acknowledged, "{acknowledged} messages were acknowledged, {stored} are stored");
    let mut starts_ms = Vec::new();
    let mut idle_mb = 0.0;
    for _ in 0..5 {
        let server = start(&product).await?;
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

/// A new database with one organization, one administrator and one number; answers with an API token.
fn set_up(product: &Product) -> anyhow::Result<String> {
    let migrated = product.command(&["migrate"]).output()?;
    ensure!(migrated.status.success(), "backsoon migrate: {}", String::from_utf8_lossy(&migrated.stderr));
    let organization =
        product.ask(&["organization", "create", "--name", "Bench", "--time-zone", "Etc/UTC"], "", "id")?;
    let email = "bench@example.com";
    product.ask(
        &[
            "user",
            "create",
            "--organization",
            &organization,
            "--email",
            email,
            "--name",
            "Bench",
            "--role",
            "system_admin",
            "--role",
            "operator",
        ],
        "a long pass phrase for the bench\n",
        "id",
    )?;
    product.ask(
        &[
            "channel",
            "add",
            "twilio",
            "--organization",
            &organization,
            "--account-sid",
            ACCOUNT_SID,
            "--number",
            NUMBER,
        ],
        &format!("{AUTH_TOKEN}\n"),
        "id",
    )?;
    product.ask(&["token", "create", "--user", email, "--name", "bench"], "", "token")
}

async fn start(product: &Product) -> anyhow::Result<Server> {
    let authority = free_authority()?;
    let mut command = product.command(&["serve"]);
    command.env("BACKSOON_LISTEN", &authority);
    // Nobody answers there; no message of the bench has an operator, so nothing is sent.
    command.env("BACKSOON_TWILIO_API_URL", format!("http://{}", free_authority()?));
    Server::start(command, &authority, "/readyz", &product.folder.join("backsoon.log")).await
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

/// Turns the Inactivity Auto Reply on, so that a message is judged and watched, not waved through.
async fn enable(authority: &str, token: &str) -> anyhow::Result<()> {
    let body = r#"{"enabled":true,"threshold_minutes":10,"message":"I'm away from my desk.","while_waiting":true,"quiet_minutes":0}"#;
    let request = format!(
        "PUT /api/v1/organization/inactivity-reply HTTP/1.1\r\nhost: {authority}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut connection = Connection::open(authority).await?;
    let answer = connection.exchange(request.as_bytes()).await?;
    ensure!(answer.status == 200, "enabling: {} {}", answer.status, String::from_utf8_lossy(answer.body));
    Ok(())
}
