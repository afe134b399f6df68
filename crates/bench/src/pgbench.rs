//! The floor on PostgreSQL: pgbench with a hand-written transaction of the rows that the product inserts for a
//! message, one message per transaction, statements prepared. Like the other floor it looks nothing up, checks no
//! signature and knows no rule; what it needs to know it makes up from a counter.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, ensure};
use cluster::Cluster;

use crate::request::{REPEATING_SENDERS, Senders};
use crate::sample::Sample;

/// An instant; any will do.
const NOW: &str = "1780000000000";

/// The ids that the script's rows refer to.
pub struct Place {
    /// The organization.
    pub organization: String,
    /// Its channel.
    pub channel: String,
}

/// Runs the script; answers messages per second.
pub fn run(
    cluster: &Cluster,
    url: &str,
    script: &Path,
    (connections, seconds): (usize, f64),
    first: u64,
) -> anyhow::Result<f64> {
    let seconds = format!("{}", seconds.ceil());
    let output = cluster
        .program("pgbench", url)
        .args(["--no-vacuum", "--protocol=prepared", "--jobs=1", "--time", &seconds])
        .args(["--client", &connections.to_string(), "--define", &format!("n={first}"), "--file"])
        .arg(script)
        .output()
        .context("starting pgbench, which comes with PostgreSQL's server programs")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let failed = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success() && !failed.contains("ERROR"), "pgbench: {failed}");
    let speed = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    speed.with_context(|| format!("pgbench told no speed: {said}"))
}

/// The script of one message. Ids grow within a client, as the product's do.
pub fn script(place: &Place, sample: &Sample, senders: Senders) -> String {
    let Place { organization: org, channel } = place;
    let id = |n: &str| format!("('0199' || lpad(to_hex({n}), 28, '0'))::uuid");
    let own = id(":id::bigint");
    let mut text = "\\set n :n + 1\n\\set id :client_id * 100000000 + :n\n".to_owned();
    let (customer, case) = match senders {
        Senders::New => (own.clone(), own.clone()),
        _ => {
            let _ = writeln!(text, "\\set who :id % {REPEATING_SENDERS}");
            let who = id("(1::bigint << 60) + :who::bigint");
            (who.clone(), who)
        }
    };
    text += "BEGIN;\n";
    match senders {
        Senders::New => {
            text += &sender(org, channel, &own, "'+1' || :id::bigint", ":id::bigint", sample.watched);
        }
        _ => {
            let _ = writeln!(
                text,
                "UPDATE cases SET last_sequence = :id::bigint, last_customer_message_id = {own},
                last_customer_message_at = {NOW}, last_customer_sequence = :id::bigint
                WHERE organization_id = '{org}' AND id = {case};"
            );
        }
    }
    let _ = writeln!(
        text,
        "INSERT INTO messages (organization_id, id, case_id, customer_id, sequence, author_kind, body, attachments,
            provider_id, backfilled, created_at)
        VALUES ('{org}', {own}, {case}, {customer}, :id::bigint, 'customer',
            'Hello, this is a message: is my order ready to be picked up this afternoon?', '[]',
            'SMbe0c' || lpad(to_hex(:id::bigint), 28, '0'), false, {NOW});"
    );
    let [outcome, reason, rule, facts] = sample.decision.each_ref().map(|text| quoted(text));
    let _ = writeln!(
        text,
        "INSERT INTO decisions (organization_id, id, message_id, case_id, outcome, reason, rule, facts, decided_at)
        VALUES ('{org}', {own}, {own}, {case}, {outcome}, {reason}, {rule}, {facts}, {NOW});"
    );
    for (i, (kind, subject)) in sample.events.iter().enumerate() {
        let event = id(&format!(":id::bigint * {} + {i}", sample.events.len()));
        let (kind, subject) = (quoted(kind), quoted(subject));
        let _ = writeln!(
            text,
            "INSERT INTO events (organization_id, id, kind, subject, created_at)
            VALUES ('{org}', {event}, {kind}, {subject}, {NOW});"
        );
    }
    text + "COMMIT;\n"
}

/// Statements that make the senders who take turns known.
pub fn known_senders(place: &Place, watched: bool) -> String {
    let id = "('0199' || lpad(to_hex((1::bigint << 60) + k), 28, '0'))::uuid";
    let Place { organization, channel } = place;
    let one = sender(organization, channel, id, "'+2' || k", "-1 - k", watched);
    one.replace("VALUES (", "SELECT ")
        .replace(");\n", &format!(" FROM generate_series(0, {}) AS k;\n", REPEATING_SENDERS - 1))
}

/// A new sender with a case.
fn sender(org: &str, channel: &str, id: &str, address: &str, number: &str, watched: bool) -> String {
    format!(
        "INSERT INTO customers (organization_id, id, address, name, created_at) VALUES ('{org}', {id}, {address}, '', {NOW});\n\
        INSERT INTO cases (organization_id, id, number, subject, status, customer_id, channel_id, created_at, \
        last_sequence, last_customer_message_id, last_customer_message_at, last_customer_sequence, \
        last_human_sequence, seen_sequence, waiting_since, unanswered_since, watched, loop_guarded) \
        VALUES ('{org}', {id}, {number}, '', 'open', {id}, '{channel}', {NOW}, 1, {id}, {NOW}, 1, 0, 0, {NOW}, {NOW}, {watched}, false);\n"
    )
}

/// A text in quotes, without the colon, which would begin one of pgbench's variables.
fn quoted(text: &str) -> String {
    format!("U&'{}'", text.replace('\\', "\\\\").replace('\'', "''").replace(':', "\\003a"))
}
