//! A consistent copy of a live database: a snapshot, written beside whatever goes on.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::OpenFlags;

use super::failure::{DISK_FULL, explain};
use crate::error::StoreError;

/// A copy that is not in its place yet; it goes if it never gets there.
pub(super) struct Backup {
    unfinished: PathBuf,
    target: PathBuf,
}

impl Backup {
    /// Writes the copy beside its target, readable by its owner alone. Refuses a target that exists.
    pub(super) fn write(source: &Path, target: &Path) -> Result<Self, StoreError> {
        if target.exists() {
            return Err(StoreError::unavailable(
                format!(
                    "{} exists already: name a new file, so that no backup is overwritten.",
                    target.display()
                ),
                "",
            ));
        }
        let mut name = target.as_os_str().to_owned();
        name.push(".unfinished");
        let backup = Self { unfinished: name.into(), target: target.to_owned() };
        // What an interrupted backup left behind is nobody's.
        backup.remove();
        let private = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&backup.unfinished);
        private.map_err(|error| backup.refused(&error))?;
        let connection = rusqlite::Connection::open_with_flags(source, OpenFlags::SQLITE_OPEN_READ_ONLY)
            .map_err(|error| explain(&error))?;
        let into = backup.unfinished.to_string_lossy();
        connection.execute("VACUUM INTO ?1", [&*into]).map_err(|error| backup.named(explain(&error)))?;
        Ok(backup)
    }

    /// The file as it is now.
    pub(super) fn path(&self) -> &Path {
        &self.unfinished
    }

    /// Puts the copy in its place, durably; a file that has appeared there meanwhile is kept. Answers its bytes.
    pub(super) fn finish(self) -> Result<u64, StoreError> {
        let synced = File::open(&self.unfinished).and_then(|file| {
            file.sync_all()?;
            fs::hard_link(&self.unfinished, &self.target)?;
            let folder = self.target.parent().filter(|folder| !folder.as_os_str().is_empty());
            File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
            file.metadata().map(|metadata| metadata.len())
        });
        synced.map_err(|error| self.refused(&error))
    }

    /// The disk that is full is the copy's: the database is only read.
    pub(super) fn named(&self, error: StoreError) -> StoreError {
        match error {
            StoreError::Unavailable { sentence, detail } if sentence == DISK_FULL => {
                let target = self.target.display();
                StoreError::unavailable(
                    format!("The disk that is to hold {target} is full: free some space there."),
                    detail,
                )
            }
            other => other,
        }
    }

    fn refused(&self, error: &std::io::Error) -> StoreError {
        StoreError::unavailable(format!("{} cannot be written: {error}.", self.target.display()), "")
    }

    fn remove(&self) {
        for suffix in ["", "-journal", "-wal", "-shm"] {
            let mut name = self.unfinished.as_os_str().to_owned();
            name.push(suffix);
            // It is usually not there.
            let _ = fs::remove_file(PathBuf::from(name));
        }
    }
}

impl Drop for Backup {
    fn drop(&mut self) {
        self.remove();
    }
}
