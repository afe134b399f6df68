//! `backsoon explain`: every decision on a case in plain words, as page and API show them.

use clap::Args;
use serde_json::json;

use super::desk::{OrganizationArg, with_app};
use super::{Done, say};
use crate::config::SettingFlags;

/// How much of a customer's message is shown.
const EXCERPT_CHARS: usize = 60;

/// `backsoon explain …`
#[derive(Args)]
pub(super) struct ExplainArgs {
    /// The case's number, as the desk shows it
    #[arg(value_name = "CASE-NUMBER")]
    case_number: i64,
    #[command(flatten)]
    organization: OrganizationArg,
    #[command(flatten)]
    settings: SettingFlags,
}

pub(super) async fn run(args: ExplainArgs) -> anyhow::Result<Done> {
    with_app(&args.settings, async |app| {
        let organization = args.organization.id(app).await?;
        let explanations = app.explain(organization, args.case_number).await?;
        if explanations.is_empty() {
            say("There is no decision on this case: no customer has written yet, or what was decided is older than the organization keeps it.");
        }
        let mut text = Vec::new();
        let mut items = Vec::new();
        for explanation in &explanations {
            let record = &explanation.decision.record;
            let due = explanation.decision.due_at;
            let due_words = due.map_or(String::new(), |at| format!(" It falls due at {at}."));
            text.push(format!(
                "{}  \"{}\"\n    {} {}{due_words} ({}, {})",
                explanation.received_at,
                excerpt(&explanation.message),
                record.decided_at,
                explanation.decision.sentence,
                record.rule,
                record.reason.code()
            ));
            items.push(json!({
                "id": record.id,
                "message_id": record.message_id,
                "received_at": explanation.received_at,
                "message": explanation.message,
                "outcome": record.outcome,
                "reason": record.reason,
                "rule": record.rule,
                "sentence": explanation.decision.sentence,
                "facts": record.facts,
                "due_at": due,
                "reply_message_id": record.reply_message_id,
                "decided_at": record.decided_at,
            }));
        }
        Ok(Done::new(text.join("\n"), json!(items)))
    })
    .await
}

/// A text on one line. What people typed is hostile: nothing in it may steer the terminal.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// The beginning of a text on one line.
fn excerpt(text: &str) -> String {
    let plain = plain(text);
    let mut excerpt: String = plain.chars().take(EXCERPT_CHARS).collect();
    if plain.chars().count() > EXCERPT_CHARS {
        excerpt.push('…');
    }
    excerpt
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v16_4_1_a_customers_text_cannot_steer_the_terminal() {
        let table = [
            ("Hello", "Hello".to_owned()),
            ("a\nb\u{1b}[31mc", "a b [31mc".to_owned()),
            (&"é".repeat(61), format!("{}…", "é".repeat(60))),
            (&"é".repeat(60), "é".repeat(60)),
        ];
        for (text, shown) in table {
            assert_eq!(excerpt(text), shown);
        }
    }
}
