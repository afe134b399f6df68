//! What the carrier's published calculator takes for one character: grapheme clusters of Unicode 10, with its own
//! reading of some rules (`docs/decisions/0022`). Only segments are counted by them.

use std::sync::LazyLock;

/// Unicode's property `Grapheme_Cluster_Break`. A line break is a `Control` here, because CR and LF count apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Control,
    Extend,
    Prepend,
    SpacingMark,
    L,
    V,
    T,
    Lv,
    Lvt,
    Zwj,
    EmojiBase,
    EmojiModifier,
    GlueAfterZwj,
    EmojiBaseGlue,
    RegionalIndicator,
    Other,
}

/// The ranges of each kind, which the pages read, too.
const RANGES: &str = include_str!("../../../../web/src/text/graphemes.txt");

static TABLE: LazyLock<Vec<(u32, u32, Kind)>> = LazyLock::new(|| {
    let mut table: Vec<_> = RANGES.lines().flat_map(ranges_of_a_line).collect();
    table.sort_unstable_by_key(|(start, _, _)| *start);
    table
});

fn ranges_of_a_line(line: &str) -> Vec<(u32, u32, Kind)> {
    let mut words = line.split(' ');
    let kind = match words.next() {
        Some("Control") => Kind::Control,
        Some("Extend") => Kind::Extend,
        Some("Prepend") => Kind::Prepend,
        Some("SpacingMark") => Kind::SpacingMark,
        Some("L") => Kind::L,
        Some("V") => Kind::V,
        Some("T") => Kind::T,
        Some("ZWJ") => Kind::Zwj,
        Some("E_Base") => Kind::EmojiBase,
        Some("E_Modifier") => Kind::EmojiModifier,
        Some("Glue_After_Zwj") => Kind::GlueAfterZwj,
        Some("E_Base_GAZ") => Kind::EmojiBaseGlue,
        Some("Regional_Indicator") => Kind::RegionalIndicator,
        other => unreachable!("the committed table names no {other:?}; a test reads it"),
    };
    let number =
        |hex: &str| u32::from_str_radix(hex, 16).expect("the committed table has numbers; a test reads it");
    let range = |word: &str| {
        let (start, end) = word.split_once('-').unwrap_or((word, word));
        (number(start), number(end), kind)
    };
    words.map(range).collect()
}

fn kind(c: char) -> Kind {
    match u32::from(c) {
        code @ 0xac00..=0xd7a3 if (code - 0xac00) % 28 == 0 => Kind::Lv,
        0xac00..=0xd7a3 => Kind::Lvt,
        code => {
            let at = TABLE.partition_point(|(start, _, _)| *start <= code);
            match at.checked_sub(1).map(|before| TABLE[before]) {
                Some((_, end, kind)) if code <= end => kind,
                _ => Kind::Other,
            }
        }
    }
}

/// What has to be known of the characters taken so far to tell whether one more belongs to them.
#[derive(Clone, Copy)]
struct Cluster {
    length: usize,
    last: Kind,
    before_last: Option<Kind>,
    has_extend: bool,
    /// The second one is half a flag: no more than one character joins it.
    half_flag_second: bool,
}

impl Cluster {
    fn of(first: Kind) -> Self {
        let has_extend = first == Kind::Extend;
        Self { length: 1, last: first, before_last: None, has_extend, half_flag_second: false }
    }

    fn takes(&self, next: Kind) -> bool {
        use Kind::*;
        if self.last == Control || next == Control || (self.half_flag_second && self.length > 2) {
            return false;
        }
        let is_base = |kind| matches!(kind, EmojiBase | EmojiBaseGlue);
        match (self.last, next) {
            (L, L | V | Lv | Lvt) | (Lv | V, V | T) | (Lvt | T, T) => true,
            (_, Extend | Zwj | SpacingMark) | (Prepend, _) => true,
            (Extend, EmojiModifier) => self.before_last.is_some_and(is_base),
            (last, EmojiModifier) => !self.has_extend && is_base(last),
            (Zwj, GlueAfterZwj | EmojiBaseGlue) => true,
            (RegionalIndicator, RegionalIndicator) => self.length == 1,
            _ => false,
        }
    }

    fn take(&mut self, next: Kind) {
        self.length += 1;
        self.before_last = Some(self.last);
        self.last = next;
        self.has_extend |= next == Kind::Extend;
        self.half_flag_second |= self.length == 2 && next == Kind::RegionalIndicator;
    }
}

/// The sizes of a text's graphemes in UTF-16 units, in order.
pub(super) fn units(text: &str) -> Vec<usize> {
    let mut sizes: Vec<usize> = Vec::new();
    let mut cluster: Option<Cluster> = None;
    for c in text.chars() {
        let next = kind(c);
        match (&mut cluster, sizes.last_mut()) {
            (Some(cluster), Some(size)) if cluster.takes(next) => {
                cluster.take(next);
                *size += c.len_utf16();
            }
            _ => {
                cluster = Some(Cluster::of(next));
                sizes.push(c.len_utf16());
            }
        }
    }
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_apart() {
        assert_eq!(TABLE.len(), 552);
        assert!(TABLE.iter().all(|(start, end, _)| start <= end));
        assert!(TABLE.windows(2).all(|pair| pair[0].1 < pair[1].0));
    }
}
