//! `wasm-runner proposal show`.

use super::follow::{by_name, known};
use crate::client::{Client, ServerArgs};
use crate::commands::tool::print_state;
use crate::exit::Exit;
use crate::output::{out, print_json, print_report};
use crate::wire::{VersionName, state_name, version_json};
use serde_json::json;
use std::io::Write;

/// Shows where a proposal stands, with its report
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The proposal's id, or NAME@VERSION
    #[arg(value_name = "PROPOSAL_ID|NAME@VERSION")]
    proposal: VersionName,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Exit> {
    let client = Client::connect(&args.server).await?;
    let known = known(&client, by_name(&args.proposal)).await?;
    if args.json {
        print_json(&json!({ "tool": version_json(&known.tool), "report": known.report }))?;
    } else {
        match &known.report {
            Some(report) => {
                print_report(report, true)?;
                writeln!(out(), "  state: {}", state_name(known.tool.state()))?;
            }
            None => print_state(&known.tool)?,
        }
    }
    Ok(Exit::Success)
}
