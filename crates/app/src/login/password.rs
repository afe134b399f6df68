//! Passwords: what is accepted as one, and Argon2id over it.
//!
//! Guaranteed: a bounded number of hashes at once, on blocking threads, because each takes 19 MiB and tens of
//! milliseconds; who would wait too long in the queue is told to come back, and people at addresses that are known
//! have places in it that nobody else can take. A hash gives its memory back to the system. No composition rules
//! (V6.2.5).

use std::sync::Arc;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use domain::field::FieldErrors;
use domain::fold::composed;
use subtle::ConstantTimeEq;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zxcvbn::zxcvbn;

use super::guess;
use crate::error::AppError;
use crate::seal::random_bytes;

/// The fewest characters of a password (V6.2.1).
pub const MIN_CHARS: usize = 8;
/// The most: long enough for any passphrase (V6.2.9), short enough to hash.
pub const MAX_CHARS: usize = 256;

/// A password that takes fewer tries is refused.
const EARLY_GUESSES: u64 = 1_000_000;
/// A word that takes fewer tries is one of those that people choose, however it is spelled.
const COMMON_GUESSES: u64 = 20_000;

/// Argon2id's parameters: the minimum of the OWASP cheat sheet on password storage (V11.4.2).
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// At most this many hashes at once.
const MAX_AT_ONCE: usize = 4;
/// At most this many callers wait for their turn.
const MAX_WAITING: usize = 64;
/// And so many more who are known where they are.
const MAX_KNOWN_WAITING: usize = 16;
/// What is reserved for a hash, in blocks of 1 KiB; only what is used is taken. The C library gives memory back to the
/// system at once if more than 32 MiB are asked for, and may keep any smaller piece (mallopt(3), M_MMAP_THRESHOLD).
const RESERVED_BLOCKS: usize = 33 * 1024;

/// A hash that no password has, with the parameters of every other: verified against when there is no such
/// account, so that the answer takes as long.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlz$1Kf7pCkqz3m0Qe1mOQv3m3i0r8a0nNn0wB1dS2fJq5c";

/// Whether a password is longer than any that is accepted, however it is composed.
pub fn is_too_long(password: &str) -> bool {
    composed(password).chars().count() > MAX_CHARS
}

/// Notes what stands against `password`, with the names and addresses that its owner is known by (V6.2).
pub fn check(errors: &mut FieldErrors, password: &str, known: &[&str]) {
    let password = &*composed(password);
    let chars = password.chars().count();
    if !(MIN_CHARS..=MAX_CHARS).contains(&chars) {
        errors.add("password", format!("must have {MIN_CHARS} to {MAX_CHARS} characters"));
    } else if guess::is_early(password) {
        errors.add("password", "is one of the first that would be guessed; choose another");
    } else if known.iter().any(|known| guess::is_from(password, known)) {
        errors.add("password", "must not be made of a name or the e-mail address alone");
    } else if guesses(password, known) < EARLY_GUESSES {
        errors.add("password", "would be guessed within a million tries; choose another");
    } else if guess::habitually_decorated(password).is_some_and(|word| guesses(word, known) < COMMON_GUESSES)
    {
        errors.add("password", "is a common word with digits or signs around it; choose another");
    }
}

/// How many tries guess it, of who begins with the passwords, names and words that are used most, with what its owner is
/// known by, and with the name of this program.
fn guesses(password: &str, known: &[&str]) -> u64 {
    let words = known.iter().flat_map(|known| known.split(|c: char| !c.is_alphanumeric()));
    let words = words.filter(|word| !word.is_empty()).chain(known.iter().copied());
    let words: Vec<&str> = words.chain(["backsoon"]).collect();
    zxcvbn(password, &words).guesses()
}

/// Hashes and verifies, a few at a time.
pub struct Hashing {
    turns: Arc<Semaphore>,
    queue: Arc<Semaphore>,
    known_queue: Arc<Semaphore>,
}

/// A place in the queue for hashing.
pub struct QueuePlace {
    _held: OwnedSemaphorePermit,
}

impl Default for Hashing {
    fn default() -> Self {
        let at_once = std::thread::available_parallelism().map_or(1, usize::from).min(MAX_AT_ONCE);
        Self {
            turns: Arc::new(Semaphore::new(at_once)),
            queue: Arc::new(Semaphore::new(at_once + MAX_WAITING)),
            known_queue: Arc::new(Semaphore::new(MAX_KNOWN_WAITING)),
        }
    }
}

impl Hashing {
    /// A place in the queue, if there is one.
    pub fn place(&self, is_known: bool) -> Result<QueuePlace, AppError> {
        let place = self.queue.clone().try_acquire_owned();
        let place = place
            .or_else(|full| if is_known { self.known_queue.clone().try_acquire_owned() } else { Err(full) });
        place.map(|held| QueuePlace { _held: held }).map_err(|_| AppError::TooMany { retry_after_s: 1 })
    }

    /// The hash of a password, as a PHC string with a salt of its own. Keyboards and systems compose "é" and "５"
    /// differently, so what is hashed is the composed password (NFKC).
    pub async fn hash(&self, password: &str) -> Result<String, AppError> {
        let password = composed(password);
        self.in_turn(self.place(false)?, move || {
            let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(fault)?;
            let params_text = ParamsString::try_from(&params).map_err(fault)?;
            let salt = random_bytes::<16>();
            let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
            fill(Version::V0x13, params, &password, &salt, &mut out)?;
            let hash = PasswordHash {
                algorithm: Algorithm::Argon2id.ident(),
                version: Some(Version::V0x13.into()),
                params: params_text,
                salt: Some(Salt::new(&salt).map_err(fault)?),
                hash: Some(Output::new(&out).map_err(fault)?),
            };
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether the password is the hash's. Without a hash the answer is no, after the same work.
    ///
    /// Hashes of before passwords were composed are of the password as it was typed; that is tried as well where it
    /// differs, which opens them for ever without writing at sign-in. Both are always tried, so that the time tells
    /// nothing but what the caller knows: how they typed.
    pub async fn verify(
        &self,
        place: QueuePlace,
        password: &str,
        hash: Option<String>,
    ) -> Result<bool, AppError> {
        let (composed, typed) = (composed(password), password.to_owned());
        self.in_turn(place, move || {
            let against = PasswordHash::new(hash.as_deref().unwrap_or(NOBODY)).map_err(fault)?;
            let version = against.version.map_or(Ok(Version::V0x13), Version::try_from).map_err(fault)?;
            let params = Params::try_from(&against).map_err(fault)?;
            let (Some(salt), Some(expected)) = (against.salt, against.hash) else {
                return Err(fault("a stored hash is not whole"));
            };
            let fits = |password: &str| {
                let mut out = vec![0; expected.as_bytes().len()];
                fill(version, params.clone(), password, &salt, &mut out)?;
                Ok::<_, AppError>(bool::from(out.ct_eq(expected.as_bytes())))
            };
            let right = fits(&composed)? | (composed != typed && fits(&typed)?);
            Ok(right && hash.is_some())
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        place: QueuePlace,
        work: impl FnOnce() -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        let turn = self.turns.clone().acquire_owned().await.map_err(fault)?;
        let done = tokio::task::spawn_blocking(move || {
            // Held here, so that a caller who goes away does not let more than the limit run.
            let _held = (place, turn);
            work()
        });
        done.await.map_err(fault)?
    }
}

/// Argon2id, in memory that is given back.
fn fill(
    version: Version,
    params: Params,
    password: &str,
    salt: &[u8],
    out: &mut [u8],
) -> Result<(), AppError> {
    let blocks = params.block_count();
    let mut memory = Vec::with_capacity(blocks.max(RESERVED_BLOCKS));
    memory.resize(blocks, Block::new());
    Argon2::new(Algorithm::Argon2id, version, params)
        .hash_password_into_with_memory(password.as_bytes(), salt, out, &mut memory[..])
        .map_err(fault)
}

fn fault(error: impl std::fmt::Display) -> AppError {
    AppError::Internal(format!("password hashing failed: {error}"))
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::PasswordHasher;

    use super::*;

    #[test]
    fn v6_2_what_is_accepted_as_a_password() {
        let numbers: String = (1000..).map(|n| format!("{n:x} ")).take(64).collect();
        let long: String = numbers.chars().take(MAX_CHARS).collect();
        let too_long = format!("{long}x");
        let table = [
            ("correct horse battery", None),
            ("password-ana-1", None),
            ("ünïcödé8", None),
            ("  ! & ?  #", None),
            (long.as_str(), None),
            (too_long.as_str(), Some("8 to 256")),
            ("", Some("8 to 256")),
            ("seven77", Some("8 to 256")),
            ("Password1", Some("guessed")),
            ("ssssssssssss", Some("guessed")),
            ("Ana Lopez", Some("a name")),
            ("ana.lopez@desk.example", Some("a name")),
            ("lopez2026!", Some("a name")),
            ("Parcel&Post1", Some("a name")),
            // Counted and guessed as they are compared.
            ("e\u{301}e\u{301}e\u{301}e\u{301}", Some("8 to 256")),
            ("Ｐａｓｓｗｏｒｄ１", Some("guessed")),
            ("Ａｎａ Ｌｏｐｅｚ", Some("a name")),
        ];
        for (password, refused) in table {
            let mut errors = FieldErrors::new();
            check(&mut errors, password, &["Ana Lopez", "ana.lopez@desk.example", "Parcel & Post"]);
            let found = errors.into_vec();
            match refused {
                None => assert!(found.is_empty(), "{password}: {found:?}"),
                Some(part) => {
                    assert_eq!(found.len(), 1, "{password}");
                    assert!(found[0].message.contains(part), "{password}: {found:?}");
                }
            }
        }
    }

    async fn verify(hashing: &Hashing, password: &str, hash: Option<String>) -> Result<bool, AppError> {
        hashing.verify(hashing.place(false)?, password, hash).await
    }

    /// The most frequent passwords of eight characters and more that no list of ours names, and what is made of a name.
    #[test]
    fn v6_2_4_what_is_used_most_is_no_password() {
        let frequent = [
            "corvette",
            "samantha",
            "maverick",
            "minecraft",
            "metallica",
            "nintendo",
            "security",
            "mercedes",
            "scorpion",
            "marlboro",
            "elephant",
            "firebird",
            "cocacola",
            "swimming",
            "guinness",
            "snickers",
            "dolphins",
            "cheyenne",
            "portugal",
            "zeppelin",
            "beautiful",
            "chevelle",
            "valentina",
            "christian",
            "spiderman",
            "pineapple",
            "alexandra",
            "anderson",
            "rockstar",
            "blackjack",
            "einstein",
            "warcraft",
        ];
        for password in frequent {
            let variants = [password.to_owned(), format!("{password}1"), password.to_uppercase()];
            for password in variants {
                let mut errors = FieldErrors::new();
                check(&mut errors, &password, &[]);
                assert_eq!(errors.into_vec().len(), 1, "{password}");
            }
        }
        for password in ["seven quiet lanterns", "tr0ub4dor&3 lamp", "correct horse battery"] {
            let mut errors = FieldErrors::new();
            check(&mut errors, password, &["Ana Lopez"]);
            assert!(errors.into_vec().is_empty(), "{password}");
        }
    }

    #[tokio::test]
    async fn v6_3_1_who_is_known_has_places_in_the_queue_that_nobody_else_can_take() {
        let hashing = Hashing::default();
        let mut strangers = Vec::new();
        while let Ok(place) = hashing.place(false) {
            strangers.push(place);
        }
        let known: Vec<_> = (0..MAX_KNOWN_WAITING).map(|_| hashing.place(true).unwrap()).collect();
        assert!(hashing.place(true).is_err(), "bounded, too");
        drop(known);
        assert!(hashing.place(false).is_err() && hashing.place(true).is_ok());
    }

    #[tokio::test]
    async fn v11_4_2_argon2id_with_the_advised_cost_and_a_salt_of_its_own() {
        let hashing = Hashing::default();
        let hash = hashing.hash("correct horse").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, hashing.hash("correct horse").await.unwrap());
        assert!(verify(&hashing, "correct horse", Some(hash.clone())).await.unwrap());
        assert!(!verify(&hashing, "correct hors", Some(hash)).await.unwrap());
        assert!(!verify(&hashing, "anything", None).await.unwrap(), "nobody has no password");
        assert!(NOBODY.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "nobody costs as much as anybody");
        PasswordHash::new(NOBODY).unwrap();
    }

    /// However a keyboard or a system composes it, it is the same password.
    #[tokio::test]
    async fn passwords_are_compared_as_composed() {
        let hashing = Hashing::default();
        let same = [
            ("café au lait", "cafe\u{301} au lait"),
            ("Ångström 12", "\u{212b}ngstr\u{6f}\u{308}m 12"),
            ("pass 12345", "ｐａｓｓ　１２３４５"),
            ("oﬃce ﬁne 1", "office fine 1"),
            ("각각각각 비밀", "\u{1100}\u{1161}\u{11a8}각각각 비밀"),
            ("no break it", "no\u{a0}break\u{202f}it"),
            ("x² + y² = ①", "x2 + y2 = 1"),
        ];
        for (one, other) in same {
            let hash = hashing.hash(one).await.unwrap();
            assert!(verify(&hashing, other, Some(hash)).await.unwrap(), "{one} {other}");
            let hash = hashing.hash(other).await.unwrap();
            assert!(verify(&hashing, one, Some(hash)).await.unwrap(), "{other} {one}");
        }
        let others = [
            ("straße 1234", "strasse 1234"),
            ("Passwort ab", "passwort ab"),
            ("cafe au lait", "café au lait"),
            ("парол 12345", "napoл 12345"),
            ("abc\u{200b}12345", "abc12345"),
        ];
        for (one, other) in others {
            let hash = hashing.hash(one).await.unwrap();
            assert!(!verify(&hashing, other, Some(hash)).await.unwrap(), "{one} {other}");
        }
    }

    /// A hash of before passwords were composed opens with the password as it was typed then.
    #[tokio::test]
    async fn a_hash_of_a_password_as_typed_still_opens() {
        let hashing = Hashing::default();
        for typed in
            ["cafe\u{301} au lait", "ｐａｓｓ 12345", "ﬁne print!", "no\u{a0}break at", "x² + y² = z²"]
        {
            let params = Params::new(MEMORY_KIB, PASSES, LANES, None).unwrap();
            let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
            let old = argon2.hash_password(typed.as_bytes()).unwrap().to_string();
            assert!(verify(&hashing, typed, Some(old.clone())).await.unwrap(), "{typed}");
            assert!(!verify(&hashing, &format!("{typed}x"), Some(old)).await.unwrap(), "{typed}");
            assert!(!verify(&hashing, typed, None).await.unwrap(), "nobody has it");
        }
    }

    #[tokio::test]
    async fn v2_4_1_the_queue_for_hashing_is_bounded() {
        let hashing = Hashing {
            turns: Arc::new(Semaphore::new(1)),
            queue: Arc::new(Semaphore::new(1)),
            known_queue: Arc::new(Semaphore::new(0)),
        };
        let place = hashing.queue.clone().try_acquire_owned().unwrap();
        let refused = hashing.hash("correct horse").await;
        assert!(matches!(refused, Err(AppError::TooMany { retry_after_s: 1 })), "{refused:?}");
        drop(place);
        hashing.hash("correct horse").await.unwrap();
    }
}
