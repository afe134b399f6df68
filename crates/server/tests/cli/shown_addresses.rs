//! An address that holds a password is never told with it, by no command, wherever it was given (V14.2.1).

use std::path::Path;

use crate::program::{run, stderr, stdout};

const SECRET: &str = "canary-of-an-address";

/// Commands that read the settings, none of which needs anything to be there.
const COMMANDS: [&[&str]; 12] = [
    &["serve"],
    &["check"],
    &["migrate"],
    &["backup", "copy.db"],
    &["restored"],
    &["copy", "--to", "sqlite:copy.db"],
    &["organization", "list"],
    &["organization", "create", "--name", "Desk", "--time-zone", "Europe/Berlin"],
    &["user", "list"],
    &["channel", "list"],
    &["key", "prepare"],
    &["explain", "1"],
];

/// Addresses with a secret in every place where one can stand: reachable, unreachable and none at all.
fn addresses() -> Vec<(&'static str, String)> {
    let table: [(&str, &[&str]); 3] = [
        (
            "public_url",
            &[
                "https://desk:SECRET@desk.example",
                "https://desk.example/?key=SECRET",
                "desk:SECRET@desk.example",
                "https://desk.example/#SECRET",
                "ftp://desk:SECRET@desk.example",
            ],
        ),
        (
            "twilio_api_url",
            &[
                "https://api:SECRET@127.0.0.1:1",
                "http://api:SECRET@api.example",
                "https://127.0.0.1:1/?key=SECRET",
                "http://127.0.0.1:1/?key=SECRET",
                "http://127.0.0.1:1/#SECRET",
                "ftp://api:SECRET@127.0.0.1:1",
                "api:SECRET@127.0.0.1",
            ],
        ),
        (
            "database_url",
            &[
                "postgres://desk:SECRET@127.0.0.1:1/desk",
                "postgres://127.0.0.1:1/desk?password=SECRET",
                "postgres://desk:SECRET@/desk?host=/nowhere",
                "postgres://desk:SECRET@127.0.0.1:x/desk",
                "postgres://desk:SECRET@127.0.0.1:1/desk?no_such_option=1",
                "mysql://desk:SECRET@127.0.0.1/desk",
                "postgres:desk:SECRET@127.0.0.1",
                "postgres://desk:a@SECRET@127.0.0.1:1/desk",
            ],
        ),
    ];
    let each = |(key, texts): (&'static str, &[&str])| {
        texts.iter().map(|text| (key, text.replace("SECRET", SECRET))).collect::<Vec<_>>()
    };
    table.into_iter().flat_map(each).collect()
}

fn tells_nothing(folder: &Path, command: &[&str], what: &str) {
    let output = run(folder, command, "");
    let said = stdout(&output) + &stderr(&output);
    assert!(!said.contains(SECRET), "{command:?} with {what}: {said}");
    // Not every command needs every address, but these do.
    if matches!(command[0], "serve" | "check") {
        assert!(!output.status.success() && !said.is_empty(), "{command:?} with {what}: {said}");
    }
}

#[test]
fn v14_2_1_no_command_tells_the_password_in_an_address() {
    for (key, address) in addresses() {
        let flag = format!("--{}", key.replace('_', "-"));
        for command in COMMANDS {
            let folder = tempfile::tempdir().unwrap();
            let with_flag = [command, &[flag.as_str(), &address, "--log", "trace"]].concat();
            tells_nothing(folder.path(), &with_flag, &address);
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("backsoon.toml"), format!("{key} = \"{address}\"\n")).unwrap();
        for command in [&["check"][..], &["serve", "--log", "trace"]] {
            tells_nothing(folder.path(), command, &format!("{address} in the file"));
        }
    }
}
