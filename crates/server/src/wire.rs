//! Puts the parts together: the only place of this crate that names the store and the channels.
//!
//! Guaranteed: an installation is opened whole or not at all, with its schema up to date; on the way out requests and
//! hand-overs in progress are finished, within a limit.

use std::future::Future;
use std::path::{Path, PathBuf, absolute};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use app::clock::Clock;
use app::seal::SecretKey;
use app::{App, Env, Parts};
use channels::twilio::client::Client;
use domain::id::{IdSource, instant_of};
use domain::time::Instant;
use futures_util::future::select_all;
use ipnet::IpNet;
use metrics_exporter_prometheus::PrometheusHandle;
use store::copy::{Copied, Progress};
use store::installation::{self, Installation as InstallationState};
use store::{Op, Store, StoreError, Tx};
use tokio::net::TcpListener;
use tokio::sync::watch;
use uuid::Uuid;

use crate::api::v1::demo::DemoPerson;
use crate::config::Config;
use crate::connections::{self, Limits};
use crate::{http, peer, telemetry};

/// How long open connections may take to finish when the server stops.
const GRACE: Duration = Duration::from_secs(10);

/// Where to serve.
pub struct Sockets {
    /// The socket for pages, API and webhooks.
    pub listener: TcpListener,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Renders the metrics.
    pub metrics: PrometheusHandle,
    /// A socket for them alone; without one they are served with everything else.
    pub metrics_listener: Option<TcpListener>,
    /// Whom the sign-in page of the demo offers; nobody anywhere else.
    pub demo_people: Vec<DemoPerson>,
}

/// An opened installation.
pub struct Installation {
    /// The application.
    pub app: App,
    store: Store,
    newest_stored: Instant,
}

impl Installation {
    /// The same with a database that has to be there: only servers and commands that set a desk up make one.
    pub async fn open_existing(config: &Config, public_url: String, clock: Clock) -> anyhow::Result<Self> {
        there_is_a_file(&config.database_url)?;
        let store = open_store(&config.database_url).await?;
        let pending = store.pending_migrations().await;
        store.close().await;
        anyhow::ensure!(
            !store::lacks_everything(&pending.map_err(stored)?),
            "the database {} is empty: {SET_UP}",
            shown(&config.database_url)
        );
        Self::open(config, public_url, clock).await
    }

    /// Opens the database, which is created if it is not there, brings its schema up to date, and builds the
    /// application over it.
    pub async fn open(config: &Config, public_url: String, clock: Clock) -> anyhow::Result<Self> {
        let store = open_or_create(&config.database_url).await?;
        store.migrate(clock.now()).await.map_err(stored)?;
        let start = store.read(Start).await.map_err(stored)?;
        anyhow::ensure!(
            !start.installation.unfinished_copy,
            "the database {} is a copy that was not finished: run `backsoon copy` to it again, or name the original",
            shown(&config.database_url)
        );
        let secrets = SecretKey::load(&config.secret_key_file)?;
        let carrier = carrier_client(&config.twilio_api_url)?;
        let ids = Arc::new(IdSource::from_entropy());
        ids.start_after(start.newest_id);
        let outside = if clock.is_manual() { Clock::system() } else { clock.clone() };
        let env = Env { clock, outside, ids };
        let app = App::new(Parts { store: store.clone(), env, secrets, carrier, public_url });
        Ok(Self { app, store, newest_stored: instant_of(start.newest_id) })
    }

    /// When the newest thing was stored, as its id says; the epoch if there is none.
    pub const fn newest_stored(&self) -> Instant {
        self.newest_stored
    }

    /// Finishes what is queued and closes the database.
    pub async fn close(self) {
        drop(self.app);
        self.store.close().await;
    }

    /// Serves until `stop` resolves, workers included; then finishes what is in flight and closes.
    ///
    /// # Errors
    /// If the process could not go on: a worker ended again and again, or a server did. What is in flight is finished
    /// all the same.
    pub async fn serve(
        self,
        sockets: Sockets,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> anyhow::Result<()> {
        self.app.prepare_key().await.map_err(|error| anyhow!(error.log_text()))?;
        self.app.finish_restore().await.map_err(|error| anyhow!(error.log_text()))?;
        let bound = sockets.listener.local_addr()?;
        tracing::info!("listening on http://{bound}, known to the world as {}", self.app.public_url());
        let workers = self.app.start_workers();
        let (stopping, stopped) = watch::channel(false);
        let Sockets { listener, trusted_proxies, metrics, metrics_listener, demo_people } = sockets;
        let own_metrics = metrics_listener.is_none().then(|| metrics.clone());
        let router = http::router(
            self.app.clone(),
            http::Options { metrics: own_metrics, closing: stopped.clone(), demo_people },
        );
        let limits = Limits { trusted_proxies: trusted_proxies.clone().into(), ..Limits::default() };
        let router = peer::behind(router, trusted_proxies);
        let mut served = vec![spawn_server(listener, router, limits, stopped.clone())];
        if let Some(listener) = metrics_listener {
            served.push(spawn_server(
                listener,
                telemetry::metrics_router(metrics, self.app.clone()),
                Limits::default(),
                stopped.clone(),
            ));
        }
        let broken = tokio::select! {
            () = stop => None,
            sentence = workers.given_up() => Some(sentence),
            (ended, index, _) = select_all(served.iter_mut()) => {
                served.remove(index);
                Some(format!("The server task ended by itself ({ended:?}): the process ends, so that it is started anew."))
            }
        };
        match &broken {
            None => tracing::info!("stopping: finishing what is in flight"),
            Some(sentence) => tracing::error!("{sentence}"),
        }
        stopping.send_replace(true);
        for mut server in served {
            match tokio::time::timeout(GRACE, &mut server).await {
                Ok(ended) => ended.context("the server task ended badly")?,
                Err(_) => {
                    tracing::warn!(
                        "some connections were still open after {} s and are cut",
                        GRACE.as_secs()
                    );
                    server.abort();
                }
            }
        }
        workers.stop().await;
        self.close().await;
        tracing::info!("stopped");
        broken.map_or(Ok(()), |sentence| Err(anyhow!(sentence)))
    }
}

fn spawn_server(
    listener: TcpListener,
    router: axum::Router,
    limits: Limits,
    stopped: watch::Receiver<bool>,
) -> tokio::task::JoinHandle<()> {
    tokio::spawn(connections::serve(listener, router, limits, stopped))
}

/// How the carrier is reached. On a machine without certificates nobody can be.
pub fn carrier_client(url: &str) -> anyhow::Result<Client> {
    Client::new(url).map_err(|error| {
        let error = anyhow::Error::from(error);
        match format!("{error:#}").contains("No CA certificates") {
            true => anyhow!("the system has no CA certificates, so the carrier cannot be reached over TLS: install them (on Debian the package ca-certificates)"),
            false => error,
        }
    })
}

/// Opens the database without changing its schema.
async fn open_store(url: &str) -> anyhow::Result<Store> {
    Store::open(url)
        .await
        .map_err(stored)
        .with_context(|| format!("the database {} cannot be opened", shown(url)))
}

/// The same for who may create it, and then says where.
async fn open_or_create(url: &str) -> anyhow::Result<Store> {
    let created = missing_file(url);
    let store = open_store(url).await?;
    if let Some(path) = created {
        tracing::warn!("created a new database at {}", path.display());
    }
    Ok(store)
}

/// The schema alone: the names of the migrations that were applied.
pub async fn migrate(config: &Config, clock: &Clock) -> anyhow::Result<Vec<String>> {
    let store = open_or_create(&config.database_url).await?;
    let applied = store.migrate(clock.now()).await.map_err(stored);
    store.close().await;
    applied
}

/// Copies one database to another, telling how far it has come.
pub async fn copy(
    from: &str,
    to: &str,
    clock: &Clock,
    told: impl FnMut(Progress),
) -> anyhow::Result<Vec<Copied>> {
    there_is_a_file(from)?;
    let made = missing_file(to);
    let source = open_store(from).await?;
    let target = open_store(to).await?;
    let copied = store::copy::copy(&source, &target, clock.now(), told).await;
    source.close().await;
    target.close().await;
    if let (Err(_), Some(file)) = (&copied, made) {
        // It would look like a desk, and running the command again begins anew anyway.
        for suffix in ["", "-wal", "-shm"] {
            let mut name = file.clone().into_os_string();
            name.push(suffix);
            let _usually_gone = std::fs::remove_file(name);
        }
    }
    Ok(copied?)
}

/// Writes a consistent copy of the database to a new file, beside a running server; answers its bytes.
pub async fn backup(config: &Config, to: &Path) -> anyhow::Result<u64> {
    there_is_a_file(&config.database_url)?;
    let store = open_store(&config.database_url).await?;
    let written = store.backup(to).await.map_err(stored);
    store.close().await;
    written
}

/// Refuses a database on which a server runs: what it has queued would be ended as if it had been sent long ago.
pub async fn nobody_is_at_work(config: &Config) -> anyhow::Result<()> {
    there_is_a_file(&config.database_url)?;
    anyhow::ensure!(
        !Store::is_in_use(&config.database_url).await.map_err(stored)?,
        "a server or another command is at work on {}: stop it first, because what it still has to send would be ended, or say that you know with --beside-running-servers",
        shown(&config.database_url)
    );
    Ok(())
}

/// What `backsoon check` finds in the database, without changing it.
pub struct StoreReport {
    /// The migrations that are still to be applied.
    pub pending: Vec<String>,
    /// The invariants of the stored data that do not hold, in sentences.
    pub violations: Vec<String>,
    /// How many channels have sealed credentials.
    pub channels: usize,
}

/// Looks at the database without changing it.
pub async fn inspect(config: &Config) -> anyhow::Result<StoreReport> {
    there_is_a_file(&config.database_url)?;
    let store = open_store(&config.database_url).await?;
    let report = inspect_store(&store).await.map_err(stored);
    store.close().await;
    report
}

/// Opening a SQLite file that is not there would create it.
fn there_is_a_file(database_url: &str) -> anyhow::Result<()> {
    match missing_file(database_url) {
        None => Ok(()),
        Some(path) => Err(anyhow!("there is no database at {} yet: {SET_UP}", path.display())),
    }
}

/// Where an SQLite database is to be and is not, from the root.
fn missing_file(database_url: &str) -> Option<PathBuf> {
    let path = Path::new(database_url.strip_prefix("sqlite:")?);
    (!path.exists()).then(|| absolute(path).unwrap_or_else(|_| path.to_owned()))
}

/// What to do about a database that is not there.
const SET_UP: &str = "is this the right folder, and the right database_url? Only `backsoon organization create`, `backsoon migrate` and starting the server create one";

async fn inspect_store(store: &Store) -> Result<StoreReport, StoreError> {
    let pending = store.pending_migrations().await?;
    if !pending.is_empty() {
        return Ok(StoreReport { pending, violations: Vec::new(), channels: 0 });
    }
    let channels = store.read(Start).await?.channels;
    let violations = store.read(Invariants).await?;
    Ok(StoreReport { pending, violations, channels })
}

struct Invariants;

impl Op for Invariants {
    type Out = Vec<String>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx) -> Result<Vec<String>, StoreError> {
        store::invariants::all(tx).await
    }
}

/// What is looked up before anything starts.
struct Start;

struct Started {
    installation: InstallationState,
    newest_id: Uuid,
    channels: usize,
}

impl Op for Start {
    type Out = Started;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx) -> Result<Started, StoreError> {
        let installation = installation::get(tx).await?;
        let newest_id = store::newest_id(tx).await?;
        let channels = store::channels::all_sealed(tx).await?.len();
        Ok(Started { installation, newest_id, channels })
    }
}

fn stored(error: StoreError) -> anyhow::Error {
    anyhow!(error.log_text())
}

/// An address as it may be told: of a server's neither user nor password, and no options, because a password
/// can stand there, too. A password need not be escaped for PostgreSQL, so where one ends is not for a URL parser.
pub fn shown(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    match rest.split_once('?').unwrap_or((rest, "")) {
        (_, options) if options.contains('@') => format!("{scheme}://…"),
        (address, _) => match address.rsplit_once('@') {
            Some((_, place)) => format!("{scheme}://…@{place}"),
            None => format!("{scheme}://{address}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_address_is_shown_without_its_password() {
        let table = [
            ("sqlite:/data/desk.db", "sqlite:/data/desk.db"),
            ("postgres://desk@db/desk", "postgres://…@db/desk"),
            ("postgres://desk:secret@db/desk", "postgres://…@db/desk"),
            ("postgres://desk:se#cret@db/desk", "postgres://…@db/desk"),
            ("postgres://desk:se@cret@db/desk", "postgres://…@db/desk"),
            ("postgres://desk:se/c?r@et@db/desk", "postgres://…"),
            ("postgres://db/desk?password=se@cret", "postgres://…"),
            ("postgres:///desk?host=/run&user=desk&password=secret", "postgres:///desk"),
            ("postgres://desk:secret@db/desk?sslmode=require", "postgres://…@db/desk"),
        ];
        for (url, text) in table {
            assert_eq!(shown(url), text);
        }
    }
}
