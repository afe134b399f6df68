//! The desk under torture: its database, its people and numbers, made by the program's own commands as anybody
//! would make them.

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, bail, ensure};
use cluster::Cluster;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::carrier::{ACCOUNT_SID, AUTH_TOKEN};
use crate::history::{Ms, now_ms};

/// Where the data is.
pub enum Database {
    /// A server of our own, and the database in it by its socket.
    Postgres(Cluster, String),
    /// A file.
    Sqlite(PathBuf),
}

/// What every node and command has in common.
pub struct Desk {
    /// The program.
    pub binary: PathBuf,
    /// Key, logs, and the database file if there is one.
    pub folder: PathBuf,
    /// The data.
    pub database: Database,
    /// The address that the world uses: it leads to any node.
    pub public_url: String,
    /// The carrier.
    pub carrier_url: String,
}

/// Somebody who acts.
#[derive(Clone, Debug, Default)]
pub struct Person {
    /// The id of their account.
    pub id: String,
    /// Their token.
    pub token: String,
}

/// Everybody.
#[derive(Clone, Debug, Default)]
pub struct People {
    /// The ids of the numbers' channels.
    pub channels: Vec<String>,
    /// Changes settings.
    pub admin: Person,
    /// Opens, assigns and closes cases; has none.
    pub dispatcher: Person,
    /// Operators who come and go.
    pub present: Vec<Person>,
    /// An operator who has an away message.
    pub away: Person,
    /// Operators who were last active an hour ago, and never come back.
    pub gone: Vec<String>,
    /// Operators whose inactivity passes the threshold of a minute while the harness watches.
    pub leaving: Vec<String>,
}

impl People {
    /// All who have cases.
    pub fn operators(&self) -> Vec<String> {
        let present = self.present.iter().map(|person| person.id.clone());
        let present = present.chain([self.away.id.clone()]);
        present.chain(self.gone.iter().cloned()).chain(self.leaving.iter().cloned()).collect()
    }
}

impl Database {
    /// Its address for whoever is not tortured.
    pub fn url(&self) -> String {
        match self {
            Database::Postgres(_, url) => url.clone(),
            Database::Sqlite(path) => format!("sqlite:{}", path.display()),
        }
    }
}

impl Desk {
    /// The program with these arguments, with no configuration but ours.
    pub fn command(&self, program: &str, arguments: &[&str], database_url: &str) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(&self.folder)
            .env_clear()
            .env("BACKSOON_DATABASE_URL", database_url)
            .env("BACKSOON_SECRET_KEY_FILE", self.folder.join("backsoon.key"))
            .env("BACKSOON_PUBLIC_URL", &self.public_url)
            .env("BACKSOON_TWILIO_API_URL", &self.carrier_url)
            .kill_on_drop(true);
        command
    }

    /// Runs a command to its end; answers the JSON that it prints, and whether it succeeded.
    pub async fn ask(
        &self,
        arguments: &[&str],
        input: &str,
        clock: Option<Ms>,
    ) -> anyhow::Result<(serde_json::Value, bool)> {
        let binary = self.binary.display().to_string();
        let mut command = self.command(&binary, arguments, &self.database.url());
        if let Some(at) = clock {
            command.env("BACKSOON_MANUAL_CLOCK", jiff::Timestamp::from_millisecond(at)?.to_string());
        }
        command.arg("--json").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let mut stdin = child.stdin.take().context("no standard input")?;
        stdin.write_all(input.as_bytes()).await?;
        drop(stdin);
        let output = child.wait_with_output().await?;
        if output.stdout.is_empty() {
            bail!("backsoon {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
        }
        Ok((serde_json::from_slice(&output.stdout)?, output.status.success()))
    }

    async fn made(
        &self,
        member: &str,
        arguments: &[&str],
        input: &str,
        clock: Option<Ms>,
    ) -> anyhow::Result<String> {
        let (value, success) = self.ask(arguments, input, clock).await?;
        ensure!(success, "backsoon {}: {value}", arguments.join(" "));
        let text = value[member].as_str().with_context(|| format!("no {member} in {value}"))?;
        Ok(text.to_owned())
    }

    /// Makes organization, numbers and people. A leaving operator's inactivity passes one minute at the instant
    /// that is given for each.
    pub async fn furnish(&self, numbers: &[String], leaving_at: &[Ms]) -> anyhow::Result<People> {
        let create = ["organization", "create", "--name", "Torture", "--time-zone", "Etc/UTC"];
        let organization = self.made("id", &create, "", None).await?;
        let mut channels = Vec::new();
        for number in numbers {
            let add = ["channel", "add", "twilio", "--organization", &organization];
            let rest = ["--account-sid", ACCOUNT_SID, "--number", number];
            channels.push(self.made("id", &[&add[..], &rest].concat(), AUTH_TOKEN, None).await?);
        }
        let hour_ago = now_ms() - 3_600_000;
        let person = async |name: &str, role: &str, clock: Ms, acts: bool| -> anyhow::Result<Person> {
            let email = format!("{name}@torture.example");
            let create = ["user", "create", "--organization", &organization, "--email", &email];
            let rest = ["--name", name, "--role", role];
            let id =
                self.made("id", &[&create[..], &rest].concat(), "correct horse battery", Some(clock)).await?;
            let token = match acts {
                true => {
                    self.made("token", &["token", "create", "--user", &email, "--name", "t"], "", None)
                        .await?
                }
                false => String::new(),
            };
            Ok(Person { id, token })
        };
        let mut people = People {
            channels,
            admin: person("admin", "system_admin", hour_ago, true).await?,
            dispatcher: person("dispatcher", "operator", hour_ago, true).await?,
            away: person("away", "operator", hour_ago, true).await?,
            ..People::default()
        };
        for index in 0..2 {
            people.present.push(person(&format!("present{index}"), "operator", hour_ago, true).await?);
            people.gone.push(person(&format!("gone{index}"), "operator", hour_ago, false).await?.id);
        }
        for (index, at) in leaving_at.iter().enumerate() {
            let name = format!("leaving{index}");
            people.leaving.push(person(&name, "operator", at - 60_001, false).await?.id);
        }
        Ok(people)
    }

    /// What `backsoon check` complains about.
    pub async fn check(&self) -> anyhow::Result<Vec<String>> {
        let (report, success) = self.ask(&["check"], "", None).await?;
        let checks = report["checks"].as_array().cloned().unwrap_or_default();
        let bad = checks.iter().filter(|check| check["ok"] != true);
        let found: Vec<String> =
            bad.map(|check| format!("{}: {}", check["check"], check["detail"])).collect();
        ensure!(success == found.is_empty() && !checks.is_empty(), "backsoon check says {report}");
        Ok(found)
    }
}
