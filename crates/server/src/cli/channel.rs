//! Carrier numbers from the command line.

use std::path::PathBuf;

use app::channels::{ChannelPatch, NewChannel};
use clap::{Args, Subcommand};
use domain::channel::Channel;
use domain::phone::display;
use serde_json::{Value, json};

use super::desk::{OrganizationArg, with_app, with_config};
use super::{Done, say, secret_line};
use crate::config::SettingFlags;

/// `backsoon channel …`
#[derive(Subcommand)]
pub(super) enum ChannelCommand {
    /// Add a carrier number
    #[command(subcommand)]
    Add(AddCommand),
    /// Enter a number's auth token again, after it was changed at the carrier or the key that opened it was lost; it is
    /// the first line of standard input, or of a file
    Token {
        #[command(flatten)]
        channel: OneChannel,
        #[command(flatten)]
        secret: SecretArgs,
    },
    /// List the numbers: id, state, account, number, and why one is paused
    List {
        #[command(flatten)]
        organization: OrganizationArg,
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// Show a number: id, state, account, number, and why it is paused
    Show(OneChannel),
    /// Take a number out of use: it takes no texts in and sends none
    Deactivate(OneChannel),
    /// Take a number into use again
    Activate(OneChannel),
}

/// Which number.
#[derive(Args)]
pub(super) struct OneChannel {
    /// The number; without a country code it is one of its organization's country
    #[arg(long, value_name = "+1…", allow_hyphen_values = true)]
    number: String,
    #[command(flatten)]
    settings: SettingFlags,
}

/// An auth token, and whether it may be stored.
#[derive(Args)]
pub(super) struct SecretArgs {
    /// A file whose first line is the auth token, instead of standard input
    #[arg(long, value_name = "FILE")]
    auth_token_file: Option<PathBuf>,
    /// Store it although the key does not open other numbers' auth tokens, because the one that does is lost
    #[arg(long)]
    former_key_lost: bool,
}

/// `backsoon channel add …`
#[derive(Subcommand)]
pub(super) enum AddCommand {
    /// Add a Twilio number; the auth token is the first line of standard input, or of a file; prints the channel's id
    Twilio {
        #[command(flatten)]
        organization: OrganizationArg,
        /// The account, AC and 32 hexadecimal digits
        #[arg(long, value_name = "AC…")]
        account_sid: String,
        /// The number; without a country code it is one of the organization's country
        #[arg(long, value_name = "+1…", allow_hyphen_values = true)]
        number: String,
        /// To whom texts of new customers go: nobody, in-turn, or an operator's e-mail address
        #[arg(long, value_name = "WHO", default_value = "nobody")]
        assign_to: String,
        #[command(flatten)]
        secret: SecretArgs,
        #[command(flatten)]
        settings: SettingFlags,
    },
}

impl SecretArgs {
    fn auth_token(&self) -> anyhow::Result<String> {
        secret_line("auth token", self.auth_token_file.as_deref())
    }
}

pub(super) async fn run(command: ChannelCommand) -> anyhow::Result<Done> {
    match command {
        ChannelCommand::Add(command) => add(command).await,
        ChannelCommand::Token { channel, secret } => {
            let patch = ChannelPatch {
                auth_token: Some(secret.auth_token()?),
                former_key_lost: secret.former_key_lost,
                ..ChannelPatch::default()
            };
            let done = change(channel, patch).await?;
            say("It has a new auth token.");
            Ok(done)
        }
        ChannelCommand::List { organization, settings } => {
            with_app(&settings, async |app| {
                let all = app.channels_of(organization.id(app).await?).await?;
                if all.is_empty() {
                    say("There is no number yet: `backsoon channel add twilio` adds one.");
                }
                let lines: Vec<String> = all.iter().map(line).collect();
                Ok(Done::new(lines.join("\n"), all.iter().map(shown).collect()))
            })
            .await
        }
        ChannelCommand::Show(channel) => change(channel, ChannelPatch::default()).await,
        ChannelCommand::Deactivate(channel) => {
            change(channel, ChannelPatch { active: Some(false), ..ChannelPatch::default() }).await
        }
        ChannelCommand::Activate(channel) => {
            change(channel, ChannelPatch { active: Some(true), ..ChannelPatch::default() }).await
        }
    }
}

/// Changes what the patch says, and shows the number as it is then.
async fn change(channel: OneChannel, patch: ChannelPatch) -> anyhow::Result<Done> {
    with_app(&channel.settings, async |app| {
        let found = app.channel_of_text(&channel.number).await?;
        let changed = app.channel_change(found.organization_id, found.id, patch.clone()).await?;
        Ok(Done::new(line(&changed), shown(&changed)))
    })
    .await
}

fn line(channel: &Channel) -> String {
    let state = if channel.active { "active" } else { "deactivated" };
    let number = display(channel.number.as_str());
    let paused = channel.paused_reason.as_ref().map_or(String::new(), |why| format!("  Paused: {why}"));
    format!("{}  {state}  {}  {number}{paused}", channel.id, channel.account_sid)
}

fn shown(channel: &Channel) -> Value {
    let Channel { id, account_sid, number, active, paused_reason, created_at, .. } = channel;
    json!({ "id": id, "account_sid": account_sid, "number": number, "active": active, "paused_reason": paused_reason, "created_at": created_at })
}

async fn add(command: AddCommand) -> anyhow::Result<Done> {
    let AddCommand::Twilio { organization, account_sid, number, assign_to, secret, settings } = command;
    let auth_token = secret.auth_token()?;
    let new = NewChannel { account_sid, number, auth_token, former_key_lost: secret.former_key_lost };
    with_config(&settings, async |config, app| {
        let organization = organization.id(app).await?;
        // Whoever is named wrongly is to be known before the number is added.
        let assign_to = Some(app.assignee(organization, &assign_to).await?);
        let channel = app.channel_create(organization, new.clone()).await?;
        let patch = ChannelPatch { assign_to, ..ChannelPatch::default() };
        app.channel_change(organization, channel.id, patch).await?;
        match config.public_url {
            Some(_) => say(&format!(
                "Enter this at Twilio for {}, as the webhook for incoming messages (POST): {}",
                channel.number,
                app.channel_webhook_url()
            )),
            None => say(&format!(
                "Set public_url (BACKSOON_PUBLIC_URL), the address by which the world reaches the desk. Then Settings > Channels shows what to enter at Twilio for {}.",
                channel.number
            )),
        }
        Ok(Done::new(channel.id.to_string(), json!({ "id": channel.id })))
    })
    .await
}
