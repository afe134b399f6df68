//! What would a customer get? The decision for a message that has not come, by the same function.

use domain::auto_reply::decision::{Decision, Outcome};
use domain::auto_reply::explain::foretold;
use domain::auto_reply::remedy::{Remedy, what_would_change};
use domain::auto_reply::{Facts, Occasion, decide};
use domain::id::{CaseId, MessageId, OrganizationId, UserId};
use domain::time::Instant;
use store::{Moment, Op, Tx};

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
    /// What would have to change for a reply to be sent; none if one is.
    pub what_would_change: Option<WhatWouldChange>,
    /// The instant that was tried.
    pub at: Instant,
}

impl Preview {
    /// Whether it is about this operator's own customers.
    pub fn is_of(&self, caller: &Caller) -> bool {
        self.facts.operator.as_ref().is_some_and(|operator| operator.id == caller.user_id)
    }
}

/// What would have to change for a reply to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhatWouldChange {
    /// The sentence, with its instant by the operator's clock.
    pub sentence: String,
    /// The same, open at the instant.
    pub remedy: Remedy,
}

/// The same from the command line, where things are named as people name them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedPreviewOf {
    /// The case with this number.
    CaseNumber(i64),
    /// The operator with this e-mail address.
    OperatorEmail(String),
}

struct FindPreview {
    organization_id: OrganizationId,
    named: NamedPreviewOf,
}

impl Op for FindPreview {
    type Out = PreviewOf;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<PreviewOf, AppError> {
        let org = self.organization_id;
        store::organizations::get(tx, org).await?.ok_or(AppError::NotFound("organization"))?;
        match &self.named {
            NamedPreviewOf::CaseNumber(number) => {
                let case = store::cases::by_number(tx, org, *number).await?;
                Ok(PreviewOf::Case(case.ok_or(AppError::NotFound("case"))?.id))
            }
            NamedPreviewOf::OperatorEmail(email) => {
                let user = store::users::find_by_email(tx, &email.trim().to_lowercase()).await?;
                let user = user.filter(|user| user.organization_id == org);
                Ok(PreviewOf::Operator(user.ok_or(AppError::NotFound("operator"))?.id))
            }
        }
    }
}

struct RunPreview {
    env: Env,
    organization_id: OrganizationId,
    of: PreviewOf,
    at: Instant,
}

impl Op for RunPreview {
    type Out = Preview;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Preview, AppError> {
        let org = self.organization_id;
        let Moment { here, outside } = self.env.moment(tx)?;
        let mut desk = Desk { tx, env: &self.env, org, now: self.at, outside };
        let id: MessageId = self.env.id(here);
        let (facts, case) = match self.of {
            PreviewOf::Case(case_id) => {
                let mut case =
                    store::cases::get(desk.tx, org, case_id).await?.ok_or(AppError::NotFound("case"))?;
                case.watch = None;
                let subject = Subject {
                    id,
                    received_at: self.at,
                    body: "",
                    keyword: None,
                    not_repliable: desk.nobody_at(&case.customer.address).await?,
                    reads_like_stop: false,
                    before_restore: false,
                };
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
        let zone = desk.zone(facts.operator.as_ref().map(|operator| operator.id)).await?;
        let what_would_change = what_would_change(&facts)
            .map(|remedy| WhatWouldChange { sentence: remedy.sentence(facts.at, &zone), remedy });
        let sentence = foretold(&facts);
        Ok(Preview { decision, sentence, due_at, text, what_would_change, at: self.at, facts })
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
        let operator = personal.facts(&user, self.now);
        Ok(Facts::of_first_message(self.now, id, operator, setting_facts(&setting)))
    }
}

impl App {
    /// What a customer message would get at `at`, or now. System Admins may ask for any operator, operators for any
    /// case and for themselves. What a colleague has set up is theirs: of a colleague's case an operator is told what
    /// its customer would get now, without when and why that changes.
    pub async fn preview(
        &self,
        caller: &Caller,
        of: PreviewOf,
        at: Option<Instant>,
    ) -> Result<Preview, AppError> {
        match of {
            PreviewOf::Operator(id) if id == caller.user_id && caller.roles.operator => {}
            PreviewOf::Operator(_) => caller.require_system_admin()?,
            PreviewOf::Case(_) => caller.require_operator()?,
        }
        let tried = at.unwrap_or_else(|| self.clock().now());
        let mut preview = self.run_preview(caller.organization_id, of, tried).await?;
        if !caller.roles.system_admin && !preview.is_of(caller) {
            if at.is_some() {
                return Err(AppError::Forbidden(
                    "Only System Admins try another instant on a case that is not their own.".to_owned(),
                ));
            }
            (preview.due_at, preview.what_would_change) = (None, None);
        }
        Ok(preview)
    }

    /// The same from the command line.
    pub async fn preview_named(
        &self,
        organization_id: OrganizationId,
        named: NamedPreviewOf,
        at: Instant,
    ) -> Result<Preview, AppError> {
        let of = self.read(FindPreview { organization_id, named }).await?;
        self.run_preview(organization_id, of, at).await
    }

    async fn run_preview(
        &self,
        organization_id: OrganizationId,
        of: PreviewOf,
        at: Instant,
    ) -> Result<Preview, AppError> {
        self.read(RunPreview { env: self.env().clone(), organization_id, of, at }).await
    }
}
