//! Between the protocol's messages and what people write and read.
//!
//! The messages' own types are converted by `host_api::convert`.

mod stage;

pub(crate) use stage::progress;

use crate::problem::Problem;
use host_api::convert::WireError;
use host_api::proto::{ToolState, ToolVersion, ToolVersionRef, tool_version_ref};
use std::str::FromStr;

/// The name of a state, as everywhere else.
pub(crate) fn state_name(state: ToolState) -> &'static str {
    state.known().map_or("unknown", kbi::State::as_str)
}

/// A tool as people name it: `NAME` or `NAME@VERSION`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ToolName {
    pub(crate) name: String,
    pub(crate) version: Option<semver::Version>,
}

impl FromStr for ToolName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, version) = match text.split_once('@') {
            None => (text, None),
            Some((name, version)) => {
                let version = version
                    .parse()
                    .map_err(|error| format!("`{version}` is no version such as 1.2.0: {error}"))?;
                (name, Some(version))
            }
        };
        if name.is_empty() {
            return Err("write NAME or NAME@VERSION".to_owned());
        }
        Ok(Self {
            name: name.to_owned(),
            version,
        })
    }
}

impl ToolName {
    /// The version for a request; empty lets the service choose.
    pub(crate) fn version_text(&self) -> String {
        self.version
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default()
    }
}

/// One version as people name it: the proposal's UUID, or `NAME@VERSION`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum VersionName {
    Proposal(uuid::Uuid),
    Version(String, semver::Version),
}

impl FromStr for VersionName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(id) = text.parse() {
            return Ok(Self::Proposal(id));
        }
        match text.parse::<ToolName>()? {
            ToolName {
                name,
                version: Some(version),
            } => Ok(Self::Version(name, version)),
            ToolName { .. } => Err("write the proposal's id, or NAME@VERSION".to_owned()),
        }
    }
}

impl From<&VersionName> for ToolVersionRef {
    fn from(name: &VersionName) -> Self {
        use host_api::proto::NameAndVersion;
        use tool_version_ref::Ref;
        let reference = match name {
            VersionName::Proposal(id) => Ref::ProposalId(id.to_string()),
            VersionName::Version(name, version) => Ref::NameAndVersion(NameAndVersion {
                name: name.clone(),
                version: version.to_string(),
            }),
        };
        Self {
            r#ref: Some(reference),
        }
    }
}

/// What a service must send and did not.
pub(crate) fn incomplete(what: &str) -> Problem {
    Problem::new(format!("the service's answer has no {what}"))
        .remedy("is it of another version? `wasm-runner --version` tells ours")
}

/// What a service sent and we can't make sense of.
pub(crate) fn strange(what: &'static str) -> impl FnOnce(WireError) -> Problem {
    move |error| {
        Problem::new(format!("the service's {what} is none that we understand"))
            .because(error)
            .remedy("is it of another version? `wasm-runner --version` tells ours")
    }
}

/// One tool version as JSON.
pub(crate) fn version_json(tool: &ToolVersion) -> serde_json::Value {
    let optional = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    serde_json::json!({
        "name": tool.name,
        "version": tool.version,
        "state": state_name(tool.state()),
        "description": tool.description,
        "confidence": tool.confidence,
        "proposal_id": tool.proposal_id,
        "tool_id": tool.tool_id,
        "language": tool.language,
        "generated_by_agent_id": optional(&tool.generated_by_agent_id),
        "artifact_digest": optional(&tool.artifact_digest),
        "content_digest": tool.content_digest,
        "created_at": tool.created_at.as_ref().map(ToString::to_string),
        "updated_at": tool.updated_at.as_ref().map(ToString::to_string),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_named_with_or_without_a_version() {
        let name = |text: &str| text.parse::<ToolName>();
        assert_eq!(name("a").map(|it| it.version_text()), Ok(String::new()));
        assert_eq!(
            name("a@1.2.0").map(|it| it.version_text()),
            Ok("1.2.0".to_owned())
        );
        for bad in ["", "@1.0.0", "a@", "a@1", "a@latest"] {
            assert!(name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_version_is_an_id_or_a_name_with_version() {
        let id = "8c2f3f5e-7d5a-4f6e-9a53-1f6f6c1f0a11";
        assert_eq!(
            id.parse(),
            Ok(VersionName::Proposal(id.parse().expect("an id")))
        );
        let version = semver::Version::new(1, 2, 0);
        assert_eq!(
            "a@1.2.0".parse(),
            Ok(VersionName::Version("a".to_owned(), version))
        );
        assert!("a".parse::<VersionName>().is_err());
    }
}
