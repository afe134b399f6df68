//! Lists: `limit`, an opaque `cursor`, and the answer `{items, next_cursor}`.
//!
//! A cursor is the key of the last item, so a list goes on rightly while things are added and removed. It is
//! not signed: it can only name a place in the caller's own organization.

use app::messages::Part;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::time::Instant;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::fields::{Fields, FromFields};

/// The most items of one page.
pub const MAX_LIMIT: u32 = 200;
/// The items of a page if the request does not say.
pub const DEFAULT_LIMIT: u32 = 50;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// What to send as `cursor` for the next page; null at the end.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A page of `found`, of which there is one more than `limit` if the list goes on.
    pub fn of<I, K: Key>(
        mut found: Vec<I>,
        limit: u32,
        key: impl Fn(&I) -> K,
        item: impl FnMut(I) -> T,
    ) -> Self {
        let goes_on = found.len() > limit as usize;
        found.truncate(limit as usize);
        let next_cursor = found.last().filter(|_| goes_on).map(|last| encode(&key(last)));
        Self { items: found.into_iter().map(item).collect(), next_cursor }
    }
}

/// Which part of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes the query in openapi.json")]
pub struct PageQuery {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// At most so many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// Which part of a list is asked for.
#[derive(Clone, Debug)]
pub struct Paging<K> {
    /// The key after which it goes on.
    pub after: Option<K>,
    /// How many items at most.
    pub limit: u32,
}

impl<K: Key> FromFields for Paging<K> {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let limit: Option<i64> = fields.optional("limit");
        let cursor: Option<String> = fields.optional("cursor");
        let limit = limit.unwrap_or(i64::from(DEFAULT_LIMIT));
        let limit = u32::try_from(limit).ok().filter(|limit| (1..=MAX_LIMIT).contains(limit));
        if limit.is_none() {
            fields.error("limit", format!("must be 1 to {MAX_LIMIT}"));
        }
        let after = cursor.map(|cursor| decode(&cursor));
        if after.as_ref().is_some_and(Option::is_none) {
            fields.error("cursor", "is not a cursor of this list; leave it out to start from the beginning");
        }
        Some(Self { after: after.flatten(), limit: limit? })
    }
}

/// Which part of a list that is read in both directions, and of which what changes can be asked for.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes the query in openapi.json")]
pub struct PartQuery {
    /// `oldest` (first; the default) or `newest`.
    #[param(schema_with = crate::api::v1::codes::order)]
    order: Option<Order>,
    /// `position` of an earlier answer, or the id of an event of the stream: only what is new or changed since then,
    /// newest first. Not together with `cursor`.
    since: Option<String>,
    /// `next_cursor` of the page before, in the same order.
    cursor: Option<String>,
    /// At most so many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// The order of a list that is read in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Oldest first.
    Oldest,
    /// Newest first.
    Newest,
}

impl Order {
    /// Both.
    pub const ALL: [Order; 2] = [Self::Oldest, Self::Newest];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Oldest => "oldest",
            Self::Newest => "newest",
        }
    }
}

/// A [`PartQuery`] that has been read.
#[derive(Clone, Copy, Debug)]
pub struct PartFields<K> {
    /// The part asked for.
    pub part: Part<K>,
    /// How many items at most.
    pub limit: u32,
}

impl<K: Key> FromFields for PartFields<K> {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let paging = Paging::from_fields(fields);
        let order: Option<Order> = fields.optional("order");
        let since: Option<String> = fields.optional("since");
        let place = since.as_deref().map(|since| Uuid::try_parse(since).ok());
        if place.is_some_and(|place| place.is_none()) {
            fields.error("since", "is not a position; send the position of an answer, or an event's id");
        }
        let Paging { after, limit } = paging?;
        if since.is_some() && (after.is_some() || order == Some(Order::Oldest)) {
            fields.error("since", "is answered newest first and whole: leave cursor and order=oldest out");
        }
        let part = match (place, order) {
            (Some(place), _) => Part::Since(place?),
            (None, Some(Order::Newest)) => Part::Before(after),
            (None, Some(Order::Oldest) | None) => Part::After(after),
        };
        Some(Self { part, limit })
    }
}

/// The key of an item in the order of its list.
pub trait Key: Sized {
    /// As text.
    fn to_text(&self) -> String;
    /// From its text.
    fn from_text(text: &str) -> Option<Self>;
}

fn encode<K: Key>(key: &K) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(key.to_text())
}

fn decode<K: Key>(cursor: &str) -> Option<K> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
    K::from_text(std::str::from_utf8(&bytes).ok()?)
}

impl Key for i64 {
    fn to_text(&self) -> String {
        format!("n{self}")
    }

    fn from_text(text: &str) -> Option<Self> {
        text.strip_prefix('n')?.parse().ok()
    }
}

impl Key for Uuid {
    fn to_text(&self) -> String {
        self.to_string()
    }

    fn from_text(text: &str) -> Option<Self> {
        Self::try_parse(text).ok()
    }
}

impl Key for Instant {
    fn to_text(&self) -> String {
        format!("t{}", self.ms())
    }

    fn from_text(text: &str) -> Option<Self> {
        text.strip_prefix('t')?.parse().ok().map(Self::from_ms)
    }
}

macro_rules! id_keys {
    ($($id:ident),*) => {$(
        impl Key for domain::id::$id {
            fn to_text(&self) -> String {
                self.0.to_text()
            }

            fn from_text(text: &str) -> Option<Self> {
                Uuid::from_text(text).map(Self)
            }
        }
    )*};
}
id_keys!(AuditId, CaseId, ChannelId, CustomerId, DecisionId, MessageId, TokenId, UserId);

impl<A: Key, B: Key> Key for (A, B) {
    fn to_text(&self) -> String {
        format!("{}/{}", self.0.to_text(), self.1.to_text())
    }

    fn from_text(text: &str) -> Option<Self> {
        let (first, second) = text.split_once('/')?;
        Some((A::from_text(first)?, B::from_text(second)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_and_nonsense_does_not() {
        let key = (Instant::from_ms(5), Uuid::from_u128(7));
        assert_eq!(decode::<(Instant, Uuid)>(&encode(&key)), Some(key));
        for nonsense in ["", "x", "====", "bjE", "é", &encode(&key)[1..]] {
            assert_eq!(decode::<(Instant, Uuid)>(nonsense), None, "{nonsense}");
        }
        assert_eq!(decode::<i64>("bjE"), Some(1));
    }
}
