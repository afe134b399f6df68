//! A disk for a node's log that can be full: a small one of its own where the harness may mount one, or else a file that
//! says that its disk is full.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context;

/// Small enough to be full at once.
const SIZE: &str = "size=64k";

/// The disk, which goes when this does.
pub struct LogDisk {
    place: Option<PathBuf>,
}

impl LogDisk {
    /// An empty one, mounted at `place`.
    pub fn new(place: &Path) -> anyhow::Result<LogDisk> {
        std::fs::create_dir_all(place)?;
        let mounted = run(Command::new("mount").args(["-t", "tmpfs", "-o", SIZE, "tmpfs"]).arg(place));
        Ok(LogDisk { place: mounted.then(|| place.to_owned()) })
    }

    /// The log on it.
    pub fn log(&self) -> anyhow::Result<File> {
        let path = self.place.as_ref().map_or(PathBuf::from("/dev/full"), |place| place.join("log"));
        File::options().create(true).append(true).open(&path).with_context(|| path.display().to_string())
    }

    /// Fills it.
    pub fn fill(&self) -> anyhow::Result<()> {
        let Some(place) = &self.place else { return Ok(()) };
        let mut junk = File::create(place.join("junk"))?;
        loop {
            match junk.write_all(&[0; 512]) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::StorageFull => return Ok(()),
                Err(error) => return Err(error).context("the log's disk cannot be filled"),
            }
        }
    }
}

impl Drop for LogDisk {
    fn drop(&mut self) {
        if let Some(place) = &self.place {
            run(Command::new("umount").arg("--lazy").arg(place));
        }
    }
}

fn run(command: &mut Command) -> bool {
    command.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_logged_on_a_full_disk_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let disk = LogDisk::new(&folder.path().join("disk")).unwrap();
        disk.fill().unwrap();
        let refused = disk.log().unwrap().write_all(&[b'x'; 8_192]).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::StorageFull);
    }
}
