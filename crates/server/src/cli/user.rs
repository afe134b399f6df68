//! People from the command line. Nobody stands as the actor of these changes in the audit log.

use std::path::PathBuf;

use app::users::{NewUser, UserPatch};
use clap::{Args, Subcommand, ValueEnum};
use domain::user::{Role, User};
use serde_json::{Value, json};

use super::desk::{OrganizationArg, with_app};
use super::{Done, say, secret_line};
use crate::config::SettingFlags;

/// `backsoon user …`
#[derive(Subcommand)]
pub(super) enum UserCommand {
    /// Create an account; the password is the first line of standard input, or of a file; prints the account's id
    Create(NewUserArgs),
    /// List the accounts: id, state, roles, e-mail address, name
    List {
        #[command(flatten)]
        organization: OrganizationArg,
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// Show an account: id, state, roles, e-mail address, name
    Show(OneUser),
    /// Give a person another name
    Rename {
        #[command(flatten)]
        user: OneUser,
        /// The full name
        #[arg(long)]
        name: String,
    },
    /// Deactivate an account: its sessions and API tokens end
    Deactivate(OneUser),
    /// Activate an account again
    Activate(OneUser),
    /// Set a new password, the first line of standard input, or of a file; the account's sessions end
    Password {
        #[command(flatten)]
        user: OneUser,
        #[command(flatten)]
        password: PasswordArg,
        /// End the account's API tokens, too
        #[arg(long)]
        end_tokens: bool,
    },
}

/// Whose account.
#[derive(Args)]
pub(super) struct OneUser {
    /// The e-mail address to sign in with
    #[arg(long, value_name = "EMAIL")]
    email: String,
    #[command(flatten)]
    settings: SettingFlags,
}

/// Where a password comes from.
#[derive(Args)]
pub(super) struct PasswordArg {
    /// A file whose first line is the password, instead of standard input
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl PasswordArg {
    fn read(&self) -> anyhow::Result<String> {
        secret_line("password", self.password_file.as_deref())
    }
}

/// `backsoon user create …`
#[derive(Args)]
pub(super) struct NewUserArgs {
    #[command(flatten)]
    organization: OrganizationArg,
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
    password: PasswordArg,
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

pub(super) async fn run(command: UserCommand) -> anyhow::Result<Done> {
    match command {
        UserCommand::Create(args) => create(args).await,
        UserCommand::List { organization, settings } => {
            with_app(&settings, async |app| {
                let all = app.users_of(organization.id(app).await?).await?;
                let lines: Vec<String> = all.iter().map(line).collect();
                Ok(Done::new(lines.join("\n"), all.iter().map(shown).collect()))
            })
            .await
        }
        UserCommand::Show(user) => {
            with_app(&user.settings, async |app| {
                let user = app.user_of_email(&user.email).await?;
                Ok(Done::new(line(&user), shown(&user)))
            })
            .await
        }
        UserCommand::Rename { user, name } => {
            change(user, UserPatch { name: Some(name), ..UserPatch::default() }).await
        }
        UserCommand::Deactivate(user) => {
            change(user, UserPatch { active: Some(false), ..UserPatch::default() }).await
        }
        UserCommand::Activate(user) => {
            change(user, UserPatch { active: Some(true), ..UserPatch::default() }).await
        }
        UserCommand::Password { user, password, end_tokens } => {
            let password = Some(password.read()?);
            change(user, UserPatch { password, end_tokens, ..UserPatch::default() }).await
        }
    }
}

async fn create(args: NewUserArgs) -> anyhow::Result<Done> {
    let NewUserArgs { organization, email, name, roles, password, settings } = args;
    let password = password.read()?;
    let roles: Vec<Role> = roles.into_iter().map(Role::from).collect();
    let new = NewUser { name, email, roles, password };
    with_app(&settings, async |app| {
        let user = app.user_create(organization.id(app).await?, new.clone()).await?;
        Ok(Done::new(user.id.to_string(), json!({ "id": user.id })))
    })
    .await
}

async fn change(user: OneUser, patch: UserPatch) -> anyhow::Result<Done> {
    with_app(&user.settings, async |app| {
        let tokens = app.token_list(&user.email).await?.len();
        let changed = app.user_change(&user.email, patch.clone()).await?;
        let ended = tokens - app.token_list(&changed.email).await?.len();
        if ended > 0 {
            say(&format!("{ended} API token(s) ended."));
        } else if patch.password.is_some() && tokens > 0 {
            say(&format!("{tokens} API token(s) are still good; --end-tokens ends them, too."));
        }
        Ok(Done::new(line(&changed), shown(&changed)))
    })
    .await
}

fn line(user: &User) -> String {
    let state = if user.active() { "active" } else { "deactivated" };
    let roles: Vec<&str> = user.roles.list().into_iter().map(Role::code).collect();
    format!("{}  {state}  {}  {}  {}", user.id, roles.join(","), user.email, user.name)
}

fn shown(user: &User) -> Value {
    json!({ "id": user.id, "name": user.name, "email": user.email, "roles": user.roles.list(), "active": user.active() })
}
