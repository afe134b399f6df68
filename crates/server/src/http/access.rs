//! Who may ask for what: the one table of role × route.
//!
//! The router enforces it (see [`super::auth`]): a route that is not in the table cannot be built, so forgetting
//! one is found by the first test that starts the server, and nobody decides about access anywhere else but for
//! what depends on the thing itself (404 for another organization's).

use domain::user::{Role, Roles};
use http::Method;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Anybody, signed in or not.
    Anybody,
    /// The carrier, who signs its requests; held by the application.
    Carrier,
    /// Everybody who is signed in.
    SignedIn,
    /// Who has this role.
    Having(Role),
}

/// One route's line.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The method.
    pub method: &'static Method,
    /// The path as the router knows it.
    pub path: &'static str,
    /// Who may.
    pub who: Who,
    /// Whether a success is activity that the guard stamps (rule book, section 2, "Activity" (c)).
    pub stamps: bool,
}

impl Entry {
    /// Whether machines ask it how the server is. Their query is not looked at, because some add one against caches.
    pub fn is_probe(&self) -> bool {
        matches!(self.path, "/healthz" | "/readyz")
    }
}

const fn line(method: &'static Method, path: &'static str, who: Who) -> Entry {
    Entry { method, path, who, stamps: false }
}

/// A changing request whose success is activity of the caller.
const fn act(method: &'static Method, path: &'static str, who: Who) -> Entry {
    Entry { method, path, who, stamps: true }
}

const GET: &Method = &Method::GET;
const POST: &Method = &Method::POST;
const PUT: &Method = &Method::PUT;
const PATCH: &Method = &Method::PATCH;
const DELETE: &Method = &Method::DELETE;
const ADMIN: Who = Who::Having(Role::SystemAdmin);
const OPERATOR: Who = Who::Having(Role::Operator);

/// The path that exists only while the clock can be moved.
pub const CLOCK: &str = "/api/v1/dev/clock";

/// The table. `POST …/activity` and `…/seen` stamp the activity themselves, so that it is one write.
pub const TABLE: &[Entry] = &[
    line(GET, "/api/v1/session", Who::SignedIn),
    line(POST, "/api/v1/session", Who::Anybody),
    line(DELETE, "/api/v1/session", Who::SignedIn),
    line(GET, "/api/v1/organization", ADMIN),
    act(PATCH, "/api/v1/organization", ADMIN),
    line(GET, "/api/v1/organization/inactivity-reply", ADMIN),
    act(PUT, "/api/v1/organization/inactivity-reply", ADMIN),
    line(GET, "/api/v1/organization/retention", ADMIN),
    act(PUT, "/api/v1/organization/retention", ADMIN),
    line(GET, "/api/v1/organization/office-hours", Who::SignedIn),
    act(PUT, "/api/v1/organization/office-hours", ADMIN),
    line(GET, "/api/v1/me/presence", Who::SignedIn),
    line(POST, "/api/v1/me/activity", Who::SignedIn),
    line(GET, "/api/v1/me/auto-reply", OPERATOR),
    act(PUT, "/api/v1/me/auto-reply", OPERATOR),
    line(GET, "/api/v1/cases", OPERATOR),
    act(POST, "/api/v1/cases", OPERATOR),
    line(GET, "/api/v1/cases/counts", Who::SignedIn),
    line(GET, "/api/v1/cases/{id}", OPERATOR),
    act(PATCH, "/api/v1/cases/{id}", OPERATOR),
    line(POST, "/api/v1/cases/{id}/seen", OPERATOR),
    act(PUT, "/api/v1/cases/{id}/secondary-operators/{user_id}", OPERATOR),
    act(DELETE, "/api/v1/cases/{id}/secondary-operators/{user_id}", OPERATOR),
    line(GET, "/api/v1/cases/{id}/messages", OPERATOR),
    act(POST, "/api/v1/cases/{id}/messages", OPERATOR),
    line(DELETE, "/api/v1/cases/{id}/idempotency-keys/{key}", OPERATOR),
    act(POST, "/api/v1/cases/{id}/messages/{message_id}/dismiss", OPERATOR),
    line(GET, "/api/v1/cases/{id}/messages/{message_id}/attachments/{n}", OPERATOR),
    act(POST, "/api/v1/cases/{id}/messages/{message_id}/meant", OPERATOR),
    line(GET, "/api/v1/cases/{id}/decisions", OPERATOR),
    line(GET, "/api/v1/decisions", OPERATOR),
    line(POST, "/api/v1/auto-reply/preview", Who::SignedIn),
    line(GET, "/api/v1/coverage", Who::SignedIn),
    line(GET, "/api/v1/operators", Who::SignedIn),
    line(GET, "/api/v1/users", ADMIN),
    act(POST, "/api/v1/users", ADMIN),
    act(PATCH, "/api/v1/users/{id}", ADMIN),
    act(POST, "/api/v1/users/{id}/auto-reply/switch-off", ADMIN),
    line(GET, "/api/v1/tokens", Who::SignedIn),
    act(DELETE, "/api/v1/tokens/{id}", Who::SignedIn),
    line(GET, "/api/v1/channels", Who::SignedIn),
    act(POST, "/api/v1/channels", ADMIN),
    act(PATCH, "/api/v1/channels/{id}", ADMIN),
    act(POST, "/api/v1/channels/{id}/check", ADMIN),
    act(POST, "/api/v1/channels/{id}/test", ADMIN),
    line(GET, "/api/v1/channels/{id}/test/{message_id}", ADMIN),
    line(GET, "/api/v1/customers", ADMIN),
    line(GET, "/api/v1/customers/lookup", OPERATOR),
    act(PATCH, "/api/v1/customers/{id}", OPERATOR),
    act(DELETE, "/api/v1/customers/{id}", ADMIN),
    line(GET, "/api/v1/customers/{id}/export", ADMIN),
    line(GET, "/api/v1/audit", ADMIN),
    line(GET, "/api/v1/events", OPERATOR),
    line(POST, CLOCK, ADMIN),
    line(GET, "/api/v1/dev/people", Who::Anybody),
    line(POST, "/webhooks/twilio/messages", Who::Carrier),
    line(POST, "/webhooks/twilio/status/{token}", Who::Carrier),
    line(GET, "/healthz", Who::Anybody),
    line(GET, "/readyz", Who::Anybody),
    line(GET, "/metrics", Who::Anybody),
    line(GET, "/openapi.json", Who::Anybody),
    line(GET, "/docs", Who::Anybody),
];

/// The line of a route; `HEAD` is asked for as `GET` is.
pub fn find(method: &Method, path: &str) -> Option<&'static Entry> {
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    TABLE.iter().find(|entry| entry.method == method && entry.path == path)
}

/// What an `Allow` header says of a path.
pub fn allow(path: &str) -> String {
    let mut methods = Vec::new();
    for entry in TABLE.iter().filter(|entry| entry.path == path) {
        methods.push(entry.method.as_str());
        if *entry.method == Method::GET {
            methods.push("HEAD");
        }
    }
    methods.join(", ")
}

impl Who {
    /// Whether somebody with these roles may; `None` is somebody who is not signed in.
    pub fn allows(self, roles: Option<Roles>) -> bool {
        match self {
            Self::Anybody | Self::Carrier => true,
            Self::SignedIn => roles.is_some(),
            Self::Having(role) => roles.is_some_and(|roles| roles.has(role)),
        }
    }

    /// Why not, in a sentence.
    pub fn refusal(self) -> &'static str {
        match self {
            Self::Having(Role::SystemAdmin) => "Only a System Admin may do this.",
            Self::Having(Role::Operator) => "Only an operator may do this.",
            Self::Anybody | Self::Carrier | Self::SignedIn => "You may not do this.",
        }
    }
}
