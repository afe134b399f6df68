//! The HTTP layer: everything between the socket and the application's methods.
//!
//! From outside in: headers and problem documents, compression, log and metrics, panics, the arrival of the body,
//! bounds, the guard of the access table, the handlers. No decision is made here and no SQL stands here.

pub mod access;
pub(crate) mod arrival;
pub(crate) mod auth;
pub(crate) mod body;
pub(crate) mod compress;
pub(crate) mod cookie;
pub(crate) mod docs;
pub(crate) mod document;
pub(crate) mod fields;
pub(crate) mod files;
pub(crate) mod form;
pub(crate) mod headers;
pub mod limits;
pub(crate) mod openapi;
pub(crate) mod operations;
pub(crate) mod origin;
pub(crate) mod page;
pub(crate) mod problem;
pub(crate) mod routes;
pub(crate) mod streams;
pub(crate) mod values;

use std::sync::Arc;

use app::App;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::Value;
use tokio::sync::watch;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::routes;

use self::arrival::Arrivals;
use self::document::Document;
use self::files::Files;
use self::limits::Places;
use self::origin::PublicOrigin;
use self::problem::Problem;
use self::routes::Routes;
use self::streams::Streams;
use crate::api::v1::demo::DemoPerson;
use crate::{api, pages, webhooks};

/// What the HTTP layer is told besides the application.
pub struct Options {
    /// Renders `/metrics` here; none if metrics have an address of their own.
    pub metrics: Option<PrometheusHandle>,
    /// Turns true when the server closes: streams of events end.
    pub closing: watch::Receiver<bool>,
    /// Whom the sign-in page of the demo offers; nobody anywhere else.
    pub demo_people: Vec<DemoPerson>,
}

/// What every handler shares.
#[derive(Clone)]
pub struct Web(Arc<Inner>);

struct Inner {
    app: App,
    origin: PublicOrigin,
    metrics: Option<PrometheusHandle>,
    closing: watch::Receiver<bool>,
    demo_people: Vec<DemoPerson>,
    arrivals: Arrivals,
    places: Places,
    files: Files,
    streams: Arc<Streams>,
    document: Document,
    /// The lines of the access table whose route takes query parameters.
    with_query: Vec<(&'static str, &'static str)>,
}

impl Web {
    /// The application.
    pub fn app(&self) -> &App {
        &self.0.app
    }

    /// The origin of the pages.
    pub fn origin(&self) -> &PublicOrigin {
        &self.0.origin
    }

    /// Whether the browser reaches the server by https.
    pub fn secure(&self) -> bool {
        self.0.origin.secure()
    }

    /// The description of the API.
    pub fn document(&self) -> &Document {
        &self.0.document
    }

    /// What renders the metrics, unless they have an address of their own.
    pub fn metrics(&self) -> Option<&PrometheusHandle> {
        self.0.metrics.as_ref()
    }

    /// Turns true when the server closes.
    pub fn closing(&self) -> watch::Receiver<bool> {
        self.0.closing.clone()
    }

    /// Whom the sign-in page of the demo offers; nobody anywhere else.
    pub fn demo_people(&self) -> &[DemoPerson] {
        &self.0.demo_people
    }

    fn arrivals(&self) -> &Arrivals {
        &self.0.arrivals
    }

    fn places(&self) -> &Places {
        &self.0.places
    }

    /// The places for customers' files on their way out.
    pub fn files(&self) -> &Files {
        &self.0.files
    }

    /// The places left for streams of events.
    pub fn streams(&self) -> &Arc<Streams> {
        &self.0.streams
    }

    fn takes_query(&self, entry: &access::Entry) -> bool {
        self.0.with_query.contains(&(entry.method.as_str(), entry.path))
    }
}

/// The whole server as a service.
pub fn router(app: App, options: Options) -> Router {
    let (routes, document) = all_routes();
    let with_query = access::TABLE
        .iter()
        .filter(|entry| routes::takes_query(&document, entry.method, entry.path))
        .map(|entry| (entry.method.as_str(), entry.path))
        .collect();
    let web = Web(Arc::new(Inner {
        origin: PublicOrigin::of(app.public_url()),
        app,
        metrics: options.metrics,
        closing: options.closing,
        demo_people: options.demo_people,
        arrivals: Arrivals::default(),
        places: Places::default(),
        files: Files::default(),
        streams: Arc::default(),
        document: Document::of(&document),
        with_query,
    }));
    routes
        .route_layer(from_fn_with_state(web.clone(), auth::guard))
        .fallback(fallback)
        .layer(from_fn_with_state(web.clone(), limits::bound))
        .layer(from_fn_with_state(web.clone(), arrival::arrive))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(web.clone(), limits::record))
        .layer(compress::layer())
        .layer(from_fn(compress::finish))
        .layer(from_fn_with_state(web.clone(), headers::finish))
        .with_state(web)
}

/// Every route with its documentation.
fn all_routes() -> (Router<Web>, Value) {
    let mut routes = Routes::default();
    api::v1::routes(&mut routes);
    routes.add(routes!(webhooks::twilio::messages));
    routes.add(routes!(webhooks::twilio::status));
    routes.add(routes!(operations::healthz));
    routes.add(routes!(operations::readyz));
    routes.add(routes!(operations::metrics));
    routes.add(routes!(operations::openapi));
    routes.add(routes!(docs::docs));
    routes.finish()
}

/// The API's description as it is served and committed.
pub fn openapi_json() -> String {
    let (_, document) = all_routes();
    openapi::text(&document)
}

/// What is at no documented route: a page, one of its files, or nothing.
async fn fallback(State(web): State<Web>, request: Request) -> Response {
    let path = request.uri().path();
    if ["/api", "/webhooks"].iter().any(|root| path == *root || path.starts_with(&format!("{root}/"))) {
        return Problem::no_such_address().into_response();
    }
    pages::serve(&request, !web.demo_people().is_empty())
}

fn panicked(panic: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no text");
    tracing::error!(panic = text, "a handler panicked");
    Problem::internal().into_response()
}
