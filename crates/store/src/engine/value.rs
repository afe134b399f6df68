//! Parameters of statements: the few types that every engine knows.

use std::borrow::Cow;

use domain::id;
use domain::time::Instant;
use uuid::Uuid;

/// A parameter. Texts and bytes are borrowed: binding copies nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// A whole number, an instant in milliseconds.
    I64(i64),
    /// A text. U+0000, which PostgreSQL cannot hold, is stored as U+FFFD on every engine.
    Text(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// An id.
    Uuid(Uuid),
    /// True or false.
    Bool(bool),
    /// Nothing.
    Null,
}

/// A text as every engine can hold it.
pub(crate) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

macro_rules! from {
    ($($type:ty, $value:ident => $into:expr;)*) => {$(
        impl<'a> From<$type> for Value<'a> {
            fn from($value: $type) -> Self {
                $into
            }
        }
    )*};
}

from! {
    i64, value => Self::I64(value);
    u32, value => Self::I64(i64::from(value));
    bool, value => Self::Bool(value);
    Instant, value => Self::I64(value.ms());
    Uuid, value => Self::Uuid(value);
    &'a str, value => Self::Text(value);
    &'a String, value => Self::Text(value);
    &'a [u8], value => Self::Bytes(value);
    &'a Vec<u8>, value => Self::Bytes(value);
    &'a [u8; 32], value => Self::Bytes(value);
    id::OrganizationId, value => Self::Uuid(value.0);
    id::UserId, value => Self::Uuid(value.0);
    id::CustomerId, value => Self::Uuid(value.0);
    id::CaseId, value => Self::Uuid(value.0);
    id::MessageId, value => Self::Uuid(value.0);
    id::DecisionId, value => Self::Uuid(value.0);
    id::ChannelId, value => Self::Uuid(value.0);
    id::TokenId, value => Self::Uuid(value.0);
    id::AuditId, value => Self::Uuid(value.0);
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A value as the JSON text that a column keeps.
pub(crate) fn json_text<T: serde::Serialize + ?Sized>(value: &T) -> Result<String, crate::StoreError> {
    serde_json::to_string(value).map_err(|error| crate::StoreError::other(error.to_string()))
}
