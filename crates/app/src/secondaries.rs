//! Secondary operators: colleagues who cover a case beside its own operator. Texting on somebody else's case makes
//! one of the sender, too.

use domain::id::{CaseId, UserId};
use store::{Op, Tx};

use crate::caller::Caller;
use crate::cases::CaseView;
use crate::error::{AppError, Conflict};
use crate::judging::Desk;
use crate::{App, Env};

struct ChangeSecondary {
    env: Env,
    caller: Caller,
    case_id: CaseId,
    user_id: UserId,
    covers: bool,
}

impl Op for ChangeSecondary {
    type Out = ();
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let org = self.caller.organization_id;
        let mut desk = Desk::open(tx, &self.env, org).await?;
        let case = store::cases::get(desk.tx, org, self.case_id).await?.ok_or(AppError::NotFound("case"))?;
        store::users::get(desk.tx, org, self.user_id).await?.ok_or(AppError::NotFound("user"))?;
        let changed = if self.covers {
            desk.assignable("user_id", self.user_id).await?;
            if case.assigned_operator_id == Some(self.user_id) {
                return Err(AppError::Conflict(
                    Conflict::OwnOperator,
                    "They are the case's own operator already.".to_owned(),
                ));
            }
            store::secondaries::add(desk.tx, org, case.id, self.user_id, desk.now).await?
        } else {
            store::secondaries::remove(desk.tx, org, case.id, self.user_id).await?
        };
        if changed {
            desk.save(&case).await?;
        }
        Ok(())
    }
}

impl App {
    /// Adds or removes a secondary operator; doing either twice changes nothing and succeeds. The case's own
    /// operator is refused with 409.
    pub async fn case_secondary(
        &self,
        caller: &Caller,
        case_id: CaseId,
        user_id: UserId,
        covers: bool,
    ) -> Result<CaseView, AppError> {
        caller.require_operator()?;
        let env = self.env().clone();
        self.write(ChangeSecondary { env, caller: *caller, case_id, user_id, covers }).await?;
        self.case_get(caller, case_id).await
    }
}
