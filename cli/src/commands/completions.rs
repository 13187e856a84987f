//! `wasm-runner completions`: what a shell needs to complete our command line.

use crate::args::Cli;
use crate::exit::Exit;
use clap::CommandFactory;
use clap_complete::Shell;
use std::io::Write;

/// Prints the completions for a shell
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  wasm-runner completions bash > ~/.local/share/bash-completion/completions/wasm-runner
  wasm-runner completions zsh  > \"${fpath[1]}/_wasm-runner\"
  wasm-runner completions fish > ~/.config/fish/completions/wasm-runner.fish")]
pub(crate) struct Args {
    /// Which shell
    shell: Shell,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    // Into memory first: the generator panics where its output can't be written.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "wasm-runner", &mut script);
    std::io::stdout().lock().write_all(&script)?;
    Ok(Exit::Success)
}
