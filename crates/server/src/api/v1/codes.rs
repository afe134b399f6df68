//! The closed lists of codes in `openapi.json`, taken from the domain so that they cannot differ from it.

use app::channel_check::AccountSeen;
use app::channel_check::WebhookSeen;
use app::reads_like_stop::Meant;
use domain::auto_reply::{Layer, Outcome, Reason};
use domain::case::{AssignedBy, CaseStatus};
use domain::customer::OptedOutBy;
use domain::delivery::DeliveryStatus;
use domain::keyword::Keyword;
use domain::presence::ActivityKind;
use domain::user::Role;
use utoipa::openapi::schema::{Schema, SchemaType, Type};
use utoipa::openapi::{ArrayBuilder, ObjectBuilder};

use crate::http::page::Order;

fn one_of(codes: impl IntoIterator<Item = &'static str>) -> Schema {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes)).into()
}

fn one_of_or_null(codes: impl IntoIterator<Item = &'static str>) -> Schema {
    let codes = codes.into_iter().map(Some).chain([None]);
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .enum_values(Some(codes))
        .into()
}

/// See [`CaseStatus`].
pub fn case_status() -> Schema {
    one_of([CaseStatus::Open, CaseStatus::Closed].map(CaseStatus::code))
}

/// See [`Order`].
pub fn order() -> Schema {
    one_of(Order::ALL.map(Order::code))
}

/// See [`Outcome`].
pub fn outcome() -> Schema {
    one_of(Outcome::ALL.iter().map(|value| value.code()))
}

/// See [`Reason`].
pub fn reason() -> Schema {
    one_of(Reason::ALL.iter().map(|value| value.code()))
}

/// See [`Meant`].
pub fn meant() -> Schema {
    one_of(Meant::ALL.map(Meant::code))
}

/// See [`Layer`].
pub fn layer() -> Schema {
    one_of(Layer::ALL.iter().map(|value| value.code()))
}

/// An operator's own layers.
pub const PERSONAL_LAYERS: [Layer; 3] = [Layer::Away, Layer::OfficeHours, Layer::PersonalInactivity];

/// One of an operator's own layers.
pub fn personal_layer() -> Schema {
    one_of(PERSONAL_LAYERS.map(Layer::code))
}

/// Some of an operator's own layers.
pub fn personal_layers() -> Schema {
    let codes = one_of(PERSONAL_LAYERS.map(Layer::code));
    ArrayBuilder::new().items(utoipa::openapi::RefOr::T(codes)).unique_items(true).into()
}

/// See [`Layer`]; null for none.
pub fn layer_or_null() -> Schema {
    one_of_or_null(Layer::ALL.iter().map(|value| value.code()))
}

/// See [`DeliveryStatus`].
pub fn delivery_status() -> Schema {
    one_of(DeliveryStatus::ALL.map(DeliveryStatus::code))
}

/// Of a message that failed or is unconfirmed.
pub fn failed_status() -> Schema {
    one_of(DeliveryStatus::ALL.iter().filter(|status| status.needs_a_look()).map(|status| status.code()))
}

/// See [`AssignedBy`].
pub fn assigned_by() -> Schema {
    one_of(AssignedBy::ALL.map(AssignedBy::code))
}

/// The orders of a list of cases.
pub fn case_order() -> Schema {
    one_of(["newest", "waiting"])
}

/// See [`ActivityKind`].
pub fn activity_kind() -> Schema {
    one_of(ActivityKind::ALL.map(ActivityKind::code))
}

/// The kinds of activity that a page reports.
pub fn reported_activity() -> Schema {
    one_of([ActivityKind::Input, ActivityKind::ImHere].map(ActivityKind::code))
}

/// In or out.
pub fn direction() -> Schema {
    one_of(["inbound", "outbound"])
}

/// Who wrote a message.
pub fn author_kind() -> Schema {
    one_of(["customer", "operator", "auto_reply", "system"])
}

/// See [`WebhookSeen`].
pub fn webhook_seen() -> Schema {
    one_of(WebhookSeen::ALL.map(WebhookSeen::code))
}

/// See [`AccountSeen`].
pub fn account_seen() -> Schema {
    one_of(AccountSeen::ALL.map(AccountSeen::code))
}

/// See [`Role`].
pub fn roles() -> Schema {
    let codes = one_of([Role::SystemAdmin, Role::Operator].map(Role::code));
    ArrayBuilder::new().items(utoipa::openapi::RefOr::T(codes)).min_items(Some(1)).unique_items(true).into()
}

/// See [`OptedOutBy`]; null if they are not opted out or it is not known.
pub fn opted_out_by_or_null() -> Schema {
    one_of_or_null(OptedOutBy::ALL.map(OptedOutBy::code))
}

/// See [`Keyword`]; null for a message that is none.
pub fn keyword_or_null() -> Schema {
    one_of_or_null(Keyword::ALL.map(Keyword::code))
}
