//! How many SMS segments a text takes, as the carrier's published calculator counts them (3GPP TS 23.038;
//! docs/carrier.md, "Segments"). `tests/segments.json` holds what that calculator says.

mod graphemes;

use serde::Serialize;

use crate::message::utf16_units;

/// How a text is encoded on the air.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Encoding {
    /// The GSM 7-bit alphabet with its extension table.
    #[serde(rename = "GSM-7")]
    Gsm7,
    /// UTF-16 units: one character outside the GSM alphabet puts the whole text here.
    #[serde(rename = "UCS-2")]
    Ucs2,
}

/// The size of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Size {
    /// UTF-16 units, which the limit of R22 counts.
    pub characters: usize,
    /// The encoding.
    pub encoding: Encoding,
    /// Segments that the carrier sends and bills.
    pub segments: usize,
}

const GSM_BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡\
ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const GSM_EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// Septets of a character, unless the GSM alphabet lacks it.
fn septets(c: char) -> Option<usize> {
    if GSM_BASIC.contains(c) {
        Some(1)
    } else if GSM_EXTENSION.contains(c) {
        Some(2)
    } else {
        None
    }
}

/// The size of `text`.
pub fn size(text: &str) -> Size {
    let characters = utf16_units(text);
    let septets: Option<Vec<usize>> = text.chars().map(septets).collect();
    let (encoding, units, single, multi) = match septets {
        Some(units) => (Encoding::Gsm7, units, 160, 153),
        None => (Encoding::Ucs2, graphemes::units(text), 70, 67),
    };
    Size { characters, encoding, segments: segments(&units, single, multi) }
}

/// Fills segments in order; what is one character to a reader, or an escape and its septet, never straddles two.
fn segments(units: &[usize], single: usize, multi: usize) -> usize {
    if units.is_empty() {
        return 0;
    }
    let (mut count, mut used, mut in_first) = (1, 0, 0);
    for unit in units {
        // How much still stands in the first segment once it has to share its room with a header.
        if count == 1 && used + unit <= multi {
            in_first = used + unit;
        }
        if used + unit <= if count == 1 { single } else { multi } {
            used += unit;
        } else {
            // What the header pushes out of the first segment goes before the next character, unmeasured.
            used = if count == 1 { used - in_first + unit } else { *unit };
            count += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::Encoding::*;
    use super::*;

    #[test]
    fn segments_are_counted_as_the_carrier_counts_them() {
        let repeat = |c: &str, n: usize| c.repeat(n);
        let table = [
            (String::new(), Gsm7, 0),
            (repeat("a", 160), Gsm7, 1),
            (repeat("a", 161), Gsm7, 2),
            (repeat("a", 306), Gsm7, 2),
            (repeat("a", 307), Gsm7, 3),
            (repeat("€", 80), Gsm7, 1),
            (repeat("€", 81), Gsm7, 2),
            (repeat("a", 152) + "€" + &repeat("b", 10), Gsm7, 2),
            (repeat("a", 152) + "€" + &repeat("b", 151), Gsm7, 2),
            (repeat("a", 152) + "€" + &repeat("b", 152), Gsm7, 3),
            (repeat("ç", 70), Ucs2, 1),
            (repeat("ç", 71), Ucs2, 2),
            (repeat("Ç", 160), Gsm7, 1),
            (repeat("😀", 35), Ucs2, 1),
            (repeat("😀", 36), Ucs2, 2),
            (repeat("😀", 66), Ucs2, 2),
            (repeat("😀", 67), Ucs2, 3),
            // What is one character to a reader is not split.
            (repeat("🇩🇪", 17), Ucs2, 1),
            (repeat("🇩🇪", 33), Ucs2, 3),
            (repeat("👩‍👩‍👧", 9), Ucs2, 2),
            (repeat("👍🏽", 34), Ucs2, 3),
            (repeat("e\u{301}", 67), Ucs2, 3),
            (repeat("1️⃣", 45), Ucs2, 3),
            (crate::auto_reply::setting::EXAMPLE_MESSAGE.to_owned(), Gsm7, 1),
            (crate::auto_reply::setting::EXAMPLE_MESSAGE.replace('\'', "’"), Ucs2, 3),
        ];
        for (text, encoding, segments) in table {
            let size = size(&text);
            assert_eq!((size.encoding, size.segments), (encoding, segments), "{text}");
        }
    }

    /// Decision 0022: the table is written by `web/src/text/calculator.test.ts` with that calculator.
    #[test]
    fn segments_are_those_of_the_published_calculator() {
        type Row = (Vec<(String, usize)>, String, usize);
        let table: Vec<Row> = serde_json::from_str(include_str!("../tests/segments.json")).unwrap();
        assert!(table.len() > 500);
        for (parts, encoding, segments) in table {
            let text: String = parts.iter().map(|(part, times)| part.repeat(*times)).collect();
            let size = size(&text);
            let name = serde_json::to_value(size.encoding).unwrap();
            assert_eq!((name.as_str().unwrap(), size.segments), (encoding.as_str(), segments), "{parts:?}");
        }
    }

    #[test]
    fn the_gsm_alphabet_has_137_characters_of_which_10_count_double() {
        let accepted = |n: usize| ('\0'..='\u{ffff}').filter(|c| septets(*c) == Some(n)).count();
        assert_eq!((accepted(1), accepted(2)), (127, 10));
    }
}
