//! The texts to one of our numbers, as Twilio lists them: to take in what its webhook never delivered.
//!
//! Guaranteed: a text from the list comes out as the same [`Inbound`] as from the webhook, by the same checks.
//! Not in the list: what Advanced Opt-Out recognized. Twilio filters by whole days of sending (in UTC) and lists
//! the newest first, so pages are fetched only as far back as was asked for.

use super::client::{Client, Credentials, MAX_ANSWER_BYTES, id};
use super::inbound::{self, Inbound, InvalidInbound, MAX_MEDIA, Media};
use super::lenient::entries;
use super::list::{CarrierError, CarrierMessage, Direction, Listing, MAX_PAGE_SIZE, unreadable};

/// The most pages of one listing: 100,000 texts to one number.
const MAX_PAGES: usize = 100;

/// Which texts to list, by the carrier's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Texts that were sent from this instant on, in milliseconds since 1970.
    pub since_ms: i64,
    /// Only those of the same day (UTC): a long time is listed day by day, the oldest first.
    pub one_day: bool,
}

impl Client {
    /// The texts to our number in this window, newest first.
    pub async fn list_inbound(
        &self,
        credentials: &Credentials,
        our_number: &str,
        window: Window,
        page_size: u32,
    ) -> Result<Listing, CarrierError> {
        let day = jiff::Timestamp::from_millisecond(window.since_ms)
            .map_err(|error| CarrierError::NotAllowed(error.to_string()))?
            .strftime("%Y-%m-%d")
            .to_string();
        let mut filter = vec![("To", our_number), ("DateSent>", day.as_str())];
        if window.one_day {
            filter.push(("DateSent<", day.as_str()));
        }
        let page_size = page_size.clamp(1, MAX_PAGE_SIZE);
        // The list tells whole seconds.
        let since_ms = window.since_ms.div_euclid(1_000) * 1_000;
        let is_older = |message: &CarrierMessage| message.date_created_ms.is_some_and(|at| at < since_ms);
        let reaches_back = |page: &[CarrierMessage]| page.last().is_some_and(is_older);
        let mut listing = self.pages(credentials, &filter, page_size, MAX_PAGES, reaches_back).await?;
        listing.messages.retain(|message| message.direction == Direction::Inbound && !is_older(message));
        date_the_undated(&mut listing.messages);
        Ok(listing)
    }

    /// A listed text as the webhook would have brought it; its files are asked for if it has any.
    pub async fn listed_inbound(
        &self,
        credentials: &Credentials,
        listed: &CarrierMessage,
    ) -> Result<Result<Inbound, InvalidInbound>, CarrierError> {
        let media = match listed.num_media {
            0 => Vec::new(),
            _ => self.media_of(credentials, &listed.provider_id).await?,
        };
        let mut params: Vec<(String, String)> = [
            ("MessageSid", listed.provider_id.clone()),
            ("AccountSid", credentials.account_sid.clone()),
            ("From", listed.from.clone()),
            ("To", listed.to.clone()),
            ("Body", listed.body.clone()),
            ("NumMedia", media.len().to_string()),
            ("ErrorCode", listed.error_code.map(|code| code.to_string()).unwrap_or_default()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        for (index, Media { url, content_type }) in media.into_iter().enumerate() {
            params.push((format!("MediaUrl{index}"), url));
            params.push((format!("MediaContentType{index}"), content_type));
        }
        Ok(inbound::parse(&params.as_slice().into()))
    }

    /// The files of a text, under the addresses by which the webhook names them.
    async fn media_of(
        &self,
        credentials: &Credentials,
        provider_id: &str,
    ) -> Result<Vec<Media>, CarrierError> {
        let path = format!("/Messages/{}/Media", id(provider_id)?);
        let list = self.account_url(credentials, &format!("{path}.json"))?;
        let answer = self.get(credentials, list, MAX_ANSWER_BYTES).await?;
        let files = entries(&answer.body, "media_list").map_err(unreadable)?.entries;
        let media = files.iter().filter_map(|file| {
            let sid = file.text("sid")?;
            let url = self.account_url(credentials, &format!("{path}/{}", id(&sid).ok()?)).ok()?;
            Some(Media { url: url.to_string(), content_type: file.text("content_type").unwrap_or_default() })
        });
        Ok(media.take(MAX_MEDIA as usize).collect())
    }
}

/// Gives a text without a readable date that of the next older one, else that of the next newer one: the list is in
/// order, newest first.
fn date_the_undated(texts: &mut [CarrierMessage]) {
    let date = |text: &CarrierMessage| text.date_created_ms.map(|created_ms| (created_ms, text.age_ms));
    for at in 0..texts.len() {
        if texts[at].date_created_ms.is_none() {
            let (newer, older) = texts.split_at(at);
            let neighbour = older.iter().find_map(date).or(newer.iter().rev().find_map(date));
            if let Some((created_ms, age_ms)) = neighbour {
                (texts[at].date_created_ms, texts[at].age_ms) = (Some(created_ms), age_ms);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twilio::testing::{RawServer, Reply, answer, credentials};

    const OURS: &str = "+15559870000";
    /// 17:38:05 on 22 November 2026.
    const NOW_MS: i64 = 1_795_369_085_000;

    fn text(sid: &str, direction: &str, time: &str, more: &str) -> String {
        format!(
            r#"{{"sid":"{sid}","status":"received","direction":"{direction}","from":"+15551230001","to":"{OURS}",
            "body":"Hi","date_created":"Sun, 22 Nov 2026 {time} +0000"{more}}}"#
        )
    }

    fn page(messages: &[String], next: Option<&str>) -> Vec<u8> {
        let next = next.map_or("null".to_owned(), |uri| format!("{uri:?}"));
        let body = format!(r#"{{"messages":[{}],"next_page_uri":{next}}}"#, messages.join(","));
        answer(200, &[("Date", "Sun, 22 Nov 2026 17:38:05 GMT")], body.as_bytes())
    }

    async fn listed(server: &RawServer, since_ms: i64, one_day: bool) -> Listing {
        let window = Window { since_ms, one_day };
        server.client().list_inbound(&credentials(), OURS, window, 5_000).await.unwrap()
    }

    #[tokio::test]
    async fn by_day_and_direction() {
        let texts = [
            text("SM3", "inbound", "17:38:00", r#","error_code":30039"#),
            text("SM2", "outbound-api", "17:37:00", ""),
        ];
        let path = "/2010-04-01/Accounts/AC1/Messages.json?To=%2B15559870000&DateSent%3E=2026-11-22";
        for (one_day, filter) in [(false, ""), (true, "&DateSent%3C=2026-11-22")] {
            let server = RawServer::start(Reply::Script(vec![page(&texts, None)])).await;
            let listing = listed(&server, NOW_MS - 3_600_000, one_day).await;
            assert!(listing.complete);
            assert_eq!((listing.messages.len(), listing.date_ms), (1, Some(NOW_MS)));
            assert!(listing.messages[0].is_automatic());
            assert_eq!(listing.messages[0].age_ms, Some(5_000));
            let line = format!("GET {path}{filter}&PageSize=1000 ");
            assert!(server.requests()[0].starts_with(&line), "{}", server.requests()[0]);
        }
    }

    /// The list may be long; what is older than the window is not fetched.
    #[tokio::test]
    async fn pages_go_as_far_back_as_asked() {
        let next = "/2010-04-01/Accounts/AC1/Messages.json?Page=1";
        let pages = vec![
            page(
                &[text("SM4", "inbound", "17:38:04", ""), text("SM3", "inbound", "17:38:03", "")],
                Some(next),
            ),
            page(
                &[text("SM2", "inbound", "17:38:02", ""), text("SM1", "inbound", "17:38:01", "")],
                Some(next),
            ),
        ];
        // (since, ids, pages)
        let table: [(i64, &[&str], usize); 3] = [
            (NOW_MS - 1_000, &["SM4"], 1),
            (NOW_MS - 2_000, &["SM4", "SM3"], 2),
            (NOW_MS - 2_500, &["SM4", "SM3", "SM2"], 2),
        ];
        for (since_ms, ids, fetched) in table {
            let server = RawServer::start(Reply::Script(pages.clone())).await;
            let listing = listed(&server, since_ms, false).await;
            let got: Vec<_> = listing.messages.iter().map(|text| text.provider_id.as_str()).collect();
            assert_eq!((got, server.requests().len()), (ids.to_vec(), fetched), "since {since_ms}");
            assert!(listing.complete);
        }
    }

    #[tokio::test]
    async fn endless_pages_end() {
        let next = "/2010-04-01/Accounts/AC1/Messages.json?Page=1";
        let endless = page(&[text("SM1", "inbound", "17:38:04", "")], Some(next));
        let server = RawServer::start(Reply::Script(vec![endless])).await;
        let listing = listed(&server, 0, false).await;
        assert_eq!((listing.messages.len(), listing.complete), (MAX_PAGES, false));
    }

    /// A listed text is checked as the webhook's form is; its files have the webhook's addresses.
    #[tokio::test]
    async fn a_listed_text_is_one_from_the_webhook() {
        let listed = CarrierMessage {
            provider_id: "MM1".into(),
            direction: Direction::Inbound,
            from: "+15551230001".into(),
            to: OURS.into(),
            body: "a\0b".into(),
            status: super::super::status::CarrierStatus::Received,
            error_code: Some(30039),
            num_media: 1,
            date_created_ms: None,
            age_ms: None,
        };
        let files = r#"{"media_list":[{"sid":"ME1","content_type":"image/png","parent_sid":"MM1"}]}"#;
        let server = RawServer::start(Reply::answer(200, &[], files)).await;
        let inbound = server.client().listed_inbound(&credentials(), &listed).await.unwrap().unwrap();
        let url = format!("{}/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1", server.base());
        assert_eq!(inbound.media, [Media { url, content_type: "image/png".into() }]);
        assert_eq!((inbound.body.as_str(), inbound.automatic), ("a\u{fffd}b", true));
        assert!(server.requests()[0].starts_with("GET /2010-04-01/Accounts/AC1/Messages/MM1/Media.json "));

        let plain = CarrierMessage { num_media: 0, from: String::new(), ..listed };
        let refused = server.client().listed_inbound(&credentials(), &plain).await.unwrap();
        assert_eq!(refused.unwrap_err().field, "From");
    }

    /// One text that is broken in any way holds up none of its neighbours.
    #[tokio::test]
    async fn a_broken_text_among_others() {
        let good = |sid: &str| text(sid, "inbound", "17:38:00", "");
        let minute_ago = NOW_MS - 60_000;
        // (entry, its id and whether it is listed)
        let table: [(&str, Option<&str>); 12] = [
            (r#"{"sid":"SM2","direction":"inbound","body":"\ud83d"}"#, Some("SM2")),
            (r#"{"sid":"SM2","direction":"inbound"}"#, Some("SM2")),
            (r#"{"sid":"SM2","status":"received","direction":null,"date_created":"yesterday"}"#, Some("SM2")),
            (r#"{"sid":"SM2","direction":"inbound","from":7,"to":null,"num_media":"x"}"#, Some("SM2")),
            (r#"{"sid":"SM2","direction":"inbound","status":["received"],"error_code":{}}"#, Some("SM2")),
            (r#"{"sid":"SM2","direction":"inbound","date_created":0}"#, Some("SM2")),
            (r#"{"sid":null,"direction":"inbound","body":"x"}"#, None),
            (r#"{"direction":"inbound","body":"x"}"#, None),
            (r#"{"sid":"SM2","direction":"inbound","body":nul}"#, None),
            ("null", None),
            ("[]", None),
            ("{}", None),
        ];
        for (entry, id) in table {
            let texts = [good("SM3"), entry.to_owned(), good("SM1")];
            let server = RawServer::start(Reply::Script(vec![page(&texts, None)])).await;
            let listing = listed(&server, minute_ago, false).await;
            let got: Vec<_> = listing.messages.iter().map(|text| text.provider_id.as_str()).collect();
            let expected: Vec<_> = [Some("SM3"), id, Some("SM1")].into_iter().flatten().collect();
            assert_eq!(got, expected, "{entry}");
            assert!(listing.messages.iter().all(|text| text.age_ms == Some(5_000)), "{entry}");
        }
    }
}
