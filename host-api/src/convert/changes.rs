//! What changed since the version before.

use super::report::unknown;
use super::{WireError, list};
use crate::proto;
use validation::{
    AddedAndRemoved, BehaviourChange, BehaviourKind, Changes, FigureChange, SourceChange,
    SourceChangeKind,
};

impl From<&Changes> for proto::Changes {
    fn from(changes: &Changes) -> Self {
        Self {
            since: changes.since.clone(),
            artifact_digest: changes.artifact_digest.clone(),
            sources: changes
                .sources
                .as_ref()
                .map(|files| proto::changes::Sources {
                    files: files.iter().map(Into::into).collect(),
                }),
            dependencies: changes.dependencies.as_ref().map(Into::into),
            capabilities: changes.capabilities.as_ref().map(Into::into),
            figures: changes.figures.iter().map(Into::into).collect(),
            compared_count: changes.compared_count,
            incomparable_count: changes.incomparable_count,
            differing_count: changes.differing_count,
            behaviours: changes.behaviours.iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<proto::Changes> for Changes {
    type Error = WireError;
    fn try_from(wire: proto::Changes) -> Result<Self, WireError> {
        Ok(Self {
            since: wire.since,
            artifact_digest: wire.artifact_digest,
            sources: wire
                .sources
                .map(|sources| list(sources.files, "sources.files"))
                .transpose()?,
            dependencies: wire.dependencies.map(Into::into),
            capabilities: wire.capabilities.map(Into::into),
            figures: wire.figures.into_iter().map(Into::into).collect(),
            compared_count: wire.compared_count,
            incomparable_count: wire.incomparable_count,
            differing_count: wire.differing_count,
            behaviours: list(wire.behaviours, "behaviours")?,
        })
    }
}

impl From<&AddedAndRemoved> for proto::AddedAndRemoved {
    fn from(both: &AddedAndRemoved) -> Self {
        Self {
            added: both.added.clone(),
            removed: both.removed.clone(),
        }
    }
}

impl From<proto::AddedAndRemoved> for AddedAndRemoved {
    fn from(wire: proto::AddedAndRemoved) -> Self {
        Self {
            added: wire.added,
            removed: wire.removed,
        }
    }
}

impl From<&SourceChange> for proto::SourceChange {
    fn from(source: &SourceChange) -> Self {
        Self {
            path: source.path.clone(),
            change: match source.change {
                SourceChangeKind::Added => proto::SourceChangeKind::Added,
                SourceChangeKind::Removed => proto::SourceChangeKind::Removed,
                SourceChangeKind::Changed => proto::SourceChangeKind::Changed,
            }
            .into(),
            lines_added: source.lines_added,
            lines_removed: source.lines_removed,
        }
    }
}

impl TryFrom<proto::SourceChange> for SourceChange {
    type Error = WireError;
    fn try_from(wire: proto::SourceChange) -> Result<Self, WireError> {
        Ok(Self {
            change: match wire.change() {
                proto::SourceChangeKind::Added => SourceChangeKind::Added,
                proto::SourceChangeKind::Removed => SourceChangeKind::Removed,
                proto::SourceChangeKind::Changed => SourceChangeKind::Changed,
                proto::SourceChangeKind::Unspecified => return Err(unknown("change")),
            },
            path: wire.path,
            lines_added: wire.lines_added,
            lines_removed: wire.lines_removed,
        })
    }
}

impl From<&FigureChange> for proto::FigureChange {
    fn from(figure: &FigureChange) -> Self {
        Self {
            name: figure.name.clone(),
            before: figure.before,
            after: figure.after,
        }
    }
}

impl From<proto::FigureChange> for FigureChange {
    fn from(wire: proto::FigureChange) -> Self {
        Self {
            name: wire.name,
            before: wire.before,
            after: wire.after,
        }
    }
}

impl From<&BehaviourChange> for proto::BehaviourChange {
    fn from(behaviour: &BehaviourChange) -> Self {
        Self {
            kind: match behaviour.kind {
                BehaviourKind::Example => proto::BehaviourKind::Example,
                BehaviourKind::Fails => proto::BehaviourKind::Fails,
                BehaviourKind::Answer => proto::BehaviourKind::Answer,
                BehaviourKind::Answers => proto::BehaviourKind::Answers,
            }
            .into(),
            input: behaviour.input.clone(),
            before: behaviour.before.clone(),
            after: behaviour.after.clone(),
        }
    }
}

impl TryFrom<proto::BehaviourChange> for BehaviourChange {
    type Error = WireError;
    fn try_from(wire: proto::BehaviourChange) -> Result<Self, WireError> {
        Ok(Self {
            kind: match wire.kind() {
                proto::BehaviourKind::Example => BehaviourKind::Example,
                proto::BehaviourKind::Fails => BehaviourKind::Fails,
                proto::BehaviourKind::Answer => BehaviourKind::Answer,
                proto::BehaviourKind::Answers => BehaviourKind::Answers,
                proto::BehaviourKind::Unspecified => return Err(unknown("kind")),
            },
            input: wire.input,
            before: wire.before,
            after: wire.after,
        })
    }
}
