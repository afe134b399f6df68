//! The organization's carrier numbers: adding, listing, switching off, and the credentials to use them with.
//!
//! Guaranteed: a number belongs to one organization; an auth token is stored sealed for its channel and stands
//! in no answer, audit line or log; every change is audited.

use ::channels::twilio::client::Credentials;
use domain::assignment::AssignTo;
use domain::channel::Channel;
use domain::field::FieldErrors;
use domain::id::{ChannelId, MessageId, OrganizationId, UserId};
use domain::phone::{self, PhoneNumber};
use serde_json::{Value, json};
use store::{Moment, Op, Tx, channels as rows};

use crate::audit::{Change, record};
use crate::caller::Caller;
use crate::error::AppError;
use crate::keys::{as_it_stands, require_a_fitting_key};
use crate::organizations::Reading;
use crate::seal::{DoesNotOpen, SecretKey};
use crate::{App, Env};

/// The most characters of an auth token.
const MAX_TOKEN_CHARS: usize = 200;

/// A Twilio number to add. `Debug` is left out on purpose: it holds a secret.
#[derive(Clone, Default)]
pub struct NewChannel {
    /// `AC` and 32 hexadecimal digits.
    pub account_sid: String,
    /// The number as a person writes it.
    pub number: String,
    /// The account's auth token.
    pub auth_token: String,
    /// Store it although other stored tokens do not open: the key that they need is lost.
    pub former_key_lost: bool,
}

/// What to change about a channel; what is `None` stays.
#[derive(Clone, Default)]
pub struct ChannelPatch {
    /// In use or not.
    pub active: Option<bool>,
    /// A new auth token, after it was rotated at the carrier.
    pub auth_token: Option<String>,
    /// Store it although other stored tokens do not open: the key that they need is lost.
    pub former_key_lost: bool,
    /// To whom texts of new customers go.
    pub assign_to: Option<AssignTo>,
}

impl App {
    /// The organization's channels, oldest first. Operators choose among them; what only a System Admin may see
    /// of one is for the reader's side to leave out.
    pub async fn channels_list(&self, caller: &Caller) -> Result<Vec<Channel>, AppError> {
        let secrets = self.secrets().clone();
        self.read(ListChannels { secrets, organization_id: caller.organization_id }).await
    }

    /// Adds a Twilio number.
    pub async fn channel_add(&self, caller: &Caller, new: NewChannel) -> Result<Channel, AppError> {
        caller.require_system_admin()?;
        self.add_channel(caller.organization_id, Some(caller.user_id), new).await
    }

    /// Adds a Twilio number, from the command line.
    pub async fn channel_create(
        &self,
        organization_id: OrganizationId,
        new: NewChannel,
    ) -> Result<Channel, AppError> {
        self.add_channel(organization_id, None, new).await
    }

    /// Changes a channel. A new auth token, or switching it on again, also ends a pause in sending.
    pub async fn channel_update(
        &self,
        caller: &Caller,
        id: ChannelId,
        patch: ChannelPatch,
    ) -> Result<Channel, AppError> {
        caller.require_system_admin()?;
        self.change_channel(caller.organization_id, Some(caller.user_id), id, patch).await
    }

    /// Changes a channel, from the command line.
    pub async fn channel_change(
        &self,
        organization_id: OrganizationId,
        id: ChannelId,
        patch: ChannelPatch,
    ) -> Result<Channel, AppError> {
        self.change_channel(organization_id, None, id, patch).await
    }

    /// An organization's channels, oldest first, from the command line.
    pub async fn channels_of(&self, organization_id: OrganizationId) -> Result<Vec<Channel>, AppError> {
        self.read(ListChannels { secrets: self.secrets().clone(), organization_id }).await
    }

    /// The channel whose number this is, as people of its organization write it: for the command line.
    pub async fn channel_of_text(&self, number: &str) -> Result<Channel, AppError> {
        for (channel, _) in self.read(AllChannels).await? {
            let country = self.read(Reading { organization_id: channel.organization_id }).await?;
            if phone::read(number, country).is_ok_and(|number| number == channel.number) {
                return Ok(channel);
            }
        }
        Err(AppError::field("number", "is no channel of this installation"))
    }

    /// The address to enter at Twilio as "a message comes in". The fragment makes Twilio try again whatever
    /// went wrong, and is not part of what it signs (docs/carrier.md, "Webhooks").
    pub fn channel_webhook_url(&self) -> String {
        format!("{}/webhooks/twilio/messages#rc=5&rp=all", self.public_url())
    }

    /// The auth token that signs the reports about one of our messages; none if there is no such message.
    pub(crate) async fn auth_token_of_message(
        &self,
        organization_id: OrganizationId,
        message_id: MessageId,
    ) -> Result<Option<String>, AppError> {
        let secrets = self.secrets().clone();
        self.read(TokenOfMessage { secrets, organization_id, message_id }).await
    }

    async fn change_channel(
        &self,
        organization_id: OrganizationId,
        actor: Option<UserId>,
        id: ChannelId,
        patch: ChannelPatch,
    ) -> Result<Channel, AppError> {
        let mut errors = FieldErrors::new();
        let auth_token = patch.auth_token.as_deref().and_then(|token| check_token(&mut errors, token));
        errors.finish()?;
        let (env, secrets) = (self.env().clone(), self.secrets().clone());
        let patch = ChannelPatch { auth_token, ..patch };
        self.write(UpdateChannel { env, secrets, organization_id, actor, id, patch }).await
    }

    async fn add_channel(
        &self,
        organization_id: OrganizationId,
        actor: Option<UserId>,
        new: NewChannel,
    ) -> Result<Channel, AppError> {
        let mut errors = FieldErrors::new();
        let account_sid = new.account_sid.trim().to_owned();
        if !is_account_sid(&account_sid) {
            errors.add("account_sid", "must be AC and 32 hexadecimal digits, as Twilio's console shows it");
        }
        let country = self.read(Reading { organization_id }).await?;
        let number = errors.check("number", phone::read(&new.number, country));
        let auth_token = check_token(&mut errors, &new.auth_token);
        errors.finish()?;
        let (Some(number), Some(auth_token)) = (number, auth_token) else { return Err(no_value()) };
        let add = AddChannel {
            env: self.env().clone(),
            secrets: self.secrets().clone(),
            organization_id,
            actor,
            account_sid,
            number,
            auth_token,
            former_key_lost: new.former_key_lost,
        };
        self.write(add).await.map_err(|error| match error {
            AppError::Store(error) if error.is_duplicate("channels", "number") => number_taken(),
            other => other,
        })
    }
}

/// The credentials to use a channel with.
pub(crate) async fn credentials(
    tx: &mut Tx,
    secrets: &SecretKey,
    channel: &Channel,
) -> Result<Credentials, AppError> {
    let sealed = rows::sealed_token(tx, channel.organization_id, channel.id).await?;
    let auth_token = open_token(secrets, channel, &sealed)?;
    Ok(Credentials { account_sid: channel.account_sid.clone(), auth_token })
}

pub(crate) fn open_token(secrets: &SecretKey, channel: &Channel, sealed: &[u8]) -> Result<String, AppError> {
    let opened = secrets
        .open(sealed, channel.id.0.as_bytes())
        .map_err(|DoesNotOpen| AppError::Sealed { number: channel.number.clone() })?;
    String::from_utf8(opened)
        .map_err(|_| AppError::Internal(format!("the auth token of channel {} is not text", channel.id)))
}

fn is_account_sid(text: &str) -> bool {
    text.strip_prefix("AC")
        .is_some_and(|digits| digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn check_token(errors: &mut FieldErrors, token: &str) -> Option<String> {
    let token = errors.text("auth_token", token, MAX_TOKEN_CHARS)?;
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        errors.add("auth_token", "must be visible ASCII characters without spaces");
        return None;
    }
    Some(token)
}

fn number_taken() -> AppError {
    AppError::field("number", "is already a channel of this installation")
}

/// A field that passed its check and is not there: a defect of this program.
fn no_value() -> AppError {
    AppError::Internal("a checked field has no value".to_owned())
}

/// A channel as the audit log shows it.
fn audited(channel: &Channel) -> Value {
    let mut audited =
        json!({ "account_sid": channel.account_sid, "number": channel.number, "active": channel.active });
    match channel.assign_to {
        AssignTo::Nobody => {}
        AssignTo::Operator(id) => audited["assign_to"] = json!(id),
        AssignTo::InTurn => audited["assign_to"] = json!("in_turn"),
    }
    audited
}

struct ListChannels {
    secrets: SecretKey,
    organization_id: OrganizationId,
}

impl Op for ListChannels {
    type Out = Vec<Channel>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Vec<Channel>, AppError> {
        let mut found = Vec::new();
        for channel in rows::list(tx, self.organization_id).await? {
            found.push(as_it_stands(tx, &self.secrets, channel).await?);
        }
        Ok(found)
    }
}

/// Every channel of the installation with its sealed token.
pub(crate) struct AllChannels;

impl Op for AllChannels {
    type Out = Vec<(Channel, Vec<u8>)>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, AppError> {
        Ok(rows::all_sealed(tx).await?)
    }
}

struct TokenOfMessage {
    secrets: SecretKey,
    organization_id: OrganizationId,
    message_id: MessageId,
}

impl Op for TokenOfMessage {
    type Out = Option<String>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, AppError> {
        let org = self.organization_id;
        let Some(message) = store::messages::get(tx, org, self.message_id).await? else { return Ok(None) };
        let Some(case) = store::cases::get(tx, org, message.case_id).await? else { return Ok(None) };
        let Some(channel) = rows::get(tx, org, case.channel_id).await? else { return Ok(None) };
        Ok(Some(credentials(tx, &self.secrets, &channel).await?.auth_token))
    }
}

struct AddChannel {
    env: Env,
    secrets: SecretKey,
    organization_id: OrganizationId,
    actor: Option<UserId>,
    account_sid: String,
    number: PhoneNumber,
    auth_token: String,
    former_key_lost: bool,
}

impl Op for AddChannel {
    type Out = Channel;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Channel, AppError> {
        let Moment { here: now, outside } = self.env.moment(tx)?;
        if store::organizations::get(tx, self.organization_id).await?.is_none() {
            return Err(AppError::NotFound("organization"));
        }
        if rows::by_number(tx, self.number.as_str()).await?.is_some() {
            return Err(number_taken());
        }
        let channel = Channel {
            id: self.env.id(now),
            organization_id: self.organization_id,
            account_sid: self.account_sid.clone(),
            number: self.number.clone(),
            active: true,
            paused_reason: None,
            assign_to: AssignTo::Nobody,
            created_at: now,
        };
        require_a_fitting_key(tx, &self.secrets, &channel, self.former_key_lost).await?;
        let sealed = self.secrets.seal(self.auth_token.as_bytes(), channel.id.0.as_bytes());
        rows::insert(tx, &channel, &sealed).await?;
        store::listings::begin(tx, &channel, outside).await?;
        let change = Change {
            actor: self.actor,
            action: "channel.create",
            subject: channel.id.to_string(),
            before: Value::Null,
            after: audited(&channel),
        };
        record(tx, &self.env, self.organization_id, now, change).await?;
        Ok(channel)
    }
}

struct UpdateChannel {
    env: Env,
    secrets: SecretKey,
    organization_id: OrganizationId,
    actor: Option<UserId>,
    id: ChannelId,
    patch: ChannelPatch,
}

impl Op for UpdateChannel {
    type Out = Channel;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Channel, AppError> {
        let org = self.organization_id;
        let Moment { here: now, outside } = self.env.moment(tx)?;
        store::organizations::enter_alone(tx, org).await?;
        let before = rows::get(tx, org, self.id).await?.ok_or(AppError::NotFound("channel"))?;
        let mut channel = before.clone();
        if let Some(active) = self.patch.active {
            channel.active = active;
        }
        if let Some(assign_to) = self.patch.assign_to {
            if let AssignTo::Operator(id) = assign_to
                && assign_to != before.assign_to
                && !store::users::get(tx, org, id)
                    .await?
                    .is_some_and(|user| user.active() && user.roles.operator)
            {
                return Err(AppError::field("assign_to", "is no active operator of this organization"));
            }
            channel.assign_to = assign_to;
        }
        let mut after = audited(&channel);
        if let Some(token) = &self.patch.auth_token {
            require_a_fitting_key(tx, &self.secrets, &channel, self.patch.former_key_lost).await?;
            let sealed = self.secrets.seal(token.as_bytes(), channel.id.0.as_bytes());
            rows::set_sealed_token(tx, org, channel.id, &sealed).await?;
            after["auth_token"] = json!("replaced");
        }
        if self.patch.auth_token.is_some() || (channel.active && !before.active) {
            channel.paused_reason = None;
        }
        if channel == before && self.patch.auth_token.is_none() {
            return as_it_stands(tx, &self.secrets, channel).await;
        }
        rows::update(tx, &channel).await?;
        if channel.active && !before.active {
            // What came while it was switched off was not for this desk.
            store::listings::begin(tx, &channel, outside).await?;
        }
        let action = match (before.active, channel.active) {
            (true, false) => "channel.deactivate",
            (false, true) => "channel.activate",
            _ => "channel.update",
        };
        let (actor, subject) = (self.actor, channel.id.to_string());
        let change = Change { actor, action, subject, before: audited(&before), after };
        record(tx, &self.env, org, now, change).await?;
        as_it_stands(tx, &self.secrets, channel).await
    }
}
