//! The arrows between the crates (docs/architecture.md). The compiler holds them as far as a crate's `Cargo.toml` lets it,
//! so what stands there is held here; and what no `Cargo.toml` can say is read from the sources: which words stand in
//! which crate, and how long a file is.

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

/// No file is longer, in lines. One that is does two things.
const MAX_LINES: usize = 400;

/// Files that are longer, and how long they may be: they may shrink and not grow.
const LONGER: &[(&str, usize)] = &[
    ("crates/app/src/receive_message.rs", 428),
    ("crates/app/src/users.rs", 489),
    ("crates/domain/tests/truth_table.rs", 426),
    ("crates/server/src/api/v1/cases.rs", 594),
    ("crates/server/tests/http/fields.rs", 416),
    ("crates/sim/src/oracle.rs", 519),
    ("crates/sim/src/walk.rs", 495),
    ("crates/sim/src/world.rs", 413),
    ("crates/store/src/cases.rs", 608),
    ("crates/store/src/messages.rs", 424),
    ("crates/store/tests/conformance/support.rs", 419),
    ("crates/torture/src/checker/tests.rs", 431),
    ("web/src/case/outgoing.test.ts", 507),
    ("web/src/case/outgoing.ts", 403),
];

/// The carrier's name stands in these crates, in the program's configuration and in tests. Elsewhere it is owed to the
/// time when there was one carrier: these files may lose it, and no other may take it up.
const NAME_THE_CARRIER: &[&str] = &[
    "crates/app/src/attachments.rs",
    "crates/app/src/channel_check.rs",
    "crates/app/src/channels.rs",
    "crates/app/src/delivery_status.rs",
    "crates/app/src/lib.rs",
    "crates/app/src/receive_message.rs",
    "crates/app/src/webhooks.rs",
    "crates/app/src/worker/deliver.rs",
    "crates/app/src/worker/hand_over.rs",
    "crates/app/src/worker/lookup.rs",
    "crates/app/src/worker/reconcile.rs",
    "crates/server/src/api/v1/channels.rs",
    "crates/server/src/cli/carrier.rs",
    "crates/server/src/cli/channel.rs",
    "crates/server/src/cli/check.rs",
    "crates/server/src/cli/demo.rs",
    "crates/server/src/cli/mod.rs",
    "crates/server/src/http/access.rs",
    "crates/server/src/http/limits.rs",
    "crates/server/src/http/mod.rs",
    "crates/server/src/http/openapi/asked.rs",
    "crates/server/src/webhooks/mod.rs",
    "crates/server/src/webhooks/twilio.rs",
    "crates/server/src/wire.rs",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the repository").to_owned()
}

fn crates() -> PathBuf {
    root().join("crates")
}

/// The names of what a crate depends on for its shipped code.
fn dependencies(name: &str) -> Vec<String> {
    let manifest = fs::read_to_string(crates().join(name).join("Cargo.toml")).expect(name);
    let manifest: toml::Table = manifest.parse().expect(name);
    let mut names: Vec<String> = manifest["dependencies"].as_table().expect(name).keys().cloned().collect();
    names.sort();
    names
}

/// Every source of a folder, with its path: what people write, not what is generated or installed.
fn files(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let is = |endings: &[&str]| {
            path.extension().is_some_and(|ending| endings.iter().any(|one| ending == *one))
        };
        if path.is_dir() && !path.ends_with("node_modules") {
            found.extend(files(&path));
        } else if is(&["rs", "ts", "tsx", "js"]) && !path.ends_with("schema.d.ts") {
            let text = fs::read_to_string(&path).expect("a source");
            found.push((path, text));
        }
    }
    found
}

/// Every Rust source of a folder, with its path.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = files(folder);
    found.retain(|(path, _)| path.extension().is_some_and(|ending| ending == "rs"));
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
    let sources = sources(&crates().join("server/src")).into_iter();
    let naming = sources.filter(|(_, text)| names(text, "store::") || names(text, "channels::twilio::"));
    let naming: Vec<PathBuf> = naming.map(|(path, _)| path).collect();
    assert!(naming.len() == 1 && naming[0].ends_with("src/wire.rs"), "{naming:?}");
}

#[test]
fn sql_stands_in_the_store_alone() {
    for name in ["domain", "channels", "app", "server", "sandbox"] {
        for (path, text) in sources(&crates().join(name).join("src")) {
            let sql = ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM "];
            let found: Vec<&str> = sql.into_iter().filter(|sql| text.contains(sql)).collect();
            assert!(found.is_empty(), "{}: {found:?}", path.display());
        }
    }
}

/// The path of a file from the root of the repository.
fn from_root(path: &Path) -> String {
    path.strip_prefix(root()).expect("a file of the repository").display().to_string()
}

#[test]
fn no_file_is_too_long() {
    let folders = ["crates", "web/src", "web/e2e", "tests"];
    let files = folders.into_iter().flat_map(|folder| files(&root().join(folder)));
    let mut longer: Vec<(String, usize)> = files
        .map(|(path, text)| (from_root(&path), text.lines().count()))
        .filter(|(_, lines)| *lines > MAX_LINES)
        .collect();
    longer.sort();
    let names = |list: &[(String, usize)]| list.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
    let known: Vec<(String, usize)> =
        LONGER.iter().map(|(path, lines)| ((*path).to_owned(), *lines)).collect();
    assert_eq!(names(&longer), names(&known), "a file is too long, or one that was is not any more");
    for ((path, lines), (_, most)) in longer.iter().zip(&known) {
        assert!(lines <= most, "{path} grows: {lines} lines, {most} before");
    }
}

#[test]
fn the_carrier_is_named_where_its_formats_are() {
    let mut naming = Vec::new();
    for name in ["domain", "store", "app", "server"] {
        let sources = sources(&crates().join(name).join("src")).into_iter();
        let sources = sources.filter(|(_, text)| text.to_lowercase().contains("twilio"));
        naming.extend(sources.map(|(path, _)| from_root(&path)));
    }
    naming.retain(|path| !path.starts_with("crates/server/src/config/"));
    naming.sort();
    assert_eq!(naming, NAME_THE_CARRIER);
}
