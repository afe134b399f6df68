//! Secondary operators: colleagues who cover a case beside its own operator.

use axum::extract::{Path, State};
use http::StatusCode;

use super::cases::Case;
use crate::http::Web;
use crate::http::auth::Me;
use crate::http::body::{Nothing, parse_id};
use crate::http::problem::Problem;

const TAG: &str = "Cases";

/// Adds a secondary operator; adding one twice changes nothing. 409 for the case's own operator.
#[utoipa::path(put, path = "/api/v1/cases/{id}/secondary-operators/{user_id}", operation_id = "add_secondary_operator", tag = TAG, params(("id" = String, Path, description = "The case."), ("user_id" = String, Path, description = "The operator.")), responses((status = 200, body = Case)))]
pub async fn add(
    State(web): State<Web>,
    Me(caller): Me,
    Path((case_id, user_id)): Path<(String, String)>,
    _: Nothing,
) -> Result<axum::Json<Case>, Problem> {
    let (case_id, user_id) = (parse_id(&case_id)?, parse_id(&user_id)?);
    Ok(axum::Json(web.app().case_secondary(&caller, case_id, user_id, true).await?.into()))
}

/// Removes a secondary operator; removing one twice changes nothing.
#[utoipa::path(delete, path = "/api/v1/cases/{id}/secondary-operators/{user_id}", operation_id = "remove_secondary_operator", tag = TAG, params(("id" = String, Path, description = "The case."), ("user_id" = String, Path, description = "The operator.")), responses((status = 204)))]
pub async fn remove(
    State(web): State<Web>,
    Me(caller): Me,
    Path((case_id, user_id)): Path<(String, String)>,
    _: Nothing,
) -> Result<StatusCode, Problem> {
    let (case_id, user_id) = (parse_id(&case_id)?, parse_id(&user_id)?);
    web.app().case_secondary(&caller, case_id, user_id, false).await?;
    Ok(StatusCode::NO_CONTENT)
}
