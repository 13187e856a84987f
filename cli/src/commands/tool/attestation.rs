//! `wasm-runner tool attestation`.

use crate::client::{Client, ServerArgs};
use crate::exit::Exit;
use crate::output::{err, out, write_file};
use crate::wire::VersionName;
use host_api::proto::GetAttestationsRequest;
use std::io::Write;
use std::path::PathBuf;

/// Gets what the service's installation signed about a version's module
///
/// Two statements, one a line: what its validation found, and from what it was built. They are
/// worth something only once they are verified, with the module and a key that you trust:
/// `wasm-runner verify`.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  wasm-runner tool attestation csv-stats@0.1.0
  wasm-runner tool attestation csv-stats@0.1.0 --output it.intoto.jsonl --artifact it.wasm
  wasm-runner verify it.wasm --attestation it.intoto.jsonl --key installation.pub")]
pub(super) struct Args {
    /// The version
    #[arg(value_name = "PROPOSAL_ID|NAME@VERSION")]
    tool: VersionName,
    /// Writes them there instead of printing them
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Writes the module there too, which they are about
    #[arg(long, value_name = "FILE")]
    artifact: Option<PathBuf>,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Exit> {
    let client = Client::connect(&args.server).await?;
    let request = GetAttestationsRequest {
        tool: Some((&args.tool).into()),
    };
    let answer = client.knowledge().get_attestations(request).await?;
    let answer = answer.into_inner();
    if let Some(path) = &args.artifact {
        let module = client.artifact(&answer.artifact_digest).await?;
        write_file(path, &module)?;
    }
    match &args.output {
        Some(path) => {
            write_file(path, answer.bundle.as_bytes())?;
            writeln!(err(), "wrote {}", path.display())?;
        }
        None => out().write_all(answer.bundle.as_bytes())?,
    }
    Ok(Exit::Success)
}
