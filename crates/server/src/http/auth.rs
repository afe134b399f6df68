//! The guard before every documented route: who asks, whether they may, and the activity that it was.
//!
//! Guaranteed: no handler runs for somebody whom the access table does not name; an unsafe request that bears
//! the session cookie comes from our own pages; a successful changing request is stamped as activity, durably,
//! before its answer goes out (rule book, section 2). Not guaranteed: the stamp, if the database goes away right
//! after the change and stays away for longer than [`STAMP_AGAIN_AFTER`]; the log then says so.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use app::caller::Caller;
use axum::extract::{ConnectInfo, FromRequestParts, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::presence::ActivityKind;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, Method};

use super::Web;
use super::access::{self, Who};
use super::body::{Nothing, query};
use super::cookie::Cookie;
use super::problem::Problem;

/// When a stamp that the database did not take is tried again, each time after the one before.
const STAMP_AGAIN_AFTER: [Duration; 4] = [
    Duration::from_millis(100),
    Duration::from_millis(400),
    Duration::from_millis(1_500),
    Duration::from_millis(3_000),
];

/// The caller, once the guard has let the request in.
pub struct Me(pub Caller);

/// By what the caller is known: the token of a session or an API token.
#[derive(Clone)]
pub enum Credential {
    /// A session's, from the cookie.
    Session(String),
    /// An API token, from `Authorization`.
    Bearer(String),
}

/// The client's address, as the connection or a trusted proxy gave it; forwarded headers are not read here (V4.1.3).
pub struct Peer(pub IpAddr);

impl<S: Sync> FromRequestParts<S> for Me {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // Only a route that the table opens to anybody has no caller, and it must not ask for one.
        parts.extensions.get::<Caller>().copied().map(Self).ok_or_else(Problem::internal)
    }
}

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let known = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        Ok(Self(known.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))))
    }
}

impl Credential {
    /// What a request bears; a bearer token wins over the cookie. Other schemes are somebody else's, such as a
    /// proxy's.
    fn of(headers: &HeaderMap, secure: bool) -> Option<Self> {
        let bearer = headers.get(AUTHORIZATION).and_then(|value| {
            let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| Self::Bearer(token.trim().to_owned()))
        });
        bearer.or_else(|| Cookie::Session.read(headers, secure).map(|token| Self::Session(token.to_owned())))
    }

    /// Who it belongs to, if it is still good.
    pub async fn caller(&self, web: &Web) -> Result<Option<Caller>, Problem> {
        Ok(match self {
            Self::Session(token) => web.app().caller_of_session(token).await?,
            Self::Bearer(token) => web.app().caller_of_token(token).await?,
        })
    }

    /// The same for a connection that stays open: that is no use of the session, which ends by idleness.
    pub async fn still_holds(&self, web: &Web) -> Result<Option<Caller>, Problem> {
        Ok(match self {
            Self::Session(token) => web.app().holder_of_session(token).await?,
            Self::Bearer(token) => web.app().holder_of_token(token).await?,
        })
    }
}

/// Whether a method changes nothing (RFC 9110, 9.2.1).
fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Lets a request through to its handler, or answers why not.
pub async fn guard(State(web): State<Web>, path: MatchedPath, mut request: Request, next: Next) -> Response {
    let Some(entry) = access::find(request.method(), path.as_str()) else {
        // The path exists, the method does not: the router answers 405.
        return next.run(request).await;
    };
    match admit(&web, entry, &mut request).await {
        Err(problem) => problem.into_response(),
        Ok(None) => next.run(request).await,
        Ok(Some(caller)) => {
            let response = next.run(request).await;
            if entry.stamps && response.status().is_success() {
                stamp(&web, &caller).await;
            }
            response
        }
    }
}

async fn admit(web: &Web, entry: &access::Entry, request: &mut Request) -> Result<Option<Caller>, Problem> {
    if entry.path == access::CLOCK && !web.app().clock().can_advance() {
        return Err(Problem::no_such_address());
    }
    let caller = match entry.who {
        Who::Carrier => return Ok(None),
        Who::Anybody if is_safe(request.method()) => None,
        Who::Anybody => {
            // Signing somebody in as somebody else is an attack too.
            web.origin()
                .check(request.headers())
                .map_err(|reason| Problem::forbidden(reason).code("other_site"))?;
            None
        }
        Who::SignedIn | Who::Having(_) => Some(admit_caller(web, entry, request).await?),
    };
    if request.uri().query().is_some() && !entry.is_probe() && !web.takes_query(entry) {
        query::<Nothing>(request.uri().query())?;
    }
    Ok(caller)
}

async fn admit_caller(web: &Web, entry: &access::Entry, request: &mut Request) -> Result<Caller, Problem> {
    let unknown = || Problem::unauthorized("Sign in, or send an API token as `Authorization: Bearer TOKEN`.");
    let credential = Credential::of(request.headers(), web.secure()).ok_or_else(unknown)?;
    let caller = credential.caller(web).await?.ok_or_else(|| {
        Problem::unauthorized(match credential {
            Credential::Session(_) => "Your session has ended. Sign in again.",
            Credential::Bearer(_) => "This API token is not known, has expired, or its user is deactivated.",
        })
    })?;
    if matches!(credential, Credential::Session(_)) && !is_safe(request.method()) {
        web.origin().check(request.headers()).map_err(|reason| {
            tracing::warn!(user = %caller.user_id, path = entry.path, "refused a request from another site");
            Problem::forbidden(reason).code("other_site")
        })?;
    }
    if !entry.who.allows(Some(caller.roles)) {
        tracing::warn!(user = %caller.user_id, method = %entry.method, path = entry.path, "refused: not allowed");
        return Err(Problem::forbidden(entry.who.refusal()));
    }
    request.extensions_mut().insert(caller);
    request.extensions_mut().insert(credential);
    Ok(caller)
}

/// The change itself is committed, so a stamp that fails must not turn its answer into an error. While the database
/// is away for a moment the answer waits for it.
async fn stamp(web: &Web, caller: &Caller) {
    let mut pauses = STAMP_AGAIN_AFTER.into_iter();
    while let Err(error) = web.app().activity(caller, ActivityKind::Request).await {
        let Some(pause) = pauses.next() else {
            tracing::error!(cause = error.log_text(), user = %caller.user_id, "activity could not be recorded");
            return;
        };
        tokio::time::sleep(pause).await;
    }
}
