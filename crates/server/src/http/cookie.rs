//! The session cookie (V3.3.1-4): `__Host-` and Secure on https, HttpOnly, SameSite=Lax, the whole path.

use app::login::ABSOLUTE_EXPIRY_MS;
use domain::time::SECOND_MS;
use http::HeaderMap;
use http::header::COOKIE;

const SECURE_NAME: &str = "__Host-backsoon";
const PLAIN_NAME: &str = "backsoon";

/// The cookie's name where the server is reached by https, or by plain http.
pub const fn name(secure: bool) -> &'static str {
    if secure { SECURE_NAME } else { PLAIN_NAME }
}

/// The `Set-Cookie` that begins a session.
pub fn set(token: &str, secure: bool) -> String {
    with(token, ABSOLUTE_EXPIRY_MS / SECOND_MS, secure)
}

/// The `Set-Cookie` that ends it.
pub fn clear(secure: bool) -> String {
    with("", 0, secure)
}

fn with(value: &str, max_age_s: i64, secure: bool) -> String {
    let name = name(secure);
    let suffix = if secure { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{suffix}")
}

/// The session's token in a request. Two different ones are none: nobody knows which was planted.
pub fn read(headers: &HeaderMap, secure: bool) -> Option<&str> {
    let mut found = None;
    let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    for pair in pairs.flat_map(|value| value.split(';')) {
        if let Some((key, value)) = pair.trim().split_once('=')
            && key == name(secure)
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
            assert_eq!(read(&headers, secure), expected, "{values:?}");
        }
    }

    #[test]
    fn v3_3_a_secure_cookie_has_every_protection() {
        let cookie = set("abc", true);
        for part in ["__Host-backsoon=abc", "Path=/", "HttpOnly", "SameSite=Lax", "Secure", "Max-Age=2592000"]
        {
            assert!(cookie.split("; ").any(|found| found == part), "{part} in {cookie}");
        }
        assert!(!set("abc", false).contains("Secure"));
        assert!(clear(true).contains("Max-Age=0"));
    }
}
