//! Fires the timers of operators who may have become inactive.

use std::collections::HashSet;

use domain::id::{OrganizationId, UserId};
use store::{Op, Tx};

use super::Worker;
use crate::App;
use crate::Env;
use crate::error::AppError;
use crate::fail_point::fail_point;
use crate::watching::{FireTimer, Fired};

/// How many timers one look takes.
const BATCH: u32 = 100;

struct DueTimers {
    env: Env,
    limit: u32,
}

impl Op for DueTimers {
    type Out = Vec<(OrganizationId, UserId)>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, AppError> {
        let now = self.env.at(tx)?;
        Ok(store::timers::due(tx, now, self.limit).await?)
    }
}

impl App {
    /// Judges the watched cases of every operator whose timer is due: for the workers, and for a request that made
    /// some due, so that it is answered after its effects. Two passes at once do no harm: a decision is made once,
    /// in its transaction. An operator whose cases cannot be judged holds up nobody else.
    pub(crate) async fn fire_due_timers(&self) -> Result<(), AppError> {
        let mut failed = HashSet::new();
        loop {
            let mut due =
                self.read(DueTimers { env: self.env().clone(), limit: BATCH + failed.len() as u32 }).await?;
            due.retain(|timer| !failed.contains(timer));
            if due.is_empty() {
                return Ok(());
            }
            for (organization_id, operator_id) in due {
                self.0.worker.health.alive(Worker::Timers);
                if let Err(error) = self.fire(organization_id, operator_id).await {
                    let error = error.log_text();
                    tracing::error!(%operator_id, error, "an operator's watched cases could not be judged");
                    failed.insert((organization_id, operator_id));
                }
            }
        }
    }

    async fn fire(&self, organization_id: OrganizationId, operator_id: UserId) -> Result<(), AppError> {
        let (mut after, mut next_due_at) = (None, None);
        loop {
            let env = self.env().clone();
            let fire = FireTimer { env, organization_id, operator_id, after, next_due_at };
            let fired = self.write(fire).await?;
            fail_point("timer_committed");
            match fired {
                Fired::More(last, next) => (after, next_due_at) = (Some(last), next),
                Fired::Done => return Ok(()),
            }
        }
    }
}
