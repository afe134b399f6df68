//! The cookies (V3.3.1-4): `__Host-` and Secure on https, HttpOnly, SameSite=Lax, the whole path.

use app::login::ABSOLUTE_EXPIRY_MS;
use domain::time::{DAY_MS, SECOND_MS};
use http::HeaderMap;
use http::header::COOKIE;

/// One of the cookies that a browser keeps for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cookie {
    /// The session's token.
    Session,
    /// That people have signed in from this browser before (decision 0033). Signing out leaves it.
    Device,
}

impl Cookie {
    /// The cookie's name where the server is reached by https, or by plain http.
    pub const fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Session, true) => "__Host-backsoon",
            (Self::Session, false) => "backsoon",
            (Self::Device, true) => "__Host-backsoon-device",
            (Self::Device, false) => "backsoon-device",
        }
    }

    /// How long a browser keeps it: a device's for as long as browsers keep any.
    const fn max_age_ms(self) -> i64 {
        match self {
            Self::Session => ABSOLUTE_EXPIRY_MS,
            Self::Device => 400 * DAY_MS,
        }
    }

    /// The `Set-Cookie` that gives it to the browser.
    pub fn set(self, value: &str, secure: bool) -> String {
        self.with(value, self.max_age_ms() / SECOND_MS, secure)
    }

    /// The `Set-Cookie` that takes it away.
    pub fn clear(self, secure: bool) -> String {
        self.with("", 0, secure)
    }

    fn with(self, value: &str, max_age_s: i64, secure: bool) -> String {
        let name = self.name(secure);
        let suffix = if secure { "; Secure" } else { "" };
        format!("{name}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{suffix}")
    }

    /// What a request bears of it. Two different ones are none: nobody knows which was planted.
    pub fn read(self, headers: &HeaderMap, secure: bool) -> Option<&str> {
        let name = self.name(secure);
        let mut found = None;
        let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        for pair in pairs.flat_map(|value| value.split(';')) {
            if let Some((key, value)) = pair.trim().split_once('=')
                && key == name
                && !value.is_empty()
            {
                if found.is_some_and(|earlier| earlier != value) {
                    return None;
                }
                found = Some(value);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_its_own_cookie_only() {
        let table: [(&[&str], bool, Option<&str>); 8] = [
            (&["backsoon=abc"], false, Some("abc")),
            (&["a=b; backsoon=abc ;c=d"], false, Some("abc")),
            (&["backsoon=abc"], true, None),
            (&["__Host-backsoon=abc"], true, Some("abc")),
            (&["__Host-backsoon=abc"], false, None),
            (&["backsoon="], false, None),
            (&["backsoon=a; backsoon=b"], false, None),
            (&["backsoon=a", "backsoon=a"], false, Some("a")),
        ];
        for (values, secure, expected) in table {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(COOKIE, value.parse().expect("a header"));
            }
            assert_eq!(Cookie::Session.read(&headers, secure), expected, "{values:?}");
        }
    }

    #[test]
    fn v3_3_a_secure_cookie_has_every_protection() {
        let cookie = Cookie::Session.set("abc", true);
        for part in ["__Host-backsoon=abc", "Path=/", "HttpOnly", "SameSite=Lax", "Secure", "Max-Age=2592000"]
        {
            assert!(cookie.split("; ").any(|found| found == part), "{part} in {cookie}");
        }
        assert!(!Cookie::Session.set("abc", false).contains("Secure"));
        assert!(Cookie::Session.clear(true).contains("Max-Age=0"));
    }
}
