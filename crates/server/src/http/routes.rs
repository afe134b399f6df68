//! Collects the routes with their documentation and holds both to the access table.

use std::collections::BTreeSet;

use http::Method;
use serde_json::Value;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use super::{Web, access, openapi};

/// The routes under construction.
pub struct Routes(OpenApiRouter<Web>);

impl Default for Routes {
    /// None yet.
    fn default() -> Self {
        Self(OpenApiRouter::with_openapi(openapi::skeleton()))
    }
}

impl Routes {
    /// Adds the methods of one path.
    pub fn add(&mut self, methods: UtoipaMethodRouter<Web>) {
        let router = std::mem::take(&mut self.0);
        self.0 = router.routes(methods);
    }

    /// The router and the finished document.
    ///
    /// # Panics
    /// If a route is not in the access table, or a line of the table has no route.
    pub fn finish(self) -> (axum::Router<Web>, Value) {
        let (router, document) = self.0.split_for_parts();
        let document = openapi::finish(document);
        let routed: BTreeSet<(String, String)> =
            openapi::operations(&document).into_iter().map(|(method, path, _)| (path, method)).collect();
        let allowed: BTreeSet<(String, String)> = access::TABLE
            .iter()
            .map(|entry| (entry.path.to_owned(), entry.method.as_str().to_owned()))
            .collect();
        assert_eq!(routed, allowed, "every route needs a line in http/access.rs, and every line a route");
        (router, document)
    }
}

/// Whether the document lists query parameters for a route.
pub fn takes_query(document: &Value, method: &Method, path: &str) -> bool {
    openapi::operations(document).into_iter().filter(|(m, p, _)| m == method.as_str() && p == path).any(
        |(_, _, operation)| {
            let parameters = operation["parameters"].as_array();
            parameters.is_some_and(|list| list.iter().any(|parameter| parameter["in"] == "query"))
        },
    )
}
