//! The keywords that a carrier handles by itself, before and beside the business's webhook.

/// What a keyword asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyword {
    /// No more messages from this number.
    Stop,
    /// Messages again.
    Start,
    /// Who is this?
    Help,
}

impl Keyword {
    /// The keyword that the whole message consists of; "STOP PLEASE" is none.
    pub fn of(body: &str) -> Option<Self> {
        match body.trim().to_ascii_uppercase().as_str() {
            "STOP" | "STOPALL" | "UNSUBSCRIBE" | "CANCEL" | "END" | "QUIT" | "REVOKE" | "OPTOUT" => {
                Some(Self::Stop)
            }
            "START" | "YES" | "UNSTOP" => Some(Self::Start),
            "HELP" | "INFO" => Some(Self::Help),
            _ => None,
        }
    }

    /// What the carrier answers, given whether the phone had opted out before. To opt in without having opted
    /// out, or to stop twice, changes nothing and is not confirmed.
    pub fn confirmation(self, was_out: bool) -> Option<&'static str> {
        match (self, was_out) {
            (Self::Stop, false) => {
                Some("You will get no more messages from this number. Reply START if you change your mind.")
            }
            (Self::Start, true) => {
                Some("You will get messages from this number again. Reply STOP to end them, HELP for help.")
            }
            (Self::Help, _) => Some("Reply STOP to get no more messages. Your carrier's rates may apply."),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Keyword::{self, *};

    #[test]
    fn whole_messages_only() {
        let table = [
            ("STOP", Some(Stop)),
            (" stop\n", Some(Stop)),
            ("OptOut", Some(Stop)),
            ("revoke", Some(Stop)),
            ("STOP PLEASE", None),
            ("stop!", None),
            ("opt out", None),
            ("yes", Some(Start)),
            ("unstop", Some(Start)),
            ("info", Some(Help)),
            ("", None),
        ];
        for (body, expected) in table {
            assert_eq!(Keyword::of(body), expected, "{body}");
        }
    }
}
