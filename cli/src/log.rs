//! What the program logs, on standard error, and whom it tells traces.

use crate::args::{Cli, Command, LogFormat};
use host_api::telemetry::{self, LogForm, LogLevel, Traces};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// What is set up for the whole program; at its end the last spans are told.
pub(crate) struct Telemetry {
    pub(crate) level: LogLevel,
    _traces: Option<Traces>,
}

/// Starts logging: `serve --log-level` decides, else `RUST_LOG`, else `-v`, else warnings (a
/// service: what it does). A service tells traces where it is told whom.
///
/// # Errors
/// When traces can't be told, or the level is none.
pub(crate) fn init(cli: &Cli) -> anyhow::Result<Telemetry> {
    let (endpoint, level) = match &cli.command {
        Command::Serve(args) => (args.otlp_endpoint(), args.log_level()),
        _ => (None, None),
    };
    let traces = endpoint.map(Traces::start).transpose()?;
    let level = match level {
        Some(level) => LogLevel::parse(level)?,
        None => default_level(cli),
    };
    let form = match cli.log_format {
        Some(LogFormat::Json) => LogForm::Json,
        // A service whose log nobody reads on a terminal is read by a program.
        None if cli.command.is_service() && !std::io::stderr().is_terminal() => LogForm::Json,
        Some(LogFormat::Text) | None => LogForm::Text {
            colour: use_colour(),
        },
    };
    let level = telemetry::install(form, level, traces.as_ref())?;
    Ok(Telemetry {
        level,
        _traces: traces,
    })
}

fn default_level(cli: &Cli) -> EnvFilter {
    let level = match (cli.verbose, cli.command.is_service()) {
        (0, false) => "warn",
        (0, true) => "info",
        // Ours in detail; the libraries below us only where that is asked for.
        (1, _) => "info,policies=debug,runtime=debug,validation=debug,kbi=debug,host_api=debug",
        (2, _) => "debug",
        _ => "trace",
    };
    match std::env::var(EnvFilter::DEFAULT_ENV) {
        Ok(text) if !text.is_empty() => EnvFilter::builder().parse_lossy(text),
        _ => EnvFilter::new(level),
    }
}

fn use_colour() -> bool {
    match anstream::ColorChoice::global() {
        anstream::ColorChoice::Always | anstream::ColorChoice::AlwaysAnsi => true,
        anstream::ColorChoice::Never => false,
        anstream::ColorChoice::Auto => {
            std::io::stderr().is_terminal()
                && std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty())
        }
    }
}
