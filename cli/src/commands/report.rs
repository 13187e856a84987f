//! `wasm-runner report`: saved reports in other forms, and what their JSON is.

use crate::exit::Exit;
use crate::form::{BudgetFlag, ReportFormat};
use crate::output::print_json;
use crate::problem::{Problem, file_problem};
use clap::Subcommand;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use validation::{MAX_REPORT_BYTES, ValidationReport};

/// Turns saved reports into other forms, and prints their schema
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Convert(Convert),
    Schema(Schema),
}

/// Turns a report that was saved as JSON into another form
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  wasm-runner report convert report.json --format html --output report.html
  wasm-runner report convert report.json --format agent --budget 8000")]
struct Convert {
    /// A report as JSON; - reads standard input
    #[arg(value_name = "FILE.json|-")]
    file: PathBuf,
    /// Into which form
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: ReportFormat,
    /// Writes it there instead of on standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    budget: BudgetFlag,
}

/// Prints the JSON Schema (2020-12) of a report's JSON
#[derive(clap::Args, Debug)]
struct Schema {}

pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    match &args.command {
        Command::Convert(args) => convert(args)?,
        Command::Schema(Schema {}) => print_json(&validation::report_schema())?,
    }
    Ok(Exit::Success)
}

fn convert(args: &Convert) -> anyhow::Result<()> {
    let report = read(&args.file)?;
    let Some(path) = &args.output else {
        return Ok(args.budget.print(&report, args.format)?);
    };
    if args.format == ReportFormat::Text {
        return Err(Problem::new(format!(
            "{} can't be written: text is for terminals",
            path.display()
        ))
        .remedy("name another form: --format json, sarif, junit, html or agent")
        .into());
    }
    args.budget.write(&report, args.format, path)
}

/// A report from a file that anyone may have written.
fn read(path: &Path) -> anyhow::Result<ValidationReport> {
    let failed = |error| file_problem("read", path, error);
    let mut bytes = Vec::new();
    // One byte more than there may be tells a file that is too long from one that is not.
    let most = MAX_REPORT_BYTES + 1;
    if path == Path::new("-") {
        io::stdin().lock().take(most).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes))
    }
    .map_err(failed)?;
    let report = ValidationReport::from_json(&bytes).map_err(|error| {
        Problem::new(format!("{} is no report", path.display()))
            .because(error)
            .remedy("give what `wasm-runner validate --format json` writes")
    })?;
    Ok(report)
}
