//! Profile > Auto Reply: operators set their own, and nobody else (section 4 of the rule book).

use domain::auto_reply::personal::{PersonalInactivity, StoredPersonal};
use store::{Op, Tx};

use crate::caller::Caller;
use crate::error::AppError;
use crate::{App, Env, watching};

struct ReadPersonal {
    caller: Caller,
}

impl Op for ReadPersonal {
    type Out = StoredPersonal;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<StoredPersonal, AppError> {
        Ok(store::personal::get(tx, self.caller.organization_id, self.caller.user_id).await?)
    }
}

struct PutPersonal {
    env: Env,
    caller: Caller,
    inactivity: PersonalInactivity,
}

impl Op for PutPersonal {
    type Out = StoredPersonal;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<StoredPersonal, AppError> {
        let Caller { organization_id: org, user_id, .. } = self.caller;
        store::organizations::enter_alone(tx, org).await?;
        let now = self.env.now();
        let before = store::personal::get(tx, org, user_id).await?;
        if before.inactivity == self.inactivity {
            return Ok(before);
        }
        let switched_on = self.inactivity.set_up() && !before.inactivity.set_up();
        let after = StoredPersonal {
            inactivity: self.inactivity.clone(),
            version: before.version + 1,
            inactivity_mark: if switched_on { self.env.id(now) } else { before.inactivity_mark },
        };
        store::personal::put(tx, org, user_id, &after, now).await?;
        watching::rearm_operator(tx, org, user_id).await?;
        Ok(after)
    }
}

impl App {
    /// The caller's own Auto Replies.
    pub async fn personal_get(&self, caller: &Caller) -> Result<StoredPersonal, AppError> {
        caller.require_operator()?;
        self.read(ReadPersonal { caller: *caller }).await
    }

    /// Changes the caller's own inactivity reply (R13); watches follow before this answers (R18).
    pub async fn personal_put(
        &self,
        caller: &Caller,
        inactivity: PersonalInactivity,
    ) -> Result<StoredPersonal, AppError> {
        caller.require_operator()?;
        let inactivity = inactivity.validated("inactivity")?;
        let stored = self.write(PutPersonal { env: self.env().clone(), caller: *caller, inactivity }).await?;
        self.fire_due_timers().await?;
        Ok(stored)
    }
}
