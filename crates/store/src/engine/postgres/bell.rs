//! `LISTEN` and `NOTIFY`: the nodes on one database tell each other that something was written, nothing more.
//!
//! Whoever is woken reads the state. A notification does not belong to the transaction that it tells of: inside
//! it, it would make every commit of the database wait for every other one. It follows within milliseconds, many
//! commits told at once. If it is lost with its node, the periodic looks of the other nodes find what changed.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio_postgres::{AsyncMessage, Client};

use super::connect::{Connect, Driver};
use super::failure::explain;
use crate::error::StoreError;

/// How long it waits after a notification, to tell the next commits together.
const GAP: Duration = Duration::from_millis(50);

/// How long it waits before it connects again.
const RECONNECT: Duration = Duration::from_secs(1);

/// One node's bell.
pub(super) struct Bell {
    shared: Arc<Shared>,
    task: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    connect: Connect,
    /// Counts what other nodes told.
    changes: watch::Sender<u64>,
    /// Something was written that the others have not been told of.
    due: AtomicBool,
    wake: Notify,
    closing: AtomicBool,
}

impl Bell {
    pub(super) fn new(connect: Connect) -> Self {
        let shared = Shared {
            connect,
            changes: watch::Sender::new(0),
            due: AtomicBool::new(false),
            wake: Notify::new(),
            closing: AtomicBool::new(false),
        };
        Self { shared: Arc::new(shared), task: Mutex::default() }
    }

    /// Turns whenever another node rang, and when it may have: so once at the beginning.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.start();
        let mut changes = self.shared.changes.subscribe();
        changes.mark_changed();
        changes
    }

    /// Tells the other nodes soon.
    pub(super) fn ring(&self) {
        if !self.shared.due.swap(true, Ordering::Relaxed) {
            self.start();
            self.shared.wake.notify_one();
        }
    }

    /// Tells what is due and ends.
    pub(super) async fn close(&self) {
        self.shared.closing.store(true, Ordering::Relaxed);
        self.shared.wake.notify_one();
        let task = self.task().take();
        if let Some(task) = task {
            // An error means that it ended abnormally; there is nothing left to do for it.
            let _ = task.await;
        }
    }

    fn start(&self) {
        if !self.shared.closing.load(Ordering::Relaxed) {
            let mut task = self.task();
            // One that ended by a defect of ours is started again.
            if task.as_ref().is_none_or(JoinHandle::is_finished) {
                *task = Some(tokio::spawn(run(Arc::clone(&self.shared))));
            }
        }
    }

    fn task(&self) -> std::sync::MutexGuard<'_, Option<JoinHandle<()>>> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        if let Some(task) = self.task().take() {
            task.abort();
        }
    }
}

async fn run(shared: Arc<Shared>) {
    loop {
        if let Err(error) = listen(&shared).await {
            tracing::warn!(error = error.log_text(), "other nodes cannot be heard; trying again");
        }
        if shared.closing.load(Ordering::Relaxed) {
            return;
        }
        tokio::time::sleep(RECONNECT).await;
    }
}

/// Listens and rings until the connection breaks or the store is closed.
async fn listen(shared: &Arc<Shared>) -> Result<(), StoreError> {
    let explained = |error: tokio_postgres::Error| explain(&error).error;
    let (client, driver) = shared.connect.raw().await?;
    let own = Arc::new(AtomicI32::new(0));
    let hearing = tokio::spawn(hear(driver, Arc::clone(&own), shared.changes.clone()));
    let _stop_hearing = Abort(&hearing);
    let pid = client.query_one("SELECT pg_backend_pid()", &[]).await.map_err(explained)?;
    own.store(pid.try_get(0).map_err(explained)?, Ordering::Relaxed);
    // A notification need not outlive the server, so its commit need not wait for the disk.
    client.batch_execute("SET synchronous_commit = off; LISTEN backsoon").await.map_err(explained)?;
    // What was told while nobody listened is to be seen, too.
    shared.changes.send_modify(|count| *count = count.wrapping_add(1));
    loop {
        tell(shared, &client).await.map_err(explained)?;
        if shared.closing.load(Ordering::Relaxed) {
            return Ok(());
        }
        tokio::select! {
            () = shared.wake.notified() => {}
            () = broken(&client, &hearing) => {
                return Err(StoreError::unavailable("The connection to the database is broken.", "listener"));
            }
        }
    }
}

async fn tell(shared: &Shared, client: &Client) -> Result<(), tokio_postgres::Error> {
    if shared.due.swap(false, Ordering::Relaxed) {
        let told = client.batch_execute("NOTIFY backsoon").await;
        if told.is_err() {
            shared.due.store(true, Ordering::Relaxed);
            return told;
        }
        tokio::time::sleep(GAP).await;
    }
    Ok(())
}

/// Drives the connection; what this node told itself is left out.
async fn hear(mut driver: Driver, own: Arc<AtomicI32>, changes: watch::Sender<u64>) {
    while let Some(Ok(message)) = poll_fn(|context| driver.poll_message(context)).await {
        if let AsyncMessage::Notification(told) = message
            && told.process_id() != own.load(Ordering::Relaxed)
        {
            changes.send_modify(|count| *count = count.wrapping_add(1));
        }
    }
}

async fn broken(client: &Client, hearing: &JoinHandle<()>) {
    while !hearing.is_finished() && !client.is_closed() {
        tokio::time::sleep(RECONNECT).await;
    }
}

struct Abort<'a>(&'a JoinHandle<()>);

impl Drop for Abort<'_> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
