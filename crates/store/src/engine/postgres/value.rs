//! Parameters and cells as PostgreSQL's binary format has them. A parameter of another type than the statement
//! wants is an error and never converted.

use std::error::Error;
use std::sync::Arc;

use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, Kind, ToSql, Type, to_sql_checked};
use uuid::Uuid;

use crate::engine::row::Cell;
use crate::engine::value::{Value, storable};

type Failed = Box<dyn Error + Sync + Send>;

impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Failed> {
        match (self, ty) {
            (Value::Null, _) => return Ok(IsNull::Yes),
            (Value::I64(value), &Type::INT8) => out.extend_from_slice(&value.to_be_bytes()),
            (Value::Bool(value), &Type::BOOL) => out.extend_from_slice(&[u8::from(*value)]),
            (Value::Uuid(value), &Type::UUID) => out.extend_from_slice(value.as_bytes()),
            (Value::Bytes(value), &Type::BYTEA) => out.extend_from_slice(value),
            (Value::Text(value), &Type::TEXT) => out.extend_from_slice(storable(value).as_bytes()),
            (value, ty) => return Err(format!("{} for a parameter of type {ty}", kind(value)).into()),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A parameter in the server's format, kept for a statement that is sent ahead.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Encoded(Option<BytesMut>);

impl Encoded {
    /// The parameters of a statement that takes these types, as many as there are.
    pub(super) fn all(params: &[Value<'_>], types: &[Type]) -> Result<Arc<[Self]>, String> {
        let encode = |(param, ty): (&Value<'_>, &Type)| {
            let mut bytes = BytesMut::new();
            match param.to_sql(ty, &mut bytes).map_err(|error| error.to_string())? {
                IsNull::Yes => Ok(Self(None)),
                IsNull::No => Ok(Self(Some(bytes))),
            }
        };
        params.iter().zip(types).map(encode).collect()
    }

    /// The parameters of a statement that takes an array for each parameter of these sets.
    pub(super) fn arrays<'a>(
        sets: impl ExactSizeIterator<Item = &'a [Self]> + Clone,
        types: &[Type],
    ) -> Arc<[Self]> {
        let array = |(at, ty): (usize, &Type)| Self::array(sets.clone().map(|set| &set[at]), ty);
        types.iter().enumerate().map(array).collect()
    }

    /// An array of one dimension.
    fn array<'a>(items: impl ExactSizeIterator<Item = &'a Self>, ty: &Type) -> Self {
        let element = if let Kind::Array(element) = ty.kind() { element.oid() } else { 0 };
        let length = |length: usize| i32::try_from(length).unwrap_or(i32::MAX).to_be_bytes();
        let mut bytes = BytesMut::new();
        // Dimensions, that there can be NULLs, the elements' type, how many they are, the first one's index.
        for number in [1_u32.to_be_bytes(), 1_u32.to_be_bytes(), element.to_be_bytes()] {
            bytes.extend_from_slice(&number);
        }
        bytes.extend_from_slice(&length(items.len()));
        bytes.extend_from_slice(&1_u32.to_be_bytes());
        for item in items {
            match &item.0 {
                Some(item) => {
                    bytes.extend_from_slice(&length(item.len()));
                    bytes.extend_from_slice(item);
                }
                None => bytes.extend_from_slice(&(-1_i32).to_be_bytes()),
            }
        }
        Self(Some(bytes))
    }
}

impl ToSql for Encoded {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Failed> {
        let Some(bytes) = &self.0 else { return Ok(IsNull::Yes) };
        out.extend_from_slice(bytes);
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

const fn kind(value: &Value<'_>) -> &'static str {
    match value {
        Value::I64(_) => "a number",
        Value::Text(_) => "a text",
        Value::Bytes(_) => "bytes",
        Value::Uuid(_) => "an id",
        Value::Bool(_) => "a truth value",
        Value::Null => "nothing",
    }
}

impl<'a> FromSql<'a> for Cell {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Failed> {
        Ok(match *ty {
            Type::INT8 => Cell::I64(i64::from_be_bytes(raw.try_into()?)),
            Type::BOOL => Cell::I64(i64::from(raw == [1])),
            Type::TEXT => Cell::Text(String::from_utf8(raw.to_vec())?),
            Type::UUID => Cell::Uuid(Uuid::from_slice(raw)?),
            Type::BYTEA => Cell::Bytes(raw.to_vec()),
            _ => Cell::Unreadable("a type that no column may have"),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Failed> {
        Ok(Cell::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}
