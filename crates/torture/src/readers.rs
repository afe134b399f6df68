//! Readers of the event stream, as a page is one: when a stream ends they come back with the last id, to another
//! node if there is one.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use reqwest::Client;
use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::desk::Person;
use crate::history::{Reader, Shared, now_ms};
use crate::world::{World, client};

/// A stream that says nothing for so long is dead: a node sends something every 15 s.
const SILENCE: Duration = Duration::from_secs(20);
/// How long before it comes back.
const PAUSE: Duration = Duration::from_millis(200);

/// Reads until it is stopped.
pub async fn read(world: Arc<World>, who: Person, name: String, first: usize) -> anyhow::Result<()> {
    let index = {
        let mut history = world.history.lock();
        history.readers.push(Reader { name, ..Reader::default() });
        history.readers.len() - 1
    };
    let http = client()?;
    let mut last = None;
    for turn in first.. {
        let node = turn % world.fronts.len();
        world.history.lock().readers[index].connections.push(node);
        let url = format!("{}/api/v1/events", world.fronts[node]);
        // However it ended, it comes back.
        let _ = stream(&http, &url, &who.token, &mut last, &world.history, index).await;
        sleep(PAUSE).await;
    }
    Ok(())
}

async fn stream(
    http: &Client,
    url: &str,
    token: &str,
    last: &mut Option<String>,
    history: &Shared,
    index: usize,
) -> anyhow::Result<()> {
    let mut request = http.get(url).bearer_auth(token);
    if let Some(last) = last.as_ref() {
        request = request.header("Last-Event-ID", last);
    }
    let answer = timeout(SILENCE, request.send()).await??.error_for_status()?;
    let mut bytes = answer.bytes_stream();
    let mut pending = String::new();
    while let Some(chunk) = timeout(SILENCE, bytes.next()).await? {
        pending.push_str(std::str::from_utf8(&chunk?)?);
        while let Some(end) = pending.find("\n\n") {
            let event: String = pending.drain(..end + 2).collect();
            take(&event, last, &mut history.lock().readers[index]);
        }
    }
    Ok(())
}

/// One event: `id`, `event` and `data` lines.
fn take(event: &str, last: &mut Option<String>, reader: &mut Reader) {
    let field = |name: &str| {
        let line = event.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.map(|value| value.trim_start().to_owned())
    };
    if let Some(id) = field("id") {
        *last = Some(id);
        reader.since.get_or_insert_with(now_ms);
    }
    match field("event").as_deref() {
        Some("message") => {
            let data: Value =
                field("data").and_then(|data| serde_json::from_str(&data).ok()).unwrap_or_default();
            reader.messages.extend(data["id"].as_str().map(str::to_owned));
        }
        Some("reset") => reader.reset_at = Some(now_ms()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_understood() {
        let (mut last, mut reader) = (None, Reader::default());
        take("event: heartbeat\ndata: {}\n\n", &mut last, &mut reader);
        assert!(last.is_none() && reader.since.is_none());
        take("id: 1\nretry: 2000\n\n", &mut last, &mut reader);
        take("id: 2\nevent: message\ndata: {\"id\":\"m\",\"case_id\":\"c\"}\n\n", &mut last, &mut reader);
        take("id: 3\nevent: case\ndata: {\"id\":\"c\"}\n\n", &mut last, &mut reader);
        assert_eq!((last.as_deref(), reader.messages.len()), (Some("3"), 1));
        assert!(reader.messages.contains("m") && reader.since.is_some() && reader.reset_at.is_none());
        take("id: 4\nevent: reset\ndata: {}\n\n", &mut last, &mut reader);
        assert!(reader.reset_at.is_some());
    }
}
