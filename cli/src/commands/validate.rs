//! `wasm-runner validate`: a proposal's verdict, without a service.

use super::block_on;
use crate::args::Format;
use crate::exit::Exit;
use crate::output::{Live, is_live, print_json, print_report, write_file};
use crate::problem::Problem;
use crate::{cancel, confine, policy_source, proposal_source};
use std::path::PathBuf;
use validation::{Installation, ValidationError, Validator, Verdict};

/// Takes a package or proposal through validation, here, without a service
///
/// It is built, inspected, its manifest checked, its tests and examples run in the sandbox. Ends
/// with 0 only if it passes: 10 when it fails, 11 when a person has to decide.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  wasm-runner validate .
  wasm-runner validate proposal.json --json
  wasm-runner validate . --ceiling pure --output report.json")]
pub(crate) struct Args {
    /// A package's folder, or a proposal as JSON
    #[arg(value_name = "FOLDER|FILE.json")]
    source: PathBuf,
    /// Form of the report on standard output
    #[arg(long, value_name = "FORM", default_value = "human")]
    format: Format,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Writes the report there too, as JSON
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// What no tool may exceed: a policy file, or a preset
    #[arg(long, value_name = "FILE|PRESET", default_value = "workspace")]
    ceiling: String,
    /// A folder with an advisory database (RustSec's form) in which its crates are looked up
    #[arg(long, value_name = "FOLDER")]
    advisories: Option<PathBuf>,
    #[command(flatten)]
    confine: confine::Args,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let proposal = proposal_source::read(&args.source)?;
    let ceiling = policy_source::load(&args.ceiling)?;
    let mut installation = Installation::open(&Installation::locate())?;
    if let Some(folder) = &args.advisories {
        installation = installation.with_advisories(folder)?;
    }
    let validated = block_on(async {
        let validator = Validator::new(installation, args.confine.launcher().await?, ceiling);
        let cancel = cancel::by_ctrl_c();
        let display = is_live().then(|| Live::new([proposal.name.as_str()]));
        let line = display.as_ref().map(|it| it.tool(&proposal.name));
        let progress = |progress| {
            if let Some(line) = &line {
                line.progress(&progress);
            }
        };
        let validated = validator.validate(&proposal, &progress, &cancel).await;
        if let Some(line) = line {
            line.clear();
        }
        Ok(validated)
    })?;
    let report = match validated {
        Ok(validated) => validated.report,
        Err(error @ ValidationError::Cancelled) => {
            return Err(anyhow::Error::new(
                Problem::new(error.to_string()).exit(Exit::Interrupted),
            ));
        }
        Err(error) => return Err(error.into()),
    };
    if let Some(path) = &args.output {
        write_file(path, &serde_json::to_vec_pretty(&report)?)?;
    }
    match args.format {
        Format::Human if !args.json => print_report(&report, true)?,
        _ => print_json(&report)?,
    }
    Ok(exit_of(report.verdict))
}

/// How a verdict leaves the program.
pub(crate) fn exit_of(verdict: Verdict) -> Exit {
    match verdict {
        Verdict::Passed => Exit::Success,
        Verdict::Failed => Exit::VerdictFailed,
        Verdict::HumanReviewRequired => Exit::ReviewRequired,
    }
}
