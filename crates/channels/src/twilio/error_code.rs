//! What a Twilio error code means for an operator, and which class of trouble it is.
//!
//! Twilio may change what a code covers, so the class is a hint: an unknown code counts as permanent and is
//! shown with its number. Whether something is sent again never rests on this table alone, see `send`.

/// The kind of trouble behind a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// The carrier did not take the message and says so: it may be sent again later.
    Transient,
    /// The message may or may not have been processed.
    Unknown,
    /// The account, the number or its registration has to be put right by an administrator.
    Configuration,
    /// The recipient has opted out.
    OptedOut,
    /// It did not arrive; the same might succeed another day.
    NotDelivered,
    /// It cannot arrive.
    Permanent,
    /// The carrier believes that two machines are talking to each other.
    Loop,
    /// About a message to us, not from us.
    Inbound,
}

/// A code in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The kind of trouble.
    pub class: ErrorClass,
    /// A sentence for the operator.
    pub sentence: String,
}

/// Explains a code; every code has an answer.
pub fn explain(code: u32) -> Explanation {
    match KNOWN.iter().find(|(known, ..)| *known == code) {
        Some((_, class, sentence)) => Explanation { class: *class, sentence: (*sentence).to_owned() },
        None => Explanation {
            class: ErrorClass::Permanent,
            sentence: format!("The carrier refused the message with its error {code}."),
        },
    }
}

/// The class alone; unknown codes are permanent.
pub fn class(code: u32) -> ErrorClass {
    KNOWN.iter().find(|(known, ..)| *known == code).map_or(ErrorClass::Permanent, |(_, class, _)| *class)
}

use ErrorClass::*;

const KNOWN: &[(u32, ErrorClass, &str)] = &[
    (11200, Inbound, "The carrier could not reach this server to hand over a message."),
    (14107, Loop, "The carrier stopped the conversation: too many rapid replies between two numbers."),
    (20003, Configuration, "The carrier did not accept the account's credentials."),
    (20005, Configuration, "The carrier account is not active."),
    (20404, Configuration, "The carrier does not know this account or address."),
    (20429, Transient, "The carrier is taking too many requests at once; it did not process this one."),
    (20500, Unknown, "The carrier had an internal error; it is not known whether the message was sent."),
    (20503, Unknown, "The carrier was unavailable; it is not known whether the message was sent."),
    (21211, Permanent, "The customer's number is not a valid phone number."),
    (21212, Configuration, "The organization's number is not a valid sender."),
    (21266, Permanent, "The sender and the recipient are the same number."),
    (21408, Configuration, "The carrier account is not allowed to send to the customer's country."),
    (21602, Permanent, "The message has no text."),
    (21603, Configuration, "The message has no sender."),
    (21604, Permanent, "The message has no recipient."),
    (21606, Configuration, "The organization's number cannot send text messages from this carrier account."),
    (21608, Configuration, "A trial account can send to verified numbers only."),
    (
        21609,
        Configuration,
        "The carrier did not accept the address for delivery reports; check the public URL.",
    ),
    (21610, OptedOut, "The carrier says that the customer has opted out of messages from this number."),
    (21611, Transient, "The number's queue at the carrier is full."),
    (21612, Configuration, "The organization's number cannot send to the customer's number."),
    (21614, Permanent, "The customer's number cannot receive text messages."),
    (21617, Permanent, "The message is longer than 1,600 characters."),
    (21659, Configuration, "The organization's number does not belong to this carrier account."),
    (30001, NotDelivered, "The carrier's queue was full."),
    (30002, Configuration, "The carrier account is suspended."),
    (30003, NotDelivered, "The customer's phone could not be reached; it may be switched off."),
    (30004, Permanent, "The customer's phone or carrier blocks messages."),
    (30005, Permanent, "The customer's number is unknown or no longer in service."),
    (30006, Permanent, "The customer's number is a landline or cannot be reached by text."),
    (30007, Permanent, "A carrier filtered the message as unwanted."),
    (30008, NotDelivered, "The message did not arrive; the carrier gives no reason."),
    (30032, Configuration, "The organization's toll-free number is not verified."),
    (30034, Configuration, "The organization's number is not registered for business texting (A2P 10DLC)."),
    (30036, NotDelivered, "The message was not delivered within the time it was valid for."),
    (30039, Inbound, "The carrier judged the incoming message to be made by a machine."),
    (30410, NotDelivered, "The customer's carrier did not answer in time."),
    (30450, Permanent, "The carrier blocked the message to protect against SMS pumping."),
    (30610, NotDelivered, "The carrier held the message back because of quiet hours."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes() {
        let table = [
            (20429, Transient),
            (20500, Unknown),
            (20003, Configuration),
            (21408, Configuration),
            (30034, Configuration),
            (21211, Permanent),
            (21610, OptedOut),
            (21611, Transient),
            (14107, Loop),
            (30003, NotDelivered),
            (30007, Permanent),
            (30039, Inbound),
            (99999, Permanent),
        ];
        for (code, expected) in table {
            assert_eq!(class(code), expected, "{code}");
            assert_eq!(explain(code).class, expected, "{code}");
        }
    }

    #[test]
    fn every_code_is_listed_once_and_explained_in_a_sentence() {
        assert!(KNOWN.is_sorted_by_key(|(code, ..)| *code));
        for pair in KNOWN.windows(2) {
            assert_ne!(pair[0].0, pair[1].0);
        }
        for (code, _, sentence) in KNOWN {
            assert!(sentence.ends_with('.') && sentence.len() > 20, "{code}: {sentence}");
        }
        assert_eq!(explain(63000).sentence, "The carrier refused the message with its error 63000.");
    }
}
