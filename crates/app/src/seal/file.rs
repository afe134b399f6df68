//! The key file: one key a line, in base64. The first seals and signs, all open; a line that ends in `next` holds a key
//! that was made ahead of its use. Empty lines and lines that begin with `#` say nothing.
//!
//! Guaranteed: the file appears whole and private or not at all, is never replaced by a first key, and keeps its owner
//! and mode when its lines change; who changes it has it alone.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{BYTE_ORDER_MARK, KEY_BYTES, Key, SecretKey, hex, random_bytes};

/// What a line bears whose key seals nothing yet.
const NEXT: &str = "next";

/// Why the key could not be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file could not be read or written.
    #[error("the secret key file {path} could not be {doing}: {source}")]
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
        "the file {0} is not a Backsoon secret key file (each line base64 of 32 bytes): restore it from your copy; a new key cannot open the carrier credentials that are stored"
    )]
    Malformed(String),
    /// There is no such file, where there has to be one.
    #[error("the secret key file {0} is missing: restore it from your copy")]
    Missing(String),
}

/// The keys in the file, in its order; none if there is no file.
pub(super) fn read(path: &Path) -> Result<Option<Vec<Key>>, KeyError> {
    Ok(read_lines(path)?.map(|lines| lines.iter().map(Line::key).collect()))
}

/// A line of the file. Its bytes are of the master key.
#[derive(Clone)]
struct Line {
    master: [u8; KEY_BYTES],
    prepared: bool,
}

impl Line {
    fn new(prepared: bool) -> Self {
        Self { master: random_bytes(), prepared }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let master = STANDARD.decode(words.next()?).ok()?.try_into().ok()?;
        let prepared = match words.next() {
            None => false,
            Some(NEXT) => true,
            Some(_) => return None,
        };
        words.next().is_none().then_some(Self { master, prepared })
    }

    fn key(&self) -> Key {
        Key::of(&self.master, self.prepared)
    }

    fn text(&self) -> String {
        let mark = if self.prepared { format!(" {NEXT}") } else { String::new() };
        format!("{}{mark}\n", STANDARD.encode(self.master))
    }
}

fn read_lines(path: &Path) -> Result<Option<Vec<Line>>, KeyError> {
    let malformed = || KeyError::Malformed(path.display().to_string());
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(malformed()),
        Err(error) => return Err(failed(path, "read")(error)),
    };
    let text = text.trim_start_matches(BYTE_ORDER_MARK);
    let said = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let lines: Option<Vec<Line>> = said.map(Line::parse).collect();
    // The first one seals, so it cannot be one that is to seal nothing yet.
    match lines {
        Some(lines) if lines.first().is_some_and(|first| !first.prepared) => Ok(Some(lines)),
        _ => Err(malformed()),
    }
}

fn failed(path: &Path, doing: &'static str) -> impl Fn(io::Error) -> KeyError {
    let path = path.display().to_string();
    move |source| KeyError::Io { path: path.clone(), doing, source }
}

/// Writes a first key beside its place and links it there: it appears whole or not at all, and never replaces
/// another one.
pub(super) fn create(path: &Path) -> Result<(), KeyError> {
    let link = |beside: &Path| match fs::hard_link(beside, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    };
    let created = write_beside(
        path,
        &Line::new(false).text(),
        |_| Ok(()),
        |beside| link(beside).and_then(|()| fs::remove_file(beside)),
    );
    created.map_err(failed(path, "created"))
}

/// Writes a private file beside `path`, durable, readies it and puts it in its place by `place`; whatever fails, nothing
/// is left beside.
fn write_beside(
    path: &Path,
    text: &str,
    ready: impl FnOnce(&File) -> io::Result<()>,
    place: impl FnOnce(&Path) -> io::Result<()>,
) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", hex(&random_bytes::<8>())));
    let beside = path.with_file_name(name);
    let mut file = open_private(&beside)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| ready(&file))
        .and_then(|()| file.sync_all())
        .and_then(|()| place(&beside));
    if written.is_err() {
        // What went wrong first is what is told.
        let _ = fs::remove_file(&beside);
    }
    written?;
    File::open(folder_of(path))?.sync_all()
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// What is said of a key file whose mode lets others read it. A mounted secret may have no other mode.
pub fn others_can_read(path: &Path) -> Option<String> {
    #[cfg(unix)]
    if let Ok(metadata) = fs::metadata(path) {
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions());
        if mode & 0o077 != 0 {
            return Some(format!(
                "the secret key file {} can be read by others than its owner; chmod 600 ends that",
                path.display()
            ));
        }
    }
    None
}

/// A key that others can read is a mistake worth saying.
pub(super) fn warn_if_others_can_read(path: &Path) {
    if let Some(sentence) = others_can_read(path) {
        tracing::warn!("{sentence}");
    }
}

/// The key file in the hands of one who changes its lines. Nobody else changes it meanwhile; servers read it.
pub struct KeyFile {
    path: PathBuf,
    /// Locked for as long as this lives.
    _folder: File,
    lines: Vec<Line>,
}

impl KeyFile {
    /// Takes the file in hand.
    ///
    /// # Errors
    /// If it is missing, or cannot be read or locked.
    pub fn lock(path: &Path) -> Result<Self, KeyError> {
        // Of a link, the file that it leads to is the one to replace.
        let real = match fs::canonicalize(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(KeyError::Missing(path.display().to_string()));
            }
            real => real.map_err(failed(path, "found"))?,
        };
        let folder = File::open(folder_of(&real)).map_err(failed(path, "locked"))?;
        folder.lock().map_err(failed(path, "locked"))?;
        let lines = read_lines(&real)?.ok_or_else(|| KeyError::Missing(path.display().to_string()))?;
        Ok(Self { path: real, _folder: folder, lines })
    }

    /// Adds a key that opens and seals nothing yet, unless one is there; returns whether it made one.
    pub fn prepare(&mut self) -> Result<bool, KeyError> {
        if self.lines.iter().any(|line| line.prepared) {
            return Ok(false);
        }
        self.lines.push(Line::new(true));
        self.write()?;
        Ok(true)
    }

    /// Puts the prepared key first, or a new one: it seals from now on, and the former ones open.
    pub fn rotate(&mut self) -> Result<(), KeyError> {
        let prepared = self.lines.iter().position(|line| line.prepared);
        let next = prepared.map_or_else(|| Line::new(false), |place| self.lines.remove(place));
        self.lines.insert(0, Line { prepared: false, ..next });
        self.write()
    }

    /// Keeps the first key alone, and one that is prepared; returns how many it forgot.
    pub fn forget(&mut self) -> Result<usize, KeyError> {
        let before = self.lines.len();
        let mut first = true;
        self.lines.retain(|line| std::mem::take(&mut first) || line.prepared);
        let forgotten = before - self.lines.len();
        if forgotten > 0 {
            self.write()?;
        }
        Ok(forgotten)
    }

    /// The keys as the file holds them now.
    pub fn keys(&self) -> Result<SecretKey, KeyError> {
        SecretKey::load(&self.path)
    }

    fn write(&self) -> Result<(), KeyError> {
        let text: String = self.lines.iter().map(Line::text).collect();
        let before = fs::metadata(&self.path).map_err(failed(&self.path, "read"))?;
        // The server must be able to read what somebody else, such as root, rotated.
        let ready = |file: &File| {
            use std::os::unix::fs::{MetadataExt, fchown};
            fchown(file, Some(before.uid()), Some(before.gid()))?;
            file.set_permissions(before.permissions())
        };
        write_beside(&self.path, &text, ready, |beside| fs::rename(beside, &self.path))
            .map_err(failed(&self.path, "written"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ring as a server has it, which read the file when it started.
    fn server(path: &Path) -> SecretKey {
        SecretKey::load(path).unwrap()
    }

    #[test]
    fn the_key_file_is_private_is_kept_and_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("backsoon.key");
        let key = server(&path);
        assert!(key.is_missing() && !path.exists(), "looking for it makes none");
        key.create_if_missing().unwrap();
        let sealed = key.seal(b"token", b"");
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
        assert_eq!(server(&path).open(&sealed, b"").as_deref(), Ok(&b"token"[..]));
        let before = fs::read(&path).unwrap();
        create(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), before, "the one who comes second keeps the first one's key");
        fs::remove_file(&path).unwrap();
        assert!(matches!(key.refresh(), Err(KeyError::Missing(_))), "what is sealed now would be lost");
        assert!(key.open(&sealed, b"").is_ok(), "what is known goes on");
    }

    #[test]
    fn a_wrong_key_file_is_said_to_be_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("backsoon.key");
        let right = STANDARD.encode([1; 32]);
        let wrong = ["", "hello", "AAAA", "\n", "# nothing but words\n"].map(str::to_owned);
        let more = [format!("{right}\nhello\n"), format!("{right} first\n"), format!("{right} next\n")];
        for wrong in wrong.into_iter().chain(more) {
            fs::write(&path, &wrong).unwrap();
            let error = SecretKey::load(&path).unwrap_err();
            assert!(matches!(error, KeyError::Malformed(_)), "{wrong:?}: {error}");
        }
        fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(matches!(SecretKey::load(&path), Err(KeyError::Malformed(_))));
        // Editors add a mark before the first line, whatever that is.
        for start in ["# ours\n\n", "\u{feff}# ours\r\n", "\u{feff}"] {
            fs::write(&path, format!("{start}{right}\n{right} next\r\n")).unwrap();
            assert!(!SecretKey::load(&path).unwrap().is_missing());
        }
        let missing = folder.path().join("no/such/folder/key");
        let error = server(&missing).create_if_missing().unwrap_err().to_string();
        assert!(error.contains("could not be created"), "{error}");
    }

    /// Beside a server that read the file long ago: what each step seals and signs is understood by all, until the
    /// former key is forgotten.
    #[test]
    fn keys_rotate_beside_servers_that_know_the_former_one() {
        use domain::id::{MessageId, OrganizationId, UserId};
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("backsoon.key");
        let old = server(&path);
        old.create_if_missing().unwrap();
        let (org, id) = (OrganizationId(uuid::Uuid::from_u128(1)), MessageId(uuid::Uuid::from_u128(2)));
        let user = UserId(uuid::Uuid::from_u128(3));
        let (sealed, signed, browser) =
            (old.seal(b"token", b""), old.sign_ids(org, id), old.browser_key(org, user));

        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
        assert!(KeyFile::lock(&path).unwrap().prepare().unwrap());
        assert!(!KeyFile::lock(&path).unwrap().prepare().unwrap(), "one is enough");
        let prepared = server(&path);
        assert!(
            prepared.is_sealed_by_first(&prepared.seal(b"", b""), b"")
                && prepared.is_sealed_by_first(&sealed, b"")
        );
        assert_eq!(prepared.browser_key(org, user), browser);

        KeyFile::lock(&path).unwrap().rotate().unwrap();
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o640, "who could read it can");
        let new = server(&path);
        let resealed = new.seal(b"token", b"");
        assert!(!new.is_sealed_by_first(&sealed, b"") && new.is_sealed_by_first(&resealed, b""));
        // One who knew both before, one who knew the old one alone and reads the file again, one who starts now.
        for key in [&prepared, &old, &new] {
            assert!(key.open(&sealed, b"").is_ok() && key.open(&resealed, b"").is_ok());
            assert_eq!(key.verify_ids(&signed), Some((org, id)));
            assert_eq!(key.verify_ids(&new.sign_ids(org, id)), Some((org, id)));
            assert_eq!(key.browser_key(org, user), browser, "what browsers keep can be read");
        }

        assert_eq!(KeyFile::lock(&path).unwrap().forget().unwrap(), 1);
        assert_eq!(KeyFile::lock(&path).unwrap().forget().unwrap(), 0);
        let last = server(&path);
        assert!(last.open(&resealed, b"").is_ok() && last.open(&sealed, b"").is_err());
        assert_eq!(last.verify_ids(&signed), None);
        old.refresh().unwrap();
        assert!(old.open(&sealed, b"").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }
}
