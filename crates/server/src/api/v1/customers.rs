//! Customers as their data: System Admins find one, export everything about them, and erase them.

use app::customers::Actor;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::customer::Customer as Row;
use domain::id::CustomerId;
use domain::time::Instant;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::customer_export::{self, Export};
use crate::http::Web;
use crate::http::auth::Me;
use crate::http::body::{Id, Nothing, Params};
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
    /// Since when they are opted out of messages (R15); null if they are not.
    #[schema(value_type = Option<String>, format = DateTime)]
    opted_out_at: Option<Instant>,
    /// When they were first known.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
}

impl From<Row> for Customer {
    fn from(row: Row) -> Self {
        let Row { id, address, name, opted_out_at, created_at } = row;
        Self { id, name, phone: address, opted_out_at, created_at }
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
    /// A whole number, however it is set, or a part of a name or number.
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
