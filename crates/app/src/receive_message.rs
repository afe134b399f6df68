//! A customer's message comes in: stored, judged and answered in one transaction (R4), or not at all.

use std::sync::Arc;

use ::channels::twilio::inbound::{Inbound, OptOutType};
use domain::assignment::AssignTo;
use domain::auto_reply::facts::NotRepliable;
use domain::auto_reply::{LOOP_GUARD_REPLIES, Occasion, Outcome, Reason, decide};
use domain::case::{Case, CaseStatus};
use domain::customer::Customer;
use domain::id::{ChannelId, MessageId, OrganizationId, instant_of};
use domain::keyword::Keyword;
use domain::message::{Attachment, Author, Message};
use domain::phone::PhoneNumber;
use domain::reaction::{QUOTABLE_MESSAGES, Reaction};
use domain::reads_like_stop::reads_like_stop;
use domain::time::{Instant, SECOND_MS};
use store::{Op, StoreError, Turn, Tx};
use uuid::Uuid;

use crate::Env;
use crate::error::AppError;
use crate::events::Event;
use crate::fail_point::fail_point;
use crate::judging::{Desk, Subject, count, record};
use crate::known_channels::SealedChannel;

/// A message as a channel gives it, whatever the carrier.
#[derive(Clone, Debug)]
pub struct InboundMessage {
    /// The carrier's id: stored once.
    pub provider_id: String,
    /// The sender, as the carrier gave it.
    pub from: String,
    /// The text.
    pub body: String,
    /// What came with it.
    pub attachments: Vec<Attachment>,
    /// The keyword that the carrier recognized, if it did.
    pub carrier_keyword: Option<Keyword>,
    /// Whether the carrier marked it as automatic.
    pub automatic: bool,
    /// When it was sent, if it was found in the carrier's list after the webhook had missed it.
    pub late: Option<Late>,
}

impl InboundMessage {
    /// What Twilio's webhook brought or its list shows.
    pub(crate) fn of(inbound: Inbound, late: Option<Late>) -> Self {
        let media = inbound.media.into_iter();
        Self {
            provider_id: inbound.provider_id,
            from: inbound.from,
            body: inbound.body,
            attachments: media
                .map(|media| Attachment { url: media.url, content_type: media.content_type })
                .collect(),
            carrier_keyword: inbound.opt_out.map(|kind| match kind {
                OptOutType::Stop => Keyword::OptOut,
                OptOutType::Start => Keyword::OptIn,
                OptOutType::Help => Keyword::Help,
            }),
            automatic: inbound.automatic,
            late,
        }
    }
}

/// How exactly the age of a late text is known: the carrier's dates are whole seconds, its answer takes a while.
const CLOCK_DOUBT_MS: i64 = 5 * SECOND_MS;

/// When a text was sent that is taken in late: its age by the carrier's clock, taken off ours.
#[derive(Clone, Copy, Debug)]
pub struct Late {
    /// By the process's clock: what is said and decided about its age.
    pub sent_at: Instant,
    /// By the clock outside: where it stands among the customer's STOPs and STARTs (R15).
    pub sent_outside: Instant,
    /// Whether that was before the database was put back from a backup: it may have been answered then.
    pub before_restore: bool,
}

/// Receives a message on a channel.
pub struct ReceiveMessage {
    /// Time and chance.
    pub env: Env,
    /// The channel's organization.
    pub organization_id: OrganizationId,
    /// The channel.
    pub channel_id: ChannelId,
    /// The message.
    pub inbound: InboundMessage,
    /// The channel as it was when the message was verified: only if it still is so is the message taken in.
    pub verified: Option<Arc<SealedChannel>>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// Stored and decided.
    Stored {
        /// The message.
        message_id: MessageId,
        /// What was decided.
        outcome: Outcome,
        /// Why.
        reason: Reason,
    },
    /// Its provider id was stored before, or it is not kept any more: nothing was done (section 5).
    Duplicate,
}

impl Op for ReceiveMessage {
    /// None if the channel is not what it was when the message was verified.
    type Out = Option<Received>;
    type Error = AppError;

    /// Messages come in crowds.
    fn in_turn(&self) -> Option<Turn> {
        Some(Turn { organization: self.organization_id, about: self.inbound.from.clone() })
    }

    async fn ask(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let (org, InboundMessage { provider_id, from, .. }) = (self.organization_id, &self.inbound);
        self.env.at(tx)?;
        store::organizations::enter(tx, org).await?;
        store::messages::ask_by_provider_id(tx, org, provider_id).await?;
        store::customers::ask_by_address(tx, org, from).await?;
        // Once for what is asked next, once for the work.
        for _ in 0..2 {
            store::cases::ask_for_inbound(tx, org, from, self.channel_id).await?;
        }
        store::messages::ask_recent_to_customer(tx, org, from, LOOP_GUARD_REPLIES).await?;
        store::channels::ask_by_number(tx, from).await?;
        if let Some(verified) = &self.verified {
            SealedChannel::ask(tx, verified.channel.number.as_str()).await?;
        }
        store::settings::ask(tx, org).await
    }

    async fn ask_next(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let org = self.organization_id;
        let case = store::cases::for_inbound(tx, org, &self.inbound.from, self.channel_id).await?;
        match case {
            Some(Case { assigned_operator_id: Some(operator_id), .. }) => {
                store::users::ask(tx, org, operator_id).await?;
                store::personal::ask(tx, org, operator_id).await?;
            }
            // What is found late may turn out to be known or erased, and then needs none.
            None if self.inbound.late.is_none() => {
                store::organizations::ask_case_number(tx);
                // Whose turn it is depends on what others in this transaction write, and is not asked ahead.
                if let Some(verified) = &self.verified
                    && let AssignTo::Operator(operator_id) = verified.channel.assign_to
                {
                    store::users::ask(tx, org, operator_id).await?;
                    store::personal::ask(tx, org, operator_id).await?;
                }
            }
            Some(_) | None => {}
        }
        Ok(())
    }

    async fn run(&self, tx: &mut Tx) -> Result<Option<Received>, AppError> {
        let org = self.organization_id;
        let mut desk = Desk::open(tx, &self.env, org).await?;
        let mut assign_to = None;
        if let Some(verified) = &self.verified {
            let now = SealedChannel::active(desk.tx, verified.channel.number.as_str()).await?;
            let Some(now) = now.filter(|now| verified.still(now)) else { return Ok(None) };
            assign_to = Some(now.channel.assign_to);
        }
        if store::messages::by_provider_id(desk.tx, org, &self.inbound.provider_id).await?.is_some() {
            return Ok(Some(Received::Duplicate));
        }
        if let Some(late) = self.inbound.late
            && desk.kept_no_longer(&self.inbound.provider_id, late.sent_at).await?
        {
            return Ok(Some(Received::Duplicate));
        }
        let mut customer = desk.customer(&self.inbound.from).await?;
        let newest = match self.inbound.late {
            Some(_) => store::customers::consent_at(desk.tx, org, customer.id).await?,
            None => None,
        };
        let opted_out = customer.opted_out_at.is_some() && !self.came_before(newest, 0);
        let keyword = Keyword::of_message(&self.inbound.body, opted_out).or(self.inbound.carrier_keyword);
        let mut case = desk.case(&customer, self.channel_id).await?;
        // Keywords are recorded before anything else (R15).
        if desk.apply_keyword(&mut customer, keyword, self.said_at(keyword, newest, desk.outside)).await? {
            // Whether the customer waits and is watched may have changed.
            case = desk.case(&customer, self.channel_id).await?;
        }
        case.customer = customer;
        // A case comes in with its customer's first text, or is opened again by one (R28).
        let comes_in = case.status == CaseStatus::Closed || case.last_customer_sequence == 0;
        let in_want = case.assigned_operator_id.is_none() && case.customer.opted_out_at.is_none();
        if comes_in && in_want && keyword.is_none() {
            let to = match assign_to {
                Some(to) => to,
                None => desk.assign_to(self.channel_id).await?,
            };
            desk.assign_incoming(&mut case, to).await?;
        }
        case.status = CaseStatus::Open;

        let message = self.message(&mut case, desk.env.id(desk.now), keyword, desk.now);
        store::messages::insert(desk.tx, org, case.customer.id, &message).await?;
        desk.emit(Event::Message(case.id, message.id)).await?;
        fail_point("stored");
        let not_repliable = desk.not_repliable(&self.inbound, &message).await?;
        let before_restore = self.inbound.late.is_some_and(|late| late.before_restore);
        // One that came before the customer's newest START was taken back by it (R25).
        let counts = keyword.is_none() && !self.came_before(newest, CLOCK_DOUBT_MS);
        let subject = Subject {
            id: message.id,
            received_at: message.received_at(),
            body: &message.body,
            keyword,
            reads_like_stop: counts && reads_like_stop(&message.body),
            not_repliable,
            before_restore,
        };
        let (outcome, reason) = desk.judge_arrival(&mut case, subject).await?;
        desk.save(&case).await?;
        fail_point("decided");
        Ok(Some(Received::Stored { message_id: message.id, outcome, reason }))
    }
}

impl ReceiveMessage {
    /// Whether it was sent before the customer's newest STOP or START, by more than `by_ms`.
    fn came_before(&self, newest: Option<Instant>, by_ms: i64) -> bool {
        let sent = self.inbound.late.map(|late| late.sent_outside);
        sent.zip(newest).is_some_and(|(sent, newest)| newest.since_ms(sent) > by_ms)
    }

    /// When the customer said this keyword, by the clock outside; none if they said the opposite later (R15). In
    /// doubt STOP counts.
    fn said_at(&self, keyword: Option<Keyword>, newest: Option<Instant>, now: Instant) -> Option<Instant> {
        let doubt_ms = if keyword == Some(Keyword::OptOut) { CLOCK_DOUBT_MS } else { 0 };
        let sent = self.inbound.late.map_or(now, |late| late.sent_outside);
        (!self.came_before(newest, doubt_ms)).then(|| newest.map_or(sent, |newest| newest.max(sent)))
    }

    /// The message at its place on the case, and what it changes there.
    fn message(&self, case: &mut Case, id: MessageId, keyword: Option<Keyword>, now: Instant) -> Message {
        case.last_sequence += 1;
        case.last_customer_message_id = id;
        case.last_customer_message_at = Some(now);
        let sent_at = self.inbound.late.map(|late| late.sent_at);
        if keyword.is_none() {
            case.last_customer_sequence = case.last_sequence;
            if case.customer.opted_out_at.is_none() {
                case.waiting_since.get_or_insert(sent_at.unwrap_or(now));
            }
            case.unanswered_since.get_or_insert(sent_at.unwrap_or(now));
        }
        Message {
            id,
            case_id: case.id,
            sequence: case.last_sequence,
            author: Author::Customer,
            body: self.inbound.body.clone(),
            attachments: self.inbound.attachments.clone(),
            keyword,
            provider_id: Some(self.inbound.provider_id.clone()),
            delivery: None,
            backfilled: self.inbound.late.is_some(),
            sent_at,
            created_at: now,
        }
    }
}

impl Desk<'_> {
    /// The customer with this address, known from now on.
    pub async fn customer(&mut self, address: &str) -> Result<Customer, StoreError> {
        if let Some(customer) = store::customers::by_address(self.tx, self.org, address).await? {
            return Ok(customer);
        }
        self.new_customer(address, "").await
    }

    /// A customer who was not known. One who was erased while opted out comes back opted out (R15).
    pub async fn new_customer(&mut self, address: &str, name: &str) -> Result<Customer, StoreError> {
        let customer = Customer {
            id: self.env.id(self.now),
            address: address.to_owned(),
            name: name.to_owned(),
            opted_out_at: None,
            opted_out_by: None,
            created_at: self.now,
        };
        store::customers::insert(self.tx, self.org, &customer).await
    }

    /// The customer's most recent open case on this channel, else their last closed one, else a new one.
    async fn case(&mut self, customer: &Customer, channel_id: ChannelId) -> Result<Case, StoreError> {
        if let Some(case) =
            store::cases::for_inbound(self.tx, self.org, &customer.address, channel_id).await?
        {
            return Ok(case);
        }
        self.open_case(customer.clone(), channel_id, String::new()).await
    }

    /// Opens a new case that nobody is assigned to.
    pub async fn open_case(
        &mut self,
        customer: Customer,
        channel_id: ChannelId,
        subject: String,
    ) -> Result<Case, StoreError> {
        let case = Case {
            id: self.env.id(self.now),
            number: store::organizations::take_case_number(self.tx, self.org).await?,
            subject,
            status: CaseStatus::Open,
            customer,
            channel_id,
            assigned_operator_id: None,
            created_at: self.now,
            last_sequence: 0,
            last_customer_message_id: Uuid::nil().into(),
            last_customer_message_at: None,
            last_customer_sequence: 0,
            last_human_sequence: 0,
            last_human_at: None,
            seen_sequence: 0,
            waiting_since: None,
            unanswered_since: None,
            watch: None,
            loop_guarded: false,
            failed_message: None,
            assigned_by: None,
            reads_like_stop_id: None,
        };
        store::cases::insert(self.tx, self.org, &case).await?;
        Ok(case)
    }

    /// Whether a text that the carrier still lists was erased here, or is older than what the organization keeps
    /// and may have been deleted.
    async fn kept_no_longer(&mut self, provider_id: &str, sent_at: Instant) -> Result<bool, StoreError> {
        if store::erasure::has_message(self.tx, self.org, provider_id).await? {
            return Ok(true);
        }
        let retention = store::retention::get(self.tx, self.org).await?;
        Ok(retention.is_some_and(|retention| sent_at < instant_of(retention.messages_before)))
    }

    /// Why nobody is there to answer, if so (R1).
    async fn not_repliable(
        &mut self,
        inbound: &InboundMessage,
        message: &Message,
    ) -> Result<Option<NotRepliable>, StoreError> {
        if let Some(nobody) = self.nobody_at(&inbound.from).await? {
            return Ok(Some(nobody));
        }
        if inbound.automatic {
            return Ok(Some(NotRepliable::Automatic));
        }
        Ok(self.is_reaction(message).await?.then_some(NotRepliable::Reaction))
    }

    /// Whether a message is a reaction to one of those before it on the case, which are read only if it has the
    /// form of one.
    async fn is_reaction(&mut self, message: &Message) -> Result<bool, StoreError> {
        let Some(reaction) = Reaction::of_text(&message.body) else { return Ok(false) };
        if reaction == Reaction::Attachment {
            return Ok(true);
        }
        let (case, before, limit) = (message.case_id, message.sequence, QUOTABLE_MESSAGES);
        let bodies = store::messages::bodies_before(self.tx, self.org, case, before, limit).await?;
        Ok(bodies.iter().any(|body| reaction.quotes(body)))
    }

    /// Why nobody reads what is sent to this address, if so (R1).
    pub async fn nobody_at(&mut self, address: &str) -> Result<Option<NotRepliable>, StoreError> {
        if address.parse::<PhoneNumber>().is_err() {
            let digits = address.trim_start_matches('+');
            let short_code = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            return Ok(Some(if short_code { NotRepliable::ShortCode } else { NotRepliable::Alphanumeric }));
        }
        let own = store::channels::by_number(self.tx, address).await?.is_some();
        Ok(own.then_some(NotRepliable::OwnNumber))
    }

    /// Judges a message that has just been stored (R4), and ends an earlier watch on the case with the same
    /// decision, unless the message is a keyword, or taken in so late that it says nothing about what waits.
    async fn judge_arrival(
        &mut self,
        case: &mut Case,
        subject: Subject<'_>,
    ) -> Result<(Outcome, Reason), StoreError> {
        // A newer message is judged without the delay of a case that changed hands (R17).
        let watch = case.watch.take();
        let facts = self.facts(case, subject, Occasion::Arrival).await?;
        let decision = decide(&facts);
        let record = record(self.env.id(self.now), subject.id, case, &facts, self.now);
        store::decisions::insert(self.tx, self.org, &record).await?;
        let apart = subject.keyword.is_some() || decision.reason == Reason::Stale;
        let mut records = match watch {
            Some(_) if !apart && decision.outcome != Outcome::Watching => {
                store::decisions::watching_of_case(self.tx, self.org, case.id).await?
            }
            _ => Vec::new(),
        };
        match decision.outcome {
            Outcome::Watching => {
                self.watch(case, &facts).await?;
                count(decision);
                self.emit(Event::Decision(case.id, record.id)).await?;
            }
            _ => {
                if apart {
                    case.watch = watch;
                }
                records.push(record);
                self.conclude(case, records, &facts, decision).await?;
            }
        }
        Ok((decision.outcome, decision.reason))
    }
}
