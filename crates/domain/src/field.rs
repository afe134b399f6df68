//! What is wrong with a field of a request: its name and a sentence for the person who filled it in.

use serde::Serialize;

/// One invalid field. `message` reads after the field's name: "threshold_minutes" + "must be 1 to 10080".
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The field's path in the request, such as `inactivity.message`.
    pub field: String,
    /// What is wrong and what would be right.
    pub message: String,
}

/// Collects every bad field of a request, so that all are answered at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// Starts with none.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldError { field: field.into(), message: message.into() });
    }

    /// Keeps the value, or notes what is wrong with it.
    pub fn check<T, E: std::fmt::Display>(&mut self, field: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.add(field, error.to_string())).ok()
    }

    /// A text that is trimmed and has 1 to `max_chars` characters.
    pub fn text(&mut self, field: &str, value: &str, max_chars: usize) -> Option<String> {
        let text = value.trim();
        if text.is_empty() {
            self.add(field, "must not be empty");
            return None;
        }
        if text.chars().count() > max_chars {
            self.add(field, format!("must have at most {max_chars} characters"));
            return None;
        }
        Some(text.to_owned())
    }

    /// Ends the collection: the errors, if there are any.
    pub fn finish(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }

    /// The errors in the order in which they were found.
    pub fn into_vec(self) -> Vec<FieldError> {
        self.0
    }
}
