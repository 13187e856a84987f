//! What a tool says of itself.

use crate::ToolError;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// The manifest as the attribute's code builds it.
pub struct Manifest {
    name: &'static str,
    version: &'static str,
    description: &'static str,
    input_schema: Value,
    output_schema: Value,
    capabilities: Vec<Value>,
    examples: Vec<Value>,
    properties: Map<String, Value>,
}

/// What an input must look like to be read as a `T`.
pub fn input_schema<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().for_deserialize();
    settings.into_generator().into_root_schema_for::<T>().into()
}

/// What an output looks like that was written from the tool's result; takes the tool so that
/// the attribute need not take its type apart.
pub fn output_schema<I, O: JsonSchema>(_: impl FnOnce(I) -> Result<O, ToolError>) -> Value {
    // The two differ where a field may be left out: one with a default is always written.
    let settings = SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator().into_root_schema_for::<O>().into()
}

fn parsed(json: &str) -> Value {
    serde_json::from_str(json).expect("the attribute read it as JSON and wrote it again")
}

impl Manifest {
    /// A manifest without examples, capabilities and promises.
    pub fn new(
        name: &'static str,
        version: &'static str,
        description: &'static str,
        input_schema: Value,
        output_schema: Value,
    ) -> Self {
        Self {
            name,
            version,
            description,
            input_schema,
            output_schema,
            capabilities: Vec::new(),
            examples: Vec::new(),
            properties: Map::new(),
        }
    }

    /// An input and its output, each as JSON text.
    #[must_use]
    pub fn example(mut self, name: &str, input: &str, output: &str) -> Self {
        let (input, output) = (parsed(input), parsed(output));
        let example = json!({ "name": name, "input": input, "output": output });
        self.examples.push(example);
        self
    }

    /// An input, as JSON text, and a part of the message that refuses it.
    #[must_use]
    pub fn failing_example(mut self, name: &str, input: &str, error: &str) -> Self {
        let example = json!({ "name": name, "input": parsed(input), "error": error });
        self.examples.push(example);
        self
    }

    /// An input, as JSON text, whose output only has to fit the schema.
    #[must_use]
    pub fn open_example(mut self, name: &str, input: &str) -> Self {
        let example = json!({ "name": name, "input": parsed(input) });
        self.examples.push(example);
        self
    }

    /// Asks for a folder.
    #[must_use]
    pub fn directory(self, guest: &str, access: &str, fixture: &str, reason: &str) -> Self {
        self.capability(json!({
            "kind": "directory",
            "guest": guest,
            "access": access,
            "fixture": fixture,
            "reason": reason,
        }))
    }

    /// Asks for a variable.
    #[must_use]
    pub fn environment(self, name: &str, reason: &str) -> Self {
        self.capability(json!({ "kind": "environment", "name": name, "reason": reason }))
    }

    /// Asks for a host and port.
    #[must_use]
    pub fn network(self, host: &str, reason: &str) -> Self {
        self.capability(json!({ "kind": "network", "host": host, "reason": reason }))
    }

    /// Asks for the real clock.
    #[must_use]
    pub fn real_clock(self, reason: &str) -> Self {
        self.capability(json!({ "kind": "real_clock", "reason": reason }))
    }

    /// Asks for real randomness.
    #[must_use]
    pub fn real_random(self, reason: &str) -> Self {
        self.capability(json!({ "kind": "real_random", "reason": reason }))
    }

    /// Promises the same output for the same input.
    #[must_use]
    pub fn deterministic(self) -> Self {
        self.property("deterministic")
    }

    /// Promises that an output, given as input, gives itself.
    #[must_use]
    pub fn idempotent(self) -> Self {
        self.property("idempotent")
    }

    /// Promises to refuse no input that fits the schema.
    #[must_use]
    pub fn total(self) -> Self {
        self.property("total")
    }

    fn capability(mut self, capability: Value) -> Self {
        self.capabilities.push(capability);
        self
    }

    fn property(mut self, name: &str) -> Self {
        self.properties.insert(name.to_owned(), true.into());
        self
    }

    pub(crate) fn into_json(self) -> Value {
        json!({
            "name": self.name,
            "version": self.version,
            "description": self.description,
            "input_schema": self.input_schema,
            "output_schema": self.output_schema,
            "capabilities": self.capabilities,
            "examples": self.examples,
            "properties": self.properties,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Both {
        text: String,
        #[serde(default)]
        count: u8,
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    }

    #[test]
    fn an_input_may_leave_out_what_has_a_default() {
        let schema = input_schema::<Both>();
        assert_eq!(
            schema["$schema"],
            "https://json-schema.org/draft/2020-12/schema"
        );
        assert_eq!(schema["required"], json!(["text"]));
        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(schema["properties"]["count"]["maximum"], 255);
    }

    #[test]
    fn an_output_has_all_but_what_is_skipped() {
        let schema =
            output_schema(|(): ()| -> Result<Both, ToolError> { Err(ToolError::failed("")) });
        assert_eq!(schema["required"], json!(["text", "count"]));
    }

    #[test]
    fn all_that_was_said_is_in_it() {
        let manifest = Manifest::new("n", "1.2.3", "Does.", json!(true), json!(false))
            .example("one", "1", "null")
            .failing_example("two", r#"{"a":[2]}"#, "too large")
            .open_example("three", "3")
            .directory("/data", "read-write", "fixtures/data", "to write")
            .environment("TZ", "to read")
            .network("a.example:443", "to ask")
            .real_clock("to date")
            .real_random("to draw")
            .deterministic()
            .idempotent()
            .total();
        assert_eq!(
            manifest.into_json(),
            json!({
                "name": "n",
                "version": "1.2.3",
                "description": "Does.",
                "input_schema": true,
                "output_schema": false,
                "capabilities": [
                    {
                        "kind": "directory", "guest": "/data", "access": "read-write",
                        "fixture": "fixtures/data", "reason": "to write"
                    },
                    { "kind": "environment", "name": "TZ", "reason": "to read" },
                    { "kind": "network", "host": "a.example:443", "reason": "to ask" },
                    { "kind": "real_clock", "reason": "to date" },
                    { "kind": "real_random", "reason": "to draw" },
                ],
                "examples": [
                    { "name": "one", "input": 1, "output": null },
                    { "name": "two", "input": {"a": [2]}, "error": "too large" },
                    { "name": "three", "input": 3 },
                ],
                "properties": { "deterministic": true, "idempotent": true, "total": true },
            })
        );
    }
}
