//! The installation's secret key: encrypts carrier credentials at rest and signs the ids that travel to the
//! carrier and back.
//!
//! Guaranteed: what is sealed for one purpose and one thing (its associated data) opens for nothing else, and
//! a changed byte is noticed. Not guaranteed: that a stolen key *and* database tell nothing; keep them apart.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

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
/// The first byte of everything sealed, so that the way of sealing can change.
const FORMAT: u8 = 1;
/// Length of XChaCha20's nonce: long enough to be drawn at random for ever.
const NONCE_BYTES: usize = 24;
/// Bytes of the HMAC that a signed id bears: 128 bits.
const TAG_BYTES: usize = 16;

/// The secret key. Its bytes never appear in `Debug` output.
#[derive(Clone)]
pub struct SecretKey(Arc<Keys>);

struct Keys {
    seal: [u8; KEY_BYTES],
    sign: [u8; KEY_BYTES],
    browser: [u8; KEY_BYTES],
}

/// Why the key could not be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file could not be read or written.
    #[error("the secret key file {path} could not be {doing}")]
    Io {
        /// The file.
        path: String,
        /// What was tried.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The file holds something else.
    #[error(
        "{0} is not a Backsoon secret key: it should hold one line of base64 (32 bytes). Restore it from your backup; a new key cannot open the carrier credentials that are stored."
    )]
    Malformed(String),
}

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
    /// Reads the key file, or creates it (mode 0600, durable before this returns). Two processes that create
    /// it at once end with the same key.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        let failed = |doing| move |source| KeyError::Io { path: path.display().to_string(), doing, source };
        match fs::read_to_string(path) {
            Ok(text) => {
                warn_if_others_can_read(path);
                Self::parse(&text).ok_or_else(|| KeyError::Malformed(path.display().to_string()))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                create(path).map_err(failed("created"))?;
                let text = fs::read_to_string(path).map_err(failed("read"))?;
                Self::parse(&text).ok_or_else(|| KeyError::Malformed(path.display().to_string()))
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Err(KeyError::Malformed(path.display().to_string()))
            }
            Err(error) => Err(failed("read")(error)),
        }
    }

    /// A key of these bytes: for tests and simulation.
    pub fn from_bytes(master: [u8; KEY_BYTES]) -> Self {
        Self(Arc::new(Keys {
            seal: derive(&master, "seal stored credentials"),
            sign: derive(&master, "sign ids in callback addresses"),
            browser: derive(&master, "encrypt what a page keeps in the browser"),
        }))
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.trim()).ok()?;
        Some(Self::from_bytes(bytes.try_into().ok()?))
    }

    /// Encrypts `plaintext`; it opens only with the same `associated_data`, such as the id of what it is for.
    pub fn seal(&self, plaintext: &[u8], associated_data: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_BYTES] = random_bytes();
        let ciphertext = XChaCha20Poly1305::new(&self.0.seal.into())
            .encrypt(XNonce::from_slice(&nonce), Payload { msg: plaintext, aad: associated_data })
            .expect("a credential is far shorter than the cipher's limit");
        [&[FORMAT], &nonce[..], &ciphertext].concat()
    }

    /// Decrypts what [`SecretKey::seal`] answered.
    pub fn open(&self, sealed: &[u8], associated_data: &[u8]) -> Result<Vec<u8>, DoesNotOpen> {
        let (format, rest) = sealed.split_first().ok_or(DoesNotOpen)?;
        if *format != FORMAT || rest.len() < NONCE_BYTES {
            return Err(DoesNotOpen);
        }
        let (nonce, ciphertext) = rest.split_at(NONCE_BYTES);
        XChaCha20Poly1305::new(&self.0.seal.into())
            .decrypt(XNonce::from_slice(nonce), Payload { msg: ciphertext, aad: associated_data })
            .map_err(|_| DoesNotOpen)
    }

    /// A message's ids with their signature, for the status callback address: two UUIDs and 32 hexadecimal
    /// digits, joined by dots.
    pub fn sign_ids(&self, organization_id: OrganizationId, id: MessageId) -> String {
        let tag = self.tag_of(organization_id, id);
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
        let ours = hex(&self.tag_of(organization_id, id));
        bool::from(ours.as_bytes().ct_eq(tag.as_bytes())).then_some((organization_id, id))
    }

    /// A key of this person's own, in base64: the same as long as the secret key is, and told to nobody else.
    pub fn browser_key(&self, organization_id: OrganizationId, user_id: UserId) -> String {
        let text = [&organization_id.0.as_bytes()[..], &user_id.0.as_bytes()[..]].concat();
        STANDARD.encode(hmac_sha256(&self.0.browser, &text))
    }

    fn tag_of(&self, organization_id: OrganizationId, id: MessageId) -> [u8; TAG_BYTES] {
        let text = [&organization_id.0.as_bytes()[..], &id.0.as_bytes()[..]].concat();
        let mut tag = [0; TAG_BYTES];
        tag.copy_from_slice(&hmac_sha256(&self.0.sign, &text)[..TAG_BYTES]);
        tag
    }
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

/// Writes a new key beside its place and links it there: it appears whole or not at all, and never replaces
/// another one.
fn create(path: &Path) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", hex(&random_bytes::<8>())));
    let beside = path.with_file_name(name);
    let mut file = open_private(&beside)?;
    let written = file
        .write_all(format!("{}\n", STANDARD.encode(random_bytes::<KEY_BYTES>())).as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| match fs::hard_link(&beside, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        });
    fs::remove_file(&beside)?;
    written?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A key that others can read is a mistake worth saying, but a mounted secret may have no other mode.
fn warn_if_others_can_read(path: &Path) {
    #[cfg(unix)]
    if let Ok(metadata) = fs::metadata(path) {
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions());
        if mode & 0o077 != 0 {
            tracing::warn!(
                "the secret key file {} can be read by others than its owner; chmod 600 ends that",
                path.display()
            );
        }
    }
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

    #[test]
    fn the_key_file_is_private_is_kept_and_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("backsoon.key");
        let sealed = SecretKey::load_or_create(&path).unwrap().seal(b"token", b"");
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
        let again = SecretKey::load_or_create(&path).unwrap();
        assert_eq!(again.open(&sealed, b"").as_deref(), Ok(&b"token"[..]));
        let before = fs::read(&path).unwrap();
        create(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), before, "the one who comes second keeps the first one's key");
    }

    #[test]
    fn a_wrong_key_file_is_said_to_be_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("backsoon.key");
        for wrong in ["", "hello", "AAAA", "\n"] {
            fs::write(&path, wrong).unwrap();
            let error = SecretKey::load_or_create(&path).unwrap_err();
            assert!(matches!(error, KeyError::Malformed(_)), "{wrong:?}: {error}");
        }
        fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(matches!(SecretKey::load_or_create(&path), Err(KeyError::Malformed(_))));
        let missing = folder.path().join("no/such/folder/key");
        let error = SecretKey::load_or_create(&missing).unwrap_err().to_string();
        assert!(error.contains("could not be created"), "{error}");
    }
}
