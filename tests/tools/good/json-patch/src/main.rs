mod patch;
mod pointer;

use patch::Operation;
use serde_json::{Value, json};
use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The document to change; any JSON value.
    document: Value,
    /// The operations, applied in order.
    patch: Vec<Operation>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    /// The changed document.
    document: Value,
    /// Whether it differs from the one given.
    changed: bool,
}

/// Applies a JSON Patch (RFC 6902) to a document, all of it or nothing: if an operation can't
/// be done, the error says which one and why, and no changed document is given.
#[tool(
    example(
        name = "replace, append, remove",
        input = {
            "document": {"name": "anvil", "tags": ["old"], "price": 3},
            "patch": [
                {"op": "replace", "path": "/price", "value": 4},
                {"op": "add", "path": "/tags/-", "value": "heavy"},
                {"op": "remove", "path": "/tags/0"}
            ]
        },
        output = {
            "document": {"name": "anvil", "tags": ["heavy"], "price": 4},
            "changed": true
        }
    ),
    example(
        name = "a test that holds changes nothing",
        input = {"document": {"a": 1.0}, "patch": [{"op": "test", "path": "/a", "value": 1}]},
        output = {"document": {"a": 1.0}, "changed": false}
    ),
    example(
        name = "the operation that fails is named",
        input = {
            "document": {"a": {}},
            "patch": [
                {"op": "add", "path": "/b", "value": 1},
                {"op": "remove", "path": "/a/c"}
            ]
        },
        error = "operation 1 (remove \"/a/c\"): there is nothing at \"/a/c\""
    ),
    properties(deterministic)
)]
fn json_patch(input: Input) -> Result<Output, ToolError> {
    let mut document = input.document.clone();
    for (index, operation) in input.patch.iter().enumerate() {
        operation.apply(&mut document).map_err(|error| {
            ToolError::new(
                error.code(),
                format!("operation {index} ({operation}): {error}"),
            )
            .with_details(json!({ "operation": index }))
        })?;
    }
    Ok(Output {
        changed: !patch::equal(&document, &input.document),
        document,
    })
}

#[cfg(test)]
mod tests;
