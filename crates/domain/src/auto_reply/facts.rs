//! Everything that a decision looks at. A decision record keeps its facts, and the same facts give the same
//! decision again (section 7 of the rule book).

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

use super::absence::{Claim, ClaimKind};
use super::decision::{Layer, Reason};
use crate::case::Watch;
use crate::customer::OptedOutBy;
use crate::hours::Period;
use crate::id::{MessageId, UserId};
use crate::keyword::Keyword;
use crate::presence::Presence;
use crate::time::{Instant, MINUTE_MS};

/// Why a decision is made now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// The customer's message arrived (R4).
    Arrival,
    /// A watched case fell due, or a change made it due (R5, R18).
    Due,
    /// A watched case changed hands (R17).
    Assignment,
}

/// The facts of one decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The instant of decision.
    pub at: Instant,
    /// Why it is made now.
    pub occasion: Occasion,
    /// The customer's message; of a watched case the newest of those watched.
    pub message: MessageFacts,
    /// Whether the customer is opted out (R15).
    pub opted_out: bool,
    /// Who says so, if it is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub opted_out_by: Option<OptedOutBy>,
    /// What went before on the case.
    pub history: History,
    /// The assigned operator, if there is one.
    pub operator: Option<OperatorFacts>,
    /// The secondary operator who covers the case now, if the organization respects that.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub covered_by: Option<CoverFacts>,
    /// The organization's setting in force.
    pub setting: SettingFacts,
    /// Set when an event ended the watch: `answered`, `seen`, `closed`, `opted_out`, `disabled`, or the reason
    /// for which it was watched when `while_waiting` was turned off. In records from before decision 0023 also
    /// `disabled` and `personal_set_up` of a layer that was switched on after the message.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended: Option<Reason>,
    /// Set when the reply was checked again before hand-over (R19) and did not pass.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hand_over: Option<HandOver>,
}

/// The customer's message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageFacts {
    /// Its id; ids grow in the order of commit.
    pub id: MessageId,
    /// When it was received.
    pub received_at: Instant,
    /// The keyword that it is (R15).
    pub keyword: Option<Keyword>,
    /// Whether it asks in other words not to be written to any more, and nobody has said otherwise (R15).
    #[serde(default)]
    pub reads_like_stop: bool,
    /// Why nobody can be answered, if so (R1).
    pub not_repliable: Option<NotRepliable>,
    /// Whether its text equals one of the last 5 automatic replies on the case (R9).
    pub echo: bool,
    /// Whether it came before the database was put back from a backup: it may have been answered then.
    #[serde(default)]
    pub before_restore: bool,
}

/// Why a message has nobody to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotRepliable {
    /// The sender is a short code.
    ShortCode,
    /// The sender is alphanumeric.
    Alphanumeric,
    /// The sender is a number of this installation.
    OwnNumber,
    /// The message is a reaction to another.
    Reaction,
    /// The carrier marked it as automatic.
    Automatic,
}

impl MessageFacts {
    /// An ordinary message: nothing stands against answering it.
    pub const fn ordinary(id: MessageId, received_at: Instant) -> Self {
        Self {
            id,
            received_at,
            keyword: None,
            reads_like_stop: false,
            not_repliable: None,
            echo: false,
            before_restore: false,
        }
    }
}

/// What went before on the case and with the customer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// Automatic replies to the customer's address within 24 h without a human message between them, counted
    /// up to 5 (R9).
    pub auto_replies_24h: u32,
    /// Whether this absence has had its reply on this case (R7).
    pub absence_replied: bool,
    /// Whether the away window or closed period in force has had its reply on this case (R11, R12).
    #[serde(default)]
    pub window_replied: bool,
    /// The newest human message to the customer on the case (R11).
    #[serde(default)]
    pub last_human_at: Option<Instant>,
    /// The newest automatic reply on the case, unless a human wrote since (R8).
    pub last_auto_reply_at: Option<Instant>,
    /// The assignment from which a full threshold counts, on a case that changed hands while watched (R17).
    pub watch_from: Option<Instant>,
}

/// The assigned operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorFacts {
    /// Who.
    pub id: UserId,
    /// Their name at the time.
    pub name: String,
    /// Their activity.
    #[serde(flatten)]
    pub presence: Presence,
    /// Their personal inactivity reply, if it is set up (R10, R13).
    pub personal_inactivity: Option<PersonalFacts>,
    /// Their away message, if it is in force (R11).
    #[serde(default)]
    pub away: Option<AwayFacts>,
    /// Their office hours, if they are set up (R12).
    #[serde(default)]
    pub office_hours: Option<HoursFacts>,
}

/// An away message in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwayFacts {
    /// Its first instant.
    pub starts_at: Instant,
    /// What "once per window" is keyed by, however the dates are edited; by the first instant if there is none.
    #[serde(default)]
    pub window: Option<Instant>,
    /// The first instant after it.
    pub ends_at: Option<Instant>,
    /// When the operator is back: the end, or the next opening after it.
    pub back_at: Option<Instant>,
    /// The version of the operator's Auto Replies.
    pub version: i64,
}

/// Office hours that are set up, at the instant of decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoursFacts {
    /// The open or closed period that the instant lies in.
    pub period: Period,
    /// The version of the operator's Auto Replies.
    pub version: i64,
}

/// A secondary operator who is active on the case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverFacts {
    /// Who.
    pub id: UserId,
    /// Their name at the time.
    pub name: String,
}

/// A personal inactivity reply that is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonalFacts {
    /// Its own threshold; the organization's if there is none.
    pub threshold_minutes: Option<u32>,
    /// The version of the operator's Auto Replies.
    pub version: i64,
    /// What older nodes look for.
    #[serde(default)]
    pub enabled_mark: NoMark,
}

/// The organization's setting as far as a decision looks at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingFacts {
    /// On or off.
    pub enabled: bool,
    /// Minutes (R21).
    pub threshold_minutes: u32,
    /// R5.
    pub while_waiting: bool,
    /// Minutes; 0 is off (R8).
    pub quiet_minutes: u32,
    /// Its version.
    pub version: i64,
    /// What older nodes look for.
    #[serde(default)]
    pub enabled_mark: NoMark,
}

/// The nil id, after which every message comes. Programs of before decision 0023 kept here when a layer was switched
/// on, and do not read facts without it; this one does not look at it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "IgnoredAny")]
pub struct NoMark;

impl From<IgnoredAny> for NoMark {
    fn from(_: IgnoredAny) -> Self {
        Self
    }
}

impl Serialize for NoMark {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Uuid::nil().serialize(serializer)
    }
}

/// What the check before hand-over found (R19).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandOver {
    /// When it was checked.
    pub at: Instant,
    /// When the reply was decided.
    pub decided_at: Instant,
    /// The customer is opted out.
    pub opted_out: bool,
    /// Who says so, if it is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub opted_out_by: Option<OptedOutBy>,
    /// The reply's layer has been switched off.
    pub switched_off: bool,
    /// A human wrote to the customer after the reply was decided.
    pub answered: bool,
    /// The database was put back from a backup after the reply was decided: it may have been sent already.
    #[serde(default)]
    pub restored: bool,
}

impl OperatorFacts {
    /// Whether the operator's own Auto Replies count: those of a deactivated account are inert (section 2).
    fn stands(&self) -> bool {
        self.presence.deactivated_at.is_none()
    }

    /// The operator's own inactivity reply.
    pub fn personal(&self) -> Option<PersonalFacts> {
        self.personal_inactivity.filter(|_| self.stands())
    }

    /// The away message in force (R11).
    pub fn away(&self) -> Option<AwayFacts> {
        self.away.filter(|_| self.stands())
    }

    /// The office hours (R12).
    pub fn hours(&self) -> Option<HoursFacts> {
        self.office_hours.filter(|_| self.stands())
    }

    /// The layer that speaks for the operator now, in the order of R14. None if personal replies are set up and
    /// none of them speaks: the organization's reply never fills in.
    pub fn speaking_layer(&self) -> Option<Layer> {
        if self.away().is_some() {
            return Some(Layer::Away);
        }
        match (self.hours(), self.personal()) {
            (Some(hours), _) if !hours.period.open => Some(Layer::OfficeHours),
            (_, Some(_)) => Some(Layer::PersonalInactivity),
            (Some(_), None) => None,
            (None, None) => Some(Layer::Organization),
        }
    }
}

impl Facts {
    /// The facts of an ordinary first message, arriving at `at` on a new case of this operator.
    pub fn of_first_message(
        at: Instant,
        id: MessageId,
        operator: OperatorFacts,
        setting: SettingFacts,
    ) -> Self {
        Self {
            at,
            occasion: Occasion::Arrival,
            message: MessageFacts::ordinary(id, at),
            opted_out: false,
            opted_out_by: None,
            history: History::default(),
            operator: Some(operator),
            covered_by: None,
            setting,
            ended: None,
            hand_over: None,
        }
    }

    /// The threshold that holds for the assigned operator, in milliseconds (R2, R13).
    pub fn threshold_ms(&self) -> i64 {
        let own =
            self.operator.as_ref().and_then(OperatorFacts::personal).and_then(|own| own.threshold_minutes);
        i64::from(own.unwrap_or(self.setting.threshold_minutes)) * MINUTE_MS
    }

    /// The first instant at which the assigned operator is inactive and, on a case that changed hands, has had
    /// it for longer than a full threshold (R2, R5, R17).
    pub fn due_at(&self) -> Option<Instant> {
        let operator = self.operator.as_ref()?;
        let watch = Watch { from: self.history.watch_from };
        Some(watch.due_at(&operator.presence, self.threshold_ms()))
    }

    /// The layer that speaks for the assigned operator now; the organization's if nobody is assigned.
    pub fn speaking_layer(&self) -> Option<Layer> {
        self.operator.as_ref().map_or(Some(Layer::Organization), OperatorFacts::speaking_layer)
    }

    /// What a reply of this layer claims, so that it is sent once (R7, R11, R12).
    pub fn claim(&self, layer: Layer) -> Option<Claim> {
        let operator = self.operator.as_ref()?;
        let (kind, since) = match layer {
            Layer::Away => {
                let away = operator.away()?;
                (ClaimKind::Away, away.window.unwrap_or(away.starts_at))
            }
            // Hours that never open make one closed period, which has no start.
            Layer::OfficeHours => {
                let start = operator.hours()?.period.start;
                (ClaimKind::ClosedPeriod, start.unwrap_or(Instant::from_ms(0)))
            }
            Layer::PersonalInactivity | Layer::Organization => {
                (ClaimKind::Absence, operator.presence.last_active_at)
            }
        };
        Some(Claim { operator_id: operator.id, kind, since })
    }

    /// When the operator is back, as far as the speaking layer knows: what `{{ back_at }}` tells.
    pub fn back_at(&self) -> Option<Instant> {
        let operator = self.operator.as_ref()?;
        match self.speaking_layer()? {
            Layer::Away => operator.away()?.back_at,
            Layer::OfficeHours => operator.hours()?.period.end,
            Layer::PersonalInactivity | Layer::Organization => None,
        }
    }
}
