//! Coverage: what a customer would get from whom, for the next seven days.

use app::coverage::{Coverage, Stretch};
use axum::extract::State;
use domain::auto_reply::{Layer, Reason};
use domain::time::Instant;
use serde::Serialize;
use utoipa::ToSchema;

use super::person::Person;
use crate::http::Web;
use crate::http::auth::Me;
use crate::http::page::Page;
use crate::http::problem::Problem;

const TAG: &str = "Decisions";

/// What covers one operator.
#[derive(Serialize, ToSchema)]
pub struct OperatorCoverage {
    /// Who.
    operator: Person,
    /// The zone in which their days are to be read; null if they named none.
    time_zone: Option<String>,
    /// The own Auto Replies that they have switched on, with a text.
    #[schema(schema_with = super::codes::personal_layers)]
    set_up: Vec<Layer>,
    /// In a sentence what their own Auto Replies leave open; null if nothing.
    gap: Option<String>,
    /// The next seven days, without gaps between the stretches.
    stretches: Vec<CoverageStretch>,
}

/// A stretch of time in which the same holds.
#[derive(Serialize, ToSchema)]
pub struct CoverageStretch {
    /// Its first instant.
    #[schema(value_type = String, format = DateTime)]
    from: Instant,
    /// The first instant after it.
    #[schema(value_type = String, format = DateTime)]
    to: Instant,
    /// Whose reply an ordinary first message would get while the operator is inactive; null for none.
    #[schema(schema_with = super::codes::layer_or_null)]
    kind: Option<Layer>,
    /// Why nothing is sent, or `sent`.
    #[schema(schema_with = super::codes::reason)]
    reason: Reason,
    /// The same in plain words.
    sentence: String,
}

impl From<Coverage> for OperatorCoverage {
    fn from(coverage: Coverage) -> Self {
        let Coverage { operator, time_zone, set_up, stretches, gap } = coverage;
        let stretches = stretches.into_iter().map(|Stretch { from, to, layer, reason, sentence }| {
            CoverageStretch { from, to, kind: layer, reason, sentence }
        });
        Self {
            operator: Person { id: operator.id, name: operator.name },
            time_zone,
            set_up,
            gap,
            stretches: stretches.collect(),
        }
    }
}

/// The coverage of every active operator for a System Admin, of oneself for an operator. One page holds all.
#[utoipa::path(get, path = "/api/v1/coverage", operation_id = "get_coverage", tag = TAG, responses((status = 200, body = Page<OperatorCoverage>)))]
pub async fn list(
    State(web): State<Web>,
    Me(caller): Me,
) -> Result<axum::Json<Page<OperatorCoverage>>, Problem> {
    let found = web.app().coverage(&caller).await?;
    Ok(axum::Json(Page { items: found.into_iter().map(OperatorCoverage::from).collect(), next_cursor: None }))
}
