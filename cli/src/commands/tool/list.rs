//! `wasm-runner tool list`.

use crate::client::{Client, ServerArgs};
use crate::exit::Exit;
use crate::output::{BOLD, DIM, harmless, out, print_json, state_style};
use crate::wire::{state_name, version_json};
use clap::ValueEnum;
use host_api::proto::{ListToolsRequest, ToolState, ToolVersion};
use std::io::Write;

/// Lists tool versions with their states
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  wasm-runner tool list --state active
  wasm-runner tool list csv --json")]
pub(crate) struct Args {
    /// Only names that start so
    #[arg(value_name = "PREFIX", default_value = "", hide_default_value = true)]
    prefix: String,
    /// Only versions in this state; may be given more than once
    #[arg(long, value_name = "STATE")]
    state: Vec<State>,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

/// The states of a version.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
    Proposed,
    Validating,
    Passed,
    Failed,
    Review,
    Active,
    Rejected,
    Deprecated,
    #[value(name = "rolled_back", alias = "rolled-back")]
    RolledBack,
}

impl From<State> for ToolState {
    fn from(state: State) -> Self {
        match state {
            State::Proposed => Self::Proposed,
            State::Validating => Self::Validating,
            State::Passed => Self::Passed,
            State::Failed => Self::Failed,
            State::Review => Self::Review,
            State::Active => Self::Active,
            State::Rejected => Self::Rejected,
            State::Deprecated => Self::Deprecated,
            State::RolledBack => Self::RolledBack,
        }
    }
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Exit> {
    let client = Client::connect(&args.server).await?;
    let states = args.state.iter().map(|state| ToolState::from(*state));
    let tools = all(&client, &args.prefix, states).await?;
    if args.json {
        print_json(&tools.iter().map(version_json).collect::<Vec<_>>())?;
    } else {
        print(&tools)?;
    }
    Ok(Exit::Success)
}

/// All versions of tools whose name starts so, in these states (in any, if none is named).
pub(super) async fn all(
    client: &Client,
    prefix: &str,
    states: impl Iterator<Item = ToolState>,
) -> Result<Vec<ToolVersion>, tonic::Status> {
    let mut request = ListToolsRequest {
        name_prefix: prefix.to_owned(),
        states: states.map(Into::into).collect(),
        page_size: 1000,
        page_token: String::new(),
    };
    let mut tools = Vec::new();
    loop {
        let page = client
            .knowledge()
            .list_tools(request.clone())
            .await?
            .into_inner();
        tools.extend(page.tools);
        if page.next_page_token.is_empty() {
            return Ok(tools);
        }
        request.page_token = page.next_page_token;
    }
}

fn print(tools: &[ToolVersion]) -> std::io::Result<()> {
    let mut out = out();
    if tools.is_empty() {
        return writeln!(out, "{DIM}no tools{DIM:#}");
    }
    let width = |of: fn(&ToolVersion) -> &str| {
        tools
            .iter()
            .map(|it| of(it).chars().count())
            .max()
            .unwrap_or(0)
    };
    let (names, versions) = (width(|it| &it.name), width(|it| &it.version));
    for tool in tools {
        let style = state_style(tool.state());
        let confidence = tool
            .confidence
            .map_or("    ".to_owned(), |score| format!("{score:.2}"));
        let description = harmless(tool.description.lines().next().unwrap_or(""));
        writeln!(
            out,
            "{BOLD}{:<names$}{BOLD:#}  {:<versions$}  {style}{:<11}{style:#}  {confidence}  {DIM}{description}{DIM:#}",
            harmless(&tool.name),
            harmless(&tool.version),
            state_name(tool.state()),
        )?;
    }
    Ok(())
}
