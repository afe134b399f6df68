//! `backsoon backup` and `backsoon restored`.

use std::path::PathBuf;

use anyhow::anyhow;
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

pub(super) async fn restored(settings: &SettingFlags) -> anyhow::Result<Done> {
    let config = configure(settings, "warn")?;
    let clock = clock(&config);
    let public_url = config.public_url(config.listen);
    let installation = Installation::open(&config, public_url, clock).await?;
    let declared = installation.app.declare_restored().await;
    installation.close().await;
    declared.map_err(|error| anyhow!(error.log_text()))?;
    say(
        "What the older copy still meant to send was ended: watches are stale, queued replies cancelled, people's queued messages are looked up at the carrier. Everybody signs in again.",
    );
    Ok(Done::new("", json!({ "restored": true })))
}
