//! What the API tells about accounts, messages and pictures.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::message::{Message, PICTURE_TYPE, rfc2822, written};
use crate::{Sandbox, picture};

const PAGE_SIZE: usize = 50;
const MAX_PAGE_SIZE: usize = 1_000;

pub async fn account(
    State(sandbox): State<Sandbox>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    let sid = file.strip_suffix(".json").unwrap_or(&file);
    sandbox.authorize(sid, &headers)?;
    Ok(Json(json!({
        "sid": sid,
        "friendly_name": "Sandbox account",
        "status": "active",
        "type": "Full",
        "owner_account_sid": sid,
        "date_created": rfc2822(0),
        "date_updated": rfc2822(0),
        "uri": format!("/2010-04-01/Accounts/{sid}.json"),
        "subresource_uris": { "messages": format!("/2010-04-01/Accounts/{sid}/Messages.json") },
    })))
}

/// Which numbers to list.
#[derive(Deserialize)]
pub struct NumberFilter {
    #[serde(rename = "PhoneNumber")]
    phone_number: Option<String>,
}

pub async fn numbers(
    State(sandbox): State<Sandbox>,
    Path(account): Path<String>,
    Query(filter): Query<NumberFilter>,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    sandbox.authorize(&account, &headers)?;
    let state = sandbox.state();
    let wanted = |number: &str| filter.phone_number.as_deref().is_none_or(|part| number.contains(part));
    let list: Vec<Value> = state
        .numbers
        .iter()
        .filter(|(number, of)| of.account_sid == account && wanted(number))
        .map(|(number, of)| {
            json!({
                "account_sid": account,
                "phone_number": number,
                "friendly_name": number,
                "sms_url": of.webhook_url,
                "sms_method": "POST",
                "sms_application_sid": "",
                "capabilities": { "sms": true, "mms": true, "voice": false, "fax": false },
            })
        })
        .collect();
    Ok(Json(
        json!({ "incoming_phone_numbers": list, "page": 0, "page_size": PAGE_SIZE, "next_page_uri": null }),
    ))
}

pub async fn message(
    State(sandbox): State<Sandbox>,
    Path((account, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    sandbox.authorize(&account, &headers)?;
    let sid = file.strip_suffix(".json").unwrap_or(&file);
    sandbox.with_message(&account, sid, |message| Json(message.json()))
}

pub async fn media_list(
    State(sandbox): State<Sandbox>,
    Path((account, sid)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    sandbox.authorize(&account, &headers)?;
    sandbox.with_message(&account, &sid, |message| {
        let list: Vec<Value> = message.media.iter().map(|media| media_json(message, media)).collect();
        Json(json!({
            "media_list": list,
            "uri": format!("{}/Media.json", message.path()),
            "page": 0,
            "page_size": PAGE_SIZE,
            "next_page_uri": null,
        }))
    })
}

pub async fn media(
    State(sandbox): State<Sandbox>,
    Path((account, sid, file)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    sandbox.authorize(&account, &headers)?;
    let (media, described) = match file.strip_suffix(".json") {
        Some(media) => (media, true),
        None => (file.as_str(), false),
    };
    sandbox.with_message(&account, &sid, |message| {
        if !message.media.iter().any(|known| known == media) {
            return Err(ApiError::missing(&format!("{}/Media/{media}", message.path())));
        }
        Ok(match described {
            true => Json(media_json(message, media)).into_response(),
            false => ([(header::CONTENT_TYPE, PICTURE_TYPE)], picture::of(media)).into_response(),
        })
    })?
}

fn media_json(message: &Message, media: &str) -> Value {
    json!({
        "sid": media,
        "account_sid": message.account_sid,
        "parent_sid": message.sid,
        "content_type": PICTURE_TYPE,
        "date_created": rfc2822(message.created_ms),
        "date_updated": rfc2822(message.created_ms),
        "uri": format!("{}/Media/{media}.json", message.path()),
    })
}

impl Sandbox {
    fn with_message<T>(
        &self,
        account: &str,
        sid: &str,
        with: impl FnOnce(&Message) -> T,
    ) -> Result<T, ApiError> {
        let state = self.state();
        match state.message(sid).filter(|message| message.account_sid == account) {
            Some(message) => Ok(with(message)),
            None => Err(ApiError::missing(&format!("/2010-04-01/Accounts/{account}/Messages/{sid}.json"))),
        }
    }
}

/// What to list.
struct Filter<'a> {
    to: Option<&'a str>,
    from: Option<&'a str>,
    day: Option<&'a str>,
    until: Option<&'a str>,
    since: Option<&'a str>,
    page_size: usize,
    page: usize,
    /// The last message of the page before.
    after: Option<&'a str>,
}

impl<'a> Filter<'a> {
    fn of(params: &'a [(String, String)]) -> Result<Self, ApiError> {
        let get = |name: &str| params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let number = |name: &str, default: usize| match get(name) {
            None => Ok(default),
            Some(text) => {
                text.parse().map_err(|_| ApiError::bad(20001, format!("{name} must be a whole number")))
            }
        };
        let day = |name: &str| match get(name) {
            None => Ok(None),
            Some(text) => match text.get(..10).filter(|day| day.parse::<jiff::civil::Date>().is_ok()) {
                Some(day) => Ok(Some(day)),
                None => Err(ApiError::bad(20001, format!("{name} must be a date such as 2026-11-22"))),
            },
        };
        Ok(Self {
            to: get("To"),
            from: get("From"),
            day: day("DateSent")?,
            until: day("DateSent<")?,
            since: day("DateSent>")?,
            page_size: number("PageSize", PAGE_SIZE)?.clamp(1, MAX_PAGE_SIZE),
            page: number("Page", 0)?,
            after: get("PageToken").and_then(|token| token.strip_prefix("PA")),
        })
    }

    fn takes(&self, message: &Message) -> bool {
        let same = |wanted: Option<&str>, got: &str| wanted.is_none_or(|wanted| wanted == got);
        if !same(self.to, &message.to) || !same(self.from, &message.from) {
            return false;
        }
        if self.day.is_none() && self.until.is_none() && self.since.is_none() {
            return true;
        }
        // A queued message has no date yet, so no date filter finds it, as at Twilio.
        message.sent_ms.is_some_and(|ms| {
            let sent = written(ms, "%Y-%m-%d");
            same(self.day, &sent)
                && self.until.is_none_or(|until| sent.as_str() <= until)
                && self.since.is_none_or(|since| sent.as_str() >= since)
        })
    }
}

pub async fn list(
    State(sandbox): State<Sandbox>,
    Path(account): Path<String>,
    headers: HeaderMap,
    Query(params): Query<Vec<(String, String)>>,
) -> Result<Json<Value>, ApiError> {
    sandbox.authorize(&account, &headers)?;
    let filter = Filter::of(&params)?;
    let state = sandbox.state();
    let mut found = state
        .messages_of(&account)
        .skip_while(|message| filter.after.is_some_and(|after| message.sid != after))
        .skip(usize::from(filter.after.is_some()))
        .filter(|message| filter.takes(message));
    let page: Vec<&Message> = found.by_ref().take(filter.page_size).collect();
    let last = page.last().filter(|_| found.next().is_some());
    let uri = |page: usize, token: Option<&str>| {
        let mut query = form_urlencoded(&params);
        query.push_str(&format!("PageSize={}&Page={page}", filter.page_size));
        if let Some(token) = token {
            query.push_str(&format!("&PageToken=PA{token}"));
        }
        format!("/2010-04-01/Accounts/{account}/Messages.json?{query}")
    };
    let start = filter.page * filter.page_size;
    Ok(Json(json!({
        "messages": page.iter().map(|message| message.json()).collect::<Vec<_>>(),
        "page": filter.page,
        "page_size": filter.page_size,
        "start": start,
        "end": start + page.len().saturating_sub(1),
        "uri": uri(filter.page, filter.after),
        "first_page_uri": uri(0, None),
        "previous_page_uri": null,
        "next_page_uri": last.map(|message| uri(filter.page + 1, Some(&message.sid))),
    })))
}

/// The filters of a request again, each followed by `&`; paging is added anew for each page.
fn form_urlencoded(params: &[(String, String)]) -> String {
    let encode = |text: &str| {
        text.bytes().fold(String::new(), |mut encoded, byte| {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' => encoded.push(byte.into()),
                _ => encoded.push_str(&format!("%{byte:02X}")),
            }
            encoded
        })
    };
    params
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "PageSize" | "Page" | "PageToken"))
        .map(|(name, value)| format!("{}={}&", encode(name), encode(value)))
        .collect()
}
