//! What the rule book says, written once more and differently: from the story so far, not from recorded facts.
//!
//! The oracle is told who was active when, what was set, and who opted out. It says what a text must get on
//! arrival, and checks what is stored and what the carrier was handed. It knows nothing of the app's code; it
//! reads messages and decisions as any reader of the app does.

use std::collections::{HashMap, HashSet};

use app::caller::Caller;
use app::cases::CaseFilter;
use domain::auto_reply::setting::Setting;
use domain::auto_reply::{Facts, Occasion, Outcome, Reason, decide};
use domain::case::{Case, CaseStatus};
use domain::delivery::DeliveryStatus;
use domain::id::{MessageId, UserId};
use domain::message::{Author, Message};
use domain::time::Instant;
use store::decisions::Record;

use crate::World;
use crate::carrier::{Fault, HandOver};

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;
/// Where it is not clear what was said last, STOP counts (R25).
const DOUBT: i64 = 5_000;

/// An operator as the story knows them.
pub struct Person {
    /// Who.
    pub caller: Caller,
    /// Every activity, oldest first; the first is the account's creation.
    pub activity: Vec<Instant>,
    /// Since when the account is deactivated.
    pub deactivated: Option<Instant>,
    /// Their own reply, if it is on: its threshold, or none for the organization's.
    pub own_reply: Option<Option<u32>>,
}

impl Person {
    /// The last activity.
    pub fn last_active(&self) -> Instant {
        *self.activity.last().expect("the account was created")
    }
}

/// A case with everything on it.
#[derive(Clone)]
pub struct CaseState {
    /// The case.
    pub case: Case,
    /// Its messages, oldest first.
    pub messages: Vec<Message>,
    /// Its decisions, oldest first.
    pub decisions: Vec<Record>,
}

/// A text whose webhook is lost.
#[derive(Clone, Copy, Debug)]
pub struct Lost {
    /// The customer.
    pub from: &'static str,
    /// The text.
    pub body: &'static str,
    /// When it was sent.
    pub at: Instant,
    /// From when the carrier's list shows it.
    pub listed_at: Instant,
    /// The carrier takes it for a machine's.
    pub automatic: bool,
    /// Its number among the customers' texts.
    pub number: u64,
}

/// The story so far.
pub struct Oracle {
    /// The organization's setting.
    pub setting: Setting,
    /// The operators.
    pub people: Vec<Person>,
    /// The addresses that opted out.
    pub opted_out: HashSet<String>,
    /// When each address last said STOP or START, or was found to have said it.
    pub consents: HashMap<String, Instant>,
    /// The texts that the desk does not know of yet, oldest first.
    pub lost: Vec<Lost>,
    /// The instants of events that can make a watch overdue: changed settings, a start after downtime.
    pub events: HashSet<Instant>,
    hand_overs_seen: usize,
    /// The final decisions that were seen, by their messages.
    settled: HashMap<MessageId, (Outcome, Reason)>,
}

/// Reads every case, or those of one address.
pub async fn snapshot(
    world: &World,
    reader: &Caller,
    address: Option<&str>,
) -> Result<Vec<CaseState>, String> {
    let query = CaseFilter { limit: 200, ..CaseFilter::default() };
    let views = world.app.case_list(reader, query).await.map_err(|error| error.log_text())?;
    let mut states = Vec::new();
    for view in views {
        let case = view.case;
        if address.is_some_and(|address| case.customer.address != address) {
            continue;
        }
        let messages = world.app.messages(reader, case.id, 0, 200).await.map_err(|error| error.log_text())?;
        let decisions = world
            .app
            .decisions_of_case(reader, case.id, None, 200)
            .await
            .map_err(|error| error.log_text())?;
        let decisions = decisions.into_iter().map(|view| view.record).collect();
        states.push(CaseState { case, messages: messages.messages, decisions });
    }
    Ok(states)
}

impl CaseState {
    fn to_customer(&self) -> impl DoubleEndedIterator<Item = &Message> {
        self.messages.iter().filter(|message| {
            message.author != Author::Customer
                && message
                    .delivery
                    .as_ref()
                    .is_some_and(|delivery| delivery.status != DeliveryStatus::Cancelled)
        })
    }

    fn auto_replies(&self) -> impl DoubleEndedIterator<Item = &Message> {
        self.to_customer().filter(|message| is_automatic(message))
    }

    /// The absence in which an automatic reply was decided.
    fn absence_of(&self, reply: MessageId) -> Option<(UserId, Instant)> {
        let record = self.decisions.iter().find(|record| record.reply_message_id == Some(reply))?;
        let operator = record.facts.operator.as_ref()?;
        Some((operator.id, operator.presence.last_active_at))
    }
}

fn is_automatic(message: &Message) -> bool {
    matches!(message.author, Author::AutoReply { .. })
}

impl Oracle {
    /// A story that begins with this setting and these people.
    pub fn new(setting: Setting, people: Vec<Person>) -> Self {
        Self {
            setting,
            people,
            opted_out: HashSet::new(),
            consents: HashMap::new(),
            lost: Vec::new(),
            events: HashSet::new(),
            hand_overs_seen: 0,
            settled: HashMap::new(),
        }
    }

    fn person(&self, id: UserId) -> &Person {
        self.people.iter().find(|person| person.caller.user_id == id).expect("an operator of the story")
    }

    /// A customer said this, now or, if it was lost, then: what it does to their consent (R15, R25).
    pub fn hear(&mut self, now: Instant, address: &str, text: &str, lost: Option<Lost>) {
        let said_at = lost.map_or(now, |lost| lost.at);
        let newest = self.consents.get(address).copied();
        let newer_ms = newest.map_or(0, |newest| newest.ms() - said_at.ms());
        let was_out = self.was_out(address, lost);
        match text {
            "STOP" if newer_ms <= DOUBT => drop(self.opted_out.insert(address.to_owned())),
            "START" if newer_ms <= 0 => drop(self.opted_out.remove(address)),
            "YES" if was_out => drop(self.opted_out.remove(address)),
            _ => return,
        }
        self.consents.insert(address.to_owned(), newest.map_or(said_at, |newest| newest.max(said_at)));
    }

    /// Whether the customer was opted out when they said this, as far as can be known: if not all they said since
    /// is older.
    fn was_out(&self, address: &str, lost: Option<Lost>) -> bool {
        let overtaken = lost.is_some_and(|lost| self.consents.get(address).is_some_and(|at| *at > lost.at));
        self.opted_out.contains(address) && !overtaken
    }

    /// What a text that arrives now must get (section 5), on this case if the customer has one.
    pub fn on_arrival(
        &self,
        now: Instant,
        address: &str,
        text: &str,
        lost: Option<Lost>,
        case: Option<&CaseState>,
        all_of_customer: &[CaseState],
    ) -> (Outcome, Reason) {
        use Outcome::{NotSent, Sent, Watching};
        let watch_or_not = if self.setting.while_waiting { Watching } else { NotSent };
        if is_keyword(text, self.was_out(address, lost)) {
            return (NotSent, Reason::Keyword);
        }
        if self.opted_out.contains(address) {
            return (NotSent, Reason::OptedOut);
        }
        let newest = self.consents.get(address);
        let taken_back = lost.zip(newest).is_some_and(|(lost, newest)| newest.ms() - lost.at.ms() > DOUBT);
        if text.contains("off your list") && !taken_back {
            return (NotSent, Reason::ReadsLikeStop);
        }
        // A reaction quotes a message that stands on the case (R1).
        let quotes = |quoted: &str| {
            case.is_some_and(|state| {
                state.messages.iter().rev().take(50).any(|message| message.body == quoted)
            })
        };
        let reaction =
            text.strip_prefix("Liked “").and_then(|rest| rest.strip_suffix('”')).is_some_and(quotes);
        if reaction || lost.is_some_and(|lost| lost.automatic) {
            return (NotSent, Reason::NotRepliable);
        }
        if self.loops(now, text, case, all_of_customer) {
            return (NotSent, Reason::LoopGuard);
        }
        let Some((state, operator_id)) =
            case.and_then(|state| Some((state, state.case.assigned_operator_id?)))
        else {
            return (watch_or_not, Reason::Unassigned);
        };
        let person = self.person(operator_id);
        let own = person.own_reply.filter(|_| person.deactivated.is_none());
        if own.is_none() && !self.setting.enabled {
            return (NotSent, Reason::Disabled);
        }
        if lost.is_some_and(|lost| now.ms() - lost.at.ms() > DAY) {
            return (NotSent, Reason::Stale);
        }
        let minutes = own.flatten().unwrap_or(self.setting.threshold_minutes);
        let away_ms = now.ms() - person.last_active().ms();
        if person.deactivated.is_none() && away_ms <= i64::from(minutes) * MINUTE {
            return (watch_or_not, Reason::OperatorActive);
        }
        let absence = (operator_id, person.last_active());
        if state.auto_replies().any(|reply| state.absence_of(reply.id) == Some(absence)) {
            return (NotSent, Reason::AlreadyReplied);
        }
        let newest = state.to_customer().next_back();
        let quiet_ms = i64::from(self.setting.quiet_minutes) * MINUTE;
        if newest.is_some_and(|newest| is_automatic(newest) && now.ms() - newest.created_at.ms() < quiet_ms) {
            return (NotSent, Reason::QuietPeriod);
        }
        (Sent, Reason::Sent)
    }

    /// R9.
    fn loops(&self, now: Instant, text: &str, case: Option<&CaseState>, all: &[CaseState]) -> bool {
        let echo =
            case.is_some_and(|state| state.auto_replies().rev().take(5).any(|reply| reply.body == text));
        let mut to_customer: Vec<&Message> = all.iter().flat_map(CaseState::to_customer).collect();
        to_customer.sort_by_key(|message| std::cmp::Reverse(message.id));
        let recent = |message: &&&Message| is_automatic(message) && now.ms() - message.created_at.ms() < DAY;
        echo || to_customer.iter().take_while(recent).count() >= 5
    }

    /// Checks what the carrier was handed since the last look, in the order in which it was.
    pub fn check_hand_overs(&mut self, world: &World, states: &[CaseState]) -> Result<(), String> {
        let log = world.carrier.hand_overs();
        let messages: HashMap<MessageId, &Message> =
            states.iter().flat_map(|state| &state.messages).map(|message| (message.id, message)).collect();
        for (index, hand_over) in log.iter().enumerate().skip(self.hand_overs_seen) {
            let id = world.message_of(hand_over);
            let message = messages.get(&id).ok_or("the carrier was handed a message that is not stored")?;
            if self.opted_out.contains(&hand_over.to) {
                return Err(format!("R15: handed over to an opted-out customer: {hand_over:?}"));
            }
            if message.body != hand_over.body {
                return Err(format!("another text was handed over: {hand_over:?}"));
            }
            let earlier = log[..index].iter().filter(|earlier| earlier.callback == hand_over.callback);
            if let Some(earlier) = earlier.clone().find(|earlier| earlier.fault != Some(Fault::TooMany)) {
                return Err(format!("R19: handed over again after {earlier:?}: {hand_over:?}"));
            }
            let late_ms = hand_over.at.ms() - message.created_at.ms();
            if is_automatic(message) && late_ms > 15 * MINUTE {
                return Err(format!("R19: handed over {late_ms} ms after the decision: {hand_over:?}"));
            }
            // An app that died before it read the refusal does not know of it.
            let heard = message.delivery.as_ref().is_some_and(|sent| sent.status == DeliveryStatus::Failed);
            if hand_over.fault == Some(Fault::Refuse(21610))
                && heard
                && self.opted_out.insert(hand_over.to.clone())
            {
                self.consents.insert(hand_over.to.clone(), hand_over.at);
            }
        }
        self.hand_overs_seen = log.len();
        Ok(())
    }

    /// Checks everything that is stored.
    pub fn check(&mut self, world: &World, states: &[CaseState]) -> Result<(), String> {
        let texts = states.iter().flat_map(|state| &state.messages);
        let from_customers = texts.filter(|message| message.author == Author::Customer);
        let sids: Vec<&str> = from_customers.filter_map(|text| text.provider_id.as_deref()).collect();
        let distinct: HashSet<&str> = sids.iter().copied().collect();
        let known = world.texts_sent() - self.lost.len() as u64;
        if sids.len() as u64 != known || distinct.len() != sids.len() {
            return Err(format!("the desk must know {known} texts and {} are stored", sids.len()));
        }
        let log = world.carrier.hand_overs();
        for state in states {
            self.check_case(world.clock.now(), state).map_err(|found| {
                format!("case {} of {}: {found}", state.case.number, state.case.customer.address)
            })?;
            check_absences(world, state, &log)?;
            for record in &state.decisions {
                self.check_settled(record)?;
            }
        }
        Ok(())
    }

    /// R18: a final decision stays as it is, whatever is switched on later. Only a reply that was not sent after all
    /// is cancelled (R19), and a message that was not meant as a stop is judged anew (R15).
    fn check_settled(&mut self, record: &Record) -> Result<(), String> {
        if record.outcome == Outcome::Watching {
            return Ok(());
        }
        let now = (record.outcome, record.reason);
        let before = self.settled.insert(record.message_id, now).unwrap_or(now);
        let cancelled = before.0 == Outcome::Sent && now.0 == Outcome::Cancelled;
        if before == now || cancelled || before.1 == Reason::ReadsLikeStop {
            return Ok(());
        }
        Err(format!("R18: it was settled as {before:?}: {record:?}"))
    }

    fn check_case(&self, now: Instant, state: &CaseState) -> Result<(), String> {
        let texts = state.messages.iter().filter(|message| message.author == Author::Customer);
        let texts: Vec<MessageId> = texts.map(|text| text.id).collect();
        let judged: Vec<MessageId> = state.decisions.iter().map(|record| record.message_id).collect();
        if texts != judged {
            return Err("section 7: not every text has exactly one decision".to_owned());
        }
        check_runs(state)?;
        self.check_waiting(state)?;
        let watching = state.decisions.iter().filter(|record| record.outcome == Outcome::Watching).count();
        if (watching > 0) != state.case.watch.is_some() {
            return Err(format!(
                "{watching} texts are watched and the case's watch is {:?}",
                state.case.watch
            ));
        }
        if watching > 0 {
            self.check_watch(now, state)?;
        }
        if let Some(asked) = state.case.reads_like_stop_id {
            let about = state.decisions.iter().find(|record| record.message_id == asked);
            let opted_out = self.opted_out.contains(&state.case.customer.address);
            if opted_out || about.is_none_or(|record| record.reason != Reason::ReadsLikeStop) {
                return Err(format!("R15: asked about {about:?}, opted out: {opted_out}"));
            }
        }
        for record in &state.decisions {
            check_replay(record)?;
            self.check_cause(state, record)?;
        }
        Ok(())
    }

    /// Section 2, "Waiting": by the messages as they stand, whatever happened on the way. The case says so, too, if
    /// its newest human message failed or is unconfirmed (nobody dismisses that in these walks).
    fn check_waiting(&self, state: &CaseState) -> Result<(), String> {
        use DeliveryStatus::{Cancelled, Failed, Unconfirmed};
        let (mut waits_since, mut failed) = (None, None);
        for message in &state.messages {
            let status = message.delivery.as_ref().map(|delivery| delivery.status);
            match (&message.author, status) {
                (Author::Customer, _) if message.keyword.is_none() => {
                    waits_since = waits_since.or(Some(message.received_at()));
                }
                (Author::Operator { .. }, Some(status)) => {
                    if !matches!(status, Failed | Cancelled) {
                        waits_since = None;
                    }
                    failed = matches!(status, Failed | Unconfirmed).then_some((message.id, status));
                }
                _ => {}
            }
        }
        let case = &state.case;
        let waits_since = waits_since.filter(|_| !self.opted_out.contains(&case.customer.address));
        if case.waiting_since != waits_since {
            return Err(format!("section 2: waits since {waits_since:?}, not {:?}", case.waiting_since));
        }
        let marked = case.failed_message.map(|failed| (failed.id, failed.status));
        if marked != failed {
            return Err(format!("section 2: failed is {failed:?}, not {marked:?}"));
        }
        Ok(())
    }

    /// Nothing is left watching without a cause, nor for longer than the rule says.
    fn check_watch(&self, now: Instant, state: &CaseState) -> Result<(), String> {
        let case = &state.case;
        if case.status == CaseStatus::Closed || self.opted_out.contains(&case.customer.address) {
            return Err("a watch outlived the case or an opt-out".to_owned());
        }
        if !self.setting.while_waiting {
            return Err("R5: a watch while while_waiting is off".to_owned());
        }
        if case.last_human_sequence > case.last_customer_sequence {
            return Err("a watch outlived a human message".to_owned());
        }
        let Some(operator_id) = case.assigned_operator_id else { return Ok(()) };
        let person = self.person(operator_id);
        let own = person.own_reply.filter(|_| person.deactivated.is_none());
        if own.is_none() && !self.setting.enabled {
            return Err("R18: a watch with no layer left to wait for".to_owned());
        }
        let threshold_ms = i64::from(own.flatten().unwrap_or(self.setting.threshold_minutes)) * MINUTE;
        let from = case.watch.and_then(|watch| watch.from);
        let held = from.is_none_or(|from| now.ms() - from.ms() > threshold_ms);
        let away = person.deactivated.is_some() || now.ms() - person.last_active().ms() > threshold_ms;
        if held && away {
            return Err(format!("R5: overdue at {now}, last active {}, held {from:?}", person.last_active()));
        }
        Ok(())
    }

    /// What a decision says happened did happen.
    fn check_cause(&self, state: &CaseState, record: &Record) -> Result<(), String> {
        let facts = &record.facts;
        let sequence_of = |id: MessageId| {
            state.messages.iter().find(|message| message.id == id).map_or(0, |message| message.sequence)
        };
        let text = sequence_of(record.message_id);
        let human_after = state
            .messages
            .iter()
            .any(|message| matches!(message.author, Author::Operator { .. }) && message.sequence > text);
        if record.reason == Reason::Answered && !human_after {
            return Err(format!("nobody answered: {record:?}"));
        }
        if record.outcome != Outcome::Sent {
            return Ok(());
        }
        let reply = record.reply_message_id.ok_or("sent without a reply")?;
        if sequence_of(reply) <= text {
            return Err(format!("R6: the reply is not newer than the text: {record:?}"));
        }
        let operator = facts.operator.as_ref().ok_or("R3: sent for nobody")?;
        let person = self.person(operator.id);
        // What happened later at the same instant was not known then.
        let last = operator.presence.last_active_at;
        let known = |at: &&Instant| **at < facts.at || **at == last;
        if person.activity.iter().rev().find(known) != Some(&last) {
            return Err(format!("R2: {last} was not the last activity when it was decided: {record:?}"));
        }
        let due_at = facts.due_at().ok_or("sent without an instant")?;
        let on_time = facts.at == due_at || facts.occasion == Occasion::Arrival;
        if facts.at < due_at || !(on_time || self.events.contains(&facts.at)) {
            return Err(format!("R5: due at {due_at} and decided at {}", facts.at));
        }
        Ok(())
    }
}

/// R6: every automatic reply answers a text newer than the message to the customer before it.
fn check_runs(state: &CaseState) -> Result<(), String> {
    let mut unanswered = false;
    for message in &state.messages {
        let cancelled =
            message.delivery.as_ref().is_some_and(|sent| sent.status == DeliveryStatus::Cancelled);
        match message.author {
            Author::Customer => unanswered |= message.keyword.is_none(),
            _ if cancelled => {}
            Author::AutoReply { .. } if !unanswered => {
                return Err(format!("R6: an automatic reply without a newer text: {message:?}"));
            }
            _ => unanswered = false,
        }
    }
    Ok(())
}

/// Section 7: a decision replays from its record.
fn check_replay(record: &Record) -> Result<(), String> {
    let kept = serde_json::to_string(&record.facts).map_err(|error| error.to_string())?;
    let facts: Facts = serde_json::from_str(&kept).map_err(|error| error.to_string())?;
    let again = decide(&facts);
    if (again.outcome, again.reason, again.rule.to_string())
        != (record.outcome, record.reason, record.rule.clone())
    {
        return Err(format!("section 7: {record:?} is decided {again:?} again"));
    }
    Ok(())
}

/// R7 and R19: at most one automatic reply per case and absence went out, and each at most once.
fn check_absences(world: &World, state: &CaseState, log: &[HandOver]) -> Result<(), String> {
    let mut answered = HashSet::new();
    for message in state.messages.iter().filter(|message| is_automatic(message)) {
        let went_out =
            log.iter().filter(|one| one.sid.is_some() && world.message_of(one) == message.id).count();
        if went_out > 1 {
            return Err(format!("R19: it went out {went_out} times: {message:?}"));
        }
        let absence = state.absence_of(message.id).ok_or("an automatic reply without a decision")?;
        if went_out == 1 && !answered.insert(absence) {
            return Err(format!("R7: a second reply in one absence went out: {message:?}"));
        }
    }
    Ok(())
}

fn is_keyword(text: &str, opted_out: bool) -> bool {
    ["STOP", "START", "HELP"].contains(&text) || (text == "YES" && opted_out)
}
