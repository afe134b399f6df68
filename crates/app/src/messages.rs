//! Reading the messages of a case.

use domain::customer::Customer;
use domain::id::CaseId;
use domain::message::Message;
use store::{Op, Tx};

use crate::App;
use crate::caller::Caller;
use crate::error::AppError;

/// A part of a case's messages, and whose case it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagesView {
    /// The author of the messages that came in.
    pub customer: Customer,
    /// Oldest first.
    pub messages: Vec<Message>,
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
        Ok(MessagesView { customer: case.customer, messages })
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
