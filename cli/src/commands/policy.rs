//! `wasm-runner policy`: what a policy lets code do, and the least that a tool needs.

mod suggest;

use crate::exit::Exit;
use crate::output::{BOLD, out, print_json};
use crate::policy_source;
use clap::Subcommand;
use policies::Policy;
use serde_json::json;
use std::io::Write;

/// Explains policies, shows the presets, and suggests the least for a tool
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Explain(Explain),
    Show(Show),
    Suggest(Box<suggest::Args>),
}

/// Says in words what a policy lets code do, or what is wrong with it
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  wasm-runner policy explain web
  wasm-runner policy explain ceiling.toml
A file that has a preset's name is given as a path: ./web")]
struct Explain {
    /// A policy file, or a preset: pure, workspace, web
    #[arg(value_name = "FILE|PRESET")]
    policy: String,
    /// As JSON: the policy and its explanation
    #[arg(long)]
    json: bool,
}

/// Prints a preset, or a policy file with every key written out, as TOML
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Example: a policy of your own, starting from a preset
  wasm-runner policy show pure > ceiling.toml")]
struct Show {
    /// A preset (pure, workspace, web), or a policy file
    #[arg(value_name = "PRESET|FILE")]
    policy: String,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    match &args.command {
        Command::Suggest(args) => return suggest::run(args),
        Command::Explain(args) => explain(args)?,
        Command::Show(args) if args.json => print_json(&policy_source::load(&args.policy)?)?,
        Command::Show(args) => {
            let text = match Policy::preset_text(&args.policy) {
                // With the comments that it was written with.
                Some(text) => text.to_owned(),
                None => policy_source::load(&args.policy)?.to_toml(),
            };
            out().write_all(text.as_bytes())?;
        }
    }
    Ok(Exit::Success)
}

fn explain(args: &Explain) -> anyhow::Result<()> {
    let policy = policy_source::load(&args.policy)?;
    let explained = policy.explain();
    if args.json {
        return print_json(&json!({ "policy": policy, "explained": explained }));
    }
    let mut out = out();
    writeln!(out, "{BOLD}{}{BOLD:#}", args.policy)?;
    for line in explained {
        writeln!(out, "  {line}")?;
    }
    Ok(())
}
