//! The installation's secret keys: encrypt carrier credentials at rest, and sign the ids that travel to the carrier
//! and back and the devices that people sign in from. The first one in the key file seals and signs, all of them open and verify (decision 0028).
//!
//! Guaranteed: what is sealed for one purpose and one thing (its associated data) opens for nothing else, and
//! a changed byte is noticed; a key file that was changed is heeded without a restart, as soon as something does not
//! open. Not guaranteed: that a stolen key *and* database tell nothing; keep them apart.

mod file;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use domain::id::{MessageId, OrganizationId, UserId};
use hmac::{Hmac, Mac};
use rand::TryRngCore;
use rand::rngs::OsRng;
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// Length of the key in bytes.
const KEY_BYTES: usize = 32;
/// What editors put at the start of a text file; it is no part of the text.
pub const BYTE_ORDER_MARK: char = '\u{feff}';
/// The first byte of everything sealed, so that the way of sealing can change.
const FORMAT: u8 = 1;
/// Length of XChaCha20's nonce: long enough to be drawn at random for ever.
const NONCE_BYTES: usize = 24;
/// Bytes of the HMAC that what is signed bears: 128 bits.
pub const TAG_BYTES: usize = 16;

/// The secret keys of this process. Their bytes never appear in `Debug` output.
#[derive(Clone)]
pub struct SecretKey(Arc<Ring>);

struct Ring {
    /// Where they are read again from; nowhere for keys that were made of bytes.
    file: Option<PathBuf>,
    /// In the file's order. Empty while the file is missing.
    known: RwLock<Arc<[Key]>>,
    /// Signs, and encrypts for browsers, while the file is missing. It seals nothing.
    stand_in: Key,
}

/// One key of the file, derived for each of its purposes.
#[derive(Clone, PartialEq, Eq)]
struct Key {
    seal: [u8; KEY_BYTES],
    sign: [u8; KEY_BYTES],
    browser: [u8; KEY_BYTES],
    device: [u8; KEY_BYTES],
    /// It was made ahead of its use: it opens, and seals nothing yet.
    prepared: bool,
}

impl Key {
    fn of(master: &[u8; KEY_BYTES], prepared: bool) -> Self {
        Self {
            seal: derive(master, "seal stored credentials"),
            sign: derive(master, "sign ids in callback addresses"),
            browser: derive(master, "encrypt what a page keeps in the browser"),
            device: derive(master, "sign who has signed in from a device"),
            prepared,
        }
    }
}

pub use file::{KeyError, KeyFile, others_can_read};

/// What was sealed does not open: another key, another thing, or changed bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a stored secret does not open with this secret key file; is it the one that was used to store it?")]
pub struct DoesNotOpen;

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

impl SecretKey {
    /// Reads the key file. One that is missing opens nothing, and nothing can be sealed until it is there.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let known = file::read(path)?.unwrap_or_default();
        if !known.is_empty() {
            file::warn_if_others_can_read(path);
        }
        let stand_in = Key::of(&random_bytes(), false);
        Ok(Self(Arc::new(Ring { file: Some(path.to_owned()), known: RwLock::new(known.into()), stand_in })))
    }

    /// A key of these bytes: for tests and simulation.
    pub fn from_bytes(master: [u8; KEY_BYTES]) -> Self {
        let key = Key::of(&master, false);
        Self(Arc::new(Ring { file: None, known: RwLock::new([key.clone()].into()), stand_in: key }))
    }

    /// Whether there is no key, because the file is missing.
    pub fn is_missing(&self) -> bool {
        self.known().is_empty()
    }

    /// Reads the file again, before something is sealed: what a server knows may be out of date.
    ///
    /// # Errors
    /// If the file cannot be read, or went away since: what is sealed now would not open after a restart.
    pub fn refresh(&self) -> Result<(), KeyError> {
        let Some(path) = &self.0.file else { return Ok(()) };
        match file::read(path)? {
            Some(keys) => self.set(keys),
            None if self.is_missing() => {}
            None => return Err(KeyError::Missing(path.display().to_string())),
        }
        Ok(())
    }

    /// Makes the first key and its file (mode 0600, durable before this returns), if the file is missing. Two
    /// processes that create it at once end with the same key.
    pub fn create_if_missing(&self) -> Result<(), KeyError> {
        if let Some(path) = &self.0.file
            && self.is_missing()
        {
            file::create(path)?;
            self.refresh()?;
        }
        Ok(())
    }

    /// Whether the first key, which seals, opens it.
    pub fn is_sealed_by_first(&self, sealed: &[u8], associated_data: &[u8]) -> bool {
        let known = self.known();
        known.first().is_some_and(|first| first.open(sealed, associated_data).is_ok())
    }

    fn known(&self) -> Arc<[Key]> {
        self.0.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, keys: Vec<Key>) {
        *self.0.known.write().unwrap_or_else(PoisonError::into_inner) = keys.into();
    }

    /// Tries with the keys that are known, and if that is in vain with those that the file holds now.
    fn with_each<T>(&self, attempt: impl Fn(&Key) -> Option<T>) -> Option<T> {
        let known = self.known();
        known.iter().find_map(&attempt).or_else(|| {
            // A file that cannot be read just now says nothing against what is known.
            let now = file::read(self.0.file.as_deref()?).ok()??;
            if now[..] == known[..] {
                return None;
            }
            let found = now.iter().find_map(&attempt);
            self.set(now);
            found
        })
    }

    /// The one that signs.
    fn signing(&self) -> Key {
        self.known().first().unwrap_or(&self.0.stand_in).clone()
    }

    /// Encrypts `plaintext`; it opens only with the same `associated_data`, such as the id of what it is for. There has
    /// to be a key: see [`SecretKey::create_if_missing`].
    pub fn seal(&self, plaintext: &[u8], associated_data: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_BYTES] = random_bytes();
        let known = self.known();
        let first = known.first().expect("a key is made before anything is sealed");
        let ciphertext = XChaCha20Poly1305::new(&first.seal.into())
            .encrypt(XNonce::from_slice(&nonce), Payload { msg: plaintext, aad: associated_data })
            .expect("a credential is far shorter than the cipher's limit");
        [&[FORMAT], &nonce[..], &ciphertext].concat()
    }

    /// Decrypts what [`SecretKey::seal`] returned.
    pub fn open(&self, sealed: &[u8], associated_data: &[u8]) -> Result<Vec<u8>, DoesNotOpen> {
        self.with_each(|key| key.open(sealed, associated_data).ok()).ok_or(DoesNotOpen)
    }

    /// A message's ids with their signature, for the status callback address: two UUIDs and 32 hexadecimal
    /// digits, joined by dots.
    pub fn sign_ids(&self, organization_id: OrganizationId, id: MessageId) -> String {
        let tag = self.signing().tag_of(organization_id, id);
        format!("{}.{}.{}", organization_id.0.simple(), id.0.simple(), hex(&tag))
    }

    /// The ids in a signed text, if the signature is ours. Takes equally long for every wrong signature.
    pub fn verify_ids(&self, signed: &str) -> Option<(OrganizationId, MessageId)> {
        let mut parts = signed.split('.');
        let (organization_id, id, tag) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || organization_id.len() != 32 || id.len() != 32 {
            return None;
        }
        let (organization_id, id) = (organization_id.parse().ok()?, id.parse().ok()?);
        self.with_each(|key| {
            let ours = hex(&key.tag_of(organization_id, id));
            bool::from(ours.as_bytes().ct_eq(tag.as_bytes())).then_some((organization_id, id))
        })
    }

    /// The signature of what is said about a device.
    pub fn tag(&self, claim: &[u8]) -> [u8; TAG_BYTES] {
        tag(&self.signing().device, claim)
    }

    /// Whether one of these is the signature of `claim`.
    pub fn verifies_any(&self, tags: &[[u8; TAG_BYTES]], claim: &[u8]) -> bool {
        let found = self.with_each(|key| {
            let ours = tag(&key.device, claim);
            tags.iter().any(|tag| bool::from(tag.ct_eq(&ours))).then_some(())
        });
        found.is_some()
    }

    /// A key of this person's own, in base64, and told to nobody else. It comes from the oldest secret key, so that
    /// what browsers keep outlives a rotation, until the former key is forgotten.
    pub fn browser_key(&self, organization_id: OrganizationId, user_id: UserId) -> String {
        let text = [&organization_id.0.as_bytes()[..], &user_id.0.as_bytes()[..]].concat();
        let known = self.known();
        let oldest = known.iter().rev().find(|key| !key.prepared).unwrap_or(&self.0.stand_in);
        STANDARD.encode(hmac_sha256(&oldest.browser, &text))
    }
}

impl Key {
    fn open(&self, sealed: &[u8], associated_data: &[u8]) -> Result<Vec<u8>, DoesNotOpen> {
        let (format, rest) = sealed.split_first().ok_or(DoesNotOpen)?;
        if *format != FORMAT || rest.len() < NONCE_BYTES {
            return Err(DoesNotOpen);
        }
        let (nonce, ciphertext) = rest.split_at(NONCE_BYTES);
        XChaCha20Poly1305::new(&self.seal.into())
            .decrypt(XNonce::from_slice(nonce), Payload { msg: ciphertext, aad: associated_data })
            .map_err(|_| DoesNotOpen)
    }

    fn tag_of(&self, organization_id: OrganizationId, id: MessageId) -> [u8; TAG_BYTES] {
        let text = [&organization_id.0.as_bytes()[..], &id.0.as_bytes()[..]].concat();
        tag(&self.sign, &text)
    }
}

fn tag(key: &[u8; KEY_BYTES], text: &[u8]) -> [u8; TAG_BYTES] {
    *hmac_sha256(key, text).first_chunk().expect("a hash is longer than a tag")
}

/// Bytes from the operating system's generator: for keys, nonces and tokens, never from a seed.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    OsRng.try_fill_bytes(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

fn derive(master: &[u8; KEY_BYTES], purpose: &str) -> [u8; KEY_BYTES] {
    hmac_sha256(master, purpose.as_bytes())
}

fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac =
        <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::IdSource;
    use domain::time::Instant;

    #[test]
    fn v13_3_1_what_is_sealed_opens_only_as_what_it_was_sealed_for() {
        let key = SecretKey::from_bytes([7; 32]);
        let sealed = key.seal(b"token", b"channel 1");
        assert_eq!(key.open(&sealed, b"channel 1").as_deref(), Ok(&b"token"[..]));
        assert!(!sealed.windows(5).any(|window| window == b"token"));
        assert_ne!(sealed, key.seal(b"token", b"channel 1"), "no nonce is used twice");
        let mut changed = sealed.clone();
        *changed.last_mut().unwrap() ^= 1;
        let mut other_format = sealed.clone();
        other_format[0] = 2;
        let table: [(&str, &[u8], &[u8], &SecretKey); 6] = [
            ("another thing", &sealed, b"channel 2", &key),
            ("another key", &sealed, b"channel 1", &SecretKey::from_bytes([8; 32])),
            ("a changed byte", &changed, b"channel 1", &key),
            ("another format", &other_format, b"channel 1", &key),
            ("cut short", &sealed[..10], b"channel 1", &key),
            ("nothing", b"", b"channel 1", &key),
        ];
        for (name, sealed, associated_data, key) in table {
            assert_eq!(key.open(sealed, associated_data), Err(DoesNotOpen), "{name}");
        }
    }

    #[test]
    fn a_signed_id_verifies_and_nothing_else_does() {
        let key = SecretKey::from_bytes([7; 32]);
        let ids = IdSource::from_seed(1);
        let (id, other): (MessageId, MessageId) =
            (ids.next(Instant::from_ms(1)), ids.next(Instant::from_ms(1)));
        let org = OrganizationId::from(uuid::Uuid::from_u128(3));
        let signed = key.sign_ids(org, id);
        assert_eq!(key.verify_ids(&signed), Some((org, id)));
        let (_, tag) = signed.rsplit_once('.').unwrap();
        let org_text = org.0.simple();
        let forged = [
            String::new(),
            ".".to_owned(),
            id.0.simple().to_string(),
            format!("{org_text}.{}.", id.0.simple()),
            format!("{org_text}.{}.{tag}", other.0.simple()),
            format!("{}.{}.{tag}", other.0.simple(), id.0.simple()),
            format!("{org}.{id}.{tag}"),
            signed[..signed.len() - 1].to_owned(),
            signed.to_uppercase(),
            format!("{signed}0"),
            SecretKey::from_bytes([8; 32]).sign_ids(org, id),
        ];
        for text in forged {
            assert_eq!(key.verify_ids(&text), None, "{text}");
        }
    }

    #[test]
    fn v14_3_3_everybody_has_a_browser_key_of_their_own() {
        let [one, other] = [1, 2].map(uuid::Uuid::from_u128);
        let key = SecretKey::from_bytes([7; 32]);
        let of = |key: &SecretKey, org, user| key.browser_key(OrganizationId(org), UserId(user));
        let keys = [
            of(&key, one, one),
            of(&key, one, other),
            of(&key, other, one),
            of(&SecretKey::from_bytes([8; 32]), one, one),
        ];
        assert_eq!(keys[0], of(&key, one, one), "it is still there after signing in again");
        assert_eq!(keys.iter().collect::<std::collections::BTreeSet<_>>().len(), keys.len());
        assert!(keys.iter().all(|key| STANDARD.decode(key).is_ok_and(|bytes| bytes.len() == KEY_BYTES)));
    }
}
