//! What a message costs in a large database compared with a small one: the same product on two databases that
//! differ in size alone, driven round by round with the same load.
//!
//! The large one is filled by the database itself from one case that the product made: copies with ids, addresses
//! and numbers of their own, two watched messages each, so that every rule of `backsoon check` holds for them.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use crate::desk::{Desk, Target, enable, request, set_up, start};
use crate::load::Measured;
use crate::plan::Options;
use crate::postgres::{cluster, connect};
use crate::process::Product;
use crate::report::cell;
use crate::request::Senders;

/// Waiting customers in the small database and in the large one. Each has two messages.
const SIZES: [u64; 2] = [1_000, 1_000_000];
/// How many connections are driven.
const CONNECTIONS: usize = 32;
/// How often each load is measured.
const ROUNDS: usize = 3;
/// So many messages from all over it bring the pages of a large database to where a running one has them: into
/// memory, and on PostgreSQL once into the log after the last checkpoint. A leaf holds the rows of 10 to 100 customers.
const WARM_UP: usize = 150_000;

/// The options of `growth`.
#[derive(clap::Args)]
pub struct Growth {
    #[command(flatten)]
    options: Options,
    /// Measure on PostgreSQL, too.
    #[arg(long)]
    postgres: bool,
    /// Waiting customers in the large database, if fewer are enough.
    #[arg(long, default_value_t = SIZES[1])]
    customers: u64,
    /// Have `backsoon check` read the large database afterwards, which takes minutes.
    #[arg(long)]
    check: bool,
}

/// Where a database is.
enum Place {
    Sqlite,
    Postgres(String),
}

/// A desk on a database of some size.
struct Sized {
    product: Product,
    place: Place,
    desk: Desk,
    target: Option<Target>,
    customers: u64,
}

/// Runs everything and prints the tables.
pub async fn run(growth: Growth) -> anyhow::Result<()> {
    measure(&growth, "SQLite", |name| {
        let (binary, folder) = growth.options.places(name)?;
        Ok((Product::on_sqlite(binary, folder), Place::Sqlite))
    })
    .await?;
    if growth.postgres {
        let cluster = cluster()?;
        measure(&growth, "PostgreSQL", |name| {
            let (binary, folder) = growth.options.places(&format!("postgres-{name}"))?;
            let url = cluster.empty_database();
            let own = format!("{url}&max_connections={CONNECTIONS}");
            Ok((Product::on_postgres(binary, folder, own), Place::Postgres(url)))
        })
        .await?;
    }
    Ok(())
}

async fn measure(
    growth: &Growth,
    engine: &str,
    new: impl Fn(&str) -> anyhow::Result<(Product, Place)>,
) -> anyhow::Result<()> {
    let started = Instant::now();
    let seconds = growth.options.seconds;
    let mut sized = Vec::new();
    for (name, customers) in [("small", SIZES[0]), ("large", growth.customers)] {
        eprintln!("  {engine}: {customers} waiting customers");
        let (product, place) = new(name)?;
        let desk = set_up(&product)?;
        sized.push(Sized { product, place, desk, target: None, customers }.filled().await?);
    }
    let filled = started.elapsed();
    println!(
        "\nCost of a message by the size of the database; {engine}, {CONNECTIONS} connections, one node. \
         Large: {} waiting customers with two messages each, filled in {:.0} s.\n",
        growth.customers,
        filled.as_secs_f64()
    );
    println!(
        "{:<16} {:>30}  {:>30}  {:>10}  {:>10}",
        "senders", "small database", "large database", "cost", "read"
    );
    let mut worst: f64 = 0.0;
    let loads =
        [(Senders::New, 0), (Senders::Waiting(SIZES[0]), 0), (Senders::Waiting(growth.customers), WARM_UP)];
    for (senders, warm_up) in loads {
        for sized in &mut sized {
            if let (Place::Postgres(url), 1..) = (&sized.place, warm_up) {
                // So that none falls due while it is measured.
                connect(url).await?.batch_execute("CHECKPOINT").await?;
            }
            let target = sized.target.as_mut().context("it was started")?;
            target.drive(CONNECTIONS, senders.within(sized.customers), warm_up, None).await?;
        }
        let mut rounds: Vec<[Measured; 2]> = Vec::new();
        for _ in 0..ROUNDS {
            let mut both = Vec::with_capacity(2);
            for sized in &mut sized {
                let senders = senders.within(sized.customers);
                let target = sized.target.as_mut().context("it was started")?;
                both.push(target.measure(CONNECTIONS, senders, seconds).await?);
            }
            rounds.push(both.try_into().ok().context("two databases")?);
        }
        // The best of the rounds: what else the machine does only ever makes them slower.
        let best = |i: usize| {
            rounds.iter().map(|round| &round[i]).max_by(|a, b| a.per_second().total_cmp(&b.per_second()))
        };
        let (small, large) = best(0).zip(best(1)).context("there were rounds")?;
        let growth = 100.0 * (small.per_second() / large.per_second() - 1.0);
        worst = worst.max(growth);
        let read = match sized[1].place {
            Place::Sqlite => format!("{:.1} KB", large.server_read_kb()),
            // Its own processes read, not ours.
            Place::Postgres(_) => "-".to_owned(),
        };
        println!(
            "{:<16} {:>30}  {:>30}  {growth:>+8.0} %  {read:>10}",
            senders.words(),
            cell(small),
            cell(large)
        );
    }
    let large = sized.pop().context("two databases")?;
    let target = large.target.context("it was started")?;
    println!(
        "\nThe best of {ROUNDS} rounds: messages per second (p50, p99 in ms; the server's processor time in µs). \
         \"read\" came from the disk for a message of the large database: what the machine's memory did not hold. \
         Before the last line {WARM_UP} such messages were sent to each database."
    );
    println!(
        "Memory of the server on the large database, most ever: {:.0} MB.",
        target.nodes[0].memory_mb("VmHWM")?
    );
    let met = if worst < 20.0 { "met" } else { "missed" };
    println!("{:<62} {:>10}  {worst:>8.0} %  {met}", "growth of the cost of a message (the worst)", "< 20 %");
    target.stop().await?;
    for small in sized {
        small.target.context("it was started")?.stop().await?;
    }
    if growth.check {
        check(&large.product)?;
    }
    println!("It took {:.0} s.", started.elapsed().as_secs_f64());
    Ok(())
}

/// Every invariant of what was filled in and came on top.
fn check(product: &Product) -> anyhow::Result<()> {
    let started = Instant::now();
    let output = product.command(&["check"]).output()?;
    let said =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    ensure!(said.contains("its invariants hold"), "backsoon check finds: {said}");
    println!(
        "`backsoon check` finds nothing wrong with the stored data ({:.0} s).",
        started.elapsed().as_secs_f64()
    );
    Ok(())
}

impl Sized {
    /// The product makes the first case; the database copies it.
    async fn filled(mut self) -> anyhow::Result<Sized> {
        let server = start(&self.product, None).await?;
        enable(&server.authority, &self.desk.token).await?;
        let authority = server.authority.clone();
        let mut target = Target::of(vec![server], 0);
        // The first one opens the case, which is then assigned, and both messages are judged once more.
        target.drive(1, Senders::First, 1, None).await?;
        let cases = request(&authority, &self.desk.token, "GET", "/api/v1/cases", "").await?;
        let case = cases["items"][0]["id"].as_str().context("a case")?.to_owned();
        let path = format!("/api/v1/cases/{case}/messages");
        let body = format!(r#"{{"assigned_operator_id":"{}"}}"#, self.desk.operator);
        request(&authority, &self.desk.token, "PATCH", &format!("/api/v1/cases/{case}"), &body).await?;
        target.drive(1, Senders::First, 1, None).await?;
        let messages = request(&authority, &self.desk.token, "GET", &path, "").await?;
        // The millisecond is the beginning of an id: eight digits, a hyphen, four digits.
        let stamp =
            messages["items"][1]["id"].as_str().and_then(|id| id.get(..13)).context("a message")?.to_owned();
        target.stop().await?;
        let started = Instant::now();
        match &self.place {
            Place::Sqlite => fill_sqlite(&self.product.database(), self.customers, &stamp)?,
            Place::Postgres(url) => {
                let client = connect(url).await?;
                for statement in statements(self.customers, &POSTGRES, &stamp) {
                    client.batch_execute(&statement).await.with_context(|| statement.clone())?;
                }
                // Statements that are sent together are one transaction, in which nothing is vacuumed.
                client.batch_execute("VACUUM ANALYZE").await?;
                client.batch_execute("CHECKPOINT").await?;
            }
        }
        eprintln!("  filled in {:.0} s", started.elapsed().as_secs_f64());
        let server = start(&self.product, None).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.target = Some(Target::of(vec![server], 1_000));
        Ok(self)
    }
}

fn fill_sqlite(path: &Path, customers: u64, stamp: &str) -> anyhow::Result<()> {
    let database = rusqlite::Connection::open(path)?;
    database.pragma_update(None, "journal_mode", "WAL")?;
    database.pragma_update(None, "cache_size", "-400000")?;
    for statement in statements(customers, &SQLITE, stamp) {
        database.execute_batch(&statement).with_context(|| statement.clone())?;
    }
    database.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}

/// What the two databases write differently.
struct Dialect {
    /// The id whose kind is `{kind}`, a digit, and whose number is `k`, as if drawn in the millisecond `{stamp}`:
    /// what was received before the setting was switched on would not be watched.
    id: &'static str,
    /// The same as text.
    id_text: &'static str,
    /// The text of the id in `{column}`.
    as_text: &'static str,
    /// The numbers from 1 to `{many}` as `k`.
    numbers: &'static str,
    /// `k` in seven digits.
    seven: &'static str,
    /// `k` in 28 digits.
    hex: &'static str,
}

const SQLITE: Dialect = Dialect {
    id: "unhex(replace(printf('{stamp}-7f0{kind}-8000-%012x', k), '-', ''))",
    id_text: "printf('{stamp}-7f0{kind}-8000-%012x', k)",
    as_text: "(substr(lower(hex({column})), 1, 8) || '-' || substr(lower(hex({column})), 9, 4) || '-' || substr(lower(hex({column})), 13, 4) || '-' || substr(lower(hex({column})), 17, 4) || '-' || substr(lower(hex({column})), 21))",
    numbers: "(WITH RECURSIVE n (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < {many}) SELECT k FROM n)",
    seven: "printf('%07d', k)",
    hex: "printf('%028x', k)",
};

const POSTGRES: Dialect = Dialect {
    id: "('{stamp}-7f0{kind}-8000-' || lpad(to_hex(k), 12, '0'))::uuid",
    id_text: "('{stamp}-7f0{kind}-8000-' || lpad(to_hex(k), 12, '0'))",
    as_text: "{column}::text",
    numbers: "(SELECT generate_series(1, {many}::bigint) AS k)",
    seven: "lpad(k::text, 7, '0')",
    hex: "lpad(to_hex(k), 28, '0')",
};

/// Copies the only case with all that belongs to it.
fn statements(customers: u64, dialect: &Dialect, stamp: &str) -> Vec<String> {
    let many = (customers - 1).to_string();
    let numbers = dialect.numbers.replace("{many}", &many);
    let id = |kind: &str| dialect.id.replace("{kind}", kind).replace("{stamp}", stamp);
    let text = |kind: &str| dialect.id_text.replace("{kind}", kind).replace("{stamp}", stamp);
    let as_text = |column: &str| dialect.as_text.replace("{column}", column);
    let (seven, hex) = (dialect.seven, dialect.hex);
    let mut all = vec![
        format!(
            "INSERT INTO customers (organization_id, id, address, name, opted_out_at, created_at)
            SELECT organization_id, {}, '+1212' || {seven}, name, opted_out_at, created_at
            FROM {numbers} AS n CROSS JOIN (SELECT * FROM customers LIMIT 1) AS t",
            id("1")
        ),
        format!(
            "INSERT INTO cases (organization_id, id, number, subject, status, customer_id, channel_id,
                assigned_operator_id, created_at, last_sequence, last_customer_message_id, last_customer_message_at,
                last_customer_sequence, last_human_sequence, last_human_at, seen_sequence, waiting_since,
                unanswered_since, watched, watch_from, loop_guarded)
            SELECT organization_id, {}, number + k, subject, status, {}, channel_id,
                assigned_operator_id, created_at, last_sequence, {}, last_customer_message_at,
                last_customer_sequence, last_human_sequence, last_human_at, seen_sequence, waiting_since,
                unanswered_since, watched, watch_from, loop_guarded
            FROM {numbers} AS n CROSS JOIN (SELECT * FROM cases LIMIT 1) AS t",
            id("2"),
            id("1"),
            id("4")
        ),
    ];
    for (sequence, message, decision) in [(1, "3", "5"), (2, "4", "6")] {
        all.push(format!(
            "INSERT INTO messages (organization_id, id, case_id, customer_id, sequence, author_kind, body,
                attachments, provider_id, backfilled, created_at)
            SELECT organization_id, {}, {}, {}, sequence, author_kind, body, attachments,
                'SMbe1{sequence}' || {hex}, backfilled, created_at
            FROM {numbers} AS n CROSS JOIN (SELECT * FROM messages WHERE sequence = {sequence} LIMIT 1) AS t",
            id(message),
            id("2"),
            id("1"),
        ));
        // The facts name the message.
        all.push(format!(
            "INSERT INTO decisions (organization_id, id, message_id, case_id, outcome, reason, rule, facts,
                reply_message_id, decided_at)
            SELECT organization_id, {}, {}, {}, outcome, reason, rule, replace(facts, {}, {}),
                reply_message_id, decided_at
            FROM {numbers} AS n CROSS JOIN (
                SELECT d.* FROM decisions AS d JOIN messages AS m ON m.organization_id = d.organization_id AND m.id = d.message_id
                WHERE m.sequence = {sequence} ORDER BY d.id DESC LIMIT 1) AS t",
            id(decision),
            id(message),
            id("2"),
            as_text("t.message_id"),
            text(message),
        ));
    }
    all.push(format!("UPDATE organizations SET last_case_number = {customers}"));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Mint;

    #[test]
    fn every_message_is_from_a_waiting_customer() {
        let mut mint = Mint::new("127.0.0.1:1", 0);
        for request in mint.batch(Senders::Waiting(10), 25) {
            let text = String::from_utf8(request.into_vec()).unwrap();
            let at = text.find("From=%2B1212").unwrap();
            let number: u64 = text[at + 12..at + 19].parse().unwrap();
            assert!((1..10).contains(&number), "{number}");
        }
    }
}
