//! Fast-forward: a manual or demo clock is moved, and what falls due on the way runs.

use domain::time::Instant;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::auth::Me;
use crate::http::body::Json;
use crate::http::fields::{Fields, FromFields};
use crate::http::problem::Problem;

const TAG: &str = "Development";

/// How far to move the clock.
#[derive(ToSchema)]
pub struct ClockAdvance {
    /// Whole seconds, 0 to 31536000 (a year).
    #[schema(minimum = 0, maximum = 31536000)]
    advance_seconds: i64,
}

/// The clock after it was moved.
#[derive(Serialize, ToSchema)]
pub struct ClockNow {
    /// What it shows.
    #[schema(value_type = String, format = DateTime)]
    now: Instant,
}

/// The farthest that one request moves the clock: a year in seconds.
const MAX_ADVANCE_S: i64 = 31_536_000;

impl FromFields for ClockAdvance {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let advance_seconds = fields.required("advance_seconds")?;
        if !(0..=MAX_ADVANCE_S).contains(&advance_seconds) {
            fields.error("advance_seconds", format!("must be 0 to {MAX_ADVANCE_S} (a year)"));
        }
        Some(Self { advance_seconds })
    }
}

/// Moves a manual or demo clock; 404 under any other. What falls due on the way runs in order.
#[utoipa::path(post, path = "/api/v1/dev/clock", operation_id = "advance_clock", tag = TAG, request_body = ClockAdvance, responses((status = 200, body = ClockNow)))]
pub async fn advance(
    Me(caller): Me,
    Json(advance): Json<ClockAdvance>,
) -> Result<axum::Json<ClockNow>, Problem> {
    Err(Problem::unavailable("This part is not wired yet."))
}
