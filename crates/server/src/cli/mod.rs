//! The command line.
//!
//! Guaranteed: exit code 0 on success, 2 on wrong usage, 1 otherwise; data on standard output (with `--json` one
//! JSON value), words on standard error. Commands that work on the desk's data bring the schema up to date
//! first, and work beside a running server.

mod backup;
mod carrier;
mod channel;
mod check;
mod copy;
mod customer;
mod demo;
mod desk;
mod explain;
mod key;
mod organization;
mod preview;
mod serve;
mod token;
mod user;

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use app::clock::Clock;
use app::seal::BYTE_ORDER_MARK;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use serde_json::Value;

use crate::config::{self, Config, SettingFlags};
use crate::{telemetry, wire};

/// Backsoon: a help desk over text messages that answers for operators who are away.
#[derive(Parser)]
#[command(name = "backsoon", version, max_term_width = 100)]
struct Cli {
    /// Print one JSON value on standard output instead of plain text
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// A complete desk to try, with the sandbox carrier in the same process
    Demo(demo::DemoArgs),
    /// The server
    Serve {
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// The sandbox carrier alone: it speaks Twilio's Messages API, and its customers' phones are a page
    Carrier(carrier::CarrierArgs),
    /// Organizations
    #[command(subcommand)]
    Organization(organization::OrganizationCommand),
    /// People
    #[command(subcommand)]
    User(user::UserCommand),
    /// API tokens
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Carrier numbers
    #[command(subcommand)]
    Channel(channel::ChannelCommand),
    /// The key that seals carrier credentials
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// What is stored about a customer
    #[command(subcommand)]
    Customer(customer::CustomerCommand),
    /// Every decision on a case in plain words
    Explain(explain::ExplainArgs),
    /// What a customer who writes would get, and what would have to change
    Preview(preview::PreviewArgs),
    /// Bring the database's schema up to date
    Migrate {
        #[command(flatten)]
        settings: SettingFlags,
    },
    /// Make a consistent copy of a live SQLite database
    Backup(backup::BackupArgs),
    /// Say that the database was put back from an older copy made by other means than `backup`
    Restored(backup::RestoredArgs),
    /// Move everything from one database to another, such as from SQLite to PostgreSQL
    Copy(copy::CopyArgs),
    /// Check configuration, database, stored data and carrier, without changing anything
    Check {
        #[command(flatten)]
        settings: SettingFlags,
    },
}

/// What a command did: its data and how it is to end.
struct Done {
    /// What standard output gets without `--json`; may be empty.
    text: String,
    /// What it gets with `--json`.
    json: Value,
    /// Whether the exit code is 0.
    success: bool,
}

impl Done {
    fn new(text: impl Into<String>, json: Value) -> Self {
        Self { text: text.into(), json, success: true }
    }
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let matches = brief(Cli::command()).get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("the runtime cannot start: {error}")),
    };
    match runtime.block_on(run(cli.command, cli.json)) {
        Ok(done) => finish(&done, cli.json),
        Err(error) => failed(&format!("{error:#}")),
    }
}

/// The server's settings hold for every command and are listed by one: elsewhere they would hide the command's own.
fn brief(command: clap::Command) -> clap::Command {
    command.mut_subcommands(|command| match command.get_name() {
        "serve" => command,
        _ if command.has_subcommands() => brief(command),
        _ => {
            let has_settings = command.get_arguments().any(|arg| arg.get_id() == "database_url");
            let command = command.mut_args(|arg| {
                let id = arg.get_id().as_str();
                let hidden = SettingFlags::has(id) && id != "config" && id != "database_url";
                if hidden { arg.hide(true) } else { arg }
            });
            match has_settings {
                true => command.after_help("All settings of `backsoon serve --help` hold here, too."),
                false => command,
            }
        }
    })
}

async fn run(command: Command, json: bool) -> anyhow::Result<Done> {
    match command {
        Command::Demo(args) => demo::run(args, json).await,
        Command::Serve { settings } => serve::run(&settings).await,
        Command::Carrier(args) => carrier::run(args).await,
        Command::Organization(command) => organization::run(command).await,
        Command::User(command) => user::run(command).await,
        Command::Token(command) => token::run(command).await,
        Command::Channel(command) => channel::run(command).await,
        Command::Key(command) => key::run(command).await,
        Command::Customer(command) => customer::run(command).await,
        Command::Explain(args) => explain::run(args).await,
        Command::Preview(args) => preview::run(args).await,
        Command::Migrate { settings } => migrate(&settings).await,
        Command::Backup(args) => backup::run(args).await,
        Command::Restored(args) => backup::restored(args).await,
        Command::Copy(args) => copy::run(args).await,
        Command::Check { settings } => check::run(&settings).await,
    }
}

async fn migrate(settings: &SettingFlags) -> anyhow::Result<Done> {
    let config = configure(settings, "warn")?;
    let applied = wire::migrate(&config, &clock(&config)).await?;
    let words = match applied.len() {
        0 => "The schema is up to date.".to_owned(),
        count => format!("Applied {count} migration(s)."),
    };
    say(&words);
    Ok(Done::new(applied.join("\n"), serde_json::json!({ "applied": applied })))
}

/// Loads the configuration and starts logging with `default_filter` unless the configuration has another.
fn configure(settings: &SettingFlags, default_filter: &str) -> anyhow::Result<Config> {
    let config = config::load(settings)?;
    telemetry::init_log(config.log.as_deref().unwrap_or(default_filter), config.log_format);
    for doubt in &config.doubts {
        tracing::warn!("{doubt}");
    }
    Ok(config)
}

/// The clock that the configuration asks for.
fn clock(config: &Config) -> Clock {
    config.manual_clock.map_or_else(Clock::system, Clock::manual)
}

/// Words for the person at the terminal.
fn say(words: &str) {
    // Nobody may be there to read them; what was done is done all the same.
    let _ = writeln!(io::stderr(), "{words}");
}

/// A secret that must not stand on a command line: the first line of a file or of standard input. Typed at a terminal
/// it is not shown, and asked for twice. Its end, and the byte order mark that editors put at the start of a file, are
/// no part of it.
fn secret_line(what: &str, file: Option<&Path>) -> anyhow::Result<String> {
    let unread = || format!("the {what} could not be read");
    let mut line = String::new();
    if let Some(path) = file {
        let file = File::open(path).with_context(|| format!("{} cannot be opened", path.display()))?;
        BufReader::new(file).read_line(&mut line).with_context(unread)?;
    } else if io::stdin().is_terminal() {
        line = rpassword::prompt_password(format!("{what} (it is not shown): ")).with_context(unread)?;
        let again = rpassword::prompt_password(format!("{what} once more: ")).with_context(unread)?;
        anyhow::ensure!(line == again, "the two entries differ: nothing was done");
    } else {
        io::stdin().lock().read_line(&mut line).with_context(unread)?;
    }
    let line = line.trim_start_matches(BYTE_ORDER_MARK).trim_end_matches(['\r', '\n']);
    let place = if file.is_some() { "the file" } else { "standard input" };
    anyhow::ensure!(!line.is_empty(), "give the {what} as the first line of {place}");
    Ok(line.to_owned())
}

fn finish(done: &Done, json: bool) -> ExitCode {
    let text = match json && !done.json.is_null() {
        true => done.json.to_string(),
        false => harmless(&done.text),
    };
    let written = if text.is_empty() { Ok(()) } else { writeln!(io::stdout(), "{text}") };
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            failed(&format!("the answer could not be written: {error}"))
        }
        _ if done.success => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// What people typed is hostile: nothing in it may steer the terminal (V16.4.1).
fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
}

fn failed(words: &str) -> ExitCode {
    for line in words.lines() {
        say(&format!("error: {line}"));
    }
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::error::ErrorKind;

    #[test]
    fn a_secret_is_the_first_line_without_the_mark_of_an_editor() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        let table: [(&[u8], Option<&str>); 9] = [
            (b"correct horse", Some("correct horse")),
            (b"correct horse\nmore\n", Some("correct horse")),
            (b"correct horse\r\n", Some("correct horse")),
            (b"\xef\xbb\xbfcorrect horse\r\n", Some("correct horse")),
            (b" correct horse ", Some(" correct horse ")),
            (b"correct\xef\xbb\xbfhorse", Some("correct\u{feff}horse")),
            (b"\xef\xbb\xbf\r\n", None),
            (b"", None),
            (b"\xff\xfec\0", None),
        ];
        for (text, secret) in table {
            std::fs::write(&path, text).unwrap();
            assert_eq!(secret_line("password", Some(&path)).ok().as_deref(), secret, "{text:?}");
        }
    }

    #[test]
    fn every_command_of_the_contract_is_understood() {
        brief(Cli::command()).debug_assert();
        let sid = format!("AC{}", "a".repeat(32));
        let table = [
            "demo".to_owned(),
            "demo --listen 127.0.0.1:1 --carrier-listen 127.0.0.1:2 --data-dir d".to_owned(),
            "serve".to_owned(),
            "serve --listen 127.0.0.1:1 --database-url sqlite:x --config b.toml".to_owned(),
            format!("carrier --webhook-url http://127.0.0.1/ --account-sid {sid} --auth-token T --number +15550001111"),
            "organization create --name N --time-zone Europe/Berlin".to_owned(),
            "--json organization create --name N --time-zone Europe/Berlin --country DE".to_owned(),
            "user create --organization 0190b6a0-0000-7000-8000-000000000000 --email e@x --name N --role system_admin --role operator --json".to_owned(),
            "token create --user e@x --name N".to_owned(),
            "token create --user e@x --name N --expires-days 3".to_owned(),
            "token list --user e@x".to_owned(),
            "token list".to_owned(),
            "token revoke 0190b6a0-0000-7000-8000-000000000000".to_owned(),
            "organization list --json".to_owned(),
            "organization show".to_owned(),
            "organization rename --organization Acme --name Bricks".to_owned(),
            "user create --organization Acme --email e@x --name N --role operator --password-file p".to_owned(),
            "user list --organization Acme".to_owned(),
            "user show --email e@x".to_owned(),
            "user rename --email e@x --name N".to_owned(),
            "user deactivate --email e@x".to_owned(),
            "user activate --email e@x".to_owned(),
            "user password --email e@x --end-tokens --password-file p".to_owned(),
            "channel list".to_owned(),
            "channel show --number +15550001111".to_owned(),
            "channel deactivate --number +15550001111".to_owned(),
            "channel activate --number +15550001111".to_owned(),
            "explain 7".to_owned(),
            format!("channel add twilio --organization 0190b6a0-0000-7000-8000-000000000000 --account-sid {sid} --number +15550001111"),
            "channel token --number +15550001111".to_owned(),
            "channel token --number +15550001111 --auth-token-file token --former-key-lost".to_owned(),
            "key prepare".to_owned(),
            "key rotate".to_owned(),
            "key forget --json".to_owned(),
            "explain 7 --organization 0190b6a0-0000-7000-8000-000000000000".to_owned(),
            "preview --case 7 --organization 0190b6a0-0000-7000-8000-000000000000".to_owned(),
            "preview --operator e@x --organization 0190b6a0-0000-7000-8000-000000000000 --at 2026-12-24T18:00:00+01:00 --json".to_owned(),
            "customer export +15551230001 --organization 0190b6a0-0000-7000-8000-000000000000".to_owned(),
            "customer erase +15551230001 --organization 0190b6a0-0000-7000-8000-000000000000 --json".to_owned(),
            "migrate".to_owned(),
            "check".to_owned(),
            "backup --to desk.db".to_owned(),
            "restored".to_owned(),
            "copy --from sqlite:a.db --to postgres://desk@db/desk --json".to_owned(),
        ];
        for line in table {
            let words = std::iter::once("backsoon").chain(line.split(' '));
            if let Err(error) = Cli::try_parse_from(words) {
                panic!("{line}: {error}");
            }
        }
    }

    #[test]
    fn v16_4_1_nothing_steers_the_terminal() {
        assert_eq!(harmless("a\nb\u{1b}[31mc\r\u{9b}d\te"), "a\nb [31mc  d e");
    }

    #[test]
    fn wrong_usage_ends_with_2_and_help_with_0() {
        let table = [
            ("", 2),
            ("nonsense", 2),
            ("serve --nonsense", 2),
            ("organization create --name N", 2),
            (
                "user create --organization 0190b6a0-0000-7000-8000-000000000000 --email e@x --name N --role boss",
                2,
            ),
            ("token list --user e@x --organization Acme", 2),
            ("user password", 2),
            ("backup", 2),
            ("copy --from sqlite:a.db", 2),
            ("customer erase --organization 0190b6a0-0000-7000-8000-000000000000", 2),
            ("token revoke not-an-id", 2),
            ("explain seven --organization 0190b6a0-0000-7000-8000-000000000000", 2),
            ("preview --organization 0190b6a0-0000-7000-8000-000000000000", 2),
            ("preview --case 7 --operator e@x --organization 0190b6a0-0000-7000-8000-000000000000", 2),
            ("preview --case 7 --organization 0190b6a0-0000-7000-8000-000000000000 --at tomorrow", 2),
            ("--help", 0),
            ("demo --help", 0),
            ("channel add twilio --help", 0),
            ("--version", 0),
        ];
        for (line, code) in table {
            let words = std::iter::once("backsoon").chain(line.split(' ').filter(|word| !word.is_empty()));
            let Err(error) = Cli::try_parse_from(words) else { panic!("{line} is accepted") };
            let shown = error.kind() == ErrorKind::DisplayHelp || error.kind() == ErrorKind::DisplayVersion;
            assert_eq!(error.exit_code(), code, "{line}");
            assert_eq!(shown, code == 0, "{line}");
        }
    }
}
