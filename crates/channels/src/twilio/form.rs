//! Reading a carrier's form: each parameter at most once, bounded, and named when it is wrong.
//!
//! Guaranteed: two different values for one parameter are refused rather than one of them chosen (V15.3.7), and
//! an address or id has no control characters, so that it cannot break a log line.

/// A parameter of a carrier's request that is missing, too long or malformed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct InvalidField {
    /// The carrier's name of the parameter, for example `MessageSid`.
    pub field: String,
    /// What is wrong with it, as a sentence.
    pub message: String,
}

impl InvalidField {
    pub(super) fn new(field: &str, message: impl Into<String>) -> Self {
        Self { field: field.to_owned(), message: message.into() }
    }
}

/// The longest id that is accepted; Twilio's own have 34 characters.
const MAX_ID_CHARS: usize = 64;
/// The longest address; a number has 16 characters, an RCS or WhatsApp address a few dozen.
const MAX_ADDRESS_CHARS: usize = 100;

/// The parameters of one request.
pub(super) struct Form<'a>(pub &'a [(String, String)]);

impl<'a> Form<'a> {
    /// The parameter's value, `None` if it is absent.
    pub fn get(&self, name: &str) -> Result<Option<&'a str>, InvalidField> {
        let mut found: Option<&'a str> = None;
        for (key, value) in self.0 {
            if key != name {
                continue;
            }
            match found {
                Some(earlier) if earlier != value => {
                    return Err(InvalidField::new(
                        name,
                        "It is given more than once, with different values.",
                    ));
                }
                _ => found = Some(value),
            }
        }
        Ok(found)
    }

    /// A parameter that has to be there and not be empty.
    pub fn required(&self, name: &str) -> Result<&'a str, InvalidField> {
        match self.get(name)? {
            Some(value) if !value.is_empty() => Ok(value),
            Some(_) => Err(InvalidField::new(name, "It must not be empty.")),
            None => Err(InvalidField::new(name, "It is missing.")),
        }
    }

    /// A required id: ASCII letters and digits.
    pub fn id(&self, name: &str) -> Result<String, InvalidField> {
        let value = self.required(name)?;
        if value.len() > MAX_ID_CHARS {
            return Err(InvalidField::new(name, format!("It has more than {MAX_ID_CHARS} characters.")));
        }
        if !value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(InvalidField::new(name, "It may contain letters and digits only."));
        }
        Ok(value.to_owned())
    }

    /// A required address as received: a number, a short code, an alphanumeric sender or a channel address.
    pub fn address(&self, name: &str) -> Result<String, InvalidField> {
        let value = self.required(name)?;
        if value.chars().count() > MAX_ADDRESS_CHARS {
            return Err(InvalidField::new(name, format!("It has more than {MAX_ADDRESS_CHARS} characters.")));
        }
        if value.chars().any(char::is_control) {
            return Err(InvalidField::new(name, "It contains control characters."));
        }
        Ok(value.to_owned())
    }

    /// An optional whole number; empty counts as absent, as Twilio sends it so.
    pub fn number(&self, name: &str) -> Result<Option<u32>, InvalidField> {
        match self.get(name)? {
            None | Some("") => Ok(None),
            Some(value) => match value.parse() {
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(InvalidField::new(name, "It must be a whole number.")),
            },
        }
    }
}

/// `text` without control characters and cut to `max_chars`, for words that the carrier chose and we show.
pub(super) fn shown(text: &str, max_chars: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(max_chars).collect()
}
