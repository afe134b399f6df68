//! From an address to a connection with the session's settings.

use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::config::Host;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::failure::{Again, explain, with_source};
use super::{password, tls};
use crate::error::StoreError;

/// How long connecting may take, unless the address says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// When a peer that does not answer counts as gone.
const PEER_TIMEOUT: Duration = Duration::from_secs(15);

/// The oldest server that the statements are tested with.
const OLDEST_SERVER: u32 = 15;

/// How to connect.
#[derive(Clone)]
pub(super) struct Connect {
    config: Config,
    tls: MakeRustlsConnect,
    /// Why a file with passwords was not used.
    password_fault: Option<String>,
    /// How many connections at most.
    pub connections: usize,
}

/// The driver's end of a connection.
pub(super) type Driver =
    tokio_postgres::Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

impl Connect {
    pub(super) fn parse(url: &str, connections: usize) -> Result<Self, StoreError> {
        let misunderstood = |detail: String| {
            StoreError::unavailable(
                "The database address is not understood: write `postgres://USER:PASSWORD@HOST/DATABASE`, options such as `?sslmode=require&max_connections=20` behind it.",
                detail,
            )
        };
        let (url, connections) = own_options(url, connections)
            .ok_or_else(|| misunderstood("max_connections must be a number from 1 to 1000".to_owned()))?;
        let mut config = Config::from_str(&url).map_err(|error| misunderstood(with_source(&error)))?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(PEER_TIMEOUT);
        }
        config.keepalives_idle(PEER_TIMEOUT);
        if config.get_application_name().is_none() {
            config.application_name("backsoon");
        }
        let found = if config.get_password().is_none() { password::find(&config) } else { Ok(None) };
        let password_fault = match found {
            Ok(found) => {
                if let Some(password) = found {
                    config.password(password);
                }
                None
            }
            Err(fault) => Some(fault),
        };
        let tls = tls::connector(config.get_ssl_mode())?;
        Ok(Self { config, tls, password_fault, connections })
    }

    /// A new connection, whose driver is to be polled by the caller, and not yet set up.
    pub(super) async fn raw(&self) -> Result<(Client, Driver), StoreError> {
        let (client, driver) = self.config.connect(self.tls.clone()).await.map_err(|error| {
            if self.config.get_password().is_none() && with_source(&error).contains("password missing") {
                return StoreError::unavailable(
                    "The database server asks for a password, and there is none: write it into the address (database_url, or the file of database_url_file), or into the file that PGPASSFILE names.",
                    self.password_fault.as_deref().unwrap_or_default(),
                );
            }
            let failure = explain(&error);
            match (failure.error, failure.again) {
                (error @ StoreError::Unavailable { .. }, Again::Never | Again::Conflict) => error,
                (StoreError::Unavailable { detail, .. }, _) if error.as_db_error().is_none() => {
                    self.unreachable(detail)
                }
                (unavailable @ StoreError::Unavailable { .. }, _) => unavailable,
                (other, _) => self.unreachable(other.log_text()),
            }
        })?;
        fit(&driver)?;
        Ok((client, driver))
    }

    fn unreachable(&self, detail: String) -> StoreError {
        let hosts: Vec<String> = self
            .config
            .get_hosts()
            .iter()
            .map(|host| match host {
                // Of an address whose password holds a bare @, its end is taken for a part of the host.
                Host::Tcp(name) => name.rsplit('@').next().unwrap_or_default().to_owned(),
                #[cfg(unix)]
                Host::Unix(path) => path.display().to_string(),
            })
            .collect();
        StoreError::unavailable(
            format!(
                "The database server at {} cannot be reached: check the address, that the server runs, and sslmode; in a password, write @ as %40.",
                hosts.join(", ")
            ),
            detail,
        )
    }
}

/// Refuses a server that would store or search texts wrongly.
fn fit(driver: &Driver) -> Result<(), StoreError> {
    let version = driver.parameter("server_version").unwrap_or("0");
    let major = version.split(['.', ' ']).next().and_then(|text| text.parse::<u32>().ok()).unwrap_or(0);
    if major < OLDEST_SERVER {
        return Err(StoreError::unavailable(
            format!("The database server is PostgreSQL {version}; {OLDEST_SERVER} or later is needed."),
            "",
        ));
    }
    let encoding = driver.parameter("server_encoding").unwrap_or("");
    if encoding != "UTF8" {
        return Err(StoreError::unavailable(
            format!("The database stores texts as {encoding}; create it with the encoding UTF8."),
            "",
        ));
    }
    Ok(())
}

/// Takes our own option out of the address.
fn own_options(url: &str, default: usize) -> Option<(String, usize)> {
    let Some((address, options)) = url.split_once('?') else { return Some((url.to_owned(), default)) };
    let mut connections = default;
    let mut rest = Vec::new();
    for option in options.split('&').filter(|option| !option.is_empty()) {
        match option.strip_prefix("max_connections=") {
            Some(number) => {
                connections = number.parse().ok().filter(|number| (1..=1000).contains(number))?;
            }
            None => rest.push(option),
        }
    }
    let joint = if rest.is_empty() { "" } else { "?" };
    Some((format!("{address}{joint}{}", rest.join("&")), connections))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_option_is_taken_out() {
        let table = [
            ("postgres://h/d", Some(("postgres://h/d", 10))),
            ("postgres://h/d?max_connections=3", Some(("postgres://h/d", 3))),
            ("postgres://h/d?sslmode=require&max_connections=3", Some(("postgres://h/d?sslmode=require", 3))),
            ("postgres:///d?host=/run&max_connections=0", None),
        ];
        for (url, expected) in table {
            let found = own_options(url, 10);
            assert_eq!(found.as_ref().map(|(url, n)| (url.as_str(), *n)), expected, "{url}");
        }
    }
}
