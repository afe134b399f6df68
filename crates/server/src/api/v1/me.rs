//! The caller's own presence and activity.

use axum::extract::State;
use domain::presence::ActivityKind;
use domain::time::Instant;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::Web;
use crate::http::auth::Me;
use crate::http::body::Json;
use crate::http::fields::{Fields, FromFields};
use crate::http::problem::Problem;
use crate::http::values::code;

const TAG: &str = "Me";

/// The caller's presence as the server sees it.
#[derive(Serialize, ToSchema)]
pub struct Presence {
    /// The latest activity over all devices.
    #[schema(value_type = String, format = DateTime)]
    last_active_at: Instant,
    /// What that activity was.
    #[schema(schema_with = super::codes::activity_kind)]
    last_activity: ActivityKind,
    /// Whether the caller is active now: not inactive for longer than the threshold.
    active: bool,
    /// The threshold that holds for the caller, in minutes.
    threshold_minutes: i64,
    /// The first instant of inactivity, if nothing happens before it.
    #[schema(value_type = String, format = DateTime)]
    inactive_at: Instant,
}

/// Activity that a page reports.
#[derive(ToSchema)]
pub struct Activity {
    /// Input in a visible, focused page, or "I'm here".
    #[schema(schema_with = super::codes::reported_activity)]
    kind: ActivityKind,
}

impl FromFields for Activity {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let kind: String = fields.required("kind")?;
        match code(&kind, &[ActivityKind::Input, ActivityKind::ImHere], |kind| kind.code()) {
            Ok(kind) => Some(Self { kind }),
            Err(message) => {
                fields.error("kind", message);
                None
            }
        }
    }
}

/// The caller's presence as the server sees it.
#[utoipa::path(get, path = "/api/v1/me/presence", operation_id = "get_presence", tag = TAG, responses((status = 200, body = Presence)))]
pub async fn presence(State(web): State<Web>, Me(caller): Me) -> Result<axum::Json<Presence>, Problem> {
    let view = web.app().presence(&caller).await?;
    Ok(axum::Json(Presence {
        last_active_at: view.presence.last_active_at,
        last_activity: view.presence.last_activity,
        active: view.active,
        threshold_minutes: view.threshold_minutes,
        inactive_at: view.inactive_at,
    }))
}

/// Reports activity of the caller. Durable before the answer.
#[utoipa::path(post, path = "/api/v1/me/activity", operation_id = "report_activity", tag = TAG, request_body = Activity, responses((status = 204)))]
pub async fn report(
    State(web): State<Web>,
    Me(caller): Me,
    Json(activity): Json<Activity>,
) -> Result<StatusCode, Problem> {
    web.app().activity(&caller, activity.kind).await?;
    Ok(StatusCode::NO_CONTENT)
}
