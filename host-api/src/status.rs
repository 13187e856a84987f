//! Errors as gRPC statuses, by the conventions of google.rpc.
//!
//! What a caller can mend is said in full; what only the operator can mend goes to the log and
//! is answered in general terms, so that no path of the machine leaks.

use crate::convert::WireError;
use kbi::{ErrorKind, KbiError};
use std::collections::HashMap;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, PreconditionViolation, StatusExt};

/// The domain of all `ErrorInfo` details.
pub const ERROR_DOMAIN: &str = "wasm-runner.ocode.dev";

/// The reason of a refusal because the circuit of a tool is open.
pub(crate) const CIRCUIT_OPEN: &str = "CIRCUIT_OPEN";

/// The most bytes of a status' message. A status travels in headers, which many clients refuse
/// above 16 KiB in all.
const MAX_MESSAGE: usize = 1000;

/// The most bytes of one text in a status' details.
const MAX_TEXT: usize = 300;

/// The most bytes of all violations; base64 makes them a third larger.
const MAX_VIOLATIONS: usize = 6000;

/// `INVALID_ARGUMENT`, with a violation for each field that is wrong, as far as there is room.
pub(crate) fn invalid(error: &WireError) -> Status {
    let mut violations = Vec::new();
    let mut size = 0;
    for violation in &error.violations {
        let field = shortened(&violation.field, MAX_TEXT);
        let message = shortened(&violation.message, MAX_TEXT);
        size += field.len() + message.len();
        if size > MAX_VIOLATIONS {
            let more = error.violations.len() - violations.len();
            violations.push(FieldViolation::new(
                "",
                format!("{more} more are wrong: mend these first"),
            ));
            break;
        }
        violations.push(FieldViolation::new(field, message));
    }
    Status::with_error_details(
        Code::InvalidArgument,
        shortened(&error.to_string(), MAX_MESSAGE),
        ErrorDetails::with_bad_request(violations),
    )
}

impl From<WireError> for Status {
    fn from(error: WireError) -> Self {
        invalid(&error)
    }
}

/// `RESOURCE_EXHAUSTED`, and when to try again.
pub(crate) fn busy(message: impl Into<String>, retry: Duration) -> Status {
    Status::with_error_details(
        Code::ResourceExhausted,
        message,
        ErrorDetails::with_retry_info(Some(retry)),
    )
}

/// `UNAVAILABLE`: the service is on its way out.
pub(crate) fn closing() -> Status {
    Status::with_error_details(
        Code::Unavailable,
        "the service is shutting down: try again when it is back",
        ErrorDetails::with_retry_info(Some(Duration::from_secs(1))),
    )
}

/// `UNAVAILABLE`: calls of this tool are refused for a while, because of an alert about it.
pub(crate) fn circuit_open(tool: &str, until: &str, left: Duration) -> Status {
    let mut details = ErrorDetails::with_error_info(
        CIRCUIT_OPEN,
        ERROR_DOMAIN,
        HashMap::from([
            ("tool".to_owned(), tool.to_owned()),
            ("until".to_owned(), until.to_owned()),
        ]),
    );
    details.set_retry_info(Some(left));
    Status::with_error_details(
        Code::Unavailable,
        format!(
            "the circuit of the tool {tool} is open until {until}: too many of its calls failed. Use another tool, or try again then"
        ),
        details,
    )
}

/// `PERMISSION_DENIED`, with a reason that programs can read.
pub(crate) fn denied(
    message: &str,
    metadata: impl IntoIterator<Item = (&'static str, String)>,
) -> Status {
    let metadata: HashMap<String, String> = metadata
        .into_iter()
        .map(|(key, value)| (key.to_owned(), shortened(&value, MAX_TEXT)))
        .collect();
    Status::with_error_details(
        Code::PermissionDenied,
        shortened(message, MAX_MESSAGE),
        ErrorDetails::with_error_info("POLICY_DENIED", ERROR_DOMAIN, metadata),
    )
}

/// `FAILED_PRECONDITION`, with what must change first.
pub(crate) fn precondition(kind: &str, subject: impl Into<String>, message: &str) -> Status {
    let message = shortened(message, MAX_MESSAGE);
    let violation = PreconditionViolation::new(kind, subject, &message);
    Status::with_error_details(
        Code::FailedPrecondition,
        message,
        ErrorDetails::with_precondition_failure(vec![violation]),
    )
}

/// `INTERNAL`: what happened goes to the log, the caller learns its number there.
pub(crate) fn internal(doing: &str, error: &dyn std::fmt::Display) -> Status {
    let reference = uuid::Uuid::new_v4();
    tracing::error!(%reference, error = %error, "{doing} failed");
    Status::internal(format!(
        "{doing} failed inside the service; its log says more under {reference}"
    ))
}

/// The status of what the knowledge base says.
pub(crate) fn of_kbi(error: &KbiError) -> Status {
    let message = shortened(&error.to_string(), MAX_MESSAGE);
    match error.kind() {
        ErrorKind::NotFound => {
            let (kind, name) = resource(error);
            Status::with_error_details(
                Code::NotFound,
                &message,
                ErrorDetails::with_resource_info(kind, name, "", &message),
            )
        }
        ErrorKind::Conflict => {
            let (kind, name) = resource(error);
            Status::with_error_details(
                Code::AlreadyExists,
                &message,
                ErrorDetails::with_resource_info(kind, name, "", &message),
            )
        }
        ErrorKind::FailedPrecondition => {
            let (kind, subject) = resource(error);
            let kind = match error {
                KbiError::IllegalMove { .. } => "ILLEGAL_MOVE",
                KbiError::NotValidated { .. } => "NOT_VALIDATED",
                KbiError::NotActive { .. } | KbiError::NoActiveVersion { .. } => "NOT_ACTIVE",
                _ => kind,
            };
            precondition(kind, subject, &message)
        }
        ErrorKind::InvalidInput => match error {
            KbiError::InvalidInput { field, problem } => {
                invalid(&WireError::one(wire_field(field), problem))
            }
            _ => Status::invalid_argument(message),
        },
        ErrorKind::Unavailable => Status::with_error_details(
            Code::Unavailable,
            "the knowledge base is busy: try again",
            ErrorDetails::with_retry_info(Some(Duration::from_millis(500))),
        ),
        ErrorKind::ResourceExhausted => {
            tracing::error!(error = %error, "no space left for the knowledge base");
            Status::resource_exhausted(
                "the service has no space left to keep this: the operator must free some",
            )
        }
        ErrorKind::Corrupt => {
            let reference = uuid::Uuid::new_v4();
            tracing::error!(%reference, error = %error, "what was kept is corrupt");
            Status::data_loss(format!(
                "what was kept is damaged; the service's log says more under {reference}"
            ))
        }
        _ => internal("reading or writing the knowledge base", error),
    }
}

/// The field of the request that the knowledge base means.
fn wire_field(field: &str) -> String {
    match field {
        "attribution.by" => "by".to_owned(),
        "attribution.reason" => "reason".to_owned(),
        other => other.to_owned(),
    }
}

/// What an error is about: a kind of thing, and its name.
fn resource(error: &KbiError) -> (&'static str, String) {
    match error {
        KbiError::UnknownProposal { id }
        | KbiError::NotValidated { id, .. }
        | KbiError::NotAttested { id }
        | KbiError::IllegalMove { id, .. } => ("proposal", id.to_string()),
        KbiError::UnknownTool { name } | KbiError::NoActiveVersion { name, .. } => {
            ("tool", name.clone())
        }
        KbiError::UnknownToolId { tool_id } | KbiError::ToolIdTaken { tool_id, .. } => {
            ("tool", tool_id.to_string())
        }
        KbiError::ToolIdMismatch { known, .. } => ("tool", known.to_string()),
        KbiError::UnknownVersion { name, version }
        | KbiError::NotActive { name, version, .. }
        | KbiError::Conflict { name, version, .. } => ("tool version", format!("{name}@{version}")),
        KbiError::UnknownArtifact { digest } => ("artifact", digest.to_string()),
        _ => ("", String::new()),
    }
}

fn shortened(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(most);
    format!("{}…", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use kbi::{Digest, IllegalMove, Move, State};
    use uuid::Uuid;

    fn version() -> semver::Version {
        semver::Version::new(1, 0, 0)
    }

    #[test]
    fn each_error_of_the_knowledge_base_has_its_code_and_details() {
        let id = kbi::ProposalId::from(Uuid::from_u128(1));
        let name = || "word-count".to_owned();
        let cases = [
            (KbiError::UnknownProposal { id }, Code::NotFound),
            (KbiError::UnknownTool { name: name() }, Code::NotFound),
            (
                KbiError::UnknownVersion {
                    name: name(),
                    version: version(),
                },
                Code::NotFound,
            ),
            (
                KbiError::UnknownArtifact {
                    digest: Digest::of(b""),
                },
                Code::NotFound,
            ),
            (
                KbiError::NotActive {
                    name: name(),
                    version: version(),
                    state: State::Passed,
                },
                Code::FailedPrecondition,
            ),
            (
                KbiError::NoActiveVersion {
                    name: name(),
                    pre_releases: Vec::new(),
                },
                Code::FailedPrecondition,
            ),
            (
                KbiError::IllegalMove {
                    id,
                    source: IllegalMove {
                        from: State::Failed,
                        attempted: Move::Activate,
                    },
                },
                Code::FailedPrecondition,
            ),
            (
                KbiError::Conflict {
                    name: name(),
                    version: version(),
                    known: id,
                    state: State::Active,
                },
                Code::AlreadyExists,
            ),
            (
                KbiError::InvalidInput {
                    field: "attribution.by".into(),
                    problem: "is empty".into(),
                },
                Code::InvalidArgument,
            ),
            (KbiError::Busy { action: "x" }, Code::Unavailable),
            (KbiError::Full { action: "x" }, Code::ResourceExhausted),
        ];
        for (error, code) in cases {
            let status = of_kbi(&error);
            assert_eq!(status.code(), code, "{error}");
            let details = status.get_error_details();
            match code {
                Code::NotFound | Code::AlreadyExists => {
                    let resource = details.resource_info().expect("which");
                    assert!(!resource.resource_name.is_empty(), "{error}");
                }
                Code::FailedPrecondition => {
                    let failure = details.precondition_failure().expect("what");
                    assert!(!failure.violations[0].subject.is_empty(), "{error}");
                }
                Code::InvalidArgument => {
                    let request = details.bad_request().expect("where");
                    assert_eq!(request.field_violations[0].field, "by");
                }
                Code::Unavailable => assert!(details.retry_info().is_some()),
                _ => {}
            }
        }
    }

    #[test]
    fn no_path_of_the_machine_leaks() {
        let secret = "/var/lib/secret/kbi.sqlite";
        let errors = [
            KbiError::CannotOpen {
                path: secret.into(),
                source: secret.into(),
            },
            KbiError::Storage {
                action: "reading",
                source: secret.into(),
            },
            KbiError::Corrupt {
                what: secret.into(),
                problem: secret.into(),
            },
            KbiError::NotAKnowledgeBase {
                path: secret.into(),
                problem: "p".into(),
            },
        ];
        for error in errors {
            let status = of_kbi(&error);
            assert!(!status.message().contains("secret"), "{status:?}");
            assert!(matches!(status.code(), Code::Internal | Code::DataLoss));
        }
    }

    #[test]
    fn a_status_stays_small_enough_for_headers() {
        let violation = |n: usize| validation::FieldViolation {
            field: format!("tool.files[{n}].path"),
            message: "ä".repeat(1000),
        };
        let status = invalid(&WireError {
            violations: (0..500).map(violation).collect(),
        });
        assert!(status.message().len() < 1100);
        assert!(status.details().len() < 8000, "{}", status.details().len());
        let details = status.get_error_details();
        let violations = &details.bad_request().unwrap().field_violations;
        let last = violations.last().unwrap();
        let told = violations.len() - 1;
        assert!(told > 10);
        assert_eq!(
            last.description,
            format!("{} more are wrong: mend these first", 500 - told)
        );

        let long = "x".repeat(1_000_000);
        let status = denied(&long, [("host", long.clone())]);
        assert!(status.message().len() + status.details().len() < 3500);
        let status = precondition("KIND", "subject", &long);
        assert!(status.message().len() + status.details().len() < 3500);
    }
}
