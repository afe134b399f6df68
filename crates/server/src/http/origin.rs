//! Whether an unsafe request that bears the session cookie comes from our own pages (V3.5.1).
//!
//! A browser always sends `Origin` with one, and `Sec-Fetch-Site` if it is of this decade; neither can be forged
//! by a page. A request with neither comes from no browser, and nobody can make a browser send it.

use http::HeaderMap;
use http::header::ORIGIN;

/// The origin of the pages, from the configured public address: scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicOrigin {
    origin: String,
    /// Other ways to write the same loopback origin, which a person at the machine may type.
    loopback: Vec<String>,
}

const LOOPBACK_HOSTS: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

impl PublicOrigin {
    /// From the public address.
    pub fn of(public_url: &str) -> Self {
        let (scheme, rest) = public_url.split_once("://").unwrap_or(("http", public_url));
        let scheme = scheme.to_ascii_lowercase();
        let authority = rest.split(['/', '?', '#']).next().unwrap_or("").to_ascii_lowercase();
        let default_port = if scheme == "https" { ":443" } else { ":80" };
        let authority = authority.strip_suffix(default_port).unwrap_or(&authority);
        let loopback = LOOPBACK_HOSTS.iter().find_map(|host| {
            let port = authority.strip_prefix(host)?;
            (port.is_empty() || port.starts_with(':')).then_some(port)
        });
        let others = |port: &str| LOOPBACK_HOSTS.map(|host| format!("{scheme}://{host}{port}")).to_vec();
        Self { origin: format!("{scheme}://{authority}"), loopback: loopback.map(others).unwrap_or_default() }
    }

    /// Whether the browser reaches the server by https.
    pub fn secure(&self) -> bool {
        self.origin.starts_with("https://")
    }

    /// Refuses what another site made a browser send.
    pub fn check(&self, headers: &HeaderMap) -> Result<(), String> {
        let site = headers.get("Sec-Fetch-Site").map(|value| value.to_str().unwrap_or(""));
        if site.is_some_and(|site| site != "same-origin" && site != "none") {
            return Err("The request comes from another site.".to_owned());
        }
        let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
        let origin = origin.to_str().unwrap_or("");
        if origin == self.origin || self.loopback.iter().any(|own| own == origin) {
            return Ok(());
        }
        Err(format!(
            "The request comes from another address than {}, where this desk is to be opened (BACKSOON_PUBLIC_URL).",
            self.origin
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v3_5_1_only_our_own_pages_may_change_anything() {
        const PUBLIC: &str = "https://desk.example.com";
        type Row = (&'static str, Option<&'static str>, Option<&'static str>, bool);
        let table: [Row; 15] = [
            (PUBLIC, None, None, true),
            (PUBLIC, Some("https://desk.example.com"), None, true),
            (PUBLIC, Some("https://desk.example.com"), Some("same-origin"), true),
            (PUBLIC, None, Some("same-origin"), true),
            (PUBLIC, None, Some("cross-site"), false),
            (PUBLIC, None, Some("same-site"), false),
            (PUBLIC, Some("https://desk.example.com"), Some("cross-site"), false),
            (PUBLIC, Some("https://evil.example.com"), None, false),
            (PUBLIC, Some("https://evil.example.com"), Some("same-origin"), false),
            (PUBLIC, Some("http://desk.example.com"), None, false),
            (PUBLIC, Some("https://desk.example.com:8443"), None, false),
            (PUBLIC, Some("null"), None, false),
            ("https://Desk.example.com:443/", Some("https://desk.example.com"), None, true),
            ("http://127.0.0.1:8080", Some("http://localhost:8080"), Some("same-origin"), true),
            ("http://127.0.0.1:8080", Some("http://localhost:8081"), None, false),
        ];
        for (public_url, origin, site, allowed) in table {
            let mut headers = HeaderMap::new();
            if let Some(origin) = origin {
                headers.insert(ORIGIN, origin.parse().expect("a header"));
            }
            if let Some(site) = site {
                headers.insert("Sec-Fetch-Site", site.parse().expect("a header"));
            }
            let checked = PublicOrigin::of(public_url).check(&headers);
            assert_eq!(checked.is_ok(), allowed, "{public_url} {origin:?} {site:?}");
        }
    }
}
