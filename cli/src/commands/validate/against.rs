//! The version that a proposal is compared with.

use crate::client::{Client, ServerArgs};
use crate::problem::{Problem, file_problem};
use crate::wire::{ToolName, incomplete, strange};
use host_api::proto::GetToolRequest;
use std::path::Path;
use validation::{Manifest, Previous, ProposedTool};

/// Finds it: a file, or at a service a module by its digest or a tool by its name.
pub(super) async fn find(name: &str, server: &ServerArgs) -> anyhow::Result<Previous> {
    let path = Path::new(name);
    if path.is_file() {
        let module = std::fs::read(path).map_err(|error| file_problem("read", path, error))?;
        return Ok(Previous::module(module));
    }
    if is_digest(name) {
        let client = Client::connect(server).await?;
        return Ok(Previous::module(client.artifact(name).await?));
    }
    let tool = name.parse::<ToolName>().ok().filter(|_| !is_path(name));
    let tool = tool.ok_or_else(|| {
        Problem::new(format!(
            "--against {}: there is no such file",
            name.escape_debug()
        ))
        .remedy("give a module's file, or a module's SHA-256 or NAME[@VERSION] at a service")
    })?;
    let client = Client::connect(server).await?;
    let request = GetToolRequest {
        name: tool.name.clone(),
        version: tool.version_text(),
        include_source: true,
        ..GetToolRequest::default()
    };
    let answer = client.knowledge().get_tool(request).await?.into_inner();
    let version = answer.tool.ok_or_else(|| incomplete("tool"))?;
    if version.artifact_digest.is_empty() {
        return Err(Problem::new(format!(
            "--against {}: version {} has no module: it was not built",
            name.escape_debug(),
            version.version
        ))
        .remedy("name a version that was; `wasm-runner tool list` has them all")
        .into());
    }
    let mut previous = Previous::module(client.artifact(&version.artifact_digest).await?);
    let manifest = answer.manifest.map(Manifest::try_from).transpose();
    let proposal = answer.proposal.map(ProposedTool::try_from).transpose();
    previous.label = version.version.clone();
    previous.version = version.version.parse().ok();
    previous.manifest = manifest.map_err(strange("manifest"))?;
    previous.proposal = proposal.map_err(strange("proposal"))?;
    Ok(previous)
}

/// 64 digits, as the service writes them.
fn is_digest(name: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    name.len() == 64 && name.bytes().all(is_digit)
}

/// Whether it can't be the name of a tool.
fn is_path(name: &str) -> bool {
    name.contains(['/', '\\'])
        || Path::new(name)
            .extension()
            .is_some_and(|it| it.eq_ignore_ascii_case("wasm"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_digests_and_names_are_told_apart() {
        assert!(is_digest(&"0a".repeat(32)));
        assert!(!is_digest(&"0a".repeat(31)));
        assert!(!is_digest(&"0A".repeat(32)));
        for (name, expected) in [
            ("csv-stats", false),
            ("csv-stats@1.0.0", false),
            ("missing.wasm", true),
            ("./csv-stats", true),
        ] {
            assert_eq!(is_path(name), expected, "{name}");
        }
    }
}
