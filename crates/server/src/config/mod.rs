//! The configuration: flag, environment variable, file, default, in that order of precedence.
//!
//! Guaranteed: a [`Config`] is complete and checked; what is wrong is said in sentences that name the setting,
//! where its value came from and what would be right, all at once. Secrets are not part of it.

pub(crate) mod check;
mod file;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use app::seal::BYTE_ORDER_MARK;
use clap::Args;
use domain::time::Instant;
use ipnet::IpNet;

/// One setting: its key in the file. The flag and the variable are spelled from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(&'static str);

impl Key {
    /// The environment variable.
    pub fn variable(self) -> String {
        format!("BACKSOON_{}", self.0.to_uppercase())
    }

    /// The flag.
    pub fn flag(self) -> String {
        format!("--{}", self.0.replace('_', "-"))
    }
}

macro_rules! settings {
    ($($(#[doc = $help:literal])* $name:ident: $value_name:literal),* $(,)?) => {
        /// Every setting as a flag; each can also be a variable (`BACKSOON_LISTEN` for `--listen`) or stand in
        /// the file.
        #[derive(Args, Clone, Debug, Default)]
        #[command(next_help_heading = "Settings (flag, then BACKSOON_… variable, then backsoon.toml, then default)")]
        pub struct SettingFlags {
            /// The configuration file [default: backsoon.toml in the current folder, if it is there]
            #[arg(long, value_name = "FILE")]
            pub config: Option<PathBuf>,
            $(
                $(#[doc = $help])*
                #[arg(long, value_name = $value_name)]
                pub $name: Option<String>,
            )*
        }

        impl SettingFlags {
            fn values(&self) -> Vec<(Key, Option<&str>)> {
                vec![$((Key(stringify!($name)), self.$name.as_deref())),*]
            }
        }

        impl SettingFlags {
            /// Whether the flag with this name is one of them.
            pub fn has(name: &str) -> bool {
                name == "config" || KEYS.iter().any(|key| key.0 == name)
            }
        }

        /// Every setting's key, in the order of the file.
        pub const KEYS: &[Key] = &[$(Key(stringify!($name))),*];
    };
}

settings! {
    /// Address and port to listen on [default: 127.0.0.1:8080]
    listen: "ADDRESS",
    /// The address that the world uses, such as https://desk.example.com [default: http:// + listen]
    public_url: "URL",
    /// sqlite:PATH or postgres://… [default: sqlite:backsoon.db]
    database_url: "URL",
    /// A file whose first line is the database_url, so that its password stands nowhere else [default: off]
    database_url_file: "FILE",
    /// Encrypts carrier credentials [default: backsoon.key beside the SQLite file]
    secret_key_file: "FILE",
    /// Base address of the carrier's API [default: https://api.twilio.com]
    twilio_api_url: "URL",
    /// For tests: the clock stands at this instant (RFC 3339) [default: off]
    manual_clock: "INSTANT",
    /// What is logged, such as info or warn,app=debug [default: info for servers, warn for other commands]
    log: "FILTER",
    /// text or json [default: text on a terminal, otherwise json]
    log_format: "FORMAT",
    /// A second address and port, for /metrics alone [default: off]
    metrics_listen: "ADDRESS",
    /// Addresses or networks of proxies whose X-Forwarded-For is believed, separated by commas [default: none]
    trusted_proxies: "ADDRESSES",
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one JSON object per line.
    Json,
}

/// The checked configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where the server listens.
    pub listen: SocketAddr,
    /// The address that the world uses, without a slash at its end; `http://` + the bound address if not set.
    pub public_url: Option<String>,
    /// Which database.
    pub database_url: String,
    /// The file with the key that seals carrier credentials.
    pub secret_key_file: PathBuf,
    /// Base address of the carrier's API.
    pub twilio_api_url: String,
    /// The instant at which a manual clock stands.
    pub manual_clock: Option<Instant>,
    /// The filter of the log, if set; otherwise it depends on the command.
    pub log: Option<String>,
    /// Its form, if set.
    pub log_format: Option<LogFormat>,
    /// Where metrics have an address of their own.
    pub metrics_listen: Option<SocketAddr>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// What is allowed and probably not meant, in sentences for the log.
    pub doubts: Vec<String>,
}

impl Config {
    /// The public address of a server that is bound to `bound`.
    pub fn public_url(&self, bound: SocketAddr) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://{bound}"))
    }
}

/// Everything that is wrong with the configuration, in sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError(pub Vec<String>);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for ConfigError {}

/// A value and where it came from, for the sentence that says what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Given {
    value: String,
    from: String,
}

/// The configuration of this process: its flags, its environment, its file.
pub fn load(flags: &SettingFlags) -> Result<Config, ConfigError> {
    let mut config = load_with(flags, |name| std::env::var(name).ok())?;
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    config.doubts.extend(unknown_variables(names));
    Ok(config)
}

/// A misspelt variable would silently leave a default in force.
fn unknown_variables(names: impl Iterator<Item = String>) -> Vec<String> {
    let known = |name: &str| name == "BACKSOON_CONFIG" || KEYS.iter().any(|key| key.variable() == name);
    let mut unknown: Vec<String> =
        names.filter(|name| name.starts_with("BACKSOON_") && !known(name)).collect();
    unknown.sort();
    unknown.iter().map(|name| format!("the variable {name} is no setting and is ignored")).collect()
}

/// The same with any environment.
fn load_with(flags: &SettingFlags, variable: impl Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
    // A variable that is set to nothing is not set.
    let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
    let named = flags.config.clone().or_else(|| variable("BACKSOON_CONFIG").map(PathBuf::from));
    let in_file = file::read(named)?;
    let mut given = BTreeMap::new();
    for (key, flag) in flags.values() {
        let from_flag = flag.map(|value| (value.to_owned(), format!("flag {}", key.flag())));
        let from_variable = || {
            let name = key.variable();
            variable(&name).map(|value| (value, format!("variable {name}")))
        };
        let from_file = || in_file.get(key.0).map(|value| (value.value.clone(), value.from.clone()));
        if let Some((value, from)) = from_flag.or_else(from_variable).or_else(from_file) {
            given.insert(key.0, Given { value, from });
        }
    }
    database_url_of_file(&mut given)?;
    check::check(&given)
}

/// Puts the address that stands in `database_url_file` in the place of `database_url`.
fn database_url_of_file(given: &mut BTreeMap<&'static str, Given>) -> Result<(), ConfigError> {
    let Some(Given { value: path, from }) = given.remove("database_url_file") else { return Ok(()) };
    let fault = |what: String| Err(ConfigError(vec![format!("database_url_file ({from}): {what}.")]));
    if let Some(other) = given.get("database_url") {
        return fault(format!("database_url is set, too ({}): keep one of them", other.from));
    }
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => return fault(format!("{path} cannot be read: {error}")),
    };
    let line = text.trim_start_matches(BYTE_ORDER_MARK).lines().next().unwrap_or_default().trim();
    if line.is_empty() {
        return fault(format!("the first line of {path} is empty; it has to be the database's address"));
    }
    given.insert("database_url", Given { value: line.to_owned(), from: format!("file {path}") });
    Ok(())
}

#[cfg(test)]
mod tests;
