//! Connections that are kept open, at most so many, handed out for one transaction each. Who waits longer than
//! the bound gets an error: a queue that only grows helps nobody.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::connect::Connect;
use super::connection::Connection;
use super::counter::Counter;
use crate::error::StoreError;

/// How long an operation waits for a connection.
pub(super) const WAIT: Duration = Duration::from_secs(10);

/// The connections of one store.
pub(super) struct Pool {
    connect: Connect,
    permits: Arc<Semaphore>,
    /// How many of them may search at the same time.
    searches: Arc<Semaphore>,
    /// Those not in use; the last one used is the next to be used.
    idle: Mutex<Vec<Connection>>,
    /// Has one more connection, for nothing else.
    counter: Arc<Counter>,
}

impl Pool {
    pub(super) fn new(connect: Connect) -> Self {
        let permits = Arc::new(Semaphore::new(connect.connections));
        let searches = Arc::new(Semaphore::new((connect.connections / 3).max(1)));
        let counter = Arc::new(Counter::new(connect.clone()));
        Self { connect, permits, searches, idle: Mutex::default(), counter }
    }

    /// The right to one connection.
    pub(super) async fn permit(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        self.one_of(&self.permits).await
    }

    /// The right to search on one connection. Who waits for it holds no connection meanwhile.
    pub(super) async fn permits_to_search(&self) -> Result<Vec<OwnedSemaphorePermit>, StoreError> {
        Ok(vec![self.one_of(&self.searches).await?, self.permit().await?])
    }

    async fn one_of(&self, permits: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, StoreError> {
        match tokio::time::timeout(WAIT, Arc::clone(permits).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_closed)) => Err(closed()),
            Err(_elapsed) => Err(StoreError::unavailable(
                "All connections to the database have been busy for too long: the database may be slow or stuck, or max_connections too small.",
                format!("{} connections", self.connect.connections),
            )),
        }
    }

    /// An error once the pool is closed.
    pub(super) fn check_open(&self) -> Result<(), StoreError> {
        if self.permits.is_closed() { Err(closed()) } else { Ok(()) }
    }

    /// A connection, a new one if none is idle.
    pub(super) async fn take(&self) -> Result<Connection, StoreError> {
        loop {
            // The lock is not held while the connection is looked at.
            let Some(mut connection) = self.idle().pop() else { break };
            if !connection.is_closed() {
                return Ok(connection);
            }
        }
        let mut connection = Connection::open(&self.connect).await?;
        connection.counter = Some(Arc::clone(&self.counter));
        Ok(connection)
    }

    /// Gives one back; one that is broken or in an unknown state is closed.
    pub(super) fn put(&self, mut connection: Connection) {
        if !connection.is_closed() && !self.permits.is_closed() {
            self.idle().push(connection);
        }
    }

    /// Waits for those in use, then closes all.
    pub(super) async fn close(&self) {
        let all = u32::try_from(self.connect.connections).unwrap_or(u32::MAX);
        // An error means that somebody else has closed it.
        let _all = self.permits.acquire_many(all).await;
        self.permits.close();
        self.idle().clear();
        self.counter.close().await;
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn closed() -> StoreError {
    StoreError::unavailable("The database is closed: the program is shutting down.", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nobody is at this address, so it is seen that a place is waited for before anything is connected.
    #[tokio::test(start_paused = true)]
    async fn who_waits_too_long_is_told_what_helps() {
        let pool = Pool::new(Connect::parse("postgres://nobody@127.0.0.1:1/nothing", 1).unwrap());
        let taken = pool.permit().await.unwrap();
        let started = tokio::time::Instant::now();
        let error = pool.permit().await.unwrap_err();
        assert!(error.to_string().contains("max_connections too small"), "{error}");
        assert_eq!(started.elapsed(), WAIT);
        drop(taken);
        assert!(pool.permit().await.is_ok());
    }
}
