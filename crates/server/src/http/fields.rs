//! Reading a request field by field, so that one answer names every field that is missing, of the wrong type,
//! out of bounds or unknown.
//!
//! Guaranteed: a field that the reader did not ask for is refused by name (nothing can be assigned that was not
//! meant to be). The reader answers `None` only after it has noted an error.

use domain::field::FieldErrors;
use serde_json::{Map, Value};

use super::values::FromValue;

/// A request that is read from its fields.
pub trait FromFields: Sized {
    /// Takes every field that it knows. `None` means that an error was noted.
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self>;
}

/// Whether the fields come from a JSON body or from a query string, where everything is text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Json,
    Query,
}

/// The fields of one object, taken out one by one.
pub struct Fields<'a> {
    values: Map<String, Value>,
    source: Source,
    prefix: String,
    known: Vec<&'static str>,
    errors: &'a mut FieldErrors,
}

/// Reads the fields of a JSON object.
pub fn read_object<T: FromFields>(values: Map<String, Value>) -> Result<T, FieldErrors> {
    read(values, Source::Json)
}

/// Reads query parameters; one that is given twice is refused (V15.3.7).
pub fn read_query<T: FromFields>(parameters: Vec<(String, String)>) -> Result<T, FieldErrors> {
    let mut errors = FieldErrors::new();
    let mut values = Map::new();
    for (name, value) in parameters {
        if values.insert(name.clone(), Value::String(value)).is_some() {
            errors.add(shown(&name), "is given more than once");
        }
    }
    errors.finish()?;
    read(values, Source::Query)
}

fn read<T: FromFields>(values: Map<String, Value>, source: Source) -> Result<T, FieldErrors> {
    let mut errors = FieldErrors::new();
    let fields = Fields { values, source, prefix: String::new(), known: Vec::new(), errors: &mut errors };
    let read = fields.read_all();
    errors.finish()?;
    Ok(read.expect("a reader answers None only after noting an error"))
}

/// A name that the client chose, as it may be shown: bounded, without control characters.
fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(100).collect()
}

impl Fields<'_> {
    fn read_all<T: FromFields>(mut self) -> Option<T> {
        let read = T::from_fields(&mut self);
        let Self { values, prefix, known, errors, source } = self;
        let kind = if source == Source::Query { "query parameter" } else { "field" };
        for name in values.keys() {
            let message = if known.is_empty() {
                format!("is not a {kind} here; none is taken")
            } else {
                format!("is not a {kind} here; known are {}", known.join(", "))
            };
            errors.add(format!("{prefix}{}", shown(name)), message);
        }
        read
    }

    fn path(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.values.remove(name)
    }

    fn convert<T: FromValue>(&mut self, name: &str, value: Value) -> Option<T> {
        let converted = match (self.source, value) {
            (Source::Query, Value::String(text)) => T::from_text(text),
            (_, value) => T::from_value(value),
        };
        let path = self.path(name);
        self.errors.check(&path, converted)
    }

    /// A field that has to be there.
    pub fn required<T: FromValue>(&mut self, name: &'static str) -> Option<T> {
        match self.take(name) {
            Some(value) => self.convert(name, value),
            None => {
                self.missing(name);
                None
            }
        }
    }

    /// A field that may be left out.
    pub fn optional<T: FromValue>(&mut self, name: &'static str) -> Option<T> {
        let value = self.take(name)?;
        self.convert(name, value)
    }

    /// A required text of 1 to `max_chars` characters, trimmed.
    pub fn text(&mut self, name: &'static str, max_chars: usize) -> Option<String> {
        let text: String = self.required(name)?;
        let path = self.path(name);
        self.errors.text(&path, &text, max_chars)
    }

    /// A required text of at most `max_chars` characters, trimmed; may be empty.
    pub fn text_or_empty(&mut self, name: &'static str, max_chars: usize) -> Option<String> {
        let text: String = self.required(name)?;
        let path = self.path(name);
        self.errors.text_or_empty(&path, &text, max_chars)
    }

    /// The same, but it may be left out.
    pub fn optional_text_or_empty(&mut self, name: &'static str, max_chars: usize) -> Option<String> {
        if self.values.contains_key(name) {
            return self.text_or_empty(name, max_chars);
        }
        self.known.push(name);
        None
    }

    /// A required object, read by its own reader.
    pub fn object<T: FromFields>(&mut self, name: &'static str) -> Option<T> {
        match self.take(name) {
            Some(Value::Object(values)) => self.nested(name, values),
            Some(_) => {
                self.error(name, "must be an object");
                None
            }
            None => {
                self.missing(name);
                None
            }
        }
    }

    /// A required object that may be null.
    pub fn object_or_null<T: FromFields>(&mut self, name: &'static str) -> Option<Option<T>> {
        if self.values.get(name) == Some(&Value::Null) {
            self.take(name);
            return Some(None);
        }
        self.object(name).map(Some)
    }

    /// A required list of at most `max_items` objects, each read by its own reader and named by its place:
    /// `name[0]`.
    pub fn list<T: FromFields>(&mut self, name: &'static str, max_items: usize) -> Option<Vec<T>> {
        let items = match self.take(name) {
            Some(Value::Array(items)) if items.len() <= max_items => items,
            Some(Value::Array(_)) => {
                self.error(name, format!("must have at most {max_items} entries"));
                return None;
            }
            Some(_) => {
                self.error(name, "must be a list");
                return None;
            }
            None => {
                self.missing(name);
                return None;
            }
        };
        // Every item is read, also after a bad one, so that all that is wrong is named.
        let read: Vec<Option<T>> =
            items.into_iter().enumerate().map(|(i, item)| self.item(&format!("{name}[{i}]"), item)).collect();
        read.into_iter().collect()
    }

    /// The same, but it may be left out, which is the empty list.
    pub fn optional_list<T: FromFields>(&mut self, name: &'static str, max_items: usize) -> Option<Vec<T>> {
        if self.values.contains_key(name) {
            return self.list(name, max_items);
        }
        self.known.push(name);
        Some(Vec::new())
    }

    fn item<T: FromFields>(&mut self, place: &str, item: Value) -> Option<T> {
        if let Value::Object(values) = item {
            return self.nested(place, values);
        }
        self.error(place, "must be an object");
        None
    }

    /// Notes an error of a field.
    pub fn error(&mut self, name: &str, message: impl Into<String>) {
        let path = self.path(name);
        self.errors.add(path, message);
    }

    /// Whether an error was noted already, of any field.
    pub fn has_errors(&self) -> bool {
        self.errors.clone().finish().is_err()
    }

    fn missing(&mut self, name: &str) {
        self.error(name, "is missing");
    }

    fn nested<T: FromFields>(&mut self, name: &str, values: Map<String, Value>) -> Option<T> {
        let prefix = format!("{}{name}.", self.prefix);
        Fields { values, source: self.source, prefix, known: Vec::new(), errors: self.errors }.read_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::UserId;
    use domain::time::Instant;
    use serde_json::json;

    #[derive(Debug, PartialEq)]
    struct Outer {
        name: String,
        minutes: u32,
        inner: Inner,
        who: Option<Option<UserId>>,
    }

    #[derive(Debug, PartialEq)]
    struct Inner {
        at: Instant,
    }

    impl FromFields for Outer {
        fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
            let (name, minutes) = (fields.text("name", 3), fields.required("minutes"));
            let (inner, who) = (fields.object("inner"), fields.optional("who"));
            Some(Self { name: name?, minutes: minutes?, inner: inner?, who })
        }
    }

    impl FromFields for Inner {
        fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
            Some(Self { at: fields.required("at")? })
        }
    }

    fn errors_of(value: Value) -> Vec<String> {
        let Value::Object(values) = value else { panic!("an object") };
        match read_object::<Outer>(values) {
            Ok(_) => Vec::new(),
            Err(errors) => errors
                .into_vec()
                .into_iter()
                .map(|error| format!("{} {}", error.field, error.message))
                .collect(),
        }
    }

    #[test]
    fn every_bad_field_is_named_at_once() {
        let good =
            json!({"name": " Ana ", "minutes": 10.0, "inner": {"at": "2026-12-01T00:00:00Z"}, "who": null});
        assert_eq!(errors_of(good), [""; 0]);
        let table: [(Value, &[&str]); 4] = [
            (json!({}), &["name is missing", "minutes is missing", "inner is missing"]),
            (
                json!({"name": 1, "minutes": "10", "inner": [], "who": "x", "colour": "red"}),
                &[
                    "name must be a text",
                    "minutes must be a whole number",
                    "inner must be an object",
                    "who is not the id of a user",
                    "colour is not a field here; known are name, minutes, inner, who",
                ],
            ),
            (
                json!({"name": "\u{0}", "minutes": -1, "inner": {"at": "555", "to": 1}}),
                &[
                    "name must not contain U+0000",
                    "minutes must not be negative",
                    "inner.at is not an RFC 3339 time such as 2026-11-22T14:05:00Z",
                    "inner.to is not a field here; known are at",
                ],
            ),
            (
                json!({"name": "long", "minutes": 1.5, "inner": {"at": "2026-12-01T00:00:00Z"}}),
                &["name must have at most 3 characters", "minutes must be a whole number"],
            ),
        ];
        for (value, expected) in table {
            assert_eq!(errors_of(value.clone()), expected, "{value}");
        }
    }
}
