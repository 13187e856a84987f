//! `wasm-runner proposal watch`.

use super::follow::{self, by_id, exit_of, known, worst};
use crate::client::{Client, ServerArgs};
use crate::exit::Exit;
use crate::output::{Live, print_json, print_report};
use futures::future::try_join_all;
use uuid::Uuid;

/// Follows validations to their ends and prints the verdicts
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The proposals' ids
    #[arg(value_name = "PROPOSAL_ID", required = true)]
    ids: Vec<Uuid>,
    /// The reports as a JSON list
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Exit> {
    let client = Client::connect(&args.server).await?;
    let ids: Vec<String> = args.ids.iter().map(Uuid::to_string).collect();
    let begun = try_join_all(ids.iter().map(|id| known(&client, by_id(id)))).await?;
    let display = Live::new(begun.iter().map(|it| it.tool.name.as_str()));
    let all = try_join_all(ids.iter().zip(&begun).map(|(id, begun)| async {
        let line = display.tool(&begun.tool.name);
        follow::to_the_end(&client, id, &line).await?;
        let known = known(&client, by_id(id)).await?;
        if let Some(report) = &known.report {
            line.verdict(report.verdict);
        }
        anyhow::Ok(known)
    }))
    .await?;
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
