//! What a missing value leaves behind (R23): the space and the sign before it, an empty pair of brackets.

/// Pairs that enclose nothing once a value is missing.
const PAIRS: [(char, char); 9] = [
    ('(', ')'),
    ('[', ']'),
    ('{', '}'),
    ('"', '"'),
    ('\'', '\''),
    ('“', '”'),
    ('‘', '’'),
    ('„', '“'),
    ('«', '»'),
];

/// Signs before a missing value that go with it.
const BEFORE: [char; 4] = [',', '-', '–', '—'];

/// Signs before a missing value that go with it where another sign or the line's end follows.
const BEFORE_AN_END: [char; 2] = [';', ':'];

/// Signs that follow a word without a space.
const AFTER: [char; 11] = [',', '.', '!', '?', ';', ':', '…', ')', ']', '}', '»'];

/// A text that is put together piece by piece, with holes where values are missing.
#[derive(Default)]
pub(super) struct Tidied {
    text: String,
    /// A value is missing at the end of the text so far, and whether a space stood beside it.
    hole: Option<bool>,
}

impl Tidied {
    /// Goes on with a value; an empty one is missing.
    pub fn push_value(&mut self, value: &str) {
        if !value.is_empty() {
            self.push(value);
        } else if self.hole.is_none() {
            let space = self.text.ends_with(' ');
            self.text.truncate(self.text.trim_end_matches(' ').len());
            self.hole = Some(space);
        }
    }

    /// Goes on with what stands in the text.
    pub fn push(&mut self, piece: &str) {
        let Some(mut space) = self.hole else {
            self.text.push_str(piece);
            return;
        };
        let mut rest = piece.trim_start_matches(' ');
        space |= rest.len() < piece.len();
        while let Some(inner) = self.without_empty_pair(rest) {
            self.text.truncate(self.text.trim_end_matches(' ').len());
            rest = inner.trim_start_matches(' ');
            space |= rest.len() < inner.len();
        }
        let begins = self.text.is_empty() || self.text.ends_with(['\n', '(', '[', '{', '«', '“', '„']);
        if begins {
            rest = rest.trim_start_matches([',', '.', '!', '?', ';', ':', '-', '–', '—', ' ']);
        }
        if rest.is_empty() {
            self.hole = Some(space);
            return;
        }
        self.hole = None;
        self.drop_sign_before(rest);
        let joined = begins || rest.starts_with(AFTER) || rest.starts_with('\n');
        if space && !joined {
            self.text.push(' ');
        }
        self.text.push_str(rest);
    }

    /// The whole text.
    pub fn finish(mut self) -> String {
        if self.hole.is_some() {
            self.drop_sign_before("");
        }
        self.text
    }

    /// What follows an empty pair that the text ends with and `rest` begins with; the pair is gone then.
    fn without_empty_pair<'a>(&mut self, rest: &'a str) -> Option<&'a str> {
        let (open, close) = (self.text.chars().next_back()?, rest.chars().next()?);
        let inner = PAIRS.contains(&(open, close)).then(|| &rest[close.len_utf8()..])?;
        self.text.pop();
        Some(inner)
    }

    fn drop_sign_before(&mut self, rest: &str) {
        let ends = rest.is_empty() || rest.starts_with('\n') || rest.starts_with(AFTER);
        let goes = |c: char| BEFORE.contains(&c) || (ends && BEFORE_AN_END.contains(&c));
        if self.text.ends_with(goes) {
            self.text.pop();
            self.text.truncate(self.text.trim_end_matches(' ').len());
        }
    }
}
