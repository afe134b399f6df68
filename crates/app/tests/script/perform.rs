//! What people, the carrier and the machine do in a story.

use app::cases::CasePatch;
use app::error::AppError;
use app::new_case::NewCase;
use app::personal::OwnReplies;
use app::reads_like_stop::Meant;
use app::receive_message::Received;
use app::users::UserPatch;
use app::webhooks::WebhookError;
use domain::auto_reply::Layer;
use domain::auto_reply::personal::{Away, OfficeHours, PersonalInactivity, StoredPersonal};
use domain::case::CaseStatus;
use domain::hours::{Week, Window};
use domain::presence::ActivityKind;
use sim::carrier::Fault;

use super::{Outcome, Stage, address, instant, is_customer, quoted, split_outside_quotes};

impl Stage {
    /// Does what the line says; an error is a fault of the story, a refusal by the app an [`Outcome`].
    pub(super) async fn perform(&mut self, who: &str, what: &str) -> Result<(), String> {
        self.outcome = Outcome::Done;
        match who {
            "tick" => self.tick(self.world.clock.now()).await,
            "restart" => {
                self.world.restart().await;
                Ok(())
            }
            "backup" => {
                self.world.backup().await;
                Ok(())
            }
            "restore" => {
                self.world.restore().await;
                Ok(())
            }
            "reconcile" => {
                self.world.reconcile().await.map_err(|error| error.log_text())?;
                let about = self.about.clone();
                self.find_case(&about).await
            }
            "down" => {
                self.down = true;
                Ok(())
            }
            "carrier" => self.carrier(what).await,
            "adam" => self.admin(what).await,
            customer if is_customer(customer) => self.customer(customer, what).await,
            operator => self.operate(operator, what).await,
        }
    }

    fn note<T>(&mut self, result: Result<T, AppError>) -> Result<Option<T>, String> {
        match result {
            Ok(done) => Ok(Some(done)),
            Err(AppError::Store(error)) => Err(error.log_text()),
            Err(AppError::Internal(detail)) => Err(detail),
            Err(_) => {
                self.outcome = Outcome::Refused;
                Ok(None)
            }
        }
    }

    async fn customer(&mut self, name: &str, what: &str) -> Result<(), String> {
        self.about = name.to_owned();
        let from = address(name);
        if let Some(lost) = what.strip_prefix("lost ") {
            self.world.lose_text(from, quoted(lost)?, lost.starts_with("machine"), 0);
            return Ok(());
        }
        let foreseen = self.foresee(name).await?;
        let received = if what == "again" {
            let body = self.last_text.get(name).ok_or("nothing was texted yet")?.clone();
            self.world.repeat_text(from, &body).await
        } else {
            let body = quoted(what)?.to_owned();
            self.last_text.insert(name.to_owned(), body.clone());
            match what.starts_with("machine") {
                true => self.world.text_with(from, &body, &[("ErrorCode", "30039")]).await,
                false => self.world.text(from, &body).await,
            }
        };
        match received {
            Ok(Received::Duplicate) => self.outcome = Outcome::Duplicate,
            Ok(Received::Stored { .. }) => {
                self.find_case(name).await?;
                self.came_as_foreseen(name, foreseen).await?;
            }
            Err(WebhookError::App(error)) => return Err(error.log_text()),
            Err(error) => return Err(error.to_string()),
        }
        Ok(())
    }

    /// A customer's text went to their newest case.
    async fn find_case(&mut self, customer: &str) -> Result<(), String> {
        let ana = self.operator("ana")?;
        let query = app::cases::CaseFilter { limit: 50, ..Default::default() };
        let cases = self.world.app.case_list(&ana, query).await.map_err(|error| error.log_text())?;
        let newest = cases.iter().find(|view| view.case.customer.address == address(customer));
        let id = newest.ok_or("the text is on no case")?.case.id;
        self.cases.insert(customer.to_owned(), id);
        Ok(())
    }

    async fn operate(&mut self, name: &str, what: &str) -> Result<(), String> {
        let caller = self.operator(name)?;
        let app = self.world.app.clone();
        let words: Vec<&str> = what.split_whitespace().collect();
        if let Some(customer) = words.get(1).filter(|word| is_customer(word)) {
            self.about = (*customer).to_owned();
        }
        let patch = |patch: CasePatch| patch;
        // A changing request of an operator is activity (section 2); the HTTP layer reports it after the use case.
        let mut active = true;
        match words[..] {
            ["active"] => {
                let result = app.activity(&caller, ActivityKind::Input).await;
                self.note(result)?;
                active = false;
            }
            ["sees", customer] => {
                let result = app.case_seen(&caller, self.case(customer)?).await;
                self.note(result)?;
            }
            ["writes", customer, ..] => {
                let body = quoted(what)?.to_owned();
                let result = app.message_send(&caller, self.case(customer)?, body, None).await;
                self.note(result)?;
            }
            ["dismisses", customer] => {
                let id = self.case(customer)?;
                let view = app.case_get(&caller, id).await.map_err(|error| error.log_text())?;
                let failed = view.case.failed_message.ok_or("nothing failed")?;
                let result = app.failed_message_dismiss(&caller, id, failed.id).await;
                self.note(result)?;
            }
            ["says", customer, "meant", meant] => {
                let meant = Meant::from_code(meant).ok_or_else(|| format!("{meant:?} is not meant"))?;
                let case = self.case(customer)?;
                let shown = app.case_get(&caller, case).await.map_err(|error| error.log_text())?.case;
                let message = shown.reads_like_stop_id.unwrap_or(shown.last_customer_message_id);
                let result = app.case_meant(&caller, case, message, meant).await;
                self.note(result)?;
            }
            [verb @ ("closes" | "reopens"), customer] => {
                let status = if verb == "closes" { CaseStatus::Closed } else { CaseStatus::Open };
                let change = patch(CasePatch { status: Some(status), ..CasePatch::default() });
                let result = app.case_update(&caller, self.case(customer)?, change).await;
                self.note(result)?;
            }
            ["assigns", customer, to] => {
                let to = if to == "nobody" { None } else { Some(self.operator(to)?.user_id) };
                let change = CasePatch { assigned_operator_id: Some(to), ..CasePatch::default() };
                let result = app.case_update(&caller, self.case(customer)?, change).await;
                self.note(result)?;
            }
            ["creates", customer, to] => {
                let assigned = if to == "nobody" { None } else { Some(self.operator(to)?.user_id) };
                let new = NewCase {
                    customer_phone: address(customer).to_owned(),
                    customer_name: String::new(),
                    subject: String::new(),
                    assigned_operator_id: assigned,
                    channel_id: None,
                    ..NewCase::default()
                };
                let result = app.case_create(&caller, new).await;
                if let Some(view) = self.note(result)? {
                    self.cases.insert(customer.to_owned(), view.case.id);
                }
                // Stories begin with operators who were not seen yet.
                active = false;
            }
            ["reply" | "away" | "hours", ..] => {
                let stored = app.personal_get(&caller).await.map_err(|error| error.log_text())?.stored;
                let own = own_replies(stored, &words, what)?;
                let result = app.personal_put(&caller, own).await;
                self.note(result)?;
            }
            [verb @ ("adds" | "removes"), customer, colleague] => {
                let colleague = self.operator(colleague)?.user_id;
                let result =
                    app.case_secondary(&caller, self.case(customer)?, colleague, verb == "adds").await;
                self.note(result)?;
            }
            _ => return Err(format!("{name} cannot {what:?}")),
        }
        if active && self.outcome == Outcome::Done {
            let result = app.activity(&caller, ActivityKind::Request).await;
            self.note(result)?;
        }
        Ok(())
    }

    async fn admin(&mut self, what: &str) -> Result<(), String> {
        let admin = self.world.admin;
        let app = self.world.app.clone();
        let (verb, rest) = what.split_once(char::is_whitespace).ok_or("an admin does something")?;
        match verb {
            "sets" => {
                let stored = app.setting_get(&admin).await.map_err(|error| error.log_text())?.stored;
                let mut setting = stored.setting;
                for change in split_outside_quotes(rest, ' ') {
                    let (name, value) = change.split_once('=').ok_or("a setting is NAME=VALUE")?;
                    let number = || value.parse().map_err(|_| format!("{value:?} is not a number"));
                    match name {
                        "enabled" => setting.enabled = value == "on",
                        "waiting" => setting.while_waiting = value == "on",
                        "threshold" => setting.threshold_minutes = number()?,
                        "quiet" => setting.quiet_minutes = number()?,
                        "secondary" => setting.respect_secondary = value == "on",
                        "text" => setting.message = quoted(value)?.to_owned(),
                        other => return Err(format!("there is no setting {other:?}")),
                    }
                }
                let result = app.setting_put(&admin, setting, None).await;
                self.note(result)?;
            }
            "deactivates" | "activates" => {
                let id = self.operator(rest)?.user_id;
                let patch = UserPatch { active: Some(verb == "activates"), ..UserPatch::default() };
                let result = app.users_update(&admin, id, patch).await;
                self.note(result)?;
            }
            "switches-off" => {
                let (name, kind) = rest.split_once(' ').ok_or("switches-off OPERATOR KIND")?;
                let layer = Layer::from_code(kind).ok_or_else(|| format!("{kind:?} is not a kind"))?;
                let id = self.operator(name)?.user_id;
                let result = app.personal_switch_off(&admin, id, layer).await;
                self.note(result)?;
            }
            other => return Err(format!("adam cannot {other:?}")),
        }
        Ok(())
    }

    async fn carrier(&mut self, what: &str) -> Result<(), String> {
        let words: Vec<&str> = what.split_whitespace().collect();
        let number = |word: &str| word.parse::<usize>().map_err(|_| format!("{word:?} is not a number"));
        match words[..] {
            ["fails", ..] => {
                let faults: Result<Vec<Fault>, String> = words[1..].iter().map(|word| fault(word)).collect();
                self.world.carrier.fail_next(faults?);
            }
            ["lists-fail", count] => self.world.carrier.fail_lists(number(count)? as u32),
            ["opt-out", customer] => self.world.carrier.opt_out(address(customer)),
            ["reports", index, status] => {
                self.world.report(number(index)? - 1, status).await.map_err(|error| error.to_string())?;
            }
            _ => return Err(format!("the carrier cannot {what:?}")),
        }
        Ok(())
    }
}

/// What an operator's own replies are after `reply …`, `away …` or `hours …`.
fn own_replies(stored: StoredPersonal, words: &[&str], what: &str) -> Result<OwnReplies, String> {
    let StoredPersonal { mut inactivity, mut away, mut office_hours, .. } = stored;
    match words {
        ["reply", "off"] => inactivity = PersonalInactivity::default(),
        ["reply", "on", ..] => {
            let threshold_minutes = words.get(2).and_then(|word| word.parse().ok());
            inactivity =
                PersonalInactivity { enabled: true, message: quoted(what)?.to_owned(), threshold_minutes };
        }
        ["away", "off"] => away = None,
        ["away", from, rest @ ..] => {
            away = Some(Away {
                enabled: true,
                title: "Away".to_owned(),
                message: quoted(what)?.to_owned(),
                starts_at: instant(from),
                ends_at: rest.first().filter(|word| !word.starts_with('"')).map(|to| instant(to)),
                time_zone: None,
            });
        }
        ["hours", "off"] => office_hours = None,
        ["hours", window, ..] => {
            let (start, end) = window.split_once('-').ok_or("hours are START-END")?;
            let time = |text: &str| text.parse().map_err(|_| format!("{text:?} is not a time"));
            let weekday = vec![Window { start: time(start)?, end: time(end)? }];
            office_hours = Some(OfficeHours {
                enabled: true,
                message: quoted(what)?.to_owned(),
                time_zone: "UTC".to_owned(),
                week: Week {
                    monday: weekday.clone(),
                    tuesday: weekday.clone(),
                    wednesday: weekday.clone(),
                    thursday: weekday.clone(),
                    friday: weekday,
                    ..Week::default()
                },
                exceptions: Vec::new(),
            });
        }
        _ => return Err(format!("{what:?} is no own reply")),
    }
    Ok(OwnReplies { inactivity, away, office_hours })
}

fn fault(word: &str) -> Result<Fault, String> {
    let (name, processed) = word.strip_suffix(":sent").map_or((word, false), |name| (name, true));
    Ok(match name {
        "429" => Fault::TooMany,
        "500" => Fault::Error { processed },
        "reset" => Fault::Reset { processed },
        "stall" => Fault::Stall { processed },
        "crash" => Fault::Crash { processed },
        other => match other.strip_prefix("refuse:").and_then(|code| code.parse().ok()) {
            Some(code) => Fault::Refuse(code),
            None => return Err(format!("{word:?} is not a fault")),
        },
    })
}
