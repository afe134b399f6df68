//! What SQLite's error codes mean for the person who runs the program.

use rusqlite::{ErrorCode, ffi};

use crate::error::{ConstraintKind, StoreError};

/// What a full disk is called.
pub(super) const DISK_FULL: &str = "The disk that holds the database is full: free some space.";

/// Whether the file itself is at fault.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// The error in our words.
pub(super) fn explain(error: &rusqlite::Error) -> StoreError {
    let (failure, detail) = match error {
        rusqlite::Error::SqliteFailure(failure, Some(message)) => (failure, message.clone()),
        rusqlite::Error::SqliteFailure(failure, None) => (failure, failure.to_string()),
        rusqlite::Error::SqlInputError { error: failure, msg, .. } => (failure, msg.clone()),
        other => return StoreError::other(other.to_string()),
    };
    let sentence = match failure.code {
        ErrorCode::OperationInterrupted => return StoreError::TooSlow,
        ErrorCode::ConstraintViolation => return constraint(failure.extended_code, &detail),
        ErrorCode::DiskFull => DISK_FULL,
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            "The database is locked by another process: wait for it to finish, or end it."
        }
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied => {
            "The database cannot be written: check that this user may write the file and its folder."
        }
        ErrorCode::CannotOpen => {
            "The database file cannot be opened: check that its folder exists and that this user may write there."
        }
        ErrorCode::SystemIoFailure => {
            "Reading or writing the database file failed: check the disk and its free space."
        }
        ErrorCode::DatabaseCorrupt => "The database file is damaged: restore it from a backup.",
        ErrorCode::NotADatabase => "The database file is not an SQLite database: check the configured path.",
        ErrorCode::OutOfMemory => "The database ran out of memory.",
        _ if detail.starts_with("no such table") => {
            return StoreError::NotMigrated { missing: detail.replacen("no such table: ", "table ", 1) };
        }
        _ => return StoreError::other(format!("SQLite code {}: {detail}", failure.extended_code)),
    };
    StoreError::unavailable(sentence, detail)
}

/// SQLite says `UNIQUE constraint failed: users.organization_id, users.email`.
fn constraint(extended_code: i32, detail: &str) -> StoreError {
    let kind = match extended_code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            ConstraintKind::Unique
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => ConstraintKind::ForeignKey,
        _ => ConstraintKind::Value,
    };
    let named = detail.split_once(": ").map_or("", |(_, named)| named);
    let table = named.split('.').next().unwrap_or("").to_owned();
    let columns: Vec<&str> =
        named.split(", ").filter_map(|name| name.split_once('.').map(|(_, column)| column)).collect();
    StoreError::Constraint { kind, table, columns: columns.join(", ") }
}
