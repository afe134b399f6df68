//! Clears what is no longer needed, in the background, once an hour of the app's clock.

use std::sync::atomic::{AtomicI64, Ordering};

use domain::time::{DAY_MS, HOUR_MS};
use store::{Op, Tx};

use crate::error::AppError;
use crate::login::{ABSOLUTE_EXPIRY_MS, IDLE_EXPIRY_MS};
use crate::{App, Env};

/// How long a reader of events can be away and still resume.
const EVENTS_KEPT_MS: i64 = DAY_MS;
/// How long an `Idempotency-Key` is remembered.
const KEYS_KEPT_MS: i64 = DAY_MS;

/// When the last clean-up was, in milliseconds since 1970.
#[derive(Default)]
pub(super) struct LastPrune(AtomicI64);

struct Prune {
    env: Env,
}

impl Op for Prune {
    type Out = ();
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let now = self.env.now();
        store::events::delete_before(tx, now.plus_ms(-EVENTS_KEPT_MS)).await?;
        store::idempotency::delete_before(tx, now.plus_ms(-KEYS_KEPT_MS)).await?;
        let idle = now.plus_ms(-IDLE_EXPIRY_MS);
        let old = now.plus_ms(-ABSOLUTE_EXPIRY_MS);
        store::sessions::delete_idle(tx, idle, old).await?;
        Ok(())
    }
}

impl App {
    pub(super) async fn prune(&self) -> Result<(), AppError> {
        let now = self.env().now().ms();
        let last = &self.0.worker.last_prune.0;
        if now - last.load(Ordering::Relaxed) < HOUR_MS {
            return Ok(());
        }
        self.write(Prune { env: self.env().clone() }).await?;
        last.store(now, Ordering::Relaxed);
        Ok(())
    }
}
