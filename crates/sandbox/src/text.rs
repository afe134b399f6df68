//! A customer texts a business: the message is kept, keywords are obeyed, the webhook is posted.

use crate::keyword::Keyword;
use crate::message::{Direction, Message, PICTURE_TYPE};
use crate::state::{Event, State};
use crate::webhook::{self, Expects};
use crate::{Handover, Sandbox, segment, sid};

/// The longest text that a phone sends in one message.
const MAX_BODY_UNITS: usize = 1_600;
/// The longest address of a phone; senders may also be short codes and names.
const MAX_ADDRESS_CHARS: usize = 32;
const MACHINE_MADE: u32 = 30039;

/// A text from a phone.
#[derive(Debug, Clone, Default)]
pub struct Text {
    /// The phone: a number, a short code or an alphanumeric sender.
    pub from: String,
    /// The business's number; may be empty while there is only one.
    pub to: String,
    /// The words.
    pub body: String,
    /// Whether the sample picture is attached.
    pub media: bool,
    /// The id to use; the same message again if it exists.
    pub message_sid: Option<String>,
    /// The webhook is not posted: the message is only in the list.
    pub lost: bool,
    /// The carrier takes the sender for a machine (30039): marked, and the webhook is not posted.
    pub judged_machine_made: bool,
}

/// What became of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextOutcome {
    /// Its id.
    pub message_sid: String,
    /// How the business took it; `None` if it was not posted.
    pub handover: Option<Handover>,
}

/// A text that no phone could send.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextRefused {
    /// Not an address.
    #[error(
        "a phone is a number such as +15551230001, a short code, or a name of up to {MAX_ADDRESS_CHARS} letters and digits"
    )]
    From,
    /// Nobody has this number.
    #[error("{0:?} is not a number of this carrier; name one in `to`")]
    To(String),
    /// Nothing to send.
    #[error("a text needs a body or a picture")]
    Empty,
    /// Too much to send.
    #[error("a text has at most {MAX_BODY_UNITS} characters")]
    TooLong,
    /// Not an id, or the id of another conversation's message.
    #[error(
        "`message_sid` must be SM or MM and 32 hexadecimal digits, and not belong to another conversation"
    )]
    Sid,
}

impl Sandbox {
    /// Sends a text from a phone and waits for the business's webhook to take it.
    pub async fn text(&self, mut text: Text) -> Result<TextOutcome, TextRefused> {
        let now_ms = self.now_ms();
        let (message, confirmation, post) = {
            let mut state = self.state();
            let (lost, machine_made) = state.faults.take_for_text();
            text.lost |= lost;
            text.judged_machine_made |= machine_made;
            let (message, confirmation) = accept(&mut state, &text, now_ms)?;
            let number = state.numbers.get(&message.to).ok_or_else(|| TextRefused::To(message.to.clone()))?;
            let token = state.auth_token(&message.account_sid).unwrap_or_default().to_owned();
            let post = (number.webhook_url.clone(), token);
            (message, confirmation, post)
        };
        self.tell(|state| Event::message(state, &message.sid));
        if text.lost || text.judged_machine_made {
            self.tell(Event::faults);
        }
        if let Some(sid) = confirmation {
            self.tell(|state| Event::message(state, &sid));
            self.tell(|state| Event::phone(state, message.phone()));
        }
        if text.lost || text.judged_machine_made {
            return Ok(TextOutcome { message_sid: message.sid, handover: None });
        }
        let (url, token) = post;
        let params = self.params(&message);
        let handover = webhook::post(&self.inner.http, &url, &token, &params, Expects::Document).await;
        if let Some(kept) = self.state().message_mut(&message.sid) {
            kept.handover = Some(handover.clone());
        }
        self.tell(|state| Event::message(state, &message.sid));
        Ok(TextOutcome { message_sid: message.sid, handover: Some(handover) })
    }

    /// The form that Twilio posts for a text.
    fn params(&self, message: &Message) -> Vec<(String, String)> {
        let country = if message.from.starts_with("+1") { "US" } else { "" };
        let mut params: Vec<(String, String)> = [
            ("ToCountry", "US"),
            ("ToState", ""),
            ("SmsMessageSid", &message.sid),
            ("NumMedia", &message.media.len().to_string()),
            ("ToCity", ""),
            ("FromZip", ""),
            ("SmsSid", &message.sid),
            ("FromState", ""),
            ("SmsStatus", "received"),
            ("FromCity", ""),
            ("Body", &message.body),
            ("FromCountry", country),
            ("To", &message.to),
            ("ToZip", ""),
            ("NumSegments", &segment::count(&message.body).to_string()),
            ("MessageSid", &message.sid),
            ("AccountSid", &message.account_sid),
            ("From", &message.from),
            ("ApiVersion", "2010-04-01"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let base = self.state().address.url().to_owned();
        for (index, media) in message.media.iter().enumerate() {
            params.push((format!("MediaContentType{index}"), PICTURE_TYPE.to_owned()));
            params.push((format!("MediaUrl{index}"), format!("{base}{}/Media/{media}", message.path())));
        }
        params
    }
}

/// Keeps the text, or finds it again; with the id of the carrier's own answer to a keyword.
fn accept(state: &mut State, text: &Text, now_ms: i64) -> Result<(Message, Option<String>), TextRefused> {
    if !is_address(&text.from) {
        return Err(TextRefused::From);
    }
    let to = match (text.to.as_str(), state.numbers.len()) {
        ("", 1) => state.numbers.keys().next().cloned().unwrap_or_default(),
        (to, _) => to.to_owned(),
    };
    let account_sid = match state.numbers.get(&to) {
        Some(number) => number.account_sid.clone(),
        None => return Err(TextRefused::To(to)),
    };
    if let Some(sid) = &text.message_sid {
        if !sid::is(&["SM", "MM"], sid) {
            return Err(TextRefused::Sid);
        }
        if let Some(known) = state.message(sid) {
            let same = known.direction == Direction::Inbound && known.from == text.from && known.to == to;
            return if same { Ok((known.clone(), None)) } else { Err(TextRefused::Sid) };
        }
    }
    if text.body.is_empty() && !text.media {
        return Err(TextRefused::Empty);
    }
    if text.body.encode_utf16().count() > MAX_BODY_UNITS {
        return Err(TextRefused::TooLong);
    }
    let message = Message {
        sid: text.message_sid.clone().unwrap_or_else(|| sid::new(if text.media { "MM" } else { "SM" })),
        account_sid,
        direction: Direction::Inbound,
        from: text.from.clone(),
        to,
        body: text.body.clone(),
        status: "received",
        error_code: text.judged_machine_made.then_some(MACHINE_MADE),
        error_message: text
            .judged_machine_made
            .then_some("The sandbox carrier was told to take it for a machine's"),
        media: if text.media { vec![sid::new("ME")] } else { vec![] },
        media_links: 0,
        created_ms: now_ms,
        updated_ms: now_ms,
        sent_ms: Some(now_ms),
        handover: None,
    };
    state.add_message(message.clone());
    let confirmation = obey(state, &message, now_ms);
    Ok((message, confirmation))
}

/// Does what a keyword asks for, and answers it.
fn obey(state: &mut State, message: &Message, now_ms: i64) -> Option<String> {
    let keyword = Keyword::of(&message.body)?;
    let opted_out = &mut state.use_phone(&message.from).opted_out;
    let was_out = match keyword {
        Keyword::Stop => !opted_out.insert(message.to.clone()),
        Keyword::Start => opted_out.remove(&message.to),
        Keyword::Help => false,
    };
    let answer = Message {
        sid: sid::new("SM"),
        direction: Direction::OutboundReply,
        from: message.to.clone(),
        to: message.from.clone(),
        body: keyword.confirmation(was_out)?.to_owned(),
        status: "delivered",
        error_code: None,
        error_message: None,
        media: vec![],
        created_ms: now_ms,
        updated_ms: now_ms,
        sent_ms: Some(now_ms),
        ..message.clone()
    };
    let sid = answer.sid.clone();
    state.add_message(answer);
    Some(sid)
}

/// Whether something can be a phone here: senders that cannot be answered have to be tried, too.
pub fn is_address(text: &str) -> bool {
    let bare = text.strip_prefix('+').unwrap_or(text);
    let length = bare.chars().count();
    if text.starts_with('+') {
        (7..=15).contains(&length) && bare.bytes().all(|byte| byte.is_ascii_digit()) && !bare.starts_with('0')
    } else {
        (1..=MAX_ADDRESS_CHARS).contains(&length)
            && bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b' ')
            && bare.trim() == bare
    }
}
