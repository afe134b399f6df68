//! The table that `make bench` prints: measured values beside the goals, no more.

use std::fmt;

use crate::load::Measured;
use crate::request::Senders;

/// The same load on the product and on both floors.
pub struct Round {
    /// Who sent.
    pub senders: Senders,
    /// Over how many connections.
    pub connections: usize,
    /// The product.
    pub backsoon: Measured,
    /// The floor that inserts the same rows.
    pub inserts: Measured,
    /// The floor that does nothing.
    pub nothing: Measured,
}

impl Round {
    /// The product's speed as a share of the inserting floor's.
    fn share(&self) -> f64 {
        100.0 * self.backsoon.per_second() / self.inserts.per_second()
    }
}

/// Everything that a run measured.
pub struct Report {
    /// All rounds.
    pub rounds: Vec<Round>,
    /// Half of the maximum rate, per second.
    pub rate: f64,
    /// The open loop at that rate.
    pub at_half: Measured,
    /// The most memory that the product ever had.
    pub peak_mb: f64,
    /// Its memory two seconds after the load.
    pub after_load_mb: f64,
    /// Its memory one second after a start on the database of the run.
    pub idle_mb: f64,
    /// The median time from start to ready on that database.
    pub start_ms: f64,
    /// Messages in that database; as many as were acknowledged.
    pub stored: usize,
    /// Rows per message that the product wrote.
    pub rows_product: String,
    /// Rows per message that the floor wrote.
    pub rows_floor: String,
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        writeln!(
            out,
            "Signed webhooks acknowledged after commit; {cores} cores shared by server and driver; SQLite.\n"
        )?;
        writeln!(
            out,
            "{:<10} {:>5}  {:>30}  {:>30}  {:>30}  {:>7}",
            "senders", "conn.", "backsoon", "bare inserts", "no work", "share"
        )?;
        for round in &self.rounds {
            writeln!(
                out,
                "{:<10} {:>5}  {:>30}  {:>30}  {:>30}  {:>5.0} %",
                round.senders.words(),
                round.connections,
                cell(&round.backsoon),
                cell(&round.inserts),
                cell(&round.nothing),
                round.share(),
            )?;
        }
        writeln!(
            out,
            "\nMessages per second (p50, p99 of the acknowledgement in ms; the server's processor time for a message in µs)."
        )?;
        writeln!(out, "\"share\" is backsoon's speed against the bare inserts.")?;
        writeln!(out, "Rows per message, backsoon:     {}", self.rows_product)?;
        writeln!(out, "Rows per message, bare inserts: {}", self.rows_floor)?;
        writeln!(out, "Every one of the {} acknowledged messages is stored.\n", self.stored)?;

        let share = self.rounds.iter().filter(|round| round.connections == 128).map(Round::share);
        let p99 = self.at_half.percentile_ms(99.0);
        writeln!(out, "{:<62} {:>10}  {:>10}", "goal", "goal", "measured")?;
        let mut line = |what: &str, goal: &str, measured: String, met: bool| {
            writeln!(out, "{what:<62} {goal:>10}  {measured:>10}  {}", if met { "met" } else { "missed" })
        };
        let least = share.fold(f64::INFINITY, f64::min);
        line(
            "at 128 connections, share of the bare inserts (the lower)",
            ">= 50 %",
            format!("{least:.0} %"),
            least >= 50.0,
        )?;
        let what = format!("p99 at half of the maximum rate, {:.0} messages/s", self.rate);
        line(&what, "< 20 ms", format!("{p99:.1} ms"), p99 < 20.0)?;
        line(
            "most memory ever, maximum rate included",
            "< 120 MB",
            format!("{:.0} MB", self.peak_mb),
            self.peak_mb < 120.0,
        )?;
        line(
            "memory after a start, idle",
            "< 40 MB",
            format!("{:.0} MB", self.idle_mb),
            self.idle_mb < 40.0,
        )?;
        line(
            "start to ready on that database, median of 5",
            "< 300 ms",
            format!("{:.0} ms", self.start_ms),
            self.start_ms < 300.0,
        )?;
        writeln!(out, "\nTwo seconds after the load the server held {:.0} MB.", self.after_load_mb)
    }
}

/// Speed, latency and cost of one cell.
pub fn cell(measured: &Measured) -> String {
    let (p50, p99) = (measured.percentile_ms(50.0), measured.percentile_ms(99.0));
    format!("{:.0} ({p50:.2}, {p99:.2}; {:.0})", measured.per_second(), measured.server_cpu_us())
}
