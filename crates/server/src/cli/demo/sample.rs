//! The sample desk: a small repair business, its people and three hours of its day. It is made by the use cases
//! that everybody else uses, with the customers' texts coming in through the carrier.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, anyhow, ensure};
use app::App;
use app::caller::Caller;
use app::cases::{CaseFilter, CasePatch};
use app::channels::NewChannel;
use app::clock::Clock;
use app::error::AppError;
use app::new_case::NewCase;
use app::personal::OwnReplies;
use app::users::NewUser;
use domain::auto_reply::personal::PersonalInactivity;
use domain::auto_reply::setting::Setting;
use domain::case::CaseStatus;
use domain::delivery::DeliveryStatus;
use domain::id::CaseId;
use domain::presence::ActivityKind;
use domain::time::MINUTE_MS;
use domain::user::Role;
use sandbox::{Sandbox, Text};

use crate::api::v1::demo::DemoPerson;

/// Everybody's password. It guards nothing.
pub(super) const PASSWORD: &str = "backsoon-demo";
/// The business's number. All numbers are of the kind that is reserved for fiction.
pub(super) const DESK_NUMBER: &str = "+12065550100";
/// Whose phone a newcomer is told to text from.
pub(super) const TRY_PHONE: &str = "Maria Lopez";

/// Somebody who signs in.
pub(super) struct Person {
    pub name: &'static str,
    pub email: &'static str,
    pub roles: &'static [Role],
    pub about: &'static str,
}

impl Person {
    /// As the sign-in page offers them.
    pub(super) fn signs_in(&self) -> DemoPerson {
        let Self { name, email, roles, about } = *self;
        DemoPerson { name, email, password: PASSWORD, roles, about }
    }
}

const GRACE: &str = "Grace Okafor";
const ANA: &str = "Ana Torres";
const BEN: &str = "Ben Schulz";
const CHLOE: &str = "Chloe Martin";

pub(super) const PEOPLE: &[Person] = &[
    Person {
        name: GRACE,
        email: "grace@harbor.example",
        roles: &[Role::SystemAdmin, Role::Operator],
        about: "System Admin and operator",
    },
    Person {
        name: ANA,
        email: "ana@harbor.example",
        roles: &[Role::Operator],
        about: "Operator, inactive for a quarter of an hour",
    },
    Person { name: BEN, email: "ben@harbor.example", roles: &[Role::Operator], about: "Operator, active" },
    Person {
        name: CHLOE,
        email: "chloe@harbor.example",
        roles: &[Role::Operator],
        about: "Operator with an Auto Reply of her own",
    },
];

const MARIA: &str = "+12065550111";
const DANIEL: &str = "+12065550112";
const PRIYA: &str = "+12065550113";
const TOM: &str = "+12065550114";
const EVA: &str = "+12065550115";
const STRANGER: &str = "+12065550116";

/// The customers' phones, in the order in which the tour comes to them.
pub(super) const PHONES: &[(&str, &str)] = &[
    (MARIA, "Maria Lopez"),
    (PRIYA, "Priya Nair"),
    (TOM, "Tom Becker"),
    (DANIEL, "Daniel Kim"),
    (EVA, "Eva Lindqvist"),
    (STRANGER, ""),
];

/// What happens.
enum Event {
    /// An operator opens a case for a customer.
    Open(&'static str, &'static str, &'static str),
    /// A customer texts.
    Texts(&'static str, &'static str),
    /// An operator writes to a customer.
    Writes(&'static str, &'static str, &'static str),
    /// An operator looks at a customer's case.
    Sees(&'static str, &'static str),
    /// An operator moves the mouse.
    Moves(&'static str),
    /// An operator closes a customer's case.
    Closes(&'static str, &'static str),
    /// An operator sets up an Auto Reply of their own.
    SetsUp(&'static str, &'static str),
}

use Event::{Closes, Moves, Open, Sees, SetsUp, Texts, Writes};

/// How long before now the day begins.
const BEGINS_MIN: i64 = 180;

/// The day: minutes before now, and what happened then.
const DAY: &[(i64, Event)] = &[
    (170, Open(ANA, MARIA, "Water heater")),
    (170, Open(ANA, DANIEL, "Quote for a kitchen tap")),
    (169, Open(BEN, PRIYA, "Invoice 2041")),
    (169, Open(CHLOE, TOM, "Front door lock")),
    (168, Open(BEN, EVA, "Gutter cleaning")),
    (166, Texts(MARIA, "Hi, my water heater is leaking again. Can someone come today?")),
    (
        164,
        Writes(
            ANA,
            MARIA,
            "Hello Maria, I'm sorry to hear that. Sam can be with you between 2 and 4 pm. Does that work?",
        ),
    ),
    (158, Texts(MARIA, "Yes, perfect. Thank you!")),
    (157, Sees(ANA, MARIA)),
    (120, Texts(DANIEL, "Hello, could you send me the quote for the kitchen tap?")),
    (
        112,
        Writes(
            ANA,
            DANIEL,
            "Hi Daniel, back at my desk: the tap and the work come to $210. Shall I book you in for Thursday?",
        ),
    ),
    (105, Texts(DANIEL, "Thursday morning would be great")),
    (103, Writes(ANA, DANIEL, "Booked: Thursday, 9 am. See you then!")),
    (91, Moves(BEN)),
    (90, Texts(PRIYA, "I think invoice 2041 counts the call-out twice.")),
    (
        88,
        Writes(
            BEN,
            PRIYA,
            "You are right, sorry about that. I have corrected it; the new one is in your mail.",
        ),
    ),
    (80, Texts(PRIYA, "That was quick, thank you")),
    (79, Sees(BEN, PRIYA)),
    (73, Texts(EVA, "The gutters look great, thanks to your crew!")),
    (72, Writes(BEN, EVA, "Glad to hear it, Eva. Have a good weekend!")),
    (71, Closes(BEN, EVA)),
    (60, SetsUp(CHLOE, "Hi, Chloe here. I'm on a job site and will text you back within the hour.")),
    (40, Texts(TOM, "The new lock sticks when it is cold. Is that normal?")),
    (35, Texts(STRANGER, "Do you also repair garage doors?")),
    (22, Moves(ANA)),
    (17, Texts(MARIA, "Sam just left, everything works. What do I owe you?")),
    (
        15,
        Writes(
            ANA,
            MARIA,
            "Wonderful! The invoice comes by e-mail tonight. Thank you for your patience, Maria.",
        ),
    ),
    (5, Moves(BEN)),
    (4, Texts(PRIYA, "One more thing: could you quote a second tap for the bathroom?")),
    (0, Moves(BEN)),
    (0, Moves(GRACE)),
];

/// A clock that shows the beginning of the day.
pub(super) fn clock() -> Clock {
    Clock::demo_from(Clock::system().now().plus_ms(-BEGINS_MIN * MINUTE_MS))
}

/// A desk in the making.
struct Making<'a> {
    app: &'a App,
    carrier: &'a Sandbox,
    callers: HashMap<&'static str, Caller>,
    cases: HashMap<&'static str, CaseId>,
}

/// Makes the sample desk, ending at the present.
pub(super) async fn make(
    app: &App,
    carrier: &Sandbox,
    account_sid: &str,
    auth_token: &str,
) -> anyhow::Result<()> {
    let now = Clock::system().now();
    let org =
        app.organization_create("Harbor Home Repair", "America/Los_Angeles", None).await.map_err(said)?;
    let mut callers = HashMap::new();
    for person in PEOPLE {
        let new = NewUser {
            name: person.name.to_owned(),
            email: person.email.to_owned(),
            roles: person.roles.to_vec(),
            password: PASSWORD.to_owned(),
        };
        callers.insert(person.name, Caller::of(&app.user_create(org, new).await.map_err(said)?));
    }
    let admin = callers[GRACE];
    let channel = NewChannel {
        account_sid: account_sid.to_owned(),
        number: DESK_NUMBER.to_owned(),
        auth_token: auth_token.to_owned(),
        ..NewChannel::default()
    };
    app.channel_add(&admin, channel).await.map_err(said)?;
    let setting = Setting { enabled: true, ..Setting::default() };
    app.setting_put(&admin, setting, None).await.map_err(said)?;
    let mut making = Making { app, carrier, callers, cases: HashMap::new() };
    for (minutes_ago, event) in DAY {
        // The last steps are at the present, which moves on while the day is made.
        let at =
            if *minutes_ago == 0 { Clock::system().now() } else { now.plus_ms(-minutes_ago * MINUTE_MS) };
        let seconds = at.since_ms(app.clock().now()).max(0) / 1_000;
        app.advance_clock(&admin, seconds).await.map_err(said)?;
        making.happen(event).await?;
    }
    making.wait_for_reports().await
}

impl Making<'_> {
    async fn happen(&mut self, event: &Event) -> anyhow::Result<()> {
        let app = self.app;
        match event {
            Open(who, phone, subject) => {
                let name = PHONES.iter().find(|(number, _)| number == phone).map_or("", |(_, name)| name);
                let new = NewCase {
                    customer_phone: (*phone).to_owned(),
                    customer_name: name.to_owned(),
                    subject: (*subject).to_owned(),
                    assigned_operator_id: Some(self.callers[who].user_id),
                    channel_id: None,
                    ..NewCase::default()
                };
                let case = app.case_create(&self.callers[who], new).await.map_err(said)?;
                self.cases.insert(phone, case.case.id);
                self.active(who, ActivityKind::Request).await
            }
            Texts(phone, body) => {
                let text = Text { from: (*phone).to_owned(), body: (*body).to_owned(), ..Text::default() };
                let outcome = self.carrier.text(text).await?;
                let status = outcome.handover.and_then(|handover| handover.status);
                ensure!(status == Some(200), "the desk answered the text {body:?} with {status:?}");
                Ok(())
            }
            Writes(who, phone, body) => {
                let (caller, case) = (self.callers[who], self.case(phone)?);
                app.case_seen(&caller, case).await.map_err(said)?;
                app.message_send(&caller, case, (*body).to_owned(), None).await.map_err(said)?;
                self.active(who, ActivityKind::Request).await
            }
            Sees(who, phone) => app.case_seen(&self.callers[who], self.case(phone)?).await.map_err(said),
            Moves(who) => self.active(who, ActivityKind::Input).await,
            Closes(who, phone) => {
                let patch = CasePatch { status: Some(CaseStatus::Closed), ..CasePatch::default() };
                app.case_update(&self.callers[who], self.case(phone)?, patch).await.map_err(said)?;
                self.active(who, ActivityKind::Request).await
            }
            SetsUp(who, message) => {
                let inactivity = PersonalInactivity {
                    enabled: true,
                    message: (*message).to_owned(),
                    threshold_minutes: None,
                };
                let own = OwnReplies { inactivity, away: None, office_hours: None };
                app.personal_put(&self.callers[who], own).await.map_err(said)?;
                self.active(who, ActivityKind::Request).await
            }
        }
    }

    fn case(&self, phone: &str) -> anyhow::Result<CaseId> {
        self.cases.get(phone).copied().with_context(|| format!("{phone} has no case yet"))
    }

    /// What the HTTP layer records for a request of theirs.
    async fn active(&self, who: &str, kind: ActivityKind) -> anyhow::Result<()> {
        self.app.activity(&self.callers[who], kind).await.map_err(said)
    }

    /// Waits until the carrier has reported every message as delivered: its reports go to the socket on which
    /// the desk is made.
    async fn wait_for_reports(&self) -> anyhow::Result<()> {
        let grace = self.callers[GRACE];
        for _ in 0..100 {
            self.app.advance_clock(&grace, 0).await.map_err(said)?;
            let mut waiting = false;
            for case in self.app.case_list(&grace, all_cases()).await.map_err(said)? {
                let view = self.app.messages(&grace, case.case.id, 0, 200).await.map_err(said)?;
                waiting |=
                    view.messages.iter().filter_map(|message| message.delivery.as_ref()).any(|delivery| {
                        !matches!(
                            delivery.status,
                            DeliveryStatus::Delivered | DeliveryStatus::Failed | DeliveryStatus::Cancelled
                        )
                    });
            }
            if !waiting {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        tracing::warn!("the sandbox carrier did not report every message of the sample desk");
        Ok(())
    }
}

fn all_cases() -> CaseFilter {
    CaseFilter { limit: 100, ..CaseFilter::default() }
}

fn said(error: AppError) -> anyhow::Error {
    anyhow!(error.log_text())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::config::Config;
    use crate::wire::{self, Installation};
    use domain::auto_reply::{Layer, Outcome, Reason};
    use domain::message::Author;

    /// What README and tour promise of the sample desk.
    pub(in crate::cli::demo) async fn holds(config: &Config, clock: &Clock) {
        let installation =
            Installation::open(config, "http://127.0.0.1:1".to_owned(), clock.clone()).await.unwrap();
        let app = &installation.app;
        let peer = "127.0.0.1".parse().unwrap();
        let mut away_min = HashMap::new();
        for person in PEOPLE {
            let caller = app.sign_in(person.email, PASSWORD, peer, None).await.unwrap().caller;
            let presence = app.presence(&caller).await.unwrap();
            away_min.insert(person.name, clock.now().since_ms(presence.presence.last_active_at) / MINUTE_MS);
        }
        assert_eq!((away_min[ANA], away_min[BEN], away_min[GRACE]), (15, 0, 0));
        let grace = app.sign_in(PEOPLE[0].email, PASSWORD, peer, None).await.unwrap().caller;
        let cases = app.case_list(&grace, all_cases()).await.unwrap();
        assert_eq!(cases.len(), 6);
        let mut spoke = Vec::new();
        for view in &cases {
            let view = app.messages(&grace, view.case.id, 0, 100).await.unwrap();
            for message in &view.messages {
                if let Some(delivery) = &message.delivery {
                    assert_eq!(delivery.status, DeliveryStatus::Delivered, "{}", message.body);
                }
                if let Author::AutoReply { layer, .. } = message.author {
                    spoke.push((view.customer.name.clone(), layer));
                }
            }
        }
        spoke.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(
            spoke,
            [
                ("Daniel Kim".to_owned(), Layer::Organization),
                ("Tom Becker".to_owned(), Layer::PersonalInactivity)
            ]
        );
        let watched = |number: &str| {
            let view = cases.iter().find(|view| view.case.customer.address == number).unwrap();
            view.watch.map(|(reason, due_at)| (reason, due_at.is_some()))
        };
        assert_eq!(
            watched(PRIYA),
            Some((Reason::OperatorActive, true)),
            "its reply falls due while you watch"
        );
        assert_eq!(watched(STRANGER), Some((Reason::Unassigned, false)));
        assert_eq!(watched(MARIA), None, "the next text is answered at once");
        let query = app::decisions::DecisionFilter { limit: 100, ..Default::default() };
        let decisions = app.decisions(&grace, query).await.unwrap();
        assert!(decisions.iter().any(|view| view.record.outcome == Outcome::NotSent));
        installation.close().await;
        let report = wire::inspect(config).await.unwrap();
        assert_eq!((report.pending, report.violations), (Vec::new(), Vec::new()));
    }
}
