//! The HTTP layer: everything between the socket and the application's methods.

pub mod access;
pub mod auth;
pub mod body;
pub mod fields;
pub mod form;
pub mod openapi;
pub mod operations;
pub mod page;
pub mod problem;
pub mod routes;

use app::App;
use serde_json::Value;
use utoipa_axum::routes;

use self::routes::Routes;
use crate::{api, webhooks};

/// What every handler shares.
#[derive(Clone)]
pub struct Web {
    pub app: App,
}

/// Every route with its documentation.
fn all_routes() -> (axum::Router<Web>, Value) {
    let mut routes = Routes::new();
    api::v1::routes(&mut routes);
    routes.add(routes!(webhooks::twilio::messages));
    routes.add(routes!(webhooks::twilio::status));
    routes.add(routes!(operations::healthz));
    routes.add(routes!(operations::readyz));
    routes.add(routes!(operations::metrics));
    routes.add(routes!(operations::openapi));
    routes.add(routes!(operations::docs));
    routes.finish()
}

/// The API's description as it is served and committed.
pub fn openapi_json() -> String {
    let (_, document) = all_routes();
    let mut text = serde_json::to_string_pretty(&document).expect("a document serializes");
    text.push('\n');
    text
}
