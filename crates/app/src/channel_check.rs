//! Asking the carrier about a number: whether it takes the account's credentials, and where it sends texts.

use ::channels::twilio::client::Credentials;
use ::channels::twilio::list::CarrierError;
use ::channels::twilio::number::NumberSetup;
use domain::channel::Channel;
use domain::id::{ChannelId, OrganizationId};
use store::{Op, Tx, channels as rows};

use crate::App;
use crate::caller::Caller;
use crate::channels::{AllChannels, credentials, open_token};
use crate::error::AppError;
use crate::seal::SecretKey;

/// What the carrier said about an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountSeen {
    /// It knows the account and takes the token; the account is in use.
    Active,
    /// It takes the token, but the account is suspended or closed.
    NotActive,
    /// It does not take the account SID and the token.
    Refused,
    /// It cannot be reached, or its answer says nothing of the account.
    Unknown,
}

impl AccountSeen {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Active, Self::NotActive, Self::Refused, Self::Unknown];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::NotActive => "not_active",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }
}

/// What was seen when the carrier was asked about a channel's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountCheck {
    /// In one word.
    pub seen: AccountSeen,
    /// In a sentence.
    pub sentence: String,
    /// Where it sends texts to the number; none if it tells nothing of the account.
    pub webhook: Option<WebhookCheck>,
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

fn sentence(error: &CarrierError) -> String {
    let words = error.to_string();
    let mut characters = words.chars();
    characters
        .next()
        .map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), characters.as_str()))
}

struct ChannelCredentials {
    secrets: SecretKey,
    organization_id: OrganizationId,
    id: ChannelId,
}

impl Op for ChannelCredentials {
    type Out = (Channel, Credentials);
    type Error = AppError;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, AppError> {
        let found = rows::get(tx, self.organization_id, self.id).await?;
        let channel = found.ok_or(AppError::NotFound("channel"))?;
        let credentials = credentials(tx, &self.secrets, &channel).await?;
        Ok((channel, credentials))
    }
}

impl App {
    /// Asks the carrier about the account of every active channel: what is wrong, in a sentence, where it does
    /// not answer as it should.
    pub async fn channels_check(&self) -> Result<Vec<(Channel, Result<(), String>)>, AppError> {
        let mut found = Vec::new();
        for (channel, sealed) in self.read(AllChannels).await? {
            if !channel.active {
                continue;
            }
            let answer = match open_token(self.secrets(), &channel, &sealed) {
                Ok(auth_token) => {
                    let account_sid = channel.account_sid.clone();
                    let asked = self.carrier().check_account(&Credentials { account_sid, auth_token }).await;
                    asked.map(|_| ()).map_err(|error| error.to_string())
                }
                Err(error) => Err(error.log_text()),
            };
            found.push((channel, answer));
        }
        Ok(found)
    }

    /// Asks the carrier now about the account of one channel, and where it sends texts to the number, and says what
    /// was seen.
    pub async fn channel_check(&self, caller: &Caller, id: ChannelId) -> Result<AccountCheck, AppError> {
        caller.require_system_admin()?;
        let secrets = self.secrets().clone();
        let organization_id = caller.organization_id;
        let (channel, credentials) = self.read(ChannelCredentials { secrets, organization_id, id }).await?;
        let asked = self.carrier().check_account(&credentials).await;
        let webhook = match asked {
            Ok(_) => {
                let setup = self.carrier().number_setup(&credentials, channel.number.as_str()).await;
                Some(webhook_check(setup, &self.channel_webhook_url()))
            }
            Err(_) => None,
        };
        let (seen, sentence) = match asked {
            Ok(account) if account.status == "active" => {
                let name = account.friendly_name;
                (
                    AccountSeen::Active,
                    format!("The carrier knows this account as {name:?}, and it is active."),
                )
            }
            Ok(account) => (
                AccountSeen::NotActive,
                format!("The carrier knows this account, but it is {}: it sends nothing.", account.status),
            ),
            Err(
                error @ (CarrierError::Unauthorized | CarrierError::NotFound | CarrierError::Refused { .. }),
            ) => (AccountSeen::Refused, sentence(&error)),
            Err(error) => (AccountSeen::Unknown, sentence(&error)),
        };
        Ok(AccountCheck { seen, sentence, webhook })
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
}
