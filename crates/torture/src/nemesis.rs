//! Deals the blows of the plan, undoes them, and writes down from when to when each of them was an excuse.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use cluster::Stop;
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
            history.troubles.push(Trouble { from, until: i64::MAX, what, excuses });
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
                self.database(Some(*how)).await?;
                sleep(lasts).await;
                self.database(None).await?;
            }
            Blow::Link(node, mode) => {
                let link = self.nodes[*node].link.as_ref().context("there is no such way")?;
                link.set(*mode);
                sleep(lasts).await;
                link.set(Mode::Pass);
            }
            Blow::Front(node, mode) => {
                self.nodes[*node].front.set(*mode);
                sleep(lasts).await;
                self.nodes[*node].front.set(Mode::Pass);
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
        ensure!(
            status.signal() == Some(6),
            "at the fail point {name} the node ended with {status} and not by abort"
        );
        let log = std::fs::read_to_string(&self.nodes[0].log)?;
        ensure!(log.contains(&format!("fail point {name}")), "the node did not say that it died at {name}");
        self.nodes[0].start(None).await?;
        if turn > 0 {
            self.world.set(true, 1, true, 0, 0).await;
        }
        Ok(())
    }

    /// Stops the database server, or starts it again.
    async fn database(&self, stop: Option<Stop>) -> anyhow::Result<()> {
        let desk = Arc::clone(&self.desk);
        tokio::task::spawn_blocking(move || {
            let Database::Postgres(cluster, _) = &desk.database else { return };
            match stop {
                Some(how) => cluster.stop(how),
                None => cluster.start_again(),
            }
        })
        .await?;
        Ok(())
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
        Blow::Restart(_) | Blow::FailPoint(..) => nodes == 1,
        Blow::Front(..) => false,
        Blow::Pause(_) | Blow::Database(_) | Blow::Link(..) | Blow::Carrier(_) => true,
    }
}
