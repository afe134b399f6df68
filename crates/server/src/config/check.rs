//! From texts to a checked [`Config`]: every fault is collected, none stops the look at the others.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use domain::time::Instant;
use ipnet::IpNet;
use reqwest::Url;
use tracing_subscriber::EnvFilter;

use super::{Config, ConfigError, Given, LogFormat};

/// Where the desk listens unless it is told otherwise.
pub(crate) const LISTEN: &str = "127.0.0.1:8080";
const DATABASE_URL: &str = "sqlite:backsoon.db";
const TWILIO_API_URL: &str = "https://api.twilio.com";
const KEY_FILE: &str = "backsoon.key";

pub(super) fn check(given: &BTreeMap<&'static str, Given>) -> Result<Config, ConfigError> {
    let mut faults = Faults { given, sentences: Vec::new() };
    let listen = faults.take("listen", LISTEN, address);
    let public_url = faults.take_optional("public_url", public_url);
    let database_url = faults.take("database_url", DATABASE_URL, database_url);
    let twilio_api_url = faults.take("twilio_api_url", TWILIO_API_URL, carrier_url);
    let manual_clock = faults.take_optional("manual_clock", instant);
    let log = faults.take_optional("log", filter);
    let log_format = faults.take_optional("log_format", log_format);
    let metrics_listen = faults.take_optional("metrics_listen", address);
    let trusted_proxies = faults.take("trusted_proxies", "", networks);
    let secret_key_file = faults.take_optional("secret_key_file", |text| Ok(PathBuf::from(text)));
    if let (Some(listen), Some(_)) = (&listen, &manual_clock)
        && !listen.ip().is_loopback()
    {
        faults.sentences.push(format!(
            "manual_clock is for tests on this machine: it needs a listen address on loopback, such as {LISTEN}, not {listen}."
        ));
    }
    if listen == metrics_listen && listen.is_some_and(|address| address.port() != 0) {
        faults
            .sentences
            .push("metrics_listen must differ from listen; leave it out to have /metrics there.".to_owned());
    }
    let sentences = faults.sentences;
    match (listen, database_url, twilio_api_url, trusted_proxies) {
        (Some(listen), Some(database_url), Some(twilio_api_url), Some(trusted_proxies))
            if sentences.is_empty() =>
        {
            Ok(Config {
                listen,
                doubts: doubts(public_url.as_deref()),
                public_url,
                secret_key_file: secret_key_file.unwrap_or_else(|| key_file_beside(&database_url)),
                database_url,
                twilio_api_url,
                manual_clock,
                log,
                log_format,
                metrics_listen,
                trusted_proxies,
            })
        }
        _ => Err(ConfigError(sentences)),
    }
}

struct Faults<'a> {
    given: &'a BTreeMap<&'static str, Given>,
    sentences: Vec<String>,
}

impl Faults<'_> {
    fn take<T>(&mut self, key: &str, default: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        match self.given.get(key) {
            Some(_) => self.take_optional(key, parse),
            None => parse(default).ok(),
        }
    }

    fn take_optional<T>(&mut self, key: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let Given { value, from } = self.given.get(key)?;
        parse(value.trim())
            .map_err(|fault| {
                // An address may hold a password, beside the host, in the query or behind it.
                let secret = key == "database_url" || value.contains(['@', '?', '#']);
                let value = if secret { "the value".to_owned() } else { format!("{value:?}") };
                self.sentences.push(format!("{key} ({from}): {value} {fault}."));
            })
            .ok()
    }
}

/// An address with a port; `localhost` is understood.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    let text = text.strip_prefix("localhost:").map_or(text.to_owned(), |port| format!("127.0.0.1:{port}"));
    text.parse().map_err(|_| format!("is not an address with a port, such as {LISTEN}"))
}

/// Addresses and networks; an address is a network of one.
fn networks(text: &str) -> Result<Vec<IpNet>, String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let network = |part: &str| part.parse().or_else(|_| part.parse::<IpAddr>().map(IpNet::from)).ok();
    parts
        .map(|part| {
            network(part).ok_or_else(|| {
                format!("holds {part:?}, which is neither an IP address nor a network such as 10.0.0.0/8")
            })
        })
        .collect()
}

fn public_url(text: &str) -> Result<String, String> {
    let right = "must be http:// or https:// and a host, without a path, such as https://desk.example.com";
    let url = Url::parse(text).map_err(|_| right.to_owned())?;
    let bare = matches!(url.scheme(), "http" | "https")
        && url.host_str().is_some()
        && matches!(url.path(), "" | "/")
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if bare { Ok(url.origin().ascii_serialization()) } else { Err(right.to_owned()) }
}

fn database_url(text: &str) -> Result<String, String> {
    let known = ["sqlite:", "postgres://", "postgresql://"];
    match known.iter().find_map(|scheme| text.strip_prefix(scheme)) {
        Some(":memory:") => Err("must name a file: what is in memory is gone at the end".to_owned()),
        Some(rest) if !rest.is_empty() => Ok(text.to_owned()),
        _ => Err("must be sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE".to_owned()),
    }
}

fn carrier_url(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|_| format!("is not an address such as {TWILIO_API_URL}"))?;
    let loopback = is_loopback(&url);
    match url.scheme() {
        "https" if url.has_host() => Ok(text.trim_end_matches('/').to_owned()),
        "http" if loopback => Ok(text.trim_end_matches('/').to_owned()),
        "http" => Err("must use https: plain http, which shows the credentials to everybody on the way, is for loopback only".to_owned()),
        _ => Err(format!("is not an address such as {TWILIO_API_URL}")),
    }
}

fn instant(text: &str) -> Result<Instant, String> {
    text.parse().map_err(|error: domain::time::InvalidInstant| error.to_string())
}

fn filter(text: &str) -> Result<String, String> {
    // A bare word that is no level would name a part of the program, and silence all others.
    let levels = ["error", "warn", "info", "debug", "trace", "off"];
    let misspelt = text
        .split(',')
        .map(str::trim)
        .find(|part| !part.contains(['=', '[']) && !levels.contains(&part.to_ascii_lowercase().as_str()));
    if let Some(word) = misspelt {
        return Err(format!(
            "holds {word:?}, which is no level: write error, warn, info, debug, trace or off"
        ));
    }
    EnvFilter::try_new(text)
        .map(|_| text.to_owned())
        .map_err(|error| format!("is not a log filter such as info or warn,app=debug ({error})"))
}

/// What is allowed and probably not meant.
fn doubts(public_url: Option<&str>) -> Vec<String> {
    let url = public_url.and_then(|url| Url::parse(url).ok());
    let plain = url.filter(|url| url.scheme() == "http" && !is_loopback(url));
    plain
        .map(|url| {
            format!(
                "public_url is {url}: without https, passwords, sessions and customers' texts can be read on the way, and cookies are not marked Secure"
            )
        })
        .into_iter()
        .collect()
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("must be text or json".to_owned()),
    }
}

/// `backsoon.key` in the folder of the SQLite file; in the current one for any other database.
fn key_file_beside(database_url: &str) -> PathBuf {
    let path = database_url.strip_prefix("sqlite:").unwrap_or("");
    Path::new(path).with_file_name(KEY_FILE)
}
