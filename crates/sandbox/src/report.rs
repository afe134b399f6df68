//! What becomes of a message that a business sent: on its way, on the phone, and reported.
//!
//! There is no report of the first status, as at Twilio. Times between the steps are real and short.

use std::time::Duration;

use crate::Sandbox;
use crate::fault::{Aftermath, FaultKind};
use crate::message::{Message, written};
use crate::state::Event;
use crate::webhook::{self, Expects};

const SENT_AFTER: Duration = Duration::from_millis(60);
const DELIVERED_AFTER: Duration = Duration::from_millis(240);
const LATE_BY_MS: u64 = 10_000;
const UNDELIVERED_CODE: u32 = 30003;

impl Sandbox {
    /// Moves a message along in the background and reports to `callback`.
    pub(crate) fn deliver(&self, sid: String, callback: Option<String>, aftermath: Aftermath) {
        let sandbox = self.clone();
        tokio::spawn(async move { sandbox.move_along(&sid, callback.as_deref(), &aftermath).await });
    }

    async fn move_along(&self, sid: &str, callback: Option<&str>, aftermath: &Aftermath) {
        let callback = callback.filter(|_| aftermath.get(FaultKind::LostCallbacks).is_none());
        let late = aftermath
            .get(FaultKind::LateCallbacks)
            .map(|fault| Duration::from_millis(fault.delay_ms.unwrap_or(LATE_BY_MS)));
        let failure =
            aftermath.get(FaultKind::Undelivered).map(|fault| fault.code.unwrap_or(UNDELIVERED_CODE));
        let last = if failure.is_some() { "undelivered" } else { "delivered" };
        let mut held_back = Vec::new();
        for (after, status) in [(SENT_AFTER, "sent"), (DELIVERED_AFTER, last)] {
            tokio::time::sleep(after).await;
            let Some(report) = self.step(sid, status, failure.filter(|_| status == "undelivered")) else {
                // Forgotten meanwhile: nobody asks for it any more.
                return;
            };
            if late.is_none() {
                self.report(callback, &report).await;
            }
            held_back.push(report);
        }
        if let Some(late) = late {
            tokio::time::sleep(late).await;
            for report in &held_back {
                self.report(callback, report).await;
            }
        }
        if aftermath.get(FaultKind::DuplicateCallbacks).is_some() {
            for report in &held_back {
                self.report(callback, report).await;
            }
        }
    }

    /// Gives a message its next status; the report about it.
    fn step(&self, sid: &str, status: &'static str, failure: Option<u32>) -> Option<Report> {
        let now_ms = self.now_ms();
        let report = {
            let mut state = self.state();
            let message = state.message_mut(sid)?;
            message.status = status;
            message.updated_ms = now_ms;
            message.sent_ms.get_or_insert(now_ms);
            message.error_code = failure;
            message.error_message = failure.map(|_| "The sandbox carrier was told not to deliver it");
            let report = Report::of(message, now_ms);
            let token = state.auth_token(&report.account_sid).unwrap_or_default().to_owned();
            Report { token, ..report }
        };
        self.tell(|state| Event::message(state, sid));
        Some(report)
    }

    async fn report(&self, callback: Option<&str>, report: &Report) {
        let Some(url) = callback else { return };
        let Ok(_permit) = self.inner.callbacks.acquire().await else { return };
        let taken =
            webhook::post(&self.inner.http, url, &report.token, &report.params, Expects::Success).await;
        if let Some(error) = taken.error {
            tracing::info!(
                attempts = taken.attempts,
                "the sandbox carrier's status callback failed: {error}"
            );
        }
    }
}

struct Report {
    account_sid: String,
    token: String,
    params: Vec<(String, String)>,
}

impl Report {
    fn of(message: &Message, now_ms: i64) -> Self {
        let mut params: Vec<(&str, String)> = vec![
            ("ApiVersion", "2010-04-01".to_owned()),
            ("MessageStatus", message.status.to_owned()),
            ("SmsSid", message.sid.clone()),
            ("SmsStatus", message.status.to_owned()),
            ("To", message.to.clone()),
            ("From", message.from.clone()),
            ("MessageSid", message.sid.clone()),
            ("AccountSid", message.account_sid.clone()),
        ];
        if message.status == "delivered" {
            params.push(("RawDlrDoneDate", written(now_ms, "%y%m%d%H%M")));
        }
        if let Some(code) = message.error_code {
            params.push(("ErrorCode", code.to_string()));
            params.push(("ErrorMessage", message.error_message.unwrap_or_default().to_owned()));
        }
        Self {
            account_sid: message.account_sid.clone(),
            token: String::new(),
            params: params.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        }
    }
}
