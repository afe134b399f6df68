//! Starting, watching and ending the servers that are measured. Memory is read from Linux's /proc.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::http::Connection;

/// A server in its own process; killed when dropped.
pub struct Server {
    child: Child,
    /// `127.0.0.1:PORT`.
    pub authority: String,
    /// From the start of the process to its first answer.
    pub ready_after: Duration,
}

/// A loopback address that nobody listens on.
pub fn free_authority() -> anyhow::Result<String> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    Ok(listener.local_addr()?.to_string())
}

impl Server {
    /// Starts a command and waits until `GET path` is answered with 200; what it says goes to `log`.
    pub async fn start(
        mut command: Command,
        authority: &str,
        path: &str,
        log: &Path,
    ) -> anyhow::Result<Server> {
        let output = File::options().create(true).append(true).open(log)?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let started = Instant::now();
        let child = command.spawn().with_context(|| format!("starting {:?}", command.get_program()))?;
        let mut server = Server { child, authority: authority.to_owned(), ready_after: Duration::ZERO };
        let request = format!("GET {path} HTTP/1.1\r\nhost: {authority}\r\n\r\n");
        loop {
            if let Ok(mut connection) = Connection::open(authority).await
                && let Ok(answer) = connection.exchange(request.as_bytes()).await
                && answer.status == 200
            {
                server.ready_after = started.elapsed();
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                bail!("{:?} ended with {status}; see {}", command.get_program(), log.display());
            }
            if started.elapsed() > Duration::from_secs(30) {
                bail!("{:?} was not ready after 30 s; see {}", command.get_program(), log.display());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// A line of /proc/PID/status in megabytes: `VmRSS` now, `VmHWM` the most it ever was.
    pub fn memory_mb(&self, line: &str) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let kilobytes: f64 = status
            .lines()
            .find_map(|text| text.strip_prefix(line)?.strip_prefix(':')?.trim().strip_suffix(" kB"))
            .with_context(|| format!("no {line} in /proc/PID/status"))?
            .parse()?;
        Ok(kilobytes / 1024.0)
    }

    /// Processor time that the process has spent so far, in user and kernel mode together.
    pub fn cpu(&self) -> anyhow::Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name in parentheses may hold anything; the 12th and 13th field behind it are counted in hundredths
        // of a second on every Linux.
        let (_, fields) = stat.rsplit_once(')').context("no name in /proc/PID/stat")?;
        let mut ticks = 0;
        for field in fields.split_whitespace().skip(11).take(2) {
            ticks += field.parse::<u64>()?;
        }
        Ok(Duration::from_millis(10 * ticks))
    }

    /// Bytes that the process has had read from the disk so far: what no cache held.
    pub fn read_from_disk(&self) -> anyhow::Result<u64> {
        let io = std::fs::read_to_string(format!("/proc/{}/io", self.child.id()))?;
        let read = io.lines().find_map(|line| line.strip_prefix("read_bytes: "));
        Ok(read.context("no read_bytes in /proc/PID/io")?.parse()?)
    }

    /// Asks the process to end as a service manager would, and waits for it.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status()?;
        let asked = Instant::now();
        while self.child.try_wait()?.is_none() {
            if asked.elapsed() > Duration::from_secs(20) {
                bail!("the server did not end within 20 s of being asked to");
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already ended is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The product's binary with its surroundings: an own folder, and nothing taken from the caller's.
pub struct Product {
    /// The binary.
    pub binary: PathBuf,
    /// Its working folder.
    pub folder: PathBuf,
    /// Where its data are.
    url: String,
}

impl Product {
    /// On a database file in its folder.
    pub fn on_sqlite(binary: PathBuf, folder: PathBuf) -> Product {
        let url = format!("sqlite:{}", folder.join("backsoon.db").display());
        Product { binary, folder, url }
    }

    /// On a database of a server.
    pub fn on_postgres(binary: PathBuf, folder: PathBuf, url: String) -> Product {
        Product { binary, folder, url }
    }

    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.folder.join("backsoon.db")
    }

    /// A command of the binary, not started yet.
    pub fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(&self.binary);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("BACKSOON_") {
                command.env_remove(name);
            }
        }
        command
            .args(arguments)
            .current_dir(&self.folder)
            .env("BACKSOON_SECRET_KEY_FILE", self.folder.join("backsoon.key"))
            .env("BACKSOON_DATABASE_URL", &self.url);
        command
    }

    /// Runs a command to its end; `input` becomes its standard input, and a member of the JSON that it prints is
    /// the answer.
    pub fn ask(&self, arguments: &[&str], input: &str, member: &str) -> anyhow::Result<String> {
        let mut command = self.command(arguments);
        command.arg("--json").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        child.stdin.take().context("no standard input")?.write_all(input.as_bytes())?;
        let output = child.wait_with_output()?;
        if !output.status.success() {
            bail!("backsoon {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
        }
        let value: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        let text = value[member].as_str().with_context(|| format!("no {member} in {value}"))?;
        Ok(text.to_owned())
    }
}
