//! Copies everything from one database to another, whatever engine each has, and proves that it arrived.
//!
//! Guaranteed: the source is read as it was at one instant, whoever writes to it meanwhile; the target is empty when it
//! begins, or an unfinished copy, which is begun anew; it counts as unfinished, and is not served, until every table has
//! been read again on both sides and count and checksum agree. So a target that is written to meanwhile is noticed.

mod tables;

use std::fmt;

use domain::time::Instant;
use sha2::{Digest, Sha256};

use crate::engine::row::Cell;
use crate::engine::{Op, Snapshot, Store, Tx};
use crate::error::StoreError;
use crate::installation::{self, Installation};
use tables::{ROWS_AT_ONCE, TABLES, Table};

/// How many rows are read at once.
const PAGE: usize = 10 * ROWS_AT_ONCE;

/// Why nothing, or not everything, was copied.
#[derive(Debug)]
pub enum CopyError {
    /// The source's schema is another program's; the migration that it lacks.
    SourceNotMigrated(String),
    /// The source is itself a copy that was not finished.
    SourceUnfinished,
    /// The target has rows in this table.
    TargetNotEmpty(&'static str),
    /// This table is not the same on both sides: something wrote to the target.
    Differs(&'static str),
    /// A database failed.
    Store(StoreError),
}

impl fmt::Display for CopyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SourceNotMigrated(missing) => write!(
                f,
                "the source's schema is older than this program (it lacks {missing}): run `backsoon migrate` on it first"
            ),
            Self::SourceUnfinished => {
                f.write_str("the source is itself a copy that was not finished: copy from the original")
            }
            Self::TargetNotEmpty(table) => write!(
                f,
                "the target is not empty (it has rows in {table}): name a new, empty database, so that nothing is overwritten"
            ),
            Self::Differs(table) => write!(
                f,
                "{table} is not the same on both sides after copying: something wrote to the target meanwhile. Run the same command again; until then no server starts on the target"
            ),
            Self::Store(error) => f.write_str(&error.log_text()),
        }
    }
}

impl std::error::Error for CopyError {}

impl From<StoreError> for CopyError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The table at hand.
    pub table: &'static str,
    /// Rows copied, and read again on both sides, so far, in all tables.
    pub steps: u64,
    /// How many there will be, as counted before.
    pub steps_in_all: u64,
}

/// What has arrived of one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Which.
    pub table: &'static str,
    /// Its rows.
    pub rows: u64,
    /// The sum of the SHA-256 digests of its rows, cut to 128 bits.
    pub checksum: u128,
}

/// Copies everything and compares.
pub async fn copy(
    from: &Store,
    to: &Store,
    now: Instant,
    mut told: impl FnMut(Progress),
) -> Result<Vec<Copied>, CopyError> {
    if let Some(missing) = from.pending_migrations().await?.into_iter().next() {
        return Err(CopyError::SourceNotMigrated(missing));
    }
    let mut from = from.snapshot().await?;
    let source = from.read(State).await?;
    if source.unfinished_copy {
        return Err(CopyError::SourceUnfinished);
    }
    to.migrate(now).await?;
    if let Some(table) = to.write(Begin).await? {
        return Err(CopyError::TargetNotEmpty(table));
    }
    let mut progress = Progress { table: "", steps: 0, steps_in_all: 0 };
    for table in TABLES.iter() {
        // Each row is written once and read again on both sides.
        progress.steps_in_all += 3 * from.read(Count(table)).await?;
    }
    for table in TABLES.iter() {
        progress.table = table.name;
        let mut after = None;
        while let Some(rows) = next(&mut from, table, &mut after).await? {
            let count = rows.len();
            to.write(Insert(table, rows)).await?;
            progress.steps += count as u64;
            told(progress);
        }
    }
    let mut copied = Vec::new();
    for table in TABLES.iter() {
        progress.table = table.name;
        let mut sums = [Copied { table: table.name, rows: 0, checksum: 0 }; 2];
        let mut written = to.snapshot().await?;
        for (side, sum) in [&mut from, &mut written].into_iter().zip(&mut sums) {
            let mut after = None;
            while let Some(rows) = next(side, table, &mut after).await? {
                for row in &rows {
                    sum.rows += 1;
                    sum.checksum = sum.checksum.wrapping_add(digest(row));
                }
                progress.steps += rows.len() as u64;
                told(progress);
            }
        }
        if sums[0] != sums[1] {
            return Err(CopyError::Differs(table.name));
        }
        copied.push(sums[0]);
    }
    to.write(Finish(source)).await?;
    Ok(copied)
}

/// The rows after the last ones; none after all of them.
async fn next(
    side: &mut Snapshot,
    table: &'static Table,
    after: &mut Option<Vec<Cell>>,
) -> Result<Option<Vec<Vec<Cell>>>, StoreError> {
    let rows = side.read(Page { table, after: after.take() }).await?;
    let Some(last) = rows.last() else { return Ok(None) };
    *after = Some(last[..table.key].to_vec());
    Ok(Some(rows))
}

/// The same on every engine: each cell's kind, length and content.
fn digest(row: &[Cell]) -> u128 {
    let mut hash = Sha256::new();
    let mut add = |kind: u8, bytes: &[u8]| {
        hash.update([kind]);
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    for cell in row {
        match cell {
            Cell::Null | Cell::Unreadable(_) => add(0, &[]),
            Cell::I64(value) => add(1, &value.to_be_bytes()),
            Cell::Text(text) => add(2, text.as_bytes()),
            Cell::Uuid(id) => add(3, id.as_bytes()),
            Cell::Bytes(bytes) => add(3, bytes),
        }
    }
    hash.finalize().iter().take(16).fold(0, |sum, byte| sum << 8 | u128::from(*byte))
}

struct State;

impl Op for State {
    type Out = Installation;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx) -> Result<Installation, StoreError> {
        installation::get(tx).await
    }
}

/// Makes an empty target, or one whose copy was not finished, an unfinished copy without rows; otherwise answers
/// the first table that has any.
struct Begin;

impl Op for Begin {
    type Out = Option<&'static str>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx) -> Result<Option<&'static str>, StoreError> {
        if installation::get(tx).await?.unfinished_copy {
            for table in TABLES.iter().rev() {
                tx.execute(&table.clear, &[]).await?;
            }
        }
        for table in TABLES.iter() {
            if tx.query(&table.first, &[1_u32.into()]).await?.exists() {
                return Ok(Some(table.name));
            }
        }
        installation::set(tx, Installation { unfinished_copy: true, ..Installation::default() }).await?;
        Ok(None)
    }
}

struct Finish(Installation);

impl Op for Finish {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        installation::set(tx, self.0).await
    }
}

struct Count(&'static Table);

impl Op for Count {
    type Out = u64;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx) -> Result<u64, StoreError> {
        let rows = tx.query(&self.0.count, &[]).await?.one("count", |row| row.i64("rows"))?;
        Ok(rows.unsigned_abs())
    }
}

struct Page {
    table: &'static Table,
    after: Option<Vec<Cell>>,
}

impl Op for Page {
    type Out = Vec<Vec<Cell>>;
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, StoreError> {
        let Table { columns, first, next, .. } = self.table;
        let mut params = vec![(PAGE as i64).into()];
        let sql = match &self.after {
            None => first,
            Some(after) => {
                params.extend(columns.iter().zip(after).map(|(column, cell)| column.value(cell)));
                next
            }
        };
        tx.query(sql, &params).await?.list(|row| row.cells(columns.iter().map(|column| column.name)))
    }
}

struct Insert(&'static Table, Vec<Vec<Cell>>);

impl Op for Insert {
    type Out = ();
    type Error = StoreError;

    async fn run(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let Self(table, rows) = self;
        for rows in rows.chunks(ROWS_AT_ONCE) {
            let full = rows.len() == ROWS_AT_ONCE;
            let lots = if full { ROWS_AT_ONCE } else { 1 };
            for lot in rows.chunks(lots) {
                let cells = lot.iter().flat_map(|row| table.columns.iter().zip(row));
                let params: Vec<_> = cells.map(|(column, cell)| column.value(cell)).collect();
                let sql = if full { &table.insert_many } else { &table.insert_one };
                tx.execute(sql, &params).await?;
            }
        }
        Ok(())
    }
}

/// The columns of every table as the copy knows them: for the test that compares them with the schema.
pub fn tables() -> Vec<(&'static str, Vec<&'static str>)> {
    TABLES
        .iter()
        .map(|table| (table.name, table.columns.iter().map(|column| column.name).collect()))
        .collect()
}

/// The tables that every database has for itself.
pub const OWN: [&str; 3] = tables::OWN;
