//! The unit file: it is the one that the docs show, and it leaves the program little to do harm with.

use std::path::{Path, PathBuf};
use std::process::Command;

fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}

#[test]
fn the_docs_show_the_unit_file() {
    let unit = std::fs::read_to_string(docs("backsoon.service")).unwrap();
    let shown = std::fs::read_to_string(docs("operations.md")).unwrap();
    assert!(shown.contains(&format!("```ini\n{unit}```")), "docs/operations.md shows another unit");
}

/// 10 is a service that may do everything, 0 one that may do nothing; systemd calls what is below 2 good.
#[test]
fn systemd_finds_the_unit_hardened() {
    let judge = Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--threshold=20", "--no-pager"])
        .arg(docs("backsoon.service"))
        .output()
        .expect("systemd-analyze, which `make setup` installs");
    let said = String::from_utf8_lossy(&judge.stdout);
    assert!(said.contains("Overall exposure level"), "{said}");
    assert!(judge.status.success(), "{said}");
}
