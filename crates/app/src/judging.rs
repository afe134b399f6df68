//! One case in one transaction: gathers the facts, asks the rule book, and writes what it said.
//!
//! Everything that changes a case goes through a [`Desk`]: it holds the transaction, the organization and the
//! one instant at which the use case happens. The caller loads the case, lets the desk work on it, and saves it.

use domain::auto_reply::back_at::in_customers_words;
use domain::auto_reply::facts::{CoverFacts, History, MessageFacts, NoMark, NotRepliable, SettingFacts};
use domain::auto_reply::personal::StoredPersonal;
use domain::auto_reply::setting::{Setting, StoredSetting};
use domain::auto_reply::template::{Template, Values};
use domain::auto_reply::{Decision, Facts, LOOP_GUARD_REPLIES, Layer, Occasion, Outcome, Reason, decide};
use domain::case::Case;
use domain::delivery::DeliveryStatus;
use domain::fold::fold;
use domain::id::{DecisionId, MessageId, OrganizationId, UserId};
use domain::message::{Author, Delivery, Message};
use domain::organization::Organization;
use domain::outbox::OutboxRow;
use domain::retention;
use domain::time::{DAY_MS, Instant};
use domain::user::User;
use jiff::tz::TimeZone;
use store::decisions::Record;
use store::{ConstraintKind, Moment, StoreError, Tx};

use crate::Env;
use crate::events::{Event, emit};

/// How many automatic replies on the case the echo test compares with (R9).
const ECHO_REPLIES: u32 = 5;

/// A use case at work: transaction, tenant and instant.
pub(crate) struct Desk<'a> {
    pub tx: &'a mut Tx,
    pub env: &'a Env,
    pub org: OrganizationId,
    pub now: Instant,
    /// The same instant by the clock that the carrier's world goes by.
    pub outside: Instant,
}

impl<'a> Desk<'a> {
    /// A desk at the instant at which the transaction happens ([`Env::at`]). Until it closes, nobody changes what every decision depends on (settings,
    /// accounts, channels); others work on other customers beside it.
    pub async fn open(tx: &'a mut Tx, env: &'a Env, org: OrganizationId) -> Result<Self, StoreError> {
        let Moment { here: now, outside } = env.moment(tx)?;
        store::organizations::enter(tx, org).await?;
        Ok(Self { tx, env, org, now, outside })
    }

    /// The only desk of the organization until it closes: to change what every decision depends on.
    pub async fn open_alone(tx: &'a mut Tx, env: &'a Env, org: OrganizationId) -> Result<Self, StoreError> {
        let Moment { here: now, outside } = env.moment(tx)?;
        store::organizations::enter_alone(tx, org).await?;
        Ok(Self { tx, env, org, now, outside })
    }

    pub async fn emit(&mut self, event: Event) -> Result<(), StoreError> {
        emit(self.tx, self.env, self.org, self.now, event).await
    }

    /// Saves a case that the desk has worked on and tells its readers.
    pub async fn save(&mut self, case: &Case) -> Result<(), StoreError> {
        store::cases::save(self.tx, self.org, case).await?;
        self.emit(Event::Case(case.id)).await
    }

    /// An operator with their personal replies.
    pub async fn operator(&mut self, id: UserId) -> Result<Option<(User, StoredPersonal)>, StoreError> {
        let Some(user) = store::users::get(self.tx, self.org, id).await? else { return Ok(None) };
        let personal = store::personal::get(self.tx, self.org, id).await?;
        Ok(Some((user, personal)))
    }

    /// The facts for a message on this case, now.
    pub async fn facts(
        &mut self,
        case: &Case,
        message: Subject<'_>,
        occasion: Occasion,
    ) -> Result<Facts, StoreError> {
        let setting = store::settings::get(self.tx, self.org).await?;
        let operator = match case.assigned_operator_id {
            Some(id) => self.operator(id).await?,
            None => None,
        };
        let mut facts = Facts {
            at: self.now,
            occasion,
            message: MessageFacts {
                id: message.id,
                received_at: message.received_at,
                keyword: message.keyword,
                reads_like_stop: message.reads_like_stop,
                not_repliable: message.not_repliable,
                echo: false,
                before_restore: message.before_restore,
            },
            opted_out: case.customer.opted_out_at.is_some(),
            opted_out_by: case.customer.opted_out_by,
            history: History {
                watch_from: case.watch.and_then(|watch| watch.from),
                last_human_at: case.last_human_at,
                ..History::default()
            },
            covered_by: None,
            operator: operator.map(|(user, personal)| personal.facts(&user, self.now)),
            setting: setting_facts(&setting),
            ended: None,
            hand_over: None,
        };
        if setting.setting.respect_secondary {
            facts.covered_by = self.cover(case, &setting.setting).await?;
        }
        self.add_history(&mut facts, case, message.body).await?;
        Ok(facts)
    }

    /// The first secondary operator of the case who is active now.
    async fn cover(&mut self, case: &Case, setting: &Setting) -> Result<Option<CoverFacts>, StoreError> {
        for id in store::secondaries::of_case(self.tx, self.org, case.id).await? {
            let Some((user, personal)) = self.operator(id).await? else { continue };
            let threshold_ms = personal.threshold_ms(&user, setting);
            if !user.presence.is_inactive(self.now, threshold_ms) {
                return Ok(Some(CoverFacts { id, name: user.name }));
            }
        }
        Ok(None)
    }

    /// What went before: nothing on a case that has no message to the customer yet, but their other cases count
    /// for the loop guard.
    async fn add_history(&mut self, facts: &mut Facts, case: &Case, body: &str) -> Result<(), StoreError> {
        let limit = LOOP_GUARD_REPLIES;
        let address = &case.customer.address;
        let recent = store::messages::recent_to_customer(self.tx, self.org, address, limit).await?;
        let counted = recent
            .iter()
            .take_while(|recent| recent.automatic && self.now.since_ms(recent.at) < DAY_MS)
            .count();
        facts.history.auto_replies_24h = u32::try_from(counted).unwrap_or(LOOP_GUARD_REPLIES);
        // What was claimed outlives old messages (R7), but no case this young has lost any.
        if recent.is_empty() && self.now.since_ms(case.created_at) < retention::MIN_MS {
            return Ok(());
        }
        let replies = store::messages::last_auto_replies(self.tx, self.org, case.id, ECHO_REPLIES).await?;
        let text = fold(body);
        facts.message.echo = replies.iter().any(|reply| fold(&reply.body) == text);
        facts.history.last_auto_reply_at =
            replies.first().filter(|reply| reply.sequence > case.last_human_sequence).map(|reply| reply.at);
        match facts.speaking_layer() {
            Some(layer @ (Layer::Away | Layer::OfficeHours)) => {
                facts.history.window_replied = self.claimed(facts, case, layer).await?;
            }
            _ => facts.history.absence_replied = self.claimed(facts, case, Layer::Organization).await?,
        }
        Ok(())
    }

    async fn claimed(&mut self, facts: &Facts, case: &Case, layer: Layer) -> Result<bool, StoreError> {
        match facts.claim(layer) {
            Some(claim) => store::claims::taken(self.tx, self.org, case.id, &claim).await,
            None => Ok(false),
        }
    }

    /// Carries a final decision out: commits the reply if it is `sent`, and rewrites the given records.
    pub async fn conclude(
        &mut self,
        case: &mut Case,
        mut records: Vec<Record>,
        facts: &Facts,
        decision: Decision,
    ) -> Result<(), StoreError> {
        let newest = records.last().map(|record| record.id);
        let reply = match (decision.outcome, decision.layer, newest) {
            (Outcome::Sent, Some(layer), Some(id)) => Some(self.commit_reply(case, facts, layer, id).await?),
            _ => None,
        };
        case.loop_guarded |= decision.reason == Reason::LoopGuard;
        if decision.reason == Reason::ReadsLikeStop {
            case.reads_like_stop_id = Some(facts.message.id);
        }
        for record in &mut records {
            record.outcome = decision.outcome;
            record.reason = decision.reason;
            record.rule = decision.rule.to_string();
            record.facts = facts.clone();
            record.reply_message_id = reply;
            record.decided_at = self.now;
            store::decisions::update(self.tx, self.org, record).await?;
            self.emit(Event::Decision(case.id, record.id)).await?;
            count(decision);
        }
        Ok(())
    }

    /// Writes the reply and its outbox row, and claims the absence, window or closed period (R7, R11, R12). The
    /// facts said that it is free, in this same transaction; the unique key holds it against everybody else.
    pub async fn commit_reply(
        &mut self,
        case: &mut Case,
        facts: &Facts,
        layer: Layer,
        decision_id: DecisionId,
    ) -> Result<MessageId, StoreError> {
        let body = self.reply_text(facts, Some(case), layer).await?;
        let id = self.env.id(self.now);
        if let Some(claim) = facts.claim(layer)
            && !store::claims::claim(self.tx, self.org, case.id, &claim, id).await?
        {
            return Err(StoreError::Constraint {
                kind: ConstraintKind::Unique,
                table: "reply_claims".to_owned(),
                columns: "since".to_owned(),
            });
        }
        self.commit_outbound(case, id, Author::AutoReply { layer, decision_id }, body).await?;
        case.unanswered_since = None;
        Ok(id)
    }

    /// Stores a message to the customer with its outbox row; the case's own fields are the caller's.
    pub async fn commit_outbound(
        &mut self,
        case: &mut Case,
        id: MessageId,
        author: Author,
        body: String,
    ) -> Result<Message, StoreError> {
        case.last_sequence += 1;
        let message = Message {
            id,
            case_id: case.id,
            sequence: case.last_sequence,
            author,
            body,
            attachments: Vec::new(),
            keyword: None,
            provider_id: None,
            delivery: Some(Delivery { status: DeliveryStatus::Queued, error: None }),
            backfilled: false,
            sent_at: None,
            created_at: self.now,
        };
        store::messages::insert(self.tx, self.org, case.customer.id, &message).await?;
        let row = OutboxRow::queued(self.org, (id, case.id), (case.channel_id, case.customer.id), self.now);
        store::outbox::insert(self.tx, &row).await?;
        self.emit(Event::Message(case.id, id)).await?;
        Ok(message)
    }

    /// The zone in which wall times that concern the operator are told.
    pub async fn zone(&mut self, operator_id: Option<UserId>) -> Result<TimeZone, StoreError> {
        let organization = store::organizations::get(self.tx, self.org).await?;
        let personal = match operator_id {
            Some(id) => Some(store::personal::get(self.tx, self.org, id).await?),
            None => None,
        };
        Ok(zone_of(personal.as_ref().and_then(StoredPersonal::time_zone), organization.as_ref()))
    }

    /// The text of a layer as it would be sent on this case, or on a new one (R23).
    pub async fn reply_text(
        &mut self,
        facts: &Facts,
        case: Option<&Case>,
        layer: Layer,
    ) -> Result<String, StoreError> {
        let operator = match &facts.operator {
            Some(operator) => self.operator(operator.id).await?,
            None => None,
        };
        let own = operator.as_ref().and_then(|(_, personal)| personal.text(layer));
        let text = match own {
            Some(text) => text.to_owned(),
            None => store::settings::get(self.tx, self.org).await?.setting.message,
        };
        let organization = store::organizations::get(self.tx, self.org).await?;
        let own_zone = operator.as_ref().and_then(|(_, personal)| personal.time_zone());
        let zone = zone_of(own_zone, organization.as_ref());
        let back_at = facts.back_at().and_then(|back_at| in_customers_words(back_at, self.now, &zone));
        let values = Values {
            operator_name: operator.map(|(user, _)| user.name).unwrap_or_default(),
            customer_name: case.map(|case| case.customer.name.clone()).unwrap_or_default(),
            case_number: case.map(|case| case.number.to_string()).unwrap_or_default(),
            organization_name: organization.map(|organization| organization.name).unwrap_or_default(),
            back_at: back_at.unwrap_or_default(),
        };
        // A stored text was checked on save; one that a later version no longer knows is sent as it stands.
        Ok(Template::parse(&text).map_or(text, |template| template.render(&values)))
    }
}

/// The operator's own zone, else the organization's.
fn zone_of(own: Option<&str>, organization: Option<&Organization>) -> TimeZone {
    let zone = own.or(organization.map(|organization| organization.time_zone.as_str()));
    zone.and_then(|zone| TimeZone::get(zone).ok()).unwrap_or(TimeZone::UTC)
}

/// The customer's message that is judged.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub id: MessageId,
    pub received_at: Instant,
    pub body: &'a str,
    pub keyword: Option<domain::keyword::Keyword>,
    /// Whether it asks in other words not to be written to any more.
    pub reads_like_stop: bool,
    pub not_repliable: Option<NotRepliable>,
    /// Whether it was sent before the database was put back from a backup.
    pub before_restore: bool,
}

/// Counts a decision for the metrics. A transaction that is rolled back was counted all the same.
pub(crate) fn count(decision: Decision) {
    let (outcome, reason) = (decision.outcome.code(), decision.reason.code());
    metrics::counter!("backsoon_decisions_total", "outcome" => outcome, "reason" => reason).increment(1);
}

/// The facts of the organization's setting.
pub(crate) fn setting_facts(stored: &StoredSetting) -> SettingFacts {
    SettingFacts {
        enabled: stored.setting.enabled,
        threshold_minutes: stored.setting.threshold_minutes,
        while_waiting: stored.setting.while_waiting,
        quiet_minutes: stored.setting.quiet_minutes,
        version: stored.version,
        enabled_mark: NoMark,
    }
}

/// A decision's record as it is first written.
pub(crate) fn record(
    id: DecisionId,
    message_id: MessageId,
    case: &Case,
    facts: &Facts,
    now: Instant,
) -> Record {
    let Decision { outcome, reason, rule, .. } = decide(facts);
    Record {
        id,
        message_id,
        case_id: case.id,
        outcome,
        reason,
        rule: rule.to_string(),
        facts: facts.clone(),
        reply_message_id: None,
        decided_at: now,
    }
}
