//! Who is at the other end of a request that came through a proxy.
//!
//! Guaranteed: `X-Forwarded-For` is believed from the configured proxies alone (V4.1.3); from anybody else it
//! changes nothing. The address serves to slow down guessing and stands in the log; nothing is allowed by it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::map_request;
use http::HeaderMap;
use ipnet::IpNet;

/// Has every handler of `router` see the customer's address instead of a trusted proxy's.
pub fn behind(router: Router, trusted: Vec<IpNet>) -> Router {
    if trusted.is_empty() {
        return router;
    }
    let trusted: Arc<[IpNet]> = trusted.into();
    router.layer(map_request(move |mut request: Request| {
        let trusted = trusted.clone();
        async move {
            if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>().copied() {
                let client = client(peer, request.headers(), &trusted);
                request.extensions_mut().insert(ConnectInfo(client));
            }
            request
        }
    }))
}

/// The nearest address that is no trusted proxy: each proxy adds the one it was called from at the end.
fn client(peer: SocketAddr, headers: &HeaderMap, trusted: &[IpNet]) -> SocketAddr {
    let is_trusted = |ip: IpAddr| trusted.iter().any(|network| network.contains(&ip.to_canonical()));
    if !is_trusted(peer.ip()) {
        return peer;
    }
    let lines: Vec<&str> =
        headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok()).collect();
    let mut nearest = peer;
    for part in lines.iter().rev().flat_map(|line| line.rsplit(',')).map(str::trim) {
        let parsed = part.parse::<SocketAddr>().or_else(|_| part.parse().map(|ip| SocketAddr::new(ip, 0)));
        // What a trusted proxy did not write as an address ends the chain.
        let Ok(address) = parsed else { break };
        nearest = address;
        if !is_trusted(address.ip()) {
            break;
        }
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v4_1_3_only_a_trusted_proxy_says_who_is_behind_it() {
        let trusted: Vec<IpNet> =
            ["10.0.0.1/32", "10.0.0.2/32", "10.9.0.0/16"].map(|net| net.parse().unwrap()).into();
        let table: [(&str, &[&str], &str); 12] = [
            ("203.0.113.9:5", &[], "203.0.113.9:5"),
            ("10.9.7.1:5", &["1.2.3.4, 198.51.100.1, 10.9.255.2"], "198.51.100.1:0"),
            ("10.10.0.1:5", &["198.51.100.1"], "10.10.0.1:5"),
            ("203.0.113.9:5", &["198.51.100.1"], "203.0.113.9:5"),
            ("10.0.0.1:5", &[], "10.0.0.1:5"),
            ("10.0.0.1:5", &["198.51.100.1"], "198.51.100.1:0"),
            ("[::ffff:10.0.0.1]:5", &["198.51.100.1"], "198.51.100.1:0"),
            ("10.0.0.1:5", &["1.2.3.4, 198.51.100.1, 10.0.0.2"], "198.51.100.1:0"),
            ("10.0.0.1:5", &["1.2.3.4", "198.51.100.1,10.0.0.2"], "198.51.100.1:0"),
            ("10.0.0.1:5", &["198.51.100.1:443"], "198.51.100.1:443"),
            ("10.0.0.1:5", &["2001:db8::1"], "[2001:db8::1]:0"),
            ("10.0.0.1:5", &["198.51.100.1, unknown"], "10.0.0.1:5"),
        ];
        for (peer, forwarded, seen) in table {
            let mut headers = HeaderMap::new();
            for line in forwarded {
                headers.append("x-forwarded-for", line.parse().unwrap());
            }
            let found = client(peer.parse().unwrap(), &headers, &trusted);
            assert_eq!(found.to_string(), seen, "{peer} {forwarded:?}");
        }
    }
}
