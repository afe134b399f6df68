//! Settings > Organization > Inactivity Message Reply (R20-R22).

use app::error::AppError;
use app::settings::{SettingChange, SettingView};
use axum::extract::State;
use axum::response::IntoResponse;
use domain::auto_reply::setting::{EXAMPLE_MESSAGE, Setting};
use domain::time::Instant;
use http::HeaderMap;
use http::header::{ETAG, IF_MATCH};
use serde::Serialize;
use utoipa::ToSchema;

use super::person::Person;
use crate::http::Web;
use crate::http::auth::Me;
use crate::http::body::Json;
use crate::http::fields::{Fields, FromFields};
use crate::http::problem::Problem;

const TAG: &str = "Organization";

/// The organization's Inactivity Auto Reply.
#[derive(Serialize, ToSchema)]
pub struct InactivityReply {
    /// On or off.
    enabled: bool,
    /// How long an operator must be inactive, strictly longer than this, in whole minutes.
    threshold_minutes: u32,
    /// The text, with variables.
    message: String,
    /// Also reply when the operator becomes inactive while the customer waits.
    while_waiting: bool,
    /// How long after an automatic reply on a case no other is sent, in minutes; 0 is off.
    quiet_minutes: u32,
    /// Do not reply automatically while a secondary operator of the case is active.
    respect_secondary: bool,
    /// Counts the changes; the answer's `ETag` bears it in quotation marks.
    version: i64,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Instant,
    /// Who changed it last; null for a new organization.
    updated_by: Option<Person>,
    /// The text that a new organization finds prefilled.
    example_message: &'static str,
}

/// What a System Admin sets: every field but `respect_secondary`, which stays as it is if it is left out.
#[derive(ToSchema)]
pub struct InactivityReplyChange {
    /// On or off.
    enabled: bool,
    /// Whole minutes, 1 to 10080 (7 days).
    #[schema(minimum = 1, maximum = 10080)]
    threshold_minutes: u32,
    /// The text, with variables; 1 to 1,600 characters after trimming.
    #[schema(min_length = 1, max_length = 1600)]
    message: String,
    /// Also reply when the operator becomes inactive while the customer waits.
    while_waiting: bool,
    /// Minutes; 0 is off.
    #[schema(minimum = 0, maximum = 10080)]
    quiet_minutes: u32,
    /// Do not reply automatically while a secondary operator of the case is active.
    #[schema(nullable = false)]
    respect_secondary: Option<bool>,
}

impl FromFields for InactivityReplyChange {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let (enabled, threshold_minutes) = (fields.required("enabled"), fields.required("threshold_minutes"));
        let (message, while_waiting) =
            (fields.required::<String>("message"), fields.required("while_waiting"));
        let (quiet_minutes, respect_secondary) =
            (fields.required("quiet_minutes"), fields.optional("respect_secondary"));
        // What has the right type is held to its bounds even if another field has not.
        let good = Setting::default();
        let given = Setting {
            enabled: enabled.unwrap_or(good.enabled),
            threshold_minutes: threshold_minutes.unwrap_or(good.threshold_minutes),
            message: message.clone().unwrap_or(good.message),
            while_waiting: while_waiting.unwrap_or(good.while_waiting),
            quiet_minutes: quiet_minutes.unwrap_or(good.quiet_minutes),
            respect_secondary: good.respect_secondary,
        };
        if let Err(errors) = given.validated() {
            for error in errors.into_vec() {
                fields.error(&error.field, error.message);
            }
        }
        Some(Self {
            enabled: enabled?,
            threshold_minutes: threshold_minutes?,
            message: message?,
            while_waiting: while_waiting?,
            quiet_minutes: quiet_minutes?,
            respect_secondary,
        })
    }
}

/// The setting with its version as `ETag`.
fn answer(view: SettingView) -> impl IntoResponse {
    let SettingView { stored, updated_by_name } = view;
    let Setting { enabled, threshold_minutes, message, while_waiting, quiet_minutes, respect_secondary } =
        stored.setting;
    let etag = format!("\"{}\"", stored.version);
    let reply = InactivityReply {
        enabled,
        threshold_minutes,
        message,
        while_waiting,
        quiet_minutes,
        respect_secondary,
        version: stored.version,
        updated_at: stored.updated_at,
        updated_by: stored.updated_by.map(|id| Person { id, name: updated_by_name.unwrap_or_default() }),
        example_message: EXAMPLE_MESSAGE,
    };
    ([(ETAG, etag)], axum::Json(reply))
}

/// The version that the request says it has read; `*` is any.
pub(super) fn if_match(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(value) = headers.get(IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or("").trim();
    if text == "*" {
        return Ok(None);
    }
    let tag = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match tag {
        Some(tag) => tag.parse().map(Some).map_err(|_| AppError::Stale.into()),
        // A weak tag never matches (RFC 9110, 13.1.1).
        None if text.starts_with("W/\"") => Err(AppError::Stale.into()),
        None => Err(Problem::malformed("If-Match must be a version in quotation marks, such as \"3\".")),
    }
}

impl From<InactivityReplyChange> for SettingChange {
    fn from(change: InactivityReplyChange) -> Self {
        let InactivityReplyChange {
            enabled, threshold_minutes, message, while_waiting, quiet_minutes, ..
        } = change;
        let setting = Setting {
            enabled,
            threshold_minutes,
            message,
            while_waiting,
            quiet_minutes,
            ..Setting::default()
        };
        Self { setting, respect_secondary: change.respect_secondary }
    }
}

/// The organization's Inactivity Auto Reply.
#[utoipa::path(get, path = "/api/v1/organization/inactivity-reply", operation_id = "get_inactivity_reply", tag = TAG, responses((status = 200, body = InactivityReply, headers(("ETag" = String, description = "The version in quotation marks.")))))]
pub async fn show(State(web): State<Web>, Me(caller): Me) -> Result<impl IntoResponse, Problem> {
    Ok(answer(web.app().setting_get(&caller).await?))
}

/// Replaces the organization's Inactivity Auto Reply. In force at once.
#[utoipa::path(put, path = "/api/v1/organization/inactivity-reply", operation_id = "put_inactivity_reply", tag = TAG, params(("If-Match" = Option<String>, Header, description = "The version that was read, in quotation marks.")), request_body = InactivityReplyChange, responses((status = 200, body = InactivityReply, headers(("ETag" = String, description = "The version in quotation marks.")))))]
pub async fn put(
    State(web): State<Web>,
    Me(caller): Me,
    headers: HeaderMap,
    Json(change): Json<InactivityReplyChange>,
) -> Result<impl IntoResponse, Problem> {
    let if_match = if_match(&headers)?;
    Ok(answer(web.app().setting_put(&caller, change, if_match).await?))
}
