//! How a command opens the desk that it works on, and names an organization of it.

use app::App;
use app::error::AppError;
use clap::Args;
use domain::id::OrganizationId;

use super::{Done, clock, configure};
use crate::config::{Config, SettingFlags};
use crate::wire::Installation;

/// Which organization.
#[derive(Args)]
pub(super) struct OrganizationArg {
    /// The organization, by id or name; may be left out if there is only one
    #[arg(long, value_name = "NAME")]
    organization: Option<String>,
}

impl OrganizationArg {
    pub(super) async fn id(&self, app: &App) -> Result<OrganizationId, AppError> {
        Ok(app.organization_of_text(self.organization.as_deref()).await?.id)
    }
}

/// Opens an installation that is there, runs one use case on it and closes it, however the use case ended.
pub(super) async fn with_app(
    settings: &SettingFlags,
    work: impl AsyncFnOnce(&App) -> Result<Done, AppError>,
) -> anyhow::Result<Done> {
    with_config(settings, async |_, app| work(app).await).await
}

/// The same, for a use case that needs the configuration, too.
pub(super) async fn with_config(
    settings: &SettingFlags,
    work: impl AsyncFnOnce(&Config, &App) -> Result<Done, AppError>,
) -> anyhow::Result<Done> {
    let config = configure(settings, "warn")?;
    let public_url = config.public_url(config.listen);
    let installation = Installation::open_existing(&config, public_url, clock(&config)).await?;
    run(&config, installation, work).await
}

/// The same, for a use case that sets a desk up: its database is created if it is not there.
pub(super) async fn with_new(
    settings: &SettingFlags,
    work: impl AsyncFnOnce(&App) -> Result<Done, AppError>,
) -> anyhow::Result<Done> {
    let config = configure(settings, "warn")?;
    let installation = Installation::open(&config, config.public_url(config.listen), clock(&config)).await?;
    run(&config, installation, async |_, app| work(app).await).await
}

async fn run(
    config: &Config,
    installation: Installation,
    work: impl AsyncFnOnce(&Config, &App) -> Result<Done, AppError>,
) -> anyhow::Result<Done> {
    let done = work(config, &installation.app).await.map_err(|error| anyhow::anyhow!(error.log_text()));
    installation.close().await;
    done
}
