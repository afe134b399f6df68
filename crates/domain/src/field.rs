//! What is wrong with a field of a request: its name and a sentence for the person who filled it in.

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};
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

    /// A name: one line of 1 to `max_chars` characters, trimmed, that people can see and that reads as it is written.
    pub fn name(&mut self, field: &str, value: &str, max_chars: usize) -> Option<String> {
        let name = self.text(field, value, max_chars)?;
        self.line(field, &name, max_chars)
    }

    /// The same, but it may be empty.
    pub fn line(&mut self, field: &str, value: &str, max_chars: usize) -> Option<String> {
        let line = value.trim();
        if line.is_empty() {
            return Some(String::new());
        }
        let line = self.text(field, line, max_chars)?;
        if let Some(wrong) = line.chars().find(|c| c.is_control() || turns_around(*c)) {
            let kind = if wrong.is_control() { "control" } else { "text direction" };
            self.add(field, format!("must not contain the {kind} character U+{:04X}", u32::from(wrong)));
            return None;
        }
        if !line.chars().any(is_visible) {
            self.add(field, "must contain something that can be seen");
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

fn is_visible(c: char) -> bool {
    use GeneralCategory as G;
    let invisible = matches!(
        CodePointMapData::<GeneralCategory>::new().get(c),
        G::Control
            | G::Format
            | G::SpaceSeparator
            | G::LineSeparator
            | G::ParagraphSeparator
            | G::NonspacingMark
            | G::EnclosingMark
            | G::Unassigned
    );
    // Letters without a shape, and the symbol of no raised dot.
    let blank = CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c) || c == '\u{2800}';
    !invisible && !blank
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
        let table = [
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
