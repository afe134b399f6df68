//! Whether a text shows anything: what is required must not be a text that nobody can see.

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

/// Whether at least one character of a text shows itself: not only spaces, marks without a letter, and characters
/// without a shape (signs of direction, joiners, fillers, variation selectors, tags, blanks). An emoji or a full
/// stop does. Asked wherever a text is required (R22), for the web's pages by `web/src/text/visible.ts`.
pub fn shows_something(text: &str) -> bool {
    text.chars().any(is_visible)
}

fn is_visible(c: char) -> bool {
    use GeneralCategory as G;
    let unseen = matches!(
        CodePointMapData::<GeneralCategory>::new().get(c),
        G::Control
            | G::Format
            | G::SpaceSeparator
            | G::LineSeparator
            | G::ParagraphSeparator
            | G::NonspacingMark
            | G::EnclosingMark
    );
    !unseen && !CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c) && !is_blank(c)
}

/// What Unicode counts among letters and symbols though it is drawn as nothing: the blank of Braille, the null
/// notehead, the blanks of hieroglyphs.
const fn is_blank(c: char) -> bool {
    matches!(c, '\u{2800}' | '\u{1d159}' | '\u{13441}' | '\u{13442}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_shows_something_or_it_is_empty() {
        let shows = [
            "a",
            "0",
            ".",
            "…",
            "-",
            "_",
            "👍",
            "👍🏽",
            "👩‍🚀",
            "1️⃣",
            "❤️",
            "🇩🇪",
            "é",
            "e\u{301}",
            "ि",
            "木",
            "م",
            "€",
            "\u{fffd}",
            "\u{200b}x\u{200b}",
            "\u{2066}!\u{2069}",
            "\u{e000}",
            "\u{200f}ש",
            "ㅤa",
            "⠁",
            "〇",
            "☐",
        ];
        for text in shows {
            assert!(shows_something(text), "{text:?}");
        }
        let nothing = [
            "",
            " ",
            "\t\r\n",
            "\u{a0}\u{2003}\u{202f}\u{3000}\u{1680}\u{205f}",
            "\u{2028}\u{2029}\u{85}",
            "\u{200b}",
            "\u{200c}\u{200d}\u{2060}\u{feff}",
            "\u{ad}",
            "\u{180e}",
            "\u{200e}\u{200f}\u{61c}",
            "\u{202a}\u{202c}\u{2066}\u{2069}",
            "\u{2061}\u{2064}\u{206a}",
            "\u{115f}\u{1160}",
            "\u{3164}",
            "\u{ffa0}",
            "\u{2800}\u{2800}",
            "\u{34f}",
            "\u{17b4}\u{17b5}",
            "\u{fe0f}\u{fe00}\u{e0100}",
            "\u{e0041}\u{e007f}\u{e0001}",
            "\u{fff9}\u{fffa}\u{fffb}",
            "\u{1d159}\u{1d173}",
            "\u{1bca0}",
            "\u{301}",
            "\u{20e3}",
            "\u{13441}",
            "\u{0}\u{1b}\u{7f}\u{9b}",
        ];
        for text in nothing {
            assert!(!shows_something(text), "{text:?}");
        }
    }
}
