//! API tokens from the command line. Nobody stands as the actor of these changes in the audit log.

use app::tokens::TokenView;
use clap::Subcommand;
use domain::id::TokenId;
use serde_json::json;

use super::desk::{OrganizationArg, with_app};
use super::{Done, say};
use crate::config::SettingFlags;

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
    /// List API tokens: id, when made, when it ends, name; without a user those of the organization, with whose they are
    List {
        /// The user's e-mail address
        #[arg(long, value_name = "EMAIL", conflicts_with = "organization")]
        user: Option<String>,
        #[command(flatten)]
        organization: OrganizationArg,
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

pub(super) async fn run(command: TokenCommand) -> anyhow::Result<Done> {
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
        TokenCommand::List { user, organization, settings } => {
            with_app(&settings, async |app| {
                let tokens = match &user {
                    Some(user) => app.token_list(user).await?,
                    None => app.tokens_of(organization.id(app).await?).await?,
                };
                if tokens.is_empty() {
                    say(&format!("{} has no API token.", user.as_deref().unwrap_or("The organization")));
                }
                let line = |token: &TokenView| match &user {
                    Some(_) => token_line(token),
                    None => format!("{}  {}", token_line(token), token.user),
                };
                let lines: Vec<String> = tokens.iter().map(line).collect();
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
