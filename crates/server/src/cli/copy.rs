//! `backsoon copy`.

use anyhow::ensure;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::{Done, clock, configure, say};
use crate::config::SettingFlags;
use crate::wire;

/// `backsoon copy`
#[derive(Args)]
pub(super) struct CopyArgs {
    /// Where everything is; no server may be running on it
    #[arg(long, value_name = "URL")]
    from: String,
    /// A new, empty database, or one to which copying was interrupted
    #[arg(long, value_name = "URL")]
    to: String,
    #[command(flatten)]
    settings: SettingFlags,
}

pub(super) async fn run(args: CopyArgs) -> anyhow::Result<Done> {
    let config = configure(&args.settings, "warn")?;
    ensure!(args.from != args.to, "--from and --to name the same database");
    let bar = ProgressBar::new(0);
    bar.set_style(ProgressStyle::with_template("{bar:40} {percent:>3} %  {eta:>4}  {msg}")?);
    let copied = wire::copy(&args.from, &args.to, &clock(&config), |progress| {
        bar.set_length(progress.steps_in_all);
        bar.set_position(progress.steps);
        bar.set_message(progress.table);
    })
    .await;
    bar.finish_and_clear();
    let copied = copied?;
    let rows: u64 = copied.iter().map(|table| table.rows).sum();
    say(&format!(
        "Copied {rows} rows of {} tables, and read them again on both sides: counts and checksums agree. The same key file {} is needed beside the new database.",
        copied.len(),
        config.secret_key_file.display()
    ));
    let text: Vec<String> = copied
        .iter()
        .map(|table| format!("{:<20} {:>10}  {:032x}", table.table, table.rows, table.checksum))
        .collect();
    let tables: Vec<_> = copied
        .iter()
        .map(|table| {
            json!({ "table": table.table, "rows": table.rows, "checksum": format!("{:032x}", table.checksum) })
        })
        .collect();
    Ok(Done::new(text.join("\n"), json!({ "rows": rows, "tables": tables })))
}
