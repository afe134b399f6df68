//! Organizations: created from the command line, so nobody stands as the actor; changed by their System Admins.

use domain::auto_reply::setting::{Setting, StoredSetting};
use domain::country::Country;
use domain::field::FieldErrors;
use domain::hours::bounds::check_zone;
use domain::id::{OrganizationId, UserId};
use domain::organization::Organization;
use serde_json::{Value, json};
use store::{Op, StoreError, Tx, organizations, settings};

use crate::audit::{Change, record};
use crate::caller::Caller;
use crate::error::AppError;
use crate::judging::Desk;
use crate::{App, Env};

/// The most characters of a name, of an organization or a person.
pub(crate) const MAX_NAME_CHARS: usize = 100;

impl App {
    /// Creates an organization with the feature disabled and everything prefilled (R22).
    /// Without a country it has that of its first number, or else of its time zone.
    pub async fn organization_create(
        &self,
        name: &str,
        time_zone: &str,
        country: Option<&str>,
    ) -> Result<OrganizationId, AppError> {
        let mut errors = FieldErrors::new();
        let name = errors.name("name", name, MAX_NAME_CHARS);
        let time_zone = time_zone.trim();
        check_zone(&mut errors, "time_zone", time_zone);
        let country = country.and_then(|country| errors.check("country", country.trim().parse()));
        errors.finish()?;
        let create = CreateOrganization {
            env: self.env().clone(),
            name: name.unwrap_or_default(),
            time_zone: time_zone.to_owned(),
            country,
        };
        self.write(create).await
    }

    /// The caller's organization, with the country that holds.
    pub async fn organization_get(&self, caller: &Caller) -> Result<Organization, AppError> {
        caller.require_system_admin()?;
        self.read(GetOrganization { id: caller.organization_id }).await
    }

    /// Changes name, time zone or country of the caller's organization.
    pub async fn organization_update(
        &self,
        caller: &Caller,
        patch: OrganizationPatch,
    ) -> Result<Organization, AppError> {
        caller.require_system_admin()?;
        self.change_organization(caller.organization_id, Some(caller.user_id), patch).await
    }

    /// Changes an organization, from the command line.
    pub async fn organization_change(
        &self,
        id: OrganizationId,
        patch: OrganizationPatch,
    ) -> Result<Organization, AppError> {
        self.change_organization(id, None, patch).await
    }

    async fn change_organization(
        &self,
        id: OrganizationId,
        actor: Option<UserId>,
        patch: OrganizationPatch,
    ) -> Result<Organization, AppError> {
        let mut errors = FieldErrors::new();
        let name = patch.name.and_then(|name| errors.name("name", &name, MAX_NAME_CHARS));
        let time_zone = patch.time_zone.map(|zone| zone.trim().to_owned());
        if let Some(zone) = &time_zone {
            check_zone(&mut errors, "time_zone", zone);
        }
        let country = patch.country.and_then(|country| errors.check("country", country.trim().parse()));
        errors.finish()?;
        self.write(UpdateOrganization { env: self.env().clone(), id, actor, name, time_zone, country }).await
    }

    /// The organization with this id or name, for the command line; without either, the only one there is.
    pub async fn organization_of_text(&self, text: Option<&str>) -> Result<Organization, AppError> {
        let all = self.organizations().await?;
        let mut names: Vec<&str> = all.iter().map(|organization| organization.name.as_str()).collect();
        names.sort_unstable();
        let Some(text) = text.map(str::trim) else {
            return match all.as_slice() {
                [only] => Ok(only.clone()),
                [] => Err(AppError::NotFound("organization")),
                _ => Err(AppError::field(
                    "organization",
                    format!("must be given, by id or name, because there are several: {}", names.join(", ")),
                )),
            };
        };
        if let Some(found) = all.iter().find(|organization| organization.id.to_string() == text) {
            return Ok(found.clone());
        }
        let folded = text.to_lowercase();
        let named = all.iter().filter(|organization| organization.name.to_lowercase() == folded);
        match named.collect::<Vec<_>>().as_slice() {
            [found] => Ok((*found).clone()),
            [] => Err(AppError::NotFound("organization")),
            _ => Err(AppError::field(
                "organization",
                "must be given by its id, because several have this name",
            )),
        }
    }

    /// Every organization of the installation: for the command line alone.
    pub async fn organizations(&self) -> Result<Vec<Organization>, AppError> {
        self.read(ListOrganizations).await
    }
}

/// What to change about an organization; what is none stays.
#[derive(Clone, Debug, Default)]
pub struct OrganizationPatch {
    /// Its name, as customers read it.
    pub name: Option<String>,
    /// Its IANA time zone.
    pub time_zone: Option<String>,
    /// The country whose numbers people write without a country code.
    pub country: Option<String>,
}

/// The country whose numbers people of the organization write without a country code: the one chosen, else that of
/// its first number, else that of its time zone.
pub(crate) async fn country(tx: &mut Tx, org: OrganizationId) -> Result<Option<Country>, StoreError> {
    let Some(organization) = organizations::get(tx, org).await? else { return Ok(None) };
    Ok(with_country(tx, organization).await?.country)
}

/// The organization with the country that holds.
pub(crate) async fn with_country(
    tx: &mut Tx,
    organization: Organization,
) -> Result<Organization, StoreError> {
    if organization.country.is_some() {
        return Ok(organization);
    }
    let channels = store::channels::list(tx, organization.id).await?;
    let of_number = channels.first().and_then(|channel| Country::of_number(&channel.number));
    let country = of_number.or_else(|| Country::of_zone(&organization.time_zone));
    Ok(Organization { country, ..organization })
}

/// In which country numbers are read; see [`country`].
pub(crate) struct Reading {
    pub organization_id: OrganizationId,
}

impl Op for Reading {
    type Out = Option<Country>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Option<Country>, AppError> {
        Ok(country(tx, self.organization_id).await?)
    }
}

struct GetOrganization {
    id: OrganizationId,
}

impl Op for GetOrganization {
    type Out = Organization;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Organization, AppError> {
        let organization =
            organizations::get(tx, self.id).await?.ok_or(AppError::NotFound("organization"))?;
        Ok(with_country(tx, organization).await?)
    }
}

struct UpdateOrganization {
    env: Env,
    id: OrganizationId,
    actor: Option<UserId>,
    name: Option<String>,
    time_zone: Option<String>,
    country: Option<Country>,
}

impl Op for UpdateOrganization {
    type Out = Organization;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Organization, AppError> {
        // Name and time zone stand in the texts of replies, so nothing is judged meanwhile.
        let desk = Desk::open_alone(tx, &self.env, self.id).await?;
        let before =
            organizations::get(desk.tx, desk.org).await?.ok_or(AppError::NotFound("organization"))?;
        let after = Organization {
            name: self.name.clone().unwrap_or_else(|| before.name.clone()),
            time_zone: self.time_zone.clone().unwrap_or_else(|| before.time_zone.clone()),
            country: self.country.or(before.country),
            ..before.clone()
        };
        if after != before {
            organizations::update(desk.tx, &after).await?;
            let change = Change {
                actor: self.actor,
                action: "organization.update",
                subject: desk.org.to_string(),
                before: audited(&before),
                after: audited(&after),
            };
            record(desk.tx, desk.env, desk.org, desk.now, change).await?;
        }
        Ok(with_country(desk.tx, after).await?)
    }
}

fn audited(organization: &Organization) -> Value {
    let Organization { name, time_zone, country, .. } = organization;
    json!({ "name": name, "time_zone": time_zone, "country": country })
}

struct CreateOrganization {
    env: Env,
    name: String,
    time_zone: String,
    country: Option<Country>,
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
            country: self.country,
            created_at: now,
        };
        organizations::insert(tx, &organization).await?;
        let setting =
            StoredSetting { setting: Setting::default(), version: 1, updated_at: now, updated_by: None };
        settings::insert(tx, organization.id, &setting).await?;
        let change = Change {
            actor: None,
            action: "organization.create",
            subject: organization.id.to_string(),
            before: Value::Null,
            after: audited(&organization),
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
