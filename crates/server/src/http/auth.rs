//! Who asks.

use app::caller::Caller;
use axum::extract::FromRequestParts;
use http::request::Parts;

use super::problem::Problem;

/// The caller, once the guard has let the request in.
pub struct Me(pub Caller);

impl<S: Sync> FromRequestParts<S> for Me {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // Only a route that the table opens to anybody has no caller, and it must not ask for one.
        parts.extensions.get::<Caller>().copied().map(Self).ok_or_else(Problem::internal)
    }
}
