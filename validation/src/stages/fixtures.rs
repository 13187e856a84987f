//! Folders for tests and examples: private copies of the proposal's own files.

use crate::{CapabilityRequest, Manifest, ProposedTool, ValidationError};
use policies::{GuestPath, HostPath, Policy};
use std::path::Path;

/// The folders of one run; removed when it is dropped.
pub(crate) struct Folders {
    /// The grant, its folders bound to the copies.
    pub(crate) policy: Policy,
    _folder: tempfile::TempDir,
}

/// Copies each folder's fixture, so that no run sees what another wrote.
pub(crate) fn bind(
    proposal: &ProposedTool,
    manifest: &Manifest,
    grant: &Policy,
) -> Result<Folders, ValidationError> {
    let doing = "laying fixtures out";
    let folder = tempfile::Builder::new()
        .prefix("wasm-runner-fixtures-")
        .tempdir()
        .map_err(ValidationError::machine(doing))?;
    let mut policy = grant.clone();
    for (index, bound) in policy.capabilities.directories.iter_mut().enumerate() {
        let path = folder.path().join(index.to_string());
        let GuestPath::Path(guest) = &bound.guest else {
            continue;
        };
        let fixture = manifest
            .capabilities
            .iter()
            .find_map(|request| match request {
                CapabilityRequest::Directory {
                    guest: asked,
                    fixture,
                    ..
                } if asked.trim_end_matches('/') == guest => fixture.as_deref(),
                _ => None,
            });
        copy(proposal, fixture, &path).map_err(ValidationError::machine(doing))?;
        bound.host = HostPath::Path(path);
    }
    Ok(Folders {
        policy,
        _folder: folder,
    })
}

fn copy(proposal: &ProposedTool, fixture: Option<&str>, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    let Some(fixture) = fixture else {
        return Ok(());
    };
    let prefix = format!("{}/", fixture.trim_end_matches('/'));
    for file in &proposal.files {
        // Paths were checked when the proposal was: none leads out.
        if let Some(path) = file.path.strip_prefix(&prefix) {
            let path = to.join(path);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::write(path, &file.content)?;
        }
    }
    Ok(())
}
