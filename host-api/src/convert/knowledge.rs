//! What the knowledge base tells: versions, states, audit log, events.

use super::{
    WireError, from_wire_time, name_of, non_empty, parsed, required, to_wire_time, version,
};
use crate::proto;
use kbi::{
    Attribution, AuditEntry, Decision, Event, EventData, State, ValidationStatus, VersionRecord,
};

impl From<&VersionRecord> for proto::ToolVersion {
    fn from(record: &VersionRecord) -> Self {
        Self {
            proposal_id: record.proposal_id.to_string(),
            tool_id: record.tool_id.to_string(),
            name: record.name.clone(),
            version: record.version.to_string(),
            description: record.description.clone(),
            language: name_of(&record.language),
            generated_by_agent_id: record.generated_by_agent_id.clone(),
            state: proto::ToolState::from(record.state).into(),
            validation_status: proto::ValidationStatus::from(record.state.validation_status())
                .into(),
            confidence: record.confidence,
            artifact_digest: record
                .artifact
                .map(|digest| digest.to_string())
                .unwrap_or_default(),
            content_digest: record.content_digest.to_string(),
            created_at: Some(to_wire_time(record.created_at)),
            updated_at: Some(to_wire_time(record.updated_at)),
        }
    }
}

impl From<State> for proto::ToolState {
    fn from(state: State) -> Self {
        match state {
            State::Proposed => Self::Proposed,
            State::Validating => Self::Validating,
            State::Passed => Self::Passed,
            State::Failed => Self::Failed,
            State::Review => Self::Review,
            State::Active => Self::Active,
            State::Rejected => Self::Rejected,
            State::Deprecated => Self::Deprecated,
            State::RolledBack => Self::RolledBack,
        }
    }
}

impl proto::ToolState {
    /// The state, unless none is said.
    pub fn known(self) -> Option<State> {
        Some(match self {
            Self::Unspecified => return None,
            Self::Proposed => State::Proposed,
            Self::Validating => State::Validating,
            Self::Passed => State::Passed,
            Self::Failed => State::Failed,
            Self::Review => State::Review,
            Self::Active => State::Active,
            Self::Rejected => State::Rejected,
            Self::Deprecated => State::Deprecated,
            Self::RolledBack => State::RolledBack,
        })
    }
}

impl From<ValidationStatus> for proto::ValidationStatus {
    fn from(status: ValidationStatus) -> Self {
        match status {
            ValidationStatus::Pending => Self::Pending,
            ValidationStatus::InProgress => Self::InProgress,
            ValidationStatus::Passed => Self::Passed,
            ValidationStatus::Failed => Self::Failed,
            ValidationStatus::HumanReviewRequired => Self::HumanReviewRequired,
        }
    }
}

impl proto::Decision {
    /// The decision, unless none is said.
    pub fn known(self) -> Option<Decision> {
        match self {
            Self::Unspecified => None,
            Self::Approve => Some(Decision::Approve),
            Self::Reject => Some(Decision::Reject),
        }
    }
}

impl From<&AuditEntry> for proto::AuditEntry {
    fn from(entry: &AuditEntry) -> Self {
        Self {
            sequence: entry.sequence,
            r#move: entry.by_move.to_string(),
            from_state: from_state(entry.from),
            to_state: proto::ToolState::from(entry.to).into(),
            by: entry.attribution.by.clone(),
            reason: entry.attribution.reason.clone(),
            time: Some(to_wire_time(entry.time)),
        }
    }
}

impl proto::AuditEntry {
    /// The row itself; the wire leaves out whose it is.
    ///
    /// # Errors
    /// What is missing or not known here.
    pub fn entry(self, proposal_id: kbi::ProposalId) -> Result<AuditEntry, WireError> {
        Ok(AuditEntry {
            sequence: self.sequence,
            proposal_id,
            by_move: parsed(&self.r#move, "move")?,
            from: self.from_state().known(),
            to: required(self.to_state().known(), "to_state")?,
            attribution: Attribution::new(self.by, self.reason),
            time: from_wire_time(self.time, "time")?,
        })
    }
}

fn from_state(state: Option<State>) -> i32 {
    state
        .map_or(proto::ToolState::Unspecified, Into::into)
        .into()
}

impl From<&Event> for proto::Event {
    fn from(event: &Event) -> Self {
        let data = &event.data;
        Self {
            sequence: event.sequence,
            id: event.id.to_string(),
            source: event.source.clone(),
            r#type: event.event_type.clone(),
            subject: event.subject.clone(),
            time: Some(to_wire_time(event.time)),
            data: Some(proto::EventData {
                proposal_id: data.proposal_id.to_string(),
                tool_id: data.tool_id.to_string(),
                name: data.name.clone(),
                version: data.version.to_string(),
                r#move: data.by_move.to_string(),
                from_state: from_state(data.from),
                to_state: proto::ToolState::from(data.to).into(),
                artifact_digest: data
                    .artifact_digest
                    .map(|digest| digest.to_string())
                    .unwrap_or_default(),
                by: data.by.clone(),
                reason: data.reason.clone(),
            }),
        }
    }
}

impl TryFrom<proto::Event> for Event {
    type Error = WireError;

    /// Its JSON form is the structured form of CloudEvents 1.0.
    fn try_from(wire: proto::Event) -> Result<Self, WireError> {
        let data = required(wire.data, "data")?;
        Ok(Self {
            specversion: "1.0".to_owned(),
            id: parsed(&wire.id, "id")?,
            source: wire.source,
            event_type: wire.r#type,
            subject: wire.subject,
            time: from_wire_time(wire.time, "time")?,
            datacontenttype: "application/json".to_owned(),
            sequence: wire.sequence,
            data: EventData {
                proposal_id: parsed(&data.proposal_id, "data.proposal_id")?,
                tool_id: parsed(&data.tool_id, "data.tool_id")?,
                version: version(&data.version, "data.version")?,
                by_move: parsed(&data.r#move, "data.move")?,
                from: data.from_state().known(),
                to: required(data.to_state().known(), "data.to_state")?,
                artifact_digest: non_empty(data.artifact_digest)
                    .map(|digest| parsed(&digest, "data.artifact_digest"))
                    .transpose()?,
                name: data.name,
                by: data.by,
                reason: data.reason,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use kbi::{Digest, Move};
    use uuid::Uuid;

    fn time() -> Timestamp {
        Timestamp::from_microsecond(1_700_000_000_123_456).unwrap()
    }

    #[test]
    fn every_state_and_status_has_its_name_on_the_wire() {
        for &state in State::ALL {
            let wire = proto::ToolState::from(state);
            assert_eq!(
                wire.as_str_name(),
                format!("TOOL_STATE_{}", state.as_str().to_ascii_uppercase())
            );
            assert_eq!(wire.known(), Some(state));
        }
        for &status in ValidationStatus::ALL {
            assert_eq!(
                proto::ValidationStatus::from(status).as_str_name(),
                format!("VALIDATION_STATUS_{}", status.as_str())
            );
        }
        assert_eq!(proto::ToolState::Unspecified.known(), None);
    }

    #[test]
    fn events_of_every_move_come_back() {
        for (index, &by_move) in Move::ALL.iter().enumerate() {
            let event = Event {
                specversion: "1.0".into(),
                id: Uuid::from_u128(1),
                source: "/wasm-runner/knowledge-base/x".into(),
                event_type: by_move.event_type().into(),
                subject: "n@1.0.0".into(),
                time: time(),
                datacontenttype: "application/json".into(),
                sequence: u64::MAX,
                data: EventData {
                    proposal_id: Uuid::from_u128(2).into(),
                    tool_id: Uuid::from_u128(3),
                    name: "n".into(),
                    version: "1.0.0-rc.1".parse().unwrap(),
                    by_move,
                    from: (index > 0).then_some(State::Review),
                    to: State::Active,
                    artifact_digest: (index > 1).then(|| Digest::of(b"")),
                    by: "ada".into(),
                    reason: "why".into(),
                },
            };
            assert_eq!(Event::try_from(proto::Event::from(&event)), Ok(event));
        }
    }

    #[test]
    fn audit_rows_come_back() {
        let id = kbi::ProposalId::from(Uuid::from_u128(2));
        for from in [None, Some(State::Passed)] {
            let entry = AuditEntry {
                sequence: 3,
                proposal_id: id,
                by_move: Move::Activate,
                from,
                to: State::Active,
                attribution: Attribution::new("ada", "why"),
                time: time(),
            };
            assert_eq!(proto::AuditEntry::from(&entry).entry(id), Ok(entry));
        }
    }
}
