//! Asking Twilio what it has: to find a message whose answer was lost; `list_inbound` finds those that never
//! reached us.
//!
//! Guaranteed: bounded pages of bounded size; a further page is fetched from the configured address only. Not
//! guaranteed: that a message just accepted is listed already, as Twilio states nothing about it. Twilio's date
//! filter looks at the day of sending, which a queued message does not have: never use it to find one.

use reqwest::header::{DATE, HeaderMap};
use reqwest::{Method, Url};

use super::answer::{Refusal, retry_after_ms};
use super::client::{Client, Credentials, MAX_ANSWER_BYTES, NotAnId, ReadError, describe, read_bounded};
use super::form::known_id;
use super::inbound::MACHINE_MADE;
use super::lenient::{Entries, Fields, entries};
use super::status::CarrierStatus;

/// The most pages of one look-up.
const MAX_PAGES: usize = 20;
/// The most messages that Twilio puts on a page.
pub(super) const MAX_PAGE_SIZE: u32 = 1_000;
/// Room for one message on a page: 1,600 characters, escaped, and its other fields.
const MAX_MESSAGE_BYTES: usize = 16 * 1024;

/// A message as the carrier has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarrierMessage {
    /// Twilio's `MessageSid`, or what stands for an odd one.
    pub provider_id: String,
    /// Which way it went.
    pub direction: Direction,
    /// The sender; empty while a messaging service has not chosen one.
    pub from: String,
    /// The recipient.
    pub to: String,
    /// The text.
    pub body: String,
    /// How far it has come.
    pub status: CarrierStatus,
    /// Why it failed.
    pub error_code: Option<u32>,
    /// How many files are attached.
    pub num_media: u32,
    /// When the carrier created it, to the second, in milliseconds since 1970, if it says.
    pub date_created_ms: Option<i64>,
    /// How old it was when the carrier listed it, by the carrier's own clock (its `Date` header), in
    /// milliseconds; none if the carrier did not say.
    pub age_ms: Option<i64>,
}

impl CarrierMessage {
    /// Whether the carrier judged an inbound message to be made by a machine: it gets no automatic reply (R1).
    pub fn is_automatic(&self) -> bool {
        self.error_code == Some(MACHINE_MADE)
    }
}

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From a customer.
    Inbound,
    /// From us, by the API.
    Outbound,
    /// From the carrier itself in answer to a keyword, or from a webhook's answer.
    OutboundReply,
}

/// What a look-up with a bounded number of pages found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The messages, newest first.
    pub messages: Vec<CarrierMessage>,
    /// Whether that was everything; `false` if there were more pages than are fetched at once.
    pub complete: bool,
    /// When the carrier answered, by its own clock (its `Date` header), in milliseconds since 1970: what is not
    /// listed here it took later.
    pub date_ms: Option<i64>,
}

/// An account as the carrier describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountInfo {
    /// Its name at the carrier.
    pub friendly_name: String,
    /// `active`, `suspended` or `closed`.
    pub status: String,
}

/// Why the carrier's answer to a question is not at hand. Asking again is always safe.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CarrierError {
    /// No answer, or a broken one.
    #[error("the carrier cannot be reached: {0}")]
    Unreachable(String),
    /// Too many requests at once.
    #[error("the carrier asks for fewer requests")]
    TooManyRequests {
        /// How long it asks us to wait.
        retry_after_ms: Option<u64>,
    },
    /// The credentials are not accepted.
    #[error("the carrier does not accept the account SID and auth token")]
    Unauthorized,
    /// There is no such thing.
    #[error("the carrier does not know it")]
    NotFound,
    /// Another refusal.
    #[error("the carrier refused with HTTP status {http_status}: {message}")]
    Refused {
        /// The HTTP status.
        http_status: u16,
        /// Twilio's number for the reason.
        code: Option<u32>,
        /// The carrier's own words.
        message: String,
    },
    /// The answer makes no sense.
    #[error("the carrier's answer cannot be read: {0}")]
    Unreadable(String),
    /// We decline to fetch it.
    #[error("this address is not fetched: {0}")]
    NotAllowed(String),
}

impl From<NotAnId> for CarrierError {
    fn from(_: NotAnId) -> Self {
        Self::NotAllowed("an id has letters and digits only".to_owned())
    }
}

impl Client {
    /// The newest messages to `to`, of whatever sender and day, newest first: to find one whose answer was lost.
    pub async fn list_to(
        &self,
        credentials: &Credentials,
        to: &str,
        page_size: u32,
    ) -> Result<Vec<CarrierMessage>, CarrierError> {
        let filter = [("To", to)];
        Ok(self.pages(credentials, &filter, page_size, MAX_PAGES, |_| false).await?.messages)
    }

    /// The account itself: shows that address and credentials are right.
    pub async fn check_account(&self, credentials: &Credentials) -> Result<AccountInfo, CarrierError> {
        #[derive(serde::Deserialize)]
        struct Wire {
            sid: String,
            #[serde(default)]
            friendly_name: String,
            #[serde(default)]
            status: String,
        }
        let answer = self.get(credentials, self.account_url(credentials, ".json")?, MAX_ANSWER_BYTES).await?;
        let account: Wire = parse(&answer.body)?;
        if account.sid != credentials.account_sid {
            return Err(CarrierError::Unreadable("it is about another account".to_owned()));
        }
        Ok(AccountInfo { friendly_name: account.friendly_name, status: account.status })
    }

    /// Pages of messages, newest first, until there are no more or the newest page is `enough`.
    pub(super) async fn pages(
        &self,
        credentials: &Credentials,
        filter: &[(&str, &str)],
        page_size: u32,
        max_pages: usize,
        enough: impl Fn(&[CarrierMessage]) -> bool,
    ) -> Result<Listing, CarrierError> {
        let page_size = page_size.clamp(1, MAX_PAGE_SIZE);
        let mut url = self.account_url(credentials, "/Messages.json")?;
        url.query_pairs_mut().extend_pairs(filter).append_pair("PageSize", &page_size.to_string());
        let limit = MAX_ANSWER_BYTES + page_size as usize * MAX_MESSAGE_BYTES;
        let mut listing = Listing { messages: Vec::new(), complete: true, date_ms: None };
        for number in 0..max_pages {
            let answer = self.get(credentials, url, limit).await?;
            if number == 0 {
                listing.date_ms = answer.date_ms;
            }
            let Entries { entries, next_page_uri } = entries(&answer.body, "messages").map_err(unreadable)?;
            let start = listing.messages.len();
            let read = entries.iter().filter_map(|entry| message(entry, answer.date_ms));
            listing.messages.extend(read);
            let next = next_page_uri.filter(|uri| !uri.is_empty());
            match next {
                Some(next) if !enough(&listing.messages[start..]) => {
                    url = self.next_page(credentials, &next)?
                }
                _ => return Ok(listing),
            }
        }
        Ok(Listing { complete: false, ..listing })
    }

    /// The address of a further page. The credentials go there, so it has to be the same account's list.
    fn next_page(&self, credentials: &Credentials, uri: &str) -> Result<Url, CarrierError> {
        let list = self.account_url(credentials, "/Messages.json")?;
        let next = match uri.strip_prefix('/') {
            Some(_) => self.at(uri),
            None => Url::parse(uri).map_err(|error| CarrierError::Unreadable(error.to_string()))?,
        };
        if next.origin() != list.origin() || next.path() != list.path() {
            return Err(CarrierError::NotAllowed("the next page lies elsewhere".to_owned()));
        }
        Ok(next)
    }

    pub(super) async fn get(
        &self,
        credentials: &Credentials,
        url: Url,
        limit: usize,
    ) -> Result<Answer, CarrierError> {
        let request = self.request(Method::GET, url, credentials);
        let response = request.send().await.map_err(|error| CarrierError::Unreachable(describe(error)))?;
        let status = response.status().as_u16();
        let retry_after_ms = retry_after_ms(response.headers());
        let date_ms = date_ms(response.headers());
        let body = read_bounded(response, limit).await;
        if status == 200 {
            return Ok(Answer { body: body?, date_ms });
        }
        Err(refused(status, retry_after_ms, &body.unwrap_or_default()))
    }
}

/// What the carrier answered, and when by its own clock.
pub(super) struct Answer {
    pub body: Vec<u8>,
    date_ms: Option<i64>,
}

fn date_ms(headers: &HeaderMap) -> Option<i64> {
    let date = headers.get(DATE)?.to_str().ok()?;
    Some(jiff::fmt::rfc2822::parse(date).ok()?.timestamp().as_millisecond())
}

impl From<ReadError> for CarrierError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::TooLarge => Self::Unreadable("it is too large".to_owned()),
            ReadError::Broken(why) => Self::Unreachable(why),
        }
    }
}

/// What an HTTP status other than success means for a question.
pub(super) fn refused(http_status: u16, retry_after_ms: Option<u64>, body: &[u8]) -> CarrierError {
    match http_status {
        401 | 403 => CarrierError::Unauthorized,
        404 => CarrierError::NotFound,
        429 => CarrierError::TooManyRequests { retry_after_ms },
        500..=599 => CarrierError::Unreachable(format!("it answered with HTTP status {http_status}")),
        _ => {
            let Refusal { code, message } = Refusal::read(http_status, body);
            CarrierError::Refused { http_status, code, message }
        }
    }
}

pub(super) fn parse<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, CarrierError> {
    serde_json::from_slice(body).map_err(unreadable)
}

pub(super) fn unreadable(error: serde_json::Error) -> CarrierError {
    CarrierError::Unreadable(error.to_string())
}

/// A listed message, whatever is the matter with it; one without an id cannot be told from others, and is left out.
fn message(entry: &Fields, date_ms: Option<i64>) -> Option<CarrierMessage> {
    let sid = entry.text("sid").filter(|sid| !sid.is_empty());
    if sid.is_none() {
        tracing::error!("a message of the carrier's list has no id and is left out");
    }
    // What is new to us must not hide the message: whether it exists is the question here.
    let status = entry.text("status").as_deref().and_then(CarrierStatus::from_name);
    let direction = match entry.text("direction").as_deref() {
        Some("inbound") => Direction::Inbound,
        Some("outbound-reply") => Direction::OutboundReply,
        Some(direction) if direction.starts_with("outbound") => Direction::Outbound,
        _ if matches!(status, Some(CarrierStatus::Received | CarrierStatus::Receiving)) => Direction::Inbound,
        _ => Direction::Outbound,
    };
    let date_created_ms = ["date_created", "date_sent"].iter().find_map(|name| {
        let at = jiff::fmt::rfc2822::parse(&entry.text(name)?).ok()?;
        Some(at.timestamp().as_millisecond())
    });
    Some(CarrierMessage {
        direction,
        status: status.unwrap_or(CarrierStatus::Accepted),
        date_created_ms,
        age_ms: date_ms.zip(date_created_ms).map(|(now, created)| now - created),
        from: entry.text("from").unwrap_or_default(),
        to: entry.text("to").unwrap_or_default(),
        body: entry.text("body").unwrap_or_default(),
        error_code: entry.number("error_code"),
        num_media: entry.number("num_media").unwrap_or(0),
        provider_id: known_id(&sid?),
    })
}

#[cfg(test)]
mod tests;
