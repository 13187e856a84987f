//! `wasm-runner`: every capability from a shell.
//!
//! [`args`] is the command line as a whole; each command is one file of [`commands`]; what they
//! print goes through [`output`], how they end through [`exit`].

mod args;
mod cancel;
mod client;
mod commands;
mod confine;
mod exit;
mod form;
mod limit_flags;
mod log;
mod module;
mod output;
mod policy_source;
mod problem;
mod proposal_source;
mod wire;

use args::Cli;
use clap::Parser;
use exit::Exit;
use problem::Problem;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    // First of all: a confined process must give everything up before it has a thread.
    if let Some(code) = isolation::enter_if_asked(confine::ROLES) {
        return code;
    }
    let cli = Cli::parse();
    cli.set_colour();
    let failure = cli.command.failure();
    // What is left of traces is told when the work is done.
    let result = log::init(&cli).and_then(|telemetry| commands::run(cli.command, &telemetry));
    match result {
        Ok(exit) => exit.into(),
        Err(error) if is_broken_pipe(&error) => Exit::BrokenPipe.into(),
        Err(error) => {
            // When not even standard error can be written, the exit code has to do.
            let _ = write!(output::err(), "{}", output::render_error(&error));
            let own = error
                .chain()
                .find_map(|cause| cause.downcast_ref::<Problem>()?.exit);
            own.unwrap_or(failure).into()
        }
    }
}

/// Whether our own output lost its reader (`wasm-runner … | head`): no error to speak of.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    use std::io::ErrorKind::BrokenPipe;
    let first = error.chain().next();
    first.is_some_and(|error| {
        let io = error
            .downcast_ref::<std::io::Error>()
            .map(std::io::Error::kind);
        let json = error
            .downcast_ref::<serde_json::Error>()
            .and_then(serde_json::Error::io_error_kind);
        io.or(json) == Some(BrokenPipe)
    })
}
