//! The tool of the README, with a limit of its own: `cargo run --example word_count`.

use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The text whose words are counted.
    text: String,
}

#[derive(Serialize, JsonSchema)]
struct Output {
    /// How many words there are.
    words: usize,
}

/// Counts the words of a text: whatever stands between white space.
#[tool(
    name = "word-count",
    example(name = "two words", input = {"text": "hello world"}, output = {"words": 2}),
    example(name = "too long", input = {"text": "one two three four"}, error = "at most 3"),
    capability(directory = "/data", access = "read", reason = "shows how one asks"),
    properties(deterministic)
)]
fn word_count(input: Input) -> Result<Output, ToolError> {
    let words = input.text.split_whitespace().count();
    info!("counted", words = words);
    if words > 3 {
        let message = format!("{words} words are too many: give at most 3");
        return Err(ToolError::new("too_long", message).with_details(words));
    }
    Ok(Output { words })
}
