//! Settings > Organization > Data retention: System Admins say how long messages, decisions and events are kept.
//! The worker that follows it is `worker/clean_up`.

use domain::id::OrganizationId;
use domain::retention::{Retention, StoredRetention};
use serde_json::json;
use store::{Op, Tx};

use crate::audit::{Change, record};
use crate::caller::Caller;
use crate::error::AppError;
use crate::{App, Env};

/// The setting with the name of who changed it last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetentionView {
    /// The setting.
    pub stored: StoredRetention,
    /// The name of `updated_by`.
    pub updated_by_name: Option<String>,
}

/// What holds for an organization, also if it has set nothing yet.
pub(crate) async fn stored(tx: &mut Tx, org: OrganizationId) -> Result<StoredRetention, AppError> {
    if let Some(stored) = store::retention::get(tx, org).await? {
        return Ok(stored);
    }
    let organization = store::organizations::get(tx, org).await?.ok_or(AppError::NotFound("organization"))?;
    Ok(StoredRetention::new(organization.created_at))
}

/// Gives the organization a row of its own, if it has none.
pub(crate) async fn add_missing(tx: &mut Tx, org: OrganizationId) -> Result<(), AppError> {
    let organization = store::organizations::get(tx, org).await?.ok_or(AppError::NotFound("organization"))?;
    Ok(store::retention::add(tx, org, &StoredRetention::new(organization.created_at)).await?)
}

struct ReadRetention {
    caller: Caller,
}

impl Op for ReadRetention {
    type Out = RetentionView;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<RetentionView, AppError> {
        let stored = stored(tx, self.caller.organization_id).await?;
        view(tx, &self.caller, stored).await
    }
}

async fn view(tx: &mut Tx, caller: &Caller, stored: StoredRetention) -> Result<RetentionView, AppError> {
    let updated_by_name = match stored.updated_by {
        Some(id) => store::users::get(tx, caller.organization_id, id).await?.map(|user| user.name),
        None => None,
    };
    Ok(RetentionView { stored, updated_by_name })
}

struct PutRetention {
    env: Env,
    caller: Caller,
    retention: Retention,
    if_match: Option<i64>,
}

impl Op for PutRetention {
    type Out = RetentionView;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<RetentionView, AppError> {
        let org = self.caller.organization_id;
        let now = self.env.at(tx)?;
        add_missing(tx, org).await?;
        let before = stored(tx, org).await?;
        if self.if_match.is_some_and(|version| version != before.version) {
            return Err(AppError::Stale);
        }
        if self.retention == before.retention {
            return view(tx, &self.caller, before).await;
        }
        let after = StoredRetention {
            retention: self.retention,
            version: before.version + 1,
            updated_at: now,
            updated_by: Some(self.caller.user_id),
            ..before
        };
        if !store::retention::update(tx, org, &after, before.version).await? {
            return Err(AppError::Stale);
        }
        let change = Change {
            actor: Some(self.caller.user_id),
            action: "retention.update",
            subject: "retention".to_owned(),
            before: json!(before.retention),
            after: json!(after.retention),
        };
        record(tx, &self.env, org, now, change).await?;
        view(tx, &self.caller, after).await
    }
}

impl App {
    /// How long the organization keeps what.
    pub async fn retention_get(&self, caller: &Caller) -> Result<RetentionView, AppError> {
        caller.require_system_admin()?;
        self.read(ReadRetention { caller: *caller }).await
    }

    /// Changes how long the organization keeps what; the next clean-up, within an hour, follows it. With
    /// `if_match` only if that is still the version.
    pub async fn retention_put(
        &self,
        caller: &Caller,
        retention: Retention,
        if_match: Option<i64>,
    ) -> Result<RetentionView, AppError> {
        caller.require_system_admin()?;
        let retention = retention.validated()?;
        self.write(PutRetention { env: self.env().clone(), caller: *caller, retention, if_match }).await
    }
}
