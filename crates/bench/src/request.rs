//! Signed inbound webhooks, as Twilio posts them: built before the clock starts, so that the driver only writes
//! bytes while it measures.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// The account that the bench pretends to be.
pub const ACCOUNT_SID: &str = "ACbe0cbe0cbe0cbe0cbe0cbe0cbe0cbe0c";
/// Its secret.
pub const AUTH_TOKEN: &str = "bench-auth-token-of-thirty-two-ch";
/// The organization's number.
pub const NUMBER: &str = "+15005550006";
/// Where the messages go.
pub const PATH: &str = "/webhooks/twilio/messages";

/// Who sends the messages of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Senders {
    /// Every message comes from a number never seen before.
    New,
    /// Ten thousand numbers take turns.
    Repeating,
    /// Always the same number.
    First,
    /// So many customers, who have been waiting for an answer, all over the database.
    Waiting(u64),
}

/// How many numbers take turns.
pub const REPEATING_SENDERS: u64 = 10_000;

impl Senders {
    /// For a table.
    pub fn words(self) -> String {
        match self {
            Senders::New => "all new".to_owned(),
            Senders::Repeating => "10,000".to_owned(),
            Senders::First => "one".to_owned(),
            Senders::Waiting(many) => format!("{many} waiting"),
        }
    }

    /// The same in a database with so many waiting customers.
    pub fn within(self, customers: u64) -> Senders {
        match self {
            Senders::Waiting(many) => Senders::Waiting(many.min(customers)),
            other => other,
        }
    }

    fn number(self, n: u64) -> String {
        match self {
            Senders::New => format!("+1415{n:07}"),
            Senders::Repeating => format!("+1212{:07}", n % REPEATING_SENDERS),
            Senders::First => "+12129999999".to_owned(),
            // A prime, so that one message after the other lands elsewhere.
            Senders::Waiting(many) => format!("+1212{:07}", 1 + n * 15_485_863 % (many - 1)),
        }
    }
}

/// Builds requests, none of them twice.
pub struct Mint {
    authority: String,
    url: String,
    issued: u64,
}

impl Mint {
    /// Requests for the server at `authority` (`127.0.0.1:PORT`), which is its public address too.
    /// Carriers' ids begin at `first`, which several mints for one database keep apart.
    pub fn new(authority: &str, first: u64) -> Mint {
        Mint { authority: authority.to_owned(), url: format!("http://{authority}{PATH}"), issued: first }
    }

    /// The next `count` requests, each the whole text of an HTTP/1.1 request.
    pub fn batch(&mut self, senders: Senders, count: usize) -> Vec<Box<[u8]>> {
        (0..count).map(|_| self.next(senders)).collect()
    }

    fn next(&mut self, senders: Senders) -> Box<[u8]> {
        let n = self.issued;
        self.issued += 1;
        let sid = format!("SMbe0c{n:028x}");
        let from = senders.number(n);
        let text = format!("Hello, this is message {n}: is my order ready to be picked up this afternoon?");
        // In the order of their names, which is the order in which they are signed.
        let fields: [(&str, &str); 19] = [
            ("AccountSid", ACCOUNT_SID),
            ("ApiVersion", "2010-04-01"),
            ("Body", &text),
            ("From", &from),
            ("FromCity", "SAN FRANCISCO"),
            ("FromCountry", "US"),
            ("FromState", "CA"),
            ("FromZip", "94105"),
            ("MessageSid", &sid),
            ("NumMedia", "0"),
            ("NumSegments", "1"),
            ("SmsMessageSid", &sid),
            ("SmsSid", &sid),
            ("SmsStatus", "received"),
            ("To", NUMBER),
            ("ToCity", "OAKLAND"),
            ("ToCountry", "US"),
            ("ToState", "CA"),
            ("ToZip", "94601"),
        ];
        let signature = sign(AUTH_TOKEN, &self.url, &fields);
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let head = format!(
            "POST {PATH} HTTP/1.1\r\nhost: {}\r\nuser-agent: TwilioProxy/1.1\r\naccept: */*\r\n\
             content-type: application/x-www-form-urlencoded; charset=utf-8\r\nx-twilio-signature: {signature}\r\n\
             i-twilio-idempotency-token: {n:032x}\r\ncontent-length: {}\r\n\r\n",
            self.authority,
            body.len(),
        );
        [head.into_bytes(), body.into_bytes()].concat().into_boxed_slice()
    }
}

/// Twilio's signature: the address and every field, names and values run together, under HMAC-SHA1.
fn sign(token: &str, url: &str, sorted_fields: &[(&str, &str)]) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(url.as_bytes());
    for (name, value) in sorted_fields {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_as_twilio_does() {
        let (from, to) = (format!("+1{}", 5551230001_u64), format!("+1{}", 5559870000_u64));
        let sid = format!("SM{}", "a".repeat(32));
        let fields =
            [("Body", "Hi there"), ("From", &from), ("MessageSid", &sid), ("NumMedia", "0"), ("To", &to)];
        let signature = sign("12345", "https://desk.example.com/hooks/twilio/inbound", &fields);
        assert_eq!(signature, "vWHfEdrDTGLlwV4coV56OAesSKs=");
    }
}
