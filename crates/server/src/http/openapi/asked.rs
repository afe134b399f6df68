//! What the texts of a request may hold, in `openapi.json`: patterns and lengths by the name of the field, so that no
//! description is wider than the check behind it as far as a pattern can tell.
//!
//! Not told there, because no pattern can: that a text has to show something, that its length counts UTF-16 units, that
//! a zone or a country exists, that a password is not guessed, that a window has some length.

use serde_json::{Value, json};

/// An id.
const UUID: &str = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";
/// No text holds U+0000.
const ANY: &str = r"^[^\u0000]*$";
/// A text that is not only spaces.
const FILLED: &str = r"^[^\u0000]*[^\u0000\s][^\u0000]*$";
/// One line that reads as it is written.
const LINE: &str = r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$";
/// The same, and it is not only spaces.
const FILLED_LINE: &str = r"^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*[^\u0000-\u0020\u007f-\u00a0\u2000-\u202f\u2060-\u206f\u3000][^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*$";

/// Adds to a text's schema what its field is held to, unless that stands there already.
pub fn narrow(name: &str, schema: &mut Value) {
    let is_text = schema["type"] == "string"
        || schema["type"].as_array().is_some_and(|types| types.contains(&json!("string")));
    let said = ["pattern", "format", "enum"].iter().any(|word| schema.get(*word).is_some());
    if !is_text || said {
        return;
    }
    if matches!(name, "id" | "since" | "hand_open_cases_to") || name.ends_with("_id") {
        schema["format"] = json!("uuid");
        return;
    }
    let is_required = schema["minLength"].as_u64().is_some_and(|least| least > 0);
    let (pattern, most) = match name {
        "cursor" => ("^[A-Za-z0-9_-]+$".to_owned(), None),
        "assigned_to" => (format!("^(me|none|{UUID})$"), None),
        "assign_to" => (format!("^(nobody|in_turn|{UUID})$"), None),
        "If-Match" => (r#"^(\*|"[0-9]{1,18}")$"#.to_owned(), None),
        "Idempotency-Key" | "key" => ("^[!-~]+$".to_owned(), Some(255)),
        "Last-Event-ID" => ("^[!-~]*$".to_owned(), None),
        "X-Twilio-Signature" => ("^[A-Za-z0-9+/=]+$".to_owned(), None),
        "token" => (r"^[0-9a-f]{32}\.[0-9a-f]{32}\.[0-9a-f]{32}$".to_owned(), None),
        "time_zone" => ("^[A-Za-z0-9_+/-]+$".to_owned(), None),
        "country" => ("^[A-Za-z]{2}$".to_owned(), None),
        "name" | "subject" => (if is_required { FILLED_LINE } else { LINE }.to_owned(), None),
        "phone" | "number" => (FILLED.to_owned(), None),
        _ => (if is_required { FILLED } else { ANY }.to_owned(), None),
    };
    schema["pattern"] = json!(pattern);
    if let Some(most) = most {
        (schema["minLength"], schema["maxLength"]) = (json!(1), json!(most));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_that_is_asked_for_says_what_it_may_hold() {
        let document: Value = serde_json::from_str(&crate::http::openapi_json()).expect("a document");
        let asked = super::super::reachable(&document, |operation| &operation["requestBody"]);
        let fields = asked.iter().flat_map(|name| {
            let properties = document["components"]["schemas"][name]["properties"].as_object();
            properties.into_iter().flatten().map(move |(field, schema)| (format!("{name}.{field}"), schema))
        });
        let parameters =
            super::super::operations(&document).into_iter().flat_map(|(method, path, operation)| {
                let parameters = operation["parameters"].as_array().into_iter().flatten();
                parameters.map(move |parameter| {
                    (format!("{method} {path} {}", parameter["name"]), &parameter["schema"])
                })
            });
        let paths = document["paths"].as_object().expect("paths");
        let empty = paths.iter().flat_map(|(path, item)| item.as_object().map(|item| (path, item)));
        for (path, operations) in empty {
            for (method, operation) in operations {
                let null =
                    operation.as_object().expect("an operation").iter().find(|(_, part)| part.is_null());
                assert_eq!(null, None, "{method} {path}");
            }
        }
        let mut count = 0;
        for (place, schema) in fields.chain(parameters) {
            if schema["type"].to_string().contains("string") {
                let said = ["pattern", "format", "enum"].iter().any(|word| schema.get(*word).is_some());
                assert!(said, "{place}: {schema}");
                count += 1;
            }
        }
        assert!(count > 90, "{count} texts were found");
    }

    #[test]
    fn a_pattern_stands_where_nothing_else_does() {
        let narrowed = |name: &str, mut schema: Value| {
            narrow(name, &mut schema);
            schema
        };
        assert_eq!(narrowed("limit", json!({ "type": "integer" })), json!({ "type": "integer" }));
        assert_eq!(narrowed("case_id", json!({ "type": ["string", "null"] }))["format"], "uuid");
        assert_eq!(narrowed("cursor", json!({ "type": "string" }))["pattern"], "^[A-Za-z0-9_-]+$");
        assert_eq!(narrowed("body", json!({ "type": "string", "minLength": 1 }))["pattern"], FILLED);
        assert_eq!(narrowed("q", json!({ "type": "string" }))["pattern"], ANY);
        let own = json!({ "type": "string", "pattern": "^AC" });
        assert_eq!(narrowed("account_sid", own.clone()), own);
    }
}
