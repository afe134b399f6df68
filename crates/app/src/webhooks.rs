//! What the carrier posts to us: verified against the configured public address, then taken in.

use std::sync::Arc;

pub use ::channels::twilio::form::Posted;
use ::channels::twilio::{inbound, signature, status};
use domain::phone::mask;

use crate::App;
use crate::delivery_status::Report;
use crate::error::AppError;
use crate::fail_point::fail_point;
use crate::known_channels::SealedChannel;
use crate::receive_message::{InboundMessage, ReceiveMessage, Received};

/// Why a webhook is turned away.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// It is for a number that is no active channel of this installation.
    #[error("There is no such number here.")]
    UnknownNumber,
    /// It is about a message that we did not send.
    #[error("There is no such message here.")]
    UnknownMessage,
    /// Its signature is missing or wrong.
    #[error("The signature does not match this address and these parameters.")]
    BadSignature,
    /// It does not say which message it is, or from whom to whom.
    #[error("{field}: {message}")]
    Invalid {
        /// The parameter.
        field: String,
        /// What is wrong with it.
        message: String,
    },
    /// It could not be taken in: the carrier is to try again.
    #[error(transparent)]
    App(#[from] AppError),
}

impl App {
    /// A customer's message, posted to `path_and_query`. It is durable and
    /// decided when this answers.
    pub async fn receive_webhook(
        &self,
        path_and_query: &str,
        posted: &Posted,
        signature: &str,
    ) -> Result<Received, WebhookError> {
        let to = posted.get("To").unwrap_or_default();
        let mut remembered = self.0.known_channels.get(&to);
        loop {
            let from_memory = remembered.is_some();
            let channel = match remembered.take() {
                Some(channel) => channel,
                None => self.look_up_channel(&to).await?,
            };
            match self.receive_on(&channel, path_and_query, posted, signature).await {
                Err(WebhookError::BadSignature) if from_memory => {}
                Ok(Some(received)) => return Ok(received),
                Ok(None) => {}
                Err(error) => {
                    if matches!(error, WebhookError::BadSignature) {
                        refused(self);
                    }
                    return Err(error);
                }
            }
        }
    }

    async fn look_up_channel(&self, number: &str) -> Result<Arc<SealedChannel>, WebhookError> {
        let found = self.channel_of_number(number).await?.map(Arc::new);
        if let Some(found) = &found {
            // One whose token this installation's key does not open is not worth remembering.
            self.auth_token(found)?;
        }
        self.0.known_channels.set(number, found.clone());
        found.ok_or_else(|| {
            let number = mask(number);
            self.seldom().tell(
                ("webhook".to_owned(), 404, "unknown_number"),
                || tracing::warn!(%number, "a webhook for a number that is not ours"),
                |count| tracing::warn!(count, "more webhooks for numbers that are not ours, within a second"),
            );
            WebhookError::UnknownNumber
        })
    }

    /// None if the channel has changed since it was looked up.
    async fn receive_on(
        &self,
        channel: &Arc<SealedChannel>,
        path_and_query: &str,
        posted: &Posted,
        signature: &str,
    ) -> Result<Option<Received>, WebhookError> {
        let token = self.auth_token(channel)?;
        self.check_signature(path_and_query, posted, signature, &token)?;
        let inbound = inbound::parse(posted).map_err(invalid)?;
        let receive = ReceiveMessage {
            env: self.env().clone(),
            organization_id: channel.channel.organization_id,
            channel_id: channel.channel.id,
            inbound: InboundMessage::of(inbound, None),
            verified: Some(Arc::clone(channel)),
        };
        fail_point("received");
        let received = self.write(receive).await?;
        fail_point("committed");
        let counter = match received {
            Some(Received::Stored { .. }) => "backsoon_messages_received_total",
            Some(Received::Duplicate) => "backsoon_messages_duplicate_total",
            None => return Ok(None),
        };
        metrics::counter!(counter).increment(1);
        Ok(received)
    }

    /// The carrier's report about one of our messages, posted to the callback address that we gave it.
    pub async fn receive_status(
        &self,
        signed_ids: &str,
        path_and_query: &str,
        posted: &Posted,
        signature: &str,
    ) -> Result<(), WebhookError> {
        let (organization_id, message_id) =
            self.secrets().verify_ids(signed_ids).ok_or(WebhookError::UnknownMessage)?;
        let token = self.auth_token_of_message(organization_id, message_id).await?;
        let token = token.ok_or(WebhookError::UnknownMessage)?;
        let checked = self.check_signature(path_and_query, posted, signature, &token);
        checked.inspect_err(|_| refused(self))?;
        let update = status::parse(posted);
        let report = Report {
            env: self.env().clone(),
            organization_id,
            message_id,
            provider_id: update.provider_id,
            status: update.status,
            error_code: update.error_code,
        };
        fail_point("report_received");
        self.write(report).await?;
        fail_point("report_committed");
        Ok(())
    }

    fn check_signature(
        &self,
        path_and_query: &str,
        posted: &Posted,
        signature: &str,
        token: &str,
    ) -> Result<(), WebhookError> {
        let url = format!("{}{path_and_query}", self.public_url());
        if signature::verify(token, &url, posted, signature) {
            return Ok(());
        }
        Err(WebhookError::BadSignature)
    }
}

fn refused(app: &App) {
    metrics::counter!("backsoon_webhooks_refused_total").increment(1);
    app.seldom().tell(
        ("webhook".to_owned(), 403, "bad_signature"),
        || {
            tracing::warn!(
                "a webhook whose signature does not match; is the public address set as the carrier knows it?"
            );
        },
        |count| tracing::warn!(count, "more webhooks whose signature does not match, within a second"),
    );
}

fn invalid(error: inbound::InvalidInbound) -> WebhookError {
    WebhookError::Invalid { field: error.field, message: error.message }
}
