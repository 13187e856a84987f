//! `wasm-runner proposal submit`.

use super::follow::{self, Known, by_id, exit_of, known, worst};
use crate::client::{By, Client, ServerArgs};
use crate::exit::Exit;
use crate::output::{
    BOLD, DIM, Live, ToolLine, harmless, out, print_json, print_report, render_error, state_style,
    write_file,
};
use crate::wire::{VersionName, state_name};
use crate::{cancel, output, proposal_source};
use futures::future::join_all;
use host_api::proto::{
    MoveRequest, SubmitProposedToolRequest, SubmitProposedToolResponse, ToolState,
};
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use validation::ProposedTool;

/// Proposes tools to a service
///
/// With --watch it follows their validations, prints the verdicts with their findings, and ends
/// with 0 only if all passed: 10 when one failed, 11 when none failed but a person has to decide.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  wasm-runner proposal submit . --watch --activate
  wasm-runner proposal submit tools/* --watch --output reports.json
To submit the same content again is no error: the answer is what is known of it.")]
pub(super) struct Args {
    /// Packages' folders, or proposals as JSON
    #[arg(value_name = "FOLDER|FILE.json", required = true)]
    paths: Vec<PathBuf>,
    /// Follows the validations to their ends
    #[arg(long)]
    watch: bool,
    /// Activates what passed (and follows: --watch)
    #[arg(long)]
    activate: bool,
    /// Writes what became of each there, as a JSON list with ids, states and reports
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The same list on standard output, instead of text
    #[arg(long)]
    json: bool,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    #[command(flatten)]
    by: By,
    #[command(flatten)]
    server: ServerArgs,
}

/// What became of one proposal.
struct Submitted<'a> {
    path: &'a Path,
    result: anyhow::Result<(SubmitProposedToolResponse, Known)>,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Exit> {
    let cancel = cancel::by_ctrl_c();
    let client = Client::connect(&args.server).await?;
    // One that is none does not keep the others back.
    let proposals: Vec<_> = args
        .paths
        .iter()
        .map(|path| proposal_source::read(path))
        .collect();
    let names = proposals
        .iter()
        .flatten()
        .map(|proposal| proposal.name.as_str());
    let display = Live::new(names);
    // All are handed in before any is followed, in the order in which they were given.
    let mut accepted = Vec::new();
    for proposal in proposals {
        let one = match proposal {
            Ok(proposal) => {
                let line = display.tool(&proposal.name);
                let answer = submit(&client, &proposal, args).await;
                answer.map(|answer| (answer, line))
            }
            Err(error) => Err(error),
        };
        accepted.push(one);
    }
    let under_way: Vec<(String, String)> = accepted
        .iter()
        .flatten()
        .map(|(answer, line)| (line.name().to_owned(), answer.proposal_id.clone()))
        .collect();
    let all = accepted
        .into_iter()
        .zip(&args.paths)
        .map(|(one, path)| async {
            let result = match one {
                Ok((answer, line)) => settle(&client, answer, args, &line).await,
                Err(error) => Err(error),
            };
            Submitted { path, result }
        });
    let all = tokio::select! {
        biased;
        () = cancel.cancelled() => {
            let under_way = under_way.iter().map(|(name, id)| (name.as_str(), id.as_str()));
            return follow::called_off(under_way, args.activate);
        }
        all = join_all(all) => all,
    };

    let list: Vec<Value> = all.iter().map(as_json).collect();
    if let Some(path) = &args.output {
        write_file(path, &serde_json::to_vec_pretty(&list)?)?;
    }
    if args.json {
        print_json(&list)?;
    }
    for one in &all {
        print(one, args, &display)?;
    }
    Ok(worst(all.iter().map(|one| match &one.result {
        Ok((_, known)) => exit_of(known.tool.state()),
        Err(_) => Exit::Failure,
    })))
}

async fn submit(
    client: &Client,
    proposal: &ProposedTool,
    args: &Args,
) -> anyhow::Result<SubmitProposedToolResponse> {
    let request = SubmitProposedToolRequest {
        tool: Some(proposal.into()),
        by: args.by.name(),
        reason: args.reason.clone(),
    };
    Ok(client
        .validation()
        .submit_proposed_tool(request)
        .await?
        .into_inner())
}

/// Follows one to where it was asked to be followed to, and leaves its line with where it stands.
async fn settle(
    client: &Client,
    answer: SubmitProposedToolResponse,
    args: &Args,
    line: &ToolLine,
) -> anyhow::Result<(SubmitProposedToolResponse, Known)> {
    let known = follow_and_activate(client, &answer.proposal_id, args, line).await;
    match &known {
        Ok(known) => {
            let style = state_style(known.tool.state());
            line.end(&format!(
                "{style}{}{style:#}",
                state_name(known.tool.state())
            ));
        }
        // Why, is said with the other results.
        Err(_) => line.end(&format!("{0}not followed to its end{0:#}", output::BAD)),
    }
    Ok((answer, known?))
}

async fn follow_and_activate(
    client: &Client,
    proposal_id: &str,
    args: &Args,
    line: &ToolLine,
) -> anyhow::Result<Known> {
    if args.watch || args.activate {
        follow::to_the_end(client, proposal_id, line).await?;
    }
    let mut known = known(client, by_id(proposal_id)).await?;
    if args.activate && known.tool.state() == ToolState::Passed {
        let request = MoveRequest {
            tool: Some((&VersionName::Proposal(proposal_id.parse()?)).into()),
            by: args.by.name(),
            reason: "it passed: wasm-runner proposal submit --activate".to_owned(),
        };
        let moved = client
            .knowledge()
            .activate_tool(request)
            .await?
            .into_inner();
        known.tool = moved.tool.unwrap_or(known.tool);
    }
    Ok(known)
}

fn as_json(one: &Submitted<'_>) -> Value {
    match &one.result {
        Ok((answer, known)) => json!({
            "source": one.path,
            "name": known.tool.name,
            "version": known.tool.version,
            "proposal_id": answer.proposal_id,
            "tool_id": answer.tool_id,
            "already_known": answer.already_known,
            "state": state_name(known.tool.state()),
            "report": known.report,
        }),
        Err(error) => json!({ "source": one.path, "error": plain(error) }),
    }
}

fn plain(error: &anyhow::Error) -> String {
    anstream::adapter::strip_str(&render_error(error)).to_string()
}

fn print(one: &Submitted<'_>, args: &Args, display: &Live) -> anyhow::Result<()> {
    let (answer, known) = match &one.result {
        Ok(result) => result,
        Err(error) => {
            let mut err = output::err();
            // With one alone there is no question which.
            if args.paths.len() > 1 {
                writeln!(err, "{BOLD}{}{BOLD:#}:", one.path.display())?;
            }
            return Ok(write!(err, "{}", render_error(error))?);
        }
    };
    if args.json {
        return Ok(());
    }
    match &known.report {
        Some(report) if args.watch || args.activate => {
            print_report(report, display.redraws())?;
            writeln!(
                output::out(),
                "  {DIM}proposal {}{DIM:#}",
                answer.proposal_id
            )?;
        }
        _ => {
            let style = state_style(known.tool.state());
            let again = if answer.already_known {
                "  (known before)"
            } else {
                ""
            };
            writeln!(
                output::out(),
                "{BOLD}{}{BOLD:#} {}  {style}{}{style:#}  {DIM}{}{again}{DIM:#}",
                harmless(&known.tool.name),
                harmless(&known.tool.version),
                state_name(known.tool.state()),
                answer.proposal_id
            )?;
        }
    }
    if known.tool.state() == ToolState::Active {
        writeln!(
            out(),
            "  {0}active{0:#}: wasm-runner tool call {1}",
            output::GOOD,
            harmless(&known.tool.name)
        )?;
    }
    if known.tool.state() == ToolState::Review {
        writeln!(
            out(),
            "  {0}to decide:{0:#} wasm-runner proposal decide {1} --approve --reason …  (or --reject)",
            output::ACT,
            answer.proposal_id
        )?;
    }
    Ok(())
}
