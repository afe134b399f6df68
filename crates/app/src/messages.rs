//! Reading the messages of a case.

use domain::id::CaseId;
use domain::message::Message;
use store::{Op, Tx};

use crate::App;
use crate::caller::Caller;
use crate::error::AppError;

struct ListMessages {
    caller: Caller,
    case_id: CaseId,
    after_sequence: i64,
    limit: u32,
}

impl Op for ListMessages {
    type Out = Vec<Message>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Vec<Message>, AppError> {
        let org = self.caller.organization_id;
        store::cases::get(tx, org, self.case_id).await?.ok_or(AppError::NotFound("case"))?;
        Ok(store::messages::page_of_case(tx, org, self.case_id, self.after_sequence, self.limit).await?)
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
    ) -> Result<Vec<Message>, AppError> {
        caller.require_operator()?;
        self.read(ListMessages { caller: *caller, case_id, after_sequence, limit }).await
    }
}
