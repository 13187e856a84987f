use crate::exit::Exit;
/// x
#[derive(clap::Args, Debug)]
pub(crate) struct Args {}
pub(crate) fn run(_: impl std::borrow::Borrow<Args>) -> anyhow::Result<Exit> {
    Ok(Exit::Success)
}
