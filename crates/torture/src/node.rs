//! One node: the real program in a process of its own, with a proxy in front of it and one between it and
//! PostgreSQL.

use std::fs::File;
use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::desk::{Database, Desk};
use crate::log_disk::LogDisk;
use crate::proxy::{Proxy, Target};

/// How long a node may take to start, and to stop when it is asked to.
const PATIENCE: Duration = Duration::from_secs(30);

/// A node, running or not.
pub struct Node {
    desk: Arc<Desk>,
    /// In front of it.
    pub front: Proxy,
    /// Between it and PostgreSQL.
    pub link: Option<Proxy>,
    /// Where its log is.
    pub log: PathBuf,
    child: Option<Child>,
    address: Option<SocketAddr>,
    /// Who reads its log.
    reader: Option<JoinHandle<()>>,
    /// Where its log goes while nobody reads it.
    disk: Option<LogDisk>,
}

impl Node {
    /// A node that does not run yet.
    pub async fn new(desk: Arc<Desk>, index: usize) -> anyhow::Result<Node> {
        let link = match &desk.database {
            Database::Postgres(cluster, _) => Some(Proxy::start(vec![Target::Unix(cluster.socket())]).await?),
            Database::Sqlite(_) => None,
        };
        let front = Proxy::start(vec![Target::Nobody]).await?;
        let log = desk.folder.join(format!("node{index}.log"));
        Ok(Node { desk, front, link, log, child: None, address: None, reader: None, disk: None })
    }

    /// Where the harness reaches it past its proxy.
    pub fn url(&self) -> Option<String> {
        self.address.map(|address| format!("http://{address}"))
    }

    fn database_url(&self) -> String {
        let url = self.desk.database.url();
        match &self.link {
            Some(link) => {
                let name = url.split('/').nth(3).and_then(|rest| rest.split('?').next()).unwrap_or_default();
                format!("postgres://backsoon@{}/{name}?sslmode=disable", link.address)
            }
            None => url,
        }
    }

    /// Starts it, and again if it ends before it listens, as a supervisor would: its database may be away.
    pub async fn start(&mut self, fail_point: Option<&str>) -> anyhow::Result<()> {
        let started = Instant::now();
        loop {
            if self.spawn(fail_point).await? {
                return Ok(());
            }
            if started.elapsed() > PATIENCE {
                bail!("a node does not start; see {}", self.log.display());
            }
            sleep(Duration::from_millis(200)).await;
        }
    }

    async fn spawn(&mut self, fail_point: Option<&str>) -> anyhow::Result<bool> {
        let mut command = self.command("127.0.0.1:0");
        if let Some(fail_point) = fail_point {
            command.env("BACKSOON_FAIL_POINT", fail_point);
        }
        let mut child = command.stderr(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(child.stderr.take().context("no standard error")?).lines();
        let mut log = File::options().create(true).append(true).open(&self.log)?;
        let (found, address) = oneshot::channel();
        let reader = tokio::spawn(async move {
            let mut found = Some(found);
            while let Ok(Some(line)) = lines.next_line().await {
                // A log that cannot be written is no reason to stop reading.
                let _ = writeln!(log, "{line}");
                if let Some((_, rest)) = line.split_once("listening on http://")
                    && let Some(Ok(address)) = rest.split([',', '"']).next().map(|text| text.trim().parse())
                    && let Some(found) = found.take()
                {
                    let _ = found.send(address);
                }
            }
        });
        // The sender is dropped when the program ends.
        match timeout(PATIENCE, address).await {
            Ok(Ok(address)) => {
                self.reader = Some(reader);
                self.is_at(child, address);
                Ok(true)
            }
            _ => {
                child.kill().await?;
                Ok(false)
            }
        }
    }

    /// The program, about to listen at an address. `setpriv` sees to it that the node does not outlive the harness, and
    /// then becomes the node.
    fn command(&self, listen: &str) -> Command {
        let binary = self.desk.binary.display().to_string();
        let arguments = ["--pdeathsig", "KILL", "--", &binary, "serve"];
        let mut command = self.desk.command("setpriv", &arguments, &self.database_url());
        command.env("BACKSOON_LISTEN", listen).env("BACKSOON_LOG_FORMAT", "json");
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    fn is_at(&mut self, child: Child, address: SocketAddr) {
        self.front.lead_to(Target::Tcp(address));
        (self.child, self.address) = (Some(child), Some(address));
    }

    /// Whoever reads its log goes away.
    pub async fn close_log(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.abort();
            // The pipe is closed once the reader has gone.
            let _ = reader.await;
        }
    }

    /// Starts it with its log on a small disk, and fills that.
    pub async fn start_on_a_full_disk(&mut self) -> anyhow::Result<()> {
        let disk = LogDisk::new(&self.log.with_extension("disk"))?;
        let started = Instant::now();
        loop {
            // Its log cannot be asked for the address.
            let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
            let mut child = self.command(&address.to_string()).stderr(disk.log()?).spawn()?;
            while child.try_wait()?.is_none() && started.elapsed() < PATIENCE {
                if TcpStream::connect(address).is_ok() {
                    disk.fill()?;
                    self.disk = Some(disk);
                    self.is_at(child, address);
                    return Ok(());
                }
                sleep(Duration::from_millis(20)).await;
            }
            child.kill().await?;
            ensure!(started.elapsed() < PATIENCE, "a node whose log is on a small disk does not start");
        }
    }

    /// Whether it has ended, and how, without having been asked to.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        let status = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten());
        if status.is_some() {
            self.gone();
        }
        status
    }

    /// `kill -9`.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill().await?;
        }
        self.gone();
        Ok(())
    }

    /// Sends a signal by its name.
    pub async fn signal(&self, name: &str) -> anyhow::Result<()> {
        if let Some(pid) = self.child.as_ref().and_then(Child::id) {
            tokio::process::Command::new("kill").args(["-s", name, &pid.to_string()]).status().await?;
        }
        Ok(())
    }

    /// Asks it to stop; answers a complaint if it does not do so well.
    pub async fn stop(&mut self) -> anyhow::Result<Option<String>> {
        self.signal("TERM").await?;
        let Some(mut child) = self.child.take() else { return Ok(None) };
        let complaint = match timeout(PATIENCE, child.wait()).await {
            Ok(Ok(status)) if status.success() => None,
            Ok(status) => Some(format!("a node that was asked to stop ended with {status:?}")),
            Err(_) => {
                child.kill().await?;
                Some(format!("a node that was asked to stop did not within {} s", PATIENCE.as_secs()))
            }
        };
        self.gone();
        Ok(complaint)
    }

    fn gone(&mut self) {
        (self.child, self.address, self.disk) = (None, None, None);
        self.front.lead_to(Target::Nobody);
    }
}
