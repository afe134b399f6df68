//! The password of an address that holds none, from where libpq looks for it: `PGPASSWORD`, then the file `PGPASSFILE`,
//! which is `~/.pgpass` unless it says otherwise.

use std::path::{Path, PathBuf};

use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// The password, and what keeps a file from being read.
pub(super) fn find(config: &Config) -> Result<Option<String>, String> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if let Some(password) = variable("PGPASSWORD") {
        return Ok(Some(password));
    }
    let named = variable("PGPASSFILE").map(PathBuf::from);
    match named.or_else(|| Some(Path::new(&variable("HOME")?).join(".pgpass"))) {
        Some(file) => in_file(&file, config),
        None => Ok(None),
    }
}

/// A file that is not there holds none; one that others may read is not believed, as libpq does not.
fn in_file(file: &Path, config: &Config) -> Result<Option<String>, String> {
    use std::os::unix::fs::PermissionsExt;
    let Ok(metadata) = std::fs::metadata(file) else { return Ok(None) };
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(format!("{} is not used, because others may read it: chmod 0600", file.display()));
    }
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(text.lines().find_map(|line| of_line(line, config)))
}

/// `host:port:database:user:password`; a field may be `*`, and a backslash stands before a colon or backslash in one.
fn of_line(line: &str, config: &Config) -> Option<String> {
    if line.starts_with('#') {
        return None;
    }
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => fields.last_mut()?.extend(characters.next()),
            ':' if fields.len() < 5 => fields.push(String::new()),
            other => fields.last_mut()?.push(other),
        }
    }
    let [host, port, database, user, password] = fields.try_into().ok()?;
    let user_of = config.get_user().unwrap_or_default();
    let hosts = match config.get_hosts().first() {
        Some(Host::Tcp(name)) => vec![name.clone()],
        // libpq calls its usual socket localhost.
        Some(Host::Unix(folder)) => vec![folder.display().to_string(), "localhost".to_owned()],
        None => vec!["localhost".to_owned()],
    };
    let port_of = config.get_ports().first().copied().unwrap_or(5432).to_string();
    let fits = |field: &str, value: &str| field == "*" || field == value;
    (hosts.iter().any(|name| fits(&host, name))
        && fits(&port, &port_of)
        && fits(&database, config.get_dbname().unwrap_or(user_of))
        && fits(&user, user_of)
        && !password.is_empty())
    .then_some(password)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_first_line_that_fits_has_the_password() {
        let table = [
            ("db:5432:desk:ana:secret", Some("secret")),
            ("*:*:*:*:se\\:c\\\\ret", Some("se:c\\ret")),
            ("db:5432:desk:ana:se:cret", Some("se:cret")),
            ("# db:5432:desk:ana:no\ndb:5432:other:ana:no\ndb:*:desk:*:yes\n*:*:*:*:late", Some("yes")),
            ("db:5433:desk:ana:no", None),
            ("db:5432:desk:ben:no", None),
            ("db2:5432:desk:ana:no", None),
            ("db:5432:desk:ana:", None),
            ("db:5432:desk", None),
            ("", None),
        ];
        let config: Config = "postgres://ana@db/desk".parse().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pgpass");
        assert_eq!(in_file(&file, &config), Ok(None), "none is there");
        for (text, password) in table {
            std::fs::write(&file, text).unwrap();
            std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
            assert_eq!(in_file(&file, &config).unwrap().as_deref(), password, "{text}");
        }
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o640)).unwrap();
        assert!(in_file(&file, &config).unwrap_err().contains("others may read it"));
        let socket: Config = "postgres://ana@/desk?host=/run/postgresql".parse().unwrap();
        assert_eq!(of_line("localhost:5432:desk:ana:a", &socket).as_deref(), Some("a"));
        assert_eq!(of_line("/run/postgresql:5432:desk:ana:a", &socket).as_deref(), Some("a"));
    }
}
