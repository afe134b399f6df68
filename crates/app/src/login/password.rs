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

use super::guess;
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

/// Notes what stands against `password`, with the names and addresses that its owner is known by (V6.2).
pub fn check(errors: &mut FieldErrors, password: &str, known: &[&str]) {
    let chars = password.chars().count();
    if !(MIN_CHARS..=MAX_CHARS).contains(&chars) {
        errors.add("password", format!("must have {MIN_CHARS} to {MAX_CHARS} characters"));
    } else if guess::is_early(password) {
        errors.add("password", "is one of the first that would be guessed; choose another");
    } else if known.iter().any(|known| guess::is_from(password, known)) {
        errors.add("password", "must not be made of a name or the e-mail address alone");
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
