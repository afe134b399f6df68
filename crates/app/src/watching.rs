//! Watches (R5): a customer's message waits for the instant at which its operator becomes inactive.
//!
//! One timer per operator: `users.watch_due_at` is never later than the first of the operator's watched cases
//! falls due. Activity does not touch it; a timer that fires too early finds the operator active and is set
//! again. What may end watches or make them due earlier sets the timer to [`JUDGE_NOW`].

use domain::auto_reply::facts::MessageFacts;
use domain::auto_reply::{Facts, Occasion, Outcome, Reason, decide};
use domain::case::{Case, Watch};
use domain::id::{CaseId, OrganizationId, UserId};
use domain::time::Instant;
use store::{Op, StoreError, Tx};

use crate::Env;
use crate::error::AppError;
use crate::events::Event;
use crate::fail_point::fail_point;
use crate::judging::{Desk, Subject};

/// How many watched cases one transaction judges.
const BATCH: u32 = 100;

/// A timer at this instant has all the operator's watched cases judged, active or not.
const JUDGE_NOW: Instant = Instant::from_ms(0);

/// A timer at this instant is being worked off in batches. Whatever would set it meanwhile sets it to
/// [`JUDGE_NOW`] instead, because the batches that are done do not know of it.
const JUDGING: Instant = Instant::from_ms(1);

impl Desk<'_> {
    /// Ends the case's watch for a reason that an event gives: `answered`, `seen`, `closed`, `opted_out`,
    /// `disabled`, or the reason for which it was watched. The records keep the facts of their last judgement.
    pub async fn end_watch(&mut self, case: &mut Case, reason: Reason) -> Result<(), StoreError> {
        if case.watch.take().is_none() {
            return Ok(());
        }
        let records = store::decisions::watching_of_case(self.tx, self.org, case.id).await?;
        let Some(newest) = records.last() else { return Ok(()) };
        let opted_out_by = case.customer.opted_out_by;
        let facts = Facts { at: self.now, ended: Some(reason), opted_out_by, ..newest.facts.clone() };
        let decision = decide(&facts);
        self.conclude(case, records, &facts, decision).await
    }

    /// Judges a watched case again. All its watched messages get one decision, that of the newest (section 3,
    /// "Ends of a watch"). Answers when the case falls due if it is still watched for an operator.
    pub async fn rejudge(
        &mut self,
        case: &mut Case,
        occasion: Occasion,
    ) -> Result<Option<Instant>, StoreError> {
        let mut records = store::decisions::watching_of_case(self.tx, self.org, case.id).await?;
        let Some(newest) = records.last() else {
            case.watch = None;
            return Ok(None);
        };
        let MessageFacts { id, received_at, .. } = newest.facts.message;
        let before = (newest.facts.threshold_ms(), newest.facts.speaking_layer());
        // One that was taken in late may have been sent before those that wait with it.
        let waiting = || records.iter().map(|record| &record.facts.message);
        let received_at = waiting().fold(received_at, |at, message| at.max(message.received_at));
        let before_restore = waiting().all(|message| message.before_restore);
        let message = store::messages::get(self.tx, self.org, id).await?;
        let body = message.as_ref().map_or("", |message| message.body.as_str());
        let subject = Subject {
            id,
            received_at,
            body,
            keyword: None,
            // No message is watched that still reads so.
            reads_like_stop: false,
            not_repliable: None,
            before_restore,
        };
        let facts = self.facts(case, subject, occasion).await?;
        let decision = decide(&facts);
        // Before it falls due nothing ends a watch here but that no layer is left to wait for: every other
        // reason may have passed by then ("Ends of a watch").
        let early = occasion == Occasion::Due && facts.due_at().is_some_and(|due_at| due_at > self.now);
        if decision.outcome != Outcome::Watching && (!early || decision.reason == Reason::Disabled) {
            case.watch = None;
            self.conclude(case, records, &facts, decision).await?;
            return Ok(None);
        }
        // What a record says about threshold and layer has to hold while it is watched (R18).
        let moved =
            (facts.threshold_ms(), facts.speaking_layer()) != before && decision.outcome == Outcome::Watching;
        if occasion == Occasion::Assignment || moved {
            for record in &mut records {
                record.reason = decision.reason;
                record.rule = decision.rule.to_string();
                record.facts = facts.clone();
                record.decided_at = self.now;
                store::decisions::update(self.tx, self.org, record).await?;
                self.emit(Event::Decision(case.id, record.id)).await?;
            }
        }
        Ok(facts.due_at())
    }

    /// Starts or goes on with a watch for a message that has just been judged as `watching`. The delay of a
    /// case that changed hands does not hold for a newer message (R17).
    pub async fn watch(&mut self, case: &mut Case, facts: &Facts) -> Result<(), StoreError> {
        case.watch = Some(Watch { from: None });
        self.arm(facts).await
    }

    /// Sets the operator's timer to the first instant of inactivity: no watched case of theirs is due earlier.
    pub async fn arm(&mut self, facts: &Facts) -> Result<(), StoreError> {
        let Some(operator) = &facts.operator else { return Ok(()) };
        let due_at = operator.presence.inactive_from(facts.threshold_ms());
        // A timer that is set to judge at once must not be lost to a message that comes in between.
        arm_no_later(self.tx, self.org, operator.id, due_at).await
    }

    /// When the timer is to fire again because the operator has been active since it was set: then no case
    /// needs to be looked at.
    async fn still_active(&mut self, operator_id: UserId) -> Result<Option<Instant>, StoreError> {
        let armed = store::timers::get(self.tx, self.org, operator_id).await?;
        if armed.is_some_and(|armed| armed <= JUDGING) {
            return Ok(None);
        }
        let Some((user, personal)) = self.operator(operator_id).await? else { return Ok(None) };
        let setting = store::settings::get(self.tx, self.org).await?.setting;
        let threshold_ms = personal.threshold_ms(&user, &setting);
        Ok(Some(user.presence.inactive_from(threshold_ms)).filter(|from| *from > self.now))
    }

    /// The case changed hands (R17): its watch begins anew for the new operator, or waits for one.
    pub async fn hand_watch_over(&mut self, case: &mut Case) -> Result<(), StoreError> {
        if case.watch.is_none() {
            return Ok(());
        }
        case.watch = Some(Watch { from: case.assigned_operator_id.map(|_| self.now) });
        let due_at = self.rejudge(case, Occasion::Assignment).await?;
        if let (Some(operator_id), Some(due_at)) = (case.assigned_operator_id, due_at) {
            arm_no_later(self.tx, self.org, operator_id, due_at).await?;
        }
        Ok(())
    }
}

/// Sets an operator's timer unless it fires earlier anyway.
async fn arm_no_later(
    tx: &mut Tx,
    org: OrganizationId,
    user_id: UserId,
    due_at: Instant,
) -> Result<(), StoreError> {
    match store::timers::get(tx, org, user_id).await? {
        Some(JUDGING) => store::timers::arm(tx, org, user_id, Some(JUDGE_NOW)).await,
        Some(armed) if armed <= due_at => Ok(()),
        _ => store::timers::arm(tx, org, user_id, Some(due_at)).await,
    }
}

/// Has an operator's watched cases judged now: after a change of their account or their personal replies.
pub(crate) async fn rearm_operator(
    tx: &mut Tx,
    org: OrganizationId,
    user_id: UserId,
) -> Result<(), StoreError> {
    if store::timers::get(tx, org, user_id).await?.is_some() {
        store::timers::arm(tx, org, user_id, Some(JUDGE_NOW)).await?;
    }
    Ok(())
}

/// Has all watched cases of an organization judged now: after a change of its setting.
pub(crate) async fn rearm_organization(tx: &mut Tx, org: OrganizationId) -> Result<(), StoreError> {
    for user_id in store::timers::armed(tx, org).await? {
        store::timers::arm(tx, org, user_id, Some(JUDGE_NOW)).await?;
    }
    Ok(())
}

/// An operator's timer fired: judges a batch of their watched cases that are due.
pub(crate) struct FireTimer {
    pub env: Env,
    pub organization_id: OrganizationId,
    pub operator_id: UserId,
    /// Go on after this case.
    pub after: Option<CaseId>,
    /// When the earlier batches' remaining cases fall due, at the earliest.
    pub next_due_at: Option<Instant>,
}

/// How far a batch came.
pub(crate) enum Fired {
    /// There is more: go on after this case.
    More(CaseId, Option<Instant>),
    /// The timer is set again, or rests.
    Done,
}

impl Op for FireTimer {
    type Out = Fired;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Fired, AppError> {
        let org = self.organization_id;
        let mut desk = Desk::open(tx, &self.env, org).await?;
        if self.after.is_none()
            && let Some(later) = desk.still_active(self.operator_id).await?
        {
            store::timers::arm(desk.tx, org, self.operator_id, Some(later)).await?;
            return Ok(Fired::Done);
        }
        let mut next_due_at = self.next_due_at;
        let ids =
            store::cases::watched_of_operator(desk.tx, org, self.operator_id, self.after, BATCH).await?;
        for id in &ids {
            let Some(mut case) = store::cases::get(desk.tx, org, *id).await? else { continue };
            let due_at = desk.rejudge(&mut case, Occasion::Due).await?;
            match due_at {
                Some(due_at) => next_due_at = Some(next_due_at.map_or(due_at, |next| next.min(due_at))),
                None => {
                    desk.save(&case).await?;
                    fail_point("watch_decided");
                }
            }
        }
        match ids.last() {
            Some(last) if ids.len() == BATCH as usize => {
                if self.after.is_none() {
                    store::timers::arm(desk.tx, org, self.operator_id, Some(JUDGING)).await?;
                }
                Ok(Fired::More(*last, next_due_at))
            }
            _ => {
                let armed = store::timers::get(desk.tx, org, self.operator_id).await?;
                // Between two batches somebody else may have set it, another node's worker included.
                let set_by_others = armed.filter(|armed| self.after.is_some() && *armed != JUDGING);
                let due_at = set_by_others.into_iter().chain(next_due_at).min();
                store::timers::arm(desk.tx, org, self.operator_id, due_at).await?;
                Ok(Fired::Done)
            }
        }
    }
}
