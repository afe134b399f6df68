//! Channels: the carrier numbers that the organization texts from.

use std::collections::HashMap;

use app::traffic::Traffic;
use axum::extract::State;
use domain::assignment::AssignTo;
use domain::id::ChannelId;
use domain::phone::{PhoneNumber, WrittenNumber, display};
use domain::time::Instant;
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::http::Web;
use crate::http::auth::Me;
use crate::http::body::{Id, Json, Nothing, Params};
use crate::http::fields::{Fields, FromFields};
use crate::http::page::{Page, PageQuery, Paging};
use crate::http::problem::Problem;
use crate::http::values::FromValue;

const TAG: &str = "Channels";

/// A channel.
#[derive(Serialize, ToSchema)]
pub struct Channel {
    /// Its id.
    #[schema(value_type = String)]
    id: ChannelId,
    /// The carrier: `twilio`.
    kind: &'static str,
    /// The number.
    #[schema(value_type = String)]
    number: PhoneNumber,
    /// The same as people read it: `+1 206 555 0117`.
    number_display: String,
    /// Whether it is in use: a deactivated one takes no messages in and sends none.
    active: bool,
    /// The carrier account.
    account_sid: String,
    /// The address to enter at the carrier for incoming messages, with its retry settings.
    webhook_url: String,
    /// Why it is paused, in a sentence; null if it is not. The carrier turns away what is sent, or the auth token does
    /// not open with the server's secret key: then texts are not taken in either.
    paused_reason: Option<String>,
    /// To whom texts of new customers go: `nobody`, `in_turn`, or an operator's id. To a deactivated operator none go,
    /// but to others in turn.
    assign_to: String,
    /// When it was added.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
}

/// A channel in a list: who is not a System Admin gets the first five fields only.
#[derive(Serialize, ToSchema)]
pub struct ListedChannel {
    /// Its id.
    #[schema(value_type = String)]
    id: ChannelId,
    /// The carrier: `twilio`.
    kind: &'static str,
    /// The number.
    #[schema(value_type = String)]
    number: PhoneNumber,
    /// The same as people read it: `+1 206 555 0117`.
    number_display: String,
    /// Whether it is in use: a deactivated one takes no messages in and sends none.
    active: bool,
    /// The carrier account.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    account_sid: Option<String>,
    /// The address to enter at the carrier for incoming messages, with its retry settings.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_url: Option<String>,
    /// Why sending is paused, in a sentence; null if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    paused_reason: Option<Option<String>>,
    /// To whom texts of new customers go: `nobody`, `in_turn`, or an operator's id.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    assign_to: Option<String>,
    /// When it was added.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
    created_at: Option<Instant>,
    /// When the newest text came in; null if it is not among the organization's newest 1,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    last_in_at: Option<Option<Instant>>,
    /// When the newest text was written that the carrier took; null if it is not among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    last_out_at: Option<Option<Instant>>,
    /// The newest text that failed or is unconfirmed; null if none of them did.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_failure: Option<Option<ChannelFailure>>,
}

/// A text that the carrier did not deliver.
#[derive(Serialize, ToSchema)]
pub struct ChannelFailure {
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    at: Instant,
    /// Why, in a sentence.
    sentence: String,
}

/// A number to text from.
#[derive(ToSchema)]
pub struct NewChannel {
    /// The carrier account, `AC` and 32 hexadecimal digits.
    #[schema(pattern = "^AC[0-9a-fA-F]{32}$")]
    account_sid: String,
    /// The account's auth token; stored encrypted and never shown again.
    #[schema(format = Password, min_length = 1, max_length = 200, pattern = "^[!-~]+$")]
    auth_token: String,
    /// The number, written in any way; without a country code it is one of the organization's country.
    #[schema(value_type = String, example = "+1 555 987 0000")]
    number: WrittenNumber,
    /// Store the token although other numbers' tokens do not open with the server's secret key, because theirs is lost
    /// (otherwise 409, `key_does_not_fit`).
    #[schema(nullable = false)]
    former_key_lost: Option<bool>,
}

/// What to change: any of these.
#[derive(ToSchema)]
pub struct ChannelPatch {
    /// Whether it is in use.
    #[schema(nullable = false)]
    active: Option<bool>,
    /// A new auth token; ends a pause.
    #[schema(format = Password, min_length = 1, max_length = 200, pattern = "^[!-~]+$", nullable = false)]
    auth_token: Option<String>,
    /// Store the token although other numbers' tokens do not open with the server's secret key, because theirs is lost
    /// (otherwise 409, `key_does_not_fit`).
    #[schema(nullable = false)]
    former_key_lost: Option<bool>,
    /// To whom texts of new customers go: `nobody`, `in_turn`, or the id of an active operator.
    #[schema(value_type = Option<String>, nullable = false)]
    assign_to: Option<AssignTo>,
}

/// `nobody`, `in_turn` or an operator's id.
fn shown(assign_to: AssignTo) -> String {
    match assign_to {
        AssignTo::Nobody => "nobody".to_owned(),
        AssignTo::Operator(id) => id.to_string(),
        AssignTo::InTurn => "in_turn".to_owned(),
    }
}

impl FromValue for AssignTo {
    fn from_value(value: Value) -> Result<Self, String> {
        match String::from_value(value)?.as_str() {
            "nobody" => Ok(Self::Nobody),
            "in_turn" => Ok(Self::InTurn),
            id => id
                .parse()
                .map(Self::Operator)
                .map_err(|_| "must be nobody, in_turn or the id of an operator".to_owned()),
        }
    }
}

const KIND: &str = "twilio";

impl Channel {
    fn of(channel: domain::channel::Channel, web: &Web) -> Self {
        Self {
            id: channel.id,
            kind: KIND,
            number_display: display(channel.number.as_str()),
            number: channel.number,
            active: channel.active,
            account_sid: channel.account_sid,
            webhook_url: web.app().channel_webhook_url(),
            paused_reason: channel.paused_reason,
            assign_to: shown(channel.assign_to),
            created_at: channel.created_at,
        }
    }
}

impl ListedChannel {
    /// With its details if there is a webhook address to show, that is, for a System Admin.
    fn of(channel: domain::channel::Channel, details: Option<(String, Traffic)>) -> Self {
        let all = details.is_some();
        let (webhook_url, traffic) = details.unzip();
        let Traffic { last_in_at, last_out_at, last_failure } = traffic.unwrap_or_default();
        let last_failure = last_failure.map(|(at, sentence)| ChannelFailure { at, sentence });
        Self {
            id: channel.id,
            kind: KIND,
            number_display: display(channel.number.as_str()),
            number: channel.number,
            active: channel.active,
            account_sid: all.then_some(channel.account_sid),
            webhook_url,
            paused_reason: all.then_some(channel.paused_reason),
            assign_to: all.then(|| shown(channel.assign_to)),
            created_at: all.then_some(channel.created_at),
            last_in_at: all.then_some(last_in_at),
            last_out_at: all.then_some(last_out_at),
            last_failure: all.then_some(last_failure),
        }
    }
}

impl FromFields for NewChannel {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let (account_sid, auth_token) = (fields.required("account_sid"), fields.required("auth_token"));
        let (number, former_key_lost) = (fields.required("number"), fields.optional("former_key_lost"));
        Some(Self { account_sid: account_sid?, auth_token: auth_token?, number: number?, former_key_lost })
    }
}

impl FromFields for ChannelPatch {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let (active, auth_token) = (fields.optional("active"), fields.optional("auth_token"));
        let former_key_lost = fields.optional("former_key_lost");
        Some(Self { active, auth_token, former_key_lost, assign_to: fields.optional("assign_to") })
    }
}

/// The numbers, in the order in which they were added.
#[utoipa::path(get, path = "/api/v1/channels", operation_id = "list_channels", tag = TAG, params(PageQuery), responses((status = 200, body = Page<ListedChannel>)))]
pub async fn list(
    State(web): State<Web>,
    Me(caller): Me,
    Params(paging): Params<Paging<ChannelId>>,
) -> Result<axum::Json<Page<ListedChannel>>, Problem> {
    let mut found = web.app().channels_list(&caller).await?;
    if let Some(after) = paging.after {
        found.retain(|channel| channel.id > after);
    }
    let all = caller.roles.system_admin;
    let mut traffic = if all { web.app().channels_traffic(&caller).await? } else { HashMap::new() };
    let item = |channel: domain::channel::Channel| {
        let traffic = traffic.remove(&channel.id).unwrap_or_default();
        ListedChannel::of(channel, all.then(|| (web.app().channel_webhook_url(), traffic)))
    };
    Ok(axum::Json(Page::of(found, paging.limit, |channel| channel.id, item)))
}

/// Adds a Twilio number.
#[utoipa::path(post, path = "/api/v1/channels", operation_id = "create_channel", tag = TAG, request_body = NewChannel, responses((status = 201, body = Channel)))]
pub async fn create(
    State(web): State<Web>,
    Me(caller): Me,
    Json(channel): Json<NewChannel>,
) -> Result<(StatusCode, axum::Json<Channel>), Problem> {
    let NewChannel { account_sid, auth_token, number, former_key_lost } = channel;
    let (number, former_key_lost) = (number.as_str().to_owned(), former_key_lost.unwrap_or(false));
    let new = app::channels::NewChannel { account_sid, auth_token, number, former_key_lost };
    let channel = web.app().channel_add(&caller, new).await?;
    Ok((StatusCode::CREATED, axum::Json(Channel::of(channel, &web))))
}

/// What the carrier said about a channel's account.
#[derive(Serialize, ToSchema)]
pub struct AccountCheck {
    /// In one word.
    #[schema(schema_with = super::codes::account_seen)]
    seen: &'static str,
    /// In a sentence.
    sentence: String,
    /// Where it sends texts to the number; null if it tells nothing of the account.
    webhook: Option<WebhookCheck>,
}

/// Where the carrier sends texts to a number.
#[derive(Serialize, ToSchema)]
pub struct WebhookCheck {
    /// In one word. `here_at_risk`: here, but a text can be lost or late.
    #[schema(schema_with = super::codes::webhook_seen)]
    seen: &'static str,
    /// In a sentence.
    sentence: String,
}

/// Asks the carrier about the number's account and its auth token, and where it sends texts to the number, now. It
/// changes nothing.
#[utoipa::path(post, path = "/api/v1/channels/{id}/check", operation_id = "check_channel", tag = TAG, params(("id" = String, Path, description = "The channel.")), responses((status = 200, body = AccountCheck)))]
pub async fn check(
    State(web): State<Web>,
    Me(caller): Me,
    Id(id): Id<ChannelId>,
    _: Nothing,
) -> Result<axum::Json<AccountCheck>, Problem> {
    let app::channel_check::AccountCheck { seen, sentence, webhook } =
        web.app().channel_check(&caller, id).await?;
    let webhook = webhook.map(|found| WebhookCheck { seen: found.seen.code(), sentence: found.sentence });
    Ok(axum::Json(AccountCheck { seen: seen.code(), sentence, webhook }))
}

/// Changes a number.
#[utoipa::path(patch, path = "/api/v1/channels/{id}", operation_id = "change_channel", tag = TAG, params(("id" = String, Path, description = "The channel.")), request_body = ChannelPatch, responses((status = 200, body = Channel)))]
pub async fn change(
    State(web): State<Web>,
    Me(caller): Me,
    Id(id): Id<ChannelId>,
    Json(patch): Json<ChannelPatch>,
) -> Result<axum::Json<Channel>, Problem> {
    let ChannelPatch { active, auth_token, former_key_lost, assign_to } = patch;
    let former_key_lost = former_key_lost.unwrap_or(false);
    let patch = app::channels::ChannelPatch { active, auth_token, former_key_lost, assign_to };
    Ok(axum::Json(Channel::of(web.app().channel_update(&caller, id, patch).await?, &web)))
}
