//! What others are told: one CloudEvents 1.0 event a move.

use crate::{Digest, Move, ProposalId, State};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One event in the structured JSON form of CloudEvents 1.0; `serde_json::to_string` of it is
/// what goes over the wire.
///
/// The `sequence` extension is strictly increasing over the whole knowledge base and has no
/// gaps: whoever has seen event *n* has missed nothing before it. As text it has 20 digits, so
/// that it sorts as text as well, as the extension asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// `1.0`.
    pub specversion: String,
    /// Unique over all sources: a UUID of version 7.
    pub id: Uuid,
    /// Which knowledge base: `/wasm-runner/knowledge-base/` and the UUID it was created with.
    pub source: String,
    /// Such as `dev.ocode.tool.activated.v1`; see [`Move::event_type`].
    #[serde(rename = "type")]
    pub event_type: String,
    /// The tool version, as `name@version`.
    pub subject: String,
    /// When.
    pub time: Timestamp,
    /// `application/json`.
    pub datacontenttype: String,
    /// The sequence number.
    #[serde(with = "sequence_text")]
    pub sequence: u64,
    /// What happened.
    pub data: EventData,
}

/// What happened, to what, by whom and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventData {
    /// Which proposal.
    pub proposal_id: ProposalId,
    /// The tool's identity over all its versions.
    pub tool_id: Uuid,
    /// The tool's name.
    pub name: String,
    /// The version.
    pub version: semver::Version,
    /// What happened.
    #[serde(rename = "move")]
    pub by_move: Move,
    /// The state before; absent for the first move.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<State>,
    /// The state after.
    pub to: State,
    /// The module's digest, from validation on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_digest: Option<Digest>,
    /// Who did it.
    pub by: String,
    /// Why.
    pub reason: String,
}

mod sequence_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde calls it with a reference"
    )]
    pub(super) fn serialize<S: Serializer>(value: &u64, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&format!("{value:020}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        let text = String::deserialize(from)?;
        text.parse()
            .map_err(|_| D::Error::custom(format!("`{text}` is no sequence number")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_a_cloud_event_in_json() {
        let event = Event {
            specversion: "1.0".to_owned(),
            id: Uuid::from_u128(1),
            source: "/wasm-runner/knowledge-base/x".to_owned(),
            event_type: Move::Activate.event_type().to_owned(),
            subject: "word-count@1.0.0".to_owned(),
            time: Timestamp::from_microsecond(1_000_001).unwrap(),
            datacontenttype: "application/json".to_owned(),
            sequence: 42,
            data: EventData {
                proposal_id: Uuid::from_u128(2).into(),
                tool_id: Uuid::from_u128(3),
                name: "word-count".to_owned(),
                version: semver::Version::new(1, 0, 0),
                by_move: Move::Activate,
                from: Some(State::Passed),
                to: State::Active,
                artifact_digest: Some(Digest::of(b"")),
                by: "ada".to_owned(),
                reason: "wanted".to_owned(),
            },
        };
        let text = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
        insta::assert_snapshot!(serde_json::to_string_pretty(&event).unwrap(), @r#"
        {
          "specversion": "1.0",
          "id": "00000000-0000-0000-0000-000000000001",
          "source": "/wasm-runner/knowledge-base/x",
          "type": "dev.ocode.tool.activated.v1",
          "subject": "word-count@1.0.0",
          "time": "1970-01-01T00:00:01.000001Z",
          "datacontenttype": "application/json",
          "sequence": "00000000000000000042",
          "data": {
            "proposal_id": "00000000-0000-0000-0000-000000000002",
            "tool_id": "00000000-0000-0000-0000-000000000003",
            "name": "word-count",
            "version": "1.0.0",
            "move": "activate",
            "from": "passed",
            "to": "active",
            "artifact_digest": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "by": "ada",
            "reason": "wanted"
          }
        }
        "#);
    }
}
