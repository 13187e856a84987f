//! `wasm-runner validate`: a proposal's verdict, without a service.

mod against;

use super::block_on;
use super::verify::own_key;
use crate::client::ServerArgs;
use crate::exit::Exit;
use crate::form::{BudgetFlag, ReportFormat};
use crate::output::{self, Live, is_live, write_file};
use crate::problem::Problem;
use crate::{cancel, confine, policy_source, proposal_source};
use policies::WallTime;
use std::io::Write;
use std::path::{Path, PathBuf};
use validation::{
    Installation, Thresholds, ValidationError, ValidationReport, Validator, ValidatorOptions,
    Verdict,
};

/// Takes a package or proposal through validation, here, without a service
///
/// It is built, inspected, its manifest checked, its tests and examples run in the sandbox. Ends
/// with 0 only if it passes: 10 when it fails, 11 when a person has to decide.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  wasm-runner validate .
  wasm-runner validate proposal.json --json
  wasm-runner validate . --format agent --budget 4000
  wasm-runner validate . --output report.html --attest tool.intoto.jsonl
  wasm-runner validate . --ceiling pure --thresholds thresholds.toml --output report.json
  wasm-runner validate . --against released.wasm
  wasm-runner validate . --against csv-stats@1.0.0
  wasm-runner validate . --fuzz-time 30s
  wasm-runner validate . --fuzz-execs 100000 --fuzz-seed 7
  wasm-runner validate . --mutants 200")]
pub(crate) struct Args {
    /// A package's folder, or a proposal as JSON
    #[arg(value_name = "FOLDER|FILE.json")]
    source: PathBuf,
    /// Form of the report: of the file of --output, else of standard output
    #[arg(long, value_name = "FORM")]
    format: Option<ReportFormat>,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    #[command(flatten)]
    budget: BudgetFlag,
    /// Writes the report there too, as --format says, else as the file's name ends (.json,
    /// .sarif, .xml, .html)
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Writes signed attestations of the module there: what was found, and from what it was built
    #[arg(long, value_name = "FILE")]
    attest: Option<PathBuf>,
    /// From which confidence on a tool passes, and below which it fails: a TOML file
    #[arg(long, value_name = "FILE")]
    thresholds: Option<PathBuf>,
    /// What no tool may exceed: a policy file, or a preset
    #[arg(long, value_name = "FILE|PRESET", default_value = "workspace")]
    ceiling: String,
    /// Runs it beside an earlier version and tells what changed: a module's file, or, of the
    /// service of --server, a module's SHA-256, NAME (the active one) or NAME@VERSION
    #[arg(long, value_name = "FILE|SHA256|NAME[@VERSION]")]
    against: Option<String>,
    #[command(flatten)]
    server: ServerArgs,
    /// A folder with an advisory database (RustSec's form) in which its crates are looked up
    #[arg(long, value_name = "FOLDER")]
    advisories: Option<PathBuf>,
    #[command(flatten)]
    fuzz: FuzzArgs,
    #[command(flatten)]
    mutation: MutationArgs,
    #[command(flatten)]
    confine: confine::Args,
}

/// How long inputs are looked for on which the tool misbehaves.
#[derive(clap::Args, Clone, Copy, Debug)]
#[allow(
    clippy::struct_field_names,
    reason = "they are the names of the options"
)]
struct FuzzArgs {
    /// How long inputs are looked for on which the tool misbehaves; `0s` for not at all
    #[arg(long, value_name = "TIME", default_value = "2 s")]
    fuzz_time: WallTime,
    /// So many runs instead of a time: the same seed then gives the same findings anywhere
    #[arg(long, value_name = "RUNS", conflicts_with = "fuzz_time")]
    fuzz_execs: Option<u64>,
    /// Seed of the choice of inputs
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    fuzz_seed: u64,
}

impl FuzzArgs {
    fn options(self) -> ValidatorOptions {
        let mut options = ValidatorOptions::default();
        // Who says how long means it.
        if self.fuzz_time != options.fuzz_time || self.fuzz_execs.is_some() {
            options.fuzz_plateau = None;
        }
        options.fuzz_time = self.fuzz_time;
        options.fuzz_executions = self.fuzz_execs;
        options.fuzz_seed = self.fuzz_seed;
        options
    }
}

/// How long the author's tests are judged.
#[derive(clap::Args, Clone, Copy, Debug)]
struct MutationArgs {
    /// How long small changes of the tool are tried on its tests; `0s` for not at all, and then
    /// it is not measured what they reach either
    #[arg(long, value_name = "TIME", default_value = "1 s")]
    mutation_time: WallTime,
    /// So many changes at most instead of a time: the same seed then tries the same ones anywhere
    #[arg(long, value_name = "COUNT", conflicts_with = "mutation_time")]
    mutants: Option<u64>,
    /// Seed of the choice of changes
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    mutation_seed: u64,
}

impl MutationArgs {
    fn options(self, mut options: ValidatorOptions) -> ValidatorOptions {
        options.mutation_time = self.mutation_time;
        options.mutants = self.mutants;
        options.mutation_seed = self.mutation_seed;
        options
    }
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let proposal = proposal_source::read(&args.source)?;
    let ceiling = policy_source::load(&args.ceiling)?;
    let thresholds = thresholds(args.thresholds.as_deref())?;
    let mut installation = Installation::open(&Installation::locate())?;
    if let Some(folder) = &args.advisories {
        installation = installation.with_advisories(folder)?;
    }
    // Before the work, so that it is not done for nothing.
    let key = args.attest.as_ref().map(|_| own_key()).transpose()?;
    let builder = installation.clone();
    let validated = block_on(async {
        let previous = match &args.against {
            Some(name) => Some(against::find(name, &args.server).await?),
            None => None,
        };
        let validator = Validator::new(builder, args.confine.launcher().await?, ceiling)
            .with_options(args.mutation.options(args.fuzz.options()))
            .with_thresholds(thresholds)
            .with_previous(previous);
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
    give(args, &report)?;
    if let (Some(path), Some(key)) = (&args.attest, &key) {
        match report.attest(key, &installation) {
            Some(bundle) => write_file(path, bundle.as_bytes())?,
            None => writeln!(
                output::err(),
                "{0}note:{0:#} {1} is not written: there is no module to vouch for",
                output::WARN,
                path.display()
            )?,
        }
    }
    Ok(exit_of(report.verdict))
}

/// Writes and prints the report as it was asked for.
fn give(args: &Args, report: &ValidationReport) -> anyhow::Result<()> {
    let named = match args.format {
        None if args.json => Some(ReportFormat::Json),
        named => named,
    };
    let Some(path) = &args.output else {
        return Ok(args
            .budget
            .print(report, named.unwrap_or(ReportFormat::Text))?);
    };
    let form = named.unwrap_or_else(|| ReportFormat::of_file(path));
    args.budget.write(report, form, path)?;
    // The file has what was asked for; whoever looks on reads text, unless a program does.
    let shown = match named {
        Some(ReportFormat::Json) => ReportFormat::Json,
        _ => ReportFormat::Text,
    };
    Ok(args.budget.print(report, shown)?)
}

/// The operator's thresholds, or those that hold by default.
pub(crate) fn thresholds(path: Option<&Path>) -> anyhow::Result<Thresholds> {
    Ok(path.map(Thresholds::load).transpose()?.unwrap_or_default())
}

/// How a verdict leaves the program.
pub(crate) fn exit_of(verdict: Verdict) -> Exit {
    match verdict {
        Verdict::Passed => Exit::Success,
        Verdict::Failed => Exit::VerdictFailed,
        Verdict::HumanReviewRequired => Exit::ReviewRequired,
    }
}
