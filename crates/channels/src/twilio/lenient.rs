//! Reading a list of messages of which some cannot be read: one that is broken holds up none of its neighbours.
//!
//! Guaranteed: half a surrogate pair, bytes that are no UTF-8, raw control characters and broken escapes in a string
//! become U+FFFD or what they look like; an entry whose inside is no JSON is left out and logged; so is, alone,
//! what a field should not be. Not guaranteed: anything about a list whose own brackets do not match.

use serde::de::Error;
use serde_json::{Map, Value};

/// The members of an object, read one by one: what is not of the wanted kind is absent.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// Reads one object.
    pub fn read(object: &str) -> Option<Self> {
        serde_json::from_str(object).ok().map(Self)
    }

    /// A text. U+0000, which no database text can hold, becomes U+FFFD.
    pub fn text(&self, name: &str) -> Option<String> {
        match self.0.get(name)? {
            Value::String(text) => Some(text.replace('\0', "\u{fffd}")),
            value @ (Value::Number(_) | Value::Bool(_)) => Some(value.to_string()),
            _ => None,
        }
    }

    /// A whole number, which may be written as text.
    pub fn number(&self, name: &str) -> Option<u32> {
        self.text(name)?.trim().parse().ok()
    }
}

/// A page of a list: what could be read of its entries, and where the next page is.
pub(super) struct Entries {
    pub entries: Vec<Fields>,
    pub next_page_uri: Option<String>,
}

/// Reads the page of objects under `key`.
pub(super) fn entries(body: &[u8], key: &str) -> Result<Entries, serde_json::Error> {
    let body = mend(body);
    let (frame, objects) = apart(&body);
    let frame: Map<String, Value> = serde_json::from_str(&frame)?;
    if !frame.get(key).is_some_and(Value::is_array) {
        return Err(serde_json::Error::custom(format!("it has no list of {key}")));
    }
    let entries: Vec<Fields> = objects.iter().filter_map(|object| Fields::read(object)).collect();
    let unreadable = objects.len() - entries.len();
    if unreadable > 0 {
        tracing::error!(unreadable, "entries of the carrier's list cannot be read and are left out");
    }
    let next_page_uri = frame.get("next_page_uri").and_then(Value::as_str).map(str::to_owned);
    Ok(Entries { entries, next_page_uri })
}

/// The text with a 0 in place of each object in a list of its outermost object, and those objects.
fn apart(text: &str) -> (String, Vec<&str>) {
    let (mut frame, mut objects) = (String::new(), Vec::new());
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    let (mut copied, mut start) = (0, 0);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            _ if in_string => {}
            '{' | '[' => {
                depth += 1;
                if depth == 3 && c == '{' {
                    start = at;
                }
            }
            '}' | ']' => {
                if depth == 3 && c == '}' {
                    frame.push_str(&text[copied..start]);
                    frame.push('0');
                    copied = at + 1;
                    objects.push(&text[start..copied]);
                }
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
    }
    frame.push_str(&text[copied..]);
    (frame, objects)
}

/// JSON whose strings can be decoded: what cannot is U+FFFD, and an escape that is none stands for itself.
pub(super) fn mend(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let mut mended = String::with_capacity(text.len());
    let mut in_string = false;
    let mut rest = &*text;
    while let Some(c) = rest.chars().next() {
        let (taken, written) = match c {
            '\\' if in_string => escape(rest),
            _ if in_string && c.is_control() && c.is_ascii() => (1, "\u{fffd}"),
            _ => {
                in_string ^= c == '"';
                (c.len_utf8(), &rest[..c.len_utf8()])
            }
        };
        mended.push_str(written);
        rest = &rest[taken..];
    }
    mended
}

/// How many bytes the escape at the beginning takes, and what stands for it.
fn escape(rest: &str) -> (usize, &str) {
    let unit = |at: usize| {
        let hex = rest.get(at..at + 6)?.strip_prefix("\\u")?;
        if hex.bytes().all(|b| b.is_ascii_hexdigit()) { u16::from_str_radix(hex, 16).ok() } else { None }
    };
    match (unit(0), rest.as_bytes().get(1)) {
        (Some(0xd800..=0xdbff), _) if matches!(unit(6), Some(0xdc00..=0xdfff)) => (12, &rest[..12]),
        (Some(0xd800..=0xdfff), _) => (6, "\\ufffd"),
        (Some(_), _) => (6, &rest[..6]),
        (None, Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't')) => (2, &rest[..2]),
        (None, _) => (1, "\\\\"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bodies(page: &[u8]) -> Vec<(String, Option<String>)> {
        let page = entries(page, "messages").unwrap();
        page.entries.iter().map(|e| (e.text("sid").unwrap_or_default(), e.text("body"))).collect()
    }

    /// An entry between two good ones.
    fn between(entry: &[u8]) -> Vec<u8> {
        [br#"{"page":0,"messages":[{"sid":"A","body":"a"},"# as &[u8], entry, br#",{"sid":"Z","body":"z"}]}"#]
            .concat()
    }

    #[test]
    fn a_broken_entry_holds_up_none_of_its_neighbours() {
        // (entry, its body; none if it is left out)
        let table: [(&[u8], Option<Option<&str>>); 24] = [
            (br#"{"body":"\ud83d"}"#, Some(Some("\u{fffd}"))),
            (br#"{"body":"\ud83d!"}"#, Some(Some("\u{fffd}!"))),
            (br#"{"body":"\ude00\ud83d"}"#, Some(Some("\u{fffd}\u{fffd}"))),
            (br#"{"body":"\ud83d\ud83d\ude00"}"#, Some(Some("\u{fffd}\u{1f600}"))),
            (br#"{"body":"\ud83d\u0041"}"#, Some(Some("\u{fffd}A"))),
            (br#"{"body":"\\ud83d"}"#, Some(Some("\\ud83d"))),
            (b"{\"body\":\"caf\xe9 \xed\xa0\xbd\"}", Some(Some("caf\u{fffd} \u{fffd}\u{fffd}\u{fffd}"))),
            (b"{\"body\":\"two\nlines\x00\"}", Some(Some("two\u{fffd}lines\u{fffd}"))),
            (br#"{"body":"a\u0000b"}"#, Some(Some("a\u{fffd}b"))),
            (br#"{"body":"\x41 \u12 \uZZZZ"}"#, Some(Some("\\x41 \\u12 \\uZZZZ"))),
            (br#"{"body":"}]{["}"#, Some(Some("}]{["))),
            (br#"{"body":"\"}"}"#, Some(Some("\"}"))),
            (br#"{"body":null}"#, Some(None)),
            (br#"{"body":["x"]}"#, Some(None)),
            (br#"{"body":{"x":[{}]}}"#, Some(None)),
            (br#"{"body":7}"#, Some(Some("7"))),
            (br#"{"body":true}"#, Some(Some("true"))),
            (br#"{}"#, Some(None)),
            (br#"{"body":}"#, None),
            (br#"{"body":1e999}"#, None),
            (br#"{"body" "x"}"#, None),
            (br#"null"#, None),
            (br#"["x",[]]"#, None),
            (br#""text""#, None),
        ];
        for (entry, body) in table {
            let got = bodies(&between(entry));
            let name = String::from_utf8_lossy(entry);
            let middle = body.map(|body| (String::new(), body.map(str::to_owned)));
            let neighbour = |sid: &str, body: &str| Some((sid.to_owned(), Some(body.to_owned())));
            let expected: Vec<_> =
                [neighbour("A", "a"), middle, neighbour("Z", "z")].into_iter().flatten().collect();
            assert_eq!(got, expected, "{name}");
        }
    }

    #[test]
    fn what_is_no_list_is_an_error() {
        for page in ["", "<html>", "[]", "{}", r#"{"messages":null}"#, r#"{"messages":[{"sid":"A"}"#] {
            assert!(entries(page.as_bytes(), "messages").is_err(), "{page}");
        }
    }

    proptest! {
        /// Whatever stands in a text of an entry, escaped or not, its neighbours are read, and it is itself.
        #[test]
        fn any_bytes_in_a_text(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let end = bytes.iter().rev().take_while(|byte| **byte == b'\\').count();
            let quoted: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != b'"').collect();
            prop_assume!(end == 0 && quoted.last() != Some(&b'\\'));
            let got = bodies(&between(&[b"{\"sid\":\"M\",\"body\":\"", &quoted[..], b"\"}"].concat()));
            let sids: Vec<_> = got.iter().map(|(sid, _)| sid.as_str()).collect();
            prop_assert_eq!(sids, ["A", "M", "Z"]);
            prop_assert!(got[1].1.is_some());
        }

        /// Any UTF-16, escaped unit by unit as carriers do, is read.
        #[test]
        fn any_units(units in proptest::collection::vec(any::<u16>(), 0..40)) {
            let escaped: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            let got = bodies(&between(format!(r#"{{"sid":"M","body":"{escaped}"}}"#).as_bytes()));
            let expected = String::from_utf16_lossy(&units).replace('\0', "\u{fffd}");
            prop_assert_eq!(got[1].1.as_deref(), Some(expected.as_str()));
        }
    }
}
