//! `wasm-runner proposal`: tools on their way into a service.

mod decide;
mod follow;
mod show;
mod submit;
mod watch;

use super::block_on;
use crate::exit::Exit;
use clap::Subcommand;

/// Submits proposals to a service, follows and decides them
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Submit(submit::Args),
    Watch(watch::Args),
    Show(show::Args),
    Decide(decide::Args),
}

pub(crate) fn run(args: Args) -> anyhow::Result<Exit> {
    block_on(async {
        match args.command {
            Command::Submit(args) => submit::run(&args).await,
            Command::Watch(args) => watch::run(&args).await,
            Command::Show(args) => show::run(&args).await,
            Command::Decide(args) => decide::run(&args).await,
        }
    })
}
