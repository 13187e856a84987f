//! One file a command.

pub(crate) mod backup;
pub(crate) mod build;
pub(crate) mod completions;
pub(crate) mod doctor;
pub(crate) mod events;
pub(crate) mod inspect;
pub(crate) mod key;
pub(crate) mod log_level;
pub(crate) mod new;
pub(crate) mod policy;
pub(crate) mod proposal;
pub(crate) mod replay;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod tool;
pub(crate) mod validate;
pub(crate) mod verify;

use crate::args::Command;
use crate::exit::Exit;
use crate::log::Telemetry;
use crate::problem::Problem;
use std::future::Future;

/// Does what was asked.
///
/// # Errors
/// Whatever kept it from that; the command's own results are exit codes.
pub(crate) fn run(command: Command, telemetry: &Telemetry) -> anyhow::Result<Exit> {
    match command {
        Command::New(args) => new::run(&args),
        Command::Build(args) => build::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Run(args) => run::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Validate(args) => validate::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Verify(args) => verify::run(&args),
        Command::Serve(args) => serve::run(&args, &telemetry.level),
        Command::LogLevel(args) => log_level::run(&args),
        Command::Tool(args) => tool::run(args),
        Command::Proposal(args) => proposal::run(args),
        Command::Events(args) => events::run(&args),
        Command::Key(args) => key::key(&args),
        Command::Cache(args) => key::cache(&args),
        Command::Backup(args) => backup::backup(&args),
        Command::Restore(args) => backup::restore(&args),
        Command::Policy(args) => policy::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Completions(args) => completions::run(&args),
    }
}

/// Runs what waits, on as many threads as there are processors.
fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Problem::new("the program's threads can't be started").because(error))?;
    let result = runtime.block_on(future);
    // A blocking read of standard input may never end; nothing of ours waits for it.
    runtime.shutdown_background();
    result
}
