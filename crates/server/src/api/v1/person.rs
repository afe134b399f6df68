//! A person named by id: an operator, or who changed something.

use domain::id::UserId;
use serde::Serialize;
use utoipa::ToSchema;

/// A person.
#[derive(Serialize, ToSchema)]
pub struct Person {
    /// Their id.
    #[schema(value_type = String)]
    pub id: UserId,
    /// Their name.
    pub name: String,
}
