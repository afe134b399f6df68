use super::*;

fn flags(list: &[(&str, &str)]) -> SettingFlags {
    let mut flags = SettingFlags { config: Some(no_settings_file()), ..SettingFlags::default() };
    for (key, value) in list {
        let value = Some((*value).to_owned());
        match *key {
            "listen" => flags.listen = value,
            "public_url" => flags.public_url = value,
            "database_url" => flags.database_url = value,
            "database_url_file" => flags.database_url_file = value,
            "log" => flags.log = value,
            "twilio_api_url" => flags.twilio_api_url = value,
            "config" => flags.config = value.map(PathBuf::from),
            other => panic!("{other}"),
        }
    }
    flags
}

/// The file that ships with the product.
fn shipped_file() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../backsoon.toml"))
}

fn no_settings_file() -> PathBuf {
    PathBuf::from("/dev/null")
}

fn with(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    load_with(&flags(&[]), lookup(variables))
}

fn lookup(variables: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
    let map: BTreeMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    move |name| map.get(name).cloned()
}

#[test]
fn the_shipped_file_lists_every_setting_and_changes_nothing() {
    let defaults = with(&[]).unwrap();
    assert_eq!(defaults.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(defaults.public_url(defaults.listen), "http://127.0.0.1:8080");
    assert_eq!(defaults.database_url, "sqlite:backsoon.db");
    assert_eq!(defaults.secret_key_file, PathBuf::from("backsoon.key"));
    assert_eq!(defaults.twilio_api_url, "https://api.twilio.com");
    let file = flags(&[("config", shipped_file().to_str().unwrap())]);
    assert_eq!(load_with(&file, |_| None).unwrap(), defaults);
    let text = std::fs::read_to_string(shipped_file()).unwrap();
    for key in KEYS {
        let lines = text.lines().filter(|line| {
            line.trim_start_matches("# ").split_once(" = ").is_some_and(|(name, _)| name == key.0)
        });
        assert_eq!(lines.count(), 1, "backsoon.toml has one line for {}", key.0);
    }
    let uncommented: String = text
        .lines()
        .filter(|line| !line.contains("database_url_file ="))
        .map(|line| line.strip_prefix("# ").filter(|rest| rest.contains(" = \"")).unwrap_or(line))
        .map(|line| format!("{line}\n"))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let examples = folder.path().join("examples.toml");
    std::fs::write(&examples, uncommented).unwrap();
    let file = flags(&[("config", examples.to_str().unwrap())]);
    load_with(&file, |_| None).expect("the commented examples are valid, too");
}

/// The password of a database may stand in a file of its own, which is named where anything is wrong.
#[test]
fn the_address_of_the_database_is_read_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("address");
    let load = |text: &str, more: &[(&str, &str)]| {
        std::fs::write(&file, text).unwrap();
        let named = [&[("database_url_file", file.to_str().unwrap())][..], more].concat();
        load_with(&flags(&named), |_| None)
    };
    for text in ["postgres://desk:s@db/desk", "\u{feff}postgres://desk:s@db/desk\r\nrest"] {
        assert_eq!(load(text, &[]).unwrap().database_url, "postgres://desk:s@db/desk");
    }
    for (text, more, sentence) in [
        ("", &[][..], "is empty; it has to be the database's address"),
        ("postgres:secret", &[], "the value must be sqlite:PATH or postgres://"),
        ("postgres://db/desk", &[("database_url", "sqlite:a.db")], "database_url is set, too (flag"),
    ] {
        let said = load(text, more).unwrap_err().to_string();
        assert!(
            said.contains(sentence) && said.contains("database_url") && !said.contains("secret"),
            "{said}"
        );
    }
    let missing = load_with(&flags(&[("database_url_file", "/no/such/file")]), |_| None).unwrap_err();
    assert!(missing.to_string().contains("/no/such/file cannot be read"), "{missing}");
}

type Pairs<'a> = &'a [(&'a str, &'a str)];

#[test]
fn a_flag_wins_over_a_variable_over_the_file_over_the_default() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("b.toml");
    std::fs::write(&file, "listen = \"127.0.0.1:3\"\ndatabase_url = \"sqlite:/data/desk.db\"\n").unwrap();
    let file = file.to_str().unwrap();
    let variable = [("BACKSOON_LISTEN", "127.0.0.1:2")];
    let table: [(Pairs<'_>, Pairs<'_>, &str); 5] = [
        (&[("config", file), ("listen", "127.0.0.1:1")], &variable, "127.0.0.1:1"),
        (&[("config", file)], &variable, "127.0.0.1:2"),
        (&[("config", file)], &[("BACKSOON_LISTEN", "")], "127.0.0.1:3"),
        (&[], &[("BACKSOON_CONFIG", file)], "127.0.0.1:8080"),
        (&[], &[], "127.0.0.1:8080"),
    ];
    for (flag, variables, listen) in table {
        let config = load_with(&flags(flag), lookup(variables)).unwrap();
        assert_eq!(config.listen.to_string(), listen, "{flag:?} {variables:?}");
    }
    let by_variable = SettingFlags::default();
    let config = load_with(&by_variable, lookup(&[("BACKSOON_CONFIG", file)])).unwrap();
    assert_eq!(config.secret_key_file, PathBuf::from("/data/backsoon.key"), "beside the SQLite file");
}

#[test]
fn what_is_wrong_is_said_with_its_place_and_what_is_right() {
    let table: [(&str, &str, &str); 24] = [
        (
            "BACKSOON_LISTEN",
            "8080",
            "listen (variable BACKSOON_LISTEN): \"8080\" is not an address with a port",
        ),
        ("BACKSOON_LISTEN", "desk:80", "is not an address with a port"),
        ("BACKSOON_PUBLIC_URL", "desk.example.com", "must be http:// or https://"),
        ("BACKSOON_PUBLIC_URL", "https://desk.example.com/app", "without a path"),
        ("BACKSOON_PUBLIC_URL", "https://desk.example.com?x=1", "without a path"),
        ("BACKSOON_PUBLIC_URL", "https://desk.example.com/#a", "without a path"),
        ("BACKSOON_PUBLIC_URL", "ftp://desk.example.com", "must be http:// or https://"),
        ("BACKSOON_PUBLIC_URL", "https://me:secret@desk.example.com", "must be http"),
        ("BACKSOON_DATABASE_URL", "backsoon.db", "must be sqlite:PATH or postgres://"),
        ("BACKSOON_DATABASE_URL", "sqlite:", "must be sqlite:PATH"),
        ("BACKSOON_TWILIO_API_URL", "http://api.twilio.com", "must use https"),
        ("BACKSOON_TWILIO_API_URL", "http://127.0.0.1.evil.example", "must use https"),
        ("BACKSOON_TWILIO_API_URL", "twilio", "is not an address"),
        ("BACKSOON_MANUAL_CLOCK", "noon", "is not an RFC 3339 time"),
        ("BACKSOON_MANUAL_CLOCK", "9999-12-31T23:59:59Z", "is too far away"),
        ("BACKSOON_MANUAL_CLOCK", "+012026-01-01T00:00:00Z", "is too far away"),
        (
            "BACKSOON_PUBLIC_URL",
            "https://me:secret@desk.example.com",
            "public_url (variable BACKSOON_PUBLIC_URL): the value must",
        ),
        ("BACKSOON_LOG", "app=verbosely", "is not a log filter"),
        ("BACKSOON_LOG", "verbose", "holds \"verbose\", which is no level"),
        ("BACKSOON_LOG", "warn,app", "holds \"app\", which is no level"),
        ("BACKSOON_LOG_FORMAT", "xml", "must be text or json"),
        ("BACKSOON_METRICS_LISTEN", "9090", "is not an address with a port"),
        ("BACKSOON_METRICS_LISTEN", "127.0.0.1:8080", "must differ from listen"),
        ("BACKSOON_TRUSTED_PROXIES", "10.0.0.1, proxy", "holds \"proxy\", which is neither"),
    ];
    for (variable, value, sentence) in table {
        let error = with(&[(variable, value)]).unwrap_err().to_string();
        assert!(error.contains(sentence), "{variable}={value}: {error}");
    }
    let secret = with(&[("BACKSOON_DATABASE_URL", "mysql://desk:secret@db/desk")]).unwrap_err().to_string();
    assert!(secret.contains("the value must be sqlite:PATH") && !secret.contains("secret"), "{secret}");
    let all = with(&[("BACKSOON_LISTEN", "x"), ("BACKSOON_LOG_FORMAT", "y")]).unwrap_err();
    assert_eq!(all.0.len(), 2, "all at once: {all}");
}

#[test]
fn right_values_are_taken() {
    let config = with(&[
        ("BACKSOON_LISTEN", "localhost:9000"),
        ("BACKSOON_PUBLIC_URL", "https://desk.example.com/"),
        ("BACKSOON_TWILIO_API_URL", "http://[::1]:8081/"),
        ("BACKSOON_SECRET_KEY_FILE", "/run/key"),
        ("BACKSOON_MANUAL_CLOCK", "2026-11-22T09:00:00Z"),
        ("BACKSOON_LOG_FORMAT", "json"),
        ("BACKSOON_METRICS_LISTEN", "127.0.0.1:9001"),
        ("BACKSOON_TRUSTED_PROXIES", "10.0.0.1, ::1"),
    ])
    .unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:9000");
    assert_eq!(config.public_url(config.listen), "https://desk.example.com");
    assert_eq!(config.twilio_api_url, "http://[::1]:8081");
    assert_eq!(config.secret_key_file, PathBuf::from("/run/key"));
    assert_eq!(config.manual_clock.unwrap().to_string(), "2026-11-22T09:00:00.000Z");
    assert_eq!(config.log_format, Some(LogFormat::Json));
    assert_eq!(config.trusted_proxies.len(), 2);
}

#[test]
fn a_manual_clock_is_refused_off_loopback() {
    let clock = ("BACKSOON_MANUAL_CLOCK", "2026-11-22T09:00:00Z");
    for (listen, allowed) in
        [("127.0.0.1:1", true), ("[::1]:1", true), ("0.0.0.0:1", false), ("192.0.2.1:1", false)]
    {
        let loaded =
            with(&[clock, ("BACKSOON_LISTEN", listen), ("BACKSOON_PUBLIC_URL", "https://desk.example.com")]);
        assert_eq!(loaded.is_ok(), allowed, "{listen}: {loaded:?}");
    }
}

#[test]
fn a_wrong_file_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("b.toml");
    let table = [
        ("listem = \"127.0.0.1:1\"", "listem is not a setting; the settings are listen"),
        ("listen = 8080", "listen must be a text in quotation marks"),
        ("listen = ", "is not valid TOML"),
        ("[server]\nlisten = \"127.0.0.1:1\"", "server is not a setting"),
    ];
    for (text, sentence) in table {
        std::fs::write(&path, text).unwrap();
        let error = load_with(&flags(&[("config", path.to_str().unwrap())]), |_| None).unwrap_err();
        assert!(error.to_string().contains(sentence), "{text}: {error}");
    }
    let missing = flags(&[("config", "/no/such/file.toml")]);
    let error = load_with(&missing, |_| None).unwrap_err().to_string();
    assert!(error.contains("/no/such/file.toml cannot be read"), "{error}");
}

#[test]
fn what_is_probably_not_meant_is_doubted() {
    let doubts = |url| with(&[("BACKSOON_PUBLIC_URL", url)]).unwrap().doubts;
    for (url, doubted) in [
        ("http://desk.example.com", true),
        ("http://192.0.2.1:8080", true),
        ("https://desk.example.com", false),
        ("http://localhost:8080", false),
        ("http://[::1]:8080", false),
    ] {
        assert_eq!(!doubts(url).is_empty(), doubted, "{url}");
    }
    let names =
        ["BACKSOON_LISTN", "BACKSOON_LISTEN", "BACKSOON_CONFIG", "HOME", "BACKSOON_"].map(str::to_owned);
    let unknown = unknown_variables(names.into_iter());
    assert_eq!(unknown.len(), 2, "{unknown:?}");
    assert!(unknown[1].contains("BACKSOON_LISTN is no setting"));
}

#[test]
fn a_variable_that_is_set_to_nothing_is_not_set() {
    let config =
        load_with(&SettingFlags::default(), lookup(&[("BACKSOON_CONFIG", ""), ("BACKSOON_LISTEN", "")]));
    assert_eq!(config.unwrap().listen.to_string(), "127.0.0.1:8080");
}

#[test]
fn a_fault_of_the_file_is_told_with_its_line_and_without_what_may_be_secret() {
    let folder = tempfile::tempdir().unwrap();
    for (text, place) in [
        ("listen = 127.0.0.1:8213\n", "in line 1 (listen)"),
        (
            "# settings\n\nlisten = \"127.0.0.1:1\"\ndatabase_url = postgres://u:secret@h/d\n",
            "in line 4 (database_url)",
        ),
        ("log = \"info\"\nlog = \"warn\"\n", "in line 2 (log)"),
        ("listen\n", "in line 1 ()"),
    ] {
        let file = folder.path().join("b.toml");
        std::fs::write(&file, text).unwrap();
        let error =
            load_with(&flags(&[("config", file.to_str().unwrap())]), |_| None).unwrap_err().to_string();
        assert!(error.contains(place) && !error.contains("secret"), "{text}: {error}");
    }
}
