//! What a browser keeps so that its owner is known there (V6.3.1, decision 0033).
//!
//! Guaranteed: it names nobody, is good only for accounts that have signed in from that browser, and outlives
//! restarts, other nodes and a rotation of the secret key. It opens nothing: who shows it is merely counted apart.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::seal::{SecretKey, TAG_BYTES, random_bytes};

/// So many people of one shared computer are known there: those who signed in last.
const MAX_ACCOUNTS: usize = 8;
/// Length of a device's id: nobody has the same by chance.
const ID_BYTES: usize = 16;

/// A browser: an id drawn at random, and a tag for each account that has signed in there, the latest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Device {
    /// Its id.
    pub id: [u8; ID_BYTES],
    tags: Vec<[u8; TAG_BYTES]>,
}

impl Device {
    /// The device that a browser says it is, if the account has signed in there.
    pub fn known(text: Option<&str>, account: &str, secrets: &SecretKey) -> Option<Self> {
        let device = Self::parse(text?)?;
        secrets.verifies_any(&device.tags, &device.claim(account)).then_some(device)
    }

    /// The device after this account has signed in: the same one if it was one, otherwise a new one.
    pub fn after_sign_in(text: Option<&str>, account: &str, secrets: &SecretKey) -> Self {
        let mut device =
            text.and_then(Self::parse).unwrap_or_else(|| Self { id: random_bytes(), tags: Vec::new() });
        let claim = device.claim(account);
        device.tags.retain(|tag| !secrets.verifies_any(&[*tag], &claim));
        device.tags.insert(0, secrets.tag(&claim));
        device.tags.truncate(MAX_ACCOUNTS);
        device
    }

    /// As the browser keeps it.
    pub fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode([&self.id[..], self.tags.as_flattened()].concat())
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (id, tags) = bytes.split_first_chunk()?;
        let (tags, rest) = tags.as_chunks();
        let is_whole = rest.is_empty() && tags.len() <= MAX_ACCOUNTS;
        is_whole.then(|| Self { id: *id, tags: tags.to_vec() })
    }

    /// What a tag says.
    fn claim(&self, account: &str) -> Vec<u8> {
        [&self.id[..], account.as_bytes()].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v6_3_1_a_device_is_known_to_who_signed_in_there_and_to_nobody_else() {
        let secrets = SecretKey::from_bytes([7; 32]);
        let of = |text: Option<&str>, account: &str| Device::after_sign_in(text, account, &secrets);
        let known =
            |text: &str, account: &str| Device::known(Some(text), account, &secrets).map(|device| device.id);
        let ana = of(None, "ana@x");
        let text = ana.to_text();
        assert_eq!(known(&text, "ana@x"), Some(ana.id));
        assert_ne!(of(None, "ana@x").id, ana.id);
        let shared = of(Some(&text), "ben@x");
        assert_eq!(shared.id, ana.id);
        let [ana_again, ben] = ["ana@x", "ben@x"].map(|account| known(&shared.to_text(), account));
        assert_eq!((ana_again, ben), (Some(ana.id), Some(ana.id)));
        assert_eq!(of(Some(&text), "ana@x"), ana, "signing in again adds nothing");

        let changed = format!("{}{}", if text.starts_with('A') { 'B' } else { 'A' }, &text[1..]);
        let forged = [
            (text.as_str(), "ben@x"),
            (changed.as_str(), "ana@x"),
            (&text[..22], "ana@x"),
            (&text[..30], "ana@x"),
            (&format!("{text}A"), "ana@x"),
            ("", "ana@x"),
            ("not base64!", "ana@x"),
        ];
        for (text, account) in forged {
            assert_eq!(known(text, account), None, "{text} of {account}");
        }
        let other = SecretKey::from_bytes([8; 32]);
        assert_eq!(Device::known(Some(&text), "ana@x", &other), None);
    }

    #[test]
    fn a_device_knows_the_last_eight() {
        let secrets = SecretKey::from_bytes([7; 32]);
        let mut text = None;
        for n in 0..20 {
            text = Some(Device::after_sign_in(text.as_deref(), &format!("{n}@x"), &secrets).to_text());
        }
        let text = text.unwrap();
        let known = (0..20).filter(|n| Device::known(Some(&text), &format!("{n}@x"), &secrets).is_some());
        assert_eq!(known.collect::<Vec<_>>(), (12..20).collect::<Vec<_>>());
        assert!(text.len() < 200, "it is sent along with every request: {}", text.len());
        let longer = URL_SAFE_NO_PAD.encode([0; ID_BYTES + 9 * TAG_BYTES]);
        assert_eq!(Device::parse(&longer), None);
    }
}
