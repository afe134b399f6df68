//! `backsoon carrier`: the sandbox carrier alone.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use app::clock::Clock;
use clap::Args;
use domain::phone::{self, PhoneNumber};
use sandbox::{Account, Config, Number, Sandbox};

use super::Done;
use super::serve::{bind, stop_signal};
use crate::telemetry;

/// `backsoon carrier …`
#[derive(Args)]
pub(super) struct CarrierArgs {
    /// Address and port to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8081")]
    listen: SocketAddr,
    /// Where texts to the number are posted: the desk's /webhooks/twilio/messages
    #[arg(long, value_name = "URL")]
    webhook_url: String,
    /// The account that the desk's channel names, AC and 32 hexadecimal digits
    #[arg(long, value_name = "AC…")]
    account_sid: String,
    /// The account's auth token: checked on requests, used for signatures. It is made up, no secret
    #[arg(long, value_name = "T")]
    auth_token: String,
    /// The desk's number, with its country code; give it once for each
    #[arg(long = "number", value_name = "+1…", required = true, value_parser = number)]
    numbers: Vec<PhoneNumber>,
}

/// A number as a person writes it.
fn number(text: &str) -> Result<PhoneNumber, String> {
    phone::read(text, None).map_err(|error| error.to_string())
}

pub(super) async fn run(args: CarrierArgs) -> anyhow::Result<Done> {
    telemetry::init_log("info", None);
    let stop = stop_signal()?;
    let listener = bind("--listen", args.listen)?;
    let bound = listener.local_addr()?;
    if !bound.ip().is_loopback() {
        tracing::warn!(
            "the sandbox carrier's page and controls ask for no sign-in, and {bound} is not on loopback"
        );
    }
    let clock = Clock::system();
    let number = |number: &PhoneNumber| Number {
        number: number.to_string(),
        inbound_webhook_url: args.webhook_url.clone(),
    };
    let account = Account {
        account_sid: args.account_sid.clone(),
        auth_token: args.auth_token.clone(),
        numbers: args.numbers.iter().map(number).collect(),
    };
    let carrier = Sandbox::new(Config { accounts: vec![account], clock: Arc::new(move || clock.now().ms()) });
    carrier.set_api_url(&format!("http://{bound}"));
    if let Ok(webhook) = reqwest::Url::parse(&args.webhook_url) {
        carrier.set_desk_url(&webhook.origin().ascii_serialization());
    }
    tracing::info!("the sandbox carrier and its phones: http://{bound}");
    // Its page holds connections open for ever, and nothing in it has to be finished: it ends at once.
    tokio::select! {
        served = axum::serve(listener, carrier.router()) => served.context("the sandbox carrier failed")?,
        () = stop => {}
    }
    Ok(Done::new("", serde_json::Value::Null))
}
