//! Coverage: for every operator, the next seven days, what a customer would get when they are not there.
//!
//! The week is cut where anything can change (an away message begins or ends, the hours open or close), and each
//! piece is decided by the production function for an ordinary first message, as if the operator had been inactive
//! for long.

use domain::auto_reply::explain::sentence;
use domain::auto_reply::personal::{OfficeHours, StoredPersonal};
use domain::auto_reply::setting::StoredSetting;
use domain::auto_reply::{Facts, Layer, Outcome, Reason, decide};
use domain::id::MessageId;
use domain::time::{DAY_MS, Instant};
use domain::user::User;
use store::{Op, Tx};
use uuid::Uuid;

use crate::caller::Caller;
use crate::error::AppError;
use crate::judging::setting_facts;
use crate::{App, Env};

/// How far coverage looks ahead, in milliseconds.
const AHEAD_MS: i64 = 7 * DAY_MS;

/// A stretch of time in which the same holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Its first instant.
    pub from: Instant,
    /// The first instant after it.
    pub to: Instant,
    /// Whose reply a customer would get; none if nothing is sent.
    pub layer: Option<Layer>,
    /// Why nothing is sent, or `sent`.
    pub reason: Reason,
    /// The same in plain words.
    pub sentence: String,
}

/// What covers one operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// Who.
    pub operator: User,
    /// The zone in which their days are to be read, if they named one.
    pub time_zone: Option<String>,
    /// What they have switched on, with a text.
    pub set_up: Vec<Layer>,
    /// The next seven days, without gaps between the stretches.
    pub stretches: Vec<Stretch>,
    /// In plain words, if they have an Auto Reply set up and it leaves something open.
    pub gap: Option<String>,
}

struct ReadCoverage {
    env: Env,
    caller: Caller,
    only_own: bool,
}

impl Op for ReadCoverage {
    type Out = Vec<Coverage>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Vec<Coverage>, AppError> {
        let org = self.caller.organization_id;
        let now = self.env.at(tx)?;
        let setting = store::settings::get(tx, org).await?;
        let mut coverage = Vec::new();
        for operator in store::users::operators(tx, org).await? {
            if !operator.active() || (self.only_own && operator.id != self.caller.user_id) {
                continue;
            }
            let personal = store::personal::get(tx, org, operator.id).await?;
            coverage.push(cover(operator, &personal, &setting, now));
        }
        Ok(coverage)
    }
}

fn cover(operator: User, personal: &StoredPersonal, setting: &StoredSetting, now: Instant) -> Coverage {
    let end = now.plus_ms(AHEAD_MS);
    let mut stretches: Vec<Stretch> = Vec::new();
    let mut from = now;
    while from < end {
        let to = next_change(personal, from).unwrap_or(end).min(end);
        let facts = facts(&operator, personal, setting, from);
        let decision = decide(&facts);
        let layer = decision.layer.filter(|_| decision.outcome == Outcome::Sent);
        match stretches.last_mut() {
            Some(last) if last.layer == layer && last.reason == decision.reason => last.to = to,
            _ => {
                let sentence = words(&facts, &operator.name, layer);
                stretches.push(Stretch { from, to, layer, reason: decision.reason, sentence });
            }
        }
        from = to;
    }
    let open = stretches.iter().any(|stretch| stretch.reason == Reason::PersonalSetUp);
    let hours = personal.office_hours.as_ref().filter(|_| open).map(|hours| hours.week.in_words());
    Coverage {
        gap: hours.map(|hours| {
            let name = &operator.name;
            format!("{name} has an Auto Reply set up, but nothing covers {hours} while {name} is inactive.")
        }),
        time_zone: personal.time_zone().map(str::to_owned),
        set_up: Layer::ALL.iter().copied().filter(|layer| personal.set_up(*layer)).collect(),
        stretches,
        operator,
    }
}

/// What a customer gets, or why nothing.
fn words(facts: &Facts, name: &str, layer: Option<Layer>) -> String {
    match layer {
        Some(Layer::Away) => format!("A customer gets {name}'s away message."),
        Some(Layer::OfficeHours) => format!("A customer gets {name}'s text for outside the office hours."),
        Some(Layer::PersonalInactivity) => {
            format!("While {name} is inactive, a customer gets {name}'s own reply.")
        }
        Some(Layer::Organization) => {
            format!("While {name} is inactive, a customer gets the organization's reply.")
        }
        None => sentence(facts),
    }
}

/// The first instant after `at` at which an operator's own replies may speak otherwise.
fn next_change(personal: &StoredPersonal, at: Instant) -> Option<Instant> {
    let hours = personal.office_hours.as_ref().filter(|hours| hours.set_up()).and_then(OfficeHours::grid);
    let turn = hours.and_then(|grid| grid.period_at(at).end);
    let away = personal.away.as_ref().filter(|away| away.set_up());
    let ends = away.map(|away| [Some(away.starts_at), away.ends_at]).unwrap_or_default();
    ends.into_iter().chain([turn]).flatten().filter(|change| *change > at).min()
}

/// An ordinary first message at `at`, to an operator who has been inactive for long.
fn facts(operator: &User, personal: &StoredPersonal, setting: &StoredSetting, at: Instant) -> Facts {
    let mut inactive = personal.facts(operator, at);
    inactive.presence.last_active_at = at.plus_ms(-AHEAD_MS - DAY_MS);
    Facts::of_first_message(at, MessageId(Uuid::max()), inactive, setting_facts(setting))
}

impl App {
    /// What covers the operators of the caller's organization in the next seven days: all of them for a System
    /// Admin, oneself for an operator.
    pub async fn coverage(&self, caller: &Caller) -> Result<Vec<Coverage>, AppError> {
        let only_own = !caller.roles.system_admin;
        self.read(ReadCoverage { env: self.env().clone(), caller: *caller, only_own }).await
    }
}
