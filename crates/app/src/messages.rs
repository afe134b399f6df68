//! Reading the messages of a case.

use domain::customer::Customer;
use domain::id::{CaseId, instant_of};
use domain::message::Message;
use domain::retention::Retention;
use domain::time::Instant;
use store::{Op, Tx};

use crate::caller::Caller;
use crate::error::AppError;
use crate::{App, retention};

/// A part of a case's messages, and whose case it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagesView {
    /// The author of the messages that came in.
    pub customer: Customer,
    /// Oldest first.
    pub messages: Vec<Message>,
    /// What is not there any more.
    pub deleted: Deleted,
}

/// What of a case was deleted for its age (decision 0016).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deleted {
    /// Whether messages came before the first one of this part that the organization did not keep.
    pub earlier_messages: bool,
    /// The decisions of messages from before this instant may be gone; none if all are there.
    pub decisions_before: Option<Instant>,
    /// How long the organization keeps what.
    pub retention: Retention,
}

struct ListMessages {
    caller: Caller,
    case_id: CaseId,
    after_sequence: i64,
    limit: u32,
}

impl Op for ListMessages {
    type Out = MessagesView;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<MessagesView, AppError> {
        let org = self.caller.organization_id;
        let case = store::cases::get(tx, org, self.case_id).await?.ok_or(AppError::NotFound("case"))?;
        let messages =
            store::messages::page_of_case(tx, org, self.case_id, self.after_sequence, self.limit).await?;
        let stored = retention::stored(tx, org).await?;
        // A case counts its messages from 1, without gaps.
        let first = messages.first().map_or(case.last_sequence + 1, |message| message.sequence);
        let before = stored.decisions_before;
        let deleted = Deleted {
            earlier_messages: self.after_sequence == 0 && first > 1,
            decisions_before: (!before.is_nil()).then(|| instant_of(before)),
            retention: stored.retention,
        };
        Ok(MessagesView { customer: case.customer, messages, deleted })
    }
}

impl App {
    /// The messages of a case after a sequence (0 for all), oldest first, at most `limit`.
    pub async fn messages(
        &self,
        caller: &Caller,
        case_id: CaseId,
        after_sequence: i64,
        limit: u32,
    ) -> Result<MessagesView, AppError> {
        caller.require_operator()?;
        self.read(ListMessages { caller: *caller, case_id, after_sequence, limit }).await
    }
}
