//! After a backup was put back: nothing that may have happened since it was made happens again.
//!
//! The backup does not know what was sent after it. So, before anything else runs: watches end as `stale`, queued
//! automatic replies are cancelled as `outdated`, an operator's queued message is looked up at the carrier instead
//! of sent, everybody signs in again, and readers of events load everything anew. It works in batches and goes on
//! where it was interrupted; the last one takes the mark away.

use domain::auto_reply::{HandOver, Reason};
use domain::delivery::DeliveryStatus;
use domain::id::OrganizationId;
use domain::message::Author;
use domain::outbox::OutboxRow;
use domain::time::Instant;
use serde_json::json;
use store::installation::{self, Installation};
use store::{Op, Tx};

use crate::audit::{Change, record};
use crate::error::AppError;
use crate::judging::Desk;
use crate::{App, Env};

/// How many watches, and how many queued messages, one transaction ends.
const BATCH: u32 = 200;

/// Later than everything that is stored.
const NEVER: Instant = Instant::from_ms(i64::MAX);

struct Organizations;

impl Op for Organizations {
    type Out = Vec<OrganizationId>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, AppError> {
        if !installation::get(tx).await?.backup {
            return Ok(Vec::new());
        }
        Ok(store::organizations::list(tx).await?.into_iter().map(|organization| organization.id).collect())
    }
}

/// What became of a backup that was put back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// How many watches and queued messages were ended.
    pub ended: usize,
    /// How many API tokens hold as in the copy, those that were revoked since it was made included.
    pub api_tokens: usize,
}

/// Says that the database is a backup.
struct Declare;

impl Op for Declare {
    type Out = ();
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let before = installation::get(tx).await?;
        Ok(installation::set(tx, Installation { backup: true, ..before }).await?)
    }
}

/// Ends a batch of what an organization's backup still meant to do; answers how much it found.
struct EndPending {
    env: Env,
    organization_id: OrganizationId,
}

impl Op for EndPending {
    type Out = usize;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<usize, AppError> {
        let mut desk = Desk::open_alone(tx, &self.env, self.organization_id).await?;
        let watched = store::cases::watched_of_organization(desk.tx, desk.org, None, BATCH).await?;
        for id in &watched {
            let case = store::cases::get(desk.tx, desk.org, *id).await?;
            let mut case = case.ok_or(AppError::NotFound("case"))?;
            desk.end_watch(&mut case, Reason::Stale).await?;
            desk.save(&case).await?;
        }
        let queued = store::outbox::queued(desk.tx, desk.org, BATCH).await?;
        let found = watched.len() + queued.len();
        for row in queued {
            desk.do_not_send_again(row).await?;
        }
        Ok(found)
    }
}

impl Desk<'_> {
    /// A reply is cancelled; what a person wrote may have been sent since, and the carrier is asked.
    async fn do_not_send_again(&mut self, row: OutboxRow) -> Result<(), AppError> {
        let message = store::messages::get(self.tx, self.org, row.message_id).await?;
        let message = message.ok_or(AppError::NotFound("message"))?;
        let case = store::cases::get(self.tx, self.org, row.case_id).await?;
        let case = case.ok_or(AppError::NotFound("case"))?;
        if matches!(message.author, Author::AutoReply { .. }) {
            let found = HandOver {
                at: self.now,
                decided_at: message.created_at,
                opted_out: false,
                opted_out_by: None,
                switched_off: false,
                answered: false,
                restored: true,
            };
            return self.cancel_reply(&message, &case, found).await;
        }
        store::outbox::update(self.tx, &row.suspect_attempt(message.created_at, self.now)).await?;
        Ok(self.move_delivery(&message, DeliveryStatus::Attempting, None).await?)
    }
}

/// Nothing is left to end.
struct Finish {
    env: Env,
    organizations: Vec<OrganizationId>,
}

impl Op for Finish {
    type Out = ();
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let now = self.env.at(tx)?;
        let before = installation::get(tx).await?;
        store::events::delete_all(tx).await?;
        store::sessions::delete_idle(tx, NEVER, NEVER).await?;
        for org in &self.organizations {
            let change = Change {
                actor: None,
                action: "installation.restored",
                subject: "installation".to_owned(),
                before: json!(null),
                after: json!(null),
            };
            record(tx, &self.env, *org, now, change).await?;
        }
        Ok(installation::set(tx, Installation { backup: false, restored_at: Some(now), ..before }).await?)
    }
}

impl App {
    /// Says that the database was put back from an older copy of itself by other means than `backsoon backup`,
    /// and ends what it still meant to do. No server may be running on it.
    pub async fn declare_restored(&self) -> Result<Restored, AppError> {
        self.write(Declare).await?;
        self.finish_restore().await
    }

    /// If the database is a backup that has been put back, ends what it still meant to do; to be called before
    /// workers and requests.
    pub async fn finish_restore(&self) -> Result<Restored, AppError> {
        let organizations = self.read(Organizations).await?;
        if organizations.is_empty() {
            return Ok(Restored::default());
        }
        let (mut ended, mut api_tokens) = (0, 0);
        for organization_id in &organizations {
            api_tokens += self.tokens_of(*organization_id).await?.len();
        }
        for organization_id in &organizations {
            loop {
                let op = EndPending { env: self.env().clone(), organization_id: *organization_id };
                match self.write(op).await? {
                    0 => break,
                    found => ended += found,
                }
            }
        }
        self.write(Finish { env: self.env().clone(), organizations }).await?;
        tracing::warn!(
            ended,
            api_tokens,
            "the database was restored from a backup: what it still meant to send was ended; API tokens that were revoked since are good again"
        );
        Ok(Restored { ended, api_tokens })
    }
}
