//! What the carrier does with texts to one of the account's numbers: whether they find their way here.

use super::client::{Client, Credentials};
use super::lenient::entries;
use super::list::{CarrierError, unreadable};

/// A number has one entry; there is no second page.
const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// How a number is set up for incoming texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberSetup {
    /// Where texts go; empty if nowhere.
    pub url: String,
    /// By which method.
    pub method: String,
    /// An application takes the texts instead, whatever the address says.
    pub application: bool,
}

impl Client {
    /// How a number is set up for incoming texts; none if the account has no such number.
    pub async fn number_setup(
        &self,
        credentials: &Credentials,
        number: &str,
    ) -> Result<Option<NumberSetup>, CarrierError> {
        let mut url = self.account_url(credentials, "/IncomingPhoneNumbers.json")?;
        url.query_pairs_mut().append_pair("PhoneNumber", number);
        let answer = self.get(credentials, url, MAX_ANSWER_BYTES).await?;
        let found = entries(&answer.body, "incoming_phone_numbers").map_err(unreadable)?.entries;
        // The filter takes patterns, so the number itself is compared.
        let found = found.iter().find(|entry| entry.text("phone_number").as_deref() == Some(number));
        let text = |name: &str| found.and_then(|entry| entry.text(name)).unwrap_or_default();
        Ok(found.map(|_| NumberSetup {
            url: text("sms_url"),
            method: text("sms_method"),
            application: !text("sms_application_sid").is_empty(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::twilio::testing::{RawServer, Reply, credentials};

    #[tokio::test]
    async fn what_a_number_does_with_texts() {
        let setup = |url: &str, method: &str, application| {
            Some(NumberSetup { url: url.into(), method: method.into(), application })
        };
        let ours = r#"{"phone_number":"+15559870000","sms_url":"https://desk.example/x","sms_method":"POST""#;
        let table = [
            (
                format!("[{ours},\"sms_application_sid\":\"\"}}]"),
                setup("https://desk.example/x", "POST", false),
            ),
            (
                format!("[{ours},\"sms_application_sid\":\"AP1\"}}]"),
                setup("https://desk.example/x", "POST", true),
            ),
            (r#"[{"phone_number":"+15559870000","sms_url":null}]"#.to_owned(), setup("", "", false)),
            (r#"[{"phone_number":"+155598700001","sms_url":"https://other.example"}]"#.to_owned(), None),
            ("[]".to_owned(), None),
        ];
        for (list, expected) in table {
            let body = format!(r#"{{"incoming_phone_numbers":{list}}}"#);
            let server = RawServer::start(Reply::answer(200, &[], &body)).await;
            let found = server.client().number_setup(&credentials(), "+15559870000").await;
            assert_eq!(found, Ok(expected), "{list}");
        }
        for (status, body) in [(401, "{}"), (200, "no JSON"), (200, "{}")] {
            let server = RawServer::start(Reply::answer(status, &[], body)).await;
            assert!(server.client().number_setup(&credentials(), "+15559870000").await.is_err(), "{body}");
        }
    }
}
