//! A socket whose other end has to keep taking what it asked for.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// So much has to be taken within the limit, unless less was waiting.
const LEAST_BYTES: usize = 16 * 1024;

/// A stream on which a write that makes too little progress fails.
pub struct Paced<S> {
    stream: S,
    stalled: Duration,
    /// Set while the other end does not take what is there for it.
    behind: Option<Behind>,
}

struct Behind {
    deadline: Pin<Box<Sleep>>,
    taken_bytes: usize,
}

impl<S> Paced<S> {
    /// Fails a write when less than [`LEAST_BYTES`] of what was waiting has been taken for `stalled`.
    pub const fn new(stream: S, stalled: Duration) -> Self {
        Self { stream, stalled, behind: None }
    }

    /// Judges what became of an attempt to write `offered_bytes`.
    fn pace(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
        offered_bytes: usize,
    ) -> Poll<io::Result<usize>> {
        let limit = self.stalled;
        match written {
            Poll::Ready(Ok(bytes)) => {
                if let Some(behind) = &mut self.behind {
                    behind.taken_bytes += bytes;
                    if bytes == offered_bytes || behind.taken_bytes >= LEAST_BYTES {
                        self.behind = None;
                    }
                }
                written
            }
            Poll::Ready(Err(_)) => written,
            Poll::Pending => {
                let behind = self.behind.get_or_insert_with(|| Behind {
                    deadline: Box::pin(sleep_until(Instant::now() + limit)),
                    taken_bytes: 0,
                });
                behind.deadline.as_mut().poll(context).map(|()| {
                    Err(io::Error::new(
                        io::ErrorKind::TimedOut,
                        "the other end takes too little of its answer",
                    ))
                })
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.pace(context, written, bytes.len())
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.pace(context, written, parts.iter().map(|part| part.len()).sum())
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tokio::time::{advance, sleep};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(15);

    /// Writes `bytes` to somebody who takes so many of them every 5 s: whether all were written.
    async fn taken(bytes: usize, every_5_s: usize) -> bool {
        let (ours, mut theirs) = duplex(1_024);
        let mut ours = Paced::new(ours, LIMIT);
        let reader = tokio::spawn(async move {
            let mut part = vec![0; every_5_s];
            loop {
                sleep(Duration::from_secs(5)).await;
                if every_5_s > 0 && theirs.read_exact(&mut part).await.is_err() {
                    return;
                }
            }
        });
        let written = ours.write_all(&vec![0; bytes]).await;
        reader.abort();
        written.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn v2_4_1_an_answer_has_to_be_taken() {
        let least = LEAST_BYTES;
        let table = [
            ("nothing of it is taken", 100 * least, 0, false),
            ("a byte now and then", 100 * least, 1, false),
            ("slowly, but steadily", 100 * least, least / 2, true),
            ("what fits into the buffers waits for nobody", 1_000, 0, true),
        ];
        for (name, bytes, every_5_s, all) in table {
            assert_eq!(taken(bytes, every_5_s).await, all, "{name}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn v2_4_1_who_caught_up_begins_anew() {
        let (ours, mut theirs) = duplex(1_024);
        let mut ours = Paced::new(ours, LIMIT);
        for _ in 0..3 {
            let mut part = [0; 2_048];
            let (written, read) = tokio::join!(ours.write_all(&part), async {
                advance(Duration::from_secs(10)).await;
                theirs.read_exact(&mut [0; 2_048]).await.map(|_| ())
            });
            written.unwrap();
            read.unwrap();
            part.fill(1);
            advance(Duration::from_secs(60)).await;
        }
    }
}
