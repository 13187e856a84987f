//! `wasm-runner log-level`: how much a running service logs.

use crate::exit::Exit;
use crate::output::out;
use crate::problem::{Problem, file_problem};
use host_api::telemetry::LogLevel;
use std::io::Write;
use std::path::PathBuf;
use validation::Installation;

/// Changes how much a running service logs, until it ends
///
/// Writes the wish into the service's data folder, so only who may write there can. The service
/// looks for it once a second, or at once on SIGHUP, and says in its log what it made of it.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  wasm-runner log-level debug
  wasm-runner log-level info,host_api=trace --data-dir /var/lib/wasm-runner")]
pub(crate) struct Args {
    /// error, warn, info, debug, trace or off; or levels by part: info,host_api=debug
    #[arg(value_name = "LEVEL")]
    level: String,
    /// The service's data folder; by default `state` in the installation's folder
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    LogLevel::parse(&args.level)?;
    let data_dir = match &args.data_dir {
        Some(folder) => folder.clone(),
        None => Installation::locate().join("state"),
    };
    if !host_api::is_served(&data_dir) {
        let message = format!("no service has the data folder {}", data_dir.display());
        let problem = Problem::new(message).remedy("name that of a running one with --data-dir");
        return Err(problem.into());
    }
    LogLevel::wish(&data_dir, &args.level)
        .map_err(|error| file_problem("written", &data_dir.join("log-level"), error))?;
    writeln!(out(), "the service is told to log at {}", args.level.trim())?;
    Ok(Exit::Success)
}
