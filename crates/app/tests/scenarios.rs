//! Runs `scenarios/*.txt`: stories with a clock, on the production app over SQLite with a carrier that fails as
//! told. Readable beside the rule book; the language is described in `script/mod.rs`. Each story is a test of its own:
//! `cargo test --workspace --test scenarios r15` plays those whose file or title has "r15" in it.

mod script;

use libtest_mimic::{Arguments, Trial};

/// Fewer than there are: stories that get lost would otherwise pass unnoticed.
const FEWEST_STORIES: usize = 220;

fn main() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios");
    let entries = std::fs::read_dir(folder).expect("the folder of stories");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let mut trials = Vec::new();
    for path in &paths {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).expect("a file of stories");
        for story in script::stories(&name, &text) {
            trials.push(Trial::test(story.title().to_owned(), move || play(&story)));
        }
    }
    assert!(trials.len() >= FEWEST_STORIES, "only {} stories were found", trials.len());
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// On a runtime of its own: stories share no clock and no database, so they run beside each other.
fn play(story: &script::Story) -> Result<(), libtest_mimic::Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(script::play(story))?)
}
