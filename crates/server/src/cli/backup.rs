//! `backsoon backup` and `backsoon restored`.

use std::path::PathBuf;

use anyhow::anyhow;
use app::restored::Restored;
use clap::Args;
use serde_json::json;

use super::{Done, clock, configure, say};
use crate::config::SettingFlags;
use crate::wire::{self, Installation};

/// `backsoon backup`
#[derive(Args)]
pub(super) struct BackupArgs {
    /// A new file
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    #[command(flatten)]
    settings: SettingFlags,
}

pub(super) async fn run(args: BackupArgs) -> anyhow::Result<Done> {
    let config = configure(&args.settings, "warn")?;
    let bytes = wire::backup(&config, &args.to).await?;
    let file = args.to.display().to_string();
    say(&format!(
        "Wrote {file}, {bytes} bytes. It does not hold the key {}: keep a copy of that elsewhere.",
        config.secret_key_file.display()
    ));
    Ok(Done::new(file.clone(), json!({ "file": file, "bytes": bytes })))
}

/// `backsoon restored`
#[derive(Args)]
pub(super) struct RestoredArgs {
    /// It is known that servers run on the database: what they have to send is ended, too
    #[arg(long)]
    beside_running_servers: bool,
    #[command(flatten)]
    settings: SettingFlags,
}

pub(super) async fn restored(args: RestoredArgs) -> anyhow::Result<Done> {
    let config = configure(&args.settings, "warn")?;
    if !args.beside_running_servers {
        wire::nobody_is_at_work(&config).await?;
    }
    let clock = clock(&config);
    let public_url = config.public_url(config.listen);
    let installation = Installation::open_existing(&config, public_url, clock).await?;
    let declared = installation.app.declare_restored().await;
    installation.close().await;
    let Restored { ended, api_tokens } = declared.map_err(|error| anyhow!(error.log_text()))?;
    say(&format!(
        "What the older copy still meant to send was ended, {ended} in all: watches are stale, queued replies cancelled, people's queued messages are looked up at the carrier. Everybody signs in again. {api_tokens} API token(s) are good as in the copy, also those that were revoked since it was made: `backsoon token list` shows them, `backsoon token revoke` ends them."
    ));
    Ok(Done::new("", json!({ "restored": true, "ended": ended, "api_tokens": api_tokens })))
}
