//! Profile > Auto Reply: operators set their own, and nobody else (section 4 of the rule book).

use domain::auto_reply::Layer;
use domain::auto_reply::personal::{Away, OfficeHours, PersonalInactivity, StoredPersonal, SwitchedOff};
use domain::field::FieldErrors;
use domain::hours::DefaultHours;
use domain::hours::bounds::{check_grid, check_zone};
use domain::id::UserId;
use domain::presence::ActivityKind;
use domain::time::Instant;
use serde_json::json;
use store::{Op, Tx};

use crate::audit::{Change, record};
use crate::caller::Caller;
use crate::error::{AppError, Conflict};
use crate::{App, Env, watching};

/// An operator's own Auto Replies as the operator sees them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonalView {
    /// What is set.
    pub stored: StoredPersonal,
    /// The layer that speaks for the operator now, in the order of R14; the organization's if nothing is set up,
    /// and none if something is set up that is silent now.
    pub in_force: Option<Layer>,
}

struct ReadPersonal {
    env: Env,
    caller: Caller,
}

impl Op for ReadPersonal {
    type Out = PersonalView;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<PersonalView, AppError> {
        let Caller { organization_id: org, user_id, .. } = self.caller;
        let now = self.env.at(tx)?;
        let stored = store::personal::get(tx, org, user_id).await?;
        view(tx, &self.caller, stored, now).await
    }
}

async fn view(
    tx: &mut Tx,
    caller: &Caller,
    stored: StoredPersonal,
    now: Instant,
) -> Result<PersonalView, AppError> {
    let user = store::users::get(tx, caller.organization_id, caller.user_id).await?;
    let user = user.ok_or(AppError::NotFound("user"))?;
    Ok(PersonalView { in_force: stored.facts(&user, now).speaking_layer(), stored })
}

/// What operators set of their own Auto Replies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnReplies {
    /// The personal inactivity reply (R13).
    pub inactivity: PersonalInactivity,
    /// The away message (R11).
    pub away: Option<Away>,
    /// The office hours (R12).
    pub office_hours: Option<OfficeHours>,
}

impl OwnReplies {
    /// The replies with their texts trimmed, or every field that is out of bounds.
    fn validated(self) -> Result<Self, AppError> {
        let inactivity = self.inactivity.validated("inactivity");
        let away = self.away.map(|away| away.validated("away")).transpose();
        let office_hours = self.office_hours.map(|hours| hours.validated("office_hours")).transpose();
        match (inactivity, away, office_hours) {
            (Ok(inactivity), Ok(away), Ok(office_hours)) => Ok(Self { inactivity, away, office_hours }),
            (inactivity, away, office_hours) => {
                let errors = [inactivity.err(), away.err(), office_hours.err()].into_iter().flatten();
                Err(AppError::Invalid(errors.flat_map(FieldErrors::into_vec).collect()))
            }
        }
    }
}

struct PutPersonal {
    env: Env,
    caller: Caller,
    own: OwnReplies,
}

impl Op for PutPersonal {
    type Out = PersonalView;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<PersonalView, AppError> {
        let Caller { organization_id: org, user_id, .. } = self.caller;
        let now = self.env.at(tx)?;
        store::organizations::enter_alone(tx, org).await?;
        // The request is activity of whoever makes it (section 2), and counts before what it changes is judged.
        store::users::touch(tx, org, user_id, now, ActivityKind::Request).await?;
        let before = store::personal::get(tx, org, user_id).await?;
        let OwnReplies { inactivity, away, office_hours } = self.own.clone();
        let mut after = StoredPersonal { inactivity, away, office_hours, ..before.clone() };
        if after == before {
            return view(tx, &self.caller, before, now).await;
        }
        after.away_window = before.next_away_window(after.away.as_ref(), now);
        let switched_off = std::mem::take(&mut after.switched_off);
        after.switched_off = switched_off.into_iter().filter(|(layer, _)| !after.set_up(*layer)).collect();
        after.version += 1;
        store::personal::put(tx, org, user_id, &after, now).await?;
        watching::rearm_operator(tx, org, user_id).await?;
        view(tx, &self.caller, after, now).await
    }
}

/// A System Admin switches one of an operator's Auto Replies off (section 4): audited and shown to the operator.
struct SwitchOff {
    env: Env,
    caller: Caller,
    user_id: UserId,
    layer: Layer,
}

impl Op for SwitchOff {
    type Out = SwitchedOff;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<SwitchedOff, AppError> {
        let org = self.caller.organization_id;
        let now = self.env.at(tx)?;
        store::organizations::enter_alone(tx, org).await?;
        let user = store::users::get(tx, org, self.user_id).await?.ok_or(AppError::NotFound("user"))?;
        let admin = store::users::get(tx, org, self.caller.user_id).await?;
        let admin = admin.ok_or(AppError::NotFound("user"))?;
        let mut personal = store::personal::get(tx, org, user.id).await?;
        let enabled = match self.layer {
            Layer::Away => personal.away.as_mut().map(|away| &mut away.enabled),
            Layer::OfficeHours => personal.office_hours.as_mut().map(|hours| &mut hours.enabled),
            Layer::PersonalInactivity => Some(&mut personal.inactivity.enabled),
            Layer::Organization => None,
        };
        let Some(enabled) = enabled.filter(|enabled| **enabled) else {
            // Switching it off twice changes nothing and succeeds.
            let earlier = personal.switched_off.remove(&self.layer);
            return earlier.ok_or_else(|| {
                AppError::Conflict(Conflict::NotSwitchedOn, "It is not switched on.".to_owned())
            });
        };
        *enabled = false;
        personal.version += 1;
        let switched_off = SwitchedOff { by: admin.id, by_name: admin.name, at: now };
        personal.switched_off.insert(self.layer, switched_off.clone());
        store::personal::put(tx, org, user.id, &personal, now).await?;
        watching::rearm_operator(tx, org, user.id).await?;
        let change = Change {
            actor: Some(self.caller.user_id),
            action: "auto_reply.switch_off",
            subject: user.id.to_string(),
            before: json!({ "kind": self.layer, "enabled": true }),
            after: json!({ "kind": self.layer, "enabled": false }),
        };
        record(tx, &self.env, org, now, change).await?;
        Ok(switched_off)
    }
}

/// The organization's default office hours.
struct ReadDefaultHours {
    caller: Caller,
}

impl Op for ReadDefaultHours {
    type Out = Option<DefaultHours>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Option<DefaultHours>, AppError> {
        Ok(store::default_hours::get(tx, self.caller.organization_id).await?)
    }
}

struct PutDefaultHours {
    env: Env,
    caller: Caller,
    hours: DefaultHours,
}

impl Op for PutDefaultHours {
    type Out = ();
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<(), AppError> {
        let org = self.caller.organization_id;
        let now = self.env.at(tx)?;
        store::organizations::enter_alone(tx, org).await?;
        let before = store::default_hours::get(tx, org).await?;
        if before.as_ref() == Some(&self.hours) {
            return Ok(());
        }
        store::default_hours::put(tx, org, &self.hours, now).await?;
        let change = Change {
            actor: Some(self.caller.user_id),
            action: "office_hours.update",
            subject: "office_hours".to_owned(),
            before: json!(before),
            after: json!(self.hours),
        };
        Ok(record(tx, &self.env, org, now, change).await?)
    }
}

impl App {
    /// The caller's own Auto Replies.
    pub async fn personal_get(&self, caller: &Caller) -> Result<PersonalView, AppError> {
        caller.require_operator()?;
        self.read(ReadPersonal { env: self.env().clone(), caller: *caller }).await
    }

    /// Changes the caller's own Auto Replies (R11-R13); watches follow before this answers (R18).
    pub async fn personal_put(&self, caller: &Caller, own: OwnReplies) -> Result<PersonalView, AppError> {
        caller.require_operator()?;
        let own = own.validated()?;
        let view = self.write(PutPersonal { env: self.env().clone(), caller: *caller, own }).await?;
        self.fire_due_timers().await?;
        Ok(view)
    }

    /// Switches one of an operator's Auto Replies off, and answers who did and when; 409 if it is not on. Nobody
    /// but the operator can switch it on or edit it.
    pub async fn personal_switch_off(
        &self,
        caller: &Caller,
        user_id: UserId,
        layer: Layer,
    ) -> Result<SwitchedOff, AppError> {
        caller.require_system_admin()?;
        if layer == Layer::Organization {
            return Err(AppError::field("kind", "must be away, office_hours or personal_inactivity"));
        }
        let switch = SwitchOff { env: self.env().clone(), caller: *caller, user_id, layer };
        let switched_off = self.write(switch).await?;
        self.fire_due_timers().await?;
        Ok(switched_off)
    }

    /// The organization's default office hours, if somebody set them: operators may take them over.
    pub async fn default_hours_get(&self, caller: &Caller) -> Result<Option<DefaultHours>, AppError> {
        self.read(ReadDefaultHours { caller: *caller }).await
    }

    /// Changes the organization's default office hours. Operators who took them over keep their copy.
    pub async fn default_hours_put(
        &self,
        caller: &Caller,
        hours: DefaultHours,
    ) -> Result<DefaultHours, AppError> {
        caller.require_system_admin()?;
        let mut errors = FieldErrors::new();
        check_zone(&mut errors, "time_zone", &hours.time_zone);
        check_grid(&mut errors, "", &hours.week, &hours.exceptions);
        errors.finish()?;
        self.write(PutDefaultHours { env: self.env().clone(), caller: *caller, hours: hours.clone() })
            .await?;
        Ok(hours)
    }
}
