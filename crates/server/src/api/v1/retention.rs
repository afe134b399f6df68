//! Settings > Organization > Data retention (decision 0016).

use app::retention::RetentionView;
use axum::extract::State;
use axum::response::IntoResponse;
use domain::retention::Retention as Setting;
use domain::time::Instant;
use http::HeaderMap;
use http::header::ETAG;
use serde::Serialize;
use utoipa::ToSchema;

use super::organization::if_match;
use super::person::Person;
use crate::http::Web;
use crate::http::auth::Me;
use crate::http::body::Json;
use crate::http::fields::{Fields, FromFields};
use crate::http::problem::Problem;

const TAG: &str = "Organization";

/// How long the organization keeps what.
#[derive(Serialize, ToSchema)]
pub struct Retention {
    /// Messages, in days; null is forever. What an open case's customer waits for, and the newest run of an open
    /// case, stay longer.
    messages_days: Option<u32>,
    /// The records of decisions, in days since the customer's message; null is as long as the message.
    decisions_days: Option<u32>,
    /// Events, in days: how long a reader can be away and still resume.
    events_days: u32,
    /// Counts the changes; the answer's `ETag` bears it in quotation marks.
    version: i64,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Instant,
    /// Who changed it last; null for a new organization.
    updated_by: Option<Person>,
}

/// What a System Admin sets.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the body in openapi.json; RetentionFields is what is read")]
pub struct RetentionChange {
    /// Whole days, 8 to 3650; null is forever.
    #[schema(minimum = 8, maximum = 3650, required = true)]
    messages_days: Option<u32>,
    /// Whole days, 8 to 3650, at most `messages_days`; null is as long as the message.
    #[schema(minimum = 8, maximum = 3650, required = true)]
    decisions_days: Option<u32>,
    /// Whole days, 1 to 365.
    #[schema(minimum = 1, maximum = 365)]
    events_days: u32,
}

/// A [`RetentionChange`] that has been read.
pub struct RetentionFields(Setting);

impl FromFields for RetentionFields {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let messages_days: Option<Option<u32>> = fields.required("messages_days");
        let decisions_days: Option<Option<u32>> = fields.required("decisions_days");
        let events_days = fields.required("events_days");
        // What has the right type is held to its bounds even if another field has not.
        let given = Setting {
            messages_days: messages_days.flatten(),
            decisions_days: decisions_days.flatten(),
            events_days: events_days.unwrap_or(Setting::default().events_days),
        };
        if let Err(errors) = given.validated() {
            for error in errors.into_vec() {
                fields.error(&error.field, error.message);
            }
        }
        (messages_days.is_some() && decisions_days.is_some() && events_days.is_some()).then_some(Self(given))
    }
}

/// The setting with its version as `ETag`.
fn answer(view: RetentionView) -> impl IntoResponse {
    let RetentionView { stored, updated_by_name } = view;
    let etag = format!("\"{}\"", stored.version);
    let Setting { messages_days, decisions_days, events_days } = stored.retention;
    let retention = Retention {
        messages_days,
        decisions_days,
        events_days,
        version: stored.version,
        updated_at: stored.updated_at,
        updated_by: stored.updated_by.map(|id| Person { id, name: updated_by_name.unwrap_or_default() }),
    };
    ([(ETAG, etag)], axum::Json(retention))
}

/// How long the organization keeps messages, decisions and events.
#[utoipa::path(get, path = "/api/v1/organization/retention", operation_id = "get_retention", tag = TAG, responses((status = 200, body = Retention, headers(("ETag" = String, description = "The version in quotation marks.")))))]
pub async fn show(State(web): State<Web>, Me(caller): Me) -> Result<impl IntoResponse, Problem> {
    Ok(answer(web.app().retention_get(&caller).await?))
}

/// Replaces how long the organization keeps messages, decisions and events. Followed within an hour; what is
/// deleted does not come back.
#[utoipa::path(put, path = "/api/v1/organization/retention", operation_id = "put_retention", tag = TAG, params(("If-Match" = Option<String>, Header, description = "The version that was read, in quotation marks.")), request_body = RetentionChange, responses((status = 200, body = Retention, headers(("ETag" = String, description = "The version in quotation marks.")))))]
pub async fn put(
    State(web): State<Web>,
    Me(caller): Me,
    headers: HeaderMap,
    Json(RetentionFields(retention)): Json<RetentionFields>,
) -> Result<impl IntoResponse, Problem> {
    let if_match = if_match(&headers)?;
    Ok(answer(web.app().retention_put(&caller, retention, if_match).await?))
}
