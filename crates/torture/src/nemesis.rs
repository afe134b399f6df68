//! Deals the blows of the plan, undoes them, and writes down from when to when each of them was an excuse.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use cluster::Cluster;
use futures_util::future::join_all;
use reqwest::Client;
use sandbox::Sandbox;
use tokio::time::{Instant, sleep};

use crate::desk::{Database, Desk};
use crate::history::{Shared, Trouble, now_ms};
use crate::node::Node;
use crate::plan::{Blow, Episode};
use crate::proxy::Mode;
use crate::world::{World, client};

/// How long the system may take to be whole again after a blow was undone.
const RECOVERY: Duration = Duration::from_secs(30);
/// How long between two breaks of connections.
const BETWEEN: Duration = Duration::from_millis(150);
/// Ends every other connection to the database.
const TERMINATE: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
/// How long a node may take to answer while nothing is wrong but its log.
const ANSWER: Duration = Duration::from_secs(5);
/// How long a node that is told to die may live.
const VISIT: Duration = Duration::from_secs(45);

/// Who deals the blows.
pub struct Nemesis {
    /// What they are dealt to.
    pub desk: Arc<Desk>,
    /// The nodes.
    pub nodes: Vec<Node>,
    /// The carrier.
    pub carrier: Sandbox,
    /// The people, for what only they can set off.
    pub world: Arc<World>,
    /// Where the troubles are written down.
    pub history: Shared,
    http: Client,
}

impl Nemesis {
    /// One over running nodes.
    pub fn new(
        desk: Arc<Desk>,
        nodes: Vec<Node>,
        carrier: Sandbox,
        world: Arc<World>,
    ) -> anyhow::Result<Nemesis> {
        let history = world.history.clone();
        Ok(Nemesis { desk, nodes, carrier, world, history, http: client()? })
    }

    /// Deals one blow, undoes it, and waits until the system is whole.
    pub async fn deal(&mut self, episode: &Episode) -> anyhow::Result<()> {
        let what = format!("{:?} for {} ms", episode.blow, episode.lasts.as_millis());
        let from = now_ms();
        let index = {
            let mut history = self.history.lock();
            let excuses = excuses(&episode.blow, self.nodes.len());
            let unsettles = unsettles(&episode.blow);
            history.troubles.push(Trouble { from, until: i64::MAX, what, excuses, unsettles });
            history.troubles.len() - 1
        };
        self.complain_about_the_dead();
        self.strike(&episode.blow, episode.lasts).await.with_context(|| format!("{:?}", episode.blow))?;
        self.until_whole().await?;
        self.history.lock().troubles[index].until = now_ms();
        Ok(())
    }

    async fn strike(&mut self, blow: &Blow, lasts: Duration) -> anyhow::Result<()> {
        match blow {
            Blow::Kill(nodes) => {
                for node in nodes {
                    self.nodes[*node].kill().await?;
                }
                sleep(lasts).await;
                for node in nodes {
                    self.nodes[*node].start(None).await?;
                }
            }
            Blow::Restart(node) => {
                let complaint = self.nodes[*node].stop().await?;
                self.history.lock().complaints.extend(complaint);
                self.nodes[*node].start(None).await?;
            }
            Blow::Pause(node) => {
                self.nodes[*node].signal("STOP").await?;
                sleep(lasts).await;
                self.nodes[*node].signal("CONT").await?;
            }
            Blow::Database(how) => {
                let how = *how;
                self.on_the_database(move |cluster, _| cluster.stop(how)).await?;
                sleep(lasts).await;
                self.on_the_database(|cluster, _| cluster.start_again()).await?;
            }
            Blow::Link(node, mode) => {
                let link = self.nodes[*node].link.as_ref().context("there is no such way")?;
                link.set(*mode);
                sleep(lasts).await;
                link.set(Mode::Pass);
            }
            Blow::Breaks(node) => {
                let link = self.nodes[*node].link.as_ref().context("there is no such way")?;
                for _ in 0..=lasts.as_millis() / BETWEEN.as_millis() {
                    link.set(Mode::Cut);
                    sleep(Duration::from_millis(1)).await;
                    link.set(Mode::Pass);
                    sleep(BETWEEN).await;
                }
            }
            Blow::Terminate => {
                for _ in 0..=lasts.as_millis() / BETWEEN.as_millis() {
                    self.on_the_database(|cluster, url| cluster.script(url, TERMINATE)).await?;
                    sleep(BETWEEN).await;
                }
            }
            Blow::Everything(how) => {
                let how = *how;
                for node in &mut self.nodes {
                    node.kill().await?;
                }
                self.on_the_database(move |cluster, _| cluster.stop(how)).await?;
                sleep(lasts).await;
                let starting = self.on_the_database(|cluster, _| cluster.start_again());
                let nodes = join_all(self.nodes.iter_mut().map(|node| node.start(None)));
                let (started, nodes) = tokio::join!(starting, nodes);
                started?;
                nodes.into_iter().collect::<anyhow::Result<()>>()?;
            }
            Blow::Front(node, mode) => {
                self.nodes[*node].front.set(*mode);
                sleep(lasts).await;
                self.nodes[*node].front.set(Mode::Pass);
            }
            Blow::ClosedLog(node) => {
                self.nodes[*node].close_log().await;
                self.serves_without_a_log(*node, lasts).await?;
            }
            Blow::FullLog(node) => {
                let complaint = self.nodes[*node].stop().await?;
                self.history.lock().complaints.extend(complaint);
                self.nodes[*node].start_on_a_full_disk().await?;
                self.until_whole().await?;
                self.serves_without_a_log(*node, lasts).await?;
                let complaint = self.nodes[*node].stop().await?;
                self.history.lock().complaints.extend(complaint);
                self.nodes[*node].start(None).await?;
            }
            Blow::Carrier(faults) => {
                self.carrier.set_faults(faults.clone())?;
                sleep(lasts).await;
                self.carrier.set_faults(Vec::new())?;
            }
            Blow::FailPoint(name, visit) => self.visit(name, *visit).await?,
        }
        Ok(())
    }

    /// For so long a node has things to say that nobody hears, and says that it is ready, which it is.
    async fn serves_without_a_log(&mut self, node: usize, lasts: Duration) -> anyhow::Result<()> {
        let end = Instant::now() + lasts;
        while Instant::now() < end {
            let Some(url) = self.nodes[node].url() else { break };
            let ask = |path: &str| self.http.get(format!("{url}{path}")).timeout(ANSWER).send();
            // A refusal is a line of the log.
            let answers = [ask("/api/v1/session").await, ask("/readyz").await];
            let found = answers.map(|answer| answer.map(|answer| answer.status().as_u16()));
            if !matches!(found, [Ok(401), Ok(200)]) {
                let complaint = format!("node {node}, whose log cannot be written, answers {found:?}");
                self.history.lock().complaints.push(complaint);
            }
            sleep(Duration::from_millis(100)).await;
        }
        self.complain_about_the_dead();
        Ok(())
    }

    /// While a worker panics a node says that it is ready, because it starts the worker again, until it gives it up:
    /// then it says so.
    async fn says_how_it_is(&self, name: &str) {
        let Some(url) = self.nodes[0].url() else { return };
        let Ok(answer) = self.http.get(format!("{url}/readyz")).timeout(ANSWER).send().await else { return };
        let status = answer.status().as_u16();
        let Ok(said) = answer.text().await else { return };
        let worker = name.trim_start_matches("worker_");
        let given_up = format!(r#"The worker \"{worker}\" ended 3 times"#);
        let is_true = status == 200 || (status == 503 && said.contains(&given_up));
        if !is_true {
            self.history.lock().complaints.push(format!("at {name} /readyz says {status}: {said}"));
        }
    }

    /// Has a node die at a fail point.
    async fn visit(&mut self, name: &str, visit: u64) -> anyhow::Result<()> {
        self.nodes[0].kill().await?;
        self.nodes[0].start(Some(&format!("{name}:{visit}"))).await?;
        let armed = Instant::now();
        let mut turn = 0;
        let status = loop {
            if let Some(status) = self.nodes[0].ended() {
                break status;
            }
            ensure!(armed.elapsed() < VISIT, "the node did not come to the fail point {name}");
            if name.starts_with("worker") {
                self.says_how_it_is(name).await;
            }
            if name.starts_with("watch") || name.starts_with("timer") {
                // Switching the reply off ends every watch; there is a new one with the next text.
                turn += 1;
                let world = Arc::clone(&self.world);
                tokio::spawn(async move { world.set(turn % 2 == 0, 1, true, 0, 0).await });
                sleep(Duration::from_millis(700)).await;
            }
            sleep(Duration::from_millis(20)).await;
        };
        use std::os::unix::process::ExitStatusExt;
        // A worker that panics again and again is given up, and the process ends in good order.
        let as_expected = match name.starts_with("worker") {
            true => status.code() == Some(1),
            false => status.signal() == Some(6),
        };
        ensure!(as_expected, "at the fail point {name} the node ended with {status}");
        let log = std::fs::read_to_string(&self.nodes[0].log)?;
        ensure!(log.contains(&format!("fail point {name}")), "the node did not say that it died at {name}");
        self.nodes[0].start(None).await?;
        if turn > 0 {
            self.world.set(true, 1, true, 0, 0).await;
        }
        Ok(())
    }

    /// Does something to the database server.
    fn on_the_database<F>(&self, does: F) -> impl Future<Output = anyhow::Result<()>> + use<F>
    where
        F: FnOnce(&Cluster, &str) + Send + 'static,
    {
        let desk = Arc::clone(&self.desk);
        let done = tokio::task::spawn_blocking(move || {
            if let Database::Postgres(cluster, url) = &desk.database {
                does(cluster, url);
            }
        });
        async { Ok(done.await?) }
    }

    /// A node that ended and was not asked to.
    pub fn complain_about_the_dead(&mut self) {
        for (index, node) in self.nodes.iter_mut().enumerate() {
            if let Some(status) = node.ended() {
                self.history.lock().complaints.push(format!("node {index} ended by itself with {status}"));
            }
        }
    }

    /// Waits until every node says that it can serve.
    pub async fn until_whole(&self) -> anyhow::Result<()> {
        let started = Instant::now();
        for (index, node) in self.nodes.iter().enumerate() {
            loop {
                let url = format!("{}/readyz", node.url().context("a node does not run")?);
                let answer = self.http.get(url).timeout(Duration::from_secs(2)).send().await;
                if answer.is_ok_and(|answer| answer.status() == 200) {
                    break;
                }
                ensure!(
                    started.elapsed() < RECOVERY,
                    "node {index} is not ready {} s after a blow was undone",
                    RECOVERY.as_secs()
                );
                sleep(Duration::from_millis(20)).await;
            }
        }
        Ok(())
    }
}

/// Whether the desk may be late because of it. With one of two nodes gone, or nobody able to reach one, it may not;
/// a node that stands still or cannot reach the database may hold locks that the other one waits for.
fn excuses(blow: &Blow, nodes: usize) -> bool {
    match blow {
        Blow::Kill(killed) => killed.len() == nodes,
        Blow::Restart(_) | Blow::FullLog(_) | Blow::FailPoint(..) => nodes == 1,
        Blow::Front(..) | Blow::ClosedLog(_) => false,
        Blow::Pause(_) | Blow::Database(_) | Blow::Link(..) | Blow::Carrier(_) => true,
        Blow::Breaks(_) | Blow::Terminate | Blow::Everything(_) => true,
    }
}

/// Whether a node dies, or the carrier does not say what it did: then a hand-over may stay uncertain. A database that
/// is away for a moment is no reason to forget what the carrier said.
fn unsettles(blow: &Blow) -> bool {
    matches!(blow, Blow::Kill(_) | Blow::Everything(_) | Blow::FailPoint(..) | Blow::Carrier(_))
}
