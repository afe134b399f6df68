//! A PostgreSQL server that is thrown away, on a socket in a temporary folder, without TCP. For tests and
//! measurements; never shipped.
//!
//! Guaranteed: it ends and its folder goes when it is dropped or this process ends, however that happens: a shell
//! that waits for the end of its input outlives the process and cleans up. The same shell stops the server and
//! starts it again on the same data.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// The user inside the server.
const USER: &str = "backsoon";

/// Runs the server until the input ends, then ends it at once and removes the folder. Until then it takes orders,
/// one in a line: `start`, or the signal that stops the server, and says when it is done.
const SUPERVISOR: &str = r#"trap '' INT TERM HUP PIPE
folder=$1; shift
run() { "$@" </dev/null >>"$folder/log" 2>&1 & server=$!; }
run "$@"
while read -r order; do
  case $order in
    start) run "$@" ;;
    *) kill -s "$order" $server; wait $server ;;
  esac
  echo done
done
kill -QUIT $server; wait $server; rm -rf "$folder""#;

/// Settings under which nothing is durable and everything is fast: a test has no power cut.
const FAST: [&str; 3] = ["fsync=off", "full_page_writes=off", "deadlock_timeout=100ms"];

/// A running server.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    /// Holds the supervisor's input open, and reads what it says.
    supervisor: Mutex<(Child, BufReader<ChildStdout>)>,
}

/// How a server is stopped. What it answered is kept either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Connections are cut, everything is written: `pg_ctl stop -m fast`.
    Fast,
    /// It ends at once and recovers when it is started again: `pg_ctl stop -m immediate`.
    Immediate,
}

/// The server of this test binary, started when it is first asked for. Nothing in it is durable.
pub fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| Cluster::start(&FAST))
}

impl Cluster {
    /// Starts a server with these settings (`name=value`) beside PostgreSQL's defaults. Panics, naming what is
    /// missing, if it cannot.
    pub fn start(settings: &[&str]) -> Cluster {
        Self::start_with(settings, &[])
    }

    /// The same, with files beside its data folder (a setting calls them `../NAME`), readable for the server alone.
    pub fn start_with(settings: &[&str], files: &[(&str, &str)]) -> Cluster {
        let bin = binaries().unwrap_or_else(|| {
            panic!(
                "\n\nPostgreSQL's server programs (initdb, postgres) are missing: these tests need them.\n\
                 `make setup` installs them on Debian and Ubuntu (package postgresql); elsewhere put them on PATH.\n"
            )
        });
        let folder = tempfile::Builder::new().prefix("backsoon-pg").tempdir().unwrap().keep();
        give_away(&folder);
        for (name, content) in files {
            let path = folder.join(name);
            std::fs::write(&path, content).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            give_away(&path);
        }
        let data = folder.join("data");
        let made = unprivileged(&bin.join("initdb"))
            .args(["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"])
            .args(["--username", USER, "--pgdata"])
            .arg(&data)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(made.status.success(), "initdb failed: {}", String::from_utf8_lossy(&made.stderr));
        let server = unprivileged(&bin.join("postgres"));
        let mut supervisor = Command::new("setsid")
            .args(["sh", "-c", SUPERVISOR, "supervisor"])
            .arg(&folder)
            .arg(server.get_program())
            .args(server.get_args())
            .arg("-D")
            .arg(&data)
            .args(["-c", "listen_addresses=", "-c", &format!("unix_socket_directories={}", folder.display())])
            .args(["-c", "max_connections=300"])
            .args(settings.iter().flat_map(|setting| ["-c", setting]))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let says = BufReader::new(supervisor.stdout.take().unwrap());
        let cluster = Cluster { folder, supervisor: Mutex::new((supervisor, says)) };
        cluster.until_ready();
        cluster
    }

    /// Stops the server; answers when it has ended. [`Cluster::start_again`] goes on with its data.
    pub fn stop(&self, how: Stop) {
        self.order(match how {
            Stop::Fast => "INT",
            Stop::Immediate => "QUIT",
        });
    }

    /// Starts a stopped server on its data; answers when it takes connections.
    pub fn start_again(&self) {
        self.order("start");
        self.until_ready();
    }

    /// The socket on which the server listens.
    pub fn socket(&self) -> PathBuf {
        self.folder.join(".s.PGSQL.5432")
    }

    fn order(&self, order: &str) {
        let mut supervisor = self.supervisor.lock().unwrap_or_else(PoisonError::into_inner);
        let (child, says) = &mut *supervisor;
        writeln!(child.stdin.as_ref().unwrap(), "{order}").unwrap();
        let mut answer = String::new();
        says.read_line(&mut answer).unwrap();
        assert_eq!(answer, "done\n", "the supervisor of PostgreSQL has ended");
    }

    fn until_ready(&self) {
        let started = Instant::now();
        while let Err(why) = self.try_run("postgres", "SELECT 1") {
            let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            assert!(started.elapsed() < Duration::from_secs(30), "PostgreSQL does not start: {why}\n{log}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The address of a new, empty database.
    pub fn empty_database(&self) -> String {
        let name = self.next_name();
        self.run("postgres", &format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    /// The address of a new database that is a copy of this one, which nobody is connected to.
    pub fn copy_of(&self, url: &str) -> String {
        let name = self.next_name();
        self.run("postgres", &format!("CREATE DATABASE {name} TEMPLATE {}", database_of(url)));
        self.url(&name)
    }

    /// Runs statements in the database with this address, beside whatever the store does.
    pub fn script(&self, url: &str, text: &str) {
        self.run(database_of(url), text);
    }

    /// One of PostgreSQL's own client programs, such as `pgbench`, which finds this database by itself.
    pub fn program(&self, name: &str, url: &str) -> Command {
        let folder = binaries().unwrap_or_default();
        let mut command = Command::new(folder.join(name));
        command.env("PGHOST", &self.folder).env("PGUSER", USER).env("PGDATABASE", database_of(url));
        command
    }

    fn next_name(&self) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed))
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://{USER}@/{database}?host={}", self.folder.display())
    }

    fn run(&self, database: &str, text: &str) {
        self.try_run(database, text).unwrap();
    }

    /// On a thread and a runtime of its own: tests call this from inside theirs.
    fn try_run(&self, database: &str, text: &str) -> Result<(), String> {
        let (url, text) = (self.url(database), text.to_owned());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let connected = tokio_postgres::connect(&url, tokio_postgres::NoTls).await;
                let (client, driver) = connected.map_err(|error| error.to_string())?;
                let driver = tokio::spawn(driver);
                let ran = client.batch_execute(&text).await.map_err(|error| format!("{error:?}"));
                drop(client);
                let _ended = driver.await;
                ran
            })
        })
        .join()
        .unwrap()
    }
}

fn database_of(url: &str) -> &str {
    url.split('/').nth(3).and_then(|rest| rest.split('?').next()).unwrap()
}

/// Where `initdb` and `postgres` are: on PATH, or where Debian puts them.
fn binaries() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| folder.join("initdb"));
    let mut debian: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.flatten().map(|version| version.path().join("bin/initdb")).collect())
        .unwrap_or_default();
    debian.sort();
    let found = on_path.chain(debian.into_iter().rev()).find(|path| path.is_file())?;
    let folder = found.canonicalize().ok()?.parent()?.to_owned();
    folder.join("postgres").is_file().then_some(folder)
}

/// PostgreSQL refuses to run as root: then it runs as this user.
fn other_user() -> Option<&'static str> {
    let id = |user: &[&str]| {
        let output = Command::new("id").arg("-u").args(user).stderr(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    if id(&[])? != "0" {
        return None;
    }
    ["postgres", "nobody"].into_iter().find(|user| id(&[user]).is_some())
}

fn unprivileged(program: &Path) -> Command {
    match other_user() {
        None => Command::new(program),
        Some(user) => {
            let mut command = Command::new("setpriv");
            command.args(["--reuid", user, "--regid", "nogroup", "--clear-groups", "--"]).arg(program);
            command
        }
    }
}

/// The folder belongs to whoever runs the server.
fn give_away(folder: &Path) {
    if let Some(user) = other_user() {
        match Command::new("chown").arg(user).arg(folder).status() {
            Ok(status) => assert!(status.success(), "the folder cannot be given to {user}"),
            Err(error) if error.kind() == ErrorKind::NotFound => panic!("chown is missing"),
            Err(error) => panic!("{error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stopped_server_goes_on_with_its_data() {
        let cluster = Cluster::start(&["fsync=off"]);
        let url = cluster.empty_database();
        cluster.script(&url, "CREATE TABLE kept (n INT); INSERT INTO kept VALUES (0)");
        for (how, n) in [(Stop::Fast, 1), (Stop::Immediate, 2)] {
            cluster.stop(how);
            assert!(cluster.try_run("postgres", "SELECT 1").is_err(), "{how:?}");
            cluster.start_again();
            // Dividing by nothing is how a statement says that it found nothing.
            cluster.script(&url, &format!("SELECT 1 / count(*) FROM kept WHERE n = {} ", n - 1));
            cluster.script(&url, &format!("INSERT INTO kept VALUES ({n})"));
        }
        assert!(cluster.socket().exists());
    }
}
