//! Signing in and out, and who I am.

use domain::id::{OrganizationId, UserId};
use domain::time::Instant;
use domain::user::Role;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::auth::Me;
use crate::http::body::{Json, Nothing};
use crate::http::fields::{Fields, FromFields};
use crate::http::problem::Problem;

const TAG: &str = "Session";

/// Who is signed in, where, and what time the server has.
#[derive(Serialize, ToSchema)]
pub struct Session {
    /// The person.
    user: SessionUser,
    /// Where they belong.
    organization: SessionOrganization,
    /// The server's clock.
    clock: ClockState,
    /// The server's version.
    version: &'static str,
}

/// The person who is signed in.
#[derive(Serialize, ToSchema)]
pub struct SessionUser {
    /// Their id.
    #[schema(value_type = String)]
    id: UserId,
    /// Their name.
    name: String,
    /// Their e-mail address.
    email: String,
    /// What they may do.
    #[schema(schema_with = super::codes::roles)]
    roles: Vec<Role>,
}

/// The organization of the person who is signed in.
#[derive(Serialize, ToSchema)]
pub struct SessionOrganization {
    /// Its id.
    #[schema(value_type = String)]
    id: OrganizationId,
    /// Its name.
    name: String,
    /// Its IANA time zone.
    time_zone: String,
}

/// The server's clock.
#[derive(Serialize, ToSchema)]
pub struct ClockState {
    /// What it shows.
    #[schema(value_type = String, format = DateTime)]
    now: Instant,
    /// Whether it stands still but for fast-forward.
    manual: bool,
    /// Whether `POST /api/v1/dev/clock` moves it.
    can_advance: bool,
}

/// An e-mail address and a password.
#[derive(ToSchema)]
pub struct SignIn {
    /// The e-mail address; its case does not matter.
    email: String,
    /// The password.
    #[schema(format = Password)]
    password: String,
}

impl FromFields for SignIn {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let (email, password) = (fields.required("email"), fields.required("password"));
        Some(Self { email: email?, password: password? })
    }
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/v1/session", operation_id = "get_session", tag = TAG, responses((status = 200, body = Session)))]
pub async fn show(Me(caller): Me) -> Result<axum::Json<Session>, Problem> {
    Err(Problem::unavailable("This part is not wired yet."))
}

/// Signs in: sets the session cookie.
#[utoipa::path(post, path = "/api/v1/session", operation_id = "sign_in", tag = TAG, request_body = SignIn, responses((status = 200, body = Session, headers(("Set-Cookie" = String, description = "The session.")))))]
pub async fn sign_in(Json(sign_in): Json<SignIn>) -> Result<axum::Json<Session>, Problem> {
    Err(Problem::unavailable("This part is not wired yet."))
}

/// Signs out: ends the session and clears the cookie.
#[utoipa::path(delete, path = "/api/v1/session", operation_id = "sign_out", tag = TAG, responses((status = 204)))]
pub async fn sign_out(Me(caller): Me) -> Result<http::StatusCode, Problem> {
    Err(Problem::unavailable("This part is not wired yet."))
}
