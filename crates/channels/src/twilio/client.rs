//! The HTTP client to Twilio's API: where it may connect, how long it may take, how much it may read.
//!
//! Guaranteed: TLS everywhere but on loopback; no redirect is followed by itself; nothing is sent twice behind
//! the caller's back; an answer is read up to a limit; the credentials go to the configured address only and
//! never appear in a log, an error or `Debug`.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response, Url};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(10);
/// Shorter than the other side's usual patience: a request on a connection that it is just closing has an
/// unknown outcome.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);
/// The largest answer to a request about one thing.
pub(super) const MAX_ANSWER_BYTES: usize = 64 * 1024;
/// The path of the API version in use.
pub(super) const API_VERSION: &str = "/2010-04-01";

/// A carrier account's name and secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// `AC…`; for an API key the key's name is not enough, the account's is needed in every address.
    pub account_sid: String,
    /// The auth token.
    pub auth_token: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("account_sid", &self.account_sid).finish_non_exhaustive()
    }
}

/// Why an address cannot be used as the carrier's API.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// It is not the address of a server.
    #[error("the carrier's API address {0:?} is not an http or https address")]
    NotAnAddress(String),
    /// The credentials would travel in the clear.
    #[error("the carrier's API address {0:?} must use https: plain http is for loopback only")]
    Insecure(String),
    /// It carries more than scheme, host, port and path.
    #[error("the carrier's API address {0:?} must not carry credentials, a query or a fragment")]
    NotABase(String),
    /// The TLS or DNS machinery could not be set up.
    #[error("the client for the carrier's API cannot be set up: {0}")]
    Setup(String),
}

/// A connection pool to one carrier API. Cheap to clone; all clones share the pool.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
}

impl Client {
    /// A client for the API at `api_base_url`, for example `https://api.twilio.com`.
    pub fn new(api_base_url: &str) -> Result<Self, ClientError> {
        Self::with_timeouts(api_base_url, CONNECT_TIMEOUT, TOTAL_TIMEOUT)
    }

    pub(super) fn with_timeouts(
        api_base_url: &str,
        connect: Duration,
        total: Duration,
    ) -> Result<Self, ClientError> {
        let base =
            Url::parse(api_base_url).map_err(|_| ClientError::NotAnAddress(api_base_url.to_owned()))?;
        let loopback = is_loopback(&base);
        match base.scheme() {
            _ if base.host_str().is_none() => return Err(ClientError::NotAnAddress(api_base_url.to_owned())),
            "https" => {}
            "http" if loopback => {}
            "http" => return Err(ClientError::Insecure(api_base_url.to_owned())),
            _ => return Err(ClientError::NotAnAddress(api_base_url.to_owned())),
        }
        let has_more = !base.username().is_empty()
            || base.password().is_some()
            || base.query().is_some()
            || base.fragment().is_some();
        if has_more {
            // The address is not repeated here: it may hold a password.
            return Err(ClientError::NotABase(base.host_str().unwrap_or_default().to_owned()));
        }
        // Another part of the program may have chosen the provider first; both choose the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(connect)
            .timeout(total)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .user_agent(concat!("backsoon/", env!("CARGO_PKG_VERSION")));
        if loopback {
            // A carrier on this machine needs neither the way out nor the system's root certificates.
            builder = builder.no_proxy();
            if base.scheme() == "http" {
                builder = builder.tls_certs_only([]);
            }
        }
        let http = builder.build().map_err(|error| ClientError::Setup(describe(error)))?;
        Ok(Self { http, base })
    }

    pub(super) fn base(&self) -> &Url {
        &self.base
    }

    /// The address of something in the account, below `/2010-04-01/Accounts/{sid}`. The account's name becomes
    /// part of the path, so it must not be able to leave its place there.
    pub(super) fn account_url(&self, credentials: &Credentials, rest: &str) -> Result<Url, NotAnId> {
        let sid = id(&credentials.account_sid)?;
        Ok(self.at(&format!("{API_VERSION}/Accounts/{sid}{rest}")))
    }

    /// The address of an absolute path of the API, below the configured base.
    pub(super) fn at(&self, path_and_query: &str) -> Url {
        let mut url = self.base.clone();
        let (path, query) = match path_and_query.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path_and_query, None),
        };
        let below = format!("{}{path}", self.base.path().trim_end_matches('/'));
        url.set_path(&below);
        url.set_query(query);
        url
    }

    pub(super) fn request(&self, method: Method, url: Url, credentials: &Credentials) -> RequestBuilder {
        self.http.request(method, url).basic_auth(&credentials.account_sid, Some(&credentials.auth_token))
    }

    /// A request that names nobody, for an address that the carrier referred us to.
    pub(super) fn anonymous(&self, url: Url) -> RequestBuilder {
        self.http.get(url)
    }
}

/// A value that cannot be an id, and would change the meaning of an address.
#[derive(Debug)]
pub(super) struct NotAnId;

/// `value` if it can stand in a path as one step.
pub(super) fn id(value: &str) -> Result<&str, NotAnId> {
    let fits = (1..=64).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if fits { Ok(value) } else { Err(NotAnId) }
}

/// Whether the address leads to this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => {
            host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        None => false,
    }
}

/// Why a body could not be read.
#[derive(Debug)]
pub(super) enum ReadError {
    TooLarge,
    Broken(String),
}

/// Reads an answer's body up to `limit` bytes.
pub(super) async fn read_bounded(mut response: Response, limit: usize) -> Result<Vec<u8>, ReadError> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > limit => return Err(ReadError::TooLarge),
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body),
            Err(error) => return Err(ReadError::Broken(describe(error))),
        }
    }
}

/// An error with its causes, without the address: that holds account and phone numbers.
pub(super) fn describe(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_addresses_are_taken() {
        // (address, taken)
        let table = [
            ("https://api.twilio.com", true),
            ("https://api.twilio.com/", true),
            ("https://proxy.example.com/twilio", true),
            ("http://127.0.0.1:8081", true),
            ("http://localhost:8081", true),
            ("http://[::1]:8081", true),
            ("http://127.9.9.9:8081", true),
            ("http://api.twilio.com", false),
            ("http://localhost.example.com", false),
            ("http://127.0.0.1.example.com", false),
            ("http://192.168.0.4:8081", false),
            ("ftp://127.0.0.1", false),
            ("api.twilio.com", false),
            ("", false),
            ("https://user:pw@api.twilio.com", false),
            ("https://api.twilio.com?a=1", false),
            ("https://api.twilio.com#a", false),
        ];
        for (address, taken) in table {
            let result = Client::new(address);
            assert_eq!(result.is_ok(), taken, "{address}: {result:?}");
            if let Err(error) = result {
                assert!(!error.to_string().contains("pw"), "a password is repeated: {error}");
            }
        }
    }

    #[test]
    fn addresses_stay_below_the_base() {
        let credentials = Credentials { account_sid: "AC1".into(), auth_token: "t".into() };
        let table = [
            ("https://api.twilio.com", "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json"),
            ("https://p.example.com/tw/", "https://p.example.com/tw/2010-04-01/Accounts/AC1/Messages.json"),
        ];
        for (base, expected) in table {
            let client = Client::new(base).unwrap();
            assert_eq!(client.account_url(&credentials, "/Messages.json").unwrap().as_str(), expected);
        }
        let client = Client::new("https://api.twilio.com").unwrap();
        for sid in ["", "../Accounts", "AC1/Messages", "AC1?x", "AC 1"] {
            let credentials = Credentials { account_sid: sid.into(), auth_token: "t".into() };
            assert!(client.account_url(&credentials, ".json").is_err(), "{sid}");
        }
    }

    #[test]
    fn the_secret_is_not_shown() {
        let credentials = Credentials { account_sid: "AC1".into(), auth_token: "hunter2".into() };
        assert!(!format!("{credentials:?}").contains("hunter2"));
    }
}
