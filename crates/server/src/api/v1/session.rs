//! Signing in and out, and who I am.

use app::caller::Caller;
use axum::Extension;
use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse};
use domain::country::Country;
use domain::id::{OrganizationId, UserId};
use domain::time::Instant;
use domain::user::Role;
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderName, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::Web;
use crate::http::auth::{Credential, Me, Peer};
use crate::http::body::{Json, Nothing};
use crate::http::cookie::Cookie;
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
    /// 32 bytes in base64, of this person's and nobody else's: a page encrypts with them what it keeps in the
    /// browser, so that nobody can read it who is not signed in as them.
    browser_key: String,
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
    /// The country whose numbers are written without a country code, by ISO 3166; null if none is known.
    #[schema(value_type = Option<String>)]
    country: Option<Country>,
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

/// What the pages need to know about who is signed in.
async fn session(web: &Web, caller: &Caller) -> Result<Session, Problem> {
    let (user, organization) = web.app().whoami(caller).await?;
    let clock = web.app().clock();
    Ok(Session {
        user: SessionUser { id: user.id, name: user.name, email: user.email, roles: user.roles.list() },
        organization: SessionOrganization {
            id: organization.id,
            name: organization.name,
            time_zone: organization.time_zone,
            country: organization.country,
        },
        clock: ClockState { now: clock.now(), manual: clock.is_manual(), can_advance: clock.can_advance() },
        version: env!("CARGO_PKG_VERSION"),
        browser_key: web.app().browser_key(caller),
    })
}

impl FromFields for SignIn {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let (email, password) = (fields.required("email"), fields.required("password"));
        Some(Self { email: email?, password: password? })
    }
}

/// Who is signed in.
#[utoipa::path(get, path = "/api/v1/session", operation_id = "get_session", tag = TAG, responses((status = 200, body = Session)))]
pub async fn show(State(web): State<Web>, Me(caller): Me) -> Result<axum::Json<Session>, Problem> {
    session(&web, &caller).await.map(axum::Json)
}

/// Signs in: sets the session cookie, and one by which the browser is known when somebody signs in there again.
#[utoipa::path(post, path = "/api/v1/session", operation_id = "sign_in", tag = TAG, request_body = SignIn, responses((status = 200, body = Session, headers(("Set-Cookie" = String, description = "The session; a second one says that somebody has signed in from this browser before.")))))]
pub async fn sign_in(
    State(web): State<Web>,
    Peer(peer): Peer,
    headers: HeaderMap,
    Json(sign_in): Json<SignIn>,
) -> Result<impl IntoResponse, Problem> {
    let [earlier, device] =
        [Cookie::Session, Cookie::Device].map(|cookie| cookie.read(&headers, web.secure()));
    let signed_in = web.app().sign_in(&sign_in.email, &sign_in.password, peer, device).await?;
    if let Some(earlier) = earlier {
        web.app().sign_out(earlier).await?;
    }
    let cookies = [
        (SET_COOKIE, Cookie::Session.set(&signed_in.token, web.secure())),
        (SET_COOKIE, Cookie::Device.set(&signed_in.device, web.secure())),
    ];
    Ok((AppendHeaders(cookies), axum::Json(session(&web, &signed_in.caller).await?)))
}

/// Signs out: ends the session and clears the cookie.
#[utoipa::path(delete, path = "/api/v1/session", operation_id = "sign_out", tag = TAG, responses((status = 204)))]
pub async fn sign_out(
    State(web): State<Web>,
    Extension(credential): Extension<Credential>,
    _: Nothing,
) -> Result<impl IntoResponse, Problem> {
    let Credential::Session(token) = credential else {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "There is no session to end: the request came with an API token.",
        )
        .code("no_session"));
    };
    web.app().sign_out(&token).await?;
    // Not "cookies", among which is the device, nor "storage", where a person's choices for this browser are: the pages
    // take from it what was theirs to read.
    let clear = [
        (SET_COOKIE, Cookie::Session.clear(web.secure())),
        (HeaderName::from_static("clear-site-data"), "\"cache\"".to_owned()),
    ];
    Ok((StatusCode::NO_CONTENT, clear))
}
