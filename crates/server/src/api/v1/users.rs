//! People: users for System Admins, and the operators whom anybody may name.

use std::collections::HashMap;

use app::caller::Caller;
use app::users::Load;
use axum::extract::State;
use domain::id::UserId;
use domain::time::Instant;
use domain::user::Role;
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::http::Web;
use crate::http::auth::Me;
use crate::http::body::{Id, Json, Params};
use crate::http::fields::{Fields, FromFields};
use crate::http::page::{Page, PageQuery, Paging};
use crate::http::problem::Problem;
use crate::http::values::FromValue;

const TAG: &str = "People";

/// A user.
#[derive(Serialize, ToSchema)]
pub struct User {
    /// Their id.
    #[schema(value_type = String)]
    id: UserId,
    /// Their full name.
    name: String,
    /// Their e-mail address.
    email: String,
    /// What they may do.
    #[schema(schema_with = super::codes::roles)]
    roles: Vec<Role>,
    /// Whether the account is in use: a deactivated one cannot sign in and counts as inactive.
    active: bool,
    /// Their latest activity; the account's creation if there was none.
    #[schema(value_type = String, format = DateTime)]
    last_active_at: Instant,
    /// How many open cases are assigned to them.
    open_cases: i64,
    /// In how many of those the customer waits for a human.
    waiting_customers: i64,
}

/// A user to add.
#[derive(ToSchema)]
pub struct NewUser {
    /// Their full name.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// Their e-mail address; one account per address.
    #[schema(min_length = 3, max_length = 254, format = Email)]
    email: String,
    /// What they may do; at least one.
    #[schema(schema_with = super::codes::roles)]
    roles: Vec<Role>,
    /// Their first password.
    #[schema(format = Password, min_length = 8, max_length = 256)]
    password: String,
}

/// What to change: any of these.
#[derive(ToSchema)]
pub struct UserPatch {
    /// Their full name.
    #[schema(min_length = 1, max_length = 100, nullable = false)]
    name: Option<String>,
    /// Their e-mail address.
    #[schema(min_length = 3, max_length = 254, format = Email, nullable = false)]
    email: Option<String>,
    /// What they may do; at least one.
    #[schema(schema_with = super::codes::roles)]
    roles: Option<Vec<Role>>,
    /// False deactivates the account and ends its sessions and its API tokens.
    #[schema(nullable = false)]
    active: Option<bool>,
    /// A new password; ends the account's sessions.
    #[schema(format = Password, min_length = 8, max_length = 256, nullable = false)]
    password: Option<String>,
    /// With a new password: ends the account's API tokens, too.
    #[schema(nullable = false)]
    end_tokens: Option<bool>,
    /// Hands all their open cases to this operator, or with null back to nobody, in the same transaction; their
    /// watches go with them (R17). Left out, the cases stay.
    #[schema(value_type = Option<String>)]
    hand_open_cases_to: Option<Option<UserId>>,
}

/// Somebody to whom a case can be assigned, or was.
#[derive(Serialize, ToSchema)]
pub struct Operator {
    /// Their id.
    #[schema(value_type = String)]
    id: UserId,
    /// Their name.
    name: String,
    /// Whether the account is in use.
    active: bool,
}

/// Every operator.
#[derive(Serialize, ToSchema)]
pub struct Operators {
    /// By name.
    items: Vec<Operator>,
}

impl User {
    fn of(user: domain::user::User, loads: &HashMap<UserId, Load>) -> Self {
        let load = loads.get(&user.id).copied().unwrap_or_default();
        Self {
            open_cases: load.open_cases,
            waiting_customers: load.waiting_customers,
            id: user.id,
            active: user.active(),
            name: user.name,
            email: user.email,
            roles: user.roles.list(),
            last_active_at: user.presence.last_active_at,
        }
    }
}

/// The longest name of a person.
const MAX_NAME_CHARS: usize = 100;

impl FromFields for NewUser {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let (name, email) = (fields.text("name", MAX_NAME_CHARS), fields.required("email"));
        let (roles, password) = (fields.required("roles"), fields.required("password"));
        Some(Self { name: name?, email: email?, roles: roles?, password: password? })
    }
}

impl FromFields for UserPatch {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self {
            name: fields.optional("name"),
            email: fields.optional("email"),
            roles: fields.optional("roles"),
            active: fields.optional("active"),
            password: fields.optional("password"),
            end_tokens: fields.optional("end_tokens"),
            hand_open_cases_to: fields.optional("hand_open_cases_to"),
        })
    }
}

impl FromValue for Vec<Role> {
    fn from_value(value: Value) -> Result<Self, String> {
        let Value::Array(items) = value else { return Err("must be a list of roles".to_owned()) };
        items.into_iter().map(Role::from_value).collect()
    }
}

/// What is assigned to whom.
async fn loads(web: &Web, caller: &Caller) -> Result<HashMap<UserId, Load>, Problem> {
    Ok(web.app().users_loads(caller).await?.into_iter().collect())
}

/// Everybody, in the order in which they were added.
#[utoipa::path(get, path = "/api/v1/users", operation_id = "list_users", tag = TAG, params(PageQuery), responses((status = 200, body = Page<User>)))]
pub async fn list(
    State(web): State<Web>,
    Me(caller): Me,
    Params(paging): Params<Paging<UserId>>,
) -> Result<axum::Json<Page<User>>, Problem> {
    let found = web.app().users_list(&caller, paging.after, paging.limit + 1).await?;
    let loads = loads(&web, &caller).await?;
    Ok(axum::Json(Page::of(found, paging.limit, |user| user.id, |user| User::of(user, &loads))))
}

/// Adds somebody.
#[utoipa::path(post, path = "/api/v1/users", operation_id = "create_user", tag = TAG, request_body = NewUser, responses((status = 201, body = User)))]
pub async fn create(
    State(web): State<Web>,
    Me(caller): Me,
    Json(user): Json<NewUser>,
) -> Result<(StatusCode, axum::Json<User>), Problem> {
    let NewUser { name, email, roles, password } = user;
    let new = app::users::NewUser { name, email, roles, password };
    let user = web.app().users_create(&caller, new).await?;
    Ok((StatusCode::CREATED, axum::Json(User::of(user, &HashMap::new()))))
}

/// Changes somebody.
#[utoipa::path(patch, path = "/api/v1/users/{id}", operation_id = "change_user", tag = TAG, params(("id" = String, Path, description = "The user.")), request_body = UserPatch, responses((status = 200, body = User)))]
pub async fn change(
    State(web): State<Web>,
    Me(caller): Me,
    Id(id): Id<UserId>,
    Json(patch): Json<UserPatch>,
) -> Result<axum::Json<User>, Problem> {
    let UserPatch { name, email, roles, active, password, end_tokens, hand_open_cases_to } = patch;
    let end_tokens = end_tokens.unwrap_or(false);
    let patch =
        app::users::UserPatch { name, email, roles, active, password, end_tokens, hand_open_cases_to };
    let user = web.app().users_update(&caller, id, patch).await?;
    let loads = loads(&web, &caller).await?;
    Ok(axum::Json(User::of(user, &loads)))
}

/// Everybody to whom a case can be assigned, or was.
#[utoipa::path(get, path = "/api/v1/operators", operation_id = "list_operators", tag = TAG, responses((status = 200, body = Operators)))]
pub async fn operators(State(web): State<Web>, Me(caller): Me) -> Result<axum::Json<Operators>, Problem> {
    let found = web.app().operators(&caller).await?;
    let items =
        found.into_iter().map(|user| Operator { id: user.id, active: user.active(), name: user.name });
    Ok(axum::Json(Operators { items: items.collect() }))
}
