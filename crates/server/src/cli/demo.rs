//! `backsoon demo`: a complete desk and the sandbox carrier in one process, talking over loopback HTTP. The desk
//! runs the production path, nothing else; only its clock can be moved forward.

mod sample;

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow, ensure};
use app::clock::Clock;
use clap::Args;
use domain::time::Instant;
use sandbox::{Account, Number, Sandbox};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::serve::{bind, stop_signal};
use super::{Done, say};
use crate::config::Config;
use crate::config::check::{LISTEN, address};
use crate::telemetry;
use crate::wire::{Installation, Sockets};

/// The sandbox carrier's account. Made up, like its token: they are no secrets.
const ACCOUNT_SID: &str = "ACde500000000000000000000000000000";
const AUTH_TOKEN: &str = "sandbox-auth-token";
/// Written once the sample desk is complete.
const READY_FILE: &str = "demo-ready";
const DATABASE_FILE: &str = "backsoon.db";

/// `backsoon demo …`
#[derive(Args)]
pub(super) struct DemoArgs {
    /// Address and port of the desk; BACKSOON_LISTEN or 127.0.0.1:8080 unless given
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    listen: Option<SocketAddr>,
    /// Address and port of the sandbox carrier with the customers' phones
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8081")]
    carrier_listen: SocketAddr,
    /// Keep everything in this folder, and go on with what is there; without it all is thrown away at the end
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

pub(super) async fn run(args: DemoArgs, json: bool) -> anyhow::Result<Done> {
    let filter = std::env::var("BACKSOON_LOG").unwrap_or_else(|_| "warn".to_owned());
    telemetry::init_log(&filter, None);
    let metrics = telemetry::init_metrics();
    let stop = stop_signal()?;
    let listen = match args.listen {
        Some(listen) => listen,
        None => listen_of_the_environment(std::env::var("BACKSOON_LISTEN").ok().as_deref())?,
    };
    let listener = bind("--listen", listen)?;
    let carrier_listener = bind("--carrier-listen", args.carrier_listen)?;
    let desk_url = local_url(listener.local_addr()?);
    let carrier_url = local_url(carrier_listener.local_addr()?);
    let (folder, _thrown_away_at_the_end) = match &args.data_dir {
        Some(folder) => (folder.clone(), None),
        None => {
            let folder = tempfile::tempdir()?;
            (folder.path().to_owned(), Some(folder))
        }
    };
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("the folder {} cannot be created", folder.display()))?;

    let clock = clock(&folder);
    let carrier = carrier(&clock, &carrier_url, &desk_url);
    let carrier_server = tokio::spawn(axum::serve(carrier_listener, carrier.router()).into_future());
    let config = config(&folder, listen, &carrier_url);
    prepare(&folder, &config, &clock, &carrier).await?;
    carrier.add_number(ACCOUNT_SID, number(&desk_url))?;

    let installation = Installation::open(&config, desk_url.clone(), clock.clone()).await?;
    not_before(&clock, installation.newest_stored());
    announce(&desk_url, &carrier_url, args.data_dir.as_deref(), json)?;
    let demo_people = sample::PEOPLE.iter().map(sample::Person::signs_in).collect();
    let sockets =
        Sockets { listener, trusted_proxies: Vec::new(), metrics, metrics_listener: None, demo_people };
    installation.serve(sockets, stop).await?;
    carrier_server.abort();
    Ok(Done::new("", serde_json::Value::Null))
}

/// The desk's address where no flag gives one. Other settings are the demo's own.
fn listen_of_the_environment(variable: Option<&str>) -> anyhow::Result<SocketAddr> {
    let given = variable.map(str::trim).filter(|text| !text.is_empty()).unwrap_or(LISTEN);
    address(given).map_err(|fault| anyhow!("BACKSOON_LISTEN: {given:?} {fault}"))
}

/// The demo's clock: it begins in the past if the sample desk's day is still to be made.
fn clock(folder: &Path) -> Clock {
    if folder.join(READY_FILE).exists() { Clock::demo() } else { sample::clock() }
}

/// The address at which a socket of this machine is reached.
fn local_url(bound: SocketAddr) -> String {
    let mut address = bound;
    if bound.ip().is_unspecified() {
        address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    format!("http://{address}")
}

fn config(folder: &Path, listen: SocketAddr, carrier_url: &str) -> Config {
    Config {
        listen,
        public_url: None,
        database_url: format!("sqlite:{}", folder.join(DATABASE_FILE).display()),
        secret_key_file: folder.join("backsoon.key"),
        twilio_api_url: carrier_url.to_owned(),
        manual_clock: None,
        log: None,
        log_format: None,
        metrics_listen: None,
        trusted_proxies: Vec::new(),
        doubts: Vec::new(),
    }
}

fn carrier(clock: &Clock, carrier_url: &str, desk_url: &str) -> Sandbox {
    let account = Account {
        account_sid: ACCOUNT_SID.to_owned(),
        auth_token: AUTH_TOKEN.to_owned(),
        numbers: vec![number(desk_url)],
    };
    let shown = clock.clone();
    let carrier =
        Sandbox::new(sandbox::Config { accounts: vec![account], clock: Arc::new(move || shown.now().ms()) });
    carrier.set_api_url(carrier_url);
    carrier.set_desk_url(desk_url);
    for (phone, name) in sample::PHONES {
        carrier.add_phone(phone, name);
    }
    carrier
}

/// The desk's number, whose texts are posted to the desk at this address.
fn number(desk_url: &str) -> Number {
    Number {
        number: sample::DESK_NUMBER.to_owned(),
        inbound_webhook_url: format!("{desk_url}/webhooks/twilio/messages#rc=5&rp=all"),
    }
}

/// Makes the sample desk unless the folder has one. It is made on a socket of its own, so that nobody sees it
/// half done, and on a clock that runs through the hours before now.
async fn prepare(folder: &Path, config: &Config, clock: &Clock, carrier: &Sandbox) -> anyhow::Result<()> {
    let ready = folder.join(READY_FILE);
    if ready.exists() {
        return Ok(());
    }
    let database = folder.join(DATABASE_FILE);
    ensure!(
        !database.exists(),
        "{} is not a complete demo: its making was interrupted, or it belongs to something else. Delete the folder, or name another with --data-dir",
        database.display()
    );
    say("Making the sample desk …");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no loopback port is free")?;
    let url = local_url(listener.local_addr()?);
    carrier.add_number(ACCOUNT_SID, number(&url))?;
    let installation = Installation::open(config, url, clock.clone()).await?;
    let app = installation.app.clone();
    let metrics = telemetry::init_metrics();
    let sockets = Sockets {
        listener,
        trusted_proxies: Vec::new(),
        metrics,
        metrics_listener: None,
        demo_people: Vec::new(),
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(installation.serve(sockets, async move {
        // A sender that is gone means the same.
        let _ = stopped.await;
    }));
    let made = sample::make(&app, carrier, ACCOUNT_SID, AUTH_TOKEN).await;
    drop(app);
    drop(stop);
    serving.await.context("the sample desk ended badly")??;
    made.context("the sample desk could not be made")?;
    std::fs::write(&ready, "complete\n").with_context(|| format!("{} cannot be written", ready.display()))
}

/// After an earlier run that was moved forward, time goes on from there.
fn not_before(clock: &Clock, newest: Instant) {
    if newest > clock.now() {
        clock.pin(newest);
        clock.unpin();
    }
}

/// Says where everything is: data, so on standard output.
fn announce(desk_url: &str, carrier_url: &str, data_dir: Option<&Path>, json: bool) -> anyhow::Result<()> {
    let text = if json {
        let users: Vec<_> = sample::PEOPLE
            .iter()
            .map(|person| json!({ "name": person.name, "email": person.email, "password": sample::PASSWORD, "roles": person.roles }))
            .collect();
        json!({ "desk_url": desk_url, "carrier_url": carrier_url, "users": users }).to_string()
    } else {
        let people: Vec<String> = sample::PEOPLE
            .iter()
            .map(|person| format!("    {:<22} {:<13} {}", person.email, person.name, person.about))
            .collect();
        let end = match data_dir {
            Some(folder) => format!("Ctrl+C ends it; everything is kept in {}.", folder.display()),
            None => "Ctrl+C ends it and throws everything away.".to_owned(),
        };
        format!(
            "The demo is up.\n\n  The desk                 {desk_url}\n  The customers' phones    {carrier_url}\n\n  The sign-in page offers these people; their password is {}:\n{}\n\n  Text from the phone of {}: Ana is away, so the automatic reply\n  comes at once, and the desk says why. {end}",
            sample::PASSWORD,
            people.join("\n"),
            sample::TRY_PHONE,
        )
    };
    let mut out = io::stdout();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_ones_that_a_browser_can_open() {
        let table = [
            ("127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("0.0.0.0:80", "http://127.0.0.1:80"),
            ("[::1]:80", "http://[::1]:80"),
        ];
        for (bound, url) in table {
            assert_eq!(local_url(bound.parse().unwrap()), url);
        }
    }

    #[test]
    fn the_desk_listens_where_the_environment_says() {
        let table = [
            (None, "127.0.0.1:8080"),
            (Some(""), "127.0.0.1:8080"),
            (Some("0.0.0.0:80"), "0.0.0.0:80"),
            (Some(" localhost:9000 "), "127.0.0.1:9000"),
        ];
        for (variable, listen) in table {
            assert_eq!(listen_of_the_environment(variable).unwrap(), listen.parse().unwrap(), "{variable:?}");
        }
        let refused = listen_of_the_environment(Some("8080")).unwrap_err().to_string();
        assert!(refused.starts_with("BACKSOON_LISTEN: \"8080\" is not an address with a port"), "{refused}");
    }

    #[tokio::test]
    async fn the_sample_desk_is_as_the_readme_says_and_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let carrier_listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let carrier_url = local_url(carrier_listener.local_addr().unwrap());
        let clock = clock(folder.path());
        let carrier = carrier(&clock, &carrier_url, "http://127.0.0.1:1");
        let server = tokio::spawn(axum::serve(carrier_listener, carrier.router()).into_future());
        let config = config(folder.path(), "127.0.0.1:1".parse().unwrap(), &carrier_url);
        prepare(folder.path(), &config, &clock, &carrier).await.unwrap();
        let behind_ms = Clock::system().now().since_ms(clock.now());
        assert!(behind_ms.abs() < 5_000, "the demo's clock is {behind_ms} ms behind");
        sample::tests::holds(&config, &clock).await;
        let clock = super::clock(folder.path());
        prepare(folder.path(), &config, &clock, &carrier).await.unwrap();
        sample::tests::holds(&config, &clock).await;
        std::fs::remove_file(folder.path().join(READY_FILE)).unwrap();
        let refused = prepare(folder.path(), &config, &clock, &carrier).await.unwrap_err();
        assert!(refused.to_string().contains("is not a complete demo"), "{refused}");
        server.abort();
    }
}
