//! Fast-forward: a manual or demo clock is moved, and what falls due on the way runs.

use app::worker::MAX_ADVANCE_SECONDS;
use axum::extract::State;
use domain::time::Instant;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::Web;
use crate::http::auth::Me;
use crate::http::body::Json;
use crate::http::fields::{Fields, FromFields};
use crate::http::problem::Problem;

const TAG: &str = "Development";

/// How far to move the clock.
#[derive(ToSchema)]
pub struct ClockAdvance {
    /// Whole seconds, 0 to 34560000 (400 days).
    #[schema(minimum = 0, maximum = 34560000)]
    advance_seconds: i64,
}

/// The clock after it was moved.
#[derive(Serialize, ToSchema)]
pub struct ClockNow {
    /// What it shows.
    #[schema(value_type = String, format = DateTime)]
    now: Instant,
}

impl FromFields for ClockAdvance {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let advance_seconds = fields.required("advance_seconds")?;
        if !(0..=MAX_ADVANCE_SECONDS).contains(&advance_seconds) {
            fields
                .error("advance_seconds", format!("must be a whole number from 0 to {MAX_ADVANCE_SECONDS}"));
        }
        Some(Self { advance_seconds })
    }
}

/// Moves a manual or demo clock; 404 under any other. What falls due on the way runs in order.
#[utoipa::path(post, path = "/api/v1/dev/clock", operation_id = "advance_clock", tag = TAG, request_body = ClockAdvance, responses((status = 200, body = ClockNow)))]
pub async fn advance(
    State(web): State<Web>,
    Me(caller): Me,
    Json(advance): Json<ClockAdvance>,
) -> Result<axum::Json<ClockNow>, Problem> {
    Ok(axum::Json(ClockNow { now: web.app().advance_clock(&caller, advance.advance_seconds).await? }))
}
