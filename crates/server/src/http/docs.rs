//! `/docs`: `openapi.json` as one page to read, made from the same document. No script and nothing from outside.

use std::fmt::Write as _;

use axum::extract::State;
use axum::response::Response;
use serde_json::Value;

use super::access::{self, Who};
use super::{Web, openapi};

/// The style of the page, which its policy allows by its hash.
pub const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;\
color:#1c1c1c;background:#fff}code,pre{font:14px/1.4 ui-monospace,monospace}h2{margin-top:2.5rem}\
section{border-top:1px solid #bbb;padding:.5rem 0 1rem}table{border-collapse:collapse}\
td,th{text-align:left;vertical-align:top;padding:.15rem 1rem .15rem 0}\
@media(prefers-color-scheme:dark){body{color:#e6e6e6;background:#161616}a{color:#8ab4f8}section{border-color:#555}}";

/// The same to read.
#[utoipa::path(get, path = "/docs", operation_id = "docs", tag = "Operations",
    responses((status = 200, content_type = "text/html", body = String)))]
pub async fn docs(State(web): State<Web>) -> Response {
    web.document().page()
}

/// The page that shows this document.
pub fn page(document: &Value) -> String {
    let title = escape(text(&document["info"]["title"]));
    let mut html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title}: the API</title><style>{STYLE}</style></head><body><main>\
         <h1>{title}: the API</h1><p>{} The same for programs: <a href=\"/openapi.json\">openapi.json</a>.</p>\
         <p>Refusals are <code>application/problem+json</code> of the shape <a href=\"#Problem\">Problem</a>; a refused field is named in <code>errors</code>, all \
         of them at once. Lists answer <code>items</code> and <code>next_cursor</code>.</p>",
        escape(text(&document["info"]["description"]))
    );
    // Writing to a string cannot fail.
    let _ = write_operations(&mut html, document);
    let _ = write_schemas(&mut html, document);
    html.push_str("</main></body></html>\n");
    html
}

fn write_operations(html: &mut String, document: &Value) -> std::fmt::Result {
    html.push_str("<h2>Requests</h2>");
    for entry in access::TABLE {
        let operations = openapi::operations(document);
        let found = operations.iter().find(|(m, path, _)| m == entry.method.as_str() && path == entry.path);
        let Some((method, path, operation)) = found else { continue };
        let who = match entry.who {
            Who::Anybody => "Anybody".to_owned(),
            Who::Carrier => "The carrier, by its signature".to_owned(),
            Who::SignedIn => "Everybody signed in".to_owned(),
            Who::Having(role) => format!("<code>{}</code>", role.code()),
        };
        let words = [text(&operation["summary"]), text(&operation["description"])];
        let id = escape(text(&operation["operationId"]));
        write!(
            html,
            "<section id=\"{id}\"><h3><code>{method} {}</code></h3><p>{}</p><table><tr><th>Who</th><td>{who}</td></tr>",
            escape(path),
            escape(&words.join(" "))
        )?;
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            if parameter["in"] != "path" {
                let (name, place) = (text(&parameter["name"]), text(&parameter["in"]));
                let words = escape(text(&parameter["description"]));
                write!(
                    html,
                    "<tr><th>{place} <code>{}</code></th><td>{} {words}</td></tr>",
                    escape(name),
                    kind(&parameter["schema"])
                )?;
            }
        }
        for content in operation["requestBody"]["content"].as_object().into_iter().flat_map(|c| c.values()) {
            write!(html, "<tr><th>Body</th><td>{}</td></tr>", kind(&content["schema"]))?;
        }
        let mut refusals = Vec::new();
        for (status, response) in operation["responses"].as_object().into_iter().flatten() {
            if status.starts_with(['4', '5']) {
                refusals.push(status.as_str());
                continue;
            }
            let words = escape(text(&response["description"]));
            let contents = response["content"].as_object().into_iter().flatten();
            let kinds: Vec<String> = contents
                .map(|(media, content)| {
                    format!("<code>{}</code> {}", escape(media), kind(&content["schema"]))
                })
                .collect();
            write!(html, "<tr><th>{status}</th><td>{words} {}</td></tr>", kinds.join(", "))?;
        }
        if !refusals.is_empty() {
            write!(html, "<tr><th>Refusals</th><td>{}</td></tr>", refusals.join(", "))?;
        }
        html.push_str("</table></section>");
    }
    Ok(())
}

fn write_schemas(html: &mut String, document: &Value) -> std::fmt::Result {
    html.push_str("<h2>Shapes</h2>");
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        let name = escape(name);
        write!(
            html,
            "<section id=\"{name}\"><h3>{name}</h3><p>{}</p><table>",
            escape(text(&schema["description"]))
        )?;
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (field, property) in schema["properties"].as_object().into_iter().flatten() {
            let optional = if required.contains(&field.as_str()) { "" } else { " (may be left out)" };
            write!(
                html,
                "<tr><th><code>{}</code></th><td>{}{optional}</td><td>{}</td></tr>",
                escape(field),
                kind(property),
                escape(text(&property["description"]))
            )?;
        }
        html.push_str("</table></section>");
    }
    Ok(())
}

/// A schema in a few words.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|link| link.rsplit('/').next()) {
        return format!("<a href=\"#{0}\">{0}</a>", escape(name));
    }
    if let Some(codes) = schema["enum"].as_array() {
        let codes: Vec<String> =
            codes.iter().map(|code| format!("<code>{}</code>", escape(text(code)))).collect();
        return codes.join(" ");
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        return choices.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    if schema["type"] == "array" {
        return format!("list of {}", kind(&schema["items"]));
    }
    let kinds = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().map(text).collect::<Vec<_>>().join(" or "),
        kind => text(kind).to_owned(),
    };
    match schema["format"].as_str() {
        Some(format) if !format.starts_with("int") => format!("{} ({})", escape(&kinds), escape(format)),
        _ => escape(&kinds),
    }
}

/// A text of the document; anything else is empty.
fn text(value: &Value) -> &str {
    match value {
        Value::String(text) => text,
        _ => "",
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_the_document_says_is_shown_as_text() {
        let document =
            json!({ "info": { "title": "<b>", "description": "\"&" }, "paths": {}, "components": {} });
        let html = page(&document);
        assert!(html.contains("&lt;b&gt;: the API") && html.contains("&quot;&amp;") && !html.contains("<b>"));
    }
}
