//! What would a customer get? The decision for a message that has not come, by the same function.

use domain::auto_reply::decision::{Decision, Outcome};
use domain::auto_reply::explain::sentence;
use domain::auto_reply::facts::{Facts, History, MessageFacts};
use domain::auto_reply::{Occasion, decide};
use domain::id::{CaseId, MessageId, UserId};
use domain::time::Instant;
use store::{Op, Tx};

use crate::caller::Caller;
use crate::error::AppError;
use crate::judging::{Desk, Subject, setting_facts};
use crate::{App, Env};

/// For whom: a case, or an operator on a new case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreviewOf {
    /// The next message on this case.
    Case(CaseId),
    /// The first message on a new case of this operator.
    Operator(UserId),
}

/// What a customer message would get.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// The decision.
    pub decision: Decision,
    /// It in plain words.
    pub sentence: String,
    /// The facts that it was made from.
    pub facts: Facts,
    /// When the reply would fall due, if the message were watched.
    pub due_at: Option<Instant>,
    /// The text that would be sent, now or when it falls due.
    pub text: Option<String>,
}

struct RunPreview {
    env: Env,
    caller: Caller,
    of: PreviewOf,
    at: Instant,
}

impl Op for RunPreview {
    type Out = Preview;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Preview, AppError> {
        let org = self.caller.organization_id;
        let mut desk = Desk { tx, env: &self.env, org, now: self.at };
        let id: MessageId = self.env.id(self.env.now());
        let (facts, case) = match self.of {
            PreviewOf::Case(case_id) => {
                let mut case =
                    store::cases::get(desk.tx, org, case_id).await?.ok_or(AppError::NotFound("case"))?;
                case.watch = None;
                let subject =
                    Subject { id, received_at: self.at, body: "", keyword: None, not_repliable: None };
                (desk.facts(&case, subject, Occasion::Arrival).await?, Some(case))
            }
            PreviewOf::Operator(user_id) => (desk.facts_of_new_case(user_id, id).await?, None),
        };
        let decision = decide(&facts);
        let text = match decision.layer {
            Some(layer) => Some(desk.reply_text(&facts, case.as_ref(), layer).await?),
            None => None,
        };
        let due_at = (decision.outcome == Outcome::Watching).then(|| facts.due_at()).flatten();
        Ok(Preview { sentence: sentence(&facts), decision, due_at, text, facts })
    }
}

impl Desk<'_> {
    /// The facts of an ordinary first message on a new case of this operator.
    async fn facts_of_new_case(&mut self, user_id: UserId, id: MessageId) -> Result<Facts, AppError> {
        let (user, personal) = self
            .operator(user_id)
            .await?
            .filter(|(user, _)| user.roles.operator)
            .ok_or_else(|| AppError::field("operator_id", "is no operator of this organization"))?;
        let setting = store::settings::get(self.tx, self.org).await?;
        Ok(Facts {
            at: self.now,
            occasion: Occasion::Arrival,
            message: MessageFacts {
                id,
                received_at: self.now,
                keyword: None,
                not_repliable: None,
                echo: false,
            },
            opted_out: false,
            history: History::default(),
            operator: Some(personal.facts(&user, self.now)),
            covered_by: None,
            setting: setting_facts(&setting),
            ended: None,
            hand_over: None,
        })
    }
}

impl App {
    /// What a customer message would get at `at`. System Admins may ask for any operator, operators for any
    /// case and for themselves.
    pub async fn preview(&self, caller: &Caller, of: PreviewOf, at: Instant) -> Result<Preview, AppError> {
        match of {
            PreviewOf::Operator(id) if id == caller.user_id && caller.roles.operator => {}
            PreviewOf::Operator(_) => caller.require_system_admin()?,
            PreviewOf::Case(_) => caller.require_operator()?,
        }
        self.read(RunPreview { env: self.env().clone(), caller: *caller, of, at }).await
    }
}
