//! A random walk through a desk's life, drawn from one seed: people text, work, leave and change settings, the
//! carrier fails, the app dies. After every step the oracle looks.

mod late;

use app::cases::CasePatch;
use app::error::AppError;
use app::new_case::NewCase;
use app::personal::OwnReplies;
use app::reads_like_stop::Meant;
use app::receive_message::Received;
use app::users::UserPatch;
use domain::auto_reply::personal::PersonalInactivity;
use domain::auto_reply::setting::Setting;
use domain::auto_reply::{Outcome, Reason};
use domain::case::CaseStatus;
use domain::id::{CaseId, MessageId};
use domain::presence::ActivityKind;
use domain::time::Instant;
use domain::user::Role;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use crate::World;
use crate::carrier::Fault;
use crate::oracle::{CaseState, Lost, Oracle, Person, snapshot};
use crate::world::Keep;

const CUSTOMERS: [&str; 4] = ["+15551230001", "+15551230002", "+15551230003", "72345"];
const TEXTS: [&str; 13] = [
    "Hello",
    "Anyone?",
    "Hello",
    "It is me",
    "Hm",
    "Hello again",
    "STOP",
    "START",
    "START",
    "YES",
    "HELP",
    "Liked “Hm”",
    "please take me off your list",
];
const MINUTE_MS: i64 = 60_000;

/// What a walk came to, so that a run can show that it saw something.
#[derive(Clone, Copy, Debug, Default)]
pub struct Report {
    /// Texts from customers.
    pub texts: usize,
    /// Texts that were found late.
    pub late: usize,
    /// Decisions that ended as sent.
    pub sent: usize,
    /// Watches that were seen under way.
    pub watched: usize,
    /// Replies that were cancelled before hand-over.
    pub cancelled: usize,
    /// Requests to the carrier that went wrong.
    pub faults: usize,
    /// How often the app died.
    pub restarts: usize,
}

struct Walk {
    world: World,
    oracle: Oracle,
    rng: StdRng,
    report: Report,
    last_text: Option<(&'static str, &'static str)>,
}

/// Walks `steps` steps; answers what the oracle found wrong, with the steps that led there.
pub async fn walk(seed: u64, steps: u32) -> Result<Report, String> {
    let mut walk = Walk::start(seed).await;
    let mut diary = Vec::new();
    for number in 0..steps {
        let at = walk.world.clock.now();
        let (step, result) = walk.step().await;
        diary.push(format!("{number:>4} {at} {step}"));
        let result = match result {
            Ok(()) => walk.look().await,
            Err(found) => Err(found),
        };
        if let Err(found) = result {
            let from = diary.len().saturating_sub(60);
            return Err(format!("seed {seed}, step {number}: {found}\n{}", diary[from..].join("\n")));
        }
    }
    walk.end().await.map_err(|found| format!("seed {seed}, at the end: {found}\n{}", diary.join("\n")))
}

fn log_text(error: AppError) -> String {
    error.log_text()
}

impl Walk {
    async fn start(seed: u64) -> Self {
        let start = "2026-11-23T09:00:00Z".parse().expect("an instant");
        let world = World::start(seed, start, Keep::InFile).await;
        let mut people = Vec::new();
        for name in ["Ana", "Ben", "Cem"] {
            let caller = world.add_person(name, &[Role::Operator]).await;
            people.push(Person { caller, activity: vec![start], deactivated: None, own_reply: None });
        }
        let setting = Setting {
            enabled: true,
            threshold_minutes: 3,
            message: "We are away.".to_owned(),
            ..Setting::default()
        };
        world.app.setting_put(&world.admin, setting.clone(), None).await.expect("the setting");
        Self {
            world,
            oracle: Oracle::new(setting, people),
            rng: StdRng::seed_from_u64(seed),
            report: Report::default(),
            last_text: None,
        }
    }

    /// The oracle looks at everything.
    async fn look(&mut self) -> Result<(), String> {
        let states = self.snapshot(None).await?;
        self.oracle.check_hand_overs(&self.world, &states)?;
        self.oracle.check(&self.world, &states)?;
        let watched = |state: &&CaseState| state.case.watch.is_some();
        self.report.watched += usize::from(states.iter().any(|state| watched(&state)));
        Ok(())
    }

    /// The carrier recovers, time passes, and everything must have come to its end.
    async fn end(&mut self) -> Result<Report, String> {
        self.world.carrier.recover();
        self.advance(self.world.clock.now().plus_ms(late::MOST_LAG_MS)).await?;
        self.look().await?;
        self.reconcile().await.1?;
        if !self.oracle.lost.is_empty() {
            return Err(format!("R25: still lost: {:?}", self.oracle.lost));
        }
        self.advance(self.world.clock.now().plus_ms(20 * MINUTE_MS)).await?;
        self.look().await?;
        let states = self.snapshot(None).await?;
        for message in states.iter().flat_map(|state| &state.messages) {
            use domain::delivery::DeliveryStatus::{Attempting, Queued};
            if message.delivery.as_ref().is_some_and(|sent| matches!(sent.status, Queued | Attempting)) {
                return Err(format!("still on its way: {message:?}"));
            }
        }
        let outcomes = states.iter().flat_map(|state| &state.decisions).map(|record| record.outcome);
        for outcome in outcomes {
            self.report.sent += usize::from(outcome == Outcome::Sent);
            self.report.cancelled += usize::from(outcome == Outcome::Cancelled);
        }
        let log = self.world.carrier.hand_overs();
        self.report.faults = log.iter().filter(|hand_over| hand_over.fault.is_some()).count();
        self.report.texts = self.world.texts_sent() as usize;
        Ok(self.report)
    }

    async fn snapshot(&self, address: Option<&str>) -> Result<Vec<CaseState>, String> {
        snapshot(&self.world, &self.oracle.people[0].caller, address).await
    }

    /// One step: what it was, and what went wrong in it.
    async fn step(&mut self) -> (String, Result<(), String>) {
        let choice = self.rng.random_range(0..100);
        match choice {
            0..24 => self.text().await,
            24..28 => self.lose_text().await,
            28..30 => self.repeat().await,
            30..34 => self.reconcile().await,
            34..56 => self.pass_time().await,
            56..64 => self.be_active().await,
            64..84 => self.work().await,
            84..88 => self.set().await,
            88..90 => self.account().await,
            90..93 => self.own_reply().await,
            93..98 => self.fail(),
            _ => self.die().await,
        }
    }

    async fn text(&mut self) -> (String, Result<(), String>) {
        let from = *CUSTOMERS[..3].choose(&mut self.rng).expect("somebody");
        let from = if self.rng.random_bool(0.03) { CUSTOMERS[3] } else { from };
        let mut body = *TEXTS.choose(&mut self.rng).expect("a text");
        if self.rng.random_bool(0.05) {
            body = "We are away.";
        }
        let step = format!("{from} texts {body:?}");
        (step, self.text_and_compare(from, body).await)
    }

    async fn text_and_compare(&mut self, from: &'static str, body: &'static str) -> Result<(), String> {
        let before = self.snapshot(Some(from)).await?;
        let now = self.world.clock.now();
        let expected = self.expected(now, from, body, None, &before);
        let received = self.world.text(from, body).await.map_err(|error| error.to_string())?;
        self.last_text = Some((from, body));
        self.oracle.hear(now, from, body, None);
        match received {
            Received::Stored { outcome, reason, .. } if (outcome, reason) == expected => Ok(()),
            other => Err(format!("the rule book says {expected:?}, the app {other:?}")),
        }
    }

    /// What the rule book says about a text, given the customer's cases before it.
    fn expected(
        &self,
        now: Instant,
        from: &str,
        body: &str,
        lost: Option<Lost>,
        before: &[CaseState],
    ) -> (Outcome, Reason) {
        // The most recent open case, else the most recent closed one: by its newest text, or its creation.
        let recency = |state: &&CaseState| {
            let case = &state.case;
            (case.status == CaseStatus::Open, case.last_customer_message_id.0.max(case.id.0))
        };
        let case = before.iter().max_by_key(recency);
        let expected = self.oracle.on_arrival(now, from, body, lost, case, before);
        if from == CUSTOMERS[3] && ![Reason::Keyword, Reason::OptedOut].contains(&expected.1) {
            return (Outcome::NotSent, Reason::NotRepliable);
        }
        expected
    }

    async fn repeat(&mut self) -> (String, Result<(), String>) {
        let Some((from, body)) = self.last_text else { return ("nothing to repeat".to_owned(), Ok(())) };
        let result = match self.world.repeat_text(from, body).await {
            Ok(Received::Duplicate) => Ok(()),
            other => Err(format!("a repeated text is a duplicate, not {other:?}")),
        };
        ("the carrier repeats a text".to_owned(), result)
    }

    /// Time passes: any length, or up to just before or at the instant at which a watch falls due.
    async fn pass_time(&mut self) -> (String, Result<(), String>) {
        let now = self.world.clock.now();
        let mut to = match self.rng.random_range(0..4) {
            0 => now,
            1 => now.plus_ms(self.rng.random_range(0..20_000)),
            2 => now.plus_ms(self.rng.random_range(0..6 * MINUTE_MS)),
            _ => self.near_a_due_instant(now).await,
        };
        if self.rng.random_bool(0.02) {
            to = now.plus_ms(self.rng.random_range(0..30) * 60 * MINUTE_MS);
        }
        (format!("time passes to {to}"), self.advance(to).await)
    }

    async fn near_a_due_instant(&mut self, now: Instant) -> Instant {
        let person = self.rng.random_range(0..self.oracle.people.len());
        let due_at = self.oracle.people[person]
            .last_active()
            .plus_ms(i64::from(self.oracle.setting.threshold_minutes) * MINUTE_MS + 1);
        due_at.plus_ms(self.rng.random_range(-1..=1)).max(now)
    }

    async fn advance(&mut self, to: Instant) -> Result<(), String> {
        while !self.world.advance_to(to).await.map_err(log_text)? {
            self.report.restarts += 1;
            self.oracle.events.insert(self.world.clock.now());
        }
        Ok(())
    }

    /// Somebody whose account is active.
    fn somebody(&mut self) -> Option<usize> {
        let index = self.rng.random_range(0..self.oracle.people.len());
        self.oracle.people[index].deactivated.is_none().then_some(index)
    }

    async fn note_activity(&mut self, index: usize, kind: ActivityKind) -> Result<(), String> {
        let now = self.world.clock.now();
        let caller = self.oracle.people[index].caller;
        self.world.app.activity(&caller, kind).await.map_err(log_text)?;
        self.oracle.people[index].activity.push(now);
        Ok(())
    }

    async fn be_active(&mut self) -> (String, Result<(), String>) {
        let Some(index) = self.somebody() else { return ("nobody is there".to_owned(), Ok(())) };
        (format!("operator {index} is active"), self.note_activity(index, ActivityKind::Input).await)
    }

    /// An operator works on a case.
    async fn work(&mut self) -> (String, Result<(), String>) {
        let Some(index) = self.somebody() else { return ("nobody works".to_owned(), Ok(())) };
        let states = match self.snapshot(None).await {
            Ok(states) => states,
            Err(found) => return ("reads".to_owned(), Err(found)),
        };
        if states.is_empty() || (states.len() < 6 && self.rng.random_bool(0.1)) {
            return self.create_case(index).await;
        }
        let state = states.choose(&mut self.rng).expect("a case");
        let (id, number) = (state.case.id, state.case.number);
        if let Some(asked) = state.case.reads_like_stop_id
            && self.rng.random_bool(0.5)
        {
            let address = state.case.customer.address.clone();
            let (what, result) = self.say_what_was_meant(index, id, asked, &address).await;
            let result = match result {
                Ok(()) => self.note_activity(index, ActivityKind::Request).await,
                Err(error) => Err(error.log_text()),
            };
            return (format!("operator {index} {what} case {number}"), result);
        }
        let (what, result) = match self.rng.random_range(0..10) {
            0..3 => self.assign(index, id).await,
            3..5 => ("sees", self.world.app.case_seen(&self.oracle.people[index].caller, id).await),
            5..8 => self.write(index, id, &state.case.customer.address).await,
            8 => self.status(index, id, CaseStatus::Closed).await,
            _ => self.status(index, id, CaseStatus::Open).await,
        };
        let result = match result {
            Ok(()) => self.note_activity(index, ActivityKind::Request).await,
            // The desk may refuse: a deactivated colleague, a customer who opted out.
            Err(AppError::Conflict(..) | AppError::Invalid(_)) => Ok(()),
            Err(error) => Err(error.log_text()),
        };
        (format!("operator {index} {what} case {number}"), result)
    }

    async fn say_what_was_meant(
        &mut self,
        index: usize,
        case: CaseId,
        message: MessageId,
        address: &str,
    ) -> (&'static str, Result<(), AppError>) {
        let meant = *Meant::ALL.choose(&mut self.rng).expect("two");
        let caller = self.oracle.people[index].caller;
        let said = self.world.app.case_meant(&caller, case, message, meant).await;
        if said.is_ok() && meant == Meant::OptOut {
            self.oracle.hear(self.world.clock.now(), address, "STOP", None);
        }
        ("says what was meant on", said.map(drop))
    }

    async fn create_case(&mut self, index: usize) -> (String, Result<(), String>) {
        let from = *CUSTOMERS[..3].choose(&mut self.rng).expect("somebody");
        let to = self.somebody().map(|index| self.oracle.people[index].caller.user_id);
        let new = NewCase {
            customer_phone: from.to_owned(),
            customer_name: String::new(),
            subject: String::new(),
            assigned_operator_id: to,
            channel_id: None,
            ..NewCase::default()
        };
        let caller = self.oracle.people[index].caller;
        let result = match self.world.app.case_create(&caller, new).await {
            Ok(_) => self.note_activity(index, ActivityKind::Request).await,
            Err(error) => Err(error.log_text()),
        };
        (format!("operator {index} opens a case with {from}"), result)
    }

    async fn assign(&mut self, index: usize, id: CaseId) -> (&'static str, Result<(), AppError>) {
        let to = self.rng.random_range(0..=self.oracle.people.len());
        let to = self.oracle.people.get(to).map(|person| person.caller.user_id);
        let patch = CasePatch { assigned_operator_id: Some(to), ..CasePatch::default() };
        let what = if to.is_some() { "assigns" } else { "assigns to nobody" };
        let caller = self.oracle.people[index].caller;
        (what, self.world.app.case_update(&caller, id, patch).await.map(drop))
    }

    async fn status(
        &mut self,
        index: usize,
        id: CaseId,
        status: CaseStatus,
    ) -> (&'static str, Result<(), AppError>) {
        let patch = CasePatch { status: Some(status), ..CasePatch::default() };
        let caller = self.oracle.people[index].caller;
        let what = if status == CaseStatus::Closed { "closes" } else { "reopens" };
        (what, self.world.app.case_update(&caller, id, patch).await.map(drop))
    }

    async fn write(
        &mut self,
        index: usize,
        id: CaseId,
        address: &str,
    ) -> (&'static str, Result<(), AppError>) {
        let caller = self.oracle.people[index].caller;
        let sent = self.world.app.message_send(&caller, id, "A human here".to_owned(), None).await;
        if sent.is_ok() && self.oracle.opted_out.contains(address) {
            let found = "R15: an opted-out customer was written to".to_owned();
            return ("writes on", Err(AppError::Internal(found)));
        }
        ("writes on", sent.map(drop))
    }

    async fn set(&mut self) -> (String, Result<(), String>) {
        let mut setting = self.oracle.setting.clone();
        match self.rng.random_range(0..4) {
            0 => setting.enabled = !setting.enabled,
            1 => setting.while_waiting = !setting.while_waiting,
            2 => setting.threshold_minutes = self.rng.random_range(1..6),
            _ => setting.quiet_minutes = *[0, 0, 5, 20].choose(&mut self.rng).expect("one"),
        }
        // A desk that is switched off most of the time would show little.
        if self.rng.random_bool(0.5) {
            setting.enabled = true;
            setting.while_waiting = true;
        }
        let step = format!("the admin sets {setting:?}");
        self.oracle.events.insert(self.world.clock.now());
        let result = self.world.app.setting_put(&self.world.admin, setting.clone(), None).await;
        self.oracle.setting = setting;
        (step, result.map(drop).map_err(log_text))
    }

    async fn account(&mut self) -> (String, Result<(), String>) {
        let now = self.world.clock.now();
        let index = self.rng.random_range(0..self.oracle.people.len());
        let active = self.oracle.people[index].deactivated.is_some();
        let patch = UserPatch { active: Some(active), ..UserPatch::default() };
        let id = self.oracle.people[index].caller.user_id;
        self.oracle.events.insert(now);
        let result = self.world.app.users_update(&self.world.admin, id, patch).await;
        self.oracle.people[index].deactivated = (!active).then_some(now);
        let step = format!("the admin {} operator {index}", if active { "activates" } else { "deactivates" });
        (step, result.map(drop).map_err(log_text))
    }

    async fn own_reply(&mut self) -> (String, Result<(), String>) {
        let Some(index) = self.somebody() else { return ("nobody sets a reply".to_owned(), Ok(())) };
        let own = match self.rng.random_range(0..3) {
            0 => None,
            1 => Some(None),
            _ => Some(Some(self.rng.random_range(1..8))),
        };
        let reply = PersonalInactivity {
            enabled: own.is_some(),
            message: "I am out.".to_owned(),
            threshold_minutes: own.flatten(),
        };
        let caller = self.oracle.people[index].caller;
        self.oracle.events.insert(self.world.clock.now());
        let result = match self
            .world
            .app
            .personal_put(&caller, OwnReplies { inactivity: reply, away: None, office_hours: None })
            .await
        {
            Ok(_) => self.note_activity(index, ActivityKind::Request).await,
            Err(error) => Err(error.log_text()),
        };
        self.oracle.people[index].own_reply = own;
        (format!("operator {index} sets an own reply {own:?}"), result)
    }

    fn fail(&mut self) -> (String, Result<(), String>) {
        let processed = self.rng.random_bool(0.5);
        let fault = match self.rng.random_range(0..12) {
            0..4 => Fault::TooMany,
            4 => Fault::Refuse(21211),
            5 => Fault::Refuse(21610),
            6..8 => Fault::Error { processed },
            8 => Fault::Reset { processed },
            9 => Fault::Stall { processed },
            _ => Fault::Crash { processed },
        };
        let count = if fault == Fault::TooMany { self.rng.random_range(1..12) } else { 1 };
        self.world.carrier.fail_next(std::iter::repeat_n(fault, count));
        if self.rng.random_bool(0.2) {
            self.world.carrier.fail_lists(2);
        }
        (format!("the carrier will fail {count} times: {fault:?}"), Ok(()))
    }

    /// The app dies and is started again, at once or after a while.
    async fn die(&mut self) -> (String, Result<(), String>) {
        let down_ms = *[0, 0, MINUTE_MS, 20 * MINUTE_MS].choose(&mut self.rng).expect("one");
        self.world.pass_time(self.world.clock.now().plus_ms(down_ms));
        self.world.pass_time(self.whole_second());
        self.world.restart().await;
        self.report.restarts += 1;
        let now = self.world.clock.now();
        self.oracle.events.insert(now);
        let mut result = self.reconcile_and_compare().await;
        if result.is_ok() {
            result = self.advance(now).await;
        }
        (format!("the app was down for {down_ms} ms"), result)
    }
}
