//! The floors: servers of the same HTTP stack (axum on tokio) that leave the work out.
//!
//! Without a database every request is read and answered at once. With one, the rows that the product writes for a
//! message are inserted, and nothing else: no signature, no look-up, no rule. They go through one writer thread
//! that collects what waits into one COMMIT with the product's own durability (WAL, `synchronous=FULL`), and the
//! request is answered after it. What an insert needs to know about a sender is kept in memory.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use rusqlite::{Connection, params};
use tokio::sync::oneshot;

use crate::request::PATH;
use crate::sample::{self, Sample};

/// As many messages as the product collects into one COMMIT at most.
const BATCH: usize = 256;

/// A message to insert, and who waits for it.
struct Arrival {
    from: String,
    body: String,
    provider_id: String,
    stored: oneshot::Sender<()>,
}

/// Serves until the process is ended. `databases`: where to insert, and where to look up how rows look.
pub async fn serve(listen: SocketAddr, databases: Option<(PathBuf, PathBuf)>) -> anyhow::Result<()> {
    let router = match databases {
        None => Router::new().route(PATH, post(async |_: Bytes| acknowledge())),
        Some((into, like)) => {
            let (queue, waiting) = sync_channel(4 * BATCH);
            let writer = Writer::open(&into, sample::read(&like)?)?;
            std::thread::spawn(move || {
                if let Err(error) = writer.run(&waiting) {
                    eprintln!("the floor's writer failed: {error:#}");
                    std::process::exit(1);
                }
            });
            Router::new().route(PATH, post(insert)).with_state(Arc::new(queue))
        }
    };
    let router = router.route("/readyz", get(async || StatusCode::OK));
    let listener = tokio::net::TcpListener::bind(listen).await?;
    Ok(axum::serve(listener, router).await?)
}

fn acknowledge() -> Response {
    ([(header::CONTENT_TYPE, "text/xml")], "<Response/>").into_response()
}

async fn insert(State(queue): State<Arc<SyncSender<Arrival>>>, form: Bytes) -> Response {
    let (stored, done) = oneshot::channel();
    let mut arrival =
        Arrival { from: String::new(), body: String::new(), provider_id: String::new(), stored };
    for (name, value) in form_urlencoded::parse(&form) {
        match name.as_ref() {
            "From" => arrival.from = value.into_owned(),
            "Body" => arrival.body = value.into_owned(),
            "MessageSid" => arrival.provider_id = value.into_owned(),
            _ => {}
        }
    }
    // There are fewer connections than places in the queue, so this never waits.
    if queue.try_send(arrival).is_err() || done.await.is_err() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    acknowledge()
}

/// What is known of a sender.
struct Known {
    customer: [u8; 16],
    case: [u8; 16],
    sequence: i64,
}

struct Writer {
    database: Connection,
    sample: Sample,
    organization: Vec<u8>,
    channel: Vec<u8>,
    known: HashMap<String, Known>,
    last_id: u128,
}

impl Writer {
    fn open(path: &std::path::Path, sample: Sample) -> anyhow::Result<Writer> {
        let database = Connection::open(path)?;
        // The product's own settings: see the store's SQLite connection.
        for (pragma, value) in [
            ("journal_mode", "WAL"),
            ("synchronous", "FULL"),
            ("foreign_keys", "ON"),
            ("wal_autocheckpoint", "4000"),
            ("cache_size", "-16000"),
            ("temp_store", "MEMORY"),
        ] {
            database.pragma_update(None, pragma, value)?;
        }
        database.set_prepared_statement_cache_capacity(32);
        let (organization, channel) = database
            .query_row("SELECT organization_id, id FROM channels", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .context("the floor's database needs an organization and a channel")?;
        // Ids grow, as the product's do, so that rows land at the end of their indexes.
        let last_id = 0x0199_0000_0000_7000_8000_0000_0000_0000;
        Ok(Writer { database, sample, organization, channel, known: HashMap::new(), last_id })
    }

    fn run(mut self, waiting: &Receiver<Arrival>) -> anyhow::Result<()> {
        let mut batch = Vec::with_capacity(BATCH);
        while let Ok(first) = waiting.recv() {
            batch.push(first);
            batch.extend(waiting.try_iter().take(BATCH - 1));
            self.database.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
            for arrival in &batch {
                self.insert(arrival)?;
            }
            self.database.prepare_cached("COMMIT")?.execute([])?;
            for arrival in batch.drain(..) {
                // A client that has gone away needs no answer.
                let _ = arrival.stored.send(());
            }
        }
        Ok(())
    }

    fn id(&mut self) -> [u8; 16] {
        self.last_id += 1;
        self.last_id.to_be_bytes()
    }

    fn insert(&mut self, arrival: &Arrival) -> anyhow::Result<()> {
        let now = 1_780_000_000_000_i64;
        let (message, decision) = (self.id(), self.id());
        let known = match self.known.remove(&arrival.from) {
            Some(known) => {
                let sequence = known.sequence + 1;
                self.database
                    .prepare_cached(
                        "UPDATE cases SET last_sequence = $3, last_customer_message_id = $4,
                            last_customer_message_at = $5, last_customer_sequence = $3
                        WHERE organization_id = $1 AND id = $2",
                    )?
                    .execute(params![self.organization, known.case, sequence, message, now])?;
                Known { sequence, ..known }
            }
            None => self.insert_sender(&arrival.from, message, now)?,
        };
        self.database
            .prepare_cached(
                "INSERT INTO messages (organization_id, id, case_id, customer_id, sequence, author_kind, body,
                    attachments, provider_id, backfilled, created_at)
                VALUES ($1, $2, $3, $4, $5, 'customer', $6, '[]', $7, 0, $8)",
            )?
            .execute(params![
                self.organization,
                message,
                known.case,
                known.customer,
                known.sequence,
                arrival.body,
                arrival.provider_id,
                now
            ])?;
        let [outcome, reason, rule, facts] = &self.sample.decision;
        self.database
            .prepare_cached(
                "INSERT INTO decisions (organization_id, id, message_id, case_id, outcome, reason, rule, facts,
                    decided_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            )?
            .execute(params![
                self.organization,
                decision,
                message,
                known.case,
                outcome,
                reason,
                rule,
                facts,
                now
            ])?;
        for (kind, subject) in &self.sample.events {
            self.last_id += 1;
            self.database
                .prepare_cached(
                    "INSERT INTO events (organization_id, id, kind, subject, created_at)
                    VALUES ($1, $2, $3, $4, $5)",
                )?
                .execute(params![self.organization, self.last_id.to_be_bytes(), kind, subject, now])?;
        }
        self.known.insert(arrival.from.clone(), known);
        Ok(())
    }

    fn insert_sender(&mut self, from: &str, message: [u8; 16], now: i64) -> anyhow::Result<Known> {
        let (customer, case) = (self.id(), self.id());
        self.database
            .prepare_cached(
                "INSERT INTO customers (organization_id, id, address, name, created_at) VALUES ($1, $2, $3, '', $4)",
            )?
            .execute(params![self.organization, customer, from, now])?;
        self.database
            .prepare_cached(
                "INSERT INTO cases (organization_id, id, number, subject, status, customer_id, channel_id,
                    created_at, last_sequence, last_customer_message_id, last_customer_message_at,
                    last_customer_sequence, last_human_sequence, seen_sequence, waiting_since, unanswered_since,
                    watched, loop_guarded)
                VALUES ($1, $2, $3, '', 'open', $4, $5, $6, 1, $7, $6, 1, 0, 0, $6, $6, $8, 0)",
            )?
            .execute(params![
                self.organization,
                case,
                i64::try_from(self.known.len())? + 1,
                customer,
                self.channel,
                now,
                message,
                self.sample.watched
            ])?;
        Ok(Known { customer, case, sequence: 1 })
    }
}
