use crate::exit::Exit;
/// x
#[derive(clap::Args, Debug)]
pub(crate) struct Args {}
impl Args { pub(crate) fn is_call(&self)->bool{false} }
pub(crate) fn run(_: impl std::borrow::Borrow<Args>) -> anyhow::Result<Exit> { Ok(Exit::Success) }
