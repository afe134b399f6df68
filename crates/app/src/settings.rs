//! Settings > Organization > Inactivity Message Reply: System Admins read and change it (R20).

use domain::auto_reply::Reason;
use domain::auto_reply::setting::{Setting, StoredSetting};
use domain::id::CaseId;
use domain::presence::ActivityKind;
use serde_json::{Value, json};
use store::{Op, StoreError, Tx};

use crate::audit::{Change, record};
use crate::caller::Caller;
use crate::error::AppError;
use crate::judging::Desk;
use crate::{App, Env, watching};

/// How many watched cases are looked at in one go when a setting ends watches.
const BATCH: u32 = 200;

/// What a System Admin sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingChange {
    /// The setting; its own `respect_secondary` is not looked at.
    pub setting: Setting,
    /// Whether an active secondary operator keeps replies from being sent; as it was if it is not given.
    pub respect_secondary: Option<bool>,
}

impl From<Setting> for SettingChange {
    fn from(setting: Setting) -> Self {
        Self { respect_secondary: Some(setting.respect_secondary), setting }
    }
}

/// The setting with the name of who changed it last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingView {
    /// The setting.
    pub stored: StoredSetting,
    /// The name of `updated_by`.
    pub updated_by_name: Option<String>,
}

struct ReadSetting {
    caller: Caller,
}

impl Op for ReadSetting {
    type Out = SettingView;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<SettingView, AppError> {
        let stored = store::settings::get(tx, self.caller.organization_id).await?;
        view(tx, &self.caller, stored).await
    }
}

async fn view(tx: &mut Tx, caller: &Caller, stored: StoredSetting) -> Result<SettingView, AppError> {
    let updated_by_name = match stored.updated_by {
        Some(id) => store::users::get(tx, caller.organization_id, id).await?.map(|user| user.name),
        None => None,
    };
    Ok(SettingView { stored, updated_by_name })
}

struct PutSetting {
    env: Env,
    caller: Caller,
    change: SettingChange,
    if_match: Option<i64>,
}

impl Op for PutSetting {
    type Out = SettingView;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<SettingView, AppError> {
        let org = self.caller.organization_id;
        let mut desk = Desk::open_alone(tx, &self.env, org).await?;
        // The request is activity of whoever makes it (section 2), and counts before what it changes is judged.
        store::users::touch(desk.tx, org, self.caller.user_id, desk.now, ActivityKind::Request).await?;
        let before = store::settings::get(desk.tx, org).await?;
        if self.if_match.is_some_and(|version| version != before.version) {
            return Err(AppError::Stale);
        }
        let SettingChange { setting, respect_secondary } = self.change.clone();
        let respect_secondary = respect_secondary.unwrap_or(before.setting.respect_secondary);
        let setting = Setting { respect_secondary, ..setting };
        if setting == before.setting {
            return view(desk.tx, &self.caller, before).await;
        }
        let after = StoredSetting {
            setting,
            version: before.version + 1,
            updated_at: desk.now,
            updated_by: Some(self.caller.user_id),
        };
        if !store::settings::update(desk.tx, org, &after, before.version).await? {
            return Err(AppError::Stale);
        }
        let change = Change {
            actor: Some(self.caller.user_id),
            action: "inactivity_reply.update",
            subject: "inactivity_reply".to_owned(),
            before: audited(&before.setting),
            after: audited(&after.setting),
        };
        record(desk.tx, desk.env, org, desk.now, change).await?;
        desk.end_watches_of_setting(&before.setting, &after.setting).await?;
        watching::rearm_organization(desk.tx, org).await?;
        view(desk.tx, &self.caller, after).await
    }
}

fn audited(setting: &Setting) -> Value {
    json!(setting)
}

impl Desk<'_> {
    /// Ends the watches that a changed setting leaves nothing to wait for and that no timer reaches: turning
    /// `while_waiting` off ends all (R5); switching the organization's reply off ends those of unassigned cases
    /// (those of assigned ones are judged by their operator's timer, which may find a personal reply).
    async fn end_watches_of_setting(&mut self, before: &Setting, after: &Setting) -> Result<(), StoreError> {
        let ends_all = before.while_waiting && !after.while_waiting;
        let ends_unassigned = before.enabled && !after.enabled;
        if !ends_all && !ends_unassigned {
            return Ok(());
        }
        let mut last: Option<CaseId> = None;
        loop {
            let ids = store::cases::watched_of_organization(self.tx, self.org, last, BATCH).await?;
            for id in &ids {
                let Some(mut case) = store::cases::get(self.tx, self.org, *id).await? else { continue };
                let reason = match (case.assigned_operator_id, ends_unassigned) {
                    (None, true) => Reason::Disabled,
                    (None, false) => Reason::Unassigned,
                    (Some(_), _) if ends_all => Reason::OperatorActive,
                    (Some(_), _) => continue,
                };
                self.end_watch(&mut case, reason).await?;
                self.save(&case).await?;
            }
            match ids.last() {
                Some(id) if ids.len() == BATCH as usize => last = Some(*id),
                _ => return Ok(()),
            }
        }
    }
}

impl App {
    /// The organization's Inactivity Auto Reply.
    pub async fn setting_get(&self, caller: &Caller) -> Result<SettingView, AppError> {
        caller.require_system_admin()?;
        self.read(ReadSetting { caller: *caller }).await
    }

    /// Changes the organization's Inactivity Auto Reply; watches follow before this answers (R18). With
    /// `if_match` only if that is still the version.
    pub async fn setting_put(
        &self,
        caller: &Caller,
        change: impl Into<SettingChange>,
        if_match: Option<i64>,
    ) -> Result<SettingView, AppError> {
        caller.require_system_admin()?;
        let mut change = change.into();
        change.setting = change.setting.validated()?;
        let view =
            self.write(PutSetting { env: self.env().clone(), caller: *caller, change, if_match }).await?;
        self.fire_due_timers().await?;
        Ok(view)
    }
}
