//! The secret key from the command line, beside a running server (decision 0028).

use std::path::Path;

use app::App;
use app::error::{AppError, Conflict};
use app::seal::KeyFile;
use clap::Subcommand;
use domain::phone::display;
use serde_json::json;

use super::desk::with_config;
use super::{Done, say};
use crate::config::SettingFlags;

/// `backsoon key …`
#[derive(Subcommand)]
pub(super) enum KeyCommand {
    /// Add a key to the key file that opens and seals nothing yet: before `rotate`, where several nodes need a copy
    Prepare {
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// Seal every stored auth token anew, under the prepared key or a new one; the former key stays known
    Rotate {
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// Take the former keys out of the key file, some days after `rotate`
    Forget {
        #[command(flatten)]
        settings: SettingFlags,
    },
}

pub(super) async fn run(command: KeyCommand) -> anyhow::Result<Done> {
    match command {
        KeyCommand::Prepare { settings } => {
            with_config(&settings, async |config, _| {
                let path = &config.secret_key_file;
                let made = KeyFile::lock(path)?.prepare()?;
                let has = if made { "has a new key now" } else { "had a prepared key already" };
                say(&format!(
                    "{} {has}, which seals nothing yet. Copy the file to every node, then run `backsoon key rotate`.",
                    path.display()
                ));
                Ok(Done::new("", json!({ "prepared": made })))
            })
            .await
        }
        KeyCommand::Rotate { settings } => {
            with_config(&settings, async |config, app| {
                let path = &config.secret_key_file;
                let mut file = KeyFile::lock(path)?;
                require_all_open(app, path).await?;
                file.rotate()?;
                let count = app.reseal().await?;
                say(&format!(
                    "{count} auth token(s) are sealed under a new key, the first in {}. The former key stays below it, because reports on messages sent until now need it: run `backsoon key forget` in some days. Make a new copy of the file now, on every node and where you keep it safe; backups of the database that were made before need the former one.",
                    path.display()
                ));
                Ok(Done::new("", json!({ "resealed": count })))
            })
            .await
        }
        KeyCommand::Forget { settings } => {
            with_config(&settings, async |config, app| {
                let path = &config.secret_key_file;
                let mut file = KeyFile::lock(path)?;
                require_all_open(app, path).await?;
                let count = app.reseal().await?;
                let forgotten = file.forget()?;
                say(&format!(
                    "{forgotten} former key(s) are forgotten, {count} auth token(s) were sealed anew before. Copy {} again, to every node and where you keep it safe.",
                    path.display()
                ));
                Ok(Done::new("", json!({ "forgotten": forgotten, "resealed": count })))
            })
            .await
        }
    }
}

/// A key that is needed still must not be thought of as a former one.
async fn require_all_open(app: &App, path: &Path) -> Result<(), AppError> {
    let closed = app.channels_that_do_not_open().await?;
    if closed.is_empty() {
        return Ok(());
    }
    let numbers: Vec<String> = closed.iter().map(|channel| display(channel.number.as_str())).collect();
    Err(AppError::Conflict(
        Conflict::KeyDoesNotFit,
        format!(
            "The keys in {} do not open the auth token of {}. Put the right key file back, or enter the token again (`backsoon channel token`); then repeat this.",
            path.display(),
            numbers.join(", ")
        ),
    ))
}
