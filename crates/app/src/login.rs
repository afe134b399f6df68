//! Signing in with e-mail and password, and the sessions that follow from it (V7).
//!
//! Guaranteed: unknown address, wrong password and deactivated account are answered alike, after the same work;
//! each sign-in draws a new token; only a token's SHA-256 is stored; a session ends by idleness, by age, by
//! signing out, by deactivation and by a new password. Times are the app clock's, but for the slowing of guesses, which
//! goes by the clock outside.

mod device;
mod guess;
pub mod password;

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::organization::Organization;
use domain::time::{DAY_MS, HOUR_MS, Instant, MINUTE_MS};
use domain::user::User;
use sha2::{Digest, Sha256};
use store::sessions::{self, SessionRow};
use store::{Op, Tx, organizations, users};

use self::device::Device;
use crate::caller::Caller;
use crate::error::AppError;
use crate::organizations::with_country;
use crate::seal::random_bytes;
use crate::throttle::Throttle;
use crate::{App, Env};

/// A session ends after this long without a request (V7.3.1).
pub const IDLE_EXPIRY_MS: i64 = 12 * HOUR_MS;
/// A session ends this long after signing in, whatever happens in it (V7.3.2).
pub const ABSOLUTE_EXPIRY_MS: i64 = 30 * DAY_MS;
/// How stale "last used" may be in the database: requests more often than this write nothing.
const TOUCH_EVERY_MS: i64 = MINUTE_MS;
/// Longer addresses belong to nobody.
const MAX_EMAIL_CHARS: usize = 254;

/// What signing in needs besides the database: it lives in memory.
#[derive(Default)]
pub struct Login {
    throttle: Throttle,
    hashing: password::Hashing,
}

impl Login {
    /// The hash of a new password.
    pub async fn hash(&self, password: &str) -> Result<String, AppError> {
        self.hashing.hash(password).await
    }
}

/// Somebody who has signed in.
pub struct SignedIn {
    /// The session's token, for its cookie.
    pub token: String,
    /// What the browser keeps, and shows when somebody signs in there again.
    pub device: String,
    /// Who it is.
    pub caller: Caller,
}

/// A new secret of 256 bits, as text that needs no quoting anywhere.
pub(crate) fn new_token() -> String {
    URL_SAFE_NO_PAD.encode(random_bytes::<32>())
}

/// What is stored of a token. It has 256 random bits, so one plain hash is enough.
pub(crate) fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

impl App {
    /// Signs in, from the device that the browser says it is.
    pub async fn sign_in(
        &self,
        email: &str,
        password: &str,
        peer: IpAddr,
        device: Option<&str>,
    ) -> Result<SignedIn, AppError> {
        let email = email.trim().to_lowercase();
        let unknown = || AppError::Unauthorized("The e-mail address or the password is wrong.".to_owned());
        if email.chars().count() > MAX_EMAIL_CHARS || password::is_too_long(password) {
            return Err(unknown());
        }
        let login = self.login();
        // A full queue is no attempt, so it is asked first. Guessing takes real time (decision 0011).
        let now = self.env().outside.now();
        let known = Device::known(device, &email, self.secrets()).map(|device| device.id);
        let admitted = login.hashing.place(known.is_some());
        let admitted =
            admitted.and_then(|place| login.throttle.attempt(&email, peer, known, now).map(|()| place));
        let place = admitted.inspect_err(|_| {
            tracing::warn!(%peer, "sign-in refused: too many attempts");
        })?;
        let found = self.read(Credentials { email: email.clone() }).await?;
        let (user, hash) = found.filter(|(user, _)| user.active()).unzip();
        let right = login.hashing.verify(place, password, hash.clone()).await?;
        let (Some(user), Some(hash), true) = (user, hash, right) else {
            tracing::warn!(%peer, "sign-in failed");
            return Err(unknown());
        };
        let token = new_token();
        let opened = OpenSession {
            env: self.env().clone(),
            token_hash: token_hash(&token),
            email: email.clone(),
            hash,
        };
        let caller = self.write(opened).await?.ok_or_else(unknown)?;
        login.throttle.succeeded(&email, peer, known);
        tracing::info!(user = %user.id, %peer, "signed in");
        let device = Device::after_sign_in(device, &email, self.secrets()).to_text();
        Ok(SignedIn { token, device, caller })
    }

    /// Ends the session of this token; one that has ended already is no error.
    pub async fn sign_out(&self, token: &str) -> Result<(), AppError> {
        self.write(CloseSession { token_hash: token_hash(token) }).await
    }

    /// Who the session of this token belongs to, if it is still good.
    pub async fn caller_of_session(&self, token: &str) -> Result<Option<Caller>, AppError> {
        let (hash, now) = (token_hash(token), self.clock().now());
        let Some((session, user)) = self.read(FindSession { token_hash: hash, now }).await? else {
            return Ok(None);
        };
        if now.since_ms(session.last_used_at) >= TOUCH_EVERY_MS {
            // Not through `self.write`: nobody waits for this to change.
            let touched = self.store().write(TouchSession { token_hash: hash, now }).await;
            if let Err(error) = touched {
                // The session is good, whether or not the database takes writes now.
                tracing::warn!(cause = error.log_text(), "the use of a session could not be recorded");
            }
        }
        Ok(Some(Caller::of(&user)))
    }

    /// The same without using the session: asking on behalf of an open connection must not keep it alive.
    pub async fn holder_of_session(&self, token: &str) -> Result<Option<Caller>, AppError> {
        let find = FindSession { token_hash: token_hash(token), now: self.clock().now() };
        Ok(self.read(find).await?.map(|(_, user)| Caller::of(&user)))
    }

    /// The caller's account and organization.
    pub async fn whoami(&self, caller: &Caller) -> Result<(User, Organization), AppError> {
        self.read(WhoAmI { caller: *caller }).await
    }

    /// The key with which a page encrypts what it keeps in this person's browser (decision 0027).
    pub fn browser_key(&self, caller: &Caller) -> String {
        self.secrets().browser_key(caller.organization_id, caller.user_id)
    }
}

/// Whether a session is still good at `now`.
fn is_live(session: &SessionRow, now: Instant) -> bool {
    now.since_ms(session.last_used_at) < IDLE_EXPIRY_MS
        && now.since_ms(session.created_at) < ABSOLUTE_EXPIRY_MS
}

struct Credentials {
    email: String,
}

impl Op for Credentials {
    type Out = Option<(User, String)>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, AppError> {
        Ok(users::credentials(tx, &self.email).await?)
    }
}

struct OpenSession {
    env: Env,
    token_hash: [u8; 32],
    email: String,
    /// The hash that the password was verified against: it must still be the account's.
    hash: String,
}

impl Op for OpenSession {
    type Out = Option<Caller>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Option<Caller>, AppError> {
        let now = self.env.at(tx)?;
        let found = users::credentials(tx, &self.email).await?;
        let Some((user, _)) = found.filter(|(user, hash)| user.active() && *hash == self.hash) else {
            return Ok(None);
        };
        let session = SessionRow {
            token_hash: self.token_hash,
            organization_id: user.organization_id,
            user_id: user.id,
            created_at: now,
            last_used_at: now,
        };
        sessions::insert(tx, &session).await?;
        Ok(Some(Caller::of(&user)))
    }
}

struct CloseSession {
    token_hash: [u8; 32],
}

impl Op for CloseSession {
    type Out = ();
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        sessions::delete(tx, &self.token_hash).await?;
        Ok(())
    }
}

struct FindSession {
    token_hash: [u8; 32],
    now: Instant,
}

impl Op for FindSession {
    type Out = Option<(SessionRow, User)>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, AppError> {
        let found = sessions::get(tx, &self.token_hash).await?;
        let Some(session) = found.filter(|session| is_live(session, self.now)) else {
            return Ok(None);
        };
        let user = users::get(tx, session.organization_id, session.user_id).await?;
        Ok(user.filter(User::active).map(|user| (session, user)))
    }
}

struct TouchSession {
    token_hash: [u8; 32],
    now: Instant,
}

impl Op for TouchSession {
    type Out = ();
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        sessions::touch(tx, &self.token_hash, self.now).await?;
        Ok(())
    }
}

struct WhoAmI {
    caller: Caller,
}

impl Op for WhoAmI {
    type Out = (User, Organization);
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, AppError> {
        let Caller { organization_id, user_id, .. } = self.caller;
        let user = users::get(tx, organization_id, user_id).await?.ok_or(AppError::NotFound("user"))?;
        let organization =
            organizations::get(tx, organization_id).await?.ok_or(AppError::NotFound("organization"))?;
        Ok((user, with_country(tx, organization).await?))
    }
}
