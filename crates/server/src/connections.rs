//! The sockets under HTTP: connections are taken, held to time limits, and ended.
//!
//! Guaranteed (V2.4.1): nobody holds a connection without asking for something. The first request has to begin
//! within [`Limits::headers`], whatever protocol its client speaks or pretends to; on HTTP/1 the headers of every
//! later one, the idle time before them included, have the same limit. A connection on which nothing was asked for
//! [`Limits::idle`] is told to end, and closed if it is still there after as long again: so much time has a slow
//! client to take in the last of an answer. An answer that goes on, a stream of events above all, is never cut
//! while the server runs. When it stops, requests in progress are finished. There are never more connections than
//! [`Limits::connections`]: who comes then waits, unaccepted, until one ends, so that files are left for the
//! database and the way to the carrier. Not bounded here: how long a request takes (see `http/limits.rs`).

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::serve::Listener;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use rustix::process::{Resource, getrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tower::Service;

/// How long a connection may be held without use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From the moment a request could begin until its headers have arrived.
    pub headers: Duration,
    /// How often a connection is looked at; without a request between two looks it is ended.
    pub idle: Duration,
    /// How many connections there are at most.
    pub connections: usize,
}

/// The most connections, however many files the process may have open.
const MAX_CONNECTIONS: usize = 4_096;

impl Default for Limits {
    fn default() -> Self {
        Self {
            headers: Duration::from_secs(15),
            idle: Duration::from_secs(120),
            connections: connections_within(getrlimit(Resource::Nofile).current),
        }
    }
}

/// How many connections go with this limit of open files: a quarter of the files is left for everything else.
fn connections_within(open_files: Option<u64>) -> usize {
    let files = open_files.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX);
    (files / 4 * 3).clamp(1, MAX_CONNECTIONS)
}

/// Serves `router` to everybody who connects, until `stopped` turns true; then finishes what is in progress.
/// Dropping the future cuts every connection.
pub async fn serve(
    mut listener: TcpListener,
    router: Router,
    limits: Limits,
    stopped: watch::Receiver<bool>,
) {
    // The router is put together once here rather than for each connection.
    let router: Router = router.with_state(());
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.headers);
    builder.http2().timer(TokioTimer::new());
    let builder = Arc::new(builder);
    let mut connections = JoinSet::new();
    let mut stopping = pin!(until_true(stopped.clone()));
    loop {
        let (stream, peer) = tokio::select! {
            // Retried by the listener when the system has no sockets left.
            connection = Listener::accept(&mut listener), if connections.len() < limits.connections => connection,
            Some(_) = connections.join_next() => continue,
            () = &mut stopping => break,
        };
        if connections.len() + 1 == limits.connections {
            metrics::counter!("backsoon_connections_full_total").increment(1);
        }
        let (router, builder, stopped) = (router.clone(), builder.clone(), stopped.clone());
        connections.spawn(async move { hold(stream, peer, router, &builder, limits, stopped).await });
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Resolves when the server is to stop.
pub async fn until_true(mut stopped: watch::Receiver<bool>) {
    // An error means that the sender is gone, which ends the waiting, too.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// One connection from its beginning to its end.
async fn hold(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    builder: &Builder<TokioExecutor>,
    limits: Limits,
    stopped: watch::Receiver<bool>,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("a connection keeps its small packets back: {error}");
    }
    let counts = Arc::new(Use::default());
    let service = {
        let counts = counts.clone();
        service_fn(move |request: Request<Incoming>| {
            let asked = Asked::new(&counts);
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            let answer = router.clone().call(request);
            async move { Ok::<_, Infallible>(answer.await?.map(|body| Answer { body, _asked: asked })) }
        })
    };
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let mut stopping = pin!(until_true(stopped));
    let mut told_to_stop = false;
    let mut seen = 0;
    let mut next_look = Instant::now() + limits.headers;
    loop {
        tokio::select! {
            // A connection that fails is its client's affair.
            _ = connection.as_mut() => return,
            () = &mut stopping, if !told_to_stop => {
                told_to_stop = true;
                connection.as_mut().graceful_shutdown();
            }
            () = sleep_until(next_look) => {
                next_look += limits.idle;
                let begun = counts.begun.load(Ordering::Relaxed);
                let busy = begun > counts.done.load(Ordering::Relaxed);
                if busy || begun > seen {
                    seen = begun;
                } else if told_to_stop || begun == 0 {
                    return;
                } else {
                    told_to_stop = true;
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }
}

/// What a connection is used for: requests by count.
#[derive(Default)]
struct Use {
    begun: AtomicU64,
    done: AtomicU64,
}

/// A request in progress, until its answer has been handed over or given up.
struct Asked(Arc<Use>);

impl Asked {
    fn new(counts: &Arc<Use>) -> Self {
        counts.begun.fetch_add(1, Ordering::Relaxed);
        Self(counts.clone())
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.0.done.fetch_add(1, Ordering::Relaxed);
    }
}

/// An answer's body, which keeps its connection in use.
struct Answer {
    body: Body,
    _asked: Asked,
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::Notify;

    use super::*;

    #[test]
    fn files_are_left_for_what_is_no_connection() {
        let table = [
            (Some(0), 1),
            (Some(256), 192),
            (Some(1_024), 768),
            (Some(8_192), MAX_CONNECTIONS),
            (None, MAX_CONNECTIONS),
        ];
        for (open_files, connections) in table {
            assert_eq!(connections_within(open_files), connections, "{open_files:?}");
        }
    }

    #[tokio::test]
    async fn a_request_in_progress_is_finished_when_the_server_stops() {
        let (begun, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let slow = {
            let (begun, release) = (begun.clone(), release.clone());
            async move || {
                begun.notify_one();
                release.notified().await;
                "done"
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let router = Router::new().route("/", get(slow));
        let server = tokio::spawn(serve(listener, router, Limits::default(), stopped));
        let mut idle = TcpStream::connect(address).await.unwrap();
        let mut busy = TcpStream::connect(address).await.unwrap();
        busy.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        begun.notified().await;
        stop.send_replace(true);
        let mut answer = String::new();
        idle.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, "", "nothing is in progress here, so it is closed at once");
        assert!(TcpStream::connect(address).await.is_err(), "nobody is let in any more");
        assert!(!server.is_finished());
        release.notify_one();
        busy.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("done"), "{answer}");
        server.await.unwrap();
    }
}
