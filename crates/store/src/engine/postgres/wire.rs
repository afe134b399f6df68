//! The way to the server: calls that are sent at once and answered later, in order.
//!
//! The driver of a connection has no task of its own: whoever waits for an answer polls it. So everything that was
//! sent ahead leaves in one piece when the next answer is waited for, and nobody is woken for a part of it. The
//! first failure in the order of sending counts, whoever learns of it.

use std::future::{Future, poll_fn, ready};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

use futures_util::future::{join, join_all};
use tokio_postgres::Client;

use super::connect::Driver;
use super::failure::{Failure, explain};

type Ahead = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

/// A way to the server.
pub(super) struct Wire {
    client: Arc<Client>,
    /// Moves bytes while it is polled; none once the connection has ended.
    driver: Option<Pin<Box<Driver>>>,
    ahead: Vec<Ahead>,
    /// Set while a call waits for the server.
    calling: Arc<AtomicBool>,
}

impl Wire {
    pub(super) fn new(client: Client, driver: Driver) -> Self {
        Self {
            client: Arc::new(client),
            driver: Some(Box::pin(driver)),
            ahead: Vec::new(),
            calling: Arc::default(),
        }
    }

    pub(super) fn client(&self) -> Arc<Client> {
        Arc::clone(&self.client)
    }

    /// Whether it has ended, as far as is known here by now.
    pub(super) fn has_ended(&mut self) -> bool {
        self.push();
        self.driver.is_none()
    }

    /// Moves what can be moved without waiting.
    pub(super) fn push(&mut self) {
        drive(&mut self.driver, &mut Context::from_waker(Waker::noop()));
    }

    /// Set while a call waits for the server.
    pub(super) fn calling(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.calling)
    }

    /// Waits for the answer to a call, and for those to what was sent ahead of it. The first error counts: what
    /// follows it in the transaction fails because of it.
    pub(super) async fn answered<T>(
        &mut self,
        call: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let _calling = Calling::new(&self.calling);
        let driver = &mut self.driver;
        let mut answers = pin!(join(join_all(self.ahead.drain(..)), call));
        let (ahead, own) = poll_fn(|context| {
            // What is asked now is to be sent, and what has been answered to be heard.
            if let Poll::Ready(answers) = answers.as_mut().poll(context) {
                return Poll::Ready(answers);
            }
            drive(driver, context);
            answers.as_mut().poll(context)
        })
        .await;
        ahead.into_iter().collect::<Result<Vec<()>, _>>()?;
        own
    }

    /// Sends a call; its answer is waited for together with the next one's.
    pub(super) fn send_ahead(&mut self, call: impl Future<Output = Result<(), Failure>> + Send + 'static) {
        let mut call: Ahead = Box::pin(call);
        // Polling once sends it.
        match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(error)) => self.ahead.push(Box::pin(ready(Err(error)))),
            Poll::Pending => self.ahead.push(call),
        }
    }

    /// Sends a text without parameters.
    pub(super) fn control_ahead(&mut self, text: impl AsRef<str> + Send + 'static) {
        let client = self.client();
        self.send_ahead(
            async move { client.batch_execute(text.as_ref()).await.map_err(|error| explain(&error)) },
        );
    }

    /// The same, and waits for the answer.
    pub(super) async fn control(&mut self, text: &str) -> Result<(), Failure> {
        let client = self.client();
        self.answered(async { client.batch_execute(text).await.map_err(|error| explain(&error)) }).await
    }
}

/// Polls the driver. When it has ended, its end of the calls is dropped, which is their answer.
fn drive(driver: &mut Option<Pin<Box<Driver>>>, context: &mut Context<'_>) {
    if let Some(running) = driver
        && let Poll::Ready(ended) = running.as_mut().poll(context)
    {
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection to the database ended");
        }
        *driver = None;
    }
}

struct Calling(Arc<AtomicBool>);

impl Calling {
    fn new(flag: &Arc<AtomicBool>) -> Self {
        flag.store(true, Ordering::Relaxed);
        Self(Arc::clone(flag))
    }
}

impl Drop for Calling {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}
