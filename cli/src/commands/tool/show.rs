//! `wasm-runner tool show`.

use crate::client::{Client, ServerArgs};
use crate::exit::Exit;
use crate::output::{BOLD, DIM, harmless, out, print_json, state_style};
use crate::wire::{ToolName, incomplete, state_name, strange, version_json};
use host_api::proto::{AuditEntry, GetToolRequest, GetToolResponse, ToolVersion};
use policies::Policy;
use serde_json::{Value, json};
use std::io::Write;
use validation::{CapabilityRequest, Manifest};

/// Shows what is known about a tool: contract, grant, history
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Example:
  wasm-runner tool show csv-stats@0.1.0 --json
The report is what `wasm-runner proposal show csv-stats@0.1.0` prints.")]
pub(crate) struct Args {
    /// The tool; without a version, its highest active one
    #[arg(value_name = "NAME[@VERSION]")]
    tool: ToolName,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

/// The service's answer in our own types.
struct Shown {
    tool: ToolVersion,
    manifest: Option<Manifest>,
    grant: Option<Policy>,
    audit: Vec<AuditEntry>,
    versions: Vec<ToolVersion>,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Exit> {
    let client = Client::connect(&args.server).await?;
    let request = GetToolRequest {
        name: args.tool.name.clone(),
        version: args.tool.version_text(),
        ..GetToolRequest::default()
    };
    let answer = client.knowledge().get_tool(request).await?.into_inner();
    let shown = understood(answer)?;
    if args.json {
        print_json(&as_json(&shown))?;
    } else {
        print(&shown)?;
    }
    Ok(Exit::Success)
}

fn understood(answer: GetToolResponse) -> anyhow::Result<Shown> {
    let manifest = answer.manifest.map(Manifest::try_from).transpose();
    let grant = answer.grant.map(Policy::try_from).transpose();
    Ok(Shown {
        tool: answer.tool.ok_or_else(|| incomplete("tool"))?,
        manifest: manifest.map_err(strange("manifest"))?,
        grant: grant.map_err(strange("grant"))?,
        audit: answer.audit,
        versions: answer.versions,
    })
}

fn as_json(shown: &Shown) -> Value {
    json!({
        "tool": version_json(&shown.tool),
        "manifest": shown.manifest,
        "grant": shown.grant,
        "audit": shown.audit.iter().map(audit_json).collect::<Vec<_>>(),
        "versions": shown.versions.iter().map(version_json).collect::<Vec<_>>(),
    })
}

fn audit_json(entry: &AuditEntry) -> Value {
    json!({
        "sequence": entry.sequence,
        "move": entry.r#move,
        "from": entry.from_state().known(),
        "to": entry.to_state().known(),
        "by": entry.by,
        "reason": entry.reason,
        "time": entry.time.as_ref().map(ToString::to_string),
    })
}

fn print(shown: &Shown) -> std::io::Result<()> {
    let tool = &shown.tool;
    let style = state_style(tool.state());
    let state = state_name(tool.state());
    let mut out = out();
    let (name, version) = (harmless(&tool.name), harmless(&tool.version));
    writeln!(
        out,
        "{BOLD}{name}{BOLD:#} {version}  {style}{state}{style:#}"
    )?;
    writeln!(out, "  {}", harmless(&tool.description))?;
    let module = if tool.artifact_digest.is_empty() {
        "not built"
    } else {
        &tool.artifact_digest
    };
    writeln!(
        out,
        "  {DIM}proposal {}  module {module}{DIM:#}",
        tool.proposal_id
    )?;
    if let Some(manifest) = &shown.manifest {
        print_contract(&mut out, manifest)?;
    }
    if let Some(grant) = &shown.grant {
        writeln!(out, "{BOLD}What it may do{BOLD:#}")?;
        for line in grant.explain() {
            writeln!(out, "  {}", harmless(&line))?;
        }
    }
    writeln!(out, "{BOLD}History{BOLD:#}")?;
    for entry in &shown.audit {
        let time = entry
            .time
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        let (by, reason) = (harmless(&entry.by), harmless(&entry.reason));
        writeln!(
            out,
            "  {DIM}{time}{DIM:#}  {:<17} by {by}: {reason}",
            entry.r#move
        )?;
    }
    let others: Vec<_> = shown
        .versions
        .iter()
        .filter(|version| version.version != tool.version)
        .map(|version| {
            format!(
                "{} ({})",
                harmless(&version.version),
                state_name(version.state())
            )
        })
        .collect();
    if !others.is_empty() {
        writeln!(out, "{BOLD}Other versions{BOLD:#}  {}", others.join(", "))?;
    }
    Ok(())
}

fn print_contract(out: &mut impl Write, manifest: &Manifest) -> std::io::Result<()> {
    for (name, schema) in [
        ("Input", &manifest.input_schema),
        ("Output", &manifest.output_schema),
    ] {
        writeln!(out, "{BOLD}{name}{BOLD:#}")?;
        for line in format!("{schema:#}").lines() {
            writeln!(out, "  {}", harmless(line))?;
        }
    }
    if !manifest.examples.is_empty() {
        writeln!(out, "{BOLD}Examples{BOLD:#}")?;
    }
    for example in &manifest.examples {
        let expected = match (&example.output, &example.error) {
            (Some(output), _) => format!("-> {output}"),
            (None, Some(error)) => format!("-> error: {error}"),
            (None, None) => String::new(),
        };
        writeln!(
            out,
            "  {} {}",
            harmless(&example.input.to_string()),
            harmless(&expected)
        )?;
    }
    if !manifest.capabilities.is_empty() {
        writeln!(out, "{BOLD}Asks for{BOLD:#}")?;
    }
    for request in &manifest.capabilities {
        let (what, reason) = asks_for(request);
        writeln!(out, "  {}: {}", harmless(&what), harmless(reason))?;
    }
    Ok(())
}

/// A capability in words, and why it is asked for.
fn asks_for(request: &CapabilityRequest) -> (String, &str) {
    match request {
        CapabilityRequest::Directory {
            guest,
            access,
            reason,
            ..
        } => (format!("the folder {guest} ({access})"), reason),
        CapabilityRequest::Environment { name, reason } => (format!("the variable {name}"), reason),
        CapabilityRequest::Network { host, reason } => (format!("the network: {host}"), reason),
        CapabilityRequest::RealClock { reason } => ("the real clock".to_owned(), reason),
        CapabilityRequest::RealRandom { reason } => ("the system's randomness".to_owned(), reason),
    }
}
