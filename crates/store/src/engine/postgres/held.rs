//! Statements whose answers nobody waits for yet are held, and sent together when somebody waits: those of one text
//! as one statement, because a statement costs the server more than a row
//! ([`statement_for_many`](crate::engine::dialect::statement_for_many)).
//!
//! Guaranteed: whatever is sent afterwards sees what was held. Questions go first, as of when they were asked: a
//! question that is asked after a write is held sends that write before it is held itself. Then come inserts, tables
//! that others refer to ahead of those that refer to them, and then updates, of each row the last one of a text.

use std::sync::Arc;

use super::value::Encoded;
use crate::sql::Sql;

/// Tables whose rows others refer to, in that order.
const REFERRED_TO: [&str; 3] = ["customers", "cases", "messages"];

/// Statements that have not been sent.
#[derive(Default)]
pub(super) struct Held {
    questions: Vec<Group>,
    inserts: Vec<Group>,
    updates: Vec<Group>,
}

/// Statements of one text.
pub(super) struct Group {
    pub sql: &'static Sql,
    pub sets: Vec<Set>,
    pub kind: Kind,
}

/// What is done with the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It is wanted.
    Question,
    /// It must be that every set changed one row.
    Write,
}

/// The parameters of one statement.
pub(super) struct Set {
    pub params: Arc<[Encoded]>,
    /// Of a write: the row's id, for errors.
    pub id: String,
}

impl Held {
    /// Whether there is a write among them.
    pub(super) fn writes(&self) -> bool {
        !self.inserts.is_empty() || !self.updates.is_empty()
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn ask(&mut self, sql: &'static Sql, params: Arc<[Encoded]>) {
        group(&mut self.questions, sql, Kind::Question).sets.push(Set { params, id: String::new() });
    }

    pub(super) fn write(&mut self, sql: &'static Sql, set: Set) {
        if sql.text().starts_with("INSERT ") {
            group(&mut self.inserts, sql, Kind::Write).sets.push(set);
            return;
        }
        let sets = &mut group(&mut self.updates, sql, Kind::Write).sets;
        match sets.iter_mut().find(|earlier| earlier.id == set.id) {
            Some(earlier) => *earlier = set,
            None => sets.push(set),
        }
    }

    /// Changes the last parameters of an insert that is still held; answers whether it is.
    pub(super) fn amend(&mut self, insert: &'static Sql, id: &str, last: &[Encoded]) -> bool {
        let mut groups = self.inserts.iter_mut().filter(|group| std::ptr::eq(group.sql, insert));
        let Some(set) = groups.find_map(|group| group.sets.iter_mut().find(|set| set.id == id)) else {
            return false;
        };
        let params = Arc::make_mut(&mut set.params);
        let from = params.len() - last.len();
        params[from..].clone_from_slice(last);
        true
    }

    /// What is to be sent, in this order; nothing is held any more.
    pub(super) fn take(&mut self) -> Vec<Group> {
        let Self { questions, mut inserts, updates } = std::mem::take(self);
        inserts.sort_by_key(|group| {
            let table = REFERRED_TO.iter().position(|table| *table == group.sql.table());
            table.unwrap_or(REFERRED_TO.len())
        });
        questions.into_iter().chain(inserts).chain(updates).collect()
    }
}

/// The group of this text, made if there is none.
fn group<'a>(groups: &'a mut Vec<Group>, sql: &'static Sql, kind: Kind) -> &'a mut Group {
    let at = groups.iter().position(|group| std::ptr::eq(group.sql, sql)).unwrap_or_else(|| {
        groups.push(Group { sql, sets: Vec::new(), kind });
        groups.len() - 1
    });
    &mut groups[at]
}
