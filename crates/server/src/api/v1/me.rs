//! The caller's own presence, activity and personal Auto Replies.

use axum::extract::State;
use domain::auto_reply::personal::{PersonalInactivity, StoredPersonal};
use domain::presence::ActivityKind;
use domain::time::Instant;
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::http::Web;
use crate::http::auth::Me;
use crate::http::body::Json;
use crate::http::fields::{Fields, FromFields, FromValue, code};
use crate::http::problem::Problem;

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

/// The caller's personal Auto Replies.
#[derive(Serialize, ToSchema)]
#[schema(as = PersonalAutoReply)]
pub struct Personal {
    /// The personal inactivity reply (R13).
    inactivity: PersonalInactivityFields,
    /// The away message (R11); null until it exists.
    #[schema(value_type = Option<Object>)]
    away: Option<Value>,
    /// Office hours (R12); null until they exist.
    #[schema(value_type = Option<Object>)]
    office_hours: Option<Value>,
}

/// The personal inactivity reply.
#[derive(Serialize, ToSchema)]
#[schema(as = PersonalInactivity)]
pub struct PersonalInactivityFields {
    /// On or off.
    enabled: bool,
    /// The text, with variables; may be empty while disabled.
    #[schema(max_length = 1600)]
    message: String,
    /// The operator's own threshold in minutes; null for the organization's.
    #[schema(minimum = 1, maximum = 10080)]
    threshold_minutes: Option<u32>,
}

impl From<StoredPersonal> for Personal {
    fn from(stored: StoredPersonal) -> Self {
        let PersonalInactivity { enabled, message, threshold_minutes } = stored.inactivity;
        let inactivity = PersonalInactivityFields { enabled, message, threshold_minutes };
        Self { inactivity, away: None, office_hours: None }
    }
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

/// What a `PUT` sets: the personal inactivity reply alone, as long as there is nothing else.
pub struct PersonalChange(PersonalInactivity);

impl FromFields for PersonalChange {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let inactivity = fields.object("inactivity");
        let away: Option<Option<NotYet>> = fields.required("away");
        let office_hours: Option<Option<NotYet>> = fields.required("office_hours");
        let _ = (away?, office_hours?);
        inactivity.map(|PersonalInactivityFields { enabled, message, threshold_minutes }| {
            Self(PersonalInactivity { enabled, message, threshold_minutes })
        })
    }
}

impl FromFields for PersonalInactivityFields {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let (enabled, message) = (fields.required("enabled"), fields.required::<String>("message"));
        let threshold_minutes: Option<Option<u32>> = fields.required("threshold_minutes");
        // What has the right type is held to its bounds even if another field has not.
        let given = PersonalInactivity {
            enabled: enabled.unwrap_or(false),
            message: message.clone().unwrap_or_default(),
            threshold_minutes: threshold_minutes.flatten(),
        };
        let needs_no_text = message.is_none();
        if let Err(errors) = given.validated("") {
            for error in errors.into_vec() {
                let name = error.field.trim_start_matches('.');
                if !(needs_no_text && name == "message") {
                    fields.error(name, error.message);
                }
            }
        }
        Some(Self { enabled: enabled?, message: message?, threshold_minutes: threshold_minutes? })
    }
}

/// Away messages and office hours take `null` until they exist.
struct NotYet;

impl FromValue for NotYet {
    fn from_value(_: Value) -> Result<Self, String> {
        Err("must be null: it does not exist yet".to_owned())
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

/// The caller's personal Auto Replies.
#[utoipa::path(get, path = "/api/v1/me/auto-reply", operation_id = "get_my_auto_reply", tag = TAG, responses((status = 200, body = Personal)))]
pub async fn show_auto_reply(
    State(web): State<Web>,
    Me(caller): Me,
) -> Result<axum::Json<Personal>, Problem> {
    Ok(axum::Json(web.app().personal_get(&caller).await?.into()))
}

/// Replaces the caller's personal Auto Replies.
#[utoipa::path(put, path = "/api/v1/me/auto-reply", operation_id = "put_my_auto_reply", tag = TAG, request_body = Personal, responses((status = 200, body = Personal)))]
pub async fn put_auto_reply(
    State(web): State<Web>,
    Me(caller): Me,
    Json(change): Json<PersonalChange>,
) -> Result<axum::Json<Personal>, Problem> {
    Ok(axum::Json(web.app().personal_put(&caller, change.0).await?.into()))
}
