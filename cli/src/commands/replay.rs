//! `wasm-runner replay`: a recorded run, once more.

use super::block_on;
use super::run::sandbox_for;
use crate::exit::Exit;
use crate::output::{BAD, BOLD, DIM, GOOD, err, grouped, harmless, out, print_json, spinner};
use crate::problem::{Problem, file_problem};
use crate::{cancel, module};
use policies::Bytes;
use runtime::{Divergence, Recording, Replayed, Verdict, WASMTIME_VERSION};
use serde_json::json;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Runs a recorded run again, bit for bit, and says whether it is the same
///
/// Nothing outside is used: no folder is opened, no clock is read, there is no randomness and no
/// network. Every host call, the outcome, the output, standard error, what was denied and what was
/// used (to the unit of fuel) are compared. With another module it says at which host call that
/// does something else.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  wasm-runner run --record case.rec --clocks real tool.wasm
  wasm-runner replay case.rec
  wasm-runner replay case.rec tool-with-a-fix.wasm --json
Exit codes: 0 the same, 12 not the same, 1 the recording or the module can't be used.
A run that met its deadline or was called off is repeated up to the same unit of fuel: when that
happens is nothing that can be repeated.")]
pub(crate) struct Args {
    /// What `run --record` or `tool call --record` wrote
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The module: .wasm, or .wat text; without it, the one in the recording
    #[arg(value_name = "MODULE")]
    module: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let mut recording = read(&args.file)?;
    let limits = recording.policy().limits;
    let wasm = match (&args.module, recording.take_module()) {
        (Some(path), _) => module::read(path, limits.module_size)?,
        (None, Some(wasm)) => wasm,
        (None, None) => {
            return Err(Problem::new(format!(
                "{} does not hold the module that ran",
                args.file.display()
            ))
            .remedy(format!(
                "give it: wasm-runner replay {} MODULE; its SHA-256 is {}",
                args.file.display(),
                recording.module_digest()
            ))
            .into());
        }
    };
    let sandbox = sandbox_for(&limits)?;
    let compiling = spinner("compiling");
    let tool = sandbox
        .load(&wasm, &limits)
        .map_err(|error| Problem::new("the module can't be run").because(error))?;
    drop(compiling);
    let recording = Arc::new(recording);
    let replayed = block_on(async {
        let _replaying = spinner("replaying");
        Ok(tool.replay(&recording, cancel::by_ctrl_c()).await)
    })?;
    let same_module = tool.digest() == recording.module_digest();
    if args.json {
        print_json(&json!({
            "recording": {
                "module_digest": recording.module_digest(),
                "engine": recording.engine(),
                "machine": recording.machine(),
                "policy": recording.policy(),
                "outcome": recording.outcome(),
                "usage": recording.usage(),
                "was_interrupted": recording.was_interrupted(),
            },
            "module_digest": tool.digest(),
            "same_module": same_module,
            "verdict": replayed.verdict,
            "host_calls": replayed.host_calls,
            "fuel_difference": replayed.fuel,
            "execution": replayed.execution,
        }))?;
    } else {
        print(&recording, &replayed, same_module)?;
    }
    Ok(match replayed.verdict {
        Verdict::Same => Exit::Success,
        Verdict::CalledOff => Exit::Interrupted,
        _ => Exit::Diverged,
    })
}

/// Reads a recording, and no more than one can have.
fn read(path: &Path) -> anyhow::Result<Recording> {
    const LIMIT: Bytes = Recording::MAX_CONTENT;
    let failed = |error| file_problem("read", path, error);
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(LIMIT.0 + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > LIMIT.0 {
        return Err(Problem::new(format!(
            "{} has more than {LIMIT}, which is the most that a recording has",
            path.display()
        ))
        .into());
    }
    Recording::from_bytes(&bytes).map_err(|error| {
        Problem::new(format!("{} can't be replayed", path.display()))
            .because(error)
            .into()
    })
}

fn print(recording: &Recording, replayed: &Replayed, same_module: bool) -> io::Result<()> {
    let mut out = out();
    let execution = &replayed.execution;
    match &replayed.verdict {
        Verdict::Same => {
            writeln!(
                out,
                "{GOOD}the same{GOOD:#}: {} host calls, {} units of fuel, {}",
                grouped(replayed.host_calls),
                grouped(execution.usage.fuel),
                execution.outcome.kind().as_str()
            )?;
            if recording.was_interrupted() {
                writeln!(
                    out,
                    "{DIM}up to where it was ended from outside; when that happens is nothing \
                     that can be repeated{DIM:#}"
                )?;
            }
        }
        Verdict::Diverged(divergence) => print_divergence(&mut out, divergence)?,
        Verdict::Different { differences } => {
            writeln!(
                out,
                "{BAD}different{BAD:#} after the same {} host calls",
                grouped(replayed.host_calls)
            )?;
            for it in differences {
                writeln!(
                    out,
                    "  {BOLD}{}{BOLD:#}: {} then, {} now",
                    it.what,
                    harmless(&it.recorded),
                    harmless(&it.replayed)
                )?;
            }
        }
        _ => writeln!(out, "called off")?,
    }
    if let Some(fuel) = &replayed.fuel {
        writeln!(
            out,
            "  the fuel used is another from host call {} on: {} then, {} now",
            fuel.call,
            grouped(fuel.recorded),
            grouped(fuel.replayed)
        )?;
    }
    drop(out);
    let mut err = err();
    if !same_module {
        writeln!(
            err,
            "{DIM}the module is another than the one that ran (SHA-256 {}){DIM:#}",
            recording.module_digest()
        )?;
    }
    if recording.engine() != WASMTIME_VERSION {
        writeln!(
            err,
            "{DIM}it ran on wasmtime {}, this is {WASMTIME_VERSION}, which may count fuel in \
             another way{DIM:#}",
            harmless(recording.engine())
        )?;
    }
    Ok(())
}

fn print_divergence(out: &mut impl Write, divergence: &Divergence) -> io::Result<()> {
    writeln!(
        out,
        "{BAD}diverges{BAD:#} {}",
        harmless(&divergence.to_string())
    )?;
    let words = |words: &Option<String>, none: &str| match words {
        Some(words) => harmless(words),
        None => none.to_owned(),
    };
    writeln!(
        out,
        "  {BOLD}then{BOLD:#}  {}",
        words(&divergence.recorded, "(not kept, or nothing)")
    )?;
    writeln!(
        out,
        "  {BOLD}now{BOLD:#}   {}",
        words(&divergence.replayed, "(nothing)")
    )
}
