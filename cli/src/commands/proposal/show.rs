//! `wasm-runner proposal show`.

use super::follow::{by_name, known};
use crate::client::{Client, ServerArgs};
use crate::commands::tool::print_state;
use crate::exit::Exit;
use crate::form::{BudgetFlag, ReportFormat};
use crate::output::{out, print_json};
use crate::problem::Problem;
use crate::wire::{VersionName, state_name, version_json};
use serde_json::json;
use std::io::Write;

/// Shows where a proposal stands, with its report
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The proposal's id, or NAME@VERSION
    #[arg(value_name = "PROPOSAL_ID|NAME@VERSION")]
    proposal: VersionName,
    /// Form of the report
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: ReportFormat,
    /// The version and its report together, as JSON
    #[arg(long, conflicts_with = "format")]
    json: bool,
    #[command(flatten)]
    budget: BudgetFlag,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Exit> {
    let client = Client::connect(&args.server).await?;
    let known = known(&client, by_name(&args.proposal)).await?;
    if args.json {
        print_json(&json!({ "tool": version_json(&known.tool), "report": known.report }))?;
        return Ok(Exit::Success);
    }
    match &known.report {
        Some(report) => {
            args.budget.print(report, args.format)?;
            if args.format == ReportFormat::Text {
                writeln!(out(), "  state: {}", state_name(known.tool.state()))?;
            }
        }
        None if args.format == ReportFormat::Text => print_state(&known.tool)?,
        None => {
            let state = state_name(known.tool.state());
            let problem = Problem::new(format!("there is no report yet: the proposal is {state}"));
            return Err(problem
                .remedy("wait for its validation: wasm-runner proposal watch")
                .into());
        }
    }
    Ok(Exit::Success)
}
