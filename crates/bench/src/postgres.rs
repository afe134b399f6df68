//! The run on PostgreSQL: a durable throwaway server on this machine, pgbench with the same inserts as the floor,
//! then the product as one node and as two on one database, round by round.

use std::fmt;

use anyhow::{Context, ensure};
use cluster::Cluster;
use tokio_postgres::{Client, NoTls};

use crate::desk::{Target, enable, set_up, start};
use crate::load::Measured;
use crate::pgbench::{self, Place};
use crate::plan::Options;
use crate::process::Product;
use crate::report::cell;
use crate::request::{REPEATING_SENDERS, Senders};
use crate::sample::Sample;

/// How many connections are driven, and how many each server or pgbench has to the database.
const CONNECTIONS: usize = 32;

/// What differs from PostgreSQL's defaults beside its memory: what docs/operations.md recommends, and room for the
/// connections of two nodes and of pgbench. Everything is durable.
const SETTINGS: [&str; 4] =
    ["max_wal_size=8GB", "checkpoint_timeout=30min", "wal_compression=lz4", "max_connections=120"];

/// A server with a quarter of the machine's memory for its pages.
pub fn cluster() -> anyhow::Result<Cluster> {
    let memory = std::fs::read_to_string("/proc/meminfo")?;
    let total_kb = memory.lines().find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next());
    let total_kb: u64 = total_kb.context("the machine's memory")?.parse()?;
    let buffers = format!("shared_buffers={}MB", total_kb / 1024 / 4);
    let settings: Vec<&str> = SETTINGS.into_iter().chain([buffers.as_str()]).collect();
    println!("\nPostgreSQL with {}.", settings.join(", "));
    Ok(Cluster::start(&settings))
}

struct Round {
    senders: Senders,
    /// Messages per second.
    pgbench: f64,
    one: Measured,
    two: Measured,
}

struct Report {
    rounds: Vec<Round>,
    stored: usize,
    version: String,
}

/// A connection for looking at a database.
pub async fn connect(url: &str) -> anyhow::Result<Client> {
    let (client, driver) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(driver);
    Ok(client)
}

/// A new database with a desk on it that waits for messages.
pub struct Database {
    pub url: String,
    pub product: Product,
    pub place: Place,
    token: String,
}

impl Database {
    pub fn new(cluster: &Cluster, options: &Options, name: &str) -> anyhow::Result<Database> {
        let (binary, folder) = options.places(name)?;
        let url = cluster.empty_database();
        let own = format!("{url}&max_connections={CONNECTIONS}");
        let product = Product::on_postgres(binary, folder, own);
        let desk = set_up(&product)?;
        let place = Place { organization: desk.organization, channel: desk.channel };
        Ok(Database { url, product, place, token: desk.token })
    }

    /// A desk of so many nodes on it.
    pub async fn serve(&self, nodes: usize, first: u64) -> anyhow::Result<Target> {
        let mut running = vec![start(&self.product, None).await?];
        for _ in 1..nodes {
            running.push(start(&self.product, running.first()).await?);
        }
        enable(&running[0].authority, &self.token).await?;
        Ok(Target::of(running, first))
    }
}

/// Runs everything and prints the report.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let cluster = cluster()?;
    let desk = Database::new(&cluster, &options, "postgres")?;
    let floor = Database::new(&cluster, &options, "pgbench")?;
    let mut one = desk.serve(1, 0).await?;
    let mut two = desk.serve(2, 3_000_000).await?;
    // The rows that pgbench inserts look like these.
    one.drive(8, Senders::New, 1000, None).await?;
    let client = connect(&desk.url).await?;
    let sample = sample(&client).await?;
    let at_floor = connect(&floor.url).await?;
    at_floor.batch_execute(&pgbench::known_senders(&floor.place, sample.watched)).await?;
    one.drive(CONNECTIONS, Senders::Repeating, usize::try_from(REPEATING_SENDERS)?, None).await?;
    let mut rounds = Vec::new();
    for (i, senders) in (0..).zip([Senders::New, Senders::Repeating, Senders::New, Senders::Repeating]) {
        eprintln!("  PostgreSQL, {CONNECTIONS} connections, {senders:?} senders");
        let script = floor.product.folder.join("message.sql");
        std::fs::write(&script, pgbench::script(&floor.place, &sample, senders))?;
        let size = (CONNECTIONS, options.seconds);
        rounds.push(Round {
            senders,
            pgbench: pgbench::run(&cluster, &floor.url, &script, size, 20_000_000 * i)?,
            one: one.measure(CONNECTIONS, senders, options.seconds).await?,
            two: two.measure(CONNECTIONS, senders, options.seconds).await?,
        });
    }
    let acknowledged = one.acknowledged + two.acknowledged;
    for target in [one, two] {
        target.stop().await?;
    }
    let stored = count(&client).await?;
    ensure!(stored == acknowledged, "{acknowledged} messages were acknowledged, {stored} are stored");
    let version: String = client.query_one("SHOW server_version", &[]).await?.try_get(0)?;
    println!("{}", Report { rounds, stored, version });
    Ok(())
}

async fn count(client: &Client) -> anyhow::Result<usize> {
    let count: i64 = client.query_one("SELECT count(*) FROM messages", &[]).await?.try_get(0)?;
    Ok(usize::try_from(count)?)
}

/// What the product wrote for one message.
async fn sample(client: &Client) -> anyhow::Result<Sample> {
    let watched = client.query_one("SELECT watched FROM cases ORDER BY id DESC LIMIT 1", &[]).await?;
    let decision = client
        .query_one("SELECT outcome, reason, rule, facts FROM decisions ORDER BY id DESC LIMIT 1", &[])
        .await
        .context("the product has stored no message")?;
    let events = client.query_one("SELECT count(*) FROM events", &[]).await?.try_get::<_, i64>(0)?;
    let messages = i64::try_from(count(client).await?)?;
    let per_message = (events + messages / 2) / messages;
    let events = client
        .query("SELECT kind, subject FROM events ORDER BY id DESC LIMIT $1", &[&per_message])
        .await?
        .iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect::<anyhow::Result<_>>()?;
    Ok(Sample {
        watched: watched.try_get(0)?,
        decision: [decision.try_get(0)?, decision.try_get(1)?, decision.try_get(2)?, decision.try_get(3)?],
        events,
    })
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "Signed webhooks acknowledged after commit, {CONNECTIONS} connections; PostgreSQL {}, durable, on the same cores.\n",
            self.version
        )?;
        writeln!(
            out,
            "{:<10} {:>9}  {:>30}  {:>7}  {:>30}  {:>9}",
            "senders", "pgbench", "one node", "share", "two nodes", "two / one"
        )?;
        let (mut least, mut least_two) = (f64::INFINITY, f64::INFINITY);
        for Round { senders, pgbench, one, two } in &self.rounds {
            let share = 100.0 * one.per_second() / pgbench;
            let both = 100.0 * two.per_second() / one.per_second();
            (least, least_two) = (least.min(share), least_two.min(both));
            writeln!(
                out,
                "{:<10} {pgbench:>9.0}  {:>30}  {share:>5.0} %  {:>30}  {both:>7.0} %",
                senders.words(),
                cell(one),
                cell(two),
            )?;
        }
        writeln!(
            out,
            "\npgbench: the same inserts in a hand-written transaction for each message, {CONNECTIONS} clients."
        )?;
        writeln!(out, "Every one of the {} acknowledged messages is stored.\n", self.stored)?;
        let mut line = |what: &str, goal: &str, measured: f64, met: bool| {
            let met = if met { "met" } else { "missed" };
            writeln!(out, "{what:<62} {goal:>10}  {measured:>8.0} %  {met}")
        };
        line("one node, share of pgbench (the lowest)", ">= 80 %", least, least >= 80.0)?;
        line("two nodes, share of one node (the lowest)", ">= 100 %", least_two, least_two >= 100.0)
    }
}
