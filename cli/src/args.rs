//! The command line as a whole.

use crate::commands::{
    backup, build, completions, doctor, events, inspect, key, log_level, new, policy, proposal,
    replay, report, run, serve, tool, validate, verify,
};
use crate::exit::Exit;
use clap::{Parser, Subcommand, ValueEnum};

/// The heading of the options that every command takes, after its own.
const EVERYWHERE: &str = "With every command";

/// Builds, validates and runs tools in a WebAssembly sandbox.
#[derive(Parser, Debug)]
#[command(name = "wasm-runner", version, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 well, 1 failed, 2 wrong command line; --help lists them all."
)]
#[command(after_long_help = Exit::help())]
pub(crate) struct Cli {
    /// Says more on standard error: -v, -vv, -vvv (RUST_LOG decides where it is set)
    #[arg(short, long, global = true, help_heading = EVERYWHERE, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,

    /// Form of the log lines on standard error: text; a service's, where that is no terminal: json
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "FORM")]
    pub(crate) log_format: Option<LogFormat>,

    /// Colours: by default on a terminal only, and never where NO_COLOR is set
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "WHEN", default_value = "auto")]
    color: Color,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Form of log lines.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// When to colour.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    New(new::Args),
    Build(build::Args),
    Inspect(inspect::Args),
    Run(run::Args),
    Replay(replay::Args),
    Validate(validate::Args),
    Report(report::Args),
    Verify(verify::Args),
    Serve(serve::Args),
    Tool(tool::Args),
    Proposal(proposal::Args),
    Events(events::Args),
    Backup(backup::BackupArgs),
    Restore(backup::RestoreArgs),
    Policy(policy::Args),
    LogLevel(log_level::Args),
    Key(key::KeyArgs),
    Cache(key::CacheArgs),
    Doctor(doctor::Args),
    Completions(completions::Args),
}

impl Command {
    /// How the program ends when this command can't do its work.
    pub(crate) fn failure(&self) -> Exit {
        match self {
            // These pass a guest's code on, so their own must be another.
            Self::Run(_) => Exit::NotRun,
            Self::Tool(args) if args.is_call() => Exit::NotRun,
            _ => Exit::Failure,
        }
    }

    /// Whether it goes on until it is stopped, so that its log is what people see of it.
    pub(crate) fn is_service(&self) -> bool {
        matches!(self, Self::Serve(_))
    }
}

impl Cli {
    /// Names the colour choice to everything that prints.
    pub(crate) fn set_colour(&self) {
        match self.color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }
}
