//! The version that a proposal is compared with.

use crate::{Manifest, ProposedTool};

/// The version that a proposal is compared with: the active one, or any module. It is as little
/// trusted as the proposal: it is compiled and run in the confined process of the stages.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Previous {
    /// What it is called in the report: its version, or the beginning of its module's digest.
    pub label: String,
    /// Its version, where that is known: a proposal that breaks with it by its number (semver)
    /// may change what was released.
    pub version: Option<semver::Version>,
    /// Its module or component.
    pub artifact: Vec<u8>,
    /// What it says of itself; where it is absent, the module is asked.
    pub manifest: Option<Manifest>,
    /// From what it was built, where that is known.
    pub proposal: Option<ProposedTool>,
}

impl Previous {
    /// A module of which nothing else is known.
    pub fn module(artifact: Vec<u8>) -> Self {
        let digest = runtime::Digest::of(&artifact).to_string();
        Self {
            label: format!("sha256:{}", &digest[..12.min(digest.len())]),
            version: None,
            artifact,
            manifest: None,
            proposal: None,
        }
    }

    /// A version that is known whole.
    pub fn version(
        version: semver::Version,
        artifact: Vec<u8>,
        manifest: Manifest,
        proposal: ProposedTool,
    ) -> Self {
        Self {
            label: version.to_string(),
            version: Some(version),
            artifact,
            manifest: Some(manifest),
            proposal: Some(proposal),
        }
    }
}
