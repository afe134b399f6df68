//! Reading a list of messages of which some cannot be read: one that is broken holds up none of its neighbours.
//!
//! Guaranteed: half a surrogate pair, bytes that are no UTF-8, raw control characters and broken escapes in a string
//! become U+FFFD or what they look like; so is, alone, what a field should not be. An entry that is no JSON, whatever
//! quotes and brackets it opens or leaves open, is left out and logged, and every other is read. A list that does not
//! begin and end as one (a page of HTML, an answer that was cut short) is an error, so that it is asked for again.

use std::io::Read;

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
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}');
    let (frame, entries) = match serde_json::from_str::<Map<String, Value>>(&mend(text)) {
        Ok(mut frame) => {
            let Some(Value::Array(list)) = frame.remove(key) else {
                return Err(serde_json::Error::custom(format!("it has no list of {key}")));
            };
            let objects = list.into_iter().filter_map(|entry| match entry {
                Value::Object(fields) => Some(Fields(fields)),
                _ => None,
            });
            (frame, objects.collect())
        }
        Err(error) => {
            let (frame, list) = frame(text, key).ok_or(error)?;
            let entries = readable(list);
            tracing::error!(
                read = entries.len(),
                "the carrier's list is broken; what of it cannot be read is left out"
            );
            (frame, entries)
        }
    };
    let next_page_uri = frame.get("next_page_uri").and_then(Value::as_str).map(str::to_owned);
    Ok(Entries { entries, next_page_uri })
}

/// The longest entry that is looked for in a broken list, in bytes.
const MAX_ENTRY_BYTES: usize = 256 * 1024;

/// What stands around a broken list, and the list with what follows it. Its end is the first bracket after which the
/// rest is one.
fn frame<'a>(text: &'a str, key: &str) -> Option<(Map<String, Value>, &'a str)> {
    let key = format!("\"{key}\"");
    let value = &text[text.find(&key)? + key.len()..];
    let list = value.trim_start().strip_prefix(':')?.trim_start().strip_prefix('[')?;
    let head = &text[..text.len() - list.len()];
    list.match_indices(']').find_map(|(end, _)| {
        let whole = head.as_bytes().chain(&list.as_bytes()[end..]);
        Some((serde_json::from_reader(whole).ok()?, list))
    })
}

/// The entries of a broken list: each object with an id that can be read where it begins. One that holds another with
/// an id has swallowed its neighbour, because a bracket of its own is missing.
fn readable(list: &str) -> Vec<Fields> {
    let mut entries = Vec::new();
    let mut rest = list;
    while let Some(start) = rest.find('{') {
        rest = &rest[start..];
        let object = end_of_object(rest).map(|end| rest.split_at(end));
        let read = object.and_then(|(object, after)| Some((Fields::read(&mend(object))?, after)));
        match read.filter(|(fields, _)| has_id(&fields.0) && !fields.0.values().any(holds_id)) {
            Some((fields, after)) => {
                entries.push(fields);
                rest = after;
            }
            None => rest = &rest[1..],
        }
    }
    entries
}

fn has_id(fields: &Map<String, Value>) -> bool {
    fields.contains_key("sid")
}

fn holds_id(value: &Value) -> bool {
    match value {
        Value::Object(fields) => has_id(fields) || fields.values().any(holds_id),
        Value::Array(values) => values.iter().any(holds_id),
        _ => false,
    }
}

/// Where the object ends with which a text begins, by its brackets and quotes.
fn end_of_object(text: &str) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate().take(MAX_ENTRY_BYTES) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 1 => return Some(at + 1),
            b'}' | b']' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// JSON whose strings can be decoded: what cannot is U+FFFD, and an escape that is none stands for itself.
pub(super) fn mend(text: &str) -> String {
    let mut mended = String::with_capacity(text.len());
    let mut in_string = false;
    let mut rest = text;
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

    /// What an entry opens or leaves open is its own matter.
    #[test]
    fn an_entry_whose_quotes_or_brackets_do_not_match_holds_up_none_of_its_neighbours() {
        let table: [&[u8]; 30] = [
            br#"{"sid":"M","body":"x"#,
            br#"{"sid":"M","body":"x}"#,
            br#"{"sid":"M","body":"#,
            br#"{"sid":"M","body":"x""#,
            br#"{"sid":"M","body":x"}"#,
            br#"{"sid":"M","body":"he said "hi" to me"}"#,
            br#"{"sid":"M","body":"x\"}"#,
            br#"{"sid":"M,"body":"x"}"#,
            br#"{sid":"M","body":"x"}"#,
            br#"{'sid':'M','body':'x'}"#,
            br#"{"sid":"M" "body":"x"}"#,
            br#"{"sid":"M",,"body":"x"}"#,
            br#"{"sid":"M","body":"x",}"#,
            br#"{"sid":"M","body":["x"}"#,
            br#"{"sid":"M","body":[1"#,
            br#"{"sid":"M","body":{"x":1}"#,
            br#"{"sid":"M","body":"x"]"#,
            br#""sid":"M","body":"x"}"#,
            br#"{"sid":"M","body":NaN}"#,
            br#"{"sid":"M","body":"x"};"#,
            b"{",
            b"{{{{{{{{",
            b"[[[[",
            b"\"",
            b"",
            b",",
            b"<!-- {\"x\": -->",
            b"{\"body\":\"\xff\xc3\x28",
            br#"{"sid":"M","x":{"y":{"z":["#,
            br#"],"messages":["#,
        ];
        for entry in table {
            let got = bodies(&between(entry));
            let name = String::from_utf8_lossy(entry);
            let of = |sid: &str| {
                got.iter()
                    .filter(|(found, _)| found == sid)
                    .map(|(_, body)| body.as_deref())
                    .collect::<Vec<_>>()
            };
            assert_eq!((of("A"), of("Z")), (vec![Some("a")], vec![Some("z")]), "{name}: {got:?}");
            assert!(got.iter().all(|(sid, _)| ["A", "M", "Z"].contains(&sid.as_str())), "{name}: {got:?}");
        }
    }

    #[test]
    fn a_broken_entry_costs_neither_the_next_page_nor_what_is_spelt_across_lines() {
        let page = "{\n \"messages\" : [\n{\"sid\":\"A\",\n\"body\":\"a [1] \\ud83d\"},\n{\"sid\":\"M\",\"body\":\"},\n\
            {\"sid\":\"Z\",\n\"body\":\"z\"}\n],\n\"next_page_uri\":\"/next\",\"odd\":[[]]}\n";
        let read = entries(page.as_bytes(), "messages").unwrap();
        assert_eq!(read.next_page_uri.as_deref(), Some("/next"));
        let found: Vec<_> = read.entries.iter().map(|entry| entry.text("body")).collect();
        assert_eq!(found, [Some("a [1] \u{fffd}".to_owned()), Some("z".to_owned())]);
    }

    #[test]
    fn what_is_no_list_is_an_error() {
        let table = [
            "",
            "<html>",
            "[]",
            "{}",
            "null",
            r#"{"messages":null}"#,
            r#"{"messages":{}}"#,
            r#"{"messages":[{"sid":"A"}"#,
            r#"{"messages":[{"sid":"A"},"#,
            r#"{"messages":[{"sid":"A","body":"}"#,
            r#"{"messages":[{"sid":"A"}]"#,
            r#"{"messages":[{"sid":"A"}],"next_page_uri":"/ne"#,
            r#"{"messages":[{"sid":"A"},{]} and more"#,
            r#"{"page":0 "messages":[{"sid":"A"}]}"#,
            r#"Service unavailable {"messages":[{"sid":"A"}]}"#,
        ];
        for page in table {
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

        /// Whatever stands between two entries, both are read.
        #[test]
        fn any_bytes_as_an_entry(
            bytes in proptest::collection::vec(any::<u8>(), 0..80),
            json in "[]{}\"\\\\:, asidMxn0-9]{0,40}",
            cut in 0..60_usize,
        ) {
            let whole = br#"{"sid":"M","body":"a \"b\" [c] {d}","x":{"y":[1,null]}}"#;
            let cut = &whole[..cut.min(whole.len())];
            for entry in [&bytes[..], json.as_bytes(), cut, &[cut, json.as_bytes()].concat()] {
                let page = between(entry);
                // One that closes the list and opens another is no entry.
                let whole: Option<Map<String, Value>> = serde_json::from_slice(&page).ok();
                prop_assume!(whole.is_none_or(|whole| whole.len() == 2));
                let got = bodies(&page);
                let name = String::from_utf8_lossy(entry);
                prop_assert!(got.contains(&("A".to_owned(), Some("a".to_owned()))), "{}", name);
                prop_assert!(got.contains(&("Z".to_owned(), Some("z".to_owned()))), "{}", name);
            }
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
