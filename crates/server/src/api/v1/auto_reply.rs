//! Profile > Auto Reply: an operator's own (R10-R14), and the System Admin's switch that turns one off.

use app::personal::{OwnReplies, PersonalView};
use axum::extract::State;
use domain::auto_reply::Layer;
use domain::auto_reply::personal::{Away, OfficeHours, PersonalInactivity, StoredPersonal, SwitchedOff};
use domain::field::FieldErrors;
use domain::id::UserId;
use domain::time::Instant;
use serde::Serialize;
use utoipa::ToSchema;

use super::hours::{ExceptionShape, WeekShape};
use super::person::Person;
use crate::http::Web;
use crate::http::auth::Me;
use crate::http::body::{Id, Json, MAX_HOURS_BYTES};
use crate::http::fields::{Fields, FromFields};
use crate::http::problem::Problem;
use crate::http::values::code;

const TAG: &str = "Me";
const PEOPLE: &str = "People";

/// The caller's personal Auto Replies.
#[derive(Serialize, ToSchema)]
pub struct PersonalAutoReply {
    /// The personal inactivity reply (R13).
    #[schema(value_type = InactivityShape)]
    inactivity: PersonalInactivity,
    /// The away message (R11); null until there is one.
    #[schema(value_type = Option<AwayShape>)]
    away: Option<Away>,
    /// The office hours (R12); null until there are some.
    #[schema(value_type = Option<OfficeHoursShape>)]
    office_hours: Option<OfficeHours>,
    /// What a System Admin switched off, until the operator switches it on again.
    switched_off: Vec<SwitchedOffReply>,
    /// Whose reply speaks for the caller now (R14): one of their own; `inactivity`, the organization's, if none
    /// of their own is set up; null if one is set up and none speaks.
    #[schema(schema_with = super::codes::layer_or_null)]
    in_force: Option<Layer>,
}

/// What a `PUT` sets: every field; `null` takes an away message or office hours away.
#[derive(ToSchema)]
#[schema(as = PersonalAutoReplyChange)]
#[allow(dead_code, reason = "describes the body in openapi.json; OwnReplies is what is read")]
pub struct ChangeShape {
    /// The personal inactivity reply (R13).
    inactivity: InactivityShape,
    /// The away message (R11).
    #[schema(required = true)]
    away: Option<AwayChangeShape>,
    /// The office hours (R12).
    #[schema(required = true)]
    office_hours: Option<OfficeHoursChangeShape>,
}

/// The personal inactivity reply.
#[derive(ToSchema)]
#[schema(as = PersonalInactivity)]
#[allow(dead_code, reason = "describes PersonalInactivity in openapi.json")]
pub struct InactivityShape {
    /// On or off.
    enabled: bool,
    /// The text, with variables; may be empty while disabled.
    #[schema(max_length = 1600)]
    message: String,
    /// The operator's own threshold in minutes; null for the organization's.
    #[schema(minimum = 1, maximum = 10080)]
    threshold_minutes: Option<u32>,
}

/// The away message: in force from its start until its end.
#[derive(ToSchema)]
#[schema(as = AwayMessage)]
#[allow(dead_code, reason = "describes Away in openapi.json")]
pub struct AwayShape {
    /// On or off.
    enabled: bool,
    /// What it is about, such as `Vacation`.
    title: String,
    /// The text, with variables.
    message: String,
    /// Its first instant.
    #[schema(value_type = String, format = DateTime)]
    starts_at: Instant,
    /// The first instant after it; null until it is switched off.
    #[schema(value_type = Option<String>, format = DateTime)]
    ends_at: Option<Instant>,
    /// The IANA zone in which its dates are shown and told; null for the organization's.
    time_zone: Option<String>,
}

/// An away message to set.
#[derive(ToSchema)]
#[schema(as = AwayMessageChange)]
#[allow(dead_code, reason = "describes the body in openapi.json")]
pub struct AwayChangeShape {
    /// On or off.
    enabled: bool,
    /// What it is about; may be empty while disabled.
    #[schema(max_length = 100)]
    title: String,
    /// The text, with variables; may be empty while disabled.
    #[schema(max_length = 1600)]
    message: String,
    /// Its first instant.
    #[schema(value_type = String, format = DateTime)]
    starts_at: Instant,
    /// The first instant after it, or null: until it is switched off.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    ends_at: Option<Instant>,
    /// An IANA zone; the organization's if it is null or left out.
    time_zone: Option<String>,
}

/// Weekly office hours and the text for outside them.
#[derive(ToSchema)]
#[schema(as = OfficeHours)]
#[allow(dead_code, reason = "describes OfficeHours in openapi.json")]
pub struct OfficeHoursShape {
    /// On or off.
    enabled: bool,
    /// The text for outside the hours, with variables.
    message: String,
    /// The IANA zone of the wall times.
    time_zone: String,
    /// The windows of each day.
    week: WeekShape,
    /// Dates on which something else holds.
    exceptions: Vec<ExceptionShape>,
}

/// Office hours to set.
#[derive(ToSchema)]
#[schema(as = OfficeHoursChange)]
#[allow(dead_code, reason = "describes the body in openapi.json")]
pub struct OfficeHoursChangeShape {
    /// On or off.
    enabled: bool,
    /// The text for outside the hours, with variables; may be empty while disabled.
    #[schema(max_length = 1600)]
    message: String,
    /// The IANA zone of the wall times.
    #[schema(example = "America/New_York")]
    time_zone: String,
    /// The windows of each day; every day is needed.
    week: WeekShape,
    /// Dates on which something else holds; none if left out.
    #[schema(max_items = 366, nullable = false)]
    exceptions: Option<Vec<ExceptionShape>>,
}

/// An Auto Reply that a System Admin switched off.
#[derive(Serialize, ToSchema)]
pub struct SwitchedOffReply {
    /// Which.
    #[schema(schema_with = super::codes::personal_layer)]
    kind: Layer,
    /// Who switched it off.
    by: Person,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Instant,
}

/// Which of an operator's own Auto Replies to switch off.
#[derive(ToSchema)]
pub struct SwitchOff {
    /// Which.
    #[schema(schema_with = super::codes::personal_layer)]
    kind: Layer,
}

impl SwitchedOffReply {
    fn of(kind: Layer, switched_off: SwitchedOff) -> Self {
        let SwitchedOff { by, by_name, at } = switched_off;
        Self { kind, by: Person { id: by, name: by_name }, at }
    }
}

impl From<PersonalView> for PersonalAutoReply {
    fn from(view: PersonalView) -> Self {
        let PersonalView { stored, in_force } = view;
        let StoredPersonal { inactivity, away, office_hours, switched_off, .. } = stored;
        let switched_off = switched_off.into_iter().map(|(kind, off)| SwitchedOffReply::of(kind, off));
        Self { inactivity, away, office_hours, switched_off: switched_off.collect(), in_force }
    }
}

impl FromFields for SwitchOff {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let kind: String = fields.required("kind")?;
        match code(&kind, &super::codes::PERSONAL_LAYERS, |kind| kind.code()) {
            Ok(kind) => Some(Self { kind }),
            Err(message) => {
                fields.error("kind", message);
                None
            }
        }
    }
}

/// Notes what is out of bounds, as the domain named it with an empty prefix.
pub(super) fn note_bounds(fields: &mut Fields<'_>, errors: Option<FieldErrors>) {
    for error in errors.map(FieldErrors::into_vec).unwrap_or_default() {
        fields.error(error.field.trim_start_matches('.'), error.message);
    }
}

impl FromFields for OwnReplies {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let inactivity = fields.object("inactivity");
        let (away, office_hours) = (fields.object_or_null("away"), fields.object_or_null("office_hours"));
        Some(Self { inactivity: inactivity?, away: away?, office_hours: office_hours? })
    }
}

impl FromFields for PersonalInactivity {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let (enabled, message) = (fields.required("enabled"), fields.required::<String>("message"));
        let threshold_minutes: Option<Option<u32>> = fields.required("threshold_minutes");
        // What has the right type is held to its bounds even if another field has not. What is missing has its
        // own error: it stands as something good here.
        let given = Self {
            enabled: enabled.unwrap_or(false),
            message: message.clone().unwrap_or_else(|| "-".to_owned()),
            threshold_minutes: threshold_minutes.flatten(),
        };
        note_bounds(fields, given.validated("").err());
        Some(Self { enabled: enabled?, message: message?, threshold_minutes: threshold_minutes? })
    }
}

impl FromFields for Away {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let enabled = fields.required("enabled");
        let (title, message) = (fields.required::<String>("title"), fields.required::<String>("message"));
        let (starts_at, ends_at) = (fields.required::<Instant>("starts_at"), fields.required("ends_at"));
        let time_zone: Option<Option<String>> = fields.optional("time_zone");
        let time_zone = time_zone.flatten();
        let given = Self {
            enabled: enabled.unwrap_or(false),
            title: title.clone().unwrap_or_else(|| "-".to_owned()),
            message: message.clone().unwrap_or_else(|| "-".to_owned()),
            starts_at: starts_at.unwrap_or(Instant::from_ms(i64::MIN)),
            ends_at: ends_at.flatten(),
            time_zone: time_zone.clone(),
        };
        note_bounds(fields, given.validated("").err());
        Some(Self {
            enabled: enabled?,
            title: title?,
            message: message?,
            starts_at: starts_at?,
            ends_at: ends_at?,
            time_zone,
        })
    }
}

/// The caller's personal Auto Replies.
#[utoipa::path(get, path = "/api/v1/me/auto-reply", operation_id = "get_my_auto_reply", tag = TAG, responses((status = 200, body = PersonalAutoReply)))]
pub async fn show(State(web): State<Web>, Me(caller): Me) -> Result<axum::Json<PersonalAutoReply>, Problem> {
    Ok(axum::Json(web.app().personal_get(&caller).await?.into()))
}

/// Replaces the caller's personal Auto Replies. In force at once.
#[utoipa::path(put, path = "/api/v1/me/auto-reply", operation_id = "put_my_auto_reply", tag = TAG, request_body = ChangeShape, responses((status = 200, body = PersonalAutoReply)))]
pub async fn put(
    State(web): State<Web>,
    Me(caller): Me,
    Json(own): Json<OwnReplies, MAX_HOURS_BYTES>,
) -> Result<axum::Json<PersonalAutoReply>, Problem> {
    Ok(axum::Json(web.app().personal_put(&caller, own).await?.into()))
}

/// Switches one of an operator's own Auto Replies off; the operator is told who did. 409 if it is not on.
#[utoipa::path(post, path = "/api/v1/users/{id}/auto-reply/switch-off", operation_id = "switch_off_auto_reply", tag = PEOPLE, params(("id" = String, Path, description = "The operator.")), request_body = SwitchOff, responses((status = 200, body = SwitchedOffReply)))]
pub async fn switch_off(
    State(web): State<Web>,
    Me(caller): Me,
    Id(id): Id<UserId>,
    Json(SwitchOff { kind }): Json<SwitchOff>,
) -> Result<axum::Json<SwitchedOffReply>, Problem> {
    let switched_off = web.app().personal_switch_off(&caller, id, kind).await?;
    Ok(axum::Json(SwitchedOffReply::of(kind, switched_off)))
}
