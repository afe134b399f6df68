//! Bodies on their way in, before their requests take a place.
//!
//! Guaranteed (V2.4.1): a body arrives within [`LIMIT`], or its request is refused; bodies that are not whole yet, and
//! the whole ones of requests in flight, hold at most [`MOST_BYTES`] together. When there would be more, the one that
//! has kept us waiting longest gives way: whoever sends a body at once is served, however many others have only begun.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use http::StatusCode;
use http_body::Body as _;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::Web;
use super::body::{DISCARDED_BYTES, MAX_BODY_BYTES, is_refused_unread};
use super::problem::Problem;

/// How long a body may take. The carrier itself waits for 15 s.
const LIMIT: Duration = Duration::from_secs(10);
/// What all bodies hold together. A buffer that grows may take twice as much for a moment.
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// What a body is counted for before anything of it is here: what its request takes meanwhile. So 1,024 are waited for.
const LEAST_BYTES: usize = 16 * 1024;

/// The bodies that are arriving or in use.
#[derive(Default)]
pub struct Arrivals(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    bytes: usize,
    last_number: u64,
    /// Those that are not whole yet, the oldest first.
    arriving: BTreeMap<u64, Arriving>,
}

struct Arriving {
    bytes: usize,
    give_way: Arc<Notify>,
}

/// One body, until it is dropped.
struct Arrival<'a> {
    arrivals: &'a Arrivals,
    number: u64,
    /// What it is counted for once it is whole.
    whole_bytes: usize,
    give_way: Arc<Notify>,
}

impl Arrivals {
    fn begin(&self) -> Arrival<'_> {
        let give_way = Arc::new(Notify::new());
        let mut counts = self.counts();
        counts.last_number += 1;
        let number = counts.last_number;
        counts.arriving.insert(number, Arriving { bytes: 0, give_way: give_way.clone() });
        counts.grow(number, LEAST_BYTES);
        Arrival { arrivals: self, number, whole_bytes: 0, give_way }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    /// Counts more bytes for one that is arriving, and has the oldest give way until there is room.
    fn grow(&mut self, number: u64, bytes: usize) {
        // One that has given way is counted no more; it is told in a moment.
        let Some(arriving) = self.arriving.get_mut(&number) else { return };
        arriving.bytes += bytes;
        self.bytes += bytes;
        while self.bytes > MOST_BYTES
            && let Some((_, oldest)) = self.arriving.pop_first()
        {
            self.bytes -= oldest.bytes;
            oldest.give_way.notify_one();
        }
    }
}

impl Arrival<'_> {
    /// Reads the body, of one that is too large as much as shows that it is.
    async fn read(&self, body: Body) -> Result<Bytes, Problem> {
        let mut chunks = body.into_data_stream();
        let mut kept = BytesMut::new();
        let mut read_bytes = 0;
        while let Some(chunk) = chunks.next().await {
            let mut chunk =
                chunk.map_err(|_| Problem::malformed("The body ended before it was complete."))?;
            read_bytes += chunk.len();
            if read_bytes > DISCARDED_BYTES {
                break;
            }
            chunk.truncate(MAX_BODY_BYTES + 1 - kept.len());
            self.arrivals.counts().grow(self.number, chunk.len());
            kept.extend_from_slice(&chunk);
        }
        Ok(kept.freeze())
    }

    /// It is all here, and gives way no more. False if it has done so just now.
    fn is_whole(&mut self) -> bool {
        let arrived = self.arrivals.counts().arriving.remove(&self.number);
        self.whole_bytes = arrived.as_ref().map_or(0, |arriving| arriving.bytes);
        arrived.is_some()
    }
}

impl Drop for Arrival<'_> {
    fn drop(&mut self) {
        let mut counts = self.arrivals.counts();
        let arriving = counts.arriving.remove(&self.number).map_or(0, |arriving| arriving.bytes);
        counts.bytes -= arriving + self.whole_bytes;
    }
}

/// Has a request go on when its body is here.
pub async fn arrive(State(web): State<Web>, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() || is_refused_unread(request.headers(), MAX_BODY_BYTES) {
        return next.run(request).await;
    }
    let (head, body) = request.into_parts();
    let mut arrival = web.arrivals().begin();
    let give_way = arrival.give_way.clone();
    let arrived = tokio::select! {
        read = timeout(LIMIT, arrival.read(body)) => match read {
            Ok(Ok(_)) if !arrival.is_whole() => Err(gave_way()),
            Ok(read) => read,
            Err(_) => Err(Problem::new(
                StatusCode::REQUEST_TIMEOUT,
                format!("The body did not arrive within {} s.", LIMIT.as_secs()),
            )),
        },
        () = give_way.notified() => Err(gave_way()),
    };
    match arrived {
        Ok(body) => next.run(Request::from_parts(head, Body::from(body))).await,
        Err(problem) => problem.into_response(),
    }
}

fn gave_way() -> Problem {
    Problem::unavailable("The server has too many bodies to wait for. Send the request again, all at once.")
        .code("busy")
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    impl Arrival<'_> {
        fn gave_way(&self) -> bool {
            self.give_way.notified().now_or_never().is_some()
        }
    }

    #[test]
    fn v2_4_1_the_body_that_has_kept_us_waiting_longest_gives_way() {
        let arrivals = Arrivals::default();
        let mut first = arrivals.begin();
        assert!(first.is_whole(), "it is in use");
        let many: Vec<_> = (0..MOST_BYTES / LEAST_BYTES - 1).map(|_| arrivals.begin()).collect();
        assert!(!many.iter().any(Arrival::gave_way), "all have room");
        let mut another = arrivals.begin();
        let given: Vec<_> = many.iter().map(Arrival::gave_way).collect();
        assert!(given[0] && !given[1..].contains(&true), "the oldest that is not whole");
        arrivals.counts().grow(another.number, 3 * LEAST_BYTES);
        assert_eq!(many.iter().filter(|arrival| arrival.gave_way()).count(), 3, "as much as is needed");
        assert!(another.is_whole());
        arrivals.counts().grow(many[0].number, MOST_BYTES);
        assert!(arrivals.counts().bytes <= MOST_BYTES, "one that gave way is counted no more");
        drop((first, many, another));
        let counts = arrivals.counts();
        assert!(counts.bytes == 0 && counts.arriving.is_empty());
    }
}
