//! Organizations from the command line. Nobody stands as the actor of these changes in the audit log.

use app::organizations::OrganizationPatch;
use clap::Subcommand;
use domain::organization::Organization;
use serde_json::{Value, json};

use super::desk::{OrganizationArg, with_app, with_new};
use super::{Done, say};
use crate::config::SettingFlags;

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
    /// List the organizations: id, time zone, name
    List {
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// Show an organization: id, time zone, name
    Show {
        #[command(flatten)]
        organization: OrganizationArg,
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// Give an organization another name
    Rename {
        /// Its new name, as customers read it
        #[arg(long)]
        name: String,
        #[command(flatten)]
        organization: OrganizationArg,
        #[command(flatten)]
        settings: SettingFlags,
    },
}

pub(super) async fn run(command: OrganizationCommand) -> anyhow::Result<Done> {
    match command {
        OrganizationCommand::Create { name, time_zone, country, settings } => {
            with_new(&settings, async |app| {
                let id = app.organization_create(&name, &time_zone, country.as_deref()).await?;
                let same_name = app.organization_of_text(Some(&name)).await.is_err();
                if same_name {
                    say("Another organization has this name: name them by their ids.");
                }
                Ok(Done::new(id.to_string(), json!({ "id": id })))
            })
            .await
        }
        OrganizationCommand::List { settings } => {
            with_app(&settings, async |app| {
                let all = app.organizations().await?;
                if all.is_empty() {
                    say("There is no organization yet: `backsoon organization create` makes one.");
                }
                let lines: Vec<String> = all.iter().map(line).collect();
                Ok(Done::new(lines.join("\n"), all.iter().map(shown).collect()))
            })
            .await
        }
        OrganizationCommand::Show { organization, settings } => {
            with_app(&settings, async |app| {
                let id = organization.id(app).await?.to_string();
                let found = app.organization_of_text(Some(&id)).await?;
                Ok(Done::new(line(&found), shown(&found)))
            })
            .await
        }
        OrganizationCommand::Rename { name, organization, settings } => {
            with_app(&settings, async |app| {
                let patch = OrganizationPatch { name: Some(name.clone()), ..OrganizationPatch::default() };
                let renamed = app.organization_change(organization.id(app).await?, patch).await?;
                Ok(Done::new(line(&renamed), shown(&renamed)))
            })
            .await
        }
    }
}

fn line(organization: &Organization) -> String {
    format!("{}  {}  {}", organization.id, organization.time_zone, organization.name)
}

fn shown(organization: &Organization) -> Value {
    let Organization { id, name, time_zone, country, created_at } = organization;
    json!({ "id": id, "name": name, "time_zone": time_zone, "country": country, "created_at": created_at })
}
