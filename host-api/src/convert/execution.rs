//! Executions.

use super::{WireError, inner, list, name_of, named, non_empty};
use crate::proto::{self, OutcomeKind as Wire};
use policies::{Bytes, Fuel, WallTime};
use runtime::{Captured, DeniedAttempt, Execution, Frame, Outcome, Usage};

impl From<Execution> for proto::Execution {
    fn from(execution: Execution) -> Self {
        Self {
            outcome: Some((&execution.outcome).into()),
            output: execution.output.into(),
            stdout: Some(execution.stdout.into()),
            stderr: Some(execution.stderr.into()),
            usage: Some(execution.usage.into()),
            denied: execution.denied.into_iter().map(Into::into).collect(),
            backtrace: execution.backtrace.into_iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<proto::Execution> for Execution {
    type Error = WireError;
    fn try_from(wire: proto::Execution) -> Result<Self, WireError> {
        let mut execution = Self::ended(inner(wire.outcome, "outcome")?);
        execution.output = wire.output.into();
        execution.stdout = wire.stdout.unwrap_or_default().into();
        execution.stderr = wire.stderr.unwrap_or_default().into();
        execution.usage = wire.usage.unwrap_or_default().into();
        execution.denied = list(wire.denied, "denied")?;
        execution.backtrace = wire.backtrace.into_iter().map(Into::into).collect();
        Ok(execution)
    }
}

impl From<&Outcome> for proto::Outcome {
    fn from(outcome: &Outcome) -> Self {
        let plain = |kind: Wire, message: String| Self {
            kind: kind.into(),
            message,
            exit_code: None,
            limit: None,
        };
        let limited = |kind, limit: u64, message| Self {
            limit: Some(limit),
            ..plain(kind, message)
        };
        match outcome {
            Outcome::Success => plain(Wire::Success, String::new()),
            Outcome::ToolError { exit_code } => Self {
                exit_code: Some(*exit_code),
                ..plain(
                    Wire::ToolError,
                    format!("the tool said no: exit code {exit_code}"),
                )
            },
            Outcome::Trap { message } => plain(Wire::Trap, message.clone()),
            Outcome::FuelExhausted { limit } => limited(
                Wire::FuelExhausted,
                limit.0,
                format!("the fuel of {limit} was used up"),
            ),
            Outcome::MemoryExceeded { message } => plain(Wire::MemoryExceeded, message.clone()),
            Outcome::DeadlineExceeded { limit } => limited(
                Wire::DeadlineExceeded,
                limit.0,
                format!("the wall time of {limit} ran out"),
            ),
            Outcome::OutputExceeded { limit } => limited(
                Wire::OutputExceeded,
                limit.0,
                format!("more than {limit} were written to standard output"),
            ),
            Outcome::InvalidInput { message } => plain(Wire::InvalidInput, message.clone()),
            Outcome::InvalidOutput { message } => plain(Wire::InvalidOutput, message.clone()),
            Outcome::Cancelled => plain(Wire::Cancelled, String::new()),
            // A kind that this version of the protocol does not know is told by its name.
            other => plain(Wire::Unspecified, other.kind().as_str().to_owned()),
        }
    }
}

impl TryFrom<proto::Outcome> for Outcome {
    type Error = WireError;
    fn try_from(wire: proto::Outcome) -> Result<Self, WireError> {
        let limit = wire.limit.unwrap_or(0);
        Ok(match wire.kind() {
            Wire::Success => Self::Success,
            Wire::ToolError => Self::ToolError {
                exit_code: wire.exit_code.unwrap_or(1),
            },
            Wire::Trap => Self::Trap {
                message: wire.message,
            },
            Wire::FuelExhausted => Self::FuelExhausted { limit: Fuel(limit) },
            Wire::MemoryExceeded => Self::MemoryExceeded {
                message: wire.message,
            },
            Wire::DeadlineExceeded => Self::DeadlineExceeded {
                limit: WallTime(limit),
            },
            Wire::OutputExceeded => Self::OutputExceeded {
                limit: Bytes(limit),
            },
            Wire::InvalidInput => Self::InvalidInput {
                message: wire.message,
            },
            Wire::InvalidOutput => Self::InvalidOutput {
                message: wire.message,
            },
            Wire::Cancelled => Self::Cancelled,
            Wire::Unspecified => {
                return Err(WireError::one(
                    "kind",
                    format!(
                        "this outcome is not known here ({}): use a newer client",
                        wire.message
                    ),
                ));
            }
        })
    }
}

impl From<Captured> for proto::Captured {
    fn from(captured: Captured) -> Self {
        Self {
            data: captured.bytes.into(),
            truncated: captured.truncated,
        }
    }
}

impl From<proto::Captured> for Captured {
    fn from(wire: proto::Captured) -> Self {
        Self {
            bytes: wire.data.into(),
            truncated: wire.truncated,
        }
    }
}

impl From<Usage> for proto::Usage {
    fn from(usage: Usage) -> Self {
        Self {
            fuel: usage.fuel,
            peak_memory_bytes: usage.peak_memory,
            wall_micros: usage.wall_micros,
            cpu_micros: usage.cpu_micros,
            host_calls: usage.host_calls,
            bytes_read: usage.bytes_read,
            bytes_written: usage.bytes_written,
            files_created: usage.files_created,
            denied: usage.denied,
            network_requests: usage.network_requests,
            network_sent: usage.network_sent,
            network_received: usage.network_received,
        }
    }
}

impl From<proto::Usage> for Usage {
    fn from(wire: proto::Usage) -> Self {
        let mut usage = Self::default();
        usage.fuel = wire.fuel;
        usage.peak_memory = wire.peak_memory_bytes;
        usage.wall_micros = wire.wall_micros;
        usage.cpu_micros = wire.cpu_micros;
        usage.host_calls = wire.host_calls;
        usage.bytes_read = wire.bytes_read;
        usage.bytes_written = wire.bytes_written;
        usage.files_created = wire.files_created;
        usage.denied = wire.denied;
        usage.network_requests = wire.network_requests;
        usage.network_sent = wire.network_sent;
        usage.network_received = wire.network_received;
        usage
    }
}

impl From<DeniedAttempt> for proto::DeniedAttempt {
    fn from(attempt: DeniedAttempt) -> Self {
        Self {
            rule: name_of(&attempt.rule),
            what: attempt.what,
            target: attempt.target,
        }
    }
}

impl TryFrom<proto::DeniedAttempt> for DeniedAttempt {
    type Error = WireError;
    fn try_from(wire: proto::DeniedAttempt) -> Result<Self, WireError> {
        Ok(Self {
            rule: named(&wire.rule, "rule")?,
            what: wire.what,
            target: wire.target,
        })
    }
}

impl From<Frame> for proto::Frame {
    fn from(frame: Frame) -> Self {
        Self {
            index: frame.index,
            function: frame.function.unwrap_or_default(),
            location: frame.location.unwrap_or_default(),
        }
    }
}

impl From<proto::Frame> for Frame {
    fn from(wire: proto::Frame) -> Self {
        Self {
            index: wire.index,
            function: non_empty(wire.function),
            location: non_empty(wire.location),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use runtime::Rule;

    fn outcomes() -> Vec<Outcome> {
        let message = || "because".to_owned();
        vec![
            Outcome::Success,
            Outcome::ToolError { exit_code: -3 },
            Outcome::Trap { message: message() },
            Outcome::FuelExhausted {
                limit: Fuel(u64::MAX),
            },
            Outcome::MemoryExceeded { message: message() },
            Outcome::DeadlineExceeded {
                limit: WallTime::millis(5),
            },
            Outcome::OutputExceeded { limit: Bytes(7) },
            Outcome::InvalidInput { message: message() },
            Outcome::InvalidOutput { message: message() },
            Outcome::Cancelled,
        ]
    }

    #[test]
    fn every_outcome_comes_back_and_has_a_kind_of_its_own() {
        let mut kinds = std::collections::BTreeSet::new();
        for outcome in outcomes() {
            let wire = proto::Outcome::from(&outcome);
            assert!(kinds.insert(wire.kind), "{outcome:?}");
            // The names on the wire are those of the runtime.
            assert_eq!(
                wire.kind().as_str_name(),
                format!(
                    "OUTCOME_KIND_{}",
                    outcome.kind().as_str().to_ascii_uppercase()
                )
            );
            assert_eq!(Outcome::try_from(wire), Ok(outcome));
        }
    }

    #[test]
    fn a_whole_execution_comes_back_with_bytes_that_are_no_text() {
        let mut execution = Execution::ended(Outcome::Success);
        execution.output = vec![0, 0xff, 1];
        execution.stdout = Captured {
            bytes: vec![0xfe],
            truncated: true,
        };
        execution.usage.fuel = 1;
        execution.usage.peak_memory = 2;
        execution.usage.wall_micros = 3;
        execution.usage.cpu_micros = 4;
        execution.usage.host_calls = 5;
        execution.usage.bytes_read = 6;
        execution.usage.bytes_written = 7;
        execution.usage.files_created = 8;
        execution.usage.denied = 9;
        execution.usage.network_requests = 10;
        execution.usage.network_sent = 11;
        execution.usage.network_received = 12;
        execution.denied = [
            Rule::Directories,
            Rule::Environment,
            Rule::Network,
            Rule::Memory,
            Rule::Tables,
            Rule::Files,
            Rule::FileBytes,
            Rule::NetworkRequests,
            Rule::NetworkBytes,
        ]
        .into_iter()
        .map(|rule| DeniedAttempt {
            what: "path_open".into(),
            target: "/etc".into(),
            rule,
        })
        .collect();
        execution.backtrace = vec![
            Frame {
                index: 1,
                function: Some("f".into()),
                location: Some("src/main.rs:1:2".into()),
            },
            Frame {
                index: 2,
                function: None,
                location: None,
            },
        ];
        let wire = proto::Execution::from(execution.clone());
        assert_eq!(Execution::try_from(wire), Ok(execution));
    }

    #[test]
    fn an_unknown_outcome_is_said_to_be_unknown() {
        let error = Execution::try_from(proto::Execution::default()).unwrap_err();
        assert_eq!(error.violations[0].field, "outcome");
        let wire = proto::Execution {
            outcome: Some(proto::Outcome::default()),
            ..Default::default()
        };
        assert_eq!(
            Execution::try_from(wire).unwrap_err().violations[0].field,
            "outcome.kind"
        );
    }
}
