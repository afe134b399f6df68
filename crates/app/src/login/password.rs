//! Passwords: what is accepted as one, and Argon2id over it.
//!
//! Guaranteed: a bounded number of hashes at once, on blocking threads, because each takes 19 MiB and tens of
//! milliseconds; who would wait too long in the queue is told to come back. No composition rules (V6.2.5).

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::field::FieldErrors;
use tokio::sync::Semaphore;

use crate::error::AppError;

/// The fewest characters of a password (V6.2.1).
pub const MIN_CHARS: usize = 8;
/// The most: long enough for any passphrase (V6.2.9), short enough to hash.
pub const MAX_CHARS: usize = 256;

/// Argon2id's parameters: the minimum of the OWASP cheat sheet on password storage (V11.4.2).
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// At most this many hashes at once.
const MAX_AT_ONCE: usize = 4;
/// At most this many callers wait for their turn.
const MAX_WAITING: usize = 64;

/// A hash that no password has, with the parameters of every other: verified against when there is no such
/// account, so that the answer takes as long.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlz$1Kf7pCkqz3m0Qe1mOQv3m3i0r8a0nNn0wB1dS2fJq5c";

/// The passwords that are guessed first, of those long enough to pass otherwise (V6.2.4). Lower case.
const COMMON: &[&str] = &[
    "00000000",
    "0987654321",
    "1029384756",
    "11111111",
    "111111111",
    "1111111111",
    "11223344",
    "12121212",
    "123123123",
    "1234512345",
    "123454321",
    "12341234",
    "12344321",
    "123456123",
    "1234567890",
    "12345678",
    "123456789",
    "1234567891",
    "12345679",
    "123456a1",
    "12345qwert",
    "123qwe123",
    "123qweasd",
    "147258369",
    "1q2w3e4r",
    "1q2w3e4r5t",
    "1qaz2wsx",
    "1qaz2wsx3edc",
    "1qazxsw2",
    "22222222",
    "55555555",
    "66666666",
    "77777777",
    "87654321",
    "88888888",
    "987654321",
    "9876543210",
    "99999999",
    "a1b2c3d4",
    "a1234567",
    "a12345678",
    "a123456789",
    "aa123456",
    "aaaaaaaa",
    "abc12345",
    "abcd1234",
    "abcdefgh",
    "access14",
    "admin123",
    "admin1234",
    "administrator",
    "asd12345",
    "asdasdasd",
    "asdf1234",
    "asdfasdf",
    "asdfghjk",
    "asdfghjkl",
    "backsoon",
    "backsoon1",
    "baseball",
    "basketball",
    "butterfly",
    "changeit",
    "changeme",
    "changeme1",
    "charlie1",
    "chocolate",
    "computer",
    "computer1",
    "dearbook",
    "default1",
    "diamond1",
    "dragon123",
    "football",
    "football1",
    "freedom1",
    "google123",
    "hello123",
    "helloworld",
    "iloveyou",
    "iloveyou1",
    "iloveyou2",
    "internet",
    "jennifer",
    "jordan23",
    "letmein1",
    "letmein123",
    "liverpool",
    "login123",
    "lovely123",
    "master123",
    "michelle",
    "michael1",
    "midnight",
    "monkey123",
    "mustang1",
    "p@ssw0rd",
    "p@ssword",
    "pa$$w0rd",
    "pa$$word",
    "pass1234",
    "passw0rd",
    "passwd123",
    "password",
    "password!",
    "password1",
    "password1!",
    "password12",
    "password123",
    "password1234",
    "password2",
    "princess",
    "princess1",
    "q1w2e3r4",
    "q1w2e3r4t5",
    "qazwsxedc",
    "qwaszx12",
    "qwer1234",
    "qwerasdf",
    "qwerty12",
    "qwerty123",
    "qwerty1234",
    "qwertyui",
    "qwertyuiop",
    "samsung1",
    "secret123",
    "shadow123",
    "starwars",
    "summer2026",
    "sunshine",
    "sunshine1",
    "superman",
    "superman1",
    "superstar",
    "test1234",
    "testtest",
    "trustno1",
    "victoria",
    "welcome1",
    "welcome123",
    "whatever",
    "whatever1",
    "winter2026",
    "xxxxxxxx",
    "zaq12wsx",
    "zxcvbnm1",
    "zxcvbnm123",
];

/// Notes what stands against `password` for the person of this name and e-mail address (V6.2).
pub fn check(errors: &mut FieldErrors, password: &str, name: &str, email: &str) {
    let chars = password.chars().count();
    if !(MIN_CHARS..=MAX_CHARS).contains(&chars) {
        errors.add("password", format!("must have {MIN_CHARS} to {MAX_CHARS} characters"));
        return;
    }
    let lower = password.to_lowercase();
    let one_character = password.chars().all(|c| password.starts_with(c));
    if one_character || COMMON.contains(&lower.as_str()) {
        errors.add("password", "is one of the first that would be guessed; choose another");
        return;
    }
    let letters =
        |text: &str| text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let local_part = email.split('@').next().unwrap_or("");
    if [name, email, local_part].iter().any(|known| letters(known) == letters(password)) {
        errors.add("password", "must not be just the name or the e-mail address");
    }
}

/// Hashes and verifies, a few at a time.
pub struct Hashing {
    turns: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

impl Default for Hashing {
    fn default() -> Self {
        let at_once = std::thread::available_parallelism().map_or(1, usize::from).min(MAX_AT_ONCE);
        Self {
            turns: Arc::new(Semaphore::new(at_once)),
            queue: Arc::new(Semaphore::new(at_once + MAX_WAITING)),
        }
    }
}

impl Hashing {
    /// The hash of a password, as a PHC string with a salt of its own.
    pub async fn hash(&self, password: &str) -> Result<String, AppError> {
        let password = password.to_owned();
        self.in_turn(move || {
            argon2()?.hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(fault)
        })
        .await
    }

    /// Whether the password is the hash's. Without a hash the answer is no, after the same work.
    pub async fn verify(&self, password: &str, hash: Option<String>) -> Result<bool, AppError> {
        let password = password.to_owned();
        self.in_turn(move || {
            let against = hash.as_deref().unwrap_or(NOBODY);
            let parsed = PasswordHash::new(against).map_err(fault)?;
            let right = argon2()?.verify_password(password.as_bytes(), &parsed).is_ok();
            Ok(right && hash.is_some())
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        let place =
            self.queue.clone().try_acquire_owned().map_err(|_| AppError::TooMany { retry_after_s: 1 })?;
        let turn = self.turns.clone().acquire_owned().await.map_err(fault)?;
        let done = tokio::task::spawn_blocking(move || {
            // Held here, so that a caller who goes away does not let more than the limit run.
            let _held = (place, turn);
            work()
        });
        done.await.map_err(fault)?
    }
}

fn argon2() -> Result<Argon2<'static>, AppError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(fault)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn fault(error: impl std::fmt::Display) -> AppError {
    AppError::Internal(format!("password hashing failed: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v6_2_what_is_accepted_as_a_password() {
        let long = "x1".repeat(128);
        let too_long = "x1".repeat(129);
        let table = [
            ("correct horse battery", None),
            ("password-ana-1", None),
            ("ünïcödé8", None),
            ("        !", None),
            (long.as_str(), None),
            (too_long.as_str(), Some("8 to 256")),
            ("", Some("8 to 256")),
            ("seven77", Some("8 to 256")),
            ("Password1", Some("guessed")),
            ("ssssssssssss", Some("guessed")),
            ("Ana Lopez", Some("just the name")),
            ("analopez", Some("just the name")),
            ("ana.lopez@desk.example", Some("just the name")),
            ("ana-lopez", Some("just the name")),
        ];
        for (password, refused) in table {
            let mut errors = FieldErrors::new();
            check(&mut errors, password, "Ana Lopez", "ana.lopez@desk.example");
            let found = errors.into_vec();
            match refused {
                None => assert!(found.is_empty(), "{password}: {found:?}"),
                Some(part) => {
                    assert_eq!(found.len(), 1, "{password}");
                    assert!(found[0].message.contains(part), "{password}: {found:?}");
                }
            }
        }
        assert!(COMMON.iter().all(|common| common.chars().count() >= MIN_CHARS));
    }

    #[tokio::test]
    async fn v11_4_2_argon2id_with_the_advised_cost_and_a_salt_of_its_own() {
        let hashing = Hashing::default();
        let hash = hashing.hash("correct horse").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, hashing.hash("correct horse").await.unwrap());
        assert!(hashing.verify("correct horse", Some(hash.clone())).await.unwrap());
        assert!(!hashing.verify("correct hors", Some(hash)).await.unwrap());
        assert!(!hashing.verify("anything", None).await.unwrap(), "nobody has no password");
        assert!(NOBODY.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "nobody costs as much as anybody");
        PasswordHash::new(NOBODY).unwrap();
    }

    #[tokio::test]
    async fn v2_4_1_the_queue_for_hashing_is_bounded() {
        let hashing = Hashing { turns: Arc::new(Semaphore::new(1)), queue: Arc::new(Semaphore::new(1)) };
        let place = hashing.queue.clone().try_acquire_owned().unwrap();
        let refused = hashing.hash("correct horse").await;
        assert!(matches!(refused, Err(AppError::TooMany { retry_after_s: 1 })), "{refused:?}");
        drop(place);
        hashing.hash("correct horse").await.unwrap();
    }
}
