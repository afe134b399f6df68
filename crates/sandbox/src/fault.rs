//! Things that go wrong at a carrier, switched on for the next few sends or until cleared.
//!
//! A send meets at most one fault of the kinds that spoil its answer, the first that is on, and all faults that
//! spoil what follows (callbacks, delivery). A phone's text meets all faults that spoil its webhook. Requests
//! without valid credentials use up nothing.

use serde::{Deserialize, Serialize};

const MAX_REMAINING: u32 = 1_000_000;
const MAX_DELAY_MS: u64 = 600_000;

/// What goes wrong. "Processed" means that the message is taken and reaches the phone, whatever the caller sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Answers 429, not processed; `delay_ms` becomes `Retry-After`.
    TooManyRequests,
    /// Refuses with the error `code`.
    Refuse,
    /// Answers 500 although it processed the message.
    ErrorProcessed,
    /// Answers 500 and did not process the message.
    ErrorNotProcessed,
    /// Processes the message and never answers.
    HangProcessed,
    /// Never answers and does not process the message.
    HangNotProcessed,
    /// Processes the message and closes the connection without an answer.
    ResetProcessed,
    /// Closes the connection without an answer and does not process the message.
    ResetNotProcessed,
    /// Status callbacks come `delay_ms` (10 s unless told) later than what they report.
    LateCallbacks,
    /// All status callbacks come a second time, after the last of them.
    DuplicateCallbacks,
    /// Status callbacks never come.
    LostCallbacks,
    /// The message is taken but does not arrive: `undelivered` with the error `code` (30003 unless told).
    Undelivered,
    /// The webhooks of phones' texts never come; the texts are in the list.
    LostWebhooks,
    /// Phones' texts are taken for a machine's (30039): marked, and without a webhook.
    MachineMade,
}

/// What a fault spoils.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spoils {
    /// The answer to a send.
    Answer,
    /// What follows a send.
    Aftermath,
    /// The webhook of a phone's text.
    Webhook,
}

impl FaultKind {
    fn spoils(self) -> Spoils {
        match self {
            Self::LateCallbacks | Self::DuplicateCallbacks | Self::LostCallbacks | Self::Undelivered => {
                Spoils::Aftermath
            }
            Self::LostWebhooks | Self::MachineMade => Spoils::Webhook,
            _ => Spoils::Answer,
        }
    }
}

/// A fault that is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// For how many more sends, or texts; `None` until cleared.
    #[serde(default)]
    pub remaining: Option<u32>,
    /// The error code, for kinds that have one.
    #[serde(default)]
    pub code: Option<u32>,
    /// A delay, for kinds that have one.
    #[serde(default)]
    pub delay_ms: Option<u64>,
}

impl Fault {
    /// A fault of this kind for the next `remaining` sends or texts, or until cleared.
    pub fn new(kind: FaultKind, remaining: Option<u32>) -> Self {
        Self { kind, remaining, code: None, delay_ms: None }
    }
}

/// Faults that make no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFault {
    /// A kind is named twice.
    #[error("each kind of fault can be on once")]
    Twice,
    /// A refusal without a code.
    #[error("`refuse` needs the `code` to refuse with, from 10000 to 99999")]
    Code,
    /// A count that never ends or never begins.
    #[error("`remaining` must be from 1 to {MAX_REMAINING}, or null for \"until cleared\"")]
    Remaining,
    /// A delay that outlasts everybody.
    #[error("`delay_ms` must be at most {MAX_DELAY_MS}")]
    Delay,
}

/// The faults that spoil what follows one message.
#[derive(Debug, Default, Clone)]
pub struct Aftermath(pub Vec<Fault>);

impl Aftermath {
    /// The fault of this kind, if it is among them.
    pub fn get(&self, kind: FaultKind) -> Option<&Fault> {
        self.0.iter().find(|fault| fault.kind == kind)
    }
}

/// The faults that are on.
#[derive(Debug, Default)]
pub struct Faults {
    on: Vec<Fault>,
}

impl Faults {
    pub fn list(&self) -> Vec<Fault> {
        self.on.clone()
    }

    pub fn replace(&mut self, faults: Vec<Fault>) -> Result<(), InvalidFault> {
        for (index, fault) in faults.iter().enumerate() {
            if faults[..index].iter().any(|earlier| earlier.kind == fault.kind) {
                return Err(InvalidFault::Twice);
            }
            let code_fits = match fault.code {
                Some(code) => (10_000..=99_999).contains(&code),
                None => fault.kind != FaultKind::Refuse,
            };
            if !code_fits {
                return Err(InvalidFault::Code);
            }
            if fault.remaining.is_some_and(|remaining| !(1..=MAX_REMAINING).contains(&remaining)) {
                return Err(InvalidFault::Remaining);
            }
            if fault.delay_ms.is_some_and(|delay_ms| delay_ms > MAX_DELAY_MS) {
                return Err(InvalidFault::Delay);
            }
        }
        self.on = faults;
        Ok(())
    }

    /// The fault that spoils the next answer, used up by one.
    pub fn take_for_answer(&mut self) -> Option<Fault> {
        let index = self.on.iter().position(|fault| fault.kind.spoils() == Spoils::Answer)?;
        Some(self.take(index))
    }

    /// The faults that spoil what follows a message taken, each used up by one.
    pub fn take_for_aftermath(&mut self) -> Aftermath {
        Aftermath(self.take_all(Spoils::Aftermath))
    }

    /// Whether a phone's text loses its webhook, and whether it is taken for a machine's; each used up by one.
    pub fn take_for_text(&mut self) -> (bool, bool) {
        let taken = self.take_all(Spoils::Webhook);
        let is_on = |kind| taken.iter().any(|fault| fault.kind == kind);
        (is_on(FaultKind::LostWebhooks), is_on(FaultKind::MachineMade))
    }

    fn take_all(&mut self, spoils: Spoils) -> Vec<Fault> {
        let mut taken = Vec::new();
        for index in (0..self.on.len()).rev() {
            if self.on[index].kind.spoils() == spoils {
                taken.push(self.take(index));
            }
        }
        taken
    }

    fn take(&mut self, index: usize) -> Fault {
        let fault = self.on[index].clone();
        match &mut self.on[index].remaining {
            Some(1) => drop(self.on.remove(index)),
            Some(remaining) => *remaining -= 1,
            None => {}
        }
        fault
    }
}

#[cfg(test)]
mod tests {
    use super::FaultKind::*;
    use super::*;

    #[test]
    fn faults_are_used_up() {
        let mut faults = Faults::default();
        faults
            .replace(vec![
                Fault::new(LostCallbacks, Some(1)),
                Fault::new(TooManyRequests, Some(2)),
                Fault::new(ErrorProcessed, None),
                Fault::new(DuplicateCallbacks, None),
            ])
            .unwrap();
        let answers: Vec<_> = (0..4).map(|_| faults.take_for_answer().unwrap().kind).collect();
        assert_eq!(answers, [TooManyRequests, TooManyRequests, ErrorProcessed, ErrorProcessed]);
        let after = |faults: &mut Faults| -> Vec<_> {
            faults.take_for_aftermath().0.into_iter().map(|fault| fault.kind).collect()
        };
        assert_eq!(after(&mut faults), [DuplicateCallbacks, LostCallbacks]);
        assert_eq!(after(&mut faults), [DuplicateCallbacks]);
        assert_eq!(faults.list().len(), 2);
        faults.replace(vec![Fault::new(MachineMade, Some(1)), Fault::new(LostWebhooks, Some(2))]).unwrap();
        let texts: Vec<_> = (0..3).map(|_| faults.take_for_text()).collect();
        assert_eq!(texts, [(true, true), (true, false), (false, false)]);
    }

    #[test]
    fn faults_that_make_no_sense() {
        let refuse = |code| Fault { code, ..Fault::new(Refuse, None) };
        let table = [
            (vec![Fault::new(Refuse, None)], InvalidFault::Code),
            (vec![refuse(Some(7))], InvalidFault::Code),
            (vec![Fault::new(TooManyRequests, Some(0))], InvalidFault::Remaining),
            (vec![Fault { delay_ms: Some(1 << 40), ..Fault::new(LateCallbacks, None) }], InvalidFault::Delay),
            (vec![refuse(Some(21610)), refuse(Some(21211))], InvalidFault::Twice),
        ];
        for (faults, error) in table {
            assert_eq!(Faults::default().replace(faults.clone()), Err(error), "{faults:?}");
        }
    }
}
