//! Whether a bundle says of a module what it seems to say.

use super::envelope::{self, Envelope, STATEMENT};
use super::key::AttestationPublicKey;
use super::statement::{AttestedResult, PROVENANCE, TEST_RESULT, TYPE};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// A bundle longer than this is refused: 16 MiB.
pub const MAX_BUNDLE_BYTES: u64 = 16 * 1024 * 1024;
/// Envelopes of one bundle that are looked at.
const MOST_ENVELOPES: usize = 64;
/// Signatures of one envelope that are tried.
const MOST_SIGNATURES: usize = 16;

/// What holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// What the validation found; of several results the worst.
    pub result: AttestedResult,
    /// What the statements call the module.
    pub subject: String,
    /// SHA-256 of the module, in hex.
    pub digest: String,
    /// How many tests and examples passed, by the statement.
    pub passed_tests: usize,
    /// What failed, by the statement.
    pub failed_tests: Vec<String>,
    /// What was worth a warning, by the statement.
    pub warned_tests: Vec<String>,
    /// Who built it, if a provenance says so.
    pub builder: Option<String>,
    /// The types of the statements that hold, in their order.
    pub predicates: Vec<String>,
}

/// Why a bundle does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// It is longer than any bundle.
    #[error("it has {bytes} bytes, more than the {MAX_BUNDLE_BYTES} that attestations may have")]
    TooLong {
        /// Its length.
        bytes: u64,
    },
    /// There is nothing in it.
    #[error("it holds no attestation")]
    Empty,
    /// There is too much in it.
    #[error("it holds more than {MOST_ENVELOPES} attestations")]
    TooMany,
    /// A line is no envelope; most often the file was cut off.
    #[error("attestation {number} is no DSSE envelope, or is cut off: {reason}")]
    NoEnvelope {
        /// Which, from 1.
        number: usize,
        /// What is wrong.
        reason: String,
    },
    /// It was signed by somebody else, or changed after it was signed.
    #[error(
        "attestation {number} is not signed by this key ({key}), or was changed after it was signed; it names the keys {named}"
    )]
    Signature {
        /// Which, from 1.
        number: usize,
        /// The key that was given.
        key: String,
        /// The keys that the envelope names, which nobody vouches for.
        named: String,
    },
    /// It is signed, and not in a form that is known.
    #[error("attestation {number} is signed, and is no statement that is known here: {reason}")]
    Statement {
        /// Which, from 1.
        number: usize,
        /// What is wrong.
        reason: String,
    },
    /// It speaks of something else.
    #[error(
        "attestation {number} is about another module: it names {named}, and this one is sha256:{found}"
    )]
    OtherArtifact {
        /// Which, from 1.
        number: usize,
        /// What it names.
        named: String,
        /// The digest of the module that was given.
        found: String,
    },
    /// Nobody knows what it says.
    #[error("attestation {number} has a predicate that is not known here: {kind}")]
    UnknownPredicate {
        /// Which, from 1.
        number: usize,
        /// Its type.
        kind: String,
    },
    /// What was found is not said.
    #[error("its attestations hold, and none says how the validation went (test-result)")]
    NoResult,
}

#[derive(Deserialize)]
struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: Value,
}

#[derive(Deserialize)]
struct Subject {
    #[serde(default)]
    name: String,
    #[serde(default)]
    digest: serde_json::Map<String, Value>,
}

#[derive(Deserialize)]
struct TestResult {
    result: AttestedResult,
    #[serde(default, rename = "passedTests")]
    passed: Vec<String>,
    #[serde(default, rename = "warnedTests")]
    warned: Vec<String>,
    #[serde(default, rename = "failedTests")]
    failed: Vec<String>,
}

/// Verifies every attestation of a bundle: that the key signed it, that it is about this module,
/// and that it is of a kind that is known.
///
/// Nothing of a payload is looked at before its signature holds.
///
/// # Errors
/// The first thing that does not hold.
pub fn verify_attestations(
    bundle: &[u8],
    artifact: &[u8],
    key: &AttestationPublicKey,
) -> Result<Verified, VerifyError> {
    let bytes = bundle.len() as u64;
    if bytes > MAX_BUNDLE_BYTES {
        return Err(VerifyError::TooLong { bytes });
    }
    let digest = hex::encode(Sha256::digest(artifact));
    let mut result: Option<TestResult> = None;
    let (mut subject, mut builder, mut predicates) = (String::new(), None, Vec::new());
    // One after the other, a line each or not: JSON says where each ends.
    let envelopes = serde_json::Deserializer::from_slice(bundle).into_iter::<Envelope>();
    for (index, envelope) in envelopes.enumerate() {
        let number = index + 1;
        if number > MOST_ENVELOPES {
            return Err(VerifyError::TooMany);
        }
        let envelope = envelope.map_err(|error| VerifyError::NoEnvelope {
            number,
            reason: error.to_string(),
        })?;
        let payload = payload(&envelope, number, key)?;
        let statement = statement(&payload, number, &digest)?;
        subject = statement.name;
        match statement.kind.as_str() {
            TEST_RESULT => {
                let found: TestResult = serde_json::from_value(statement.predicate)
                    .map_err(|error| unknown(number, &error))?;
                result = match result {
                    Some(known) if known.result >= found.result => Some(known),
                    _ => Some(found),
                };
            }
            PROVENANCE => {
                let id = statement.predicate.pointer("/runDetails/builder/id");
                let id = id.and_then(Value::as_str);
                let id = id.ok_or_else(|| unknown(number, &"it names no builder"))?;
                builder = Some(id.to_owned());
            }
            kind => {
                return Err(VerifyError::UnknownPredicate {
                    number,
                    kind: shown(kind),
                });
            }
        }
        predicates.push(statement.kind);
    }
    if predicates.is_empty() {
        return Err(VerifyError::Empty);
    }
    let result = result.ok_or(VerifyError::NoResult)?;
    Ok(Verified {
        result: result.result,
        subject,
        digest,
        passed_tests: result.passed.len(),
        failed_tests: result.failed,
        warned_tests: result.warned,
        builder,
        predicates,
    })
}

/// The payload, once a signature of the key's holds for it.
fn payload(
    envelope: &Envelope,
    number: usize,
    key: &AttestationPublicKey,
) -> Result<Vec<u8>, VerifyError> {
    let payload = envelope::decode(&envelope.payload).ok_or_else(|| VerifyError::NoEnvelope {
        number,
        reason: "its payload is no base64".to_owned(),
    })?;
    let signed = envelope::signed(&envelope.payload_type, &payload);
    let tried = envelope.signatures.iter().take(MOST_SIGNATURES);
    let mut tried = tried.filter_map(|it| envelope::decode(&it.sig));
    if !tried.any(|signature| key.verifies(&signed, &signature)) {
        let named = envelope.signatures.iter().take(MOST_SIGNATURES);
        let named: Vec<String> = named.map(|it| shown(&it.keyid)).collect();
        return Err(VerifyError::Signature {
            number,
            key: key.id(),
            named: if named.is_empty() {
                "(none)".to_owned()
            } else {
                named.join(", ")
            },
        });
    }
    if envelope.payload_type != STATEMENT {
        let reason = format!(
            "its payload is of the type {}",
            shown(&envelope.payload_type)
        );
        return Err(unknown(number, &reason));
    }
    Ok(payload)
}

/// A statement about the module.
struct About {
    name: String,
    kind: String,
    predicate: Value,
}

fn statement(payload: &[u8], number: usize, digest: &str) -> Result<About, VerifyError> {
    let statement: Statement =
        serde_json::from_slice(payload).map_err(|error| unknown(number, &error))?;
    if statement.kind != TYPE {
        let reason = format!("it is of the type {}", shown(&statement.kind));
        return Err(unknown(number, &reason));
    }
    let digest_of = |subject: &Subject| {
        let digest = subject.digest.get("sha256").and_then(Value::as_str);
        digest.map(str::to_owned)
    };
    let mut subjects = statement.subject.iter();
    let Some(subject) = subjects.find(|it| digest_of(it).as_deref() == Some(digest)) else {
        let named: Vec<String> = statement
            .subject
            .iter()
            .take(4)
            .map(|it| {
                let digest = digest_of(it).unwrap_or_else(|| "no digest".to_owned());
                format!("{} (sha256:{})", shown(&it.name), shown(&digest))
            })
            .collect();
        return Err(VerifyError::OtherArtifact {
            number,
            named: if named.is_empty() {
                "nothing".to_owned()
            } else {
                named.join(", ")
            },
            found: digest.to_owned(),
        });
    };
    Ok(About {
        name: subject.name.clone(),
        kind: statement.predicate_type.clone(),
        predicate: statement.predicate,
    })
}

fn unknown(number: usize, reason: &dyn std::fmt::Display) -> VerifyError {
    VerifyError::Statement {
        number,
        reason: reason.to_string(),
    }
}

/// A text from the bundle in a message.
fn shown(text: &str) -> String {
    let beginning: String = text.chars().take(128).collect();
    beginning.escape_debug().to_string()
}
