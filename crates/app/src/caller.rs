//! Who asks: the signed-in person behind a request, and what they may do.
//!
//! A [`Caller`] exists only after a session or an API token was checked. Everything that a caller reads or
//! writes is scoped to `organization_id`, which never comes from the request itself.

use domain::id::{OrganizationId, UserId};
use domain::user::{Role, Roles, User};

use crate::error::AppError;

/// The person behind a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Where they belong: the tenant of everything they see.
    pub organization_id: OrganizationId,
    /// Who they are.
    pub user_id: UserId,
    /// What they may do.
    pub roles: Roles,
}

impl Caller {
    /// The caller that this user is.
    pub fn of(user: &User) -> Self {
        Self { organization_id: user.organization_id, user_id: user.id, roles: user.roles }
    }

    /// Refuses anybody without `role`, saying which one is needed.
    pub fn require(&self, role: Role) -> Result<(), AppError> {
        if self.roles.has(role) {
            return Ok(());
        }
        let needed = match role {
            Role::SystemAdmin => "Only a System Admin may do this.",
            Role::Operator => "Only an operator may do this.",
        };
        Err(AppError::Forbidden(needed.to_owned()))
    }

    /// Refuses anybody who is not a System Admin (R20).
    pub fn require_system_admin(&self) -> Result<(), AppError> {
        self.require(Role::SystemAdmin)
    }

    /// Refuses anybody who is not an operator.
    pub fn require_operator(&self) -> Result<(), AppError> {
        self.require(Role::Operator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn each_role_opens_its_own_doors_only() {
        use Role::*;
        let table: [(&[Role], bool, bool); 3] = [
            (&[SystemAdmin], true, false),
            (&[Operator], false, true),
            (&[SystemAdmin, Operator], true, true),
        ];
        for (roles, admin, operator) in table {
            let caller = Caller {
                organization_id: Uuid::nil().into(),
                user_id: Uuid::nil().into(),
                roles: Roles::of(roles),
            };
            assert_eq!(caller.require_system_admin().is_ok(), admin, "{roles:?}");
            assert_eq!(caller.require_operator().is_ok(), operator, "{roles:?}");
        }
    }
}
