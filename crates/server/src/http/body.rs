//! The extractors of the API: a JSON body, query parameters, an id from the path.
//!
//! Guaranteed: 415 for another media type, 413 for too large a body before it is buffered, 400 for what is not
//! JSON or names a field twice, 422 naming every bad field otherwise.

use std::fmt;
use std::str::FromStr;

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::fields::{FromFields, read_object, read_query};
use super::form;
use super::problem::Problem;

/// The largest JSON body, in bytes.
pub const MAX_JSON_BYTES: usize = 64 * 1024;

/// The largest body of any kind, in bytes.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// The largest JSON body that holds a week of office hours with every exception it may have, in bytes.
pub const MAX_HOURS_BYTES: usize = MAX_BODY_BYTES;

/// A JSON body of at most `MAX_BYTES`.
pub struct Json<T, const MAX_BYTES: usize = MAX_JSON_BYTES>(pub T);

/// The query parameters.
pub struct Params<T>(pub T);

/// The id in the path; a malformed one names nothing, so it is 404.
pub struct Id<T>(pub T);

/// A body or a query in which nothing may stand.
pub struct Nothing;

impl FromFields for Nothing {
    fn from_fields(_: &mut super::fields::Fields<'_>) -> Option<Self> {
        Some(Self)
    }
}

impl<S: Send + Sync, T: FromFields, const MAX_BYTES: usize> FromRequest<S> for Json<T, MAX_BYTES> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        require_media_type(request.headers(), "application/json")?;
        let bytes = read_body(request, MAX_BYTES).await?;
        object(&bytes).map(Self)
    }
}

impl<S: Send + Sync> FromRequest<S> for Nothing {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let bytes = read_body(request, MAX_JSON_BYTES).await?;
        if bytes.is_empty() { Ok(Self) } else { object(&bytes) }
    }
}

impl<S: Send + Sync, T: FromFields> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        query(parts.uri.query()).map(Self)
    }
}

impl<S: Send + Sync, T: FromStr + NamedId> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::not_found(T::NAME))?;
        parse_id(&text).map(Self)
    }
}

/// An id that knows what it names, for the sentence of a 404.
pub trait NamedId {
    /// What it names, such as "case".
    const NAME: &'static str;
}

macro_rules! named_ids {
    ($($id:ident: $name:literal),*) => {$(
        impl NamedId for domain::id::$id { const NAME: &'static str = $name; }
    )*};
}
named_ids!(CaseId: "case", MessageId: "message", UserId: "user", ChannelId: "channel", CustomerId: "customer", TokenId: "token");

/// The id that this text is; a malformed one names nothing, so it is 404.
pub fn parse_id<T: FromStr + NamedId>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::not_found(T::NAME))
}

/// Reads query parameters.
pub fn query<T: FromFields>(query: Option<&str>) -> Result<T, Problem> {
    let parameters = form::parse(query.unwrap_or("").as_bytes())
        .map_err(|error| Problem::malformed(format!("The query {error}.")))?;
    read_query(parameters).map_err(Problem::invalid)
}

/// The media type that the request says, without its parameters.
pub fn media_type(headers: &HeaderMap) -> &str {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    given.split(';').next().unwrap_or("").trim()
}

/// 415 unless the request says that its body is of this type, in UTF-8.
pub fn require_media_type(headers: &HeaderMap, wanted: &str) -> Result<(), Problem> {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let mut parts = given.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or("");
    let charset_fits = parts.all(|parameter| {
        parameter.split_once('=').is_none_or(|(name, value)| {
            !name.trim().eq_ignore_ascii_case("charset")
                || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        })
    });
    if media_type.eq_ignore_ascii_case(wanted) && charset_fits {
        return Ok(());
    }
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("Send the body as {wanted} in UTF-8.")))
}

/// How much of a body that is too large is read and thrown away before the answer. Most clients listen only once
/// they have sent everything; closing on them would show them a broken connection instead of the 413.
pub const DISCARDED_BYTES: usize = 64 * 1024 * 1024;

fn announced_bytes(headers: &HeaderMap) -> Option<usize> {
    headers.get(http::header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok())
}

/// Whether a body is too large by what is announced of it, and nobody waits for it to be read: its client asks first,
/// or announces more than is worth discarding.
pub fn is_refused_unread(headers: &HeaderMap, limit_bytes: usize) -> bool {
    let asks = headers.contains_key(http::header::EXPECT);
    announced_bytes(headers).is_some_and(|bytes| bytes > DISCARDED_BYTES || (bytes > limit_bytes && asks))
}

/// The whole body, or 413 if it is larger than `limit_bytes`; never more than that is held in memory.
pub async fn read_body(request: Request, limit_bytes: usize) -> Result<Bytes, Problem> {
    if is_refused_unread(request.headers(), limit_bytes) {
        return Err(Problem::too_large(limit_bytes));
    }
    // It is here already (see `arrival.rs`), so the only thing that can go wrong is its size.
    axum::body::to_bytes(request.into_body(), limit_bytes).await.map_err(|_| Problem::too_large(limit_bytes))
}

fn object<T: FromFields>(bytes: &[u8]) -> Result<T, Problem> {
    let Strict(value) = serde_json::from_slice(bytes)
        .map_err(|error| Problem::malformed(format!("The body is not valid JSON: {error}.")))?;
    match value {
        Value::Object(values) => read_object(values).map_err(Problem::invalid),
        _ => Err(Problem::malformed("The body must be a JSON object.")),
    }
}

/// JSON in which no object names a field twice: of two values one would be believed and the other checked.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Strict(value)) = items.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some((name, Strict(value))) = entries.next_entry::<String, Strict>()? {
            if values.contains_key(&name) {
                let name: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
                return Err(de::Error::custom(format!("the field {name} is given more than once")));
            }
            values.insert(name, value);
        }
        Ok(Value::Object(values))
    }
}
