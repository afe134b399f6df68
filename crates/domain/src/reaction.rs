//! Reactions that reach a phone number as text: what phones send when somebody taps a thumb on a message (R1).
//!
//! The form alone makes no reaction ("Removed the damaged carpet from “bedroom 2”" waits for an answer): it also
//! has to quote a message that stands on the case. Pictures have no words to quote; there the form is fixed.

use std::ops::Range;
use std::sync::LazyLock;

use icu_properties::CodePointSetData;
use icu_properties::props::{Emoji, EmojiModifier};
use regex::Regex;

use crate::fold::{fold, is_double_quote};

/// Among how many of the newest messages on the case the quoted one must be.
pub const QUOTABLE_MESSAGES: u32 = 50;

/// What a text with the form of a reaction is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// A picture or another attachment.
    Attachment,
    /// A message that begins like this, folded.
    Quoted(String),
}

impl Reaction {
    /// What a whole text is a reaction to, if it has the form of one.
    pub fn of_text(body: &str) -> Option<Self> {
        let text = fold(&with_emoji_marked(body));
        let found = FORM.captures(&text)?.iter().skip(1).flatten().next().map(|quoted| {
            let quoted = quoted.as_str().trim();
            quoted.trim_end_matches("...").trim_end().to_owned()
        });
        match found {
            Some(quoted) => (!quoted.is_empty()).then_some(Self::Quoted(quoted)),
            None => Some(Self::Attachment),
        }
    }

    /// Whether it is about this message.
    pub fn quotes(&self, body: &str) -> bool {
        match self {
            Self::Attachment => false,
            Self::Quoted(beginning) => fold(body).starts_with(beginning.as_str()),
        }
    }
}

/// What stands for any single emoji in the patterns.
const ANY_EMOJI: char = '😀';

/// Verbs before what is reacted to, as Apple's and Google's phones write them in English, Spanish, French,
/// German, Portuguese and Italian, folded.
const VERBS: &[&str] = &[
    "liked|loved|disliked|laughed at|emphasi[sz]ed|questioned|reacted(?: with)? 😀 to|reacted with (?:an? )?(?:sticker|memoji) to|😀 to",
    "removed (?:an? |the |your )?(?:like|heart|love|dislike|laugh|exclamation(?: mark)?|emphasis|question(?: mark)?|sticker|memoji|😀)(?: reaction)? from",
    "le (?:ha )?(?:gusto|encanto|gustado|encantado)|no le (?:ha )?(?:gusto|gustado)|le dio risa|se rio (?:de|con)|exclamo(?: por)?|enfatizo|destaco|hizo enfasis en|dudo (?:de|sobre)|cuestiono|pregunto(?: por| sobre)?",
    "(?:ya no |no )?le (?:gusta|disgusta|encanta|hace gracia|hizo gracia|sorprende|sorprendio)|(?:ya no )?duda sobre",
    "(?:reacciono|(?:se )?ha reaccionado) (?:con )?😀 a|(?:elimino|quito|retiro|ha (?:eliminado|quitado)) (?:una? |el |la )?(?:\"?(?:no )?me (?:gusta|encanta)\"?|corazon|risa|exclamacion|enfasis|(?:signo de )?(?:exclamacion|interrogacion)|pregunta|(?:reaccion )?😀) (?:de|a|en)",
    "(?:n')?a (?:pas )?(?:aime|adore)|a ri (?:de|a)|a mis en evidence|a mis l'accent sur|s'est exclamee? (?:sur|pour)|a pose une question sur|a (?:interroge|remis en question)|a reagi (?:avec |par )?😀 a|😀 a",
    "a (?:ajoute|retire|supprime|enleve) (?:une? |le |la |l'|son |sa |ses |des )?(?:\" ?je n'aime pas ?\"|je n'aime pas|\" ?j'(?:aime|adore) ?\"|j'(?:aime|adore)|coeur|rire|(?:points? d')?(?:exclamation|interrogation)|question|mise en evidence|(?:reaction )?😀) (?:de|a|pour|sur)",
    "reagierte mit 😀 auf|lachte uber|betonte|hinterfragte|😀 (?:zu|auf|fur)",
    "(?:nao )?gostou d?[aeo]?|(?:nao )?curtiu|descurtiu|amou|adorou|riu(?:-se)? (?:de|com)|achou graca (?:em|de)|enfatizou|destacou|questionou|exclamou|deu risada (?:de|com)|duvidou de|reagiu (?:com )?😀 (?:a|ao|em|para)|😀 (?:para|em)",
    "removeu (?:uma? |o |a )?(?:\"?(?:nao )?(?:gosto|curti)\"?|curtida|coracao|gargalhada|risada|riso|(?:ponto de )?(?:exclamacao|interrogacao)|enfase|pergunta|(?:reacao )?😀) (?:de|em|a)",
    "ha messo \"?(?:non )?mi piace\"? a|ha (?:adorato|amato|apprezzato|enfatizzato|evidenziato|sottolineato)|ha riso (?:per|di|a)|ha (?:messo in dubbio|dubitato di|fatto una domanda su)|ha reagito (?:con )?😀 (?:a|al messaggio)|😀 su|trova divertente|non trova piu divertente|(?:non )?ha gradito",
    "ha (?:aggiunto|rimosso|tolto|eliminato) (?:un |una |uno |il |la |lo |i |l'|un')?(?:\"?(?:non )?mi piace\"?|cuor(?:e|icino)|risata|(?:punt[oi] )?(?:esclamativ[oi]|interrogativ[oi])|esclamazione|enfasi|domanda|(?:reazione )?😀) (?:da|dal messaggio|a|di)",
];

/// Verbs that stand before a quotation only: with a picture they would be an ordinary sentence.
const QUOTING_VERBS: &str = "(?:no )?me (?:gusta|encanta|gusto|encanto)|j'(?:aime|adore)|je n'aime pas|gefallt(?: nicht)?|liebt|liebte|mag|mochte|lacht uber|betont|piace|adora|non piace|gosto de|adoro";

/// Verbs of which German puts a part behind what is reacted to.
const GERMAN_VERBS: &str = r#"hat(?: (?:(?:mit )?😀 )?auf| uber)?|(?:hat )?(?:ein |eine |einen |das |die |den )?(?:herz|like|"?gefallt mir(?: nicht)?"?|lacher|lachen|ausrufezeichen|fragezeichen|betonung|sticker|(?:reaktion )?😀) (?:von|aus|bei|fur|zu)"#;
/// That part.
const GERMAN_ENDS: &str = "hinzugefugt|(?:mit )?(?:😀 )?(?:reagiert|entfernt|gelikt|geliked|geliket|geliebt|gelacht|betont|hervorgehoben|hinterfragt|infrage gestellt|nicht gemocht|gemocht)|mit \"?gefallt mir(?: nicht)?\"? markiert";

/// What German puts behind a quotation that stands first.
const GERMAN_ADDED: &str =
    "(?:ein |eine |einen )?(?:herz|like|lacher|lachen|ausrufezeichen|fragezeichen) (?:hinzugefugt|gegeben)";

/// What stands for a picture, with its article.
const ATTACHMENT: &str = "\\d+ (?:image|photo|picture|video|movie|attachment|file|link|sticker|gif)s|(?:an? |the |una? |la |el |(?:d')?une? |l'|eine?[mnr]? |d?uma? |un'|un )(?:image|(?:live )?photo|picture|video|movie|attachment|audio(?: message)?|voice (?:message|memo)|sticker|gif|file|link|location|contact(?: card)?\
    |imagen|foto|fotografia|archivo(?: adjunto)?|adjunto|mensaje de (?:audio|voz)|nota de voz|piece jointe|message (?:audio|vocal)|fichier|film|autocollant\
    |bild|anhang|audionachricht|sprachnachricht|datei|imagem|anexo|mensagem de (?:audio|voz)|ficheiro|arquivo|figurinha|immagine|allegato|messaggio (?:audio|vocale)|adesivo)";

static FORM: LazyLock<Regex> = LazyLock::new(|| {
    let verbs = VERBS.join("|");
    let german = format!("(?:{GERMAN_VERBS}) (?:\"(.+)\"|(?:{ATTACHMENT})) (?:{GERMAN_ENDS})");
    let added = format!("(?:\"(.+)\"|{ATTACHMENT}) (?:{GERMAN_ADDED})");
    let quoting = format!("(?:{verbs}|{QUOTING_VERBS}):? \"(.+)\"");
    let attached = format!("(?:{verbs}|a ri) ?(?:{ATTACHMENT})");
    // Some phones put a full stop behind the quotation.
    Regex::new(&format!(r"^(?:{german}|{added}|{quoting}|{attached}) ?\.?$"))
        .expect("the patterns above are valid, a test compiles them")
});

/// The text with each emoji outside a quotation replaced by one that stands for all of them.
fn with_emoji_marked(body: &str) -> String {
    let chars: Vec<char> = body.chars().collect();
    let first = chars.iter().position(|c| is_double_quote(*c)).unwrap_or(chars.len());
    let last = chars.iter().rposition(|c| is_double_quote(*c)).unwrap_or(chars.len());
    let mut marked = marked_in(&chars, 0..first);
    marked.extend(&chars[first..last]);
    marked.push_str(&marked_in(&chars, last..chars.len()));
    marked
}

fn marked_in(chars: &[char], range: Range<usize>) -> String {
    let mut marked = String::new();
    let mut at = range.start;
    while at < range.end {
        match emoji_length(&chars[at..range.end]) {
            0 => {
                marked.push(chars[at]);
                at += 1;
            }
            length => {
                marked.push(ANY_EMOJI);
                at += length;
            }
        }
    }
    marked
}

/// How many characters the emoji has that a text begins with, by the grammar of Unicode's report 51; 0 if it
/// begins with none. A digit alone is none, a keycap is.
fn emoji_length(text: &[char]) -> usize {
    let mut length = element_length(text);
    while length > 0 && text.get(length) == Some(&'\u{200d}') {
        match element_length(&text[length + 1..]) {
            0 => break,
            more => length += 1 + more,
        }
    }
    length
}

fn element_length(text: &[char]) -> usize {
    let is_flag_letter = |c: Option<&char>| c.is_some_and(|c| ('\u{1f1e6}'..='\u{1f1ff}').contains(c));
    if is_flag_letter(text.first()) {
        return if is_flag_letter(text.get(1)) { 2 } else { 1 };
    }
    let Some(first) = text.first().filter(|c| CodePointSetData::new::<Emoji>().contains(**c)) else {
        return 0;
    };
    let modifies = |c: &char| *c == '\u{fe0f}' || CodePointSetData::new::<EmojiModifier>().contains(*c);
    let mut length = if text.get(1).is_some_and(modifies) { 2 } else { 1 };
    if text.get(length) == Some(&'\u{20e3}') {
        return length + 1;
    }
    length += text[length..].iter().take_while(|c| ('\u{e0020}'..='\u{e007f}').contains(*c)).count();
    if first.is_ascii() { 0 } else { length }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a text is a reaction on a case that has these messages.
    fn is_reaction(text: &str, messages: &[&str]) -> bool {
        match Reaction::of_text(text) {
            Some(Reaction::Attachment) => true,
            Some(quoted) => messages.iter().any(|message| quoted.quotes(message)),
            None => false,
        }
    }

    const CASE: [&str; 5] = [
        "See you at 5",
        "He said “ok”, and don’t worry… we’ll bring the keys on Monday morning, before the others come",
        "¿Está bien mañana?",
        "Bedroom 2",
        "👍🏽 great",
    ];

    #[test]
    fn r1_a_reaction_quotes_a_message_of_the_case() {
        let reactions = [
            "Liked “See you at 5”",
            "Loved \"See you at 5\"",
            "Disliked “see you at 5”",
            "Laughed at “See you at 5”",
            "Emphasized “See you at 5”",
            "Emphasised “See you at 5”",
            "Questioned “See you at 5”",
            "\u{2068}Liked “See you at 5”\u{2069}",
            "Liked “See you…”",
            "Liked “See you at”",
            "Loved “He said “ok”, and don't worry...”",
            "Reacted 😂 to “See you at 5”",
            "Reacted 👩🏽‍🚀 to “See you at 5”",
            "Reacted 1️⃣ to “See you at 5”",
            "Reacted ‼️ to “See you at 5”",
            "👍 to “See you at 5”",
            "\u{200a}👍\u{200a} to “See you at 5”\u{200a}",
            "🇲🇽 to “¿Está bien mañana?”",
            "❤️ to “👍🏽 great”",
            "Removed a like from “See you at 5”",
            "Removed a heart from “See you at 5”",
            "Removed an exclamation from “See you at 5”",
            "Removed a question mark from “See you at 5”",
            "Removed 👍🏿 from “See you at 5”",
            "Removed a 🎉 from “See you at 5”",
            "Le gustó “¿Está bien mañana?”",
            "Le encantó “¿Está bien…”",
            "Le dio risa “See you at 5”",
            "Exclamó por “See you at 5”",
            "No le gustó “See you at 5”",
            "Reaccionó con 🔥 a “See you at 5”",
            "Eliminó un me gusta de “See you at 5”",
            "A aimé « See you at 5 »",
            "A adoré «\u{a0}See you at 5\u{a0}»",
            "N’a pas aimé « See you at 5 »",
            "A ri de « See you at 5 »",
            "A mis en évidence « See you at 5 »",
            "A réagi avec 🏳️‍🌈 à « See you at 5 »",
            "A retiré un j’adore de « See you at 5 »",
            "Gefällt „See you at 5“",
            "Hat „See you at 5“ geliked",
            "Hat mit 😂 auf „See you at 5“ reagiert",
            "Hat auf „See you at 5“ mit 👨‍👩‍👧 reagiert",
            "Hat ein Herz von „See you at 5“ entfernt",
            "Gostou de “See you at 5”",
            "Curtiu “See you at 5”",
            "Não gostou de “See you at 5”",
            "Reagiu com ❤️ a “See you at 5”",
            "Removeu uma curtida de “See you at 5”",
            "Ha messo mi piace a “See you at 5”",
            "Ha adorato “See you at 5”",
            "Ha riso per “See you at 5”",
            "Ha reagito con 🅰️ a “See you at 5”",
            "Ha rimosso un mi piace da “See you at 5”",
            // As iOS 17 and 18 and Google Messages write them.
            "Reacted with a sticker to “See you at 5”",
            "Removed a sticker from “See you at 5”",
            "Reacted 🫶🏾 to “See you at 5”",
            "\u{200a}\u{200b}🫡\u{200b} to “\u{200a}See you at 5\u{200a}”\u{200a}",
            "\u{200a}Removed \u{200c}👍\u{200c} from “\u{200a}See you at 5\u{200a}”\u{200a}",
            "Le encanta “See you at 5”",
            "Ya no le gusta “See you at 5”",
            "Le hace gracia “See you at 5”",
            "Le sorprende “See you at 5”",
            "Duda sobre “See you at 5”",
            "Se ha reaccionado con 🙌🏽 a “See you at 5”",
            "Ha eliminado ❤️ de “See you at 5”.",
            "A ajouté un «\u{a0}J’adore\u{a0}» à «\u{a0}See you at 5\u{a0}».",
            "a retiré son «\u{a0}Je n’aime pas\u{a0}» de «\u{a0}See you at 5\u{a0}»",
            "A ajouté un rire à « See you at 5 »",
            "A ajouté des points d’exclamation à « See you at 5 »",
            "A retiré 😢 de « See you at 5 »",
            "Je n’aime pas « See you at 5 »",
            "„See you at 5“ ein Herz hinzugefügt",
            "„See you at 5“ ein Fragezeichen hinzugefügt",
            "Gefällt: „See you at 5“",
            "Gefällt nicht: „See you at 5“",
            "„Gefällt mir“ von „See you at 5“ entfernt",
            "Lachen von „See you at 5“ entfernt",
            "🇦🇹 aus „See you at 5“ entfernt",
            "Não curtiu “See you at 5”",
            "👏🏿 em “See you at 5”",
            "Ha aggiunto un cuoricino a “See you at 5”",
            "Ha aggiunto “Mi piace” a “See you at 5”",
            "Ha rimosso i punti esclamativi da “See you at 5”",
            "Trova divertente “See you at 5”",
            "😮 su “See you at 5”",
        ];
        for text in reactions {
            assert!(is_reaction(text, &CASE), "{text}");
            let quoted = Reaction::of_text(text);
            assert!(!is_reaction(text, &["Something else"]), "{text}: {quoted:?}");
        }
        let messages = [
            "Removed the damaged carpet from “bedroom 2”",
            "Removed a chair from “bedroom 2”",
            "Loved “the blue one”",
            "Liked “See you at 6”",
            "Liked “See you at 5” but can we do 6?",
            "I liked “See you at 5”",
            "Liked it",
            "Liked “”",
            "Liked “…”",
            "I said “no”",
            "to “See you at 5”",
            "5 to “See you at 5”",
            "please to “See you at 5”",
            "👍",
            "👍👍 to",
            "Reacted badly to “See you at 5”",
            "She reacted 😂 to “See you at 5”",
            "Hat jemand „See you at 5“ gesagt?",
            "A aimé la maison « Bedroom 2 »",
            "Reacted with a scream to “See you at 5”",
            "A ajouté une clé à « See you at 5 »",
            "Ha aggiunto una stanza a “Bedroom 2”",
            "Ha eliminado la cita de “See you at 5”",
            "„See you at 5“ passt",
            "„See you at 5“ ein Zimmer hinzugefügt",
            "Schlüssel aus „Bedroom 2“ entfernt",
            "Le falta pintura a “Bedroom 2”",
            "Trova la chiave in “Bedroom 2”",
            "Liked “See you at 5”. Can we do 6?",
            "",
        ];
        for text in messages {
            assert!(!is_reaction(text, &CASE), "{text}: {:?}", Reaction::of_text(text));
        }
    }

    #[test]
    fn r1_a_reaction_to_a_picture_has_a_fixed_form() {
        let reactions = [
            "Liked an image",
            "Loved an attachment",
            "Laughed at a photo",
            "Emphasized a movie",
            "Questioned an audio message",
            "Disliked a video",
            "Removed a like from an image",
            "Removed a heart from an image",
            "Removed 😂 from an image",
            "Reacted 😂 to an image",
            "Reacted 🙅🏽‍♀️ to an image",
            "Reacted 👨‍👩‍👧‍👦 to a photo",
            "Reacted 🏴󠁧󠁢󠁥󠁮󠁧󠁿 to an image",
            "Reacted 🇧🇷 to an image",
            "Reacted #️⃣ to an image",
            "Reacted 7⃣ to an image",
            "Reacted 🅱️ to an image",
            "Reacted Ⓜ️ to an image",
            "Reacted ™️ to an image",
            "Reacted ℹ️ to an image",
            "Reacted ㊗️ to an image",
            "Reacted ❤ to an image",
            "Le gustó una imagen",
            "Reaccionó con 🎉 a una foto",
            "A aimé une image",
            "A réagi avec 😂 à une photo",
            "A ri d’une image",
            "Hat ein Bild geliked",
            "Hat mit 👍 auf ein Bild reagiert",
            "Gostou de uma imagem",
            "Reagiu com 😂 a uma foto",
            "Ha messo mi piace a un’immagine",
            "Ha reagito con 👍🏼 a una foto",
            "Loved 2 photos",
            "Liked 12 images",
            "Liked a Live Photo",
            "Reacted with a sticker to an image",
            "Le encanta una imagen",
            "A ajouté un « J’aime » à une photo.",
            "Ha aggiunto un cuoricino a un’immagine",
            "Einem Bild ein Herz hinzugefügt",
            "Herz von einem Bild entfernt",
        ];
        for text in reactions {
            assert_eq!(Reaction::of_text(text), Some(Reaction::Attachment), "{text}");
        }
        let messages = [
            "Liked an image of the kitchen",
            "Liked the house",
            "Loved it",
            "Removed an image",
            "Reacted 😂😂 to an image",
            "Reacted 7 to an image",
            "Reacted badly to an image",
            "Reacted to an image",
            "Ich möchte ein Bild",
            "möchte ein Bild",
            "me gusta una foto",
            "J’aime une photo",
            "Can you send an image?",
            "I liked an image",
            "Hat ein Bild",
            "an image",
            "Loved 2 photos of the kitchen",
            "Liked 3 rooms",
            "2 photos",
            "Le gusta la foto de la cocina",
            "Bild entfernt",
        ];
        for text in messages {
            assert_eq!(Reaction::of_text(text), None, "{text}");
        }
    }
}
