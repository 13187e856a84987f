//! Everything about one tool version.

use crate::convert::{json_text, to_wire_time};
use crate::proto;
use kbi::{Cursor, Filter, KbiError, KnowledgeBase, PageRequest, ProposalId, VersionRecord};
use semver::Version;

/// The most versions of one tool that are listed with it.
const MAX_VERSIONS: u32 = 1000;

/// Which version is meant.
pub(crate) enum Which {
    Proposal(ProposalId),
    Version(String, Version),
    /// The highest active one; where none is active, the newest.
    Current(String),
}

pub(crate) fn id(kb: &dyn KnowledgeBase, which: &Which) -> Result<ProposalId, KbiError> {
    match which {
        Which::Proposal(id) => Ok(*id),
        Which::Version(name, version) => Ok(kb.version(name, version)?.proposal_id),
        Which::Current(name) => match kb.active(name, None) {
            Ok(active) => Ok(active.proposal_id),
            Err(error @ KbiError::NoActiveVersion { .. }) => {
                let newest = versions(kb, name, 1)?.into_iter().next();
                newest.map(|version| version.proposal_id).ok_or(error)
            }
            Err(error) => Err(error),
        },
    }
}

/// The versions of one tool, the newest first.
fn versions(kb: &dyn KnowledgeBase, name: &str, most: u32) -> Result<Vec<VersionRecord>, KbiError> {
    let filter = Filter {
        name_prefix: name.to_owned(),
        ..Filter::default()
    };
    let page = PageRequest {
        size: most,
        after: None::<Cursor>,
    };
    // In byte order a name comes before all longer ones that it begins.
    let page = kb.list(&filter, &page)?;
    Ok(page
        .items
        .into_iter()
        .take_while(|version| version.name == name)
        .collect())
}

pub(crate) fn everything(
    kb: &dyn KnowledgeBase,
    which: &Which,
    include_source: bool,
) -> Result<proto::GetToolResponse, KbiError> {
    let id = id(kb, which)?;
    let record = kb.proposal(id)?;
    let report = match kb.report(id) {
        Ok(report) => Some(report),
        Err(KbiError::NotValidated { .. }) => None,
        Err(error) => return Err(error),
    };
    let version = &record.version;
    let mut proposal = proto::ProposedTool::from(&record.tool);
    if !include_source {
        proposal.source_code.clear();
        proposal.test_code.clear();
        proposal.files.clear();
    }
    proposal.tool_id = version.tool_id.to_string();
    proposal.validation_status =
        proto::ValidationStatus::from(version.state.validation_status()).into();
    proposal.validation_results = report.as_ref().map(json_text).unwrap_or_default();
    proposal.created_at = Some(to_wire_time(version.created_at));
    proposal.updated_at = Some(to_wire_time(version.updated_at));
    let versions = versions(kb, &version.name, MAX_VERSIONS)?;
    Ok(proto::GetToolResponse {
        tool: Some(version.into()),
        proposal: Some(proposal),
        manifest: record.manifest.as_ref().map(Into::into),
        grant: record.grant.as_ref().map(Into::into),
        report: report.as_ref().map(Into::into),
        audit: kb.audit(id)?.iter().map(Into::into).collect(),
        versions: versions.iter().map(Into::into).collect(),
    })
}
