//! How many segments a text takes: shown in `num_segments`, charged by nobody.

use unicode_segmentation::UnicodeSegmentation;

const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const EXTENDED: &str = "\u{c}^{}\\[~]|€";

/// The number of segments; an empty text with a picture counts as one.
pub fn count(text: &str) -> usize {
    let units: Option<Vec<usize>> = text
        .chars()
        .map(|c| match c {
            _ if BASIC.contains(c) => Some(1),
            _ if EXTENDED.contains(c) => Some(2),
            _ => None,
        })
        .collect();
    match units {
        Some(septets) => split(&septets, 160, 153),
        None => {
            // One that is larger than a segment is cut all the same.
            let units = |grapheme: &str| match grapheme.encode_utf16().count() {
                large @ 68.. => vec![1; large],
                units => vec![units],
            };
            split(&text.graphemes(true).flat_map(units).collect::<Vec<_>>(), 70, 67)
        }
    }
}

/// Fills segments without cutting in two what is one character to a reader.
fn split(units: &[usize], alone: usize, in_parts: usize) -> usize {
    if units.iter().sum::<usize>() <= alone {
        return 1;
    }
    let (mut segments, mut room) = (1, in_parts);
    for unit in units {
        if *unit > room {
            segments += 1;
            room = in_parts;
        }
        room -= unit;
    }
    segments
}

#[cfg(test)]
mod tests {
    #[test]
    fn known_counts() {
        let table = [
            (String::new(), 1),
            ("a".repeat(160), 1),
            ("a".repeat(161), 2),
            ("a".repeat(306), 2),
            ("a".repeat(307), 3),
            ("ж".repeat(70), 1),
            ("ж".repeat(71), 2),
            (format!("{}€{}", "a".repeat(152), "b".repeat(10)), 2),
            ("\u{1f600}".repeat(36), 2),
            ("\u{1f1e9}\u{1f1ea}".repeat(33), 3),
            (format!("z{}", "\u{336}".repeat(200)), 3),
        ];
        for (text, expected) in table {
            assert_eq!(super::count(&text), expected, "{text}");
        }
    }
}
