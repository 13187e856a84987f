//! `wasm-runner proposal decide`.

use crate::client::{By, Client, ServerArgs};
use crate::commands::tool::print_state;
use crate::exit::Exit;
use crate::output::print_json;
use crate::wire::{VersionName, incomplete, version_json};
use host_api::proto::{DecideReviewRequest, Decision};

/// Approves (which activates) or rejects a version that waits for a person
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Example:
  wasm-runner proposal decide fetcher@0.1.0 --approve --reason 'the host is ours'")]
#[command(group(clap::ArgGroup::new("decision").required(true).args(["approve", "reject"])))]
pub(super) struct Args {
    /// The proposal's id, or NAME@VERSION
    #[arg(value_name = "PROPOSAL_ID|NAME@VERSION")]
    proposal: VersionName,
    /// It becomes active
    #[arg(long)]
    approve: bool,
    /// It is refused for good
    #[arg(long)]
    reject: bool,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    by: By,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Exit> {
    let client = Client::connect(&args.server).await?;
    let decision = if args.approve {
        Decision::Approve
    } else {
        Decision::Reject
    };
    let request = DecideReviewRequest {
        tool: Some((&args.proposal).into()),
        decision: decision.into(),
        by: args.by.name(),
        reason: args.reason.clone(),
    };
    let answer = client
        .knowledge()
        .decide_review(request)
        .await?
        .into_inner();
    let tool = answer.tool.ok_or_else(|| incomplete("tool"))?;
    if args.json {
        print_json(&version_json(&tool))?;
    } else {
        print_state(&tool)?;
    }
    Ok(Exit::Success)
}
