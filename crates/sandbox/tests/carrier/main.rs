//! The carrier seen from outside: a business's API client on one side, its webhooks on the other.

mod api;
mod desk;
mod faults;
mod phones;

use std::sync::Arc;

use desk::Desk;
use sandbox::{Account, Config, Number, Sandbox, Text};
use serde_json::Value;

const ACCOUNT: &str = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const OTHER: &str = "ACbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const TOKEN: &str = "secret";
const OURS: &str = "+15559870000";
const PHONE: &str = "+15551230001";
/// 2026-11-22 17:38:05 UTC.
const NOW_MS: i64 = 1_795_369_085_000;

struct Carrier {
    sandbox: Sandbox,
    base: String,
    http: reqwest::Client,
    desk: Desk,
}

impl Carrier {
    async fn start() -> Self {
        Self::start_with("#rc=5&rp=all").await
    }

    async fn start_with(overrides: &str) -> Self {
        let desk = Desk::start().await;
        let number = |number: &str| Number {
            number: number.to_owned(),
            inbound_webhook_url: format!("{}/messages{overrides}", desk.base),
        };
        let account = |sid: &str, numbers| Account {
            account_sid: sid.to_owned(),
            auth_token: TOKEN.to_owned(),
            numbers,
        };
        let sandbox = Sandbox::new(Config {
            accounts: vec![
                account(ACCOUNT, vec![number(OURS)]),
                account(OTHER, vec![number("+15559870002")]),
            ],
            clock: Arc::new(|| NOW_MS),
        });
        let base = desk::serve(sandbox.router()).await;
        Self { sandbox, base, http: reqwest::Client::new(), desk }
    }

    fn url(&self, rest: &str) -> String {
        format!("{}/2010-04-01/Accounts/{ACCOUNT}{rest}", self.base)
    }

    async fn send(&self, form: &[(&str, &str)]) -> (u16, Value) {
        let request = self.http.post(self.url("/Messages.json")).basic_auth(ACCOUNT, Some(TOKEN)).form(form);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn send_text(&self, body: &str) -> (u16, Value) {
        self.send(&[("To", PHONE), ("From", OURS), ("Body", body)]).await
    }

    async fn read(&self, rest: &str) -> (u16, Value) {
        let url = if rest.starts_with("/2010") { format!("{}{rest}", self.base) } else { self.url(rest) };
        let response = self.http.get(url).basic_auth(ACCOUNT, Some(TOKEN)).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn control(&self, method: reqwest::Method, path: &str, body: Value) -> (u16, Value) {
        let response =
            self.http.request(method, format!("{}{path}", self.base)).json(&body).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn text(&self, body: &str) -> sandbox::TextOutcome {
        self.sandbox
            .text(Text { from: PHONE.into(), to: OURS.into(), body: body.into(), ..Text::default() })
            .await
            .unwrap()
    }
}
