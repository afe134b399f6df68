//! Customers: operators look a number up and correct a name; System Admins find one, export everything about them,
//! and erase them.

use app::customers::{Actor, MAX_NAME_CHARS};
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::customer::{Customer as Row, OptedOutBy};
use domain::id::CustomerId;
use domain::phone::{PhoneNumber, WrittenNumber, display};
use domain::time::Instant;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::cases::Case;
use super::customer_export::{self, Export};
use crate::http::Web;
use crate::http::auth::Me;
use crate::http::body::{Id, Json, Nothing, Params};
use crate::http::fields::{Fields, FromFields};
use crate::http::page::{Page, Paging};
use crate::http::problem::Problem;

const TAG: &str = "Customers";

/// A customer.
#[derive(Serialize, ToSchema)]
pub struct Customer {
    /// Their id.
    #[schema(value_type = String)]
    id: CustomerId,
    /// Their name; empty until somebody enters one.
    name: String,
    /// Their number in E.164 form, or the short code or name that the carrier gave as the sender.
    phone: String,
    /// The same as people read it: `+1 206 555 0117`.
    phone_display: String,
    /// Since when they are opted out of messages (R15); null if they are not.
    #[schema(value_type = Option<String>, format = DateTime)]
    opted_out_at: Option<Instant>,
    /// Who says so: the customer by a keyword, the carrier, or an operator; null if they are not opted out, or if it was
    /// recorded before this was kept.
    #[schema(schema_with = super::codes::opted_out_by_or_null)]
    opted_out_by: Option<OptedOutBy>,
    /// When they were first known.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
}

impl From<Row> for Customer {
    fn from(row: Row) -> Self {
        let Row { id, address, name, opted_out_at, opted_out_by, created_at } = row;
        let phone_display = display(&address);
        Self { id, name, phone_display, phone: address, opted_out_at, opted_out_by, created_at }
    }
}

/// Who has a number.
#[derive(Serialize, ToSchema)]
pub struct LookUp {
    /// The number in E.164 form.
    #[schema(value_type = String)]
    phone: PhoneNumber,
    /// The same as people read it.
    phone_display: String,
    /// Whose it is; null if nobody is known by it.
    customer: Option<Customer>,
    /// Their open cases, newest first.
    open_cases: Vec<Case>,
}

impl From<app::lookup::LookUp> for LookUp {
    fn from(found: app::lookup::LookUp) -> Self {
        Self {
            phone_display: display(found.phone.as_str()),
            phone: found.phone,
            customer: found.customer.map(Customer::from),
            open_cases: found.open_cases.into_iter().map(Case::from).collect(),
        }
    }
}

/// Whose number.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes the query in openapi.json; LookUpFields is what is read")]
pub struct LookUpQuery {
    /// The number, written in any way; without a country code it is one of the organization's country.
    phone: String,
}

/// A [`LookUpQuery`] that has been read.
pub struct LookUpFields {
    phone: WrittenNumber,
}

impl FromFields for LookUpFields {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self { phone: fields.required("phone")? })
    }
}

/// What to change about a customer.
#[derive(ToSchema)]
pub struct CustomerPatch {
    /// Their name; empty takes it away.
    #[schema(max_length = 100)]
    name: String,
}

impl FromFields for CustomerPatch {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self { name: fields.text_or_empty("name", MAX_NAME_CHARS)? })
    }
}

/// What an erasure did.
#[derive(Serialize, ToSchema)]
pub struct Erasure {
    /// How many cases are gone.
    cases: usize,
    /// How many messages, in both directions, with their decisions.
    messages: u64,
    /// Whether the number is kept because the customer had opted out, so that it is never texted again. Nothing
    /// else about them is.
    opt_out_kept: bool,
}

/// Which customers.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes the query in openapi.json; CustomerFields is what is read")]
pub struct CustomerListQuery {
    /// Words and numbers: each stands in the name or the phone number. Case, accents and the shape of signs do not
    /// matter, and phone numbers may be written in any way.
    #[param(max_length = 100)]
    q: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// At most so many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// A [`CustomerListQuery`] that has been read.
pub struct CustomerFields {
    paging: Paging<CustomerId>,
    q: Option<String>,
}

impl FromFields for CustomerFields {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let paging = Paging::from_fields(fields);
        let q = fields.optional("q");
        Some(Self { paging: paging?, q })
    }
}

/// The organization's customers, newest first.
#[utoipa::path(get, path = "/api/v1/customers", operation_id = "list_customers", tag = TAG, params(CustomerListQuery), responses((status = 200, body = Page<Customer>)))]
pub async fn list(
    State(web): State<Web>,
    Me(caller): Me,
    Params(CustomerFields { paging, q }): Params<CustomerFields>,
) -> Result<axum::Json<Page<Customer>>, Problem> {
    let found = web.app().customers(&caller, q, paging.after, paging.limit + 1).await?;
    Ok(axum::Json(Page::of(found, paging.limit, |row| row.id, Customer::from)))
}

/// Who has a number, with their open cases: to ask before a case is opened. 422 for what is no number, and for the
/// organization's own.
#[utoipa::path(get, path = "/api/v1/customers/lookup", operation_id = "look_up_customer", tag = TAG, params(LookUpQuery), responses((status = 200, body = LookUp)))]
pub async fn look_up(
    State(web): State<Web>,
    Me(caller): Me,
    Params(LookUpFields { phone }): Params<LookUpFields>,
) -> Result<axum::Json<LookUp>, Problem> {
    Ok(axum::Json(web.app().customer_lookup(&caller, phone.as_str()).await?.into()))
}

/// Names a customer.
#[utoipa::path(patch, path = "/api/v1/customers/{id}", operation_id = "change_customer", tag = TAG, params(("id" = String, Path, description = "The customer.")), request_body = CustomerPatch, responses((status = 200, body = Customer)))]
pub async fn change(
    State(web): State<Web>,
    Me(caller): Me,
    Id(id): Id<CustomerId>,
    Json(CustomerPatch { name }): Json<CustomerPatch>,
) -> Result<axum::Json<Customer>, Problem> {
    Ok(axum::Json(web.app().customer_rename(&caller, id, &name).await?.into()))
}

/// Everything about a customer as one JSON document: name, number, cases, messages, decisions. It is written as it
/// is read, case by case: a document that does not end properly is not whole.
#[utoipa::path(get, path = "/api/v1/customers/{id}/export", operation_id = "export_customer", tag = TAG, params(("id" = String, Path, description = "The customer.")), responses((status = 200, body = Export)))]
pub async fn export(
    State(web): State<Web>,
    Me(caller): Me,
    Id(id): Id<CustomerId>,
) -> Result<Response, Problem> {
    let actor = Actor::admin(&caller)?;
    let chunks = customer_export::chunks(web.app().clone(), actor, id).await?;
    let name = format!("attachment; filename=\"customer-{id}.json\"");
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            CONTENT_DISPOSITION,
            HeaderValue::from_str(&name).unwrap_or_else(|_| HeaderValue::from_static("attachment")),
        ),
    ];
    Ok((headers, Body::from_stream(chunks)).into_response())
}

/// Erases a customer with all cases, messages and decisions. What waits to be sent is not sent; 409 while a message
/// is being handed over to the carrier. A customer who had opted out stays opted out. What backups and the carrier
/// keep is not reached.
#[utoipa::path(delete, path = "/api/v1/customers/{id}", operation_id = "erase_customer", tag = TAG, params(("id" = String, Path, description = "The customer.")), responses((status = 200, body = Erasure)))]
pub async fn erase(
    State(web): State<Web>,
    Me(caller): Me,
    Id(id): Id<CustomerId>,
    _: Nothing,
) -> Result<axum::Json<Erasure>, Problem> {
    let erased = web.app().customer_erase(Actor::admin(&caller)?, id).await?;
    let app::customers::Erased { cases, messages, opt_out_kept } = erased;
    Ok(axum::Json(Erasure { cases, messages, opt_out_kept }))
}
