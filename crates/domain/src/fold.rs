//! Texts as they are compared: one folding for keywords, reactions, the loop guard's "equal text" and search.
//!
//! What one person types and another one finds differs in what nobody sees or means: composed or decomposed
//! letters, accents, case, the shape of quotes, dashes and spaces, signs of direction, variation selectors.
//! [`fold`] removes these differences and nothing else; [`words`] then leaves letters, digits and spaces alone.
//! The data are Unicode's, by ICU4X (`docs/decisions/0020`), never a list of signs written by hand.

use icu_casemap::CaseMapper;
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::props::{Dash, DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup};
use icu_properties::{CodePointMapData, CodePointSetData};

/// A text as it is compared and searched: compatibility decomposition, without marks and invisible characters,
/// case folded without looking at the context, with plain quotes (`'`, `"`), dashes (`-`) and spaces, which are
/// single and stand at neither end.
///
/// Letters, digits, plain punctuation, symbols and emoji stay, in their order. The result depends on the text
/// alone, never on a language or a place, and folding it again changes nothing. It is empty exactly if the text
/// shows nothing. It may be longer than the text (`ﷺ` is 18 letters), at most 18 times in characters.
///
/// A folded text that is stored (a search column) is compared with folded ones only: where a new version of
/// Unicode or of this function changes the result, such a column is filled anew by a migration.
///
/// ```
/// use domain::fold::fold;
/// assert_eq!(fold("  ΝΊΚΟΣ\u{a0}Παππάς "), fold("νικος παππασ"));
/// assert_eq!(fold("\u{2068}O’Brien–Müßig\u{2069}"), "o'brien-mussig");
/// ```
pub fn fold(text: &str) -> String {
    let decomposer = DecomposingNormalizerBorrowed::new_nfkd();
    // Quotes and dashes go first: some of them decompose to a space and an accent.
    let plain_signs = text.chars().map(plain_sign);
    let letters: String = decomposer.normalize_iter(plain_signs).filter(is_visible).collect();
    let one_case = CaseMapper::new().fold_string(&letters);
    let mut folded = String::with_capacity(one_case.len());
    for c in decomposer.normalize_iter(one_case.chars()).filter(is_visible).map(plain_sign) {
        match plain_letters(c) {
            Some(letters) => folded.push_str(letters),
            None if c == ' ' && (folded.is_empty() || folded.ends_with(' ')) => {}
            None => folded.push(c),
        }
    }
    folded.truncate(folded.trim_end_matches(' ').len());
    folded
}

/// A text as it is, composed (NFKC): for what is compared to the letter, whatever keyboard it was typed on. Case,
/// accents and invisible characters stay.
pub fn composed(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfkc().normalize(text).into_owned()
}

/// The words of a text: [`fold`], then without everything that is not a letter, a digit or a space. Punctuation,
/// symbols, emoji and characters that could not be read (U+FFFD) go without a trace: "Opt-out!" is `optout`.
pub fn words(text: &str) -> String {
    stripped(text, None)
}

/// Like [`words`], but what is not a letter, a digit or a space parts words: "Stop,please" is `stop please`.
pub fn parted_words(text: &str) -> String {
    stripped(text, Some(' '))
}

fn stripped(text: &str, sign: Option<char>) -> String {
    let categories = CodePointMapData::<GeneralCategory>::new();
    let is_word = |c: char| {
        let category = categories.get(c);
        category == GeneralCategory::DecimalNumber || GeneralCategoryGroup::Letter.contains(category)
    };
    let kept: String =
        fold(text).chars().filter_map(|c| if is_word(c) || c == ' ' { Some(c) } else { sign }).collect();
    let words: Vec<&str> = kept.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// Whether a character shows itself or a space: no mark, no control or format character, none that Unicode
/// says to ignore where it is not supported (variation selectors, fillers, tags).
fn is_visible(c: &char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(*c);
    let hidden = matches!(category, GeneralCategory::Control | GeneralCategory::Format)
        || GeneralCategoryGroup::Mark.contains(category)
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(*c);
    *c == ' ' || !hidden
}

/// The plain form of a space, a dash or a quote. Unicode has a property for the first two; for quotes it has
/// none that holds what people type in their place (primes, accents without a letter, modifier letters).
fn plain_sign(c: char) -> char {
    match c {
        // The blank of Braille shows nothing, though Unicode counts it as a symbol.
        '\u{2800}' => ' ',
        '`' | '´' | '‘'..='‛' | '‹' | '›' | '′' | '‵' | '❛' | '❜' | '❟' => '\'',
        // Modifier letters, the signs of Armenian, Hebrew and Saltillo, and the accents of Greek without a letter.
        'ʹ' | 'ʻ'..='ʿ' | 'ˈ' | 'ˊ' | 'ˋ' | '՚' | '׳' | 'ꞌ' => '\'',
        '\u{1fbd}' | '\u{1fbf}' | '\u{1fef}' | '\u{1ffd}' | '\u{1ffe}' => '\'',
        '“'..='‟' | '«' | '»' | '″' | '‶' | 'ʺ' | 'ˮ' | '״' | '❝' | '❞' | '❠' | '〝'..='〟' => {
            '"'
        }
        '\u{1f676}'..='\u{1f678}' => '"',
        c if c.is_whitespace() => ' ',
        c if CodePointSetData::new::<Dash>().contains(c) => '-',
        c => c,
    }
}

/// Whether a character is one of the shapes of a double quote.
pub(crate) fn is_double_quote(c: char) -> bool {
    plain_sign(c) == '"' || c == '\u{ff02}'
}

/// Latin letters whose stroke, bow or missing dot Unicode does not take for a mark, as people type them who
/// have no key for them.
const fn plain_letters(c: char) -> Option<&'static str> {
    Some(match c {
        'ı' => "i",
        'ł' => "l",
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ŧ' => "t",
        'þ' => "th",
        'æ' => "ae",
        'œ' => "oe",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_nobody_sees_or_means_makes_no_difference() {
        let table = [
            // Composed, decomposed, with or without accents.
            ("José", "jose"),
            ("Jose\u{301}", "jose"),
            ("JOSÉ", "jose"),
            ("Ångström", "angstrom"),
            ("Zażółć gęślą", "zazolc gesla"),
            ("Đặng Nguyễn", "dang nguyen"),
            ("Þórr Ødegård Æsir", "thorr odegard aesir"),
            // Case, without context.
            ("ΝΊΚΟΣ ΠΑΠΠΆΣ", "νικοσ παππασ"),
            ("Νίκος Παππάς", "νικοσ παππασ"),
            ("STRASSE", "strasse"),
            ("Straße", "strasse"),
            ("STRAẞE", "strasse"),
            ("İSTANBUL", "istanbul"),
            ("ılgaz", "ilgaz"),
            ("ЩУКА", "щука"),
            // Compatibility.
            ("ＳＴＯＰ　１２", "stop 12"),
            ("𝐒𝕥𝓸𝙥", "stop"),
            ("ﬁne", "fine"),
            ("Ⓢⓣ🄾ｐ", "stop"),
            ("№ 5 …", "no 5 ..."),
            ("x²", "x2"),
            // Quotes, dashes, spaces.
            ("O’Brien", "o'brien"),
            ("O´Brien", "o'brien"),
            ("Oʻahu", "o'ahu"),
            ("„Ja“, «oui» ＂yes＂ 5″", "\"ja\", \"oui\" \"yes\" 5\""),
            ("‹a› ‚b‘ c`", "'a' 'b' c'"),
            ("2–3 — 4 − 5 ‑6", "2-3 - 4 - 5 -6"),
            ("a\u{a0}b\u{202f}c\u{3000}d\te\r\nf\u{2028}g", "a b c d e f g"),
            ("  a   b  ", "a b"),
            // What cannot be seen.
            ("\u{2068}Stop\u{2069}", "stop"),
            ("\u{202a}STOP\u{202c}", "stop"),
            ("\u{feff}s\u{200b}t\u{ad}o\u{2060}p\u{200d}", "stop"),
            ("a\u{fe0f}b\u{e0101}c\u{e0041}", "abc"),
            ("a\u{0}\u{1b}b\u{7f}", "ab"),
            ("\u{115f}\u{3164}\u{ffa0}a\u{34f}", "a"),
            ("\u{200b}\u{2800}\u{feff}", ""),
            ("", ""),
            // What stays.
            ("👍🏽 1️⃣!", "👍🏽 1!"),
            ("don't, 5% @ $3", "don't, 5% @ $3"),
            ("a\u{fffd}", "a\u{fffd}"),
            ("こんにちは 木", "こんにちは 木"),
        ];
        for (text, folded) in table {
            assert_eq!(fold(text), folded, "{text:?}");
        }
        // One spelling folds like the other where the result itself is not what anybody would type.
        for (one, other) in [("가", "\u{1100}\u{1161}"), ("ガ", "ｶﾞ"), ("مُحَمَّد", "محمد"), ("שָׁלוֹם", "שלום")]
        {
            assert_eq!(fold(one), fold(other), "{one:?} {other:?}");
        }
    }

    #[test]
    fn words_are_letters_digits_and_single_spaces() {
        let table = [
            ("Opt-out!", "optout", "opt out"),
            ("“S.T.O.P.”", "stop", "s t o p"),
            ("Stop,please 🙏🏽", "stopplease", "stop please"),
            ("don’t", "dont", "don t"),
            ("🅿️ 🇸🇹 ❶ ™ \u{fffd}", "tm", "tm"),
            ("#️⃣ 1️⃣", "1", "1"),
            ("СТОП", "стоп", "стоп"),
            ("…", "", ""),
        ];
        for (text, removed, parted) in table {
            assert_eq!(words(text), removed, "{text:?}");
            assert_eq!(parted_words(text), parted, "{text:?}");
        }
    }

    /// Every character of the planes that have any: folding is done once, and leaves nothing that it says it
    /// removes.
    #[test]
    fn folding_again_changes_nothing_for_any_character() {
        for c in ('\0'..='\u{33fff}').chain('\u{e0000}'..='\u{e0fff}') {
            let text = format!("{c}a{c}");
            let folded = fold(&text);
            assert_eq!(fold(&folded), folded, "{text:?}");
            assert!(folded.chars().all(|c| is_visible(&c)), "{text:?}");
            assert!(folded.chars().count() <= 18 * text.chars().count(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn folding_again_changes_nothing(text in any::<String>(), other in "[ÀİıßΣς\u{301}\u{ad} ’—Ǆﬀ가👍]{0,12}") {
            for text in [&text, &other, &format!("{text}{other}{text}")] {
                let folded = fold(text);
                prop_assert_eq!(&fold(&folded), &folded);
                prop_assert_eq!(words(&folded), words(text));
            }
            prop_assert_eq!(fold(&other.to_uppercase()), fold(&other.to_lowercase()));
        }
    }
}
