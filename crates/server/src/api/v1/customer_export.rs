//! The document that a customer's export is, for the API and for the command line.
//!
//! It is written piece by piece, so that a customer with many messages needs no more memory than one with few.
//! Each piece is read by itself: what changes meanwhile may be in it or not. An error cuts the document off.

use std::collections::VecDeque;

use app::App;
use app::customers::{Actor, ExportStart};
use app::error::AppError;
use domain::case::{Case, CaseStatus};
use domain::customer::Customer as CustomerRow;
use domain::id::{CaseId, CustomerId, MessageId};
use domain::time::Instant;
use futures_util::stream::{self, Stream, TryStreamExt};
use serde::Serialize;
use utoipa::ToSchema;

use super::customers::Customer;
use super::decisions::{Decision, Reader};
use super::messages::Message;

/// How many messages are read at once.
const AT_ONCE: u32 = 200;

/// Everything about a customer.
#[derive(Serialize, ToSchema)]
pub struct Export {
    /// When the export was begun.
    #[schema(value_type = String, format = DateTime)]
    exported_at: Instant,
    /// The customer.
    customer: Customer,
    /// Their cases, oldest first.
    cases: Vec<ExportedCase>,
}

/// A case in an export.
#[derive(Serialize, ToSchema)]
pub struct ExportedCase {
    /// Its id.
    #[schema(value_type = String)]
    id: CaseId,
    /// Its number.
    number: i64,
    /// What it is about; may be empty.
    subject: String,
    /// Open or closed.
    #[schema(schema_with = super::codes::case_status)]
    status: CaseStatus,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    /// The newest message that reads like a request not to be written to any more, while nobody has said what was
    /// meant (R15).
    #[schema(value_type = Option<String>)]
    reads_like_stop_message_id: Option<MessageId>,
    /// Its messages in both directions, oldest first.
    messages: Vec<ExportedMessage>,
}

/// A message in an export.
#[derive(Serialize, ToSchema)]
pub struct ExportedMessage {
    /// The message.
    #[serde(flatten)]
    message: Message,
    /// The decision about a customer's message; null for other messages, and if its record was deleted.
    decision: Option<Decision>,
}

/// Where the document has come to.
struct Writing {
    app: App,
    actor: Actor,
    customer: CustomerRow,
    /// Cases that are not begun.
    cases: VecDeque<Case>,
    /// The case whose messages are being written, and the last one written.
    open: Option<(CaseId, i64)>,
    /// What is said before the next piece.
    before: String,
    done: bool,
}

/// The document in pieces, or why there is none.
pub async fn chunks(
    app: App,
    actor: Actor,
    id: CustomerId,
) -> Result<impl Stream<Item = Result<String, AppError>> + Send + 'static, AppError> {
    let ExportStart { at, customer, cases } = app.export_start(actor, id).await?;
    let export = Export { exported_at: at, customer: customer.clone().into(), cases: Vec::new() };
    let before = opened(&export, "]}")?;
    let cases = cases.into();
    let writing = Writing { app, actor, customer, cases, open: None, before, done: false };
    let pieces = stream::try_unfold(writing, async |mut writing| {
        let piece = writing.piece().await?;
        Ok(piece.map(|piece| (piece, writing)))
    });
    let log = move |error: &AppError| tracing::error!(%id, error = error.log_text(), "an export was cut off");
    Ok(pieces.inspect_err(log))
}

/// A value as JSON without its end, so that the list at its end can be written on.
fn opened(value: &impl Serialize, end: &str) -> Result<String, AppError> {
    let json = json(value)?;
    let open = json.strip_suffix(end).map(str::to_owned);
    open.ok_or_else(|| AppError::Internal("an export does not end with its list".to_owned()))
}

fn json(value: &impl Serialize) -> Result<String, AppError> {
    serde_json::to_string(value).map_err(|error| AppError::Internal(error.to_string()))
}

impl Writing {
    /// The next piece; none at the end.
    async fn piece(&mut self) -> Result<Option<String>, AppError> {
        if self.done {
            return Ok(None);
        }
        let mut piece = std::mem::take(&mut self.before);
        let Some((case_id, after)) = self.open else {
            match self.cases.pop_front() {
                Some(case) => {
                    self.open = Some((case.id, 0));
                    piece += &opened(&exported(case), "]}")?;
                }
                None => {
                    self.done = true;
                    piece += "]}";
                }
            }
            return Ok(Some(piece));
        };
        let org = self.actor.organization_id;
        let messages = self.app.export_messages(org, case_id, after, AT_ONCE).await?;
        self.open = messages.last().map(|(message, _)| (case_id, message.sequence));
        let count = messages.len();
        for (i, (message, decision)) in messages.into_iter().enumerate() {
            if after > 0 || i > 0 {
                piece.push(',');
            }
            let message = Message::of(message, Some(&self.customer));
            let decision = decision.map(|decision| Decision::told(decision, Reader::Customer));
            piece += &json(&ExportedMessage { message, decision })?;
        }
        if count == 0 {
            piece += "]}";
            self.before = if self.cases.is_empty() { String::new() } else { ",".to_owned() };
        }
        Ok(Some(piece))
    }
}

fn exported(case: Case) -> ExportedCase {
    let Case { id, number, subject, status, created_at, reads_like_stop_id, .. } = case;
    ExportedCase {
        id,
        number,
        subject,
        status,
        created_at,
        reads_like_stop_message_id: reads_like_stop_id,
        messages: Vec::new(),
    }
}
