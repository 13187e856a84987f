//! Schemas, compiled: what goes in and what comes out.

use crate::Manifest;
use serde_json::Value;

/// The two schemas of a tool, ready for every call.
#[derive(Debug)]
pub struct Contract {
    input: jsonschema::Validator,
    output: jsonschema::Validator,
}

/// A schema that can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{which} is no JSON Schema 2020-12: {message}")]
pub struct ContractError {
    /// `input_schema` or `output_schema`.
    pub which: &'static str,
    /// Where and why.
    pub message: String,
}

/// A value that does not fit its schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text())]
pub struct Mismatch {
    /// JSON pointer into the value; empty for the whole.
    pub pointer: String,
    /// What the schema says.
    pub message: String,
}

impl Mismatch {
    fn text(&self) -> String {
        if self.pointer.is_empty() {
            self.message.clone()
        } else {
            format!("at {}: {}", self.pointer, self.message)
        }
    }
}

impl Contract {
    /// Compiles both schemas of a manifest.
    ///
    /// # Errors
    /// When one is not valid, or refers to anything outside itself.
    pub fn new(manifest: &Manifest) -> Result<Self, ContractError> {
        Ok(Self {
            input: compile("input_schema", &manifest.input_schema)?,
            output: compile("output_schema", &manifest.output_schema)?,
        })
    }

    /// Checks an input.
    ///
    /// # Errors
    /// The first place that does not fit.
    pub fn check_input(&self, value: &Value) -> Result<(), Mismatch> {
        check(&self.input, value)
    }

    /// Checks an output.
    ///
    /// # Errors
    /// The first place that does not fit.
    pub fn check_output(&self, value: &Value) -> Result<(), Mismatch> {
        check(&self.output, value)
    }
}

fn compile(which: &'static str, schema: &Value) -> Result<jsonschema::Validator, ContractError> {
    let wrong = |message: String| ContractError { which, message };
    if let Some(reference) = outside(schema) {
        return Err(wrong(format!(
            "it refers to `{reference}`, which is outside of it: put that under $defs and refer to `#/$defs/…`"
        )));
    }
    let options = jsonschema::options().with_draft(jsonschema::Draft::Draft202012);
    jsonschema::draft202012::meta::validate(schema).map_err(|error| {
        wrong(format!(
            "at {:?}: {error}",
            error.instance_path().to_string()
        ))
    })?;
    options
        .build(schema)
        .map_err(|error| wrong(error.to_string()))
}

/// A reference to anything but the schema itself: nothing is ever fetched.
fn outside(schema: &Value) -> Option<&str> {
    match schema {
        Value::Object(object) => {
            object
                .iter()
                .find_map(|(key, value)| match (key.as_str(), value) {
                    ("$ref" | "$dynamicRef", Value::String(target)) if !target.starts_with('#') => {
                        Some(target.as_str())
                    }
                    ("const" | "enum" | "default" | "examples", _) => None,
                    _ => outside(value),
                })
        }
        Value::Array(array) => array.iter().find_map(outside),
        _ => None,
    }
}

fn check(schema: &jsonschema::Validator, value: &Value) -> Result<(), Mismatch> {
    match schema.iter_errors(value).next() {
        None => Ok(()),
        Some(error) => {
            let mut message = error.to_string();
            if message.len() > 1000 {
                let end = (0..=1000)
                    .rev()
                    .find(|end| message.is_char_boundary(*end))
                    .unwrap_or(0);
                message.truncate(end);
                message.push('…');
            }
            Err(Mismatch {
                pointer: error.instance_path().to_string(),
                message,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn contract(input: Value) -> Result<Contract, ContractError> {
        Contract::new(&Manifest {
            name: "n".into(),
            version: semver::Version::new(1, 0, 0),
            description: "d".into(),
            input_schema: input,
            output_schema: json!(true),
            capabilities: Vec::new(),
            examples: Vec::new(),
            properties: crate::Properties::default(),
        })
    }

    #[test]
    fn a_value_that_does_not_fit_says_where() {
        let contract = contract(json!({"type": "object", "properties": {"n": {"type": "integer", "minimum": 0}}, "required": ["n"]})).expect("a schema");
        assert_eq!(contract.check_input(&json!({"n": 0})), Ok(()));
        let mismatch = contract.check_input(&json!({"n": -1})).expect_err("below");
        assert_eq!(
            mismatch.to_string(),
            "at /n: -1 is less than the minimum of 0"
        );
        assert!(
            contract
                .check_input(&json!({}))
                .expect_err("missing")
                .to_string()
                .contains("required")
        );
    }

    #[test]
    fn schemas_that_are_none_or_reach_outside_are_refused() {
        for (schema, part) in [
            (json!({"type": "number-ish"}), "number-ish"),
            (json!({"type": 3}), "3"),
            (
                json!({"$ref": "https://example.com/x.json"}),
                "outside of it",
            ),
            (
                json!({"properties": {"a": {"$ref": "file:///etc/passwd"}}}),
                "outside of it",
            ),
            (json!({"pattern": "("}), "("),
            (json!(3), "3"),
        ] {
            let said = contract(schema.clone()).expect_err("no schema").to_string();
            assert!(
                said.starts_with("input_schema is no JSON Schema 2020-12") && said.contains(part),
                "{schema}: {said}"
            );
        }
        assert!(contract(json!({"$ref": "#/$defs/a", "$defs": {"a": {"type": "string"}}})).is_ok());
        assert!(contract(json!({"const": {"$ref": "x"}})).is_ok());
    }
}
