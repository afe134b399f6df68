//! One run: furnishes a desk, lets people at it and blows on it, waits until all is quiet, and reads what is left.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context, ensure};
use cluster::Cluster;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use crate::carrier::Carrier;
use crate::checker::health::PROMPT_MS;
use crate::database;
use crate::desk::{Database, Desk};
use crate::history::{History, Ms, Shared, Trouble, now_ms};
use crate::nemesis::Nemesis;
use crate::node::Node;
use crate::plan::{self, Outline, Step};
use crate::proxy::{Proxy, Target};
use crate::readers;
use crate::world::World;

/// Our numbers: a number sends one segment a second, so that several are needed.
const NUMBERS: usize = 6;
/// Operators who become inactive in the middle of a run, and one after its end.
const LEAVING: u64 = 4;
/// Steps of people, per second; more of them where each second visits another fail point.
const PER_SECOND: u64 = 12;
const PER_SECOND_AT_FAIL_POINTS: u64 = 30;
/// How long people insist once all is well again.
const INSISTENCE: Duration = Duration::from_secs(30);
/// The longest time for what is uncertain to be looked up to its end.
const LOOKED_UP: Duration = Duration::from_secs(260);
/// In so long a time the carrier's list of texts to every number is gone through: once a minute, texts of the
/// last 20 s left for the next time.
const LISTED: Duration = Duration::from_secs(110);
/// So many programs for each core are more than a promise of 5 s can be held to.
const OVERLOAD: f64 = 5.0;
/// When the machine did not let the harness run for so long, it did not let the nodes either.
const STALL_MS: i64 = 1_000;

/// Which database, and how many nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Engine {
    /// Nodes on a PostgreSQL server.
    Postgres,
    /// One node on a file.
    Sqlite,
}

/// What to do.
pub struct Order {
    /// The program.
    pub binary: PathBuf,
    /// On what.
    pub engine: Engine,
    /// How many nodes.
    pub nodes: usize,
    /// For how long people are at it.
    pub lasts: Duration,
    /// What fixes the plan.
    pub seed: u64,
    /// Visit every fail point instead of dealing blows at random.
    pub fail_points: bool,
    /// Wait until nothing is uncertain any more.
    pub to_the_end: bool,
    /// Where logs go.
    pub folder: PathBuf,
}

/// Runs it; the history is complete.
pub async fn run(order: &Order) -> anyhow::Result<History> {
    let history = Shared::default();
    let numbers: Vec<String> = (0..NUMBERS).map(|n| format!("+1500555000{n}")).collect();
    let carrier = Carrier::start(&numbers, history.clone()).await?;
    // The desk's public address leads to any node; which ones, is known when they have proxies.
    let public = Proxy::start(vec![Target::Nobody]).await?;
    let desk = Arc::new(Desk {
        binary: order.binary.clone(),
        folder: order.folder.clone(),
        database: database(order.engine, &order.folder).await?,
        public_url: format!("http://{}", public.address),
        carrier_url: carrier.url.clone(),
    });
    let lasts_ms = u64::try_from(order.lasts.as_millis())?;
    let furnished_by = now_ms() + 6_000;
    let leaving: Vec<i64> =
        (1..=LEAVING).map(|n| furnished_by + (lasts_ms * n / LEAVING) as i64 + 1_000).collect();
    let people = desk.furnish(&numbers, &leaving).await?;
    let mut nodes = Vec::new();
    for index in 0..order.nodes {
        let mut node = Node::new(Arc::clone(&desk), index).await?;
        node.start(None).await?;
        nodes.push(node);
    }
    public.lead_to_any(nodes.iter().map(|node| Target::Tcp(node.front.address)).collect());
    let fronts: Vec<String> = nodes.iter().map(|node| format!("http://{}", node.front.address)).collect();
    let outline = Outline {
        seed: order.seed,
        lasts_ms,
        nodes: order.nodes,
        postgres: order.engine == Engine::Postgres,
        operators: people.operators().len(),
        present: people.present.len(),
    };
    let world = Arc::new(World::new(
        history.clone(),
        carrier.sandbox.clone(),
        fronts,
        desk.public_url.clone(),
        numbers,
        people,
    )?);
    world.set(true, 1, true, 0, 0).await;
    world.away(true, 0).await;
    let mut nemesis = Nemesis::new(Arc::clone(&desk), nodes, carrier.sandbox.clone(), Arc::clone(&world))?;
    let stalls = tokio::spawn(watch_the_machine(history.clone()));
    let mut reading = JoinSet::new();
    for (first, who) in world.people.present.iter().enumerate() {
        reading.spawn(readers::read(Arc::clone(&world), who.clone(), format!("reader {first}"), first));
    }

    let steps = if order.fail_points {
        plan::steps(&Outline { lasts_ms: 300_000, ..outline.clone() }, PER_SECOND_AT_FAIL_POINTS)
    } else {
        plan::steps(&outline, PER_SECOND)
    };
    let playing = tokio::spawn(play(Arc::clone(&world), steps));
    deal(&mut nemesis, order, &outline).await?;
    world.closing.store(true, Ordering::Relaxed);
    let still_trying = playing.await?;
    settle(&mut nemesis, order, still_trying).await?;
    // Readers look once a second even if nobody wakes them.
    sleep(Duration::from_millis(1_500)).await;
    reading.shutdown().await;
    stalls.abort();
    finish(&mut nemesis, order, &history).await?;
    let complete = std::mem::take(&mut *history.lock());
    Ok(complete)
}

/// Has people do what the plan says, until they are to close; answers those who are still at it.
async fn play(world: Arc<World>, steps: Vec<Step>) -> JoinSet<()> {
    let start = Instant::now();
    let mut at_it = JoinSet::new();
    for step in steps {
        sleep_until(start + step.at).await;
        if world.closing.load(Ordering::Relaxed) {
            break;
        }
        at_it.spawn(Arc::clone(&world).perform(step));
        while at_it.try_join_next().is_some() {}
    }
    at_it
}

/// Deals blows until the time is over, or visits every fail point.
async fn deal(nemesis: &mut Nemesis, order: &Order, outline: &Outline) -> anyhow::Result<()> {
    let end = Instant::now() + order.lasts;
    let episodes = if order.fail_points { plan::visits(order.seed) } else { plan::episodes(outline) };
    sleep(Duration::from_millis(700)).await;
    for episode in &episodes {
        if !order.fail_points && Instant::now() > end {
            break;
        }
        nemesis.deal(episode).await?;
        sleep(episode.calm).await;
    }
    if !order.fail_points {
        sleep_until(end).await;
    }
    Ok(())
}

/// Waits until everybody has what they insisted on, and everything that is due has had its time.
async fn settle(nemesis: &mut Nemesis, order: &Order, mut still_trying: JoinSet<()>) -> anyhow::Result<()> {
    nemesis.until_whole().await?;
    let whole = Instant::now();
    let all = async { while still_trying.join_next().await.is_some() {} };
    if tokio::time::timeout(INSISTENCE, all).await.is_err() {
        nemesis.world.over.store(true, Ordering::Relaxed);
        while still_trying.join_next().await.is_some() {}
    }
    // The last of those who leave does so about when all is well again.
    sleep_until(whole + Duration::from_millis(PROMPT_MS as u64 + 3_000)).await;
    while order.to_the_end && whole.elapsed() < LOOKED_UP {
        let listed = whole.elapsed() > LISTED;
        if listed && database::on_their_way(&nemesis.desk.database).await? == 0 {
            break;
        }
        sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

/// Stops the nodes and reads what is left.
async fn finish(nemesis: &mut Nemesis, order: &Order, history: &Shared) -> anyhow::Result<()> {
    nemesis.complain_about_the_dead();
    let read_at = now_ms();
    let mut complaints = Vec::new();
    for (index, node) in nemesis.nodes.iter_mut().enumerate() {
        complaints.extend(node.stop().await?);
        complaints.extend(panics(&node.log, index)?);
    }
    let broken = nemesis.desk.check().await?;
    complaints.extend(broken.into_iter().map(|found| format!("backsoon check: {found}")));
    let stored = database::read(&nemesis.desk.database).await?;
    ensure!(!stored.messages.is_empty(), "nothing was stored");
    let mut history = history.lock();
    history.complaints.extend(complaints);
    (history.stored, history.read_at, history.to_the_end) = (stored, read_at, order.to_the_end);
    Ok(())
}

/// Lines of a log that no healthy node writes. A worker that panics at a fail point was told to.
fn panics(log: &Path, index: usize) -> anyhow::Result<Vec<String>> {
    let text = std::fs::read_to_string(log).with_context(|| log.display().to_string())?;
    let told = |line: &str| line.contains("fail_point.rs") || line.contains("fail point worker_");
    let bad = text.lines().filter(|line| line.contains("panicked") || line.contains("ended abnormally"));
    let bad = bad.filter(|line| !told(line));
    Ok(bad.map(|line| format!("node {index}: {line}")).collect())
}

async fn database(engine: Engine, folder: &Path) -> anyhow::Result<Database> {
    if engine == Engine::Sqlite {
        return Ok(Database::Sqlite(folder.join("backsoon.db")));
    }
    // The machine does not lose power, so nothing has to reach the disk; processes die, and pages stay whole.
    let started = tokio::task::spawn_blocking(|| {
        let cluster = Cluster::start(&["fsync=off"]);
        let url = cluster.empty_database();
        Database::Postgres(cluster, url)
    });
    Ok(started.await?)
}

/// Writes down when the machine stood still, or had far more to do than it can.
async fn watch_the_machine(history: Shared) {
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    let trouble = |from, until, what| {
        let mut history = history.lock();
        history.troubles.push(Trouble { from, until, what, excuses: true, unsettles: true });
        history.troubles.len() - 1
    };
    let mut last = now_ms();
    let (mut waiting, mut overload) = (0.0, None);
    loop {
        sleep(Duration::from_millis(100)).await;
        let now = now_ms();
        if now - last > STALL_MS {
            trouble(last, now, format!("the machine stood still for {} ms", now - last));
        }
        last = now;
        // The mean of the last seconds.
        waiting += (runnable().unwrap_or(0.0) / cores - waiting) / 20.0;
        match overload {
            None if waiting > OVERLOAD => {
                overload =
                    Some(trouble(now, Ms::MAX, format!("more than {OVERLOAD} programs wait for each core")));
            }
            Some(index) if waiting < OVERLOAD / 2.0 => {
                history.lock().troubles[index].until = now;
                overload = None;
            }
            _ => {}
        }
    }
}

/// How many programs would run now if they could, where the system tells.
fn runnable() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split(' ').nth(3)?.split('/').next()?.parse().ok()
}
