//! What a tool says of itself.

use crate::CallBudget;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a tool says of itself: its contract.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The same as the proposal's.
    pub name: String,
    /// The same as the proposal's.
    pub version: semver::Version,
    /// One paragraph for people and agents that choose a tool.
    pub description: String,
    /// JSON Schema 2020-12 of the input.
    pub input_schema: Value,
    /// JSON Schema 2020-12 of the output.
    pub output_schema: Value,
    /// What it asks to touch.
    #[serde(default)]
    pub capabilities: Vec<CapabilityRequest>,
    /// Input and output pairs that hold exactly.
    #[serde(default)]
    pub examples: Vec<Example>,
    /// What must hold for any valid input.
    #[serde(default)]
    pub properties: Properties,
    /// What it promises to need at most for a call.
    #[serde(default, skip_serializing_if = "CallBudget::is_empty")]
    pub budget: CallBudget,
}

/// One thing that a tool asks to touch, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum CapabilityRequest {
    /// A folder seen at `guest`; the caller or operator binds it to one of the host's.
    Directory {
        /// Guest path, such as `/data`.
        guest: String,
        /// What is done in it.
        access: policies::Access,
        /// Why, for the person who reviews.
        reason: String,
        /// A folder of the proposal (`fixtures/…`) that stands in for it in tests and examples.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fixture: Option<String>,
    },
    /// An environment variable.
    Environment {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
    /// A host and port.
    Network {
        /// `name:port`.
        host: String,
        /// Why.
        reason: String,
    },
    /// The host's real clock.
    RealClock {
        /// Why.
        reason: String,
    },
    /// The operating system's randomness.
    RealRandom {
        /// Why.
        reason: String,
    },
}

/// One input and what it gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it shows, in a few words.
    #[serde(default)]
    pub name: String,
    /// The input.
    pub input: Value,
    /// The output that it must give exactly, as JSON values: 3 and 3.0 are the same, if it succeeds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Value>,
    /// Instead of `output`: a part of the error message with which it must say no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What must hold for any valid input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Properties {
    /// The same input gives the same output, whatever the clock and the randomness.
    pub deterministic: bool,
    /// The output, given as input, gives itself.
    pub idempotent: bool,
    /// No input that fits the schema is refused.
    pub total: bool,
}
