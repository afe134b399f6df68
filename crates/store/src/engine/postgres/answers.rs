//! The answers to questions that were asked ahead, until they are wanted.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio_postgres::{Row, Statement};

use super::value::Encoded;
use crate::engine::row::{Cell, Rows};
use crate::sql::Sql;

/// A question: the address of its statement, and its parameters.
pub(super) type Question = (usize, Arc<[Encoded]>);

/// What was asked in a transaction.
#[derive(Default)]
pub(super) struct Answers {
    known: HashMap<Question, Answer>,
    sent: Vec<Sent>,
}

#[derive(Default)]
struct Answer {
    /// How often it will be wanted.
    wanted: usize,
    /// It has not been sent since it was asked last.
    held: bool,
    rows: Option<Rows>,
}

/// Questions that were sent as one statement.
struct Sent {
    sql: &'static Sql,
    statement: Statement,
    /// In the order in which they are numbered; one alone is not.
    questions: Vec<Question>,
    /// Filled when everything that was sent ahead is answered.
    rows: oneshot::Receiver<Vec<Row>>,
}

/// The question that a statement with these parameters is.
pub(super) fn question(sql: &'static Sql, params: Arc<[Encoded]>) -> Question {
    (std::ptr::from_ref(sql).addr(), params)
}

impl Answers {
    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.known.clear();
        self.sent.clear();
    }

    /// Notes that an answer will be wanted; answers whether the question must be sent. It need not if it is held
    /// anyway, or if it was asked in this snapshot before.
    pub(super) fn ask(&mut self, question: Question, snapshot: bool) -> bool {
        let answer = self.known.entry(question).or_default();
        answer.wanted += 1;
        let must = !answer.held && (!snapshot || answer.wanted == 1);
        answer.held |= must;
        must
    }

    /// Whether it was asked and still has to be waited for; none if it was not asked.
    pub(super) fn waits(&self, question: &Question) -> Option<bool> {
        self.known.get(question).map(|answer| answer.held || answer.rows.is_none())
    }

    /// The answer, forgotten when nobody wants it any more.
    pub(super) fn take(&mut self, question: &Question) -> Option<Rows> {
        let answer = self.known.get_mut(question)?;
        answer.wanted -= 1;
        match answer.wanted {
            0 => self.known.remove(question)?.rows,
            _ => answer.rows.clone(),
        }
    }

    /// Notes that these are on their way as one statement, whose rows go to the sender.
    pub(super) fn sent(
        &mut self,
        sql: &'static Sql,
        statement: &Statement,
        questions: impl Iterator<Item = Arc<[Encoded]>>,
    ) -> oneshot::Sender<Vec<Row>> {
        let questions: Vec<Question> = questions.map(|params| question(sql, params)).collect();
        for question in &questions {
            if let Some(answer) = self.known.get_mut(question) {
                // What was answered before is out of date.
                *answer = Answer { wanted: answer.wanted, ..Answer::default() };
            }
        }
        let (sender, rows) = oneshot::channel();
        self.sent.push(Sent { sql, statement: statement.clone(), questions, rows });
        sender
    }

    /// Takes in what has arrived, which is all that was sent.
    pub(super) fn collect(&mut self) {
        for Sent { sql, statement, questions, mut rows } in self.sent.drain(..) {
            let Ok(found) = rows.try_recv() else { continue };
            let all = if questions.len() == 1 {
                vec![rows_of(sql, &statement, &found)]
            } else {
                rows_of_many(sql, &statement, &found, questions.len())
            };
            for (question, rows) in questions.iter().zip(all) {
                if let Some(answer) = self.known.get_mut(question) {
                    answer.rows = Some(rows);
                }
            }
        }
    }
}

/// What a statement returned.
pub(super) fn rows_of(sql: &'static Sql, statement: &Statement, found: &[Row]) -> Rows {
    let mut rows = no_rows(sql, statement, statement.columns().len());
    rows.cells.reserve(rows.width * found.len());
    found.iter().for_each(|row| rows.cells.extend(cells(row, rows.width)));
    rows
}

/// What a statement for so many sets of parameters returned for each of them: its last column tells which.
fn rows_of_many(sql: &'static Sql, statement: &Statement, found: &[Row], sets: usize) -> Vec<Rows> {
    let width = statement.columns().len().saturating_sub(1);
    let mut all = vec![no_rows(sql, statement, width); sets];
    for row in found {
        let nth = row.try_get::<_, i64>(width).ok().and_then(|nth| usize::try_from(nth - 1).ok());
        if let Some(rows) = nth.and_then(|nth| all.get_mut(nth)) {
            rows.cells.extend(cells(row, width));
        }
    }
    all
}

fn no_rows(sql: &'static Sql, statement: &Statement, width: usize) -> Rows {
    let columns = statement.columns().iter().take(width);
    let names = columns.filter(|_| cfg!(debug_assertions)).map(|column| column.name().to_owned()).collect();
    Rows { sql, names, width, cells: Vec::new() }
}

fn cells(row: &Row, width: usize) -> impl Iterator<Item = Cell> {
    let unreadable = Cell::Unreadable("bytes that do not fit the column's type");
    (0..width).map(move |column| row.try_get(column).unwrap_or(unreadable.clone()))
}
