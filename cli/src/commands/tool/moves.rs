//! `wasm-runner tool activate | deprecate | roll-back`.

use crate::client::{By, Client, ServerArgs};
use crate::exit::Exit;
use crate::output::{BOLD, harmless, out, print_json, state_style};
use crate::problem::Problem;
use crate::wire::{ToolName, VersionName, incomplete, state_name, version_json};
use host_api::proto::{GetToolRequest, MoveRequest, ToolState, ToolVersion};
use std::io::Write;

/// Which version moves, who says so and why.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The tool; the version may be left out where only one can be meant
    #[arg(value_name = "NAME[@VERSION]")]
    tool: ToolName,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    by: By,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

/// What is to happen.
#[derive(Clone, Copy)]
pub(super) enum Move {
    Activate,
    Deprecate,
    RollBack,
}

impl Move {
    fn command(self) -> &'static str {
        match self {
            Self::Activate => "activate",
            Self::Deprecate => "deprecate",
            Self::RollBack => "roll-back",
        }
    }

    /// The state that a version must be in.
    fn from(self) -> ToolState {
        match self {
            Self::Activate => ToolState::Passed,
            Self::Deprecate | Self::RollBack => ToolState::Active,
        }
    }
}

pub(super) async fn run(args: &Args, what: Move) -> anyhow::Result<Exit> {
    let client = Client::connect(&args.server).await?;
    let version = match &args.tool.version {
        Some(version) => version.clone(),
        None => only_version(&client, &args.tool.name, what).await?,
    };
    let reason = args
        .reason
        .clone()
        .unwrap_or_else(|| format!("by hand: wasm-runner tool {}", what.command()));
    let request = MoveRequest {
        tool: Some((&VersionName::Version(args.tool.name.clone(), version)).into()),
        by: args.by.name(),
        reason,
    };
    let mut service = client.knowledge();
    let answer = match what {
        Move::Activate => service.activate_tool(request).await,
        Move::Deprecate => service.deprecate_tool(request).await,
        Move::RollBack => service.roll_back_tool(request).await,
    }?;
    let tool = answer.into_inner().tool.ok_or_else(|| incomplete("tool"))?;
    if args.json {
        print_json(&version_json(&tool))?;
    } else {
        print_state(&tool)?;
    }
    Ok(Exit::Success)
}

/// `csv-stats 0.1.0  active`.
pub(crate) fn print_state(tool: &ToolVersion) -> std::io::Result<()> {
    let style = state_style(tool.state());
    let (name, version) = (harmless(&tool.name), harmless(&tool.version));
    writeln!(
        out(),
        "{BOLD}{name}{BOLD:#} {version}  {style}{}{style:#}",
        state_name(tool.state())
    )
}

/// The one version that the move can be meant for.
async fn only_version(client: &Client, name: &str, what: Move) -> anyhow::Result<semver::Version> {
    let request = GetToolRequest {
        name: name.to_owned(),
        ..GetToolRequest::default()
    };
    let versions = client
        .knowledge()
        .get_tool(request)
        .await?
        .into_inner()
        .versions;
    let fitting: Vec<_> = versions
        .iter()
        .filter(|version| version.state() == what.from())
        .collect();
    let named = |versions: &[&ToolVersion]| -> String {
        let names: Vec<_> = versions
            .iter()
            .map(|it| format!("{} ({})", it.version, state_name(it.state())))
            .collect();
        names.join(", ")
    };
    match fitting.as_slice() {
        [one] => Ok(one.version.parse()?),
        [] => Err(Problem::new(format!(
            "{} has no version to {}: there are {}",
            harmless(name),
            what.command(),
            named(&versions.iter().collect::<Vec<_>>())
        ))
        .remedy(match what {
            Move::Activate => "only a version that passed is activated; one in review is approved with `wasm-runner proposal decide`",
            Move::Deprecate | Move::RollBack => "only an active version is retired",
        })
        .into()),
        several => Err(Problem::new(format!("{} has more than one: {}", harmless(name), named(several)))
            .remedy(format!("name it: wasm-runner tool {} {name}@{}", what.command(), several[0].version))
            .into()),
    }
}
