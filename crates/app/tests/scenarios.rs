//! Runs `scenarios/*.txt`: stories with a clock, on the production app over SQLite with a carrier that fails as
//! told. Readable beside the rule book; the language is described in `script/mod.rs`.

mod script;

#[tokio::test]
async fn every_story_beside_the_rule_book_holds() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios");
    let only = std::env::var("STORY").unwrap_or_default();
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .expect("the folder of stories")
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let mut wrong = Vec::new();
    let mut stories = 0;
    for path in &paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.contains(&only) {
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap();
        for story in script::stories(&name, &text) {
            stories += 1;
            if let Err(found) = script::play(&story).await {
                wrong.push(found);
            }
        }
    }
    assert!(stories > 0, "there is no story {only:?}");
    assert!(wrong.is_empty(), "{} of {stories} stories go wrong:\n\n{}", wrong.len(), wrong.join("\n\n"));
}
