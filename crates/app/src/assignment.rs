//! Texts of new customers go to whom the channel says (R28), in the transaction that takes them in.

use domain::assignment::{AssignTo, Candidate, in_turn};
use domain::case::{AssignedBy, Case};
use domain::id::{ChannelId, OrganizationId, UserId};
use domain::user::User;
use store::{Op, StoreError, Tx};

use crate::App;
use crate::error::AppError;
use crate::judging::Desk;

impl Desk<'_> {
    /// Gives a case that nobody has to whom its channel says; to nobody if it says so, or there is no operator.
    pub async fn assign_incoming(&mut self, case: &mut Case, to: AssignTo) -> Result<(), StoreError> {
        let named = match to {
            AssignTo::Nobody => return Ok(()),
            AssignTo::InTurn => None,
            AssignTo::Operator(id) => store::users::get(self.tx, self.org, id).await?,
        };
        let chosen = match named.filter(assignable) {
            Some(user) => Some((user.id, AssignedBy::Channel)),
            None => self.whose_turn(case).await?,
        };
        if let Some((id, by)) = chosen {
            case.assigned_operator_id = Some(id);
            case.assigned_by = Some(by);
        }
        Ok(())
    }

    /// To whom texts of new customers on this channel go.
    pub async fn assign_to(&mut self, channel: ChannelId) -> Result<AssignTo, StoreError> {
        let channel = store::channels::get(self.tx, self.org, channel).await?;
        Ok(channel.map(|channel| channel.assign_to).unwrap_or_default())
    }

    async fn whose_turn(&mut self, case: &Case) -> Result<Option<(UserId, AssignedBy)>, StoreError> {
        let setting = store::settings::get(self.tx, self.org).await?.setting;
        let mut candidates = Vec::new();
        for load in store::assignment::take(self.tx, self.org).await? {
            let Some((user, personal)) = self.operator(load.user_id).await? else { continue };
            let threshold_ms = personal.threshold_ms(&user, &setting);
            let facts = personal.facts(&user, self.now);
            candidates.push(Candidate::new(&facts, self.now, threshold_ms, load.waiting, load.newest_case));
        }
        let chosen = in_turn(&candidates);
        if let Some((id, _)) = chosen {
            store::assignment::give(self.tx, self.org, id, case.id).await?;
        }
        Ok(chosen)
    }
}

/// What the command line calls [`AssignTo`].
struct FindAssignee {
    organization_id: OrganizationId,
    email: String,
}

impl Op for FindAssignee {
    type Out = AssignTo;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<AssignTo, AppError> {
        let user = store::users::find_by_email(tx, &self.email).await?;
        let user = user.filter(|user| user.organization_id == self.organization_id && assignable(user));
        let wrong = || {
            AppError::field(
                "assign_to",
                "must be nobody, in-turn or the e-mail address of an active operator",
            )
        };
        user.map(|user| AssignTo::Operator(user.id)).ok_or_else(wrong)
    }
}

/// Whether somebody can work on cases.
fn assignable(user: &User) -> bool {
    user.active() && user.roles.operator
}

impl App {
    /// To whom texts of new customers go, as the command line says it: `nobody`, `in-turn`, or an operator's e-mail
    /// address.
    pub async fn assignee(&self, organization_id: OrganizationId, text: &str) -> Result<AssignTo, AppError> {
        match text.trim() {
            "nobody" => Ok(AssignTo::Nobody),
            "in-turn" => Ok(AssignTo::InTurn),
            email => self.read(FindAssignee { organization_id, email: email.to_lowercase() }).await,
        }
    }
}
