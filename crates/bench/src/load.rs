//! Driving a server: in a closed loop as fast as it answers, or in an open loop at a fixed rate.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokio::task::LocalSet;

use crate::http::Connection;

/// What a round measured.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Requests that were acknowledged with 200; a round with any other answer fails as a whole.
    pub acknowledged: usize,
    /// From the first request to the last answer.
    pub elapsed: Duration,
    /// Processor time that the server spent meanwhile, if whoever started the round looked.
    pub server_cpu: Duration,
    /// Bytes that the server had read from the disk meanwhile, likewise.
    pub server_read: u64,
    /// Of each request, in microseconds, sorted.
    latencies_us: Vec<u32>,
}

impl Measured {
    /// Acknowledged requests per second.
    pub fn per_second(&self) -> f64 {
        self.acknowledged as f64 / self.elapsed.as_secs_f64()
    }

    /// Processor time of the server for each request, in microseconds.
    pub fn server_cpu_us(&self) -> f64 {
        self.server_cpu.as_secs_f64() * 1e6 / self.acknowledged.max(1) as f64
    }

    /// What the server had read from the disk for each request, in kilobytes.
    pub fn server_read_kb(&self) -> f64 {
        self.server_read as f64 / 1024.0 / self.acknowledged.max(1) as f64
    }

    /// The latency that `percent` of the requests did not exceed, in milliseconds.
    pub fn percentile_ms(&self, percent: f64) -> f64 {
        let last = self.latencies_us.len().saturating_sub(1);
        let index = (last as f64 * percent / 100.0).ceil() as usize;
        self.latencies_us.get(index).map_or(0.0, |us| f64::from(*us) / 1000.0)
    }
}

/// Sends the requests over `connections` connections, spread over the servers. With a rate, request number i is due at i / rate, and its
/// latency counts from then, also if no connection was free: a server that falls behind cannot hide it. (The timer
/// that waits for a due instant is good to a millisecond, which counts against the server.)
pub async fn drive(
    authorities: &[&str],
    connections: usize,
    requests: Vec<Box<[u8]>>,
    per_second: Option<f64>,
) -> anyhow::Result<Measured> {
    let mut open = Vec::with_capacity(connections);
    for authority in authorities.iter().cycle().take(connections) {
        open.push(Connection::open(authority).await?);
    }
    let total = requests.len();
    let requests = Rc::new(requests);
    let next = Rc::new(Cell::new(0_usize));
    let latencies = Rc::new(RefCell::new(Vec::with_capacity(total)));
    let tasks = LocalSet::new();
    let start = Instant::now();
    let mut handles = Vec::with_capacity(connections);
    for mut connection in open {
        let (requests, next, latencies) = (requests.clone(), next.clone(), latencies.clone());
        handles.push(tasks.spawn_local(async move {
            loop {
                let index = next.replace(next.get() + 1);
                let Some(request) = requests.get(index) else {
                    return anyhow::Ok(());
                };
                let due = match per_second {
                    None => Instant::now(),
                    Some(rate) => start + Duration::from_secs_f64(index as f64 / rate),
                };
                if due > Instant::now() {
                    tokio::time::sleep_until(due.into()).await;
                }
                let answer = connection.exchange(request).await.context("sending a message")?;
                if answer.status != 200 {
                    bail!("answered {}: {}", answer.status, String::from_utf8_lossy(answer.body));
                }
                latencies.borrow_mut().push(u32::try_from(due.elapsed().as_micros()).unwrap_or(u32::MAX));
            }
        }));
    }
    tasks
        .run_until(async {
            for handle in handles {
                handle.await??;
            }
            anyhow::Ok(())
        })
        .await?;
    let elapsed = start.elapsed();
    let mut latencies_us = latencies.take();
    latencies_us.sort_unstable();
    Ok(Measured {
        acknowledged: latencies_us.len(),
        elapsed,
        server_cpu: Duration::ZERO,
        server_read: 0,
        latencies_us,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::free_authority;
    use crate::request::{Mint, Senders};

    /// Closed and open loop against the floor that does nothing: every request is answered and measured.
    #[tokio::test]
    async fn measures_every_request() {
        let authority = free_authority().unwrap();
        tokio::spawn(crate::floor::serve(authority.parse().unwrap(), None));
        while Connection::open(&authority).await.is_err() {
            tokio::task::yield_now().await;
        }
        let mut mint = Mint::new(&authority, 0);
        for (senders, rate) in [(Senders::New, None), (Senders::Repeating, Some(5_000.0))] {
            let measured = drive(&[&authority], 4, mint.batch(senders, 500), rate).await.unwrap();
            assert_eq!(measured.acknowledged, 500);
            assert_eq!(measured.latencies_us.len(), 500);
            assert!(measured.percentile_ms(50.0) <= measured.percentile_ms(99.0));
        }
    }
}
