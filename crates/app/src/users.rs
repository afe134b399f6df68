//! People: listing, adding and changing accounts, by System Admins and from the command line.
//!
//! Guaranteed: every bad field is named at once; there is always an active System Admin; nobody shuts themselves
//! out; deactivation ends the person's sessions and API tokens in the same transaction, a new password their sessions,
//! and their tokens where asked; every change is audited without secrets.

use domain::field::FieldErrors;
use domain::id::{OrganizationId, UserId};
use domain::presence::{ActivityKind, Presence};
use domain::user::{Role, Roles, User};
use serde_json::{Value, json};
pub use store::cases::Load;
use store::{Op, Page, StoreError, Tx, organizations, sessions, tokens, users};

use crate::audit::{Change, record};
use crate::caller::Caller;
use crate::error::{AppError, Conflict};
use crate::events::{self, Event};
use crate::judging::Desk;
use crate::login::password;
use crate::organizations::MAX_NAME_CHARS;
use crate::{App, Env};

/// The most characters of an e-mail address (RFC 5321).
const MAX_EMAIL_CHARS: usize = 254;
/// The field that names who gets the open cases.
const HAND_OPEN_CASES_TO: &str = "hand_open_cases_to";
/// How many accounts one look for another System Admin reads.
const SCAN: u32 = 200;

/// An account to add. `Debug` is left out on purpose: it holds a password.
#[derive(Clone)]
pub struct NewUser {
    /// Their full name.
    pub name: String,
    /// Their e-mail address; one account per address in the whole installation.
    pub email: String,
    /// What they may do; at least one, none twice.
    pub roles: Vec<Role>,
    /// Their first password.
    pub password: String,
}

/// What to change about an account; what is `None` stays.
#[derive(Clone, Default)]
pub struct UserPatch {
    /// The full name.
    pub name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// All roles from now on.
    pub roles: Option<Vec<Role>>,
    /// Deactivates or activates the account.
    pub active: Option<bool>,
    /// A new password.
    pub password: Option<String>,
    /// Ends their API tokens with the new password.
    pub end_tokens: bool,
    /// Hands all their open cases to this operator, or to nobody.
    pub hand_open_cases_to: Option<Option<UserId>>,
}

impl App {
    /// What is assigned to everybody of the caller's organization who has an open case.
    pub async fn users_loads(&self, caller: &Caller) -> Result<Vec<(UserId, Load)>, AppError> {
        caller.require_system_admin()?;
        self.read(Loads(caller.organization_id)).await
    }

    /// The organization's accounts, oldest first: at most `limit` of those after `after`.
    pub async fn users_list(
        &self,
        caller: &Caller,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<User>, AppError> {
        caller.require_system_admin()?;
        self.read(ListUsers { organization_id: caller.organization_id, page: Page { after, limit } }).await
    }

    /// Adds an account.
    pub async fn users_create(&self, caller: &Caller, new: NewUser) -> Result<User, AppError> {
        caller.require_system_admin()?;
        self.create_user(caller.organization_id, Some(caller.user_id), new).await
    }

    /// Adds an account, from the command line.
    pub async fn user_create(&self, organization_id: OrganizationId, new: NewUser) -> Result<User, AppError> {
        self.create_user(organization_id, None, new).await
    }

    /// Changes an account; what waited for a deactivated operator is judged before this answers.
    pub async fn users_update(
        &self,
        caller: &Caller,
        id: UserId,
        patch: UserPatch,
    ) -> Result<User, AppError> {
        caller.require_system_admin()?;
        self.change_user(caller.organization_id, Some(caller.user_id), id, patch).await
    }

    /// Changes the account with this e-mail address, from the command line.
    pub async fn user_change(&self, email: &str, patch: UserPatch) -> Result<User, AppError> {
        let user = self.user_of_email(email).await?;
        self.change_user(user.organization_id, None, user.id, patch).await
    }

    /// The account with this e-mail address, for the command line.
    pub async fn user_of_email(&self, email: &str) -> Result<User, AppError> {
        let found = self.read(FindUser { email: email.trim().to_lowercase() }).await?;
        found.ok_or_else(|| AppError::field("email", "is not the e-mail address of a user"))
    }

    /// All accounts of an organization, oldest first, for the command line.
    pub async fn users_of(&self, organization_id: OrganizationId) -> Result<Vec<User>, AppError> {
        let mut all: Vec<User> = Vec::new();
        loop {
            let page = Page { after: all.last().map(|user| user.id), limit: SCAN };
            let found = self.read(ListUsers { organization_id, page }).await?;
            let more = found.len() == SCAN as usize;
            all.extend(found);
            if !more {
                return Ok(all);
            }
        }
    }

    async fn change_user(
        &self,
        organization_id: OrganizationId,
        actor: Option<UserId>,
        id: UserId,
        patch: UserPatch,
    ) -> Result<User, AppError> {
        let before = self.read(GetUser { organization_id, id }).await?;
        let mut errors = FieldErrors::new();
        let name = patch.name.as_deref().and_then(|name| errors.name("name", name, MAX_NAME_CHARS));
        let email = patch.email.as_deref().and_then(|email| check_email(&mut errors, email));
        let roles = patch.roles.as_deref().and_then(|roles| check_roles(&mut errors, roles));
        if let Some(password) = &patch.password {
            let name = name.as_deref().unwrap_or(&before.name);
            let email = email.as_deref().unwrap_or(&before.email);
            let organization = self.read(OrganizationName(organization_id)).await?;
            password::check(&mut errors, password, &[name, email, &organization]);
        }
        errors.finish()?;
        let password_hash = match &patch.password {
            Some(password) => Some(self.login().hash(password).await?),
            None => None,
        };
        let active = patch.active;
        let update = UpdateUser {
            env: self.env().clone(),
            organization_id,
            actor,
            id,
            name,
            email,
            roles,
            active,
            end_tokens: patch.end_tokens && password_hash.is_some(),
            password_hash,
            hand_open_cases_to: patch.hand_open_cases_to,
        };
        let user = self.write(update).await.map_err(name_duplicate)?;
        if active.is_some() || patch.hand_open_cases_to.is_some() {
            self.fire_due_timers().await?;
        }
        Ok(user)
    }

    async fn create_user(
        &self,
        organization_id: OrganizationId,
        actor: Option<UserId>,
        new: NewUser,
    ) -> Result<User, AppError> {
        let mut errors = FieldErrors::new();
        let name = errors.name("name", &new.name, MAX_NAME_CHARS);
        let email = check_email(&mut errors, &new.email);
        let roles = check_roles(&mut errors, &new.roles);
        let organization = self.read(OrganizationName(organization_id)).await?;
        password::check(&mut errors, &new.password, &[&new.name, &new.email, &organization]);
        if let Some(email) = &email
            && self.read(FindUser { email: email.clone() }).await?.is_some()
        {
            errors.add("email", EMAIL_TAKEN);
        }
        errors.finish()?;
        let (Some(name), Some(email), Some(roles)) = (name, email, roles) else {
            return Err(AppError::Internal("a checked field has no value".to_owned()));
        };
        let password_hash = self.login().hash(&new.password).await?;
        let create =
            CreateUser { env: self.env().clone(), organization_id, actor, name, email, roles, password_hash };
        self.write(create).await.map_err(name_duplicate)
    }
}

const EMAIL_TAKEN: &str = "is already used by an account of this installation";

/// Two requests may choose one address at once: the database lets one of them through.
fn name_duplicate(error: AppError) -> AppError {
    match error {
        AppError::Store(error) if error.is_duplicate("users", "email") => {
            AppError::field("email", EMAIL_TAKEN)
        }
        other => other,
    }
}

/// The address in lower case, if it has the form that browsers accept for `type=email`.
fn check_email(errors: &mut FieldErrors, email: &str) -> Option<String> {
    let email = errors.text("email", email, MAX_EMAIL_CHARS)?.to_lowercase();
    let local = |c: char| c.is_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c);
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let well_formed = email.split_once('@').is_some_and(|(name, host)| {
        (1..=64).contains(&name.chars().count()) && name.chars().all(local) && host.split('.').all(label)
    });
    if !well_formed {
        errors.add("email", "must be an e-mail address, such as ana@desk.example");
        return None;
    }
    Some(email)
}

fn check_roles(errors: &mut FieldErrors, roles: &[Role]) -> Option<Roles> {
    if roles.is_empty() {
        errors.add("roles", "must name at least one role: operator or system_admin");
        return None;
    }
    let set = Roles::of(roles);
    if set.list().len() != roles.len() {
        errors.add("roles", "must not name a role twice");
        return None;
    }
    Some(set)
}

/// An account as the audit log shows it.
fn audited(user: &User) -> Value {
    json!({ "name": user.name, "email": user.email, "roles": user.roles.list(), "active": user.active() })
}

struct ListUsers {
    organization_id: OrganizationId,
    page: Page<UserId>,
}

impl Op for ListUsers {
    type Out = Vec<User>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Vec<User>, AppError> {
        Ok(users::list(tx, self.organization_id, self.page).await?)
    }
}

struct Loads(OrganizationId);

impl Op for Loads {
    type Out = Vec<(UserId, Load)>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, AppError> {
        Ok(store::cases::loads(tx, self.0).await?)
    }
}

struct GetUser {
    organization_id: OrganizationId,
    id: UserId,
}

impl Op for GetUser {
    type Out = User;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<User, AppError> {
        users::get(tx, self.organization_id, self.id).await?.ok_or(AppError::NotFound("user"))
    }
}

/// Empty if there is no such organization: whoever needs one finds that out when it writes.
struct OrganizationName(OrganizationId);

impl Op for OrganizationName {
    type Out = String;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<String, AppError> {
        Ok(organizations::get(tx, self.0).await?.map(|organization| organization.name).unwrap_or_default())
    }
}

struct FindUser {
    email: String,
}

impl Op for FindUser {
    type Out = Option<User>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Option<User>, AppError> {
        Ok(users::find_by_email(tx, &self.email).await?)
    }
}

struct CreateUser {
    env: Env,
    organization_id: OrganizationId,
    actor: Option<UserId>,
    name: String,
    email: String,
    roles: Roles,
    password_hash: String,
}

impl Op for CreateUser {
    type Out = User;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<User, AppError> {
        let now = self.env.at(tx)?;
        if store::organizations::get(tx, self.organization_id).await?.is_none() {
            return Err(AppError::NotFound("organization"));
        }
        let presence = Presence {
            last_active_at: now,
            last_activity: ActivityKind::AccountCreated,
            deactivated_at: None,
        };
        let user = User {
            id: self.env.id(now),
            organization_id: self.organization_id,
            name: self.name.clone(),
            email: self.email.clone(),
            roles: self.roles,
            created_at: now,
            presence,
        };
        users::insert(tx, &user, &self.password_hash).await?;
        let change = Change {
            actor: self.actor,
            action: "user.create",
            subject: user.id.to_string(),
            before: Value::Null,
            after: audited(&user),
        };
        record(tx, &self.env, user.organization_id, now, change).await?;
        Ok(user)
    }
}

struct UpdateUser {
    env: Env,
    organization_id: OrganizationId,
    actor: Option<UserId>,
    id: UserId,
    name: Option<String>,
    email: Option<String>,
    roles: Option<Roles>,
    active: Option<bool>,
    password_hash: Option<String>,
    end_tokens: bool,
    hand_open_cases_to: Option<Option<UserId>>,
}

impl Op for UpdateUser {
    type Out = User;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<User, AppError> {
        let org = self.organization_id;
        let now = self.env.at(tx)?;
        store::organizations::enter_alone(tx, org).await?;
        let before = users::get(tx, org, self.id).await?.ok_or(AppError::NotFound("user"))?;
        let mut user = before.clone();
        if let Some(name) = &self.name {
            user.name.clone_from(name);
        }
        if let Some(email) = &self.email {
            let holder = users::find_by_email(tx, email).await?;
            if holder.is_some_and(|holder| holder.id != user.id) {
                return Err(AppError::field("email", EMAIL_TAKEN));
            }
            user.email.clone_from(email);
        }
        user.roles = self.roles.unwrap_or(user.roles);
        user.presence.deactivated_at = match self.active {
            Some(true) => None,
            Some(false) => user.presence.deactivated_at.or(Some(now)),
            None => user.presence.deactivated_at,
        };
        self.refuse_shutting_out(tx, &before, &user).await?;
        let mut after = audited(&user);
        if let Some(hash) = &self.password_hash {
            users::set_password(tx, org, user.id, hash).await?;
            after["password"] = json!("replaced");
        }
        if user == before && self.password_hash.is_none() && self.hand_open_cases_to.is_none() {
            return Ok(user);
        }
        users::update(tx, &user).await?;
        if let Some(to) = self.hand_open_cases_to {
            after["open_cases_handed_over"] = self.hand_over(tx, to).await?;
        }
        let deactivated = before.active() && !user.active();
        if deactivated || self.password_hash.is_some() {
            sessions::delete_of_user(tx, org, user.id).await?;
        }
        if deactivated || self.end_tokens {
            let ended = tokens::delete_of_user(tx, org, user.id).await?;
            if ended > 0 {
                after["api_tokens_ended"] = json!(ended);
            }
        }
        if before.active() != user.active() {
            // A deactivated operator is inactive from that instant: what waits for them is judged now.
            crate::watching::rearm_operator(tx, org, user.id).await?;
            events::emit(tx, &self.env, org, now, Event::Presence(user.id)).await?;
        }
        let action = match (before.active(), user.active()) {
            (true, false) => "user.deactivate",
            (false, true) => "user.activate",
            _ => "user.update",
        };
        let (actor, subject) = (self.actor, user.id.to_string());
        let change = Change { actor, action, subject, before: audited(&before), after };
        record(tx, &self.env, org, now, change).await?;
        Ok(user)
    }
}

impl UpdateUser {
    /// Hands their open cases over; returns how many to whom, as the audit log shows it.
    async fn hand_over(&self, tx: &mut Tx, to: Option<UserId>) -> Result<Value, AppError> {
        let mut desk = Desk::open_alone(tx, &self.env, self.organization_id).await?;
        let mut name = None;
        if let Some(id) = to {
            if id == self.id {
                return Err(AppError::field(HAND_OPEN_CASES_TO, "is the same person"));
            }
            desk.assignable(HAND_OPEN_CASES_TO, id).await?;
            name = users::get(desk.tx, desk.org, id).await?.map(|user| user.name);
        }
        let count = desk.hand_over(self.id, to).await?;
        Ok(json!({ "count": count, "to": name }))
    }

    async fn refuse_shutting_out(&self, tx: &mut Tx, before: &User, after: &User) -> Result<(), AppError> {
        let conflict = |code, sentence: &str| Err(AppError::Conflict(code, sentence.to_owned()));
        if before.active() && !after.active() && Some(after.id) == self.actor {
            return conflict(
                Conflict::OwnAccount,
                "You cannot deactivate your own account; another System Admin can.",
            );
        }
        let administers = |user: &User| user.active() && user.roles.system_admin;
        if administers(before) && !administers(after) && !another_admin(tx, before).await? {
            return conflict(
                Conflict::LastSystemAdmin,
                "This is the last active System Admin of the organization: make somebody else one first.",
            );
        }
        Ok(())
    }
}

/// Whether the organization has an active System Admin besides this user.
async fn another_admin(tx: &mut Tx, user: &User) -> Result<bool, StoreError> {
    let mut after = None;
    loop {
        let page = users::list(tx, user.organization_id, Page { after, limit: SCAN }).await?;
        if page.iter().any(|other| other.id != user.id && other.active() && other.roles.system_admin) {
            return Ok(true);
        }
        match page.last() {
            Some(last) if page.len() == SCAN as usize => after = Some(last.id),
            _ => return Ok(false),
        }
    }
}
