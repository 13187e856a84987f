//! `wasm-runner inspect`: what a module is, without running it.

use super::block_on;
use crate::exit::Exit;
use crate::output::{
    BOLD, DIM, WARN, grouped, harmless, out, print_findings, print_json, size, spinner,
};
use crate::problem::Problem;
use crate::{cancel, confine, module, proposal_source};
use policies::{Bytes, Limits};
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};
use validation::{Analysis, Inspection, Installation, ValidationError};

/// Says what a module is and asks for, without running it
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  wasm-runner inspect word-count.wasm
  wasm-runner inspect . --json       (builds the package first)")]
pub(crate) struct Args {
    /// A module (.wasm or .wat text), a package's folder, or a proposal as JSON
    #[arg(value_name = "FILE|FOLDER")]
    source: PathBuf,
    /// The largest module that is read
    #[arg(long, value_name = "SIZE", default_value_t = Limits::default().module_size)]
    module_size: Bytes,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    confine: confine::Args,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let is_proposal =
        args.source.is_dir() || args.source.extension().is_some_and(|it| it == "json");
    let wasm = if is_proposal {
        match build(&args.source, args.confine)? {
            Some(wasm) => wasm,
            None => return Ok(Exit::Interrupted),
        }
    } else {
        module::read(&args.source, args.module_size)?
    };
    let inspection = validation::inspect(&wasm).map_err(|error| {
        Problem::new(format!("{} is no module", args.source.display())).because(error)
    })?;
    let code = validation::analyse(&wasm).map_err(|error| {
        Problem::new(format!("{} can't be read", args.source.display())).because(error)
    })?;
    if args.json {
        print_json(&Seen { inspection, code })?;
    } else {
        print(&args.source, &inspection)?;
        print_code(&code)?;
    }
    Ok(Exit::Success)
}

/// What `--json` prints.
#[derive(Serialize)]
struct Seen {
    #[serde(flatten)]
    inspection: Inspection,
    code: Analysis,
}

/// The module of a proposal, or `None` when Ctrl-C came first.
fn build(source: &Path, confine: confine::Args) -> anyhow::Result<Option<Vec<u8>>> {
    let proposal = proposal_source::read(source)?;
    let installation = Installation::open(&Installation::locate())?;
    let built = block_on(async {
        let cancel = cancel::by_ctrl_c();
        let spinner = spinner(&format!("building {}", proposal.name));
        let step = |what: String| spinner.say(&what);
        let launcher = confine.launcher().await?;
        Ok(validation::build(&installation, &*launcher, &proposal, &step, &cancel).await)
    })?;
    let built = match built {
        Err(ValidationError::Cancelled) => return Ok(None),
        other => other?,
    };
    if built.module.is_none() {
        print_findings(&built.findings)?;
        return Err(Problem::new(format!("{} does not build", proposal.name))
            .remedy("mend what the findings name")
            .into());
    }
    Ok(built.module)
}

fn print(source: &Path, found: &Inspection) -> anyhow::Result<()> {
    let mut out = out();
    writeln!(out, "{BOLD}{}{BOLD:#}", source.display())?;
    let mut row =
        |name: &str, value: &str| writeln!(out, "  {BOLD}{name:<10}{BOLD:#} {}", harmless(value));
    row(
        "size",
        &format!(
            "{}, {} of it data",
            size(found.bytes),
            size(found.data_bytes)
        ),
    )?;
    row("sha256", &found.digest)?;
    if found.is_component() {
        row("form", &found.form)?;
    }
    row("functions", &grouped(found.functions))?;
    for module in &found.modules {
        row(
            "module",
            &format!(
                "{}, {} functions, {} of data",
                size(module.bytes),
                grouped(module.functions),
                size(module.data_bytes)
            ),
        )?;
    }
    for (first, most) in &found.memories {
        let most = most.map_or("no maximum of its own".to_owned(), |most| {
            format!("at most {}", pages(most))
        });
        row("memory", &format!("{} at first, {most}", pages(*first)))?;
    }
    for (first, most) in &found.tables {
        let most = most.map_or("no maximum of its own".to_owned(), |most| {
            format!("at most {}", grouped(most))
        });
        row(
            "table",
            &format!("{} elements at first, {most}", grouped(*first)),
        )?;
    }
    if found.start_function {
        row("start", "a function runs before _start")?;
    }
    for producer in &found.producers {
        row("made by", producer)?;
    }
    for (name, bytes) in &found.custom_sections {
        row("section", &format!("{name} ({})", size(*bytes)))?;
    }
    for (name, kind) in &found.exports {
        row("exports", &format!("{name} ({kind})"))?;
    }
    for (name, kind) in &found.imports {
        let foreign = !name.starts_with(if found.is_component() {
            "wasi:"
        } else {
            "wasi_snapshot_preview1::"
        });
        let note = if foreign {
            format!("  {WARN}not WASI: no module with it is run{WARN:#}")
        } else {
            String::new()
        };
        let name = harmless(name);
        writeln!(
            out,
            "  {BOLD}{:<10}{BOLD:#} {name} {DIM}({kind}){DIM:#}{note}",
            "imports"
        )?;
    }
    Ok(())
}

fn pages(count: u64) -> String {
    format!(
        "{} ({} pages)",
        size(count.saturating_mul(Limits::PAGE.0)),
        grouped(count)
    )
}

fn print_code(code: &Analysis) -> anyhow::Result<()> {
    let mut out = out();
    let mut row =
        |name: &str, value: &str| writeln!(out, "  {BOLD}{name:<10}{BOLD:#} {}", harmless(value));
    row(
        "code",
        &format!(
            "{} in {} functions that can be reached and {} that can't",
            size(code.code_bytes),
            grouped(code.reachable),
            grouped(code.dead)
        ),
    )?;
    for (name, bytes) in &code.largest {
        row("largest", &format!("{name} ({})", size(*bytes)))?;
    }
    for name in &code.recursive {
        row("recursive", name)?;
    }
    for name in &code.endless {
        row("endless", &format!("a loop in {name} that nothing ends"))?;
    }
    Ok(())
}
