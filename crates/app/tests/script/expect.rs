//! What is expected in a story, and what must hold at the end of every one.

use app::cases::CaseView;
use app::decisions::DecisionView;
use app::messages::MessagesView;
use app::preview::PreviewOf;
use domain::auto_reply::facts::NotRepliable;
use domain::auto_reply::{Decision, Facts, decide};
use domain::case::CaseStatus;
use domain::id::CaseId;
use domain::message::{Author, Message};

use super::{Outcome, Stage, address, instant, quoted};

impl Stage {
    /// Checks one expectation.
    pub(super) async fn expect(&mut self, expectation: &str) -> Result<(), String> {
        let (about, expectation) = match expectation.split_once(": ") {
            Some((name, rest)) if self.cases.contains_key(name) => (name.to_owned(), rest),
            _ => (self.about.clone(), expectation),
        };
        let (word, rest) = expectation.split_once(char::is_whitespace).unwrap_or((expectation, ""));
        let rest = rest.trim();
        match word {
            "duplicate" => {
                same("the text", &format!("{:?}", self.outcome), &format!("{:?}", Outcome::Duplicate))
            }
            "refused" => {
                same("the action", &format!("{:?}", self.outcome), &format!("{:?}", Outcome::Refused))
            }
            "gets" => self.gets(&about, rest),
            "sent" | "not_sent" | "watching" | "cancelled" => {
                let decisions = self.decisions(&about).await?;
                let newest = decisions.last().ok_or("there is no decision")?;
                let record = &newest.record;
                let all = format!("{} {} {}", record.outcome.code(), record.reason.code(), record.rule);
                // "sent R4" leaves the reason out, as it is the outcome once more.
                let is = if word == "sent" { all.replacen("sent sent", "sent", 1) } else { all };
                match is.starts_with(expectation) {
                    true => Ok(()),
                    false => Err(format!("decided {is} ({})", newest.sentence)),
                }
            }
            "due" => {
                let decisions = self.decisions(&about).await?;
                let is = decisions.last().and_then(|newest| newest.due_at);
                let expected = (rest != "never").then(|| instant(rest));
                match is == expected {
                    true => Ok(()),
                    false => Err(format!("due {is:?}, not {expected:?}")),
                }
            }
            "says" => {
                let decisions = self.decisions(&about).await?;
                same("it says", &decisions.last().ok_or("there is no decision")?.sentence, quoted(rest)?)
            }
            "all" => {
                let decisions = self.decisions(&about).await?;
                let expected: Vec<&str> = rest.split(',').map(str::trim).collect();
                let is: Vec<String> = decisions
                    .iter()
                    .enumerate()
                    .map(|(index, view)| {
                        let record = &view.record;
                        match expected.get(index).is_some_and(|word| word.contains(':')) {
                            true => format!("{}:{}", record.outcome.code(), record.reason.code()),
                            false => record.outcome.code().to_owned(),
                        }
                    })
                    .collect();
                same("all decisions", &is.join(", "), &expected.join(", "))
            }
            "delivery" => {
                let messages = self.messages(&about).await?;
                let newest = messages.iter().rev().find_map(|message| message.delivery.as_ref());
                same("delivery", newest.ok_or("nothing was sent")?.status.code(), rest)
            }
            "next-try" => {
                let MessagesView { messages, next_tries, .. } = self.conversation(&about).await?;
                let newest = messages.iter().rev().find(|message| message.delivery.is_some());
                let newest = newest.ok_or("nothing was sent")?.id;
                let is = next_tries.iter().find(|(id, _)| *id == newest).map(|(_, at)| *at);
                let expected = (rest != "none").then(|| instant(rest));
                match is == expected {
                    true => Ok(()),
                    false => Err(format!("tried next at {is:?}, not {expected:?}")),
                }
            }
            "late" | "sent-at" => {
                let messages = self.messages(&about).await?;
                let newest = messages.iter().rev().find(|message| message.author == Author::Customer);
                let newest = newest.ok_or("nothing came")?;
                match word {
                    "late" => same(word, if newest.backfilled { "yes" } else { "no" }, rest),
                    _ if newest.sent_at == Some(instant(rest)) => Ok(()),
                    _ => Err(format!("sent at {:?}", newest.sent_at)),
                }
            }
            _ => self.expect_of_case(&about, word, rest).await,
        }
    }

    async fn expect_of_case(&self, about: &str, word: &str, expected: &str) -> Result<(), String> {
        let CaseView { case, .. } = self.view(about).await?;
        let yes = |is: bool| if is { "yes" } else { "no" };
        let is = match word {
            "waiting" if expected.starts_with("since ") => {
                let since = instant(expected.trim_start_matches("since "));
                return match case.waiting_since == Some(since) {
                    true => Ok(()),
                    false => Err(format!("waiting since {:?}, not {since}", case.waiting_since)),
                };
            }
            "waiting" => yes(case.waiting_since.is_some()),
            "failed" => case.failed_message.map_or("no", |failed| failed.status.code()),
            "unanswered" => yes(case.unanswered_since.is_some()),
            "guarded" => yes(case.loop_guarded),
            "asked" => yes(case.reads_like_stop_id.is_some()),
            "status" => {
                if case.status == CaseStatus::Open {
                    "open"
                } else {
                    "closed"
                }
            }
            "operator" => {
                let found = self
                    .operators
                    .iter()
                    .find(|(_, caller)| Some(caller.user_id) == case.assigned_operator_id);
                found.map_or("nobody", |(name, _)| name)
            }
            other => return Err(format!("{other:?} cannot be expected")),
        };
        same(word, is, expected)
    }

    fn gets(&mut self, about: &str, expected: &str) -> Result<(), String> {
        let phone = self.world.carrier.phone(address(about));
        let looked = self.looked.insert(about.to_owned(), phone.len()).unwrap_or(0);
        let new = &phone[looked..];
        let expected = if expected == "nothing" { vec![] } else { vec![quoted(expected)?.to_owned()] };
        match new == expected {
            true => Ok(()),
            false => Err(format!("{about}'s phone got {new:?}")),
        }
    }

    async fn view(&self, customer: &str) -> Result<CaseView, String> {
        let ana = self.operator("ana")?;
        self.world.app.case_get(&ana, self.case(customer)?).await.map_err(|error| error.log_text())
    }

    async fn decisions(&self, customer: &str) -> Result<Vec<DecisionView>, String> {
        let ana = self.operator("ana")?;
        let case_id = self.case(customer)?;
        let decisions = self.world.app.decisions_of_case(&ana, case_id, None, 200).await;
        decisions.map_err(|error| error.log_text())
    }

    async fn conversation(&self, customer: &str) -> Result<MessagesView, String> {
        let ana = self.operator("ana")?;
        let view = self.world.app.messages(&ana, self.case(customer)?, 0, 200).await;
        view.map_err(|error| error.log_text())
    }

    async fn messages(&self, customer: &str) -> Result<Vec<Message>, String> {
        Ok(self.conversation(customer).await?.messages)
    }

    /// What a preview says about the customer's next text, if they have a case.
    pub(super) async fn foresee(&self, customer: &str) -> Result<Option<(CaseId, Decision)>, String> {
        let Ok(case_id) = self.case(customer) else { return Ok(None) };
        let ana = self.operator("ana")?;
        let preview = self.world.app.preview(&ana, PreviewOf::Case(case_id), None).await;
        preview.map(|preview| Some((case_id, preview.decision))).map_err(|error| error.log_text())
    }

    /// A preview and the text that then comes get the same decision, unless it depends on the words.
    pub(super) async fn came_as_foreseen(
        &self,
        customer: &str,
        foreseen: Option<(CaseId, Decision)>,
    ) -> Result<(), String> {
        let Some((_, foreseen)) = foreseen.filter(|(id, _)| self.case(customer).as_ref() == Ok(id)) else {
            return Ok(());
        };
        let newest = self.decisions(customer).await?.pop().ok_or("there is no decision")?;
        let facts = newest.record.facts;
        let by_words = facts.message.keyword.is_some()
            || facts.message.reads_like_stop
            || facts.message.echo
            || matches!(facts.message.not_repliable, Some(NotRepliable::Reaction | NotRepliable::Automatic));
        let decided = decide(&facts);
        match by_words || decided == foreseen {
            true => Ok(()),
            false => Err(format!("a preview said {foreseen:?}, and it was decided {decided:?}")),
        }
    }

    /// What must hold whatever happened (section 7): one decision for each text, which replays from its record.
    pub(super) async fn final_checks(&mut self) -> Result<(), String> {
        for customer in self.cases.keys().cloned().collect::<Vec<_>>() {
            let messages = self.messages(&customer).await?;
            let decisions = self.decisions(&customer).await?;
            let texts: Vec<_> = messages
                .iter()
                .filter(|message| message.author == Author::Customer)
                .map(|text| text.id)
                .collect();
            let judged: Vec<_> = decisions.iter().map(|view| view.record.message_id).collect();
            if texts != judged {
                return Err(format!("{customer}'s texts are {texts:?} and those judged {judged:?}"));
            }
            for view in decisions {
                let record = &view.record;
                let kept = serde_json::to_string(&record.facts).map_err(|error| error.to_string())?;
                let facts: Facts = serde_json::from_str(&kept).map_err(|error| error.to_string())?;
                let again = decide(&facts);
                let as_decided = (again.outcome, again.reason, again.rule.to_string())
                    == (record.outcome, record.reason, record.rule.clone());
                if !as_decided {
                    return Err(format!("{customer}'s {record:?} is decided {again:?} again"));
                }
            }
        }
        Ok(())
    }
}

fn same(what: &str, is: &str, expected: &str) -> Result<(), String> {
    if is == expected { Ok(()) } else { Err(format!("{what}: {is:?}, not {expected:?}")) }
}
