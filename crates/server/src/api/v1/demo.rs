//! The demo's people, whom its sign-in page offers as buttons.

use axum::extract::State;
use domain::user::Role;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::Web;
use crate::http::problem::Problem;

const TAG: &str = "Development";

/// Somebody who can be signed in with one press. Only the demo has such people; their password guards nothing.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DemoPerson {
    /// Their name.
    pub name: &'static str,
    /// Their e-mail address.
    pub email: &'static str,
    /// Their password.
    pub password: &'static str,
    /// What they may do.
    #[schema(schema_with = super::codes::roles)]
    pub roles: &'static [Role],
    /// What they are there for, in a few words.
    pub about: &'static str,
}

/// The demo's people.
#[derive(Serialize, ToSchema)]
pub struct DemoPeople {
    /// In the order in which they are offered.
    items: Vec<DemoPerson>,
}

/// The demo's people with their passwords; 404 everywhere else.
#[utoipa::path(get, path = "/api/v1/dev/people", operation_id = "list_demo_people", tag = TAG, responses((status = 200, body = DemoPeople)))]
pub async fn people(State(web): State<Web>) -> Result<axum::Json<DemoPeople>, Problem> {
    let items = web.demo_people().to_vec();
    if items.is_empty() { Err(Problem::no_such_address()) } else { Ok(axum::Json(DemoPeople { items })) }
}
