//! `backsoon preview`: what a customer would get, and what would have to change, as page and API show it.

use app::preview::NamedPreviewOf;
use clap::Args;
use domain::time::Instant;
use serde_json::json;

use super::Done;
use super::desk::{OrganizationArg, with_app};
use super::explain::plain;
use crate::api::v1::decisions::{Preview, Reader};
use crate::config::SettingFlags;

/// `backsoon preview …`
#[derive(Args)]
pub(super) struct PreviewArgs {
    #[command(flatten)]
    of: OfArgs,
    #[command(flatten)]
    organization: OrganizationArg,
    /// When the customer would write, such as 2026-12-24T18:00:00Z; now unless given
    #[arg(long, value_name = "RFC3339")]
    at: Option<Instant>,
    #[command(flatten)]
    settings: SettingFlags,
}

/// Either of them.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct OfArgs {
    /// The next message on the case with this number
    #[arg(long, value_name = "NUMBER")]
    case: Option<i64>,
    /// The first message on a new case of this operator
    #[arg(long, value_name = "EMAIL")]
    operator: Option<String>,
}

pub(super) async fn run(args: PreviewArgs) -> anyhow::Result<Done> {
    let PreviewArgs { of, organization, at, settings } = args;
    let named = match (of.case, of.operator) {
        (Some(number), _) => NamedPreviewOf::CaseNumber(number),
        (None, email) => NamedPreviewOf::OperatorEmail(email.unwrap_or_default()),
    };
    with_app(&settings, async |app| {
        let at = at.unwrap_or_else(|| app.clock().now());
        let preview = app.preview_named(organization.id(app).await?, named, at).await?;
        Ok(Done::new(words(&preview), json!(Preview::told(preview, Reader::CommandLine))))
    })
    .await
}

/// One line for each thing that there is to say.
fn words(preview: &app::preview::Preview) -> String {
    let decision = &preview.decision;
    let mut lines =
        vec![format!("{} {} ({}, {})", preview.at, preview.sentence, decision.rule, decision.reason.code())];
    if let Some(text) = &preview.text {
        lines.push(format!("    Text: {text}"));
    }
    if let Some(due_at) = preview.due_at {
        lines.push(format!("    Falls due at {due_at}."));
    }
    if let Some(change) = &preview.what_would_change {
        lines.push(format!("    For a reply: {}", change.sentence));
    }
    let lines: Vec<String> = lines.iter().map(|line| plain(line)).collect();
    lines.join("\n")
}
