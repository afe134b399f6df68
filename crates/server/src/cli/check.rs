//! `backsoon check`: configuration, database, stored data and carrier, each as a line that says ok or failed.
//! It changes nothing: no schema, no key file.

use std::time::Duration;

use app::seal::{SecretKey, others_can_read};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Done, clock, configure};
use crate::config::{Config, SettingFlags};
use crate::wire::{self, Installation};

/// How long the carrier may take to be reached.
const REACH_TIMEOUT: Duration = Duration::from_secs(5);

/// What was looked at and what was found; a fault is an `Err`.
struct Finding {
    what: &'static str,
    found: Result<String, String>,
}

pub(super) async fn run(settings: &SettingFlags) -> anyhow::Result<Done> {
    let config = match configure(settings, "error") {
        Ok(config) => config,
        Err(error) => {
            let found = Err(error.to_string().replace('\n', " "));
            return Ok(report(&[Finding { what: "configuration", found }]));
        }
    };
    let mut findings = vec![Finding {
        what: "configuration",
        found: Ok(format!(
            "listens on {}, known to the world as {}",
            config.listen,
            config.public_url(config.listen)
        )),
    }];
    let channels = look_at_store(&config, &mut findings).await;
    let key = look_at_key(&config);
    if let (Some(1..), Ok(_)) = (channels, &key) {
        look_at_channels(&config, key, &mut findings).await;
    } else {
        findings.push(Finding { what: "secret key", found: key });
        findings.push(Finding { what: "carrier", found: reach(&config.twilio_api_url, channels).await });
    }
    Ok(report(&findings))
}

/// Adds what is to be said about database and stored data; returns how many channels there are, if that is known.
async fn look_at_store(config: &Config, findings: &mut Vec<Finding>) -> Option<usize> {
    let report = match wire::inspect(config).await {
        Ok(report) => report,
        Err(error) => {
            findings.push(Finding { what: "database", found: Err(format!("{error:#}")) });
            return None;
        }
    };
    if !report.pending.is_empty() {
        let found = Err(format!(
            "its schema lacks {}; `backsoon migrate` adds it, and so does starting the server",
            report.pending.join(", ")
        ));
        findings.push(Finding { what: "database", found });
        return None;
    }
    findings
        .push(Finding { what: "database", found: Ok("it opens and its schema is up to date".to_owned()) });
    let found = match report.violations.as_slice() {
        [] => Ok("its invariants hold".to_owned()),
        violations => Err(violations.join(" ")),
    };
    findings.push(Finding { what: "stored data", found });
    Some(report.channels)
}

/// Whether the key file can be read, by others than its owner, too; a first one is made when it is needed.
fn look_at_key(config: &Config) -> Result<String, String> {
    let path = &config.secret_key_file;
    let key = SecretKey::load(path).map_err(|error| error.to_string())?;
    if key.is_missing() {
        return Ok(format!("there is no {} yet; the first number that is added makes it", path.display()));
    }
    Ok(others_can_read(path).unwrap_or_else(|| format!("{} can be read", path.display())))
}

/// Adds whether the key opens every channel's auth token, and what the carrier says of the account of each one in use.
async fn look_at_channels(config: &Config, key: Result<String, String>, findings: &mut Vec<Finding>) {
    let opened = Installation::open_existing(config, config.public_url(config.listen), clock(config)).await;
    let installation = match opened {
        Ok(installation) => installation,
        Err(error) => {
            findings.push(Finding { what: "channels", found: Err(format!("{error:#}")) });
            return;
        }
    };
    let closed = installation.app.channels_that_do_not_open().await;
    let asked = installation.app.channels_check().await;
    installation.close().await;
    let (closed, asked) = match (closed, asked) {
        (Ok(closed), Ok(asked)) => (closed, asked),
        (Err(error), _) | (_, Err(error)) => {
            findings.push(Finding { what: "channels", found: Err(error.log_text()) });
            return;
        }
    };
    let paused = closed.iter().map(|channel| Finding {
        what: "secret key",
        found: Err(format!(
            "no key in {} opens the auth token of {}, which is paused: put the right key file back, or enter the token again (`backsoon channel token --number {}`)",
            config.secret_key_file.display(),
            channel.number,
            channel.number
        )),
    });
    findings.extend(paused);
    if closed.is_empty() {
        findings.push(Finding { what: "secret key", found: key });
    }
    findings.extend(asked.into_iter().filter(|(channel, _)| !closed.contains(channel)).map(
        |(channel, found)| Finding {
            what: "carrier",
            found: match found {
                Ok(()) => Ok(format!("it knows the account of {}", channel.number)),
                Err(sentence) => Err(format!("for {}: {sentence}", channel.number)),
            },
        },
    ));
}

/// Whether something listens at the carrier's address.
async fn reach(url: &str, channels: Option<usize>) -> Result<String, String> {
    wire::carrier_client(url).map_err(|error| format!("{error:#}"))?;
    let parsed = reqwest::Url::parse(url).map_err(|error| error.to_string())?;
    let url = wire::shown(url);
    let host = parsed.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = parsed.port_or_known_default().unwrap_or(443);
    match timeout(REACH_TIMEOUT, TcpStream::connect((host.as_str(), port))).await {
        Ok(Ok(_)) if channels == Some(0) => {
            Ok(format!("{url} can be reached; there is no channel yet to ask it about"))
        }
        Ok(Ok(_)) => Ok(format!("{url} can be reached")),
        Ok(Err(error)) => Err(format!("{url} cannot be reached: {error}")),
        Err(_) => Err(format!("{url} cannot be reached within {} s", REACH_TIMEOUT.as_secs())),
    }
}

fn report(findings: &[Finding]) -> Done {
    let line = |finding: &Finding| match &finding.found {
        Ok(sentence) => format!("ok      {}: {sentence}", finding.what),
        Err(sentence) => format!("failed  {}: {sentence}", finding.what),
    };
    let text: Vec<String> = findings.iter().map(line).collect();
    let items: Vec<serde_json::Value> = findings
        .iter()
        .map(|finding| {
            let (Ok(detail) | Err(detail)) = &finding.found;
            json!({ "check": finding.what, "ok": finding.found.is_ok(), "detail": detail })
        })
        .collect();
    let success = findings.iter().all(|finding| finding.found.is_ok());
    Done { text: text.join("\n"), json: json!({ "ok": success, "checks": items }), success }
}
