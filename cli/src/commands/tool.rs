//! `wasm-runner tool`: the tools of a service.

mod attestation;
mod call;
mod list;
mod lookup;
mod moves;
mod show;

pub(crate) use moves::print_state;

use super::block_on;
use crate::exit::Exit;
use clap::Subcommand;

/// Lists, shows, calls and moves the tools of a service
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    List(list::Args),
    Show(show::Args),
    Call(call::Args),
    Attestation(attestation::Args),
    /// Activates a version that passed: from then on it may be called
    Activate(moves::Args),
    /// Retires an active version: something better has come
    Deprecate(moves::Args),
    /// Withdraws an active version: something was wrong with it
    RollBack(moves::Args),
}

impl Args {
    /// Whether a guest's exit code is passed on.
    pub(crate) fn is_call(&self) -> bool {
        matches!(self.command, Command::Call(_))
    }
}

pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    block_on(async {
        match args.command {
            Command::List(args) => list::run(&args).await,
            Command::Show(args) => show::run(&args).await,
            Command::Call(args) => call::run(&args).await,
            Command::Attestation(args) => attestation::run(&args).await,
            Command::Activate(args) => moves::run(&args, moves::Move::Activate).await,
            Command::Deprecate(args) => moves::run(&args, moves::Move::Deprecate).await,
            Command::RollBack(args) => moves::run(&args, moves::Move::RollBack).await,
        }
    })
}
