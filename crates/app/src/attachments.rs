//! Attachments: fetched from the carrier with our credentials, for signed-in operators only.

use ::channels::twilio::client::Credentials;
use ::channels::twilio::list::CarrierError;
use ::channels::twilio::media::MediaFile;
use domain::id::{CaseId, MessageId};
use store::{Op, Tx};

use crate::App;
use crate::caller::Caller;
use crate::channels::credentials;
use crate::error::{AppError, Conflict};
use crate::seal::SecretKey;

struct FindAttachment {
    caller: Caller,
    secrets: SecretKey,
    case_id: CaseId,
    message_id: MessageId,
    index: usize,
}

impl Op for FindAttachment {
    type Out = (Credentials, String);
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<(Credentials, String), AppError> {
        let org = self.caller.organization_id;
        let case = store::cases::get(tx, org, self.case_id).await?.ok_or(AppError::NotFound("case"))?;
        let message = store::messages::get(tx, org, self.message_id)
            .await?
            .filter(|message| message.case_id == case.id)
            .ok_or(AppError::NotFound("message"))?;
        let attachment =
            message.attachments.into_iter().nth(self.index).ok_or(AppError::NotFound("attachment"))?;
        let channel = store::channels::get(tx, org, case.channel_id).await?;
        let channel = channel.ok_or(AppError::NotFound("channel"))?;
        Ok((credentials(tx, &self.secrets, &channel).await?, attachment.url))
    }
}

impl App {
    /// The `index`-th attachment of a message, from 0.
    pub async fn attachment(
        &self,
        caller: &Caller,
        case_id: CaseId,
        message_id: MessageId,
        index: usize,
    ) -> Result<MediaFile, AppError> {
        caller.require_operator()?;
        let secrets = self.secrets().clone();
        let find = FindAttachment { caller: *caller, secrets, case_id, message_id, index };
        let (credentials, url) = self.read(find).await?;
        self.carrier().media(&credentials, &url).await.map_err(|error| match error {
            CarrierError::NotFound => AppError::NotFound("attachment"),
            CarrierError::NotAllowed(_) => AppError::Conflict(
                Conflict::AttachmentRefused,
                format!("The attachment is not fetched: {error}."),
            ),
            _ => AppError::Upstream(format!("The attachment could not be fetched: {error}.")),
        })
    }
}
