//! The file `backsoon.toml`: one text per setting. Unknown keys are refused by name, so that a misspelt one
//! does not silently leave a default in force.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use app::seal::BYTE_ORDER_MARK;

use super::{ConfigError, Given, KEYS};

/// The file that is read if none is named and it is there.
const DEFAULT_FILE: &str = "backsoon.toml";

/// What the file sets. A file that was named must be there.
pub(super) fn read(named: Option<PathBuf>) -> Result<BTreeMap<String, Given>, ConfigError> {
    let must_exist = named.is_some();
    let path = named.unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
    match std::fs::read_to_string(&path) {
        Ok(text) => parse(&path, text.trim_start_matches(BYTE_ORDER_MARK)),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !must_exist => Ok(BTreeMap::new()),
        Err(error) => Err(ConfigError(vec![format!(
            "The configuration file {} cannot be read: {error}.",
            path.display()
        )])),
    }
}

fn parse(path: &Path, text: &str) -> Result<BTreeMap<String, Given>, ConfigError> {
    let file = path.display();
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let at = error.span().map_or(0, |span| span.start.min(text.len()));
        let line = text[..at].matches('\n').count();
        // The line itself may hold a password behind its key.
        let key = text.lines().nth(line).and_then(|text| text.split_once('=')).map_or("", |(key, _)| key.trim());
        ConfigError(vec![format!(
            "The configuration file {file} is not valid TOML in line {} ({key}): {}. Texts stand in quotation marks.",
            line + 1,
            error.message()
        )])
    })?;
    let mut given = BTreeMap::new();
    let mut errors = Vec::new();
    for (key, value) in table {
        if !KEYS.iter().any(|known| known.0 == key) {
            let known: Vec<&str> = KEYS.iter().map(|known| known.0).collect();
            errors.push(format!("{file}: {key} is not a setting; the settings are {}.", known.join(", ")));
            continue;
        }
        match value {
            toml::Value::String(value) => {
                given.insert(key, Given { value, from: format!("file {file}") });
            }
            _ => errors.push(format!("{file}: {key} must be a text in quotation marks.")),
        }
    }
    if errors.is_empty() { Ok(given) } else { Err(ConfigError(errors)) }
}
