//! Fetching a file that a customer sent, for the proxy through which operators see it.
//!
//! Guaranteed: the credentials go only to the configured API, and only to a media address of their own account;
//! one redirect is followed, without credentials, to the carrier's documented content hosts; at most 5 MB are
//! read; a type that a browser could run becomes `application/octet-stream` (V1.3.6, V5.2.1, V15.3.2).

use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Method, Response, Url};

use super::answer::retry_after_ms;
use super::client::{API_VERSION, Client, Credentials, describe, id, is_loopback, read_bounded};
use super::list::{CarrierError, refused};

/// The largest file; Twilio's own limit for all files of a message together.
pub const MAX_MEDIA_BYTES: usize = 5 * 1024 * 1024;
/// What a file is called whose type is not on the list.
pub const UNKNOWN_TYPE: &str = "application/octet-stream";
/// Where Twilio keeps files, besides hosts below `twilio.com`.
const CONTENT_HOSTS: [&str; 2] = ["mms.twiliocdn.com", "media.twiliocdn.com"];

/// A file that a customer sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaFile {
    /// A type that is safe to name to a browser together with `nosniff`.
    pub content_type: String,
    /// The file.
    pub bytes: Vec<u8>,
}

impl Client {
    /// Fetches a file by the address that came with its message.
    pub async fn media(&self, credentials: &Credentials, url: &str) -> Result<MediaFile, CarrierError> {
        let url = self.media_url(credentials, url)?;
        let request = self.request(Method::GET, url, credentials);
        let mut response =
            request.send().await.map_err(|error| CarrierError::Unreachable(describe(error)))?;
        if response.status().is_redirection() {
            let target = self.redirect_target(&response)?;
            let request = self.anonymous(target);
            response = request.send().await.map_err(|error| CarrierError::Unreachable(describe(error)))?;
        }
        let status = response.status().as_u16();
        if status != 200 {
            return Err(refused(status, retry_after_ms(response.headers()), b""));
        }
        let named = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let content_type = shown_type(named);
        let bytes = read_bounded(response, MAX_MEDIA_BYTES).await?;
        Ok(MediaFile { content_type, bytes })
    }

    /// `url` if it is a media address of this account at the configured API: the credentials go there.
    fn media_url(&self, credentials: &Credentials, url: &str) -> Result<Url, CarrierError> {
        let not_allowed =
            || CarrierError::NotAllowed("it is not a file of this account at the carrier".to_owned());
        let url = Url::parse(url).map_err(|_| not_allowed())?;
        let sid = id(&credentials.account_sid)?;
        let base_path = self.base().path().trim_end_matches('/');
        let steps: Vec<&str> = url
            .path()
            .strip_prefix(base_path)
            .and_then(|path| path.strip_prefix(API_VERSION))
            .map(|path| path.split('/').collect())
            .unwrap_or_default();
        let is_media = matches!(steps[..], ["", "Accounts", account, "Messages", message, "Media", media]
            if account == sid && id(message).is_ok() && id(media).is_ok());
        let is_ours = url.origin() == self.base().origin()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none();
        if is_media && is_ours { Ok(url) } else { Err(not_allowed()) }
    }

    fn redirect_target(&self, response: &Response) -> Result<Url, CarrierError> {
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or("");
        let not_allowed = || CarrierError::NotAllowed("the carrier refers to an unknown host".to_owned());
        let target = response.url().join(location).map_err(|_| not_allowed())?;
        // A carrier on this machine keeps its files itself: whatever else listens here is none of its business.
        let is_own = is_loopback(self.base()) && target.origin() == self.base().origin();
        let allowed = is_content_host(&target) || is_own;
        if allowed { Ok(target) } else { Err(not_allowed()) }
    }
}

fn is_content_host(url: &Url) -> bool {
    let host = url.host_str().unwrap_or("");
    url.scheme() == "https"
        && url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && (CONTENT_HOSTS.contains(&host) || host.ends_with(".twilio.com"))
}

/// The type under which a file may be shown. Everything that a browser could run, and a drawing that can hold
/// a script, is a download.
fn shown_type(named: &str) -> String {
    let bare = named.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    let well_formed = bare.split_once('/').is_some_and(|(kind, name)| {
        let token = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-+._".contains(&b))
        };
        token(kind) && token(name)
    });
    let kind = bare.split('/').next().unwrap_or("");
    let shown = match bare.as_str() {
        "image/svg+xml" => false,
        "application/pdf" | "text/vcard" => true,
        _ => matches!(kind, "image" | "audio" | "video") && !bare.contains("xml"),
    };
    if well_formed && shown { bare } else { UNKNOWN_TYPE.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twilio::testing::{RawServer, Reply, answer, credentials};

    const PATH: &str = "/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1";

    #[test]
    fn which_types_are_shown() {
        let table = [
            ("image/jpeg", "image/jpeg"),
            ("IMAGE/PNG; charset=x", "image/png"),
            ("audio/amr", "audio/amr"),
            ("video/3gpp", "video/3gpp"),
            ("application/pdf", "application/pdf"),
            ("text/vcard", "text/vcard"),
            ("image/svg+xml", UNKNOWN_TYPE),
            ("text/html", UNKNOWN_TYPE),
            ("text/xml", UNKNOWN_TYPE),
            ("application/javascript", UNKNOWN_TYPE),
            ("image/", UNKNOWN_TYPE),
            ("image/png\"x", UNKNOWN_TYPE),
            ("image", UNKNOWN_TYPE),
            ("", UNKNOWN_TYPE),
        ];
        for (named, shown) in table {
            assert_eq!(shown_type(named), shown, "{named}");
        }
    }

    #[test]
    fn which_addresses_get_the_credentials() {
        let client = Client::new("https://api.twilio.com").unwrap();
        let good = format!("https://api.twilio.com{PATH}");
        let table = [
            (good.clone(), true),
            (format!("{good}?x=1"), false),
            (good.replace("https", "http"), false),
            (good.replace("api.twilio.com", "api.twilio.com.evil.example"), false),
            (good.replace("api.twilio.com", "evil.twilio.com"), false),
            (good.replace("api.twilio.com", "api.twilio.com:444"), false),
            (good.replace("api.twilio.com", "user:pw@api.twilio.com"), false),
            (good.replace("AC1", "AC2"), false),
            (good.replace("/Media/ME1", ""), false),
            (good.replace("ME1", "ME1.json"), false),
            (good.replace("ME1", "..%2f..%2fx"), false),
            (good.replace("MM1", ".."), false),
            ("https://api.twilio.com/2010-04-01/Accounts/AC1.json".into(), false),
            ("file:///etc/passwd".into(), false),
            ("".into(), false),
        ];
        for (url, allowed) in table {
            assert_eq!(client.media_url(&credentials(), &url).is_ok(), allowed, "{url}");
        }
    }

    #[test]
    fn which_hosts_may_be_referred_to() {
        let table = [
            ("https://mms.twiliocdn.com/AC1/x", true),
            ("https://media.twiliocdn.com/AC1/x", true),
            ("https://mcs.us1.twilio.com/v1/x", true),
            ("http://mms.twiliocdn.com/AC1/x", false),
            ("https://evil.twiliocdn.com/x", false),
            ("https://mms.twiliocdn.com.evil.example/x", false),
            ("https://eviltwilio.com/x", false),
            ("https://169.254.169.254/latest", false),
            ("https://user@mms.twiliocdn.com/x", false),
            ("https://mms.twiliocdn.com:8443/x", false),
        ];
        for (url, allowed) in table {
            assert_eq!(is_content_host(&Url::parse(url).unwrap()), allowed, "{url}");
        }
    }

    #[tokio::test]
    async fn files_are_fetched_with_credentials() {
        let server = RawServer::start(Reply::answer(200, &[("content-type", "image/png")], "PNG")).await;
        let file = server.client().media(&credentials(), &format!("{}{PATH}", server.base())).await.unwrap();
        assert_eq!(file, MediaFile { content_type: "image/png".into(), bytes: b"PNG".to_vec() });
        assert!(server.requests()[0].to_ascii_lowercase().contains("authorization: basic"));
    }

    /// The credentials stay behind when the carrier refers to its content host.
    #[tokio::test]
    async fn a_redirect_is_followed_once_and_anonymously() {
        let reply = Reply::Script(vec![
            answer(307, &[("location", "/file")], b""),
            answer(200, &[("content-type", "image/gif")], b"GIF"),
        ]);
        let server = RawServer::start(reply).await;
        let url = format!("{}{PATH}", server.base());
        let file = server.client().media(&credentials(), &url).await.unwrap();
        assert_eq!(file.content_type, "image/gif");
        assert!(!server.requests()[1].to_ascii_lowercase().contains("authorization"));

        let neighbour = RawServer::start(Reply::answer(200, &[("content-type", "image/gif")], "GIF")).await;
        let neighbours = format!("{}/file", neighbour.base());
        for location in
            [&neighbours, "https://evil.example.com/x", "http://10.0.0.1/x", "ftp://127.0.0.1/x\u{7f}", ""]
        {
            let reply = Reply::Script(vec![
                answer(307, &[("location", location)], b""),
                answer(307, &[("location", location)], b""),
            ]);
            let server = RawServer::start(reply).await;
            let url = format!("{}{PATH}", server.base());
            assert!(server.client().media(&credentials(), &url).await.is_err(), "{location}");
            assert!(server.requests().len() <= 2);
        }
    }

    #[tokio::test]
    async fn large_and_missing_files_are_refused() {
        let large = "x".repeat(MAX_MEDIA_BYTES + 1);
        let table = [
            (Reply::answer(200, &[("content-type", "image/png")], &large), "Unreadable"),
            (Reply::answer(404, &[], ""), "NotFound"),
            (Reply::answer(401, &[], ""), "Unauthorized"),
            (Reply::answer(503, &[], ""), "Unreachable"),
        ];
        for (reply, expected) in table {
            let server = RawServer::start(reply).await;
            let client = Client::new(&server.base()).unwrap();
            let error = client.media(&credentials(), &format!("{}{PATH}", server.base())).await.unwrap_err();
            assert!(format!("{error:?}").starts_with(expected), "{expected}: {error:?}");
        }
    }
}
