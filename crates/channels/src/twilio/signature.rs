//! Twilio's webhook signature: proof that a request was made by someone who knows the account's auth token.
//!
//! Guaranteed: the same answer as the official libraries for form posts, in constant time.
//! Not guaranteed: freshness. A signed request can be replayed, so a message is deduplicated by its id.
//! The URL must come from configuration, never from `Host` or `X-Forwarded-*` (V4.1.3).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::{Choice, ConstantTimeEq};

use super::form::Posted;

/// Signs `url` (its fragment is not part of what is signed) and the form's parameters with an auth token.
///
/// Each distinct pair counts once, in bytewise order, so the order and repetition of the form do not matter.
pub fn sign(token: &str, url: &str, params: &[(String, String)]) -> String {
    sign_exact(token, without_fragment(url), &params.into())
}

/// Whether `header` is the signature of this request under `token`; nothing is signed under an empty one.
///
/// Twilio signs the URL sometimes with and sometimes without its port, so both forms count, as in the official
/// libraries. What is signed are the bytes that were sent; of words that are not UTF-8 also what they are read as,
/// because a carrier in whose own language texts cannot hold them signs that.
pub fn verify(token: &str, url: &str, posted: &Posted, header: &str) -> bool {
    let url = without_fragment(url);
    let fits = |posted: &Posted| -> Choice {
        let fits = |url: String| sign_exact(token, &url, posted).as_bytes().ct_eq(header.as_bytes());
        fits(with_port(url)) | fits(without_port(url))
    };
    let as_read = posted.as_read().map_or(Choice::from(0), |as_read| fits(&as_read));
    !token.is_empty() && bool::from(fits(posted) | as_read)
}

fn sign_exact(token: &str, url: &str, posted: &Posted) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(url.as_bytes());
    for (name, value) in posted.as_sent() {
        mac.update(name);
        mac.update(value);
    }
    STANDARD.encode(mac.finalize().into_bytes())
}

fn without_fragment(url: &str) -> &str {
    url.split('#').next().unwrap_or(url)
}

/// The URL cut in three: up to and including the host, the port if one is written, and the rest.
fn at_port(url: &str) -> (&str, Option<&str>, &str) {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find(['/', '?']).map_or(url.len(), |at| start + at);
    let (authority, rest) = (&url[..end], &url[end..]);
    // A colon inside an IPv6 address's brackets or inside user information is not the port's.
    let host_start = authority.rfind(['@', ']']).map_or(start, |at| at + 1);
    match authority[host_start..].rfind(':') {
        Some(at) => (&authority[..host_start + at], Some(&authority[host_start + at + 1..]), rest),
        None => (authority, None, rest),
    }
}

fn with_port(url: &str) -> String {
    match at_port(url) {
        (_, Some(_), _) => url.to_owned(),
        (host, None, rest) => {
            let port = if url.starts_with("https:") { 443 } else { 80 };
            format!("{host}:{port}{rest}")
        }
    }
}

fn without_port(url: &str) -> String {
    let (host, _, rest) = at_port(url);
    format!("{host}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    type Pairs = &'static [(&'static str, &'static str)];

    fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
        of.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }

    fn posted(of: &[(&str, &str)]) -> Posted {
        pairs(of).as_slice().into()
    }

    const CALL: Pairs = &[
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675309"),
        ("Digits", "1234"),
        ("From", "+14158675309"),
        ("To", "+18005551212"),
    ];
    const TEXT: Pairs = &[
        ("MessageSid", "SMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ("From", "+15551230001"),
        ("To", "+15559870000"),
        ("Body", "Hi there"),
        ("NumMedia", "0"),
    ];

    /// The vectors of Twilio's documentation and of its official Python library.
    #[test]
    fn golden_vectors() {
        let table: &[(&str, Pairs, &str)] = &[
            ("https://mycompany.com/myapp.php?foo=1&bar=2", CALL, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
            ("https://desk.example.com/hooks/twilio/inbound", TEXT, "vWHfEdrDTGLlwV4coV56OAesSKs="),
        ];
        for (url, params, expected) in table {
            assert_eq!(sign("12345", url, &pairs(params)), *expected, "{url}");
            assert!(verify("12345", url, &posted(params), expected), "{url}");
        }
    }

    #[test]
    fn what_does_and_does_not_change_a_signature() {
        let url = "https://desk.example.com/hooks/twilio/inbound";
        let base = sign("12345", url, &pairs(TEXT));
        let mut reversed = pairs(TEXT);
        reversed.reverse();
        let mut repeated = pairs(TEXT);
        repeated.extend(pairs(TEXT));
        let mut unknown = pairs(TEXT);
        unknown.extend(pairs(&[("SomethingNew", "1")]));
        let mut two_values = pairs(TEXT);
        two_values.extend(pairs(&[("Body", "Other")]));
        let mut trimmed = pairs(TEXT);
        trimmed[3].1.push(' ');
        // (what, url, params, same as the base)
        let table = [
            ("order", url.to_owned(), reversed, true),
            ("repetition", url.to_owned(), repeated, true),
            ("fragment", format!("{url}#rc=5&rp=all"), pairs(TEXT), true),
            ("a parameter we do not know", url.to_owned(), unknown, false),
            ("a second value", url.to_owned(), two_values, false),
            ("a trailing space", url.to_owned(), trimmed, false),
            ("a trailing slash", format!("{url}/"), pairs(TEXT), false),
            ("a query", format!("{url}?a=1"), pairs(TEXT), false),
            ("the scheme", url.replace("https", "http"), pairs(TEXT), false),
        ];
        for (what, url, params, same) in table {
            assert_eq!(sign("12345", &url, &params) == base, same, "{what}");
            assert_eq!(verify("12345", &url, &params.as_slice().into(), &base), same, "{what}");
        }
    }

    #[test]
    fn ports_are_accepted_in_both_forms() {
        let params = pairs(TEXT);
        // (configured, signed by the carrier, accepted)
        let table = [
            ("https://desk.example.com/w", "https://desk.example.com:443/w", true),
            ("https://desk.example.com:443/w", "https://desk.example.com/w", true),
            ("http://desk.example.com/w", "http://desk.example.com:80/w", true),
            ("http://127.0.0.1:8080/w", "http://127.0.0.1:8080/w", true),
            ("http://127.0.0.1:8080/w", "http://127.0.0.1/w", true),
            ("http://127.0.0.1:8080/w", "http://127.0.0.1:9090/w", false),
            ("https://desk.example.com/w", "https://desk.example.com:8443/w", false),
            ("http://[::1]:8080/w", "http://[::1]:8080/w", true),
            ("http://[::1]/w", "http://[::1]:80/w", true),
            ("https://user:pw@desk.example.com/w", "https://user:pw@desk.example.com:443/w", true),
            ("https://desk.example.com", "https://desk.example.com:443", true),
            ("https://desk.example.com?a=b:c", "https://desk.example.com:443?a=b:c", true),
            ("https://desk.example.com/w?at=1:2", "https://desk.example.com/w?at=1:2", true),
        ];
        for (configured, signed, accepted) in table {
            let header = sign("12345", signed, &params);
            assert_eq!(
                verify("12345", configured, &posted(TEXT), &header),
                accepted,
                "{configured} {signed}"
            );
        }
    }

    #[test]
    fn tokens_and_headers() {
        let url = "https://desk.example.com/w";
        let params = pairs(TEXT);
        let good = sign("new", url, &params);
        let table = [
            ("new", good.as_str(), true),
            ("old", &good, false),
            ("", &good, false),
            ("new", "", false),
            ("new", &good[..good.len() - 1], false),
            ("new", "not base64 at all \u{1f600}", false),
        ];
        for (token, header, accepted) in table {
            assert_eq!(verify(token, url, &posted(TEXT), header), accepted, "{token:?} {header}");
        }
        // An account without a token must never verify against the signature of the empty key.
        assert!(!verify("", url, &posted(TEXT), &sign("", url, &params)));
    }

    /// Words that are not UTF-8 are signed as the bytes that were sent, or as what they are read as.
    #[test]
    fn words_that_cannot_be_read_are_signed_all_the_same() {
        let url = "https://desk.example.com/w";
        let signed = |bytes: &[u8]| {
            let mut mac = Hmac::<Sha1>::new_from_slice(b"12345").unwrap();
            mac.update(url.as_bytes());
            mac.update(bytes);
            STANDARD.encode(mac.finalize().into_bytes())
        };
        // (form, the bytes that are signed, accepted)
        let table: [(&[u8], &[u8], bool); 9] = [
            (b"Body=you+%ED%A0%BD&A=1", b"A1Bodyyou \xed\xa0\xbd", true),
            (b"Body=you+%ED%A0%BD&A=1", "A1Bodyyou \u{fffd}\u{fffd}\u{fffd}".as_bytes(), true),
            (b"Body=caf%E9", b"Bodycaf\xe9", true),
            (b"Body=caf%E9", "Bodycaf\u{fffd}".as_bytes(), true),
            (b"Body=caf%E9", "Bodycaf\u{e9}".as_bytes(), false),
            (b"Body=%00", b"Body\0", true),
            (b"Body=100%", b"Body100%", true),
            (b"Body=%zz", b"Body%zz", true),
            (b"Body=caf%E9", b"Bodycaf", false),
        ];
        for (form, bytes, accepted) in table {
            let form_text = String::from_utf8_lossy(form);
            assert_eq!(verify("12345", url, &Posted::read(form), &signed(bytes)), accepted, "{form_text}");
        }
    }
}
