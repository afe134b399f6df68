//! Rows as every engine returns them. A reader takes the columns in the order of the statement's text and names
//! them: the name stands in the error if the row is damaged, and debug builds hold it against the statement.

use domain::time::Instant;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::error::StoreError;
use crate::sql::Sql;

/// One stored value.
#[derive(Clone, Debug, Default)]
pub(crate) enum Cell {
    #[default]
    Null,
    /// A number, or a truth value as 0 or 1.
    I64(i64),
    Text(String),
    Uuid(Uuid),
    Bytes(Vec<u8>),
    /// Something that no column may hold, in words.
    Unreadable(&'static str),
}

impl Cell {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::I64(_) => "a number",
            Self::Text(_) => "a text",
            Self::Uuid(_) => "an id",
            Self::Bytes(_) => "bytes",
            Self::Unreadable(what) => what,
        }
    }
}

/// What a statement returned.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    pub(crate) sql: &'static Sql,
    /// The columns' names; kept in debug builds alone.
    pub(crate) names: Vec<String>,
    pub(crate) width: usize,
    pub(crate) cells: Vec<Cell>,
}

impl Rows {
    /// Every row, read by `read`.
    pub(crate) fn list<T>(
        mut self,
        read: impl Fn(&mut Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let Self { sql, names, width, cells } = &mut self;
        cells
            .chunks_exact_mut((*width).max(1))
            .map(|cells| read(&mut Row { sql, names, cells, next: 0 }))
            .collect()
    }

    /// The first row, if there is one.
    pub(crate) fn first<T>(
        mut self,
        read: impl Fn(&mut Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        if self.cells.is_empty() {
            return Ok(None);
        }
        let cells = &mut self.cells[..self.width];
        read(&mut Row { sql: self.sql, names: &self.names, cells, next: 0 }).map(Some)
    }

    /// The first row, which must exist: `id` names it if it does not.
    pub(crate) fn one<T>(
        self,
        id: impl ToString,
        read: impl Fn(&mut Row<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let table = self.sql.table();
        self.first(read)?.ok_or_else(|| StoreError::missing(table, id))
    }

    /// Whether there is any row.
    pub(crate) fn exists(&self) -> bool {
        !self.cells.is_empty()
    }
}

/// One row being read. Its first column is its id, for the sake of errors.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    sql: &'static Sql,
    names: &'a [String],
    cells: &'a mut [Cell],
    next: usize,
}

impl Row<'_> {
    fn take(&mut self, column: &'static str) -> Cell {
        debug_assert_eq!(self.names.get(self.next).map(String::as_str), Some(column), "{}", self.sql.name());
        let at = self.next;
        self.next += 1;
        match self.cells.get_mut(at) {
            // The id stays, to name the row.
            Some(cell) if at == 0 => cell.clone(),
            Some(cell) => std::mem::take(cell),
            None => Cell::Null,
        }
    }

    /// The row as it is.
    pub(crate) fn cells(
        &mut self,
        columns: impl Iterator<Item = &'static str>,
    ) -> Result<Vec<Cell>, StoreError> {
        let mut cells = Vec::with_capacity(self.cells.len());
        for column in columns {
            match self.take(column) {
                Cell::Unreadable(what) => return Err(self.corrupt(column, what)),
                cell => cells.push(cell),
            }
        }
        Ok(cells)
    }

    /// The error for a column that holds what it must not; `detail` never quotes customer text.
    pub(crate) fn corrupt(&self, column: &'static str, detail: impl Into<String>) -> StoreError {
        let id = match self.cells.first() {
            Some(Cell::Uuid(id)) => id.to_string(),
            Some(Cell::I64(id)) => id.to_string(),
            Some(Cell::Bytes(id)) => id.iter().take(4).map(|byte| format!("{byte:02x}")).collect(),
            _ => "unknown".to_owned(),
        };
        StoreError::CorruptRow { table: self.sql.table(), id, column, detail: detail.into() }
    }

    fn unexpected(&self, column: &'static str, expected: &str, found: &Cell) -> StoreError {
        self.corrupt(column, format!("{expected} expected, {} found", found.kind()))
    }

    /// `None` for a column that holds nothing, without taking it.
    fn optional<T>(
        &mut self,
        column: &'static str,
        read: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        if matches!(self.cells.get(self.next), Some(Cell::Null)) {
            self.take(column);
            return Ok(None);
        }
        read(self).map(Some)
    }

    pub(crate) fn i64(&mut self, column: &'static str) -> Result<i64, StoreError> {
        match self.take(column) {
            Cell::I64(value) => Ok(value),
            other => Err(self.unexpected(column, "a number", &other)),
        }
    }

    pub(crate) fn u32(&mut self, column: &'static str) -> Result<u32, StoreError> {
        let value = self.i64(column)?;
        u32::try_from(value).map_err(|_| self.corrupt(column, format!("{value} is out of range")))
    }

    pub(crate) fn u32_or_none(&mut self, column: &'static str) -> Result<Option<u32>, StoreError> {
        self.optional(column, |row| row.u32(column))
    }

    pub(crate) fn bool(&mut self, column: &'static str) -> Result<bool, StoreError> {
        match self.take(column) {
            Cell::I64(0) => Ok(false),
            Cell::I64(1) => Ok(true),
            other => Err(self.unexpected(column, "a truth value", &other)),
        }
    }

    pub(crate) fn instant(&mut self, column: &'static str) -> Result<Instant, StoreError> {
        self.i64(column).map(Instant::from_ms)
    }

    pub(crate) fn instant_or_none(&mut self, column: &'static str) -> Result<Option<Instant>, StoreError> {
        self.optional(column, |row| row.instant(column))
    }

    pub(crate) fn id<T: From<Uuid>>(&mut self, column: &'static str) -> Result<T, StoreError> {
        match self.take(column) {
            Cell::Uuid(value) => Ok(value.into()),
            other => Err(self.unexpected(column, "an id", &other)),
        }
    }

    pub(crate) fn id_or_none<T: From<Uuid>>(
        &mut self,
        column: &'static str,
    ) -> Result<Option<T>, StoreError> {
        self.optional(column, |row| row.id(column))
    }

    pub(crate) fn text(&mut self, column: &'static str) -> Result<String, StoreError> {
        match self.take(column) {
            Cell::Text(value) => Ok(value),
            other => Err(self.unexpected(column, "a text", &other)),
        }
    }

    pub(crate) fn text_or_none(&mut self, column: &'static str) -> Result<Option<String>, StoreError> {
        self.optional(column, |row| row.text(column))
    }

    /// A stable code, such as a status.
    pub(crate) fn code<T>(
        &mut self,
        column: &'static str,
        from_code: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, StoreError> {
        let code = self.text(column)?;
        from_code(&code).ok_or_else(|| self.corrupt(column, "an unknown code"))
    }

    pub(crate) fn code_or_none<T>(
        &mut self,
        column: &'static str,
        from_code: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        self.optional(column, |row| row.code(column, from_code))
    }

    pub(crate) fn bytes(&mut self, column: &'static str) -> Result<Vec<u8>, StoreError> {
        match self.take(column) {
            Cell::Bytes(value) => Ok(value),
            // An engine without a type for ids returns sixteen bytes as one.
            Cell::Uuid(value) => Ok(value.into_bytes().to_vec()),
            other => Err(self.unexpected(column, "bytes", &other)),
        }
    }

    /// A SHA-256.
    pub(crate) fn hash(&mut self, column: &'static str) -> Result<[u8; 32], StoreError> {
        let bytes = self.bytes(column)?;
        bytes.try_into().map_err(|_| self.corrupt(column, "a hash of 32 bytes expected"))
    }

    pub(crate) fn json_or_none<T: DeserializeOwned>(
        &mut self,
        column: &'static str,
    ) -> Result<Option<T>, StoreError> {
        self.optional(column, |row| row.json(column))
    }

    pub(crate) fn json<T: DeserializeOwned>(&mut self, column: &'static str) -> Result<T, StoreError> {
        let text = self.text(column)?;
        // The position is told, the text is not: it may quote a customer.
        serde_json::from_str(&text).map_err(|error| {
            self.corrupt(column, format!("malformed JSON at line {} column {}", error.line(), error.column()))
        })
    }
}
