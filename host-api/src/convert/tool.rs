//! Proposals and manifests.

use super::policy::access_from_wire;
use super::{
    WireError, inner, json, json_text, list, name_of, named, non_empty, parsed, required, version,
};
use crate::proto::{self, capability_request as request};
use policies::{Bytes, Fuel};
use validation::{
    CallBudget, CapabilityRequest, Example, FieldViolation, Generator, Language, Manifest,
    Properties, ProposedTool, SourceFile,
};

impl From<&ProposedTool> for proto::ProposedTool {
    /// The author's part; status, results and times are filled in by whoever knows them.
    fn from(tool: &ProposedTool) -> Self {
        Self {
            tool_id: tool.tool_id.map(|id| id.to_string()).unwrap_or_default(),
            name: tool.name.clone(),
            description: tool.description.clone(),
            signature: tool.signature.clone(),
            source_code: tool.source_code.clone(),
            test_code: tool.test_code.clone(),
            documentation: tool.documentation.clone(),
            language: name_of(&tool.language),
            dependencies: tool.dependencies.clone(),
            validation_status: proto::ValidationStatus::Unspecified.into(),
            validation_results: String::new(),
            created_at: None,
            updated_at: None,
            generated_by_agent_id: tool.generated_by_agent_id.clone(),
            version: tool.version.to_string(),
            specification_json: tool
                .specification
                .as_ref()
                .map(json_text)
                .unwrap_or_default(),
            generator: tool.generator.as_ref().map(|generator| proto::Generator {
                model: generator.model.clone(),
                prompt_version: generator.prompt_version.clone(),
            }),
            files: tool
                .files
                .iter()
                .map(|file| proto::SourceFile {
                    path: file.path.clone(),
                    content: file.content.clone(),
                })
                .collect(),
        }
    }
}

/// Collects what is wrong, so that a proposal is refused with all of it at once.
#[derive(Default)]
struct Wrong(Vec<FieldViolation>);

impl Wrong {
    /// The value, or a stand-in that lets the checking go on.
    fn or<T>(&mut self, result: Result<T, WireError>, stand_in: T) -> T {
        result.unwrap_or_else(|error| {
            self.0.extend(error.violations);
            stand_in
        })
    }
}

impl TryFrom<proto::ProposedTool> for ProposedTool {
    type Error = WireError;

    /// Checked with [`ProposedTool::check`] too.
    fn try_from(wire: proto::ProposedTool) -> Result<Self, WireError> {
        let mut wrong = Wrong::default();
        let tool_id = non_empty(wire.tool_id).map(|id| {
            let shown: String = id.escape_debug().take(80).collect();
            uuid::Uuid::parse_str(&id).map_err(|error| {
                WireError::one("tool_id", format!("`{shown}` is no UUID: {error}"))
            })
        });
        let specification =
            non_empty(wire.specification_json).map(|text| json(&text, "specification_json"));
        let tool = Self {
            tool_id: tool_id.and_then(|id| wrong.or(id.map(Some), None)),
            version: wrong.or(
                version(&wire.version, "version"),
                semver::Version::new(0, 0, 0),
            ),
            language: wrong.or(language(&wire.language), Language::Rust),
            specification: specification
                .and_then(|specification| wrong.or(specification.map(Some), None)),
            name: wire.name,
            description: wire.description,
            signature: wire.signature,
            source_code: wire.source_code,
            test_code: wire.test_code,
            documentation: wire.documentation,
            dependencies: wire.dependencies,
            files: wire
                .files
                .into_iter()
                .map(|file| SourceFile {
                    path: file.path,
                    content: file.content,
                })
                .collect(),
            generator: wire.generator.map(|generator| Generator {
                model: generator.model,
                prompt_version: generator.prompt_version,
            }),
            generated_by_agent_id: wire.generated_by_agent_id,
        };
        if let Err(error) = tool.check() {
            wrong.0.extend(error.violations);
        }
        if wrong.0.is_empty() {
            Ok(tool)
        } else {
            Err(WireError {
                violations: wrong.0,
            })
        }
    }
}

fn language(name: &str) -> Result<Language, WireError> {
    named(name, "language").map_err(|_: WireError| {
        let shown: String = name.escape_debug().take(40).collect();
        WireError::one(
            "language",
            format!("there is no builder for `{shown}`: write `rust`"),
        )
    })
}

impl From<&Manifest> for proto::Manifest {
    fn from(manifest: &Manifest) -> Self {
        Self {
            name: manifest.name.clone(),
            version: manifest.version.to_string(),
            description: manifest.description.clone(),
            input_schema_json: json_text(&manifest.input_schema),
            output_schema_json: json_text(&manifest.output_schema),
            capabilities: manifest.capabilities.iter().map(Into::into).collect(),
            examples: manifest.examples.iter().map(Into::into).collect(),
            properties: Some(proto::Properties {
                deterministic: manifest.properties.deterministic,
                idempotent: manifest.properties.idempotent,
                total: manifest.properties.total,
            }),
            budget: (!manifest.budget.is_empty()).then(|| proto::CallBudget {
                fuel: manifest.budget.fuel.map(|fuel| fuel.0),
                memory_bytes: manifest.budget.memory.map(|memory| memory.0),
                growth: manifest.budget.growth,
                input_bytes: manifest.budget.input.map(|input| input.0),
            }),
        }
    }
}

impl TryFrom<proto::Manifest> for Manifest {
    type Error = WireError;
    fn try_from(wire: proto::Manifest) -> Result<Self, WireError> {
        let properties = wire.properties.unwrap_or_default();
        let budget = wire.budget.unwrap_or_default();
        Ok(Self {
            name: wire.name,
            version: parsed(&wire.version, "version")?,
            description: wire.description,
            input_schema: json(&wire.input_schema_json, "input_schema_json")?,
            output_schema: json(&wire.output_schema_json, "output_schema_json")?,
            capabilities: list(wire.capabilities, "capabilities")?,
            examples: list(wire.examples, "examples")?,
            properties: Properties {
                deterministic: properties.deterministic,
                idempotent: properties.idempotent,
                total: properties.total,
            },
            budget: CallBudget {
                fuel: budget.fuel.map(Fuel),
                memory: budget.memory_bytes.map(Bytes),
                growth: budget.growth,
                input: budget.input_bytes.map(Bytes),
            },
        })
    }
}

impl From<&CapabilityRequest> for proto::CapabilityRequest {
    fn from(capability: &CapabilityRequest) -> Self {
        use request::{Capability, DirectoryRequest, RealClock, RealRandom};
        let (reason, capability) = match capability {
            CapabilityRequest::Directory {
                guest,
                access,
                reason,
                fixture,
            } => (
                reason,
                Capability::Directory(DirectoryRequest {
                    guest: guest.clone(),
                    access: proto::Access::from(*access).into(),
                    fixture: fixture.clone().unwrap_or_default(),
                }),
            ),
            CapabilityRequest::Environment { name, reason } => {
                (reason, Capability::Environment(name.clone()))
            }
            CapabilityRequest::Network { host, reason } => {
                (reason, Capability::Network(host.clone()))
            }
            CapabilityRequest::RealClock { reason } => {
                (reason, Capability::RealClock(RealClock {}))
            }
            CapabilityRequest::RealRandom { reason } => {
                (reason, Capability::RealRandom(RealRandom {}))
            }
        };
        Self {
            reason: reason.clone(),
            capability: Some(capability),
        }
    }
}

impl TryFrom<proto::CapabilityRequest> for CapabilityRequest {
    type Error = WireError;
    fn try_from(wire: proto::CapabilityRequest) -> Result<Self, WireError> {
        use request::Capability;
        let reason = wire.reason;
        Ok(match required(wire.capability, "capability")? {
            Capability::Directory(directory) => Self::Directory {
                access: required(access_from_wire(directory.access()), "directory.access")?,
                guest: directory.guest,
                fixture: non_empty(directory.fixture),
                reason,
            },
            Capability::Environment(name) => Self::Environment { name, reason },
            Capability::Network(host) => Self::Network { host, reason },
            Capability::RealClock(_) => Self::RealClock { reason },
            Capability::RealRandom(_) => Self::RealRandom { reason },
        })
    }
}

impl From<&Example> for proto::Example {
    fn from(example: &Example) -> Self {
        use proto::example::Expected;
        Self {
            name: example.name.clone(),
            input_json: json_text(&example.input),
            expected: match (&example.output, &example.error) {
                (Some(output), _) => Some(Expected::OutputJson(json_text(output))),
                (None, Some(error)) => Some(Expected::Error(error.clone())),
                (None, None) => None,
            },
        }
    }
}

impl TryFrom<proto::Example> for Example {
    type Error = WireError;
    fn try_from(wire: proto::Example) -> Result<Self, WireError> {
        use proto::example::Expected;
        let (output, error) = match wire.expected {
            Some(Expected::OutputJson(text)) => (Some(json(&text, "output_json")?), None),
            Some(Expected::Error(error)) => (None, Some(error)),
            None => (None, None),
        };
        Ok(Self {
            name: wire.name,
            input: json(&wire.input_json, "input_json")?,
            output,
            error,
        })
    }
}

/// The proposal of a request, with its violations named from the request.
pub(crate) fn proposal(wire: Option<proto::ProposedTool>) -> Result<ProposedTool, WireError> {
    inner(wire, "tool")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn manifest() -> Manifest {
        serde_json::from_value(json!({
            "name": "n", "version": "1.2.3-rc.1", "description": "d",
            "input_schema": {"type": "object", "maximum": 18_446_744_073_709_551_615_u64},
            "output_schema": true,
            "capabilities": [
                {"kind": "directory", "guest": "/d", "access": "read-write", "reason": "r", "fixture": "fixtures/d"},
                {"kind": "directory", "guest": "/e", "access": "read", "reason": "r"},
                {"kind": "environment", "name": "TZ", "reason": "r"},
                {"kind": "network", "host": "a.example:443", "reason": "r"},
                {"kind": "real_clock", "reason": "r"},
                {"kind": "real_random", "reason": "r"},
            ],
            "examples": [
                {"name": "one", "input": 1, "output": null},
                {"input": {"b": 1, "a": 2}, "output": [0.1]},
                {"input": "x", "error": "no"},
            ],
            "properties": {"deterministic": true, "idempotent": false, "total": true},
            "budget": {"fuel": 5_000_000, "memory": 1_048_576, "growth": 1.5, "input": 4096},
        }))
        .unwrap()
    }

    fn tool() -> ProposedTool {
        ProposedTool {
            tool_id: Some(uuid::Uuid::from_u128(7)),
            name: "word-count".into(),
            version: "1.2.3-rc.1+b".parse().unwrap(),
            description: "Counts.".into(),
            signature: "fn f()".into(),
            source_code: String::new(),
            test_code: String::new(),
            documentation: "# d".into(),
            language: Language::Rust,
            dependencies: vec!["serde".into()],
            files: vec![SourceFile {
                path: "src/main.rs".into(),
                content: "fn main() {}".into(),
            }],
            specification: Some(manifest()),
            generator: Some(Generator {
                model: "m".into(),
                prompt_version: "p".into(),
            }),
            generated_by_agent_id: "agent-7".into(),
        }
    }

    #[test]
    fn a_proposal_comes_back_whole() {
        assert_eq!(
            ProposedTool::try_from(proto::ProposedTool::from(&tool())),
            Ok(tool())
        );
        let small = ProposedTool {
            tool_id: None,
            source_code: "fn main() {}".into(),
            test_code: "t".into(),
            files: Vec::new(),
            specification: None,
            generator: None,
            ..tool()
        };
        assert_eq!(
            ProposedTool::try_from(proto::ProposedTool::from(&small)),
            Ok(small)
        );
    }

    #[test]
    fn everything_wrong_with_a_proposal_is_named_at_once() {
        let wire = proto::ProposedTool {
            tool_id: "seven".into(),
            name: "Word Count".into(),
            version: "1".into(),
            language: "cobol".into(),
            specification_json: "{".into(),
            files: vec![proto::SourceFile {
                path: "../x".into(),
                content: String::new(),
            }],
            ..Default::default()
        };
        let error = proposal(Some(wire)).unwrap_err();
        let fields: Vec<_> = error.violations.iter().map(|v| v.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "tool.tool_id",
                "tool.version",
                "tool.language",
                "tool.specification_json",
                "tool.name",
                "tool.files[0].path"
            ]
        );
        assert_eq!(
            proposal(None).unwrap_err().to_string(),
            "tool: it is missing"
        );
    }

    #[test]
    fn a_manifest_comes_back_with_its_numbers_and_the_order_of_its_keys() {
        let wire = proto::Manifest::from(&manifest());
        assert_eq!(wire.examples[1].input_json, r#"{"b":1,"a":2}"#);
        assert_eq!(Manifest::try_from(wire), Ok(manifest()));
    }

    #[test]
    fn an_example_whose_output_is_null_is_not_one_without_output() {
        let manifest = manifest();
        let wire = proto::Example::from(&manifest.examples[0]);
        // JSON itself can't tell the two apart, so neither can the manifest's JSON form.
        assert_eq!(manifest.examples[0].output, None);
        assert_eq!(wire.expected, None);
        let example = Example {
            output: Some(serde_json::Value::Null),
            ..manifest.examples[0].clone()
        };
        assert_eq!(
            Example::try_from(proto::Example::from(&example)),
            Ok(example)
        );
    }
}
