//! Opt-out, opt-in and help keywords (R15).

use serde::{Deserialize, Serialize};

/// What a keyword asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keyword {
    /// No more messages.
    OptOut,
    /// Messages again.
    OptIn,
    /// Who is this?
    Help,
}

const OPT_OUT: [&str; 9] =
    ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "OPT OUT"];
const OPT_IN: [&str; 2] = ["START", "UNSTOP"];
const OPT_IN_WHILE_OPTED_OUT: &str = "YES";
const HELP: [&str; 2] = ["HELP", "INFO"];

impl Keyword {
    /// Every keyword kind.
    pub const ALL: [Keyword; 3] = [Self::OptOut, Self::OptIn, Self::Help];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::OptOut => "opt_out",
            Self::OptIn => "opt_in",
            Self::Help => "help",
        }
    }

    /// The keyword kind with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|keyword| keyword.code() == code)
    }

    /// The keyword that a whole message is, if it is one: trimmed, case-insensitive, punctuation stripped. YES
    /// counts only while the customer is opted out.
    pub fn of_message(body: &str, opted_out: bool) -> Option<Self> {
        let stripped: String = body.chars().filter(|c| !is_punctuation(*c)).collect();
        let words: Vec<String> = stripped.split_whitespace().map(str::to_uppercase).collect();
        let text = words.join(" ");
        let text = text.as_str();
        if OPT_OUT.contains(&text) {
            Some(Self::OptOut)
        } else if OPT_IN.contains(&text) || (opted_out && text == OPT_IN_WHILE_OPTED_OUT) {
            Some(Self::OptIn)
        } else if HELP.contains(&text) {
            Some(Self::Help)
        } else {
            None
        }
    }
}

/// ASCII punctuation, the typographic and wide signs that phones put in its place, and what cannot be seen at
/// all: an opt-out must not fail for a sign that its sender did not notice.
fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation()
        || matches!(c, '‘'..='‟' | '«' | '»' | '‹' | '›' | '…' | '‐'..='―' | '¡' | '¿' | '·' | '•' | '´')
        || matches!(c, '。' | '、' | '！' | '？' | '，' | '．' | '：' | '；')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{fe0f}' | '\u{feff}' | '\u{ad}')
}

#[cfg(test)]
mod tests {
    use super::Keyword::*;
    use super::*;

    #[test]
    fn r15_keywords_match_the_whole_message() {
        let table = [
            ("STOP", false, Some(OptOut)),
            ("  stop. ", false, Some(OptOut)),
            ("“Stop!”", false, Some(OptOut)),
            ("stopall", false, Some(OptOut)),
            ("Unsubscribe", false, Some(OptOut)),
            ("cancel", false, Some(OptOut)),
            ("END", false, Some(OptOut)),
            ("quit", false, Some(OptOut)),
            ("Revoke", false, Some(OptOut)),
            ("optout", false, Some(OptOut)),
            ("opt out", false, Some(OptOut)),
            ("Opt-Out", false, Some(OptOut)),
            ("OPT   OUT", false, Some(OptOut)),
            ("„Stop“", false, Some(OptOut)),
            ("STOP。", false, Some(OptOut)),
            ("opt‑out", false, Some(OptOut)),
            ("\u{feff}stop\u{200b}", false, Some(OptOut)),
            ("STOP PLEASE", false, None),
            ("please stop", false, None),
            ("start", false, Some(OptIn)),
            ("Unstop!", false, Some(OptIn)),
            ("yes", false, None),
            ("Yes.", true, Some(OptIn)),
            ("help", false, Some(Help)),
            ("INFO?", false, Some(Help)),
            ("HELP me", false, None),
            ("", false, None),
            ("...", true, None),
        ];
        for (body, opted_out, keyword) in table {
            assert_eq!(Keyword::of_message(body, opted_out), keyword, "{body:?} opted_out={opted_out}");
        }
    }
}
