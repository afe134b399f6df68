//! Organizations, people, API tokens and carrier numbers from the command line. Nobody stands as the actor of
//! these changes in the audit log.

use app::App;
use app::channels::NewChannel;
use app::error::AppError;
use app::tokens::TokenView;
use app::users::NewUser;
use clap::{Args, Subcommand, ValueEnum};
use domain::id::{OrganizationId, TokenId};
use domain::user::Role;
use serde_json::json;

use super::{Done, clock, configure, say, secret_line};
use crate::config::SettingFlags;
use crate::wire::Installation;

/// `backsoon organization …`
#[derive(Subcommand)]
pub(super) enum OrganizationCommand {
    /// Create an organization; prints its id
    Create {
        /// Its name, as customers read it
        #[arg(long)]
        name: String,
        /// Its time zone, by IANA name, such as America/New_York
        #[arg(long, value_name = "IANA")]
        time_zone: String,
        /// The country whose numbers are written without a country code, two letters of ISO 3166 such as US; unless
        /// given that of the first number, or else of the time zone
        #[arg(long, value_name = "COUNTRY")]
        country: Option<String>,
        #[command(flatten)]
        settings: SettingFlags,
    },
}

/// `backsoon user …`
#[derive(Subcommand)]
pub(super) enum UserCommand {
    /// Create an account; the password is the first line of standard input; prints the account's id
    Create(NewUserArgs),
}

/// `backsoon user create …`
#[derive(Args)]
pub(super) struct NewUserArgs {
    /// The organization's id
    #[arg(long, value_name = "ID")]
    organization: OrganizationId,
    /// The address to sign in with
    #[arg(long)]
    email: String,
    /// The full name
    #[arg(long)]
    name: String,
    /// What they may do; give it once for each role
    #[arg(long = "role", value_name = "ROLE", required = true)]
    roles: Vec<RoleArg>,
    #[command(flatten)]
    settings: SettingFlags,
}

/// A role, spelled as in the API.
#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum RoleArg {
    /// Settings, people, channels and audit
    SystemAdmin,
    /// Cases, decisions and events
    Operator,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::SystemAdmin => Role::SystemAdmin,
            RoleArg::Operator => Role::Operator,
        }
    }
}

/// `backsoon token …`
#[derive(Subcommand)]
pub(super) enum TokenCommand {
    /// Create an API token of a user; prints it this once
    Create {
        /// The user's e-mail address
        #[arg(long, value_name = "EMAIL")]
        user: String,
        /// What it is for
        #[arg(long)]
        name: String,
        /// After how many days it expires; never unless given
        #[arg(long, value_name = "DAYS")]
        expires_days: Option<u32>,
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// List a user's API tokens: id, when made, when it ends, name
    List {
        /// The user's e-mail address
        #[arg(long, value_name = "EMAIL")]
        user: String,
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// End an API token at once
    Revoke {
        /// The token's id, as `token list` shows it
        #[arg(value_name = "ID")]
        id: TokenId,
        #[command(flatten)]
        settings: SettingFlags,
    },
}

/// `backsoon channel …`
#[derive(Subcommand)]
pub(super) enum ChannelCommand {
    /// Add a carrier number
    #[command(subcommand)]
    Add(AddCommand),
}

/// `backsoon channel add …`
#[derive(Subcommand)]
pub(super) enum AddCommand {
    /// Add a Twilio number; the auth token is the first line of standard input; prints the channel's id
    Twilio {
        /// The organization's id
        #[arg(long, value_name = "ID")]
        organization: OrganizationId,
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
        settings: SettingFlags,
    },
}

pub(super) async fn organization(command: OrganizationCommand) -> anyhow::Result<Done> {
    let OrganizationCommand::Create { name, time_zone, country, settings } = command;
    with_app(&settings, async |app| {
        let id = app.organization_create(&name, &time_zone, country.as_deref()).await?;
        Ok(Done::new(id.to_string(), json!({ "id": id })))
    })
    .await
}

pub(super) async fn user(command: UserCommand) -> anyhow::Result<Done> {
    let UserCommand::Create(NewUserArgs { organization, email, name, roles, settings }) = command;
    let password = secret_line("password")?;
    let roles: Vec<Role> = roles.into_iter().map(Role::from).collect();
    let new = NewUser { name, email, roles, password };
    with_app(&settings, async |app| {
        let user = app.user_create(organization, new.clone()).await?;
        Ok(Done::new(user.id.to_string(), json!({ "id": user.id })))
    })
    .await
}

pub(super) async fn token(command: TokenCommand) -> anyhow::Result<Done> {
    match command {
        TokenCommand::Create { user, name, expires_days, settings } => {
            with_app(&settings, async |app| {
                let created = app.token_create(&user, &name, expires_days).await?;
                say(&format!("Token {} of {user}. It is shown only this once.", created.id));
                let json = json!({ "id": created.id, "token": created.token });
                Ok(Done::new(created.token, json))
            })
            .await
        }
        TokenCommand::List { user, settings } => {
            with_app(&settings, async |app| {
                let tokens = app.token_list(&user).await?;
                if tokens.is_empty() {
                    say(&format!("{user} has no API token."));
                }
                let lines: Vec<String> = tokens.iter().map(token_line).collect();
                Ok(Done::new(lines.join("\n"), json!(tokens)))
            })
            .await
        }
        TokenCommand::Revoke { id, settings } => {
            with_app(&settings, async |app| {
                app.token_revoke(id).await?;
                say(&format!("Token {id} is revoked."));
                Ok(Done::new("", json!({ "id": id })))
            })
            .await
        }
    }
}

fn token_line(token: &TokenView) -> String {
    let end = token.expires_at.map_or("never".to_owned(), |at| at.to_string());
    format!("{}  {}  {end}  {}", token.id, token.created_at, token.name)
}

pub(super) async fn channel(command: ChannelCommand) -> anyhow::Result<Done> {
    let ChannelCommand::Add(command) = command;
    let AddCommand::Twilio { organization, account_sid, number, assign_to, settings } = command;
    let new = NewChannel { account_sid, number, auth_token: secret_line("auth token")? };
    with_app(&settings, async |app| {
        // Whoever is named wrongly is to be known before the number is added.
        let assign_to = app.assignee(organization, &assign_to).await?;
        let channel = app.channel_create(organization, new.clone()).await?;
        app.channel_assign(organization, channel.id, assign_to).await?;
        say(&format!(
            "Enter this at Twilio for {}, as the webhook for incoming messages (POST): {}",
            channel.number,
            app.channel_webhook_url()
        ));
        Ok(Done::new(channel.id.to_string(), json!({ "id": channel.id })))
    })
    .await
}

/// Opens the installation, runs one use case on it and closes it, however the use case ended.
pub(super) async fn with_app(
    settings: &SettingFlags,
    work: impl AsyncFnOnce(&App) -> Result<Done, AppError>,
) -> anyhow::Result<Done> {
    let config = configure(settings, "warn")?;
    let installation = Installation::open(&config, config.public_url(config.listen), clock(&config)).await?;
    let done = work(&installation.app).await.map_err(|error| anyhow::anyhow!(error.log_text()));
    installation.close().await;
    done
}
