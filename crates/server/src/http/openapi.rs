//! `openapi.json` (3.1): what the handlers say about themselves, completed by what holds for all of them.
//!
//! The committed file equals what the binary serves (`tests/openapi.rs`).

mod asked;

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use super::access::{self, Who};
use super::problem::{MEDIA_TYPE, ProblemBody, ProblemField};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Backsoon",
        description = "Text conversations with customers, and an answer when the operator is away.",
        license(name = "AGPL-3.0-or-later", identifier = "AGPL-3.0-or-later")
    ),
    components(schemas(ProblemBody<'static>, ProblemField))
)]
struct Skeleton;

/// The document before any route is added.
pub fn skeleton() -> utoipa::openapi::OpenApi {
    Skeleton::openapi()
}

/// The document as it is served and committed.
pub fn text(document: &Value) -> String {
    format!("{document:#}\n")
}

/// Every operation of the document: method, path, and what is said about it.
pub fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            found.push((method.to_uppercase(), path.clone(), operation));
        }
    }
    found
}

/// Completes the document: refusals, security, and which fields are always there.
pub fn finish(document: utoipa::openapi::OpenApi) -> Value {
    let mut document = serde_json::to_value(document).expect("a document serializes");
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        for (name, schema) in schemas {
            // The generator writes the item's shape out once more; one name is enough.
            if let Some(item) = name.strip_prefix("Page_") {
                schema["properties"]["items"]["items"] =
                    json!({ "$ref": format!("#/components/schemas/{item}") });
            }
        }
    }
    let answered = reachable(&document, |operation| &operation["responses"]);
    let asked = reachable(&document, |operation| &operation["requestBody"]);
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        for (name, schema) in schemas {
            if answered.contains(name) {
                require_all(name, schema);
            }
            if asked.contains(name) && schema["type"] == "object" {
                schema["additionalProperties"] = json!(false);
                let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
                for (field, property) in properties.into_iter().flatten() {
                    asked::narrow(field, property);
                }
            }
        }
    }
    document["components"]["securitySchemes"] = json!({
        "session": { "type": "apiKey", "in": "cookie", "name": "__Host-backsoon",
            "description": "Set by signing in; named `backsoon` where the server is reached by plain http." },
        "token": { "type": "http", "scheme": "bearer", "description": "An API token." },
    });
    for (path, item) in document["paths"].as_object_mut().into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            let method: Method = method.to_uppercase().parse().expect("a method's name");
            complete(&method, path, operation);
        }
    }
    document
}

/// Adds what the access table and the HTTP layer answer, so that no handler has to repeat it.
fn complete(method: &Method, path: &str, operation: &mut Value) {
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap_or_default().to_owned();
        let schema = &mut parameter["schema"];
        // A parameter that may be left out has no null.
        if let Some(kind) =
            schema["type"].as_array().and_then(|kinds| kinds.iter().find(|kind| *kind != "null"))
        {
            schema["type"] = kind.clone();
        }
        asked::narrow(&name, schema);
    }
    let Some(entry) = access::find(method, path) else { return };
    let mut refusals = BTreeSet::new();
    if entry.who != Who::Carrier && !entry.is_probe() {
        // A query parameter that is not known is refused, and so is one that cannot be read.
        refusals.extend([400, 422]);
    }
    if *method != Method::GET {
        // A body that does not arrive, and one where none or a smaller one belongs.
        refusals.extend([408, 413]);
    }
    if path.starts_with("/api/") {
        refusals.extend([500, 503]);
        if operation.get("requestBody").is_some() {
            refusals.insert(415);
        }
        if path.contains('{') || path == access::CLOCK {
            refusals.insert(404);
        }
    }
    match entry.who {
        Who::Anybody => {}
        Who::Carrier => refusals.extend([400, 403, 404, 413, 415, 503]),
        Who::SignedIn | Who::Having(_) => {
            refusals.insert(401);
            refusals.insert(403);
            operation["security"] = json!([{ "session": [] }, { "token": [] }]);
        }
    }
    match path {
        "/api/v1/session" if *method == Method::POST => refusals.extend([401, 403, 429]),
        "/api/v1/session" if *method == Method::DELETE => refusals.extend([409]),
        "/api/v1/organization/inactivity-reply" | "/api/v1/organization/retention"
            if *method == Method::PUT =>
        {
            refusals.extend([412]);
        }
        // A new password waits for its turn to be hashed.
        "/api/v1/users/{id}" if *method == Method::PATCH => refusals.extend([409, 429]),
        "/api/v1/users" if *method == Method::POST => refusals.extend([429]),
        "/api/v1/channels/{id}" if *method == Method::PATCH => refusals.extend([409]),
        "/api/v1/channels/{id}/test" => refusals.extend([409, 429]),
        // Not everywhere.
        "/api/v1/dev/people" | "/metrics" => refusals.extend([404]),
        "/api/v1/customers/{id}" if *method == Method::DELETE => refusals.extend([409]),
        "/api/v1/users/{id}/auto-reply/switch-off" => refusals.extend([409]),
        "/api/v1/cases/{id}/secondary-operators/{user_id}" if *method == Method::PUT => {
            refusals.extend([409, 422]);
        }
        "/api/v1/cases" | "/api/v1/cases/{id}/messages" | "/api/v1/channels" if *method == Method::POST => {
            refusals.extend([409]);
        }
        "/api/v1/cases/{id}/messages/{message_id}/meant" => refusals.extend([409]),
        "/api/v1/auto-reply/preview" => refusals.extend([404]),
        "/api/v1/cases/{id}/idempotency-keys/{key}" => refusals.extend([422]),
        "/api/v1/cases/{id}/messages/{message_id}/attachments/{n}" => refusals.extend([409, 502]),
        "/readyz" => refusals.extend([503]),
        _ => {}
    }
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for (status, response) in responses.iter_mut() {
        if response["description"].as_str().is_none_or(str::is_empty) {
            let status = status.parse().ok().and_then(|code| http::StatusCode::from_u16(code).ok());
            response["description"] = json!(status.and_then(|s| s.canonical_reason()).unwrap_or("Answer"));
        }
    }
    for status in refusals {
        let title = http::StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason()).unwrap_or("");
        responses.entry(status.to_string()).or_insert_with(|| {
            let mut content = Map::new();
            content.insert(
                MEDIA_TYPE.to_owned(),
                json!({ "schema": { "$ref": "#/components/schemas/Problem" } }),
            );
            json!({ "description": title, "content": content })
        });
    }
}

/// An answer always has all of its fields, null ones too; but a channel in a list has only what its reader may
/// see.
fn require_all(name: &str, schema: &mut Value) {
    if matches!(name, "ListedChannel" | "Problem") {
        return;
    }
    let Some(properties) = schema["properties"].as_object() else { return };
    let names: Vec<String> = properties.keys().cloned().collect();
    schema["required"] = json!(names);
}

/// The names of the schemas that a part of the operations leads to.
fn reachable(document: &Value, part: impl Fn(&Value) -> &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&Value> =
        operations(document).into_iter().map(|(_, _, operation)| part(operation)).collect();
    while let Some(value) = open.pop() {
        match value {
            Value::Object(fields) => {
                let name =
                    fields.get("$ref").and_then(Value::as_str).and_then(|link| link.rsplit('/').next());
                if let Some(name) = name
                    && found.insert(name.to_owned())
                {
                    open.push(&document["components"]["schemas"][name]);
                }
                open.extend(fields.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    found
}
