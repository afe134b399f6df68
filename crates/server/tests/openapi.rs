//! `openapi.json` at the root of the repository is exactly what the binary serves. `UPDATE=1 cargo test --test
//! openapi` writes it anew.

use std::path::Path;

#[test]
fn the_committed_description_is_the_one_served() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi.json");
    let served = backsoon::http::openapi_json();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &served).expect("openapi.json can be written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == served, "openapi.json is out of date: run `UPDATE=1 cargo test --test openapi`");
}
