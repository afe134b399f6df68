//! `backsoon check`: configuration, database, stored data and carrier, each as a line that says ok or failed.
//! It changes nothing: no schema, no key file.

use std::time::Duration;

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
    let usable = look_at_store(&config, &mut findings).await;
    let channels = if usable { look_at_channels(&config, &mut findings).await } else { 0 };
    if channels == 0 {
        findings.push(Finding { what: "carrier", found: reach(&config.twilio_api_url).await });
    }
    Ok(report(&findings))
}

/// Adds what is to be said about database and stored data; answers whether channels can be looked at.
async fn look_at_store(config: &Config, findings: &mut Vec<Finding>) -> bool {
    let report = match wire::inspect(config).await {
        Ok(report) => report,
        Err(error) => {
            findings.push(Finding { what: "database", found: Err(format!("{error:#}")) });
            return false;
        }
    };
    if !report.pending.is_empty() {
        let found = Err(format!(
            "its schema lacks {}; `backsoon migrate` adds it, and so does starting the server",
            report.pending.join(", ")
        ));
        findings.push(Finding { what: "database", found });
        return false;
    }
    findings
        .push(Finding { what: "database", found: Ok("it opens and its schema is up to date".to_owned()) });
    let found = match report.violations.as_slice() {
        [] => Ok("its invariants hold".to_owned()),
        violations => Err(violations.join(" ")),
    };
    findings.push(Finding { what: "stored data", found });
    let found = match wire::refuse_a_new_key(&config.secret_key_file, report.channels) {
        Ok(()) if config.secret_key_file.exists() => {
            Ok(format!("{} is there", config.secret_key_file.display()))
        }
        Ok(()) => Ok(format!("{} is not needed yet", config.secret_key_file.display())),
        Err(error) => Err(error.to_string()),
    };
    let usable = found.is_ok() && config.secret_key_file.exists() && report.channels > 0;
    findings.push(Finding { what: "secret key", found });
    usable
}

/// Asks the carrier about the account of every active channel; answers how many were asked about.
async fn look_at_channels(config: &Config, findings: &mut Vec<Finding>) -> usize {
    let opened = Installation::open(config, config.public_url(config.listen), clock(config)).await;
    let installation = match opened {
        Ok(installation) => installation,
        Err(error) => {
            findings.push(Finding { what: "channels", found: Err(format!("{error:#}")) });
            return 0;
        }
    };
    let asked = installation.app.channels_check().await;
    installation.close().await;
    let asked = match asked {
        Ok(asked) => asked,
        Err(error) => {
            findings.push(Finding { what: "channels", found: Err(error.log_text()) });
            return 0;
        }
    };
    let count = asked.len();
    findings.extend(asked.into_iter().map(|(channel, found)| Finding {
        what: "carrier",
        found: match found {
            Ok(()) => Ok(format!("it knows the account of {}", channel.number)),
            Err(sentence) => Err(format!("for {}: {sentence}", channel.number)),
        },
    }));
    count
}

/// Whether something listens at the carrier's address.
async fn reach(url: &str) -> Result<String, String> {
    let parsed = reqwest::Url::parse(url).map_err(|error| error.to_string())?;
    let host = parsed.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = parsed.port_or_known_default().unwrap_or(443);
    match timeout(REACH_TIMEOUT, TcpStream::connect((host.as_str(), port))).await {
        Ok(Ok(_)) => Ok(format!("{url} can be reached; there is no channel yet to ask it about")),
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
