//! What a use case answers when it cannot do what was asked.
//!
//! Transport-free: the HTTP layer and the command line each turn it into their own form. `Display` is the
//! sentence for outside and never tells what went wrong inside; [`AppError::log_text`] does, for the log.

use domain::field::{FieldError, FieldErrors};
use domain::phone::{PhoneNumber, mask};
use store::StoreError;

use crate::seal::KeyError;

/// Why a channel is paused whose auth token does not open.
pub const DOES_NOT_OPEN: &str = "The auth token of this number was stored under another secret key than this server has. Put the right key file back, or enter the auth token again. Until then texts are not taken in (the carrier tries again), and what is to be sent waits.";

/// Why a use case was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The data could not be read or written. Nothing of the use case was kept.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// There is no such thing in the caller's organization. Bears what it is, such as "case".
    #[error("There is no such {0}.")]
    NotFound(&'static str),
    /// The caller is known but may not do this.
    #[error("{0}")]
    Forbidden(String),
    /// The state of things stands against it.
    #[error("{1}")]
    Conflict(Conflict, String),
    /// Fields that are out of bounds: every one of them.
    #[error("{}", sentence_of_fields(.0))]
    Invalid(Vec<FieldError>),
    /// Somebody else changed it since it was read (`If-Match`).
    #[error("It was changed by somebody else since you read it. Read it again, then repeat your change.")]
    Stale,
    /// Too many attempts.
    #[error("Too many attempts. Try again in {retry_after_s} s.")]
    TooMany {
        /// After how many whole seconds another attempt is worth making.
        retry_after_s: u64,
    },
    /// Nobody is known to be asking.
    #[error("{0}")]
    Unauthorized(String),
    /// The carrier, whom we had to ask, did not give what was needed.
    #[error("{0}")]
    Upstream(String),
    /// The auth token of a channel does not open: the channel is paused until it does, or is entered again.
    #[error("{DOES_NOT_OPEN}")]
    Sealed {
        /// Whose token it is.
        number: PhoneNumber,
    },
    /// The process cannot do all of its work.
    #[error("{0}")]
    NotReady(String),
    /// A fault of this server: for the log, never for outside.
    #[error("Something went wrong on our side; the log says more.")]
    Internal(String),
}

/// What stands against a change, for who reads no sentences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// The customer opted out.
    OptedOut,
    /// The `Idempotency-Key` was used for something else.
    KeyUsed,
    /// The `Idempotency-Key` was given up before.
    KeyGivenUp,
    /// They are the case's own operator.
    OwnOperator,
    /// Nobody deactivates their own account.
    OwnAccount,
    /// An organization keeps an active System Admin.
    LastSystemAdmin,
    /// Nothing is asked about this message.
    NothingAsked,
    /// The channel is deactivated.
    ChannelNotActive,
    /// What is to be switched off is not on.
    NotSwitchedOn,
    /// The file is not one that is fetched.
    AttachmentRefused,
    /// A message to the customer is being handed over.
    BeingHandedOver,
    /// What is stored was sealed under a key that is not here, and more must not be sealed under another one.
    KeyDoesNotFit,
}

impl Conflict {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::OptedOut => "opted_out",
            Self::KeyUsed => "idempotency_key_used",
            Self::KeyGivenUp => "idempotency_key_given_up",
            Self::OwnOperator => "own_operator",
            Self::OwnAccount => "own_account",
            Self::LastSystemAdmin => "last_system_admin",
            Self::NothingAsked => "nothing_asked",
            Self::ChannelNotActive => "channel_not_active",
            Self::NotSwitchedOn => "not_switched_on",
            Self::AttachmentRefused => "attachment_refused",
            Self::BeingHandedOver => "being_handed_over",
            Self::KeyDoesNotFit => "key_does_not_fit",
        }
    }
}

impl AppError {
    /// What the log says: the cause inside, where there is one.
    pub fn log_text(&self) -> String {
        match self {
            Self::Store(error) => error.log_text(),
            Self::Internal(detail) => detail.clone(),
            Self::Sealed { number } => format!("{}: {DOES_NOT_OPEN}", mask(number.as_str())),
            other => other.to_string(),
        }
    }

    /// Whether the database could not be used: the same may succeed in a moment.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Store(StoreError::Unavailable { .. } | StoreError::TooSlow))
    }

    /// What a search answers that took too long: whoever asks can ask for less.
    pub(crate) fn of_search(self) -> Self {
        match self {
            Self::Store(StoreError::TooSlow) => Self::field(
                "q",
                "is too much to look through: search for a whole number, or for longer or fewer words",
            ),
            error => error,
        }
    }

    /// One invalid field.
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { field: field.to_owned(), message: message.into() }])
    }
}

impl From<KeyError> for AppError {
    fn from(error: KeyError) -> Self {
        let words = error.to_string();
        Self::NotReady(format!("{}{}.", words[..1].to_uppercase(), &words[1..]))
    }
}

impl From<FieldErrors> for AppError {
    fn from(errors: FieldErrors) -> Self {
        Self::Invalid(errors.into_vec())
    }
}

/// "name must not be empty; email is already used."
fn sentence_of_fields(errors: &[FieldError]) -> String {
    let parts: Vec<String> =
        errors.iter().map(|error| format!("{} {}", error.field, error.message)).collect();
    format!("{}.", parts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_sentences() {
        let mut fields = FieldErrors::new();
        fields.add("name", "must not be empty");
        fields.add("email", "is already used");
        let table = [
            (AppError::NotFound("case"), "There is no such case."),
            (fields.into(), "name must not be empty; email is already used."),
            (AppError::TooMany { retry_after_s: 4 }, "Too many attempts. Try again in 4 s."),
            (AppError::Internal("bad seal".into()), "Something went wrong on our side; the log says more."),
        ];
        for (error, sentence) in table {
            assert_eq!(error.to_string(), sentence);
        }
        assert_eq!(AppError::Internal("bad seal".into()).log_text(), "bad seal");
    }
}
