//! API tokens: `bks_` and 256 random bits, shown once; only the SHA-256 is stored.

use domain::field::FieldErrors;
use domain::id::{OrganizationId, TokenId, UserId};
use domain::time::{DAY_MS, Instant};
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
    /// When it was made.
    pub created_at: Instant,
    /// When it ends; never if none.
    pub expires_at: Option<Instant>,
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

    /// Ends a token at once, whoever's it is, from the command line.
    pub async fn token_revoke(&self, id: TokenId) -> Result<(), AppError> {
        self.write(RevokeToken { env: self.env().clone(), id }).await
    }

    /// Who this bearer token belongs to, if it is still good.
    pub async fn caller_of_token(&self, token: &str) -> Result<Option<Caller>, AppError> {
        if !token.starts_with(PREFIX) {
            return Ok(None);
        }
        let find = FindToken { token_hash: token_hash(token), now: self.clock().now() };
        Ok(self.read(find).await?.map(|user| Caller::of(&user)))
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
        Ok(rows.into_iter().map(|row| view(row, &user.email)).collect())
    }
}

fn view(row: TokenRow, email: &str) -> TokenView {
    let TokenRow { id, name, user_id, created_at, expires_at, .. } = row;
    TokenView { id, name, user_id, user: email.to_owned(), created_at, expires_at }
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
            views.push(view(row, &user.ok_or(AppError::NotFound("user"))?.email));
        }
        Ok(views)
    }
}

struct RevokeToken {
    env: Env,
    id: TokenId,
}

impl Op for RevokeToken {
    type Out = ();
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let now = self.env.at(tx)?;
        // The command line knows the id alone; an id belongs to one organization.
        for organization in organizations::list(tx).await? {
            let org = organization.id;
            let Some(row) = tokens::find(tx, org, self.id).await? else { continue };
            tokens::delete(tx, org, row.id).await?;
            let user = users::get(tx, org, row.user_id).await?.map(|user| user.email);
            let change = Change {
                actor: None,
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
    type Out = Option<User>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Option<User>, AppError> {
        let found = tokens::get(tx, &self.token_hash).await?;
        let Some(row) = found.filter(|row| row.expires_at.is_none_or(|at| self.now < at)) else {
            return Ok(None);
        };
        Ok(users::get(tx, row.organization_id, row.user_id).await?.filter(User::active))
    }
}
