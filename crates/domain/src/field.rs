//! What is wrong with a field of a request: its name and a sentence for the person who filled it in.

use serde::Serialize;

use crate::message::utf16_units;
use crate::visible::shows_something;

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

    /// A text that is trimmed, has 1 to `max_units` UTF-16 units and shows something.
    pub fn text(&mut self, field: &str, value: &str, max_units: usize) -> Option<String> {
        let text = self.text_or_empty(field, value, max_units)?;
        if text.is_empty() {
            self.add(field, "must not be empty");
            return None;
        }
        if !shows_something(&text) {
            self.add(field, "must contain something that can be seen");
            return None;
        }
        Some(text)
    }

    /// A text that is trimmed and has at most `max_units` UTF-16 units, whatever it shows.
    pub fn text_or_empty(&mut self, field: &str, value: &str, max_units: usize) -> Option<String> {
        let text = value.trim();
        if utf16_units(text) > max_units {
            self.add(field, format!("must have at most {max_units} characters"));
            return None;
        }
        Some(text.to_owned())
    }

    /// A name: one line of 1 to `max_units` UTF-16 units, trimmed, that people can see and that reads as it is written.
    pub fn name(&mut self, field: &str, value: &str, max_units: usize) -> Option<String> {
        let name = self.text(field, value, max_units)?;
        self.line(field, &name, max_units)
    }

    /// The same, but it may be empty.
    pub fn line(&mut self, field: &str, value: &str, max_units: usize) -> Option<String> {
        let line = value.trim();
        if line.is_empty() {
            return Some(String::new());
        }
        let line = self.text(field, line, max_units)?;
        if let Some(wrong) = line.chars().find(|c| c.is_control() || turns_around(*c)) {
            let kind = if wrong.is_control() { "control" } else { "text direction" };
            self.add(field, format!("must not contain the {kind} character U+{:04X}", u32::from(wrong)));
            return None;
        }
        Some(line)
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

/// Whether a character makes what follows it read backwards, or apart from what stands around it.
fn turns_around(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Security, row 13: names that mislead or break.
    #[test]
    fn a_name_is_one_line_that_can_be_seen() {
        for right in [
            "Maria Lopez",
            " Νίκος ",
            "محمد",
            "山田",
            "O’Brien-Smith",
            "Zoë",
            "e\u{301}",
            "👩‍🔧 Ann",
            "a\u{200e}b",
        ] {
            let mut errors = FieldErrors::new();
            assert_eq!(errors.name("name", right, 100).as_deref(), Some(right.trim()), "{right:?}");
            errors.finish().unwrap();
        }
        // Two units each (R22).
        assert_eq!(FieldErrors::new().text("name", &"😀".repeat(5), 10), Some("😀".repeat(5)));
        let table = [
            ("😀😀😀😀😀😀", "must have at most 10 characters"),
            ("", "must not be empty"),
            (" \u{3000}", "must not be empty"),
            ("abcdefghijk", "must have at most 10 characters"),
            ("a\u{202e}b", "must not contain the text direction character U+202E"),
            ("a\u{2066}b", "must not contain the text direction character U+2066"),
            ("a\nb", "must not contain the control character U+000A"),
            ("\u{1b}[31m", "must not contain the control character U+001B"),
            ("a\u{9b}b", "must not contain the control character U+009B"),
            ("\u{200b}", "must contain something that can be seen"),
            ("\u{3164}\u{ad}", "must contain something that can be seen"),
            ("\u{301}", "must contain something that can be seen"),
        ];
        for (wrong, message) in table {
            let mut errors = FieldErrors::new();
            assert_eq!(errors.name("name", wrong, 10), None, "{wrong:?}");
            let expected = FieldError { field: "name".to_owned(), message: message.to_owned() };
            assert_eq!(errors.into_vec(), [expected], "{wrong:?}");
        }
        assert_eq!(FieldErrors::new().line("subject", "  ", 10).as_deref(), Some(""));
    }
}
