//! DSSE: a payload, its type, and signatures over both.

use super::key::AttestationKey;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde::Deserialize;
use serde_json::{Value, json};

/// The type of an in-toto statement.
pub(super) const STATEMENT: &str = "application/vnd.in-toto+json";

/// As it is read; fields beside these are allowed.
#[derive(Debug, Deserialize)]
pub(super) struct Envelope {
    pub(super) payload: String,
    #[serde(rename = "payloadType")]
    pub(super) payload_type: String,
    pub(super) signatures: Vec<EnvelopeSignature>,
}

#[derive(Debug, Deserialize)]
pub(super) struct EnvelopeSignature {
    /// A hint, vouched for by nobody.
    #[serde(default)]
    pub(super) keyid: String,
    pub(super) sig: String,
}

/// What is signed: no payload of one type can pass for another's.
pub(super) fn signed(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!(
        "DSSEv1 {} {payload_type} {} ",
        payload_type.len(),
        payload.len()
    );
    [head.as_bytes(), payload].concat()
}

/// Base64, of either alphabet.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    STANDARD
        .decode(text)
        .or_else(|_| URL_SAFE.decode(text))
        .ok()
}

/// One line.
pub(super) fn sign(statement: &Value, key: &AttestationKey) -> String {
    let payload = statement.to_string();
    let signature = key.sign(&signed(STATEMENT, payload.as_bytes()));
    json!({
        "payload": STANDARD.encode(payload),
        "payloadType": STATEMENT,
        "signatures": [{
            "keyid": key.public().id(),
            "sig": STANDARD.encode(signature.to_bytes()),
        }],
    })
    .to_string()
}
