//! The same as the tool, looked up for each place by itself.

use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    numbers: Vec<i32>,
}

#[derive(Serialize, JsonSchema)]
struct Output {
    longest: usize,
}

/// Finds the longest run of equal numbers.
#[tool]
fn longest_run(input: Input) -> Result<Output, ToolError> {
    let runs = (0..input.numbers.len()).map(|start| {
        let rest = &input.numbers[start..];
        rest.iter().take_while(|it| **it == rest[0]).count()
    });
    let longest = runs.max().unwrap_or(0);
    Ok(Output { longest })
}
