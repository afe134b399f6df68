//! A message reads like a stop (R15): an operator says whether it was meant as one.
//!
//! Guaranteed: nobody is opted out by a guess, and until somebody has said what was meant no layer answers the
//! message. What was said holds for the newest such message of the case alone, and once.

use domain::auto_reply::{Facts, Occasion, Outcome, Reason, decide};
use domain::case::{Case, CaseStatus};
use domain::customer::OptedOutBy;
use domain::id::{CaseId, MessageId};
use domain::message::Message;
use serde_json::json;
use store::decisions::Record;
use store::{Op, StoreError, Tx};

use crate::audit::{self, Change};
use crate::caller::Caller;
use crate::cases::CaseView;
use crate::error::{AppError, Conflict};
use crate::events::Event;
use crate::judging::{Desk, Subject, count};
use crate::{App, Env};

/// How many of the newest decisions are looked through for those that ended with the message's.
const LOOK_THROUGH: u32 = 200;

/// What a message that reads like a stop was meant as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meant {
    /// The customer is to be opted out, as if they had texted STOP.
    OptOut,
    /// It was an ordinary message, which is judged anew.
    Ordinary,
}

impl Meant {
    /// Both.
    pub const ALL: [Self; 2] = [Self::OptOut, Self::Ordinary];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::OptOut => "opt_out",
            Self::Ordinary => "ordinary",
        }
    }

    /// The value with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|meant| meant.code() == code)
    }
}

struct SayWhatWasMeant {
    env: Env,
    caller: Caller,
    case_id: CaseId,
    message_id: MessageId,
    meant: Meant,
}

impl Op for SayWhatWasMeant {
    type Out = ();
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let org = self.caller.organization_id;
        let mut desk = Desk::open(tx, &self.env, org).await?;
        let mut case =
            store::cases::get(desk.tx, org, self.case_id).await?.ok_or(AppError::NotFound("case"))?;
        let message = store::messages::get(desk.tx, org, self.message_id).await?;
        let message = message.filter(|message| message.case_id == case.id);
        let message = message.ok_or(AppError::NotFound("message"))?;
        if case.reads_like_stop_id != Some(message.id) {
            return Err(AppError::Conflict(
                Conflict::NothingAsked,
                "Nothing is asked about this message: somebody has said what was meant, the customer opted out, or a newer message asks the same."
                    .to_owned(),
            ));
        }
        let change = Change {
            actor: Some(self.caller.user_id),
            action: "reads_like_stop.decide",
            subject: case.id.to_string(),
            before: json!({ "message_id": message.id }),
            after: json!({ "meant": self.meant.code() }),
        };
        audit::record(desk.tx, &self.env, org, desk.now, change).await?;
        match self.meant {
            Meant::OptOut => {
                desk.opt_out(&mut case.customer, OptedOutBy::Operator, self.env.outside.now()).await?;
                // Ending the customer's watches has changed the case.
                case = store::cases::get(desk.tx, org, case.id).await?.ok_or(AppError::NotFound("case"))?;
                // Nothing can answer it any more.
                case.unanswered_since = None;
            }
            Meant::Ordinary => {
                case.reads_like_stop_id = None;
                desk.judge_anew(&mut case, &message).await?;
            }
        }
        Ok(desk.save(&case).await?)
    }
}

impl Desk<'_> {
    /// Judges a message that was not meant as a stop by R4 and R5, as if it came now, with the earlier ones whose
    /// watch it ended. Where something was written to the customer since, or the case was closed, nobody waits for
    /// an answer to it any more, and its decision stands.
    async fn judge_anew(&mut self, case: &mut Case, message: &Message) -> Result<(), StoreError> {
        let answered =
            store::messages::last_to_customer_sequence(self.tx, self.org, case.id).await? > message.sequence;
        if answered || case.status == CaseStatus::Closed {
            return Ok(());
        }
        let newest = store::decisions::newest_of_case(self.tx, self.org, case.id, None, LOOK_THROUGH).await?;
        let ended_so =
            |record: &Record| record.reason == Reason::ReadsLikeStop && record.facts.message.id == message.id;
        let mut records: Vec<Record> = newest.into_iter().filter(ended_so).collect();
        records.reverse();
        let Some(last) = records.last() else { return Ok(()) };
        // A newer message that is watched speaks for these, too.
        let watching = store::decisions::watching_of_case(self.tx, self.org, case.id).await?;
        let facts = match watching.last() {
            Some(newer) => newer.facts.clone(),
            None => {
                let of = &last.facts.message;
                let subject = Subject {
                    id: message.id,
                    received_at: of.received_at,
                    body: &message.body,
                    keyword: None,
                    reads_like_stop: false,
                    not_repliable: of.not_repliable,
                    before_restore: of.before_restore,
                };
                self.facts(case, subject, Occasion::Arrival).await?
            }
        };
        let decision = decide(&facts);
        if decision.outcome != Outcome::Watching {
            return self.conclude(case, records, &facts, decision).await;
        }
        if watching.is_empty() {
            self.watch(case, &facts).await?;
        }
        count(decision);
        for record in &mut records {
            record.outcome = decision.outcome;
            record.reason = decision.reason;
            record.rule = decision.rule.to_string();
            record.facts = Facts::clone(&facts);
            record.decided_at = self.now;
            store::decisions::update(self.tx, self.org, record).await?;
            self.emit(Event::Decision(case.id, record.id)).await?;
        }
        Ok(())
    }
}

impl App {
    /// Says what the newest message of a case was meant as that reads like a stop (R15). It is audited, and 409 if
    /// nothing is asked about this message any more.
    pub async fn case_meant(
        &self,
        caller: &Caller,
        case_id: CaseId,
        message_id: MessageId,
        meant: Meant,
    ) -> Result<CaseView, AppError> {
        caller.require_operator()?;
        let env = self.env().clone();
        self.write(SayWhatWasMeant { env, caller: *caller, case_id, message_id, meant }).await?;
        self.case_get(caller, case_id).await
    }
}
