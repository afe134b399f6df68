//! Activity: evidence of the human, stamped by the server's clock (section 2 of the rule book).

use domain::presence::{ActivityKind, Presence};
use domain::time::Instant;
use store::{Op, Tx};

use crate::caller::Caller;
use crate::error::AppError;
use crate::events::{Event, emit};
use crate::{App, Env};

struct Touch {
    env: Env,
    caller: Caller,
    kind: ActivityKind,
}

impl Op for Touch {
    type Out = ();
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let Caller { organization_id: org, user_id, .. } = self.caller;
        let now = self.env.at(tx)?;
        if store::users::touch(tx, org, user_id, now, self.kind).await? {
            emit(tx, &self.env, org, now, Event::Presence(user_id)).await?;
        }
        Ok(())
    }
}

/// An operator's own presence as the server sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PresenceView {
    /// The activity.
    pub presence: Presence,
    /// Whether they are active now.
    pub active: bool,
    /// The threshold that holds for them, in minutes.
    pub threshold_minutes: i64,
    /// From when they are inactive unless they are active again.
    pub inactive_at: Instant,
}

struct ReadPresence {
    env: Env,
    caller: Caller,
}

impl Op for ReadPresence {
    type Out = PresenceView;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<PresenceView, AppError> {
        let Caller { organization_id: org, user_id, .. } = self.caller;
        let now = self.env.at(tx)?;
        let user = store::users::get(tx, org, user_id).await?.ok_or(AppError::NotFound("user"))?;
        let personal = store::personal::get(tx, org, user_id).await?;
        let setting = store::settings::get(tx, org).await?.setting;
        let threshold_ms = personal.threshold_ms(&user, &setting);
        Ok(PresenceView {
            presence: user.presence,
            active: !user.presence.is_inactive(now, threshold_ms),
            threshold_minutes: threshold_ms / domain::time::MINUTE_MS,
            inactive_at: user.presence.inactive_from(threshold_ms),
        })
    }
}

impl App {
    /// Records that the caller is there; durable when it answers.
    pub async fn activity(&self, caller: &Caller, kind: ActivityKind) -> Result<(), AppError> {
        self.write(Touch { env: self.env().clone(), caller: *caller, kind }).await
    }

    /// The caller's presence as the server sees it.
    pub async fn presence(&self, caller: &Caller) -> Result<PresenceView, AppError> {
        self.read(ReadPresence { env: self.env().clone(), caller: *caller }).await
    }
}
