//! Signs what the carrier posts, as Twilio documents it. Written independently of the product's verifier.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use base64::Engine;
use hmac::{KeyInit, Mac};

/// The value of `X-Twilio-Signature` for a form posted to `url`, which is signed without its fragment.
pub fn of(token: &str, url: &str, params: &[(String, String)]) -> String {
    let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, value) in params {
        values.entry(name).or_default().insert(value);
    }
    let mut signed = url.split('#').next().unwrap_or_default().to_owned();
    for (name, of_name) in values {
        for value in of_name {
            signed.push_str(name);
            signed.push_str(value);
        }
    }
    let mut mac = hmac::Hmac::<sha1::Sha1>::new_from_slice(token.as_bytes()).expect("any key length will do");
    mac.update(signed.as_bytes());
    base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_documented_example() {
        let params: Vec<(String, String)> = [
            ("To", "+18005551212"),
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", "+14158675309"),
            ("Digits", "1234"),
            ("From", "+14158675309"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2#rc=5";
        assert_eq!(super::of("12345", url, &params), "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
    }
}
