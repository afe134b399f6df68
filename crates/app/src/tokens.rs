//! API tokens: `bks_` and 256 random bits, shown once; only the SHA-256 is stored.

use domain::field::FieldErrors;
use domain::id::{OrganizationId, TokenId, UserId};
use domain::time::{DAY_MS, HOUR_MS, Instant};
use domain::user::User;
use serde::Serialize;
use serde_json::{Value, json};
use store::tokens::{self, TokenRow};
use store::{Op, Tx, organizations, users};

use crate::audit::{Change, record};
use crate::caller::Caller;
use crate::error::AppError;
use crate::login::{new_token, token_hash};
use crate::{App, Env};

/// Every token starts so, which lets people and scanners recognise a leaked one.
const PREFIX: &str = "bks_";
/// The longest validity that can be asked for: ten years in days.
const MAX_DAYS: u32 = 3_650;

/// How exactly its last use is known: writing down every request would cost as much as the request.
const TOUCH_EVERY_MS: i64 = HOUR_MS;

/// A token as it was created. Its text is not kept anywhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedToken {
    /// Its id.
    pub id: TokenId,
    /// Where its user belongs.
    pub organization_id: OrganizationId,
    /// The secret.
    pub token: String,
}

/// A token as it is listed: everything but the secret, which nobody has any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TokenView {
    /// Its id.
    pub id: TokenId,
    /// What it is for.
    pub name: String,
    /// Whose it is.
    pub user_id: UserId,
    /// Their e-mail address.
    pub user: String,
    /// Their name.
    pub user_name: String,
    /// When it was made.
    pub created_at: Instant,
    /// When it ends; never if none.
    pub expires_at: Option<Instant>,
    /// When it was used last, at most an hour too early; none if it never was, or not since this is kept.
    pub last_used_at: Option<Instant>,
}

impl App {
    /// Creates a token for the active user with this e-mail address, from the command line.
    pub async fn token_create(
        &self,
        email: &str,
        name: &str,
        expires_days: Option<u32>,
    ) -> Result<CreatedToken, AppError> {
        let mut errors = FieldErrors::new();
        let name = errors.name("name", name, 100);
        if expires_days.is_some_and(|days| !(1..=MAX_DAYS).contains(&days)) {
            errors.add("expires_days", format!("must be 1 to {MAX_DAYS}"));
        }
        errors.finish()?;
        let token = format!("{PREFIX}{}", new_token());
        let create = CreateToken {
            env: self.env().clone(),
            email: email.trim().to_lowercase(),
            name: name.unwrap_or_default(),
            token_hash: token_hash(&token),
            expires_days,
        };
        let (id, organization_id) = self.write(create).await?;
        Ok(CreatedToken { id, organization_id, token })
    }

    /// The tokens of the user with this e-mail address, oldest first, expired ones included.
    pub async fn token_list(&self, email: &str) -> Result<Vec<TokenView>, AppError> {
        self.read(ListTokens { email: email.trim().to_lowercase() }).await
    }

    /// All tokens of an organization, oldest first, expired ones included, from the command line.
    pub async fn tokens_of(&self, organization_id: OrganizationId) -> Result<Vec<TokenView>, AppError> {
        self.read(TokensOf { organization_id }).await
    }

    /// The tokens that the caller may see, oldest first, expired ones included: for a System Admin the
    /// organization's, for an operator their own.
    pub async fn tokens_visible(&self, caller: &Caller) -> Result<Vec<TokenView>, AppError> {
        let mut tokens = self.tokens_of(caller.organization_id).await?;
        tokens.retain(|token| caller.roles.system_admin || token.user_id == caller.user_id);
        Ok(tokens)
    }

    /// Ends a token at once: the caller's own, or, for a System Admin, any of the organization; else `NotFound`.
    pub async fn token_end(&self, caller: &Caller, id: TokenId) -> Result<(), AppError> {
        self.write(RevokeToken { env: self.env().clone(), id, caller: Some(*caller) }).await
    }

    /// Ends a token at once, whoever's it is, from the command line.
    pub async fn token_revoke(&self, id: TokenId) -> Result<(), AppError> {
        self.write(RevokeToken { env: self.env().clone(), id, caller: None }).await
    }

    /// Who this bearer token belongs to, if it is still good. Its use is recorded.
    pub async fn caller_of_token(&self, token: &str) -> Result<Option<Caller>, AppError> {
        let Some((row, caller)) = self.find_token(token).await? else { return Ok(None) };
        let now = self.clock().now();
        if row.last_used_at.is_none_or(|at| now.since_ms(at) >= TOUCH_EVERY_MS) {
            // Not through `self.write`: nobody waits for this to change.
            let touched = self.store().write(TouchToken { token_hash: row.token_hash, now }).await;
            if let Err(error) = touched {
                // The token is good, whether or not the database takes writes now.
                tracing::warn!(cause = error.log_text(), "the use of an API token could not be recorded");
            }
        }
        Ok(Some(caller))
    }

    /// The same for a connection that stays open, which is no use of the token.
    pub async fn holder_of_token(&self, token: &str) -> Result<Option<Caller>, AppError> {
        Ok(self.find_token(token).await?.map(|(_, caller)| caller))
    }

    async fn find_token(&self, token: &str) -> Result<Option<(TokenRow, Caller)>, AppError> {
        if !token.starts_with(PREFIX) {
            return Ok(None);
        }
        let find = FindToken { token_hash: token_hash(token), now: self.clock().now() };
        Ok(self.read(find).await?.map(|(row, user)| (row, Caller::of(&user))))
    }
}

struct CreateToken {
    env: Env,
    email: String,
    name: String,
    token_hash: [u8; 32],
    expires_days: Option<u32>,
}

impl Op for CreateToken {
    type Out = (TokenId, OrganizationId);
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, AppError> {
        let now = self.env.at(tx)?;
        let user = users::find_by_email(tx, &self.email)
            .await?
            .filter(User::active)
            .ok_or_else(|| AppError::field("user", "is not the e-mail address of an active user"))?;
        let row = TokenRow {
            id: self.env.id(now),
            organization_id: user.organization_id,
            user_id: user.id,
            name: self.name.clone(),
            token_hash: self.token_hash,
            created_at: now,
            expires_at: self.expires_days.map(|days| now.plus_ms(i64::from(days) * DAY_MS)),
            last_used_at: None,
        };
        tokens::insert(tx, &row).await?;
        let change = Change {
            actor: None,
            action: "token.create",
            subject: row.id.to_string(),
            before: Value::Null,
            after: json!({ "name": row.name, "user": user.email, "expires_at": row.expires_at }),
        };
        record(tx, &self.env, user.organization_id, now, change).await?;
        Ok((row.id, user.organization_id))
    }
}

struct ListTokens {
    email: String,
}

impl Op for ListTokens {
    type Out = Vec<TokenView>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Vec<TokenView>, AppError> {
        let user = users::find_by_email(tx, &self.email)
            .await?
            .ok_or_else(|| AppError::field("user", "is not the e-mail address of a user"))?;
        let rows = tokens::list_of_user(tx, user.organization_id, user.id).await?;
        Ok(rows.into_iter().map(|row| view(row, &user)).collect())
    }
}

fn view(row: TokenRow, user: &User) -> TokenView {
    let TokenRow { id, name, user_id, created_at, expires_at, last_used_at, .. } = row;
    let (user, user_name) = (user.email.clone(), user.name.clone());
    TokenView { id, name, user_id, user, user_name, created_at, expires_at, last_used_at }
}

struct TokensOf {
    organization_id: OrganizationId,
}

impl Op for TokensOf {
    type Out = Vec<TokenView>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Vec<TokenView>, AppError> {
        let mut views = Vec::new();
        for row in tokens::list(tx, self.organization_id).await? {
            let user = users::get(tx, self.organization_id, row.user_id).await?;
            views.push(view(row, &user.ok_or(AppError::NotFound("user"))?));
        }
        Ok(views)
    }
}

struct RevokeToken {
    env: Env,
    id: TokenId,
    /// Who ends it; nobody on the command line.
    caller: Option<Caller>,
}

impl Op for RevokeToken {
    type Out = ();
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let now = self.env.at(tx)?;
        let places = match &self.caller {
            Some(caller) => vec![caller.organization_id],
            // The command line knows the id alone; an id belongs to one organization.
            None => organizations::list(tx).await?.into_iter().map(|organization| organization.id).collect(),
        };
        for org in places {
            let Some(row) = tokens::find(tx, org, self.id).await? else { continue };
            let may = |caller: &Caller| caller.roles.system_admin || row.user_id == caller.user_id;
            if !self.caller.as_ref().is_none_or(may) {
                continue;
            }
            tokens::delete(tx, org, row.id).await?;
            let user = users::get(tx, org, row.user_id).await?.map(|user| user.email);
            let change = Change {
                actor: self.caller.map(|caller| caller.user_id),
                action: "token.revoke",
                subject: row.id.to_string(),
                before: json!({ "name": row.name, "user": user, "expires_at": row.expires_at }),
                after: Value::Null,
            };
            return Ok(record(tx, &self.env, org, now, change).await?);
        }
        Err(AppError::NotFound("token"))
    }
}

struct FindToken {
    token_hash: [u8; 32],
    now: Instant,
}

impl Op for FindToken {
    type Out = Option<(TokenRow, User)>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, AppError> {
        let found = tokens::get(tx, &self.token_hash).await?;
        let Some(row) = found.filter(|row| row.expires_at.is_none_or(|at| self.now < at)) else {
            return Ok(None);
        };
        let user = users::get(tx, row.organization_id, row.user_id).await?;
        Ok(user.filter(User::active).map(|user| (row, user)))
    }
}

struct TouchToken {
    token_hash: [u8; 32],
    now: Instant,
}

impl Op for TouchToken {
    type Out = ();
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        Ok(tokens::touch(tx, &self.token_hash, self.now).await?)
    }
}
