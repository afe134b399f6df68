//! `backsoon serve`.

use std::net::SocketAddr;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::{Done, clock, configure};
use crate::config::SettingFlags;
use crate::wire::{Installation, Sockets};
use crate::{connections, telemetry};

pub(super) async fn run(settings: &SettingFlags) -> anyhow::Result<Done> {
    let config = configure(settings, "info")?;
    let metrics = telemetry::init_metrics();
    let stop = stop_signal()?;
    let listener = bind("listen", config.listen)?;
    let metrics_listener = match config.metrics_listen {
        Some(address) => Some(bind("metrics_listen", address)?),
        None => None,
    };
    let bound = listener.local_addr()?;
    if let Some(start) = config.manual_clock {
        tracing::warn!(
            "MANUAL CLOCK: time stands still at {start} until POST /api/v1/dev/clock moves it; this is for tests only"
        );
    }
    let public_url = config.public_url(bound);
    if config.public_url.is_none() && bound.ip().is_unspecified() {
        tracing::warn!(
            "public_url is not set: callback addresses and webhook signatures use {public_url}, which nobody can reach; set BACKSOON_PUBLIC_URL"
        );
    }
    let installation = Installation::open(&config, public_url.clone(), clock(&config)).await?;
    let trusted_proxies = config.trusted_proxies.clone();
    installation
        .serve(
            Sockets { listener, trusted_proxies, metrics, metrics_listener, demo_people: Vec::new() },
            stop,
        )
        .await?;
    Ok(Done::new("", serde_json::Value::Null))
}

/// A bound socket, or a sentence that names the setting.
pub(super) fn bind(setting: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    connections::listen(address).with_context(|| {
        format!("{setting}: {address} cannot be listened on; is something else running there?")
    })
}

/// Resolves when the process is asked to stop, by SIGTERM or Ctrl+C, or when its terminal goes (SIGHUP).
pub(super) fn stop_signal() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    let mut terminate = signal(SignalKind::terminate()).context("signals cannot be received")?;
    let mut hang_up = signal(SignalKind::hangup()).context("signals cannot be received")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("signals cannot be received")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hang_up.recv() => {}
        }
    })
}
