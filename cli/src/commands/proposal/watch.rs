//! `wasm-runner proposal watch`.

use super::follow::{self, by_id, by_name, exit_of, known, worst};
use crate::cancel;
use crate::client::{Client, ServerArgs};
use crate::exit::Exit;
use crate::output::{Live, print_json, print_report};
use crate::wire::VersionName;
use futures::future::try_join_all;

/// Follows validations to their ends and prints the verdicts
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The proposals' ids, or NAME@VERSION
    #[arg(value_name = "PROPOSAL_ID|NAME@VERSION", required = true)]
    proposals: Vec<VersionName>,
    /// The reports as a JSON list
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Exit> {
    let cancel = cancel::by_ctrl_c();
    let client = Client::connect(&args.server).await?;
    let named = args.proposals.iter();
    let begun = try_join_all(named.map(|name| known(&client, by_name(name)))).await?;
    let display = Live::new(begun.iter().map(|it| it.tool.name.as_str()));
    let all = try_join_all(begun.iter().map(|begun| async {
        let id = begun.tool.proposal_id.as_str();
        let line = display.tool(&begun.tool.name);
        follow::to_the_end(&client, id, &line).await?;
        let known = known(&client, by_id(id)).await?;
        if let Some(report) = &known.report {
            line.verdict(report.verdict);
        }
        anyhow::Ok(known)
    }));
    let all = tokio::select! {
        biased;
        () = cancel.cancelled() => {
            let under_way = begun.iter().map(|it| (it.tool.name.as_str(), it.tool.proposal_id.as_str()));
            return follow::called_off(under_way, false);
        }
        all = all => all?,
    };
    let reports: Vec<_> = all.iter().filter_map(|it| it.report.as_ref()).collect();
    if args.json {
        print_json(&reports)?;
    } else {
        reports
            .iter()
            .try_for_each(|report| print_report(report, display.redraws()))?;
    }
    Ok(worst(all.iter().map(|it| exit_of(it.tool.state()))))
}
