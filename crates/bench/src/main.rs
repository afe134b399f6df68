//! `make bench`: how many signed messages per second the release binary acknowledges, how fast, and in how much
//! memory, next to two floors measured in the same run.
//!
//! Everything is measured from outside: the server is the shipped binary in its own process, set up by its own
//! command line, and this process is the carrier. What is printed holds for the machine and the minute in which it
//! ran; the ratios to the floors travel better than the numbers.

mod desk;
mod floor;
mod growth;
mod http;
mod load;
mod pgbench;
mod plan;
mod postgres;
mod process;
mod report;
mod request;
mod sample;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Measures the release binary next to the floor")]
struct Arguments {
    #[command(subcommand)]
    role: Role,
}

#[derive(Subcommand)]
enum Role {
    /// Start everything, drive it, print the table.
    Run(plan::Options),
    /// The same on a throwaway PostgreSQL, next to pgbench with the same inserts.
    Postgres(plan::Options),
    /// What a message costs in a large database compared with a small one.
    Growth(growth::Growth),
    /// Be a floor: an HTTP server of the same stack that does not do the work (started by `run`).
    Floor {
        /// Where to listen.
        #[arg(long)]
        listen: std::net::SocketAddr,
        /// Insert the same rows as the product into this database; without it, answer at once.
        #[arg(long)]
        database: Option<PathBuf>,
        /// The product's own database, from which the look of the rows is taken.
        #[arg(long)]
        like: Option<PathBuf>,
    },
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().role {
        Role::Run(options) => driver()?.block_on(plan::run(options)),
        Role::Postgres(options) => driver()?.block_on(postgres::run(options)),
        Role::Growth(options) => driver()?.block_on(growth::run(options)),
        Role::Floor { listen, database, like } => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
            runtime.block_on(floor::serve(listen, database.zip(like)))
        }
    }
}

/// One thread: the driver shall take as little as possible from the server beside it.
fn driver() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}
