//! How many SMS segments a text takes (3GPP TS 23.038; docs/carrier.md, "Segments").

use serde::Serialize;

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
    /// Unicode characters.
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
    let characters = text.chars().count();
    let septets: Option<Vec<usize>> = text.chars().map(septets).collect();
    let (encoding, units, single, multi) = match septets {
        Some(units) => (Encoding::Gsm7, units, 160, 153),
        None => (Encoding::Ucs2, text.chars().map(char::len_utf16).collect(), 70, 67),
    };
    Size { characters, encoding, segments: segments(&units, single, multi) }
}

/// Fills segments in order: an escape or surrogate pair never straddles two of them.
fn segments(units: &[usize], single: usize, multi: usize) -> usize {
    if units.is_empty() {
        return 0;
    }
    if units.iter().sum::<usize>() <= single {
        return 1;
    }
    let (count, _) = units.iter().fold((1, 0), |(count, used), unit| {
        if used + unit <= multi { (count, used + unit) } else { (count + 1, *unit) }
    });
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
            (crate::auto_reply::setting::EXAMPLE_MESSAGE.to_owned(), Gsm7, 1),
            (crate::auto_reply::setting::EXAMPLE_MESSAGE.replace('\'', "’"), Ucs2, 3),
        ];
        for (text, encoding, segments) in table {
            let size = size(&text);
            assert_eq!((size.encoding, size.segments), (encoding, segments), "{text}");
        }
    }

    #[test]
    fn the_gsm_alphabet_has_137_characters_of_which_10_count_double() {
        let accepted = |n: usize| ('\0'..='\u{ffff}').filter(|c| septets(*c) == Some(n)).count();
        assert_eq!((accepted(1), accepted(2)), (127, 10));
    }
}
