//! Logs and metrics of the process.
//!
//! Logs go to standard error, because standard output is for data. What may stand in them (phone numbers masked,
//! bodies never) is the duty of whoever logs. Metrics are collected in memory and rendered on request.

mod process;

use std::io::IsTerminal;
use std::sync::OnceLock;
use std::time::Duration;

use app::App;
use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::CONTENT_TYPE;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::LogFormat;

static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();

/// Buckets for durations: from a tenth of a millisecond, a fast commit, to the longest wait for a carrier.
const SECONDS: &[f64] =
    &[0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
/// Buckets for how many things were done at once, such as operations in one commit.
const SIZES: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];
/// How often collected samples are folded into their buckets, so that memory stays small if nobody asks.
const UPKEEP: Duration = Duration::from_secs(5);

/// Starts logging. Text if standard error is a terminal, otherwise JSON, unless `format` says which.
pub fn init_log(filter: &str, format: Option<LogFormat>) {
    let terminal = std::io::stderr().is_terminal();
    let format = format.unwrap_or(if terminal { LogFormat::Text } else { LogFormat::Json });
    // A line that cannot be written is lost, and nothing else is: reporting that on the same standard error would panic.
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).log_internal_errors(false);
    let filtered = tracing_subscriber::registry().with(EnvFilter::new(filter)).with(filter_fn(discreet));
    // A process logs once started; a second start, in a test, changes nothing.
    let _ = match format {
        LogFormat::Text => filtered.with(lines.with_ansi(terminal)).try_init(),
        LogFormat::Json => filtered.with(lines.json().flatten_event(true)).try_init(),
    };
}

/// Our own parts see to it that nobody's words and numbers stand in what they log. Others do not know what they must
/// not tell (the PostgreSQL driver logs the parameters of every statement), so only their warnings are heard, whatever
/// the filter asks for.
fn discreet(event: &Metadata<'_>) -> bool {
    const OURS: [&str; 6] = ["backsoon", "app", "store", "channels", "domain", "sandbox"];
    let part = event.target().split("::").next().unwrap_or_default();
    OURS.contains(&part) || *event.level() <= Level::WARN
}

/// Starts collecting metrics, once for the process, and answers what renders them. Needs a Tokio runtime.
pub fn init_metrics() -> PrometheusHandle {
    let handle = METRICS.get_or_init(|| {
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
            .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_size".to_owned()), SIZES))
            .expect("the buckets are not empty")
            .build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("metrics are collected elsewhere in this process; /metrics shows none");
        }
        explain();
        let upkeep = handle.clone();
        tokio::spawn(async move {
            let mut every = tokio::time::interval(UPKEEP);
            loop {
                every.tick().await;
                upkeep.run_upkeep();
            }
        });
        handle
    });
    handle.clone()
}

/// Every metric's help text, and a zero for each that is counted: an alarm on one that is not there never fires.
fn explain() {
    let counters = [
        ("backsoon_messages_received_total", "Messages taken in", "", &[][..]),
        ("backsoon_messages_backfilled_total", "Messages found in the carrier's list", "", &[]),
        ("backsoon_messages_duplicate_total", "Webhooks for messages that were stored already", "", &[]),
        ("backsoon_webhooks_refused_total", "Webhooks whose signature did not fit", "", &[]),
        ("backsoon_connections_full_total", "How often there were as many connections as are taken", "", &[]),
        ("backsoon_listings_total", "How often a number's list was read", "outcome", &["ok", "failed"]),
        (
            "backsoon_sends_total",
            "Hand-overs to the carrier",
            "outcome",
            &["accepted", "not_processed", "refused", "unknown"],
        ),
        (
            "backsoon_worker_restarts_total",
            "How often a worker ended by itself and was started again",
            "worker",
            &app::worker::NAMES,
        ),
    ];
    for (name, help, label, values) in counters {
        metrics::describe_counter!(name, help);
        if values.is_empty() {
            metrics::counter!(name).increment(0);
        }
        for value in values {
            metrics::counter!(name, label => *value).increment(0);
        }
    }
    for (name, help) in [
        ("backsoon_decisions_total", "Decisions at arrival"),
        ("backsoon_replies_cancelled_total", "Automatic replies stopped before hand-over (R19)"),
        ("backsoon_cleaned_up_rows_total", "Rows deleted for their age"),
        ("backsoon_store_retries_total", "Operations on PostgreSQL that were run again"),
    ] {
        metrics::describe_counter!(name, help);
    }
    for (name, help) in [
        ("backsoon_outbox_rows", "Messages on their way to the carrier"),
        ("backsoon_outbox_oldest_late_seconds", "How long the oldest of them has been due"),
        (
            "backsoon_customers_waiting",
            "Open cases whose customer waits; of each organization 1,000 are counted at most",
        ),
        ("backsoon_customers_waiting_unassigned", "Those of them that nobody is assigned to"),
        (
            "backsoon_customers_oldest_waiting_seconds",
            "How long the longest waiting customer has been waiting",
        ),
        ("backsoon_database_bytes", "The SQLite file with its log; not on PostgreSQL"),
        ("backsoon_channels_not_opening", "Numbers in use whose auth token does not open with the key file"),
        ("backsoon_worker_idle_seconds", "How long ago each worker showed its last sign of life"),
        ("backsoon_build_info", "1; the label says which version runs"),
    ] {
        metrics::describe_gauge!(name, help);
    }
    process::explain();
    metrics::gauge!("backsoon_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    for (name, help) in [
        ("backsoon_send_seconds", "How long the carrier took to answer"),
        ("backsoon_commit_seconds", "How long a commit took"),
        ("backsoon_commit_batch_size", "Operations in one commit"),
        ("backsoon_clean_up_seconds", "How long a step of cleaning up took"),
        ("backsoon_http_request_seconds", "Requests"),
    ] {
        metrics::describe_histogram!(name, help);
    }
}

/// The metrics as Prometheus reads them, gauges of what is stored included.
pub async fn render(handle: &PrometheusHandle, app: &App) -> Response {
    if let Err(error) = app.measure().await {
        tracing::error!(cause = error.log_text(), "some gauges are not up to date");
    }
    process::measure();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], handle.render()).into_response()
}

/// The server for metrics that have an address of their own.
pub fn metrics_router(handle: PrometheusHandle, app: App) -> Router {
    Router::new().route("/metrics", get(async move || render(&handle, &app).await))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_counted_and_timed_is_rendered() {
        init_metrics();
        let handle = init_metrics();
        metrics::counter!("test_things_total", "kind" => "a").increment(2);
        metrics::histogram!("test_wait_seconds").record(0.003);
        metrics::histogram!("test_batch_size").record(5.0);
        let text = handle.render();
        for line in [
            "test_things_total{kind=\"a\"} 2",
            "test_wait_seconds_bucket{le=\"0.005\"} 1",
            "test_wait_seconds_bucket{le=\"0.0025\"} 0",
            "test_batch_size_bucket{le=\"8\"} 1",
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
    }
}
