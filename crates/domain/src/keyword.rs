//! Opt-out, opt-in and help keywords (R15).
//!
//! A keyword is a whole message, as its words are compared ([`crate::fold`]). The words to opt out stay one beside
//! courtesy or a signature on a later line; those that may as well mean an appointment (CANCEL, END) do not, and
//! are left to [`crate::reads_like_stop`].

use serde::{Deserialize, Serialize};

use crate::fold::{fold, parted_words, words};

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

/// They opt out beside courtesy or a signature, too.
const OPT_OUT: [&str; 8] =
    ["stop", "stopall", "stop all", "unsubscribe", "optout", "opt out", "revoke", "arret"];
/// They opt out only if nothing stands beside them.
const OPT_OUT_ALONE: [&str; 4] = ["cancel", "end", "quit", "remove"];
const OPT_IN: [&str; 2] = ["start", "unstop"];
const OPT_IN_WHILE_OPTED_OUT: &str = "yes";
const HELP: [&str; 2] = ["help", "info"];

/// Courtesy, in [`words`], with what people shorten it to. The longer of two that begin alike comes first.
const COURTESY: [&str; 16] = [
    "please",
    "pls",
    "plz",
    "kindly",
    "thank you",
    "thanks",
    "thx",
    "now",
    "por favor",
    "gracias",
    "merci",
    "sil vous plait",
    "s il vous plait",
    "svp",
    "bitte",
    "danke",
];

/// How the signatures begin that phones and mail programs put on a line of their own, in [`fold`].
const SIGNATURES: [&str; 19] = [
    "--",
    "sent from",
    "sent via",
    "sent with",
    "sent using",
    "sent by",
    "get outlook for",
    "envoye de",
    "envoye a partir",
    "enviado de",
    "enviado a partir",
    "enviado do",
    "gesendet von",
    "gesendet mit",
    "von meinem",
    "inviato da",
    "verzonden v",
    "skickat fran",
    "sendt fra",
];

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

    /// The keyword that a whole message is, if it is one (R15). YES counts only while the customer is opted out.
    pub fn of_message(body: &str, opted_out: bool) -> Option<Self> {
        let whole = words(body);
        let text = whole.as_str();
        if OPT_OUT_ALONE.contains(&text) || beside_courtesy(body, &OPT_OUT) {
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

/// Whether a message is a word that opts out only alone, with courtesy or a signature beside it: "Cancel please"
/// may mean an appointment, and is asked about.
pub(crate) fn is_stop_beside_courtesy(body: &str) -> bool {
    beside_courtesy(body, &OPT_OUT_ALONE)
}

/// Whether nothing is left of a message but one of these, if courtesy and a signature are taken away.
fn beside_courtesy(body: &str, of: &[&str]) -> bool {
    let body = without_signature(body);
    // A sign between two words is none within one: "Opt-out" and "Stop,please" are both meant.
    [words(body), parted_words(body)].iter().any(|text| of.contains(&without_courtesy(text)))
}

/// The text of words without courtesy before and after it.
fn without_courtesy(mut text: &str) -> &str {
    loop {
        let before = text;
        for courtesy in COURTESY {
            if let Some(rest) = text.strip_prefix(courtesy).and_then(|rest| rest.strip_prefix(' ')) {
                text = rest;
            }
            if let Some(rest) = text.strip_suffix(courtesy).and_then(|rest| rest.strip_suffix(' ')) {
                text = rest;
            }
        }
        if text == before {
            return text;
        }
    }
}

/// A text up to a signature that begins on a later line.
pub(crate) fn without_signature(body: &str) -> &str {
    let line_ends = body.match_indices(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']);
    for (at, _) in line_ends {
        let line = fold(body[at..].trim_start().lines().next().unwrap_or(""));
        if SIGNATURES.iter().any(|signature| line.starts_with(signature)) && !words(&body[..at]).is_empty() {
            return &body[..at];
        }
    }
    body
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
            ("Stop all", false, Some(OptOut)),
            ("Unsubscribe", false, Some(OptOut)),
            ("cancel", false, Some(OptOut)),
            ("END", false, Some(OptOut)),
            ("quit", false, Some(OptOut)),
            ("Revoke", false, Some(OptOut)),
            ("Remove", false, Some(OptOut)),
            ("ARRÊT", false, Some(OptOut)),
            ("arret", false, Some(OptOut)),
            ("optout", false, Some(OptOut)),
            ("opt out", false, Some(OptOut)),
            ("Opt-Out", false, Some(OptOut)),
            ("OPT   OUT", false, Some(OptOut)),
            ("„Stop“", false, Some(OptOut)),
            ("STOP。", false, Some(OptOut)),
            ("opt‑out", false, Some(OptOut)),
            ("S.T.O.P.", false, Some(OptOut)),
            ("start", false, Some(OptIn)),
            ("Unstop!", false, Some(OptIn)),
            ("yes", false, None),
            ("Yes.", true, Some(OptIn)),
            ("help", false, Some(Help)),
            ("INFO?", false, Some(Help)),
            ("HELP me", false, None),
            ("Help, please", false, None),
            ("start please", false, None),
            ("", false, None),
            ("...", true, None),
            ("👍", true, None),
        ];
        for (body, opted_out, keyword) in table {
            assert_eq!(Keyword::of_message(body, opted_out), keyword, "{body:?} opted_out={opted_out}");
        }
    }

    #[test]
    fn r15_keywords_are_folded_by_unicodes_categories() {
        let table = [
            // Format characters and what else cannot be seen.
            ("\u{2067}Stop\u{2069}", Some(OptOut)),
            ("\u{202d}STOP\u{202c}", Some(OptOut)),
            ("\u{200f}stop\u{200e}", Some(OptOut)),
            ("\u{61c}stop", Some(OptOut)),
            ("\u{feff}stop\u{200b}", Some(OptOut)),
            ("st\u{ad}op", Some(OptOut)),
            ("s\u{200d}t\u{200c}o\u{2060}p", Some(OptOut)),
            ("stop\u{fe0e}\u{fe0f}\u{e0100}", Some(OptOut)),
            ("stop\u{e0073}\u{e0074}\u{e007f}", Some(OptOut)),
            ("stop\u{0}\u{7}\u{1b}", Some(OptOut)),
            ("\u{3164}stop\u{ffa0}", Some(OptOut)),
            ("\u{180e}stop\u{34f}", Some(OptOut)),
            ("stop\u{fff9}\u{fffb}", Some(OptOut)),
            ("stop\u{206a}\u{206f}", Some(OptOut)),
            // Spaces.
            ("\u{a0}stop\u{a0}", Some(OptOut)),
            ("\u{3000}opt\u{2003}out\u{202f}", Some(OptOut)),
            ("opt\u{2800}out", Some(OptOut)),
            ("opt\tout\r\n", Some(OptOut)),
            ("stop\u{2028}all\u{85}", Some(OptOut)),
            // Punctuation, symbols, emoji and what could not be read.
            ("🛑 STOP 🛑", Some(OptOut)),
            ("stop🙅🏽‍♀️", Some(OptOut)),
            ("✋🏿stop", Some(OptOut)),
            ("🇩🇪 stop", Some(OptOut)),
            ("stop #️⃣*️⃣", Some(OptOut)),
            ("❤️‍🔥 unsubscribe ‼️", Some(OptOut)),
            ("🆂 stop 🅿️", Some(OptOut)),
            ("stop ❶", Some(OptOut)),
            ("¡STOP! ¿? ‽ ⸘ 〽", Some(OptOut)),
            ("§ stop ¶ † ‡ •", Some(OptOut)),
            ("stop ☎ ✉ ✔ → ∞ ± € ₿", Some(OptOut)),
            ("『stop』【】〈〉", Some(OptOut)),
            ("stop\u{fffd}\u{fffd}", Some(OptOut)),
            ("st\u{fffd}op", Some(OptOut)),
            ("\u{fffc}stop", Some(OptOut)),
            ("\u{e000}stop\u{f8ff}", Some(OptOut)),
            // Compatibility.
            ("ＳＴＯＰ", Some(OptOut)),
            ("ｓｔｏｐ！", Some(OptOut)),
            ("𝐒𝐓𝐎𝐏", Some(OptOut)),
            ("𝓼𝓽𝓸𝓹", Some(OptOut)),
            ("𝚂𝚃𝙾𝙿", Some(OptOut)),
            ("ⓈⓉⓄⓅ", Some(OptOut)),
            ("🄢🄣🄞🄟", Some(OptOut)),
            ("🅂🅃🄾🄿", Some(OptOut)),
            ("ˢᵗᵒᵖ", Some(OptOut)),
            ("ﬆop", Some(OptOut)),
            ("ſtop", Some(OptOut)),
            ("ＨＥＬＰ", Some(Help)),
            ("𝗦𝗧𝗔𝗥𝗧", Some(OptIn)),
            // Marks.
            ("s\u{336}t\u{336}o\u{336}p\u{336}", Some(OptOut)),
            ("st\u{20dd}op\u{20e3}", Some(OptOut)),
            ("Stöp", Some(OptOut)),
            ("ARRE\u{302}T", Some(OptOut)),
            ("ínfo", Some(Help)),
            ("\u{2066}START\u{2069}", Some(OptIn)),
            ("S\u{fe0f}\u{20e3}T\u{fe0f}\u{20e3}O\u{fe0f}\u{20e3}P\u{fe0f}\u{20e3}", Some(OptOut)),
            ("*STOP*", Some(OptOut)),
            ("_stop_", Some(OptOut)),
            ("~stop~", Some(OptOut)),
            ("un-subscribe", Some(OptOut)),
            ("opt_out", Some(OptOut)),
            ("ＯＰＴ／ＯＵＴ", Some(OptOut)),
            ("ᵁᴺˢᵁᴮˢᶜᴿᴵᴮᴱ", Some(OptOut)),
            ("UNSUBSCRİBE", Some(OptOut)),
            ("stop\u{2063}all", Some(OptOut)),
            ("stop\u{fff9}\u{fffa}\u{fffb}٫", Some(OptOut)),
            ("ªrret", Some(OptOut)),
            ("İNFO\u{fe0f}", Some(Help)),
            ("ınfo", Some(Help)),
            ("stop ٣", None),
            ("\u{202e}POTS", None),
            ("\u{e0073}\u{e0074}\u{e006f}\u{e0070}", None),
            ("un\u{200b}stop", Some(OptIn)),
            // Case without context.
            ("CANCEL", Some(OptOut)),
            ("QUİT", Some(OptOut)),
            ("quıt", Some(OptOut)),
            // Letters of other scripts that look alike are other letters, and digits are no signs.
            ("ЅТОР", None),
            ("st\u{43e}p", None),
            ("ϹΤΟΡ", None),
            ("STOP 12345", None),
            ("STOP1", None),
            ("0 stop", None),
            ("stop²", None),
            ("停止", None),
        ];
        for (body, keyword) in table {
            assert_eq!(Keyword::of_message(body, false), keyword, "{body:?}");
        }
        assert_eq!(Keyword::of_message("\u{2068}ＹＥＳ\u{2069} 👍🏾", true), Some(OptIn));
        assert_eq!(Keyword::of_message("\u{2068}ＹＥＳ\u{2069} 👍🏾", false), None);
    }

    #[test]
    fn r15_courtesy_and_a_signature_leave_a_keyword_one() {
        let opted_out = [
            "STOP PLEASE",
            "please stop",
            "Please, stop. Thank you!",
            "Stop now",
            "stop,please",
            "Stop! Thanks 🙏🏽",
            "por favor stop",
            "STOP, por favor. Gracias",
            "STOP svp merci",
            "Arrêt, s’il vous plaît",
            "arrêt s'il vous plaît",
            "Bitte stop, danke",
            "unsubscribe please",
            "Opt-out, please",
            "stop all now please",
            "pls revoke",
            "STOP\nSent from my iPhone",
            "Stop\n\nSent from my Galaxy S24",
            "stop please\r\n\r\nGet Outlook for iOS",
            "STOP\u{2028}Envoyé de mon iPhone",
            "Stop\n\nEnviado desde mi iPhone",
            "stop\nVon meinem iPhone gesendet",
            "STOP\nInviato da iPhone",
            "unsubscribe\n-- \nMaria Lopez\n12 High Street",
            "\n\nSTOP\n\nSent via the Samsung Galaxy",
            "STOP\nSent from Yahoo Mail on Android\nhttps://example.com",
            "STOP\u{85}Enviado desde mi iPhone",
            "stop\rSent from my iPad",
            "STOP\n\n\u{2014}\nSent from Outlook for iOS",
            "ARRE\u{302}T s\u{2019}il vous plai\u{302}t \u{1f64f}\u{1f3fb}",
            "\u{2068}Please\u{2069}\u{a0}ＳＴＯＰ",
        ];
        for body in opted_out {
            assert_eq!(Keyword::of_message(body, false), Some(OptOut), "{body:?}");
            assert!(!is_stop_beside_courtesy(body), "{body:?}");
        }
        let asked_about = [
            "Cancel please",
            "please end",
            "Quit, thanks",
            "remove now",
            "END\nSent from my iPhone",
            "Bitte cancel",
        ];
        for body in asked_about {
            assert_eq!(Keyword::of_message(body, false), None, "{body:?}");
            assert!(is_stop_beside_courtesy(body), "{body:?}");
        }
        let ordinary = [
            "STOP 12345",
            "Stop by at 5?",
            "cancel my appointment",
            "end of the month works",
            "stop it",
            "the bus stop",
            "don't stop",
            "please",
            "thank you",
            "STOP Sent from my iPhone",
            "Sent from my iPhone\nSTOP",
            "stop\nby at five",
            "nonstop",
            "please don’t end",
            "quit smoking please",
        ];
        for body in ordinary {
            assert_eq!(Keyword::of_message(body, false), None, "{body:?}");
            assert!(!is_stop_beside_courtesy(body), "{body:?}");
        }
    }
}
