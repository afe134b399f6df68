//! The sockets under HTTP: connections are taken, held to limits, and ended.
//!
//! Guaranteed (V2.4.1): whoever holds a connection without letting it come further holds little, and not for long.
//! A request's headers, the time without a request before them included, have to arrive within [`Limits::headers`]
//! and fit into [`BUFFER_BYTES`]; of an answer something has to be taken within [`Limits::stalled`] (see `paced.rs`),
//! and no more of one than [`SEND_BUFFER_BYTES`] and a part waits in memory. A stream of events is an answer like any
//! other, but one that mostly has nothing to say. HTTP/1 only, so a connection has one request at a time (decision
//! 0030). There are never more connections than [`Limits::connections`], so that files are left for the database and
//! the way to the carrier; who comes then is let in all the same, and the one that has kept us waiting longest gives
//! way (see `held.rs`). When the server stops, requests in progress are finished. Not bounded here: bodies (see
//! `http/arrival.rs`) and how long a request takes (see `http/limits.rs`).

mod held;
mod paced;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::Response;
use axum::serve::Listener;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http_body::{Body as _, Frame, SizeHint};
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use ipnet::IpNet;
use rustix::process::{Resource, getrlimit};
use socket2::SockRef;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tower::Service;

use self::held::{Connection, Held};
use self::paced::Paced;

/// What one connection, and all of them, may hold.
#[derive(Clone, Debug)]
pub struct Limits {
    /// From the moment a request could begin until its headers have arrived.
    pub headers: Duration,
    /// How long an answer may be without anything of it being taken.
    pub stalled: Duration,
    /// How many connections there are at most.
    pub connections: usize,
    /// Proxies, which have many people's connections: theirs are not counted together.
    pub trusted_proxies: Arc<[IpNet]>,
}

/// The most connections, however many files the process may have open.
const MAX_CONNECTIONS: usize = 4_096;
/// The most that is read ahead of one connection, and so the largest headers of a request.
const BUFFER_BYTES: usize = 16 * 1024;
/// The most of an answer that the system keeps for a client (Linux takes twice as much for itself).
const SEND_BUFFER_BYTES: usize = 64 * 1024;
/// How many may wait to be taken, if the system allows that (`net.core.somaxconn`): one more is dropped, and tries
/// again after a second.
const BACKLOG: u32 = 4_096;
/// How soon room is looked for again if everybody was being served.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

impl Default for Limits {
    fn default() -> Self {
        Self {
            headers: Duration::from_secs(15),
            stalled: Duration::from_secs(15),
            connections: connections_within(getrlimit(Resource::Nofile).current),
            trusted_proxies: Arc::default(),
        }
    }
}

/// How many connections go with this limit of open files: a quarter of the files is left for everything else.
fn connections_within(open_files: Option<u64>) -> usize {
    let files = open_files.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX);
    (files / 4 * 3).clamp(1, MAX_CONNECTIONS)
}

/// Listens at this address.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A server that was just stopped leaves connections behind that are nobody's any more.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
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
    let mut builder = Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(limits.headers).max_buf_size(BUFFER_BYTES);
    let held = Arc::new(Held::default());
    let mut connections = JoinSet::new();
    let mut stopping = pin!(until_true(stopped.clone()));
    loop {
        // One more than there may be is taken, to know that somebody has come for whom room is to be made.
        let too_many = connections.len() > limits.connections;
        let (stream, peer) = tokio::select! {
            Some(_) = connections.join_next() => continue,
            // Retried by the listener when the system has no sockets left.
            connection = Listener::accept(&mut listener), if !too_many => connection,
            () = sleep(LOOK_AGAIN), if too_many => {
                held.make_room();
                continue;
            }
            () = &mut stopping => break,
        };
        let connection = held.enter(peer.ip(), &limits.trusted_proxies);
        let (router, builder, stopped) = (router.clone(), builder.clone(), stopped.clone());
        let stalled = limits.stalled;
        connections
            .spawn(async move { hold(stream, peer, router, builder, stalled, connection, stopped).await });
        if connections.len() > limits.connections {
            metrics::counter!("backsoon_connections_full_total").increment(1);
            held.make_room();
        }
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
    builder: Builder,
    stalled: Duration,
    held: Connection,
    stopped: watch::Receiver<bool>,
) {
    if let Err(error) =
        stream.set_nodelay(true).and_then(|()| SockRef::from(&stream).set_send_buffer_size(SEND_BUFFER_BYTES))
    {
        tracing::debug!("a connection keeps the system's way of sending: {error}");
    }
    let state = held.state();
    let service = service_fn(|request: Request<Incoming>| {
        let mut request = request.map(|body| Body::new(Watched::arriving(Body::new(body), state)));
        request.extensions_mut().insert(ConnectInfo(peer));
        let answer = router.clone().call(request);
        let state = state.clone();
        async move {
            let answer: Response = answer.await?;
            // A stream of events waits for something to happen, not for its client.
            if !is_stream_of_events(&answer) {
                state.waits();
            }
            Ok::<_, Infallible>(answer.map(|body| Watched::leaving(body, &state)))
        }
    });
    let io = TokioIo::new(Paced::new(stream, stalled));
    let mut connection = pin!(builder.serve_connection(io, service));
    let mut stopping = pin!(until_true(stopped));
    let mut told_to_stop = false;
    loop {
        tokio::select! {
            // A connection that fails is its client's affair.
            _ = connection.as_mut() => return,
            () = held.gives_way() => return,
            () = &mut stopping, if !told_to_stop => {
                told_to_stop = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

fn is_stream_of_events(answer: &Response) -> bool {
    answer.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"))
}

/// A body that tells its connection's state what is waited for.
struct Watched {
    body: Body,
    state: Arc<held::State>,
    way: Way,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// The client is waited for until it has sent the whole body; then it waits for us.
    Arriving,
    /// When the answer is through, the next request is waited for.
    Leaving,
}

impl Watched {
    fn arriving(body: Body, state: &Arc<held::State>) -> Self {
        let watched = Self { body, state: state.clone(), way: Way::Arriving };
        if watched.is_end_stream() {
            state.works()
        } else {
            state.waits()
        }
        watched
    }

    fn leaving(body: Body, state: &Arc<held::State>) -> Self {
        Self { body, state: state.clone(), way: Way::Leaving }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if self.way == Way::Leaving {
            self.state.waits();
        }
    }
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if self.way == Way::Arriving && (matches!(polled, Poll::Ready(None)) || self.body.is_end_stream()) {
            self.state.works();
        }
        polled
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
