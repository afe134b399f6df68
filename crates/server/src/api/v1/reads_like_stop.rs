//! What a message was meant as that reads like a stop (R15).

use app::reads_like_stop::Meant;
use axum::extract::{Path, State};
use utoipa::ToSchema;

use super::cases::Case;
use crate::http::Web;
use crate::http::auth::Me;
use crate::http::body::{Json, parse_id};
use crate::http::fields::{Fields, FromFields};
use crate::http::problem::Problem;

const TAG: &str = "Messages";

/// What a message was meant as.
#[derive(ToSchema)]
pub struct MessageMeant {
    /// `opt_out` opts the customer out as if they had texted STOP; `ordinary` has the message judged anew.
    #[schema(schema_with = super::codes::meant)]
    meant: Meant,
}

impl FromFields for MessageMeant {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self { meant: fields.required("meant")? })
    }
}

/// Says what a message was meant as that reads like a request not to be written to any more. Only the newest such
/// message of a case is asked about, and once: 409 if nothing is asked about this one any more.
#[utoipa::path(post, path = "/api/v1/cases/{id}/messages/{message_id}/meant", operation_id = "say_what_was_meant", tag = TAG, params(("id" = String, Path, description = "The case."), ("message_id" = String, Path, description = "The message.")), request_body = MessageMeant, responses((status = 200, body = Case)))]
pub async fn say_what_was_meant(
    State(web): State<Web>,
    Me(caller): Me,
    Path((case_id, message_id)): Path<(String, String)>,
    Json(MessageMeant { meant }): Json<MessageMeant>,
) -> Result<axum::Json<Case>, Problem> {
    let (case_id, message_id) = (parse_id(&case_id)?, parse_id(&message_id)?);
    Ok(axum::Json(web.app().case_meant(&caller, case_id, message_id, meant).await?.into()))
}
