//! The arrows between the crates (docs/architecture.md). The compiler holds them as far as a crate's `Cargo.toml` lets it,
//! so what stands there is held here; and what no `Cargo.toml` can say is read from the sources.

use std::fs;
use std::path::{Path, PathBuf};

/// What a crate's shipped code uses of this workspace: this, all of it, and nothing else.
const USES: &[(&str, &[&str])] = &[
    ("app", &["channels", "domain", "store"]),
    ("bench", &["cluster"]),
    ("channels", &["domain"]),
    ("cluster", &[]),
    ("domain", &[]),
    ("sandbox", &[]),
    ("server", &["app", "channels", "domain", "sandbox", "store"]),
    ("sim", &["app", "channels", "domain", "store"]),
    ("store", &["domain"]),
    ("torture", &["cluster", "sandbox"]),
];

/// With these a crate could do what it is there to forbid.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("domain", &["axum", "hyper", "metrics", "reqwest", "rusqlite", "tokio", "tokio-postgres", "tracing"]),
    ("store", &["axum", "hyper", "reqwest"]),
    ("channels", &["axum", "hyper", "rusqlite", "tokio-postgres"]),
    ("app", &["axum", "hyper", "reqwest", "rusqlite", "tokio-postgres"]),
    ("server", &["rusqlite", "tokio-postgres"]),
    ("sandbox", &["rusqlite", "tokio-postgres"]),
];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the folder of the crates").to_owned()
}

/// The names of what a crate depends on for its shipped code.
fn dependencies(name: &str) -> Vec<String> {
    let manifest = fs::read_to_string(crates().join(name).join("Cargo.toml")).expect(name);
    let manifest: toml::Table = manifest.parse().expect(name);
    let mut names: Vec<String> = manifest["dependencies"].as_table().expect(name).keys().cloned().collect();
    names.sort();
    names
}

/// Every source of a folder, with its path.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a source");
            found.push((path, text));
        }
    }
    found
}

#[test]
fn every_crate_uses_what_the_architecture_says() {
    let mut folders: Vec<String> = fs::read_dir(crates())
        .expect("the crates")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .collect();
    folders.sort();
    assert_eq!(folders, USES.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    for (name, uses) in USES {
        let mut used = dependencies(name);
        used.retain(|dependency| folders.contains(dependency));
        assert_eq!(used, *uses, "{name}");
    }
}

#[test]
fn no_crate_can_do_what_it_forbids() {
    for (name, forbidden) in FORBIDDEN {
        let found: Vec<String> =
            dependencies(name).into_iter().filter(|used| forbidden.contains(&used.as_str())).collect();
        assert!(found.is_empty(), "{name} uses {found:?}");
    }
}

/// Whether a source names something by a path that begins so.
fn names(text: &str, path: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    text.match_indices(path).any(|(at, _)| !text[..at].ends_with(goes_on))
}

#[test]
fn the_server_names_store_and_channels_in_wire_alone() {
    let sources = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).into_iter();
    let naming = sources.filter(|(_, text)| names(text, "store::") || names(text, "channels::twilio::"));
    let naming: Vec<PathBuf> = naming.map(|(path, _)| path).collect();
    assert!(naming.len() == 1 && naming[0].ends_with("src/wire.rs"), "{naming:?}");
}

#[test]
fn sql_stands_in_the_store_alone() {
    for name in ["domain", "channels", "app", "server", "sandbox"] {
        for (path, text) in sources(&crates().join(name).join("src")) {
            let sql = ["\"SELECT ", "\"INSERT INTO ", "\"UPDATE ", "\"DELETE FROM "];
            let found: Vec<&str> = sql.into_iter().filter(|sql| text.contains(sql)).collect();
            assert!(found.is_empty(), "{}: {found:?}", path.display());
        }
    }
}
