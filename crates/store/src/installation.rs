//! What this database is: one row. An unfinished copy must not be served; a backup that is put to use must not
//! send again what was sent since it was made.

use domain::time::Instant;

use crate::engine::Tx;
use crate::error::StoreError;
use crate::sql::statements;

/// What the database is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Installation {
    /// `backsoon copy` has not finished writing it.
    pub unfinished_copy: bool,
    /// It is a backup, and has not been put to use since it was made.
    pub backup: bool,
    /// When it was last put back from a backup.
    pub restored_at: Option<Instant>,
}

statements! { "installation":
    GET = "SELECT id, unfinished_copy, backup, restored_at FROM installation WHERE id = 1 /*lock*/";
    UPDATE = "UPDATE installation SET unfinished_copy = $1, backup = $2, restored_at = $3 WHERE id = 1";
}

/// What the database is. Writing operations have the row to themselves from here on.
pub async fn get(tx: &mut Tx) -> Result<Installation, StoreError> {
    tx.query(&GET, &[]).await?.one(1, |row| {
        row.i64("id")?;
        Ok(Installation {
            unfinished_copy: row.bool("unfinished_copy")?,
            backup: row.bool("backup")?,
            restored_at: row.instant_or_none("restored_at")?,
        })
    })
}

/// Says what the database is from now on.
pub async fn set(tx: &mut Tx, installation: Installation) -> Result<(), StoreError> {
    let Installation { unfinished_copy, backup, restored_at } = installation;
    tx.execute_one(&UPDATE, &[unfinished_copy.into(), backup.into(), restored_at.into()], 1).await
}
