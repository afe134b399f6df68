//! How a number does: what went over it lately, and whether the carrier sends its texts here.

use std::collections::HashMap;

use ::channels::twilio::list::CarrierError;
use ::channels::twilio::number::NumberSetup;
use domain::delivery::DeliveryStatus;
use domain::id::{ChannelId, OrganizationId};
use domain::time::Instant;
use store::traffic::Passed;
use store::{Op, Tx};

use crate::App;
use crate::caller::Caller;
use crate::error::AppError;

/// How many of the organization's newest texts are looked through.
pub const LOOK_THROUGH: u32 = 1_000;

/// What went over a number, as far as it is among the organization's newest texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// When the newest text came in.
    pub last_in_at: Option<Instant>,
    /// When the newest one was written that the carrier took.
    pub last_out_at: Option<Instant>,
    /// When the newest one was written that failed or is unconfirmed, and why.
    pub last_failure: Option<(Instant, String)>,
}

impl Traffic {
    /// Takes in a text that is older than all so far.
    fn note(&mut self, passed: Passed) {
        let Passed { at, delivery, error, .. } = passed;
        match delivery {
            None => drop(self.last_in_at.get_or_insert(at)),
            Some(DeliveryStatus::Sent | DeliveryStatus::Delivered) => {
                self.last_out_at.get_or_insert(at);
            }
            Some(status) if status.needs_a_look() => {
                self.last_failure.get_or_insert((at, error.unwrap_or_default()));
            }
            Some(_) => {}
        }
    }
}

/// Where the carrier sends texts to a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookSeen {
    /// To this desk.
    Here,
    /// To this desk, but so that a text can be lost.
    HereAtRisk,
    /// Somewhere else.
    Elsewhere,
    /// Nowhere.
    Nowhere,
    /// The account has no such number.
    NoSuchNumber,
    /// It cannot be asked.
    Unknown,
}

impl WebhookSeen {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Here, Self::HereAtRisk, Self::Elsewhere, Self::Nowhere, Self::NoSuchNumber, Self::Unknown];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Here => "here",
            Self::HereAtRisk => "here_at_risk",
            Self::Elsewhere => "elsewhere",
            Self::Nowhere => "nowhere",
            Self::NoSuchNumber => "no_such_number",
            Self::Unknown => "unknown",
        }
    }
}

/// What was seen when the carrier was asked where it sends texts to a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookCheck {
    /// In one word.
    pub seen: WebhookSeen,
    /// In a sentence.
    pub sentence: String,
}

/// What a number's setup means, if `ours` is the address that it should have.
pub(crate) fn webhook_check(setup: Result<Option<NumberSetup>, CarrierError>, ours: &str) -> WebhookCheck {
    let said = |seen, sentence: &str| WebhookCheck { seen, sentence: sentence.to_owned() };
    let setup = match setup {
        Ok(Some(setup)) => setup,
        Ok(None) => return said(WebhookSeen::NoSuchNumber, "The account has no such number."),
        Err(error) => {
            let sentence = format!("The carrier could not be asked where it sends texts: {error}.");
            return WebhookCheck { seen: WebhookSeen::Unknown, sentence };
        }
    };
    let without_retries = |url: &str| url.split('#').next().unwrap_or_default().to_owned();
    if setup.application {
        said(WebhookSeen::Elsewhere, "An application of the account takes the texts to this number.")
    } else if setup.url.is_empty() {
        said(WebhookSeen::Nowhere, "No address is set at the carrier for texts to this number.")
    } else if without_retries(&setup.url) != without_retries(ours) {
        said(WebhookSeen::Elsewhere, "The carrier sends texts to this number to another address.")
    } else if setup.method != "POST" {
        said(WebhookSeen::Elsewhere, "The carrier sends texts here by a method other than HTTP POST.")
    } else if setup.url != ours {
        said(
            WebhookSeen::HereAtRisk,
            "The carrier sends texts here, but the part of the address after # is missing or another: a text that comes while the desk restarts may be late.",
        )
    } else {
        said(WebhookSeen::Here, "The carrier sends texts here.")
    }
}

struct ReadTraffic {
    organization_id: OrganizationId,
}

impl Op for ReadTraffic {
    type Out = HashMap<ChannelId, Traffic>;
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, AppError> {
        let mut found: HashMap<ChannelId, Traffic> = HashMap::new();
        for passed in store::traffic::newest(tx, self.organization_id, LOOK_THROUGH).await? {
            found.entry(passed.channel_id).or_default().note(passed);
        }
        Ok(found)
    }
}

impl App {
    /// What went over the organization's numbers lately; a number over which nothing did is left out.
    pub async fn channels_traffic(&self, caller: &Caller) -> Result<HashMap<ChannelId, Traffic>, AppError> {
        caller.require_system_admin()?;
        self.read(ReadTraffic { organization_id: caller.organization_id }).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_setup_means() {
        let ours = "https://desk.example/webhooks/twilio/messages#rc=5&rp=all";
        let plain = "https://desk.example/webhooks/twilio/messages";
        let setup = |url: &str, method: &str, application| {
            Ok(Some(NumberSetup { url: url.into(), method: method.into(), application }))
        };
        let table = [
            (setup(ours, "POST", false), WebhookSeen::Here),
            (setup(plain, "POST", false), WebhookSeen::HereAtRisk),
            (setup(ours, "GET", false), WebhookSeen::Elsewhere),
            (setup("https://demo.twilio.com/welcome/sms/reply/", "POST", false), WebhookSeen::Elsewhere),
            (setup(ours, "POST", true), WebhookSeen::Elsewhere),
            (setup("", "POST", false), WebhookSeen::Nowhere),
            (Ok(None), WebhookSeen::NoSuchNumber),
            (Err(CarrierError::Unauthorized), WebhookSeen::Unknown),
        ];
        for (setup, seen) in table {
            assert_eq!(webhook_check(setup.clone(), ours).seen, seen, "{setup:?}");
        }
    }

    #[test]
    fn the_newest_of_each_kind_counts() {
        let mut traffic = Traffic::default();
        let at = Instant::from_ms;
        let texts = [
            (9, Some(DeliveryStatus::Queued), None),
            (8, None, None),
            (7, Some(DeliveryStatus::Failed), Some("Unknown.")),
            (6, Some(DeliveryStatus::Delivered), None),
            (5, None, None),
            (4, Some(DeliveryStatus::Unconfirmed), Some("Lost.")),
            (3, Some(DeliveryStatus::Sent), None),
        ];
        for (ms, delivery, error) in texts {
            let channel_id = ChannelId(uuid::Uuid::nil());
            traffic.note(Passed { channel_id, at: at(ms), delivery, error: error.map(str::to_owned) });
        }
        let expected = Traffic {
            last_in_at: Some(at(8)),
            last_out_at: Some(at(6)),
            last_failure: Some((at(7), "Unknown.".to_owned())),
        };
        assert_eq!(traffic, expected);
    }
}
