//! A desk to drive: set up by the product's own command line, one node or several on one database.

use std::time::Duration;

use anyhow::ensure;

use crate::http::Connection;
use crate::load::{Measured, drive};
use crate::process::{Product, Server, free_authority};
use crate::request::{ACCOUNT_SID, AUTH_TOKEN, Mint, NUMBER, Senders};

/// No round sends more, so that its requests fit into memory.
pub const MOST_REQUESTS: usize = 200_000;

/// A desk, of one node or more, or a floor: something that can be driven.
pub struct Target {
    /// Its processes; the first one's address is the public one.
    pub nodes: Vec<Server>,
    mint: Mint,
    /// Messages that were acknowledged so far.
    pub acknowledged: usize,
}

impl Target {
    /// One node.
    pub fn new(server: Server) -> Target {
        Target::of(vec![server], 0)
    }

    /// Nodes that share the public address of the first one; carriers' ids begin at `first`.
    pub fn of(nodes: Vec<Server>, first: u64) -> Target {
        let mint = Mint::new(&nodes[0].authority, first);
        Target { nodes, mint, acknowledged: 0 }
    }

    fn cpu(&self) -> anyhow::Result<Duration> {
        self.nodes.iter().map(Server::cpu).sum()
    }

    fn read_from_disk(&self) -> anyhow::Result<u64> {
        self.nodes.iter().map(Server::read_from_disk).sum()
    }

    /// Ends all of it.
    pub async fn stop(self) -> anyhow::Result<()> {
        for node in self.nodes {
            node.stop().await?;
        }
        Ok(())
    }

    /// Sends so many messages over so many connections, spread over the nodes.
    pub async fn drive(
        &mut self,
        connections: usize,
        senders: Senders,
        count: usize,
        per_second: Option<f64>,
    ) -> anyhow::Result<Measured> {
        let requests = self.mint.batch(senders, count);
        let (cpu_before, read_before) = (self.cpu()?, self.read_from_disk()?);
        let authorities: Vec<&str> = self.nodes.iter().map(|node| node.authority.as_str()).collect();
        let mut measured = drive(&authorities, connections, requests, per_second).await?;
        measured.server_cpu = self.cpu()?.saturating_sub(cpu_before);
        measured.server_read = self.read_from_disk()?.saturating_sub(read_before);
        self.acknowledged += measured.acknowledged;
        Ok(measured)
    }

    /// A short round to learn the speed, then one of about the wanted length.
    pub async fn measure(
        &mut self,
        connections: usize,
        senders: Senders,
        seconds: f64,
    ) -> anyhow::Result<Measured> {
        let warm_up = self.drive(connections, senders, 100 + 20 * connections, None).await?;
        let count = (warm_up.per_second() * seconds) as usize;
        self.drive(connections, senders, count.clamp(200, MOST_REQUESTS), None).await
    }
}

/// What a new desk is known by.
pub struct Desk {
    /// Its organization.
    pub organization: String,
    /// Its only channel.
    pub channel: String,
    /// Its only operator, who is its administrator, too.
    pub operator: String,
    /// An API token of theirs.
    pub token: String,
}

/// A new database with one organization, one administrator and one number.
pub fn set_up(product: &Product) -> anyhow::Result<Desk> {
    let migrated = product.command(&["migrate"]).output()?;
    ensure!(migrated.status.success(), "backsoon migrate: {}", String::from_utf8_lossy(&migrated.stderr));
    let organization =
        product.ask(&["organization", "create", "--name", "Bench", "--time-zone", "Etc/UTC"], "", "id")?;
    let email = "bench@example.com";
    let operator = product.ask(
        &[
            "user",
            "create",
            "--organization",
            &organization,
            "--email",
            email,
            "--name",
            "Bench",
            "--role",
            "system_admin",
            "--role",
            "operator",
        ],
        "a long pass phrase for the bench\n",
        "id",
    )?;
    let channel = product.ask(
        &[
            "channel",
            "add",
            "twilio",
            "--organization",
            &organization,
            "--account-sid",
            ACCOUNT_SID,
            "--number",
            NUMBER,
        ],
        &format!("{AUTH_TOKEN}\n"),
        "id",
    )?;
    let token = product.ask(&["token", "create", "--user", email, "--name", "bench"], "", "token")?;
    Ok(Desk { organization, channel, operator, token })
}

/// Starts a node; the first one's address is everybody's public one.
pub async fn start(product: &Product, first: Option<&Server>) -> anyhow::Result<Server> {
    let authority = free_authority()?;
    let mut command = product.command(&["serve"]);
    command.env("BACKSOON_LISTEN", &authority);
    if let Some(first) = first {
        command.env("BACKSOON_PUBLIC_URL", format!("http://{}", first.authority));
    }
    // Nobody answers there; no message of the bench has an operator, so nothing is sent.
    command.env("BACKSOON_TWILIO_API_URL", format!("http://{}", free_authority()?));
    Server::start(command, &authority, "/readyz", &product.folder.join("backsoon.log")).await
}

/// Turns the Inactivity Auto Reply on, so that a message is judged and watched, not waved through. Nobody becomes
/// inactive while the bench runs.
pub async fn enable(authority: &str, token: &str) -> anyhow::Result<()> {
    let body = r#"{"enabled":true,"threshold_minutes":10080,"message":"I'm away from my desk.","while_waiting":true,"quiet_minutes":0}"#;
    request(authority, token, "PUT", "/api/v1/organization/inactivity-reply", body).await.map(drop)
}

/// A request to the API, with the JSON that it answers.
pub async fn request(
    authority: &str,
    token: &str,
    method: &str,
    path: &str,
    body: &str,
) -> anyhow::Result<serde_json::Value> {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {authority}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut connection = Connection::open(authority).await?;
    let answer = connection.exchange(request.as_bytes()).await?;
    let said = String::from_utf8_lossy(answer.body);
    ensure!(answer.status == 200, "{method} {path}: {} {said}", answer.status);
    Ok(serde_json::from_str(&said)?)
}
