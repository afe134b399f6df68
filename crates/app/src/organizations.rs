//! Creating an organization: from the command line, so nobody stands as its actor.

use domain::auto_reply::setting::{Setting, StoredSetting};
use domain::field::FieldErrors;
use domain::hours::bounds::check_zone;
use domain::id::OrganizationId;
use domain::organization::Organization;
use serde_json::{Value, json};
use store::{Op, Tx, organizations, settings};
use uuid::Uuid;

use crate::audit::{Change, record};
use crate::error::AppError;
use crate::{App, Env};

/// The most characters of a name, of an organization or a person.
pub(crate) const MAX_NAME_CHARS: usize = 100;

impl App {
    /// Creates an organization with the feature disabled and everything prefilled (R22).
    pub async fn organization_create(&self, name: &str, time_zone: &str) -> Result<OrganizationId, AppError> {
        let mut errors = FieldErrors::new();
        let name = errors.text("name", name, MAX_NAME_CHARS);
        let time_zone = time_zone.trim();
        check_zone(&mut errors, "time_zone", time_zone);
        errors.finish()?;
        let create = CreateOrganization {
            env: self.env().clone(),
            name: name.unwrap_or_default(),
            time_zone: time_zone.to_owned(),
        };
        self.write(create).await
    }

    /// Every organization of the installation: for the command line alone.
    pub async fn organizations(&self) -> Result<Vec<Organization>, AppError> {
        self.read(ListOrganizations).await
    }
}

struct CreateOrganization {
    env: Env,
    name: String,
    time_zone: String,
}

impl Op for CreateOrganization {
    type Out = OrganizationId;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<OrganizationId, AppError> {
        let now = self.env.at(tx)?;
        let organization = Organization {
            id: self.env.id(now),
            name: self.name.clone(),
            time_zone: self.time_zone.clone(),
            created_at: now,
        };
        organizations::insert(tx, &organization).await?;
        let setting = StoredSetting {
            setting: Setting::default(),
            version: 1,
            enabled_mark: Uuid::nil(),
            updated_at: now,
            updated_by: None,
        };
        settings::insert(tx, organization.id, &setting).await?;
        let change = Change {
            actor: None,
            action: "organization.create",
            subject: organization.id.to_string(),
            before: Value::Null,
            after: json!({ "name": organization.name, "time_zone": organization.time_zone }),
        };
        record(tx, &self.env, organization.id, now, change).await?;
        Ok(organization.id)
    }
}

struct ListOrganizations;

impl Op for ListOrganizations {
    type Out = Vec<Organization>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Vec<Organization>, AppError> {
        Ok(organizations::list(tx).await?)
    }
}
