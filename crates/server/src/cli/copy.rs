//! `backsoon copy`.

use std::path::{Path, PathBuf};

use anyhow::ensure;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::{Done, clock, configure, say, secret_line};
use crate::config::SettingFlags;
use crate::wire;

/// `backsoon copy`
#[derive(Args)]
pub(super) struct CopyArgs {
    /// Where everything is; what a server writes to it meanwhile is not copied
    #[arg(long, value_name = "URL", required_unless_present = "from_file", conflicts_with = "from_file")]
    from: Option<String>,
    /// A file whose first line is that address, so that no password stands on the command line
    #[arg(long, value_name = "FILE")]
    from_file: Option<PathBuf>,
    /// A new, empty database, or one to which copying was interrupted
    #[arg(long, value_name = "URL", required_unless_present = "to_file", conflicts_with = "to_file")]
    to: Option<String>,
    /// A file whose first line is that address
    #[arg(long, value_name = "FILE")]
    to_file: Option<PathBuf>,
    #[command(flatten)]
    settings: SettingFlags,
}

fn address(given: Option<String>, file: Option<&Path>) -> anyhow::Result<String> {
    given.map_or_else(|| Ok(secret_line("address", file)?.trim().to_owned()), Ok)
}

pub(super) async fn run(args: CopyArgs) -> anyhow::Result<Done> {
    let config = configure(&args.settings, "warn")?;
    let from = address(args.from, args.from_file.as_deref())?;
    let to = address(args.to, args.to_file.as_deref())?;
    ensure!(from != to, "--from and --to name the same database");
    let bar = ProgressBar::new(0);
    bar.set_style(ProgressStyle::with_template("{bar:40} {percent:>3} %  {eta:>4}  {msg}")?);
    let copied = wire::copy(&from, &to, &clock(&config), |progress| {
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
