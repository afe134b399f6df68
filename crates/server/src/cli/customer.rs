//! `backsoon customer`: everything about a customer as one document, and their erasure.

use std::io::{self, Write};

use app::customers::{Actor, Erased};
use app::error::AppError;
use clap::{Args, Subcommand};
use futures_util::TryStreamExt;
use serde_json::{Value, json};

use super::desk::{OrganizationArg, with_app};
use super::{Done, say};
use crate::api::v1::customer_export;
use crate::config::SettingFlags;

/// `backsoon customer …`
#[derive(Subcommand)]
pub(super) enum CustomerCommand {
    /// Print everything about a customer as one JSON document: name, number, cases, messages, decisions
    Export(CustomerArgs),
    /// Erase a customer with all cases, messages and decisions; what backups and the carrier keep is not reached
    Erase(CustomerArgs),
}

#[derive(Args)]
pub(super) struct CustomerArgs {
    /// The customer's number
    #[arg(value_name = "NUMBER", allow_hyphen_values = true)]
    number: String,
    #[command(flatten)]
    organization: OrganizationArg,
    #[command(flatten)]
    settings: SettingFlags,
}

pub(super) async fn run(command: CustomerCommand) -> anyhow::Result<Done> {
    match command {
        CustomerCommand::Export(args) => export(args).await,
        CustomerCommand::Erase(args) => erase(args).await,
    }
}

/// Written as it is read, so the answer is not held in memory.
async fn export(args: CustomerArgs) -> anyhow::Result<Done> {
    with_app(&args.settings, async |app| {
        let organization_id = args.organization.id(app).await?;
        let id = app.customer_with_number(organization_id, &args.number).await?;
        let actor = Actor { organization_id, user_id: None };
        let chunks = customer_export::chunks(app.clone(), actor, id).await?;
        chunks.try_for_each(async |piece| written(io::stdout().write_all(piece.as_bytes()))).await?;
        written(io::stdout().write_all(b"\n"))?;
        Ok(Done::new("", Value::Null))
    })
    .await
}

fn written(result: io::Result<()>) -> Result<(), AppError> {
    result.map_err(|error| AppError::Internal(format!("the export could not be written: {error}")))
}

async fn erase(args: CustomerArgs) -> anyhow::Result<Done> {
    with_app(&args.settings, async |app| {
        let organization_id = args.organization.id(app).await?;
        let id = app.customer_with_number(organization_id, &args.number).await?;
        let actor = Actor { organization_id, user_id: None };
        let Erased { cases, messages, opt_out_kept } = app.customer_erase(actor, id).await?;
        say(&format!("Erased: {cases} case(s) with {messages} message(s)."));
        if opt_out_kept {
            say("The number alone is kept: the customer was opted out and must not be texted again.");
        }
        Ok(Done::new("", json!({ "cases": cases, "messages": messages, "opt_out_kept": opt_out_kept })))
    })
    .await
}
