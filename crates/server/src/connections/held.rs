//! Who holds a connection, and who gives way when there are too many.
//!
//! Guaranteed: a connection on which the server works, or that is a stream of events, is never ended for another one.
//! Of those whose client is waited for (headers, a body, an answer to be taken, the next request), they give way
//! first that come from the network with most of them, and of these the ones that have kept us waiting longest. So
//! who comes, asks and listens is served, whatever others hold; a proxy's connections count one by one, because they
//! are many people's.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ipnet::IpNet;
use tokio::sync::Notify;
use tokio::time::Instant;

/// One in so many gives way at once, so that looking for them does not cost more than serving.
const SHARE: usize = 64;
/// Stands in place of an instant while the server works.
const WORKS: u64 = u64::MAX;

/// All connections.
pub struct Held {
    began: Instant,
    connections: Mutex<Connections>,
}

#[derive(Default)]
struct Connections {
    last_number: u64,
    by_number: HashMap<u64, Arc<State>>,
}

/// One connection, until it is dropped.
pub struct Connection {
    held: Arc<Held>,
    number: u64,
    state: Arc<State>,
}

/// What a connection is waiting for.
pub struct State {
    began: Instant,
    /// The network that it comes from; none for a trusted proxy.
    network: Option<IpAddr>,
    /// Since when its client is waited for, in microseconds since `began`; [`WORKS`] while it waits for us.
    waits_since_us: AtomicU64,
    give_way: Notify,
}

impl Default for Held {
    fn default() -> Self {
        Self { began: Instant::now(), connections: Mutex::default() }
    }
}

impl Held {
    /// One more connection, whose first request is waited for.
    pub fn enter(self: &Arc<Self>, address: IpAddr, trusted_proxies: &[IpNet]) -> Connection {
        let address = address.to_canonical();
        let is_proxy = trusted_proxies.iter().any(|network| network.contains(&address));
        let state = Arc::new(State {
            began: self.began,
            network: (!is_proxy).then(|| network(address)),
            waits_since_us: AtomicU64::new(0),
            give_way: Notify::new(),
        });
        state.waits();
        let mut connections = self.connections();
        connections.last_number += 1;
        let number = connections.last_number;
        connections.by_number.insert(number, state.clone());
        Connection { held: self.clone(), number, state }
    }

    /// Has some give way, if any can.
    pub fn make_room(&self) {
        let connections = self.connections();
        let mut of_network: HashMap<IpAddr, usize> = HashMap::new();
        for network in connections.by_number.values().filter_map(|state| state.network) {
            *of_network.entry(network).or_default() += 1;
        }
        let size = |state: &State| state.network.map_or(1, |network| of_network[&network]);
        let mut waiting: Vec<(Reverse<usize>, u64, &State)> = connections
            .by_number
            .values()
            .map(|state| (Reverse(size(state)), state.waits_since_us.load(Ordering::Relaxed), state.as_ref()))
            .filter(|(_, since, _)| *since != WORKS)
            .collect();
        waiting.sort_unstable_by_key(|(size, since, _)| (*size, *since));
        for (_, _, state) in waiting.iter().take((connections.by_number.len() / SHARE).max(1)) {
            state.give_way.notify_one();
        }
    }

    fn connections(&self) -> MutexGuard<'_, Connections> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    /// What it is waiting for.
    pub const fn state(&self) -> &Arc<State> {
        &self.state
    }

    /// Resolves when it is to make room for another one.
    pub async fn gives_way(&self) {
        self.state.give_way.notified().await;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.held.connections().by_number.remove(&self.number);
    }
}

impl State {
    /// From now on the client is waited for.
    pub fn waits(&self) {
        let since_us = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(WORKS - 1);
        self.waits_since_us.store(since_us, Ordering::Relaxed);
    }

    /// From now on the client waits for us.
    pub fn works(&self) {
        self.waits_since_us.store(WORKS, Ordering::Relaxed);
    }
}

/// What somebody has who has this address: of IPv6 a whole /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt;
    use tokio::time::advance;

    use super::*;

    async fn enter(held: &Arc<Held>, address: &str) -> Connection {
        let proxies = ["10.0.0.0/8".parse().unwrap()];
        let connection = held.enter(address.parse().unwrap(), &proxies);
        advance(Duration::from_millis(1)).await;
        connection
    }

    /// Which of them gave way.
    fn given_way(connections: &[Connection]) -> Vec<usize> {
        (0..connections.len()).filter(|n| connections[*n].gives_way().now_or_never().is_some()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn v2_4_1_who_keeps_us_waiting_longest_from_the_fullest_network_gives_way() {
        let held = Arc::default();
        let mut connections = Vec::new();
        for address in ["10.0.0.1", "10.0.0.1", "10.0.0.1", "198.51.100.7", "2001:db8::1", "2001:db8::2"] {
            connections.push(enter(&held, address).await);
        }
        held.make_room();
        assert_eq!(given_way(&connections), [4], "two are of one network; the proxy's are everybody's");
        connections[4].state().works();
        held.make_room();
        assert_eq!(given_way(&connections), [5], "who is being served stays");
        connections.truncate(4);
        connections[0].state().works();
        connections[1].state().waits();
        held.make_room();
        assert_eq!(given_way(&connections), [2], "the count is the same, and this one has waited longest");
        for connection in &connections {
            connection.state().works();
        }
        held.make_room();
        assert!(given_way(&connections).is_empty());
        drop(connections);
        assert!(held.connections().by_number.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn v2_4_1_of_many_a_share_gives_way_at_once() {
        let held = Arc::default();
        let mut connections = Vec::new();
        for _ in 0..3 * SHARE {
            connections.push(enter(&held, "198.51.100.7").await);
        }
        held.make_room();
        assert_eq!(given_way(&connections), [0, 1, 2]);
    }
}
