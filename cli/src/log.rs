//! What the program logs, on standard error.

use crate::args::{Cli, LogFormat};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Starts logging: `RUST_LOG` decides, else `-v`, else warnings (a service: what it does).
pub(crate) fn init(cli: &Cli) {
    let level = match (cli.verbose, cli.command.is_service()) {
        (0, false) => "warn",
        (0, true) => "info",
        // Ours in detail; the libraries below us only where that is asked for.
        (1, _) => "info,policies=debug,runtime=debug,validation=debug,kbi=debug,host_api=debug",
        (2, _) => "debug",
        _ => "trace",
    };
    let filter = match std::env::var(EnvFilter::DEFAULT_ENV) {
        Ok(text) if !text.is_empty() => EnvFilter::builder().parse_lossy(text),
        _ => EnvFilter::new(level),
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(use_colour());
    match cli.log_format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
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
