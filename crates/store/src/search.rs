//! What customers and cases are found by: texts that the program folds and both databases compare (decision 0024).
//!
//! Guaranteed: after [`fill`] every row that was there has its text, also those that an older program wrote.

use domain::id::{CaseId, CustomerId, OrganizationId};
use domain::search::{MAX_TERMS, Term, of_case, of_customer};

use crate::Value;
use crate::engine::{Op, Store, Tx};
use crate::error::StoreError;
use crate::sql::statements;

/// How many rows one transaction fills in.
const ROWS_AT_ONCE: u32 = 500;

/// The texts that a word may be found by.
const TEXTS: usize = 3;

/// The parameters of all words: for each its texts and, of cases, a number.
pub(crate) const CASE_PARAMS: usize = MAX_TERMS * (TEXTS + 1);
/// The same without numbers.
pub(crate) const CUSTOMER_PARAMS: usize = MAX_TERMS * TEXTS;

/// The condition that one word stands in `$in`, as one of three texts; true where there is no such word.
macro_rules! word {
    ($in:literal, $a:literal, $b:literal, $c:literal $(, $number:literal)?) => {
        concat!(
            " AND (", $in, " LIKE ", $a, " ESCAPE '\\' OR ", $in, " LIKE ", $b, " ESCAPE '\\' OR ",
            $in, " LIKE ", $c, " ESCAPE '\\'", $(" OR c.number = ", $number,)? " OR ", $a, " IS NULL)"
        )
    };
}
pub(crate) use word;

statements! { "search":
    CUSTOMERS = "SELECT organization_id, id, name, address FROM customers WHERE search IS NULL LIMIT $1";
    /// Unless it was filled meanwhile. Said so that the row is found by its id and not by the index of what is to be
    /// filled.
    SET_OF_CUSTOMER = "UPDATE customers SET search = $3
        WHERE organization_id = $1 AND id = $2 AND coalesce(search, '') = ''";
    CASES = "SELECT organization_id, id, subject FROM cases WHERE search IS NULL LIMIT $1";
    SET_OF_CASE = "UPDATE cases SET search = $3
        WHERE organization_id = $1 AND id = $2 AND coalesce(search, '') = ''";
}

/// Fills in what rows without a text are found by, a few hundred in a transaction.
pub(crate) async fn fill(store: &Store) -> Result<(), StoreError> {
    while store.write(Fill).await? {}
    Ok(())
}

struct Fill;

impl Op for Fill {
    /// Whether there was anything to fill in.
    type Out = bool;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        let customers: Vec<(OrganizationId, CustomerId, String)> =
            tx.query(&CUSTOMERS, &[ROWS_AT_ONCE.into()]).await?.list(|row| {
                let (org, id) = (row.id("organization_id")?, row.id("id")?);
                let name = row.text("name")?;
                Ok((org, id, of_customer(&name, &row.text("address")?)))
            })?;
        for (org, id, text) in &customers {
            tx.execute(&SET_OF_CUSTOMER, &[(*org).into(), (*id).into(), text.into()]).await?;
        }
        let cases: Vec<(OrganizationId, CaseId, String)> =
            tx.query(&CASES, &[ROWS_AT_ONCE.into()]).await?.list(|row| {
                let (org, id) = (row.id("organization_id")?, row.id("id")?);
                Ok((org, id, of_case(&row.text("subject")?)))
            })?;
        for (org, id, text) in &cases {
            tx.execute(&SET_OF_CASE, &[(*org).into(), (*id).into(), text.into()]).await?;
        }
        Ok(!customers.is_empty() || !cases.is_empty())
    }
}

/// A word as the parameters of [`word`].
pub(crate) struct Pattern {
    texts: [String; TEXTS],
    number: Option<i64>,
}

/// The words of a query, each as the patterns of its texts.
pub(crate) fn patterns(terms: &[Term]) -> Vec<Pattern> {
    let pattern = |term: &Term| {
        let text = |i: usize| term.texts.get(i).or(term.texts.first()).map(|text| contains(text));
        let texts = std::array::from_fn(|i| text(i).unwrap_or_default());
        Pattern { texts, number: term.number }
    };
    terms.iter().map(pattern).collect()
}

/// The parameters of all words of a search for cases.
pub(crate) fn case_params(patterns: &[Pattern]) -> [Value<'_>; CASE_PARAMS] {
    let mut params = [Value::Null; CASE_PARAMS];
    for (pattern, slots) in patterns.iter().zip(params.chunks_mut(TEXTS + 1)) {
        for (text, slot) in pattern.texts.iter().zip(slots.iter_mut()) {
            *slot = text.into();
        }
        slots[TEXTS] = pattern.number.into();
    }
    params
}

/// The same of a search for customers.
pub(crate) fn customer_params(patterns: &[Pattern]) -> [Value<'_>; CUSTOMER_PARAMS] {
    let mut params = [Value::Null; CUSTOMER_PARAMS];
    let texts = patterns.iter().flat_map(|pattern| &pattern.texts);
    for (text, slot) in texts.zip(params.iter_mut()) {
        *slot = text.into();
    }
    params
}

/// The LIKE pattern for "contains", its special characters taken as themselves.
fn contains(text: &str) -> String {
    let escaped: String = text
        .chars()
        .flat_map(|c| matches!(c, '%' | '_' | '\\').then_some('\\').into_iter().chain([c]))
        .collect();
    format!("%{escaped}%")
}
