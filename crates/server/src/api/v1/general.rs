//! Settings > Organization > General: name, time zone and country.

use app::organizations::OrganizationPatch;
use axum::extract::State;
use domain::country::Country;
use domain::id::OrganizationId;
use domain::organization::Organization as Row;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::Web;
use crate::http::auth::Me;
use crate::http::body::Json;
use crate::http::fields::{Fields, FromFields};
use crate::http::problem::Problem;

const TAG: &str = "Organization";

/// The organization.
#[derive(Serialize, ToSchema)]
pub struct Organization {
    /// Its id.
    #[schema(value_type = String)]
    id: OrganizationId,
    /// Its name, as customers read it in `{{ organization.name }}`.
    name: String,
    /// Its IANA time zone.
    time_zone: String,
    /// The country whose numbers are written without a country code, by ISO 3166: the one that was chosen, else that
    /// of the first channel's number, else that of the time zone; null if that has none.
    #[schema(value_type = Option<String>)]
    country: Option<Country>,
}

/// What to change: any of these.
#[derive(ToSchema)]
pub struct OrganizationChange {
    /// Its name, as customers read it.
    #[schema(min_length = 1, max_length = 100, nullable = false)]
    name: Option<String>,
    /// Its IANA time zone.
    #[schema(nullable = false, example = "America/New_York")]
    time_zone: Option<String>,
    /// The country whose numbers are written without a country code: two letters of ISO 3166.
    #[schema(nullable = false, example = "US")]
    country: Option<String>,
}

impl FromFields for OrganizationChange {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let (name, time_zone) = (fields.optional("name"), fields.optional("time_zone"));
        Some(Self { name, time_zone, country: fields.optional("country") })
    }
}

impl From<Row> for Organization {
    fn from(row: Row) -> Self {
        let Row { id, name, time_zone, country, .. } = row;
        Self { id, name, time_zone, country }
    }
}

/// The organization's name, time zone and country.
#[utoipa::path(get, path = "/api/v1/organization", operation_id = "get_organization", tag = TAG, responses((status = 200, body = Organization)))]
pub async fn show(State(web): State<Web>, Me(caller): Me) -> Result<axum::Json<Organization>, Problem> {
    Ok(axum::Json(web.app().organization_get(&caller).await?.into()))
}

/// Changes the organization's name, time zone or country.
#[utoipa::path(patch, path = "/api/v1/organization", operation_id = "change_organization", tag = TAG, request_body = OrganizationChange, responses((status = 200, body = Organization)))]
pub async fn change(
    State(web): State<Web>,
    Me(caller): Me,
    Json(change): Json<OrganizationChange>,
) -> Result<axum::Json<Organization>, Problem> {
    let OrganizationChange { name, time_zone, country } = change;
    let patch = OrganizationPatch { name, time_zone, country };
    Ok(axum::Json(web.app().organization_update(&caller, patch).await?.into()))
}
