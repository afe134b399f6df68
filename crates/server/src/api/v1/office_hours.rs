//! The organization's default office hours: operators may take them over as their own.

use axum::extract::State;
use domain::hours::{DefaultHours, Exception, Week};
use serde::Serialize;
use utoipa::ToSchema;

use super::hours::{ExceptionShape, WeekShape};
use crate::http::Web;
use crate::http::auth::Me;
use crate::http::body::{Json, MAX_HOURS_BYTES};
use crate::http::problem::Problem;

const TAG: &str = "Organization";

/// The organization's default office hours.
#[derive(Serialize, ToSchema)]
pub struct OrganizationOfficeHours {
    /// Null until somebody sets them.
    office_hours: Option<DefaultGrid>,
}

/// A week of windows in a zone, with exceptions. A `PUT` takes every field.
#[derive(Serialize, ToSchema)]
pub struct DefaultGrid {
    /// The IANA zone of the wall times.
    #[schema(example = "America/New_York")]
    time_zone: String,
    /// The windows of each day.
    #[schema(value_type = WeekShape)]
    week: Week,
    /// Dates on which something else holds; at most 366.
    #[schema(value_type = Vec<ExceptionShape>, max_items = 366)]
    exceptions: Vec<Exception>,
}

impl From<Option<DefaultHours>> for OrganizationOfficeHours {
    fn from(hours: Option<DefaultHours>) -> Self {
        Self {
            office_hours: hours.map(|DefaultHours { time_zone, week, exceptions }| DefaultGrid {
                time_zone,
                week,
                exceptions,
            }),
        }
    }
}

/// The organization's default office hours.
#[utoipa::path(get, path = "/api/v1/organization/office-hours", operation_id = "get_office_hours", tag = TAG, responses((status = 200, body = OrganizationOfficeHours)))]
pub async fn show(
    State(web): State<Web>,
    Me(caller): Me,
) -> Result<axum::Json<OrganizationOfficeHours>, Problem> {
    Ok(axum::Json(web.app().default_hours_get(&caller).await?.into()))
}

/// Replaces the organization's default office hours. Operators who took them over keep their copy.
#[utoipa::path(put, path = "/api/v1/organization/office-hours", operation_id = "put_office_hours", tag = TAG, request_body = DefaultGrid, responses((status = 200, body = OrganizationOfficeHours)))]
pub async fn put(
    State(web): State<Web>,
    Me(caller): Me,
    Json(hours): Json<DefaultHours, MAX_HOURS_BYTES>,
) -> Result<axum::Json<OrganizationOfficeHours>, Problem> {
    Ok(axum::Json(Some(web.app().default_hours_put(&caller, hours).await?).into()))
}
