//! People who sign in: operators, System Admins, or both.

use serde::{Deserialize, Serialize};

use crate::customer::first_word;
use crate::id::{OrganizationId, UserId};
use crate::presence::Presence;
use crate::time::Instant;

/// What a user may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Settings, people, channels and audit; no cases unless also an operator.
    SystemAdmin,
    /// Cases, decisions and events.
    Operator,
}

impl Role {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::SystemAdmin => "system_admin",
            Self::Operator => "operator",
        }
    }

    /// The role with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::SystemAdmin, Self::Operator].into_iter().find(|role| role.code() == code)
    }
}

/// The roles of one user; at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roles {
    /// Has [`Role::SystemAdmin`].
    pub system_admin: bool,
    /// Has [`Role::Operator`].
    pub operator: bool,
}

impl Roles {
    /// The set of these roles.
    pub fn of(roles: &[Role]) -> Self {
        Self { system_admin: roles.contains(&Role::SystemAdmin), operator: roles.contains(&Role::Operator) }
    }

    /// Whether `role` is among them.
    pub const fn has(self, role: Role) -> bool {
        match role {
            Role::SystemAdmin => self.system_admin,
            Role::Operator => self.operator,
        }
    }

    /// The roles as a list, System Admin first.
    pub fn list(self) -> Vec<Role> {
        [Role::SystemAdmin, Role::Operator].into_iter().filter(|role| self.has(*role)).collect()
    }
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// Where they belong.
    pub organization_id: OrganizationId,
    /// Their full name.
    pub name: String,
    /// Their e-mail address, lower case; one account per address in the whole installation.
    pub email: String,
    /// What they may do.
    pub roles: Roles,
    /// When the account was created.
    pub created_at: Instant,
    /// Their activity, as the rule book defines it.
    pub presence: Presence,
}

impl User {
    /// Whether the account is active: a deactivated one cannot sign in and counts as inactive.
    pub const fn active(&self) -> bool {
        self.presence.deactivated_at.is_none()
    }

    /// The first word of the name (R23).
    pub fn first_name(&self) -> &str {
        first_word(&self.name)
    }
}
